//! Addresses that get no mail. They outlive the subscriber's row.

use async_trait::async_trait;

use super::Result;
use crate::domain::{BlogId, EmailAddress, Suppression, SuppressionReason, Timestamp};

/// Whom a new suppression is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppressed {
    /// Somebody whose address is known.
    Address(EmailAddress),
    /// Somebody who was erased: the keyed hash of the address.
    Hash(String),
}

/// A suppression from elsewhere.
#[derive(Debug, Clone)]
pub struct NewSuppression {
    /// Whom.
    pub who: Suppressed,
    /// For which blog; `None`: all.
    pub blog_id: Option<BlogId>,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Timestamp,
}

/// Suppressions, known by the address's keyed hash.
#[async_trait]
pub trait Suppressions: Send + Sync {
    /// Adds one; a second time for the same scope keeps the stronger reason
    /// (anything over `unsubscribed`). `blog`: `None` for all blogs.
    async fn suppress(
        &self,
        address: &EmailAddress,
        blog: Option<BlogId>,
        reason: SuppressionReason,
        now: Timestamp,
    ) -> Result<()>;

    /// Takes one back; `false` when there was none.
    async fn lift_suppression(&self, address: &EmailAddress, blog: Option<BlogId>) -> Result<bool>;

    /// Why this address gets no mail of this blog: the strongest reason.
    async fn find_suppression(
        &self,
        address: &EmailAddress,
        blog: Option<BlogId>,
    ) -> Result<Option<SuppressionReason>>;

    /// Adds many in one transaction by the same rule; answers how many were
    /// new or got a stronger reason. Nothing of it counts for the brake (D12): these
    /// are no answers to mails of ours.
    async fn import_suppressions(&self, entries: &[NewSuppression]) -> Result<u64>;

    /// The newest entries, or the newest of those older than `before`.
    async fn list_suppressions(&self, before: Option<i64>, limit: u32) -> Result<Vec<Suppression>>;
}
