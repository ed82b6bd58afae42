//! Addresses that get no mail. They outlive the subscriber's row.

use async_trait::async_trait;

use super::Result;
use crate::domain::{BlogId, EmailAddress, Suppression, SuppressionReason, Timestamp};

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

    /// The newest entries.
    async fn list_suppressions(&self, limit: u32) -> Result<Vec<Suppression>>;
}
