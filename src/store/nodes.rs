//! The processes that serve this database.

use async_trait::async_trait;
use serde::Serialize;

use super::Result;
use crate::domain::Timestamp;

/// A process that serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its name, new at each start: what leases are held by.
    pub id: String,
    /// The machine.
    pub host: String,
    /// The process on it.
    pub pid: u32,
    /// What it does: `web,scheduler,sender`.
    pub roles: String,
    /// Which Postbell it is.
    pub version: String,
    /// A hash of its secret key, equal on all nodes of a database.
    #[serde(skip)]
    pub key_mark: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it was heard of last.
    pub seen_at: Timestamp,
    /// Deliveries that it holds under a lease.
    pub held: i64,
}

/// Nodes.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// Says that this node lives, as of its `seen_at`.
    async fn beat(&self, node: &Node) -> Result<()>;

    /// All that are known, the oldest first; `held` counts leases that hold at `now`.
    async fn list_nodes(&self, now: Timestamp) -> Result<Vec<Node>>;

    /// A node that ends in good order says so.
    async fn remove_node(&self, id: &str) -> Result<()>;

    /// Forgets those that were not heard of since `before`; answers how many.
    async fn forget_nodes(&self, before: Timestamp) -> Result<u64>;
}
