//! How each blog's mails fare, and what stops them when they fare badly.

use async_trait::async_trait;

use super::{NewDelivery, Result};
use crate::domain::{BlogId, MailingId, Timestamp};

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
/// With this begins the reason of a mailing that was braked; resuming such a
/// one pardons its blog.
pub const BRAKED: &str = "braked: ";

/// Health of blogs.
#[async_trait]
pub trait Healths: Send + Sync {
    /// The week's counts of each blog that has a mailing under way and a hard
    /// bounce or complaint in that time.
    async fn list_unwell(&self, now: Timestamp) -> Result<Vec<(BlogId, Health)>>;

    /// How many mails to many were taken today (UTC), over all blogs.
    async fn accepted_today(&self, now: Timestamp) -> Result<i64>;

    /// Pauses every mailing of the blog that is under way, for `reason`
    /// (behind [`BRAKED`]), and queues the notice if there was one. Answers
    /// which were paused.
    async fn brake(
        &self,
        blog: BlogId,
        reason: &str,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<Vec<MailingId>>;
}
