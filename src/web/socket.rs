//! A connection as the HTTP server sees it: a client that does not read what
//! it asked for is let go, and one that is still sending when it is answered
//! gets to read the answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::bounds::{LeastRate, Pace};

/// How long, and how much, is listened to whoever still sends what nobody
/// reads: closing at once would take back the answer from under their eyes
/// (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 256 * 1024;

/// The connection.
pub(super) struct Socket {
    stream: TcpStream,
    pace: Pace,
    /// Since when nothing can be written, and how long that may last.
    stuck: Option<(Instant, Pin<Box<Sleep>>)>,
    lingering: Option<Lingering>,
}

struct Lingering {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, rate: LeastRate) -> Self {
        Self { stream, pace: Pace::new(rate), stuck: None, lingering: None }
    }

    /// What came of writing; counts how long it took.
    fn judged(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.pace.moved(bytes);
        }
        let is_pending = written.is_pending();
        loop {
            match &mut self.stuck {
                None if !is_pending => return written,
                None => self.stuck = Some((Instant::now(), Box::pin(sleep(self.pace.patience())))),
                Some((since, until)) => {
                    if is_pending && until.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    let waited = since.elapsed();
                    self.stuck = None;
                    if !self.pace.waited(waited) {
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                }
            }
        }
    }

    /// Reads on for nobody, while something comes.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { stream, lingering, .. } = self;
        let mut waste = [0; 8 * 1024];
        loop {
            let mut piece = ReadBuf::new(&mut waste);
            match Pin::new(&mut *stream).poll_read(cx, &mut piece) {
                Poll::Ready(Ok(())) if !piece.filled().is_empty() => {
                    let state = lingering
                        .get_or_insert_with(|| Lingering { until: Box::pin(sleep(LINGER)), bytes: 0 });
                    state.bytes += piece.filled().len();
                    if state.bytes > LINGER_BYTES {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => match lingering {
                    // Nothing was under way.
                    None => return Poll::Ready(()),
                    Some(state) => return state.until.as_mut().poll(cx),
                },
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        let written = Pin::new(&mut socket.stream).poll_write(cx, bytes);
        socket.judged(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        let written = Pin::new(&mut socket.stream).poll_write_vectored(cx, pieces);
        socket.judged(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        if socket.lingering.is_none() {
            // A stream that is shut down already says so again.
            ready!(Pin::new(&mut socket.stream).poll_shutdown(cx))?;
        }
        socket.poll_linger(cx).map(Ok)
    }
}
