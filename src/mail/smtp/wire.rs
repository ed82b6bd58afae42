//! The byte stream under a connection, plain or TLS.
//!
//! It gathers what is written until something is read, so that a mail and its
//! final dot leave together, and it never reads past the line that answers
//! STARTTLS: bytes that an attacker put behind that line must not be taken for
//! answers of the protected server.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// More than this is not held back.
const HELD_BYTES: usize = 64 * 1024;

/// A TCP or TLS stream with a buffer for writing.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    held: Vec<u8>,
    sent: usize,
    byte_wise: bool,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Over TCP. `may_start_tls` reads byte by byte until it is clear that
    /// STARTTLS is done or will not come.
    pub(super) fn tcp(stream: TcpStream, may_start_tls: bool) -> Self {
        Self { stream: Stream::Tcp(stream), held: Vec::new(), sent: 0, byte_wise: may_start_tls }
    }

    /// Over TLS from the first byte.
    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self { stream: Stream::Tls(Box::new(stream)), held: Vec::new(), sent: 0, byte_wise: false }
    }

    fn poll_send_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.held.len() {
            let rest = &self.held[self.sent..];
            let written = ready!(match &mut self.stream {
                Stream::Tcp(s) => Pin::new(s).poll_write(cx, rest),
                Stream::Tls(s) => Pin::new(s).poll_write(cx, rest),
            })?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += written;
        }
        self.held.clear();
        self.sent = 0;
        match &mut self.stream {
            Stream::Tcp(s) => Pin::new(s).poll_flush(cx),
            Stream::Tls(s) => Pin::new(s).poll_flush(cx),
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(s) => Pin::new(s).poll_read(cx, buf),
            Stream::Tls(s) => Pin::new(s).poll_read(cx, buf),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.stream {
            Stream::Tcp(s) => s.peer_addr(),
            Stream::Tls(s) => s.get_ref().0.peer_addr(),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_send_held(cx))?;
        if !wire.byte_wise {
            return wire.poll_fill(cx, buf);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(wire.poll_fill(cx, &mut one))?;
        buf.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        // Any other command, and the first byte of a TLS handshake, say that
        // the moment for STARTTLS is over.
        if !bytes.starts_with(b"EHLO") && !bytes.starts_with(b"STARTTLS") {
            wire.byte_wise = false;
        }
        if wire.held.len() >= HELD_BYTES {
            ready!(wire.poll_send_held(cx))?;
        }
        let take = bytes.len().min(HELD_BYTES);
        wire.held.extend_from_slice(&bytes[..take]);
        Poll::Ready(Ok(take))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What is held goes out with the next read, and each command is
        // followed by one.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_send_held(cx))?;
        match &mut wire.stream {
            Stream::Tcp(s) => Pin::new(s).poll_shutdown(cx),
            Stream::Tls(s) => Pin::new(s).poll_shutdown(cx),
        }
    }
}
