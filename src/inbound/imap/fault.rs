//! Why a mailbox could not be looked into, and what may be done about it.

use crate::store::StoreError;

/// Letters of what a server said that are shown.
const SHOWN: usize = 200;

/// Why a look ended early. Nothing is lost: mails stay where they are.
#[derive(Debug, thiserror::Error)]
pub enum ImapFault {
    /// The server cannot be reached, or the connection broke.
    #[error("{0}")]
    Away(String),
    /// The server refuses the login or the mailbox; the settings have to change.
    #[error("{0}")]
    RefusesUs(String),
    /// The database cannot take it now.
    #[error("what the mails say could not be written down")]
    Store(#[from] StoreError),
}

impl ImapFault {
    /// What the client library says, without what was received: that may be
    /// a mail.
    pub(super) fn of_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        Self::Away(match error.kind() {
            ErrorKind::Other => "the server said what is no IMAP, or too much of it".to_owned(),
            ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
            kind => format!("the connection broke: {kind}"),
        })
    }

    /// The same for a step that is the library's own.
    pub(super) fn of_step(error: &async_imap::error::Error, what: &str) -> Self {
        use async_imap::error::Error;
        match error {
            Error::Io(error) => Self::of_io(error),
            Error::No(said) | Error::Bad(said) => {
                Self::RefusesUs(format!("{what} is refused: {}", clean(said)))
            }
            _ => Self::Away(format!("the connection broke at {what}")),
        }
    }
}

/// What a server said, in one line and cut.
pub(super) fn clean(said: &str) -> String {
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}
