//! The built-in mailbox: where mails go while no SMTP is set.

use async_trait::async_trait;

use super::Result;
use crate::domain::{DeliveryId, Timestamp};

/// A kept mail without its text.
#[derive(Debug, Clone)]
pub struct KeptMailHead {
    /// Its row.
    pub id: i64,
    /// Its delivery.
    pub delivery_id: Option<DeliveryId>,
    /// When it was handed over.
    pub at: Timestamp,
    /// Envelope sender.
    pub sender: String,
    /// Envelope recipient.
    pub recipient: String,
    /// Decoded subject.
    pub subject: String,
    /// `confirm`, `post`, …
    pub kind: String,
    /// Size of the whole mail.
    pub size_bytes: i64,
}

/// A kept mail.
#[derive(Debug, Clone)]
pub struct KeptMail {
    /// All but the text.
    pub head: KeptMailHead,
    /// The mail as it would have gone over the wire.
    pub raw: Vec<u8>,
}

/// The built-in mailbox, bounded: the oldest mails make room.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// Keeps a mail (its `id` is given here) and drops the oldest beyond
    /// `keep_mails` mails or `keep_bytes` bytes.
    async fn keep_mail(&self, mail: &KeptMail, keep_mails: u32, keep_bytes: u64) -> Result<i64>;

    /// The newest mails whose recipient or subject contains `text`.
    async fn list_mails(&self, text: &str, limit: u32) -> Result<Vec<KeptMailHead>>;

    /// How many mails are kept.
    async fn count_mails(&self) -> Result<i64>;

    /// One mail.
    async fn get_mail(&self, id: i64) -> Result<Option<KeptMail>>;

    /// Throws all away.
    async fn empty_mailbox(&self) -> Result<()>;
}
