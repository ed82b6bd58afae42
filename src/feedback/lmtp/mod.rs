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

use super::Recorder;
use crate::domain::{Keys, ReturnPath};

pub use listen::{Door, Stream};
pub use session::converse;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LmtpListen {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// What a conversation works with.
pub struct LmtpDesk {
    recorder: Recorder,
    keys: Keys,
    path: ReturnPath,
}

impl LmtpDesk {
    /// `None` without a bounce address: there is nothing to take mails for.
    pub fn new(recorder: Recorder) -> Option<Self> {
        let path = recorder.return_path.clone()?;
        Some(Self { keys: recorder.keys.clone(), path, recorder })
    }
}
