//! The stream of a conversation: lines in, a mail in, answers out, all of
//! them bounded in size and time.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::time::{Instant, timeout};

use crate::bounds::{LeastRate, Pace, Share};

/// The longest command (RFC 5321 §4.5.3.1.4 asks for 512 and room for extensions).
const LINE_BYTES: usize = 2_048;
/// Swallowed of a line that is too long, before the conversation ends.
const SWALLOWED_BYTES: usize = 64 * 1_024;
/// The largest mail that is taken.
pub(super) const MAIL_BYTES: usize = 25 * 1_024 * 1_024;
/// Kept of it: what a report says stands in front.
const KEPT_BYTES: usize = 4 * 1_024 * 1_024;
/// For the next bytes of the other side.
const SILENCE: Duration = Duration::from_secs(120);

/// A line of commands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// It was swallowed.
    TooLong,
    /// Nothing more comes.
    Ended,
}

/// What came behind DATA.
#[derive(Debug)]
pub(super) enum Mail {
    /// Head and body, dots unstuffed, cut at [`KEPT_BYTES`].
    Whole(Kept),
    /// It was swallowed.
    TooLarge,
    /// It was swallowed, because too many come at once.
    NoRoom,
    /// It broke off.
    Ended,
}

/// A mail in memory, counted as long as it is there.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) mail: Vec<u8>,
    _share: Share,
}

/// The stream, with what is to be said.
pub(super) struct Wire<S> {
    stream: BufReader<S>,
    out: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), out: Vec::new() }
    }

    /// Says a line; it goes out before the next read that has to wait, so
    /// that answers to what came together go together (RFC 2920 §3.2).
    pub(super) fn say(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        let out = std::mem::take(&mut self.out);
        let writing = async {
            self.stream.get_mut().write_all(&out).await?;
            self.stream.get_mut().flush().await
        };
        timeout(SILENCE, writing).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// The next bytes; empty at the end.
    async fn more(&mut self) -> io::Result<&[u8]> {
        if self.stream.buffer().is_empty() {
            self.flush().await?;
        }
        let read = timeout(SILENCE, self.stream.fill_buf()).await;
        read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// The next command. Cancelled, it loses what was read of it.
    pub(super) async fn line(&mut self) -> io::Result<Line> {
        let mut line = Vec::new();
        let mut swallowed = 0;
        loop {
            let bytes = self.more().await?;
            if bytes.is_empty() {
                return Ok(Line::Ended);
            }
            let end = memchr::memchr(b'\n', bytes);
            let taken = end.map_or(bytes.len(), |at| at + 1);
            let room = LINE_BYTES.saturating_sub(line.len());
            line.extend_from_slice(&bytes[..taken.min(room)]);
            swallowed += taken;
            self.stream.consume(taken);
            if end.is_some() {
                if swallowed > LINE_BYTES {
                    return Ok(Line::TooLong);
                }
                while line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
                    line.pop();
                }
                return Ok(Line::Whole(line));
            }
            if swallowed > SWALLOWED_BYTES {
                return Ok(Line::Ended);
            }
        }
    }

    /// A mail up to its dot, as far as there is room for it in `share`. It
    /// may take long, as long as it comes.
    pub(super) async fn mail(&mut self, mut share: Share, rate: LeastRate) -> io::Result<Mail> {
        let (mut dots, mut pace, mut has_room) = (Dots::default(), Pace::new(rate), true);
        loop {
            let began = Instant::now();
            // An answer that is still to be said goes first, in its own time.
            let read = timeout(pace.patience(), self.more()).await;
            let bytes = match read {
                Ok(bytes) => Some(bytes?),
                Err(_) => None,
            };
            let count = bytes.map_or(0, <[u8]>::len);
            pace.moved(count);
            if !pace.waited(began.elapsed()) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let Some(bytes) = bytes else { continue };
            if bytes.is_empty() {
                return Ok(Mail::Ended);
            }
            let before = dots.kept.len();
            let (taken, is_end) = dots.take(bytes);
            self.stream.consume(taken);
            if has_room && !share.grow(2 * (dots.kept.len() - before)) {
                // Twice, as it grows by doubling. The rest is swallowed.
                (dots.kept, dots.most, has_room) = (Vec::new(), 0, false);
                share = share.sibling();
            }
            match is_end {
                true if dots.bytes > MAIL_BYTES => return Ok(Mail::TooLarge),
                true if !has_room => return Ok(Mail::NoRoom),
                true => return Ok(Mail::Whole(Kept { mail: dots.kept, _share: share })),
                // Who sends so much more is not to be waited for.
                false if dots.bytes > 4 * MAIL_BYTES => return Ok(Mail::Ended),
                false => {}
            }
        }
    }
}

/// Finds the end of a mail and takes the dots away that were put in front of
/// others (RFC 5321 §4.5.2). Only CR LF ends a line: with less, a mail could
/// bring commands of its own.
#[derive(Debug)]
struct Dots {
    at: At,
    kept: Vec<u8>,
    /// Of these bytes at most.
    most: usize,
    bytes: usize,
}

impl Default for Dots {
    fn default() -> Self {
        Self { at: At::default(), kept: Vec::new(), most: KEPT_BYTES, bytes: 0 }
    }
}

#[derive(Debug, Default, Clone, Copy)]
enum At {
    #[default]
    LineStart,
    Inside,
    Cr,
    Dot,
    DotCr,
}

impl Dots {
    /// Takes bytes up to the end of the mail: how many, and whether it is there.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (index, byte) in bytes.iter().enumerate() {
            self.at = match (self.at, byte) {
                (At::LineStart, b'.') => At::Dot,
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, b'\n') => return (index + 1, true),
                (at, byte) => {
                    if matches!(at, At::DotCr) {
                        self.push(b'\r');
                    }
                    self.push(*byte);
                    match (at, byte) {
                        (_, b'\r') => At::Cr,
                        (At::Cr, b'\n') => At::LineStart,
                        _ => At::Inside,
                    }
                }
            };
        }
        (bytes.len(), false)
    }

    fn push(&mut self, byte: u8) {
        self.bytes += 1;
        if self.kept.len() < self.most {
            self.kept.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        let mut dots = Dots::default();
        let (taken, is_end) = dots.take(bytes);
        is_end.then_some((dots.kept, taken))
    }

    #[test]
    fn a_mail_ends_at_a_dot_between_line_ends_and_nowhere_else() {
        for (sent, kept) in [
            (&b".\r\n"[..], &b""[..]),
            (b"a\r\n.\r\n", b"a\r\n"),
            (b"..\r\n.\r\n", b".\r\n"),
            (b"..a\r\n.\r\n", b".a\r\n"),
            (b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n"),
            (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n"),
            (b"a\r.\r\n\r\n.\r\n", b"a\r.\r\n\r\n"),
            (b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n"),
        ] {
            let text = String::from_utf8_lossy(sent).into_owned();
            assert_eq!(whole(sent), Some((kept.to_vec(), sent.len())), "{text:?}");
        }
        for open in [&b"a\r\n."[..], b"a\n.\r\n", b"a\r.\r\n", b"", b"a\r\n.\n"] {
            assert_eq!(whole(open), None, "{open:?}");
        }
        assert_eq!(whole(b"a\r\n.\r\nQUIT\r\n"), Some((b"a\r\n".to_vec(), 6)));
    }

    proptest! {
        /// As every client stuffs it, in whatever pieces it comes.
        #[test]
        fn a_stuffed_mail_comes_out_as_it_was(lines in proptest::collection::vec("[.a\r]{0,5}", 0..8), cut in 0_usize..40) {
            let lines: Vec<String> = lines.iter().map(|line| line.trim_end_matches('\r').to_owned()).collect();
            let mail: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let stuffed: String = lines.iter().map(|line| {
                if line.starts_with('.') { format!(".{line}\r\n") } else { format!("{line}\r\n") }
            }).collect::<String>() + ".\r\n";
            let cut = cut.min(stuffed.len());
            let mut dots = Dots::default();
            let (first, is_end) = dots.take(&stuffed.as_bytes()[..cut]);
            if !is_end {
                let (_, is_end) = dots.take(&stuffed.as_bytes()[first..]);
                prop_assert!(is_end);
            }
            prop_assert_eq!(String::from_utf8(dots.kept).unwrap(), mail);
        }
    }
}
