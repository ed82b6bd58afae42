//! Mails that the operator's own mail server hands over by LMTP (RFC 2033):
//! those for the bounce address, one answer for each recipient.
//!
//! `command` reads a line, `wire` reads and writes the stream, `session` is
//! the conversation, `listen` the door.

mod command;
mod listen;
mod session;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::bounds::{LeastRate, Lines, Sum};
use crate::domain::{Keys, ReturnPath};
use crate::feedback::Recorder;

pub use listen::{Door, Stream};
pub use session::converse;

/// Of mails under way, over all conversations: eight of the largest that are
/// kept, while a usual report has some 10 KB.
const MAILS_BYTES: usize = 64 * 1024 * 1024;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LmtpListen {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// What a conversation works with.
pub struct LmtpReceiver {
    recorder: Recorder,
    keys: Keys,
    path: ReturnPath,
    /// Bytes of mails that are held at the same time.
    pub mails: Sum,
    /// The least rate at which a mail comes.
    pub rate: LeastRate,
    /// What the log tells of strangers' mails.
    pub lines: Lines,
}

impl LmtpReceiver {
    /// `None` without a bounce address: there is nothing to take mails for.
    pub fn new(recorder: Recorder) -> Option<Self> {
        let path = recorder.return_path.clone()?;
        Some(Self {
            keys: recorder.keys.clone(),
            path,
            recorder,
            mails: Sum::new(MAILS_BYTES, MAILS_BYTES),
            rate: LeastRate::default(),
            lines: Lines::default(),
        })
    }
}
