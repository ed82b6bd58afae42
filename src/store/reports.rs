//! Numbers: followers, growth, sources, gauges.

use async_trait::async_trait;
use serde::Serialize;

use super::Result;
use crate::domain::{BlogId, Halt, Timestamp};

/// How many stand where at one blog. `followers` includes `paused`;
/// otherwise nobody is counted twice. Expired pending ones are in none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FollowerCounts {
    /// Active and not suppressed.
    pub followers: i64,
    /// Of these, paused.
    pub paused: i64,
    /// Asked and not yet confirmed.
    pub pending: i64,
    /// Left, or were removed.
    pub ended: i64,
    /// Active, but their address gets no mail.
    pub suppressed: i64,
}

/// What happened on one UTC day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrowthDay {
    /// `2026-11-22`.
    pub date: String,
    /// Subscriptions confirmed that day.
    pub confirmed: i64,
    /// Subscriptions ended that day.
    pub ended: i64,
}

/// How many followers came from one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceCount {
    /// The place; `form` when nothing said.
    pub source: String,
    /// Followers from there.
    pub followers: i64,
}

/// What `/metrics` and `/readyz` show of the whole store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Gauges {
    /// Followers over all blogs.
    pub followers: i64,
    /// Deliveries that wait, leased ones included.
    pub queued: i64,
    /// When the oldest due one was due.
    pub oldest_due_at: Option<Timestamp>,
    /// Deliveries that failed for good.
    pub failed: i64,
    /// Deliveries that were sent.
    pub sent: i64,
    /// Posts that wait for the operator.
    pub held_posts: i64,
    /// Blogs whose last look failed.
    pub failing_blogs: i64,
    /// Relays that refuse us and rest.
    pub resting_relays: i64,
    /// Receiving domains that do.
    pub resting_domains: i64,
    /// Mailings that are paused, and blogs whose mails to one wait, as their
    /// sender is refused.
    pub sender_refused: i64,
    /// Mailings that the brake paused.
    pub braked: i64,
    /// Mailings that are paused, as their mails are too large.
    pub mail_too_large: i64,
}

impl Gauges {
    /// How much is held up for this.
    pub const fn held_up_by(&self, halt: Halt) -> i64 {
        match halt {
            Halt::RelayRefusesUs => self.resting_relays,
            Halt::ReceiverRefusesUs => self.resting_domains,
            Halt::SenderRefused => self.sender_refused,
            Halt::Braked => self.braked,
            Halt::MailTooLarge => self.mail_too_large,
        }
    }
}

/// Numbers.
#[async_trait]
pub trait Reports: Send + Sync {
    /// How many follow, for the public: active, paused included, not suppressed.
    async fn count_followers(&self, blog: BlogId) -> Result<i64>;

    /// How many stand where.
    async fn follower_counts(&self, blog: BlogId, now: Timestamp) -> Result<FollowerCounts>;

    /// Confirmed and ended for each of the last `days` UTC days, oldest
    /// first, today last, empty days included.
    async fn growth(&self, blog: BlogId, days: u32, now: Timestamp) -> Result<Vec<GrowthDay>>;

    /// Where the followers came from, the most first, at most 20.
    async fn sources(&self, blog: BlogId) -> Result<Vec<SourceCount>>;

    /// Numbers over the whole store.
    async fn gauges(&self, now: Timestamp) -> Result<Gauges>;

    /// One write and one read that prove the database takes both; the write
    /// is rolled back.
    async fn probe(&self) -> Result<()>;
}
