//! What servers, providers and readers said of our mails.

use async_trait::async_trait;
use serde::Serialize;

use super::{Refused, Result};
use crate::domain::{
    BlogId, Class, DeliveryId, EmailAddress, FeedbackKind, RestCause, SuppressionReason, Timestamp,
};

/// One thing that was said about one reader.
#[derive(Debug, Clone)]
pub struct NewFeedback {
    /// What makes it the same when it comes twice; of what a server said at
    /// once (`smtp`), together with the number of the try.
    pub mark: String,
    /// What was said.
    pub kind: FeedbackKind,
    /// Of a bounce: whose fault.
    pub class: Option<Class>,
    /// About whom; `None`: the reader of the delivery.
    pub address: Option<EmailAddress>,
    /// About which mail, when that is proven.
    pub delivery_id: Option<DeliveryId>,
    /// Who said it: `smtp`, `mail`, or the provider.
    pub source: &'static str,
    /// Enhanced status (RFC 3463).
    pub status: Option<String>,
    /// What the server said.
    pub diagnostic: Option<String>,
    /// Where it may turn out to be about us: what is written down for that.
    pub refused: Option<Refused>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It was written down before.
    Known,
    /// The mail that it is about is gone, and with it the reader.
    Nobody,
    /// Written down; the reader gets mail as before.
    Noted,
    /// Written down, and the reader gets no mail any more.
    Suppressed(SuppressionReason),
}

/// One entry of the record.
#[derive(Debug, Clone, Serialize)]
pub struct FeedbackRecord {
    /// When.
    pub at: Timestamp,
    /// What was said.
    pub kind: FeedbackKind,
    /// Of a bounce: whose fault.
    pub class: Option<Class>,
    /// About which mail.
    pub delivery_id: Option<DeliveryId>,
    /// About a mail of which blog.
    pub blog_id: Option<BlogId>,
    /// Who said it.
    pub source: String,
    /// Enhanced status.
    pub status: Option<String>,
    /// What the server said.
    pub diagnostic: Option<String>,
    /// Why it no longer counts.
    pub taken_back: Option<RestCause>,
}

/// A mail that was not understood.
#[derive(Debug, Clone)]
pub struct Stray {
    /// Its row; 0 for a new one.
    pub id: i64,
    /// When it came.
    pub at: Timestamp,
    /// What makes it the same when it comes twice.
    pub mark: String,
    /// Why it is here.
    pub reason: String,
    /// For which mail of ours it was proven to be sent, if any.
    pub delivery_id: Option<DeliveryId>,
    /// As it came, cut at a bound.
    pub raw: Vec<u8>,
}

/// A proof of origin that holds for one report.
#[derive(Debug, Clone)]
pub struct HeardProof {
    /// Names the proof.
    pub proof: String,
    /// Names what came with it.
    pub said: String,
    /// From here on the proof is too old, and can be forgotten.
    pub until: Timestamp,
}

/// Feedback.
#[async_trait]
pub trait Feedbacks: Send + Sync {
    /// Writes down what was said and what follows from it, at once: a
    /// suppression, the end of a subscription, the blog's health.
    async fn record_feedback(&self, feedback: &NewFeedback, now: Timestamp) -> Result<Recorded>;

    /// What was said about this address, the newest first.
    async fn list_feedback(&self, address: &EmailAddress, limit: u32) -> Result<Vec<FeedbackRecord>>;

    /// Keeps a mail that was not understood; the oldest make room.
    async fn keep_stray(&self, stray: &Stray) -> Result<()>;

    /// Remembers a proof until it is too old. Whether what comes with it may
    /// count: it is new, or it says what it said the first time, so that a
    /// report of which we lost the end can be brought again.
    async fn hear_proof(&self, heard: &HeardProof, now: Timestamp) -> Result<bool>;

    /// Mails that were not understood, the newest first.
    async fn list_strays(&self, limit: u32) -> Result<Vec<Stray>>;
}
