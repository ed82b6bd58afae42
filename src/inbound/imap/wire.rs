//! The stream under an IMAP connection, TLS or not, with a bound on what may
//! be read of it in one step: the client library would keep 512 MiB.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::brackets::Brackets;

/// What an answer may have, if it is no mail.
const ANSWER_BYTES: usize = 256 * 1024;

/// TCP, or TLS over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A stream that ends with an error when the other side says too much.
pub(super) struct Wire {
    inner: Box<dyn Stream>,
    left: usize,
    brackets: Brackets,
}

impl Wire {
    pub(super) fn new(inner: impl Stream + 'static) -> Self {
        Self { inner: Box::new(inner), left: ANSWER_BYTES, brackets: Brackets::default() }
    }

    /// Another step begins, in which so many bytes of mail are asked for.
    pub(super) fn allow(&mut self, mail_bytes: usize) {
        self.left = ANSWER_BYTES + mail_bytes;
    }

    pub(super) fn into_inner(self) -> Box<dyn Stream> {
        self.inner
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("more than was asked for")));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.left = self.left.saturating_sub(buf.filled().len() - before);
        if !self.brackets.take(&buf.filled()[before..]) {
            buf.set_filled(before);
            return Poll::Ready(Err(io::Error::other("more brackets than anybody needs")));
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
