//! The hubs that feeds name, and how we stand with them.

use async_trait::async_trait;

use super::Result;
use crate::domain::{BlogId, Hub, Timestamp};

/// What came of asking a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubAsked {
    /// It took the question and will come back.
    Taken,
    /// It could not be asked, or did not take it.
    Failed {
        /// Why, as a sentence for the operator.
        reason: String,
    },
}

/// Hubs.
#[async_trait]
pub trait Hubs: Send + Sync {
    /// What a feed says now: its hub and topic, or that it has none. The same
    /// as before changes nothing; another one gets this seal and is to be
    /// asked at once.
    async fn record_hub(
        &self,
        blog: BlogId,
        named: Option<(&str, &str)>,
        seal: &str,
        now: Timestamp,
    ) -> Result<()>;

    /// The hub of a blog's feed.
    async fn find_hub(&self, blog: BlogId) -> Result<Option<Hub>>;

    /// Takes up to `limit` hubs that are to be asked and puts their next turn
    /// at `until`, so that nobody else asks meanwhile.
    async fn claim_due_hubs(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Hub>>;

    /// Lets these hubs have their next turn at `next`, those that have it
    /// sooner.
    async fn put_off_hubs(&self, blogs: &[BlogId], next: Timestamp) -> Result<()>;

    /// Writes what came of asking; an active lease stays active until its end.
    async fn record_asked(&self, blog: BlogId, asked: &HubAsked, next: Timestamp) -> Result<()>;

    /// The hub came back: it tells of `topic` until `lease_until`. `false`
    /// when nobody asked it for that.
    async fn grant_hub(
        &self,
        blog: BlogId,
        topic: &str,
        lease_until: Timestamp,
        renew_at: Timestamp,
    ) -> Result<bool>;

    /// The hub said no to `topic`; it is asked again at `next`. `false` when
    /// nobody asked it for that.
    async fn refuse_hub(&self, blog: BlogId, topic: &str, reason: &str, next: Timestamp) -> Result<bool>;
}
