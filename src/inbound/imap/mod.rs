//! A mailbox that bounces come to, looked into by IMAP (RFC 3501): what is
//! understood goes to a folder of its own, the rest stays where it is.
//!
//! `connect` opens a connection, `connection` speaks over it, `mailbox` decides.

#[cfg(feature = "imap")]
mod brackets;
#[cfg(feature = "imap")]
mod connect;
#[cfg(feature = "imap")]
mod connection;
#[cfg(feature = "imap")]
mod fault;
#[cfg(feature = "imap")]
mod mailbox;
#[cfg(feature = "imap")]
mod wire;

use std::time::Duration;

use secrecy::SecretString;

#[cfg(feature = "imap")]
pub use connect::rehearse;
#[cfg(feature = "imap")]
pub use fault::ImapFault;
#[cfg(feature = "imap")]
pub use mailbox::{BounceMailbox, Look, Mailbox, probe};

/// Where the mailbox is, and what becomes of what is read there.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// Name or IP address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: ImapTls,
    /// Who logs in.
    pub user: String,
    /// And with what.
    pub password: SecretString,
    /// Further roots, PEM (`bounces.imap_ca_file`).
    pub ca_pem: Option<Vec<u8>>,
    /// The mailbox that is read, such as `INBOX`.
    pub mailbox: String,
    /// Where mails go that were understood (`bounces.imap_done_folder`).
    pub done_folder: String,
    /// Between two looks, where the server does not tell of new mails.
    pub every: Duration,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImapTls {
    /// Not at all.
    None,
    /// STARTTLS, certificate checked, or no login.
    StartTls,
    /// TLS from the first byte, certificate checked.
    Implicit,
}
