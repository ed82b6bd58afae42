//! A hint that there may be work: the sender and the scheduler sleep on it.
//!
//! Polling stays the truth. A lost hint costs one polling interval and
//! nothing else, so a hint may be dropped, doubled or sent for nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// Wakes whoever waits for work in this process.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// A new hint that nobody waits for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells every waiter to look for work now.
    pub fn ring(&self) {
        self.0.notify_waiters();
        self.0.notify_one();
    }

    /// Waits for a ring, at most `timeout`; answers whether there was one.
    pub async fn wait(&self, timeout: Duration) -> bool {
        tokio::time::timeout(timeout, self.0.notified()).await.is_ok()
    }
}
