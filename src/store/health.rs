//! How each blog's mails fare, and what stops them when they fare badly.

use async_trait::async_trait;

use super::{NewDelivery, Result};
use crate::domain::{BlogId, MailingId, Reason, Timestamp};

/// What became of a blog's mailings within a week, since the operator last
/// resumed one that was braked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Deliveries that a server answered for good, one a reader.
    pub attempts: i64,
    /// Those it took.
    pub accepted: i64,
    /// Those it refused because there is no such reader.
    pub hard: i64,
    /// Readers who called a mail spam.
    pub complaints: i64,
}

/// Days that count.
pub const HEALTH_DAYS: i64 = 7;

/// A mailing that is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// Which.
    pub mailing: MailingId,
    /// Of which blog.
    pub blog: BlogId,
    /// Why.
    pub reason: Reason,
    /// Whether nothing of it is left to send.
    pub is_over: bool,
}

/// Health of blogs.
#[async_trait]
pub trait Healths: Send + Sync {
    /// The week's counts of each blog that has a mailing under way and a hard
    /// bounce or complaint in that time.
    async fn list_unwell(&self, now: Timestamp) -> Result<Vec<(BlogId, Health)>>;

    /// How many mails to many were taken today (UTC), over all blogs.
    async fn accepted_today(&self, now: Timestamp) -> Result<i64>;

    /// Pauses every mailing of the blog that is under way and has something
    /// left to send, and queues the notice if there was one. Answers which were paused. Resuming one that
    /// the brake paused pardons its blog.
    async fn brake(
        &self,
        blog: BlogId,
        reason: &Reason,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<Vec<MailingId>>;

    /// Ends the mailings of the blog that have nothing left to send, and queues
    /// the notice if there was one. Answers which.
    async fn end_sent(
        &self,
        blog: BlogId,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<Vec<MailingId>>;

    /// The mailings that are paused, the oldest first, at most a thousand.
    async fn list_paused(&self) -> Result<Vec<Paused>>;

    /// Lets a mailing that is paused for exactly this go on, or end where it
    /// has nothing left to send; nothing is pardoned. `false` when it is not.
    async fn let_go(&self, mailing: MailingId, reason: &Reason, now: Timestamp) -> Result<bool>;
}
