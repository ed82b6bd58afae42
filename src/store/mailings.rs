//! Mailings and their fan-out.

use async_trait::async_trait;
use serde::Serialize;

use super::{NewDelivery, Result};
use crate::domain::{
    Blog, DeliveryId, Mailing, MailingContent, MailingId, MailingStatus, PostId, Reason, SubscriptionId,
    Timestamp,
};

/// What one step of a fan-out did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FanOut {
    /// Deliveries written by this step.
    pub written: u64,
    /// Whether every follower has its delivery now.
    pub is_complete: bool,
}

/// How many deliveries of one mailing stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryCounts {
    /// Wait for their time, or are on their way.
    pub queued: i64,
    /// The server took them.
    pub sent: i64,
    /// Refused for good, or too long for now.
    pub failed: i64,
    /// Never handed over, for a reason of ours.
    pub withheld: i64,
}

impl DeliveryCounts {
    /// All of them.
    pub const fn total(&self) -> i64 {
        self.queued + self.sent + self.failed + self.withheld
    }
}

/// Mailings.
#[async_trait]
pub trait Mailings: Send + Sync {
    /// One mailing.
    async fn get_mailing(&self, id: MailingId) -> Result<Option<Mailing>>;

    /// The newest mailings of a blog, or of all.
    async fn list_mailings(&self, blog: Option<&Blog>, limit: u32) -> Result<Vec<Mailing>>;

    /// Mailings whose deliveries are not all written yet.
    async fn list_filling(&self) -> Result<Vec<MailingId>>;

    /// Writes the next deliveries, for at most `limit` followers, and moves
    /// the cursor with them: one statement, resumable, never twice to one
    /// subscription. The audience: active at fan-out, confirmed (or
    /// imported) at or before the mailing was made, not paused, not
    /// suppressed; whatever the frequency, for as long as there are no digests.
    async fn fan_out(&self, id: MailingId, limit: u32, now: Timestamp) -> Result<FanOut>;

    /// Makes a correction of a mailed post, to be filled, when what was mailed
    /// of it last is `after`; `None` otherwise. Its audience: followers to whom
    /// the post was sent, and those whom its cancelled mailing did not reach.
    async fn correct_post(
        &self,
        post: PostId,
        after: MailingId,
        content: &MailingContent,
        now: Timestamp,
    ) -> Result<Option<MailingId>>;

    /// What was mailed of a post, oldest first: the post, its corrections.
    async fn list_mailings_of(&self, post: PostId) -> Result<Vec<Mailing>>;

    /// How far a mailing is; all zero when there is none.
    async fn delivery_counts(&self, id: MailingId) -> Result<DeliveryCounts>;

    /// Marks done what has no queued delivery left; answers which. Withholds
    /// what is queued of cancelled mailings, once nobody leases it.
    async fn finish_mailings(&self, now: Timestamp) -> Result<Vec<MailingId>>;

    /// Gives a reason to the mailings that were done since then and reached
    /// nobody, or nearly nobody, and queues a notice of it for a moment later,
    /// unless the owner was told the same; answers which. When one is taken
    /// back by then, both are gone.
    async fn note_unreached(&self, since: Timestamp, now: Timestamp) -> Result<Vec<MailingId>>;

    /// Changes a mailing's status from `from`; `false` when it had another.
    /// A paused one that still lacked deliveries goes on filling. Cancelling
    /// withholds what is queued; what is under lease is left to its sender.
    async fn set_mailing_status(
        &self,
        id: MailingId,
        from: MailingStatus,
        to: MailingStatus,
        reason: Option<&Reason>,
        now: Timestamp,
    ) -> Result<bool>;

    /// One more delivery of a mailing to one subscription, for `post resend`:
    /// beside, not instead of, the one it had.
    async fn resend(
        &self,
        id: MailingId,
        subscription: SubscriptionId,
        delivery: &NewDelivery,
        now: Timestamp,
    ) -> Result<DeliveryId>;
}
