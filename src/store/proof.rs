//! The proof of a mailing: how many have it, who lacks it and why, and the
//! second chance for those.

use async_trait::async_trait;
use serde::Serialize;

use super::{DeliveryCounts, Result};
use crate::domain::{MailingId, Reason, Reply, SubscriptionId, Timestamp};

/// Why a reader who should have a mailing does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lack {
    /// There is no delivery at all.
    Missing,
    /// Refused for good, or too long for now.
    Failed,
    /// Not handed over, for a reason of ours.
    Withheld,
    /// Waits for its time, or is on its way.
    Queued,
}

impl Lack {
    /// All, the worst first.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Failed, Self::Withheld, Self::Queued];

    /// One word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Failed => "failed",
            Self::Withheld => "withheld",
            Self::Queued => "queued",
        }
    }
}

/// A reader who should have a mailing and does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedReader {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// Where it would go.
    pub address: String,
    /// Why it was withheld.
    pub reason: Option<Reason>,
    /// Tries that were counted.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// What the server said last; empty when it was never asked.
    pub reply: Reply,
}

/// What may be queued again, or was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Retried {
    /// Deliveries that had failed.
    pub failed: u64,
    /// Readers who had none.
    pub missing: u64,
}

/// What one step of a retry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryStep {
    /// What it queued.
    pub retried: Retried,
    /// Where the next one begins; `None`: this was the last.
    pub next: Option<SubscriptionId>,
}

/// A mailing by the domains of its readers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Domain and counts, the largest first. Readers who were erased are in none.
    pub domains: Vec<(String, DeliveryCounts)>,
    /// Deliveries that found their end since the given moment.
    pub settled_since: i64,
}

/// The proof of a mailing.
#[async_trait]
pub trait Proof: Send + Sync {
    /// How far a mailing is, read from indexes alone; all zero when there is none.
    async fn count_deliveries(&self, id: MailingId) -> Result<DeliveryCounts>;

    /// The same by domain. Reads each of its deliveries once, in pages.
    async fn break_down(&self, id: MailingId, since: Timestamp) -> Result<Breakdown>;

    /// How many lack it this way. Of several copies to one reader one
    /// that was sent counts, then one that is queued, then the newest. Missing are those who follow now,
    /// were active before the mailing was made and, as far as rows can say,
    /// neither paused nor suppressed; while a mailing is filled, only those
    /// whom it has passed.
    async fn count_missed(&self, id: MailingId, lack: Lack, now: Timestamp) -> Result<i64>;

    /// Who they are, those behind `after`, in the order of their subscriptions.
    async fn list_missed(
        &self,
        id: MailingId,
        lack: Lack,
        after: Option<SubscriptionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<MissedReader>>;

    /// What [`Proof::retry_missed`] would queue.
    async fn count_retryable(&self, id: MailingId, now: Timestamp) -> Result<Retried>;

    /// Queues again what the next `limit` followers behind `after` lack: a
    /// delivery that failed, as new, or one for who has none. Only of readers
    /// who may get mail now; never what was sent or withheld; nothing of a
    /// cancelled mailing. One that was done is sending again. Two at once
    /// share the work and double nothing.
    async fn retry_missed(
        &self,
        id: MailingId,
        after: Option<SubscriptionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<RetryStep>;
}
