//! The byte stream under a connection, plain or TLS.
//!
//! It gathers what is written until something is read, so that a mail and its
//! final dot leave together, and it never reads past the line that answers
//! STARTTLS: bytes that an attacker put behind that line must not be taken for
//! answers of the protected server.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use parking_lot::{Mutex, MutexGuard};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::tidy::{GROWS, ReplyTidy};

/// More than this is not held back.
const HELD_BYTES: usize = 64 * 1024;
/// Read at once; replies are short.
const PIECE_BYTES: usize = 1024;
/// Read since the last command: the answers to all that is on its way, TLS
/// included. A server that says more never ends, and memory does.
const MOST_HEARD_BYTES: usize = 256 * 1024;
/// The record type that a TLS client speaks first (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 22;

/// What is to leave with the next read. A session writes its mails here
/// itself: through the mail library they would be copied twice more.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbound(Arc<Mutex<Vec<u8>>>);

impl Outbound {
    pub(super) fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock()
    }
}

/// Whether `EHLO` was said: what is refused then is the word, not the connection.
#[derive(Debug, Clone, Default)]
pub(super) struct SaidHello(Arc<AtomicBool>);

impl SaidHello {
    pub(super) fn is_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A TCP or TLS stream with a buffer for writing.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    said_hello: SaidHello,
    held: Outbound,
    sent: usize,
    /// Bytes since something was last written.
    heard: usize,
    byte_wise: bool,
    /// Whether `HELO` is said for `EHLO`.
    says_helo: bool,
    /// `None` once what comes is TLS that lettre unwraps above this stream.
    tidy: Option<ReplyTidy>,
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
        Self::over(Stream::Tcp(stream), may_start_tls)
    }

    /// Over TLS from the first byte.
    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::over(Stream::Tls(Box::new(stream)), false)
    }

    fn over(stream: Stream, byte_wise: bool) -> Self {
        Self {
            stream,
            said_hello: SaidHello::default(),
            held: Outbound::default(),
            sent: 0,
            heard: 0,
            byte_wise,
            says_helo: false,
            tidy: Some(ReplyTidy::default()),
        }
    }

    /// Says `HELO` wherever `EHLO` is meant: the server knows only that.
    #[must_use]
    pub(super) fn with_helo(mut self) -> Self {
        self.says_helo = true;
        self
    }

    /// The buffer, for whoever knows that nothing is wrapped around this
    /// stream.
    pub(super) fn outbound(&self) -> Outbound {
        self.held.clone()
    }

    /// Tells later whether the greeting was past.
    pub(super) fn said_hello(&self) -> SaidHello {
        self.said_hello.clone()
    }

    /// The server's certificate, DER, behind TLS.
    pub(super) fn certificate(&self) -> Option<Vec<u8>> {
        let Stream::Tls(tls) = &self.stream else { return None };
        Some(tls.get_ref().1.peer_certificates()?.first()?.to_vec())
    }

    fn poll_send_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut held = self.held.bytes();
        while self.sent < held.len() {
            let rest = &held[self.sent..];
            let written = ready!(match &mut self.stream {
                Stream::Tcp(s) => Pin::new(s).poll_write(cx, rest),
                Stream::Tls(s) => Pin::new(s).poll_write(cx, rest),
            })?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += written;
            self.heard = 0;
        }
        held.clear();
        drop(held);
        self.sent = 0;
        match &mut self.stream {
            Stream::Tcp(s) => Pin::new(s).poll_flush(cx),
            Stream::Tls(s) => Pin::new(s).poll_flush(cx),
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(match &mut self.stream {
            Stream::Tcp(s) => Pin::new(s).poll_read(cx, buf),
            Stream::Tls(s) => Pin::new(s).poll_read(cx, buf),
        })?;
        // The mail library bounds what it keeps of a reply only where a line ends.
        self.heard += buf.filled().len() - before;
        if self.heard > MOST_HEARD_BYTES {
            let endless = io::Error::new(io::ErrorKind::InvalidData, "the server's answer does not end");
            return Poll::Ready(Err(endless));
        }
        Poll::Ready(Ok(()))
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
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_send_held(cx))?;
        if wire.tidy.is_none() || buf.remaining() < GROWS {
            return wire.poll_fill(cx, buf);
        }
        let mut piece = [0; PIECE_BYTES];
        let most = if wire.byte_wise { 1 } else { PIECE_BYTES.min(buf.remaining() / GROWS) };
        let mut piece = ReadBuf::new(&mut piece[..most]);
        ready!(wire.poll_fill(cx, &mut piece))?;
        let mut tidied = Vec::with_capacity(piece.filled().len() + 4);
        if let Some(tidy) = &mut wire.tidy {
            tidy.read(piece.filled(), &mut tidied);
        }
        buf.put_slice(&tidied);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        // Any other command, and the first byte of a TLS handshake, say that
        // the moment for STARTTLS is over.
        if wire.byte_wise && !bytes.starts_with(b"EHLO") && !bytes.starts_with(b"STARTTLS") {
            wire.byte_wise = false;
            if bytes.first() == Some(&TLS_HANDSHAKE) {
                wire.tidy = None;
            }
        }
        let is_hello = bytes.starts_with(b"EHLO ");
        if let Some(tidy) = &mut wire.tidy {
            tidy.is_hello = is_hello;
        }
        if is_hello {
            wire.said_hello.0.store(true, Ordering::Relaxed);
        }
        if is_hello && wire.says_helo {
            wire.held.bytes().extend_from_slice(&[b"HELO", &bytes[4..]].concat());
            return Poll::Ready(Ok(bytes.len()));
        }
        let is_full = wire.held.bytes().len() >= HELD_BYTES;
        if is_full {
            ready!(wire.poll_send_held(cx))?;
        }
        let take = bytes.len().min(HELD_BYTES);
        wire.held.bytes().extend_from_slice(&bytes[..take]);
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
