//! Removes what nobody needs any more, in small steps.

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{Blog, DAY_MS, narrowed_origins};
use crate::store::{Purged, Store, StoreError};

/// Rows removed in one transaction, so that nobody waits long for the writer.
const STEP_ROWS: u32 = 1_000;
/// Steps of one tick; what is left is removed by the next.
const STEPS: u32 = 50;

/// Blogs whose origins are narrowed in one transaction.
const BLOGS: u32 = 100;

/// Nodes that were not heard of for so long are gone.
const NODE_MS: i64 = DAY_MS;

/// What the flow is told, in days.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Expired pending subscriptions.
    pub pending_days: u32,
    /// Ended subscriptions.
    pub ended_days: u32,
    /// Counters and settled one-off mails.
    pub log_days: u32,
}

/// The flow.
pub struct Upkeep {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What the flow is told.
    pub policy: Policy,
}

impl Upkeep {
    /// One ring of the scheduler: narrows the origins of blogs that an earlier version added, removes what is past its time and marks
    /// mailings done whose last delivery found its end.
    ///
    /// # Errors
    /// The store's; what was removed before stays removed.
    pub async fn tick(&self) -> Result<Purged, StoreError> {
        let now = self.clock.now();
        let before = |days: u32| now.plus_ms(-i64::from(days) * DAY_MS);
        while self.store.narrow_origins(&narrow, BLOGS).await? == BLOGS {}
        self.store.forget_nodes(now.plus_ms(-NODE_MS)).await?;
        let mut all = Purged::default();
        for _ in 0..STEPS {
            let step = self
                .store
                .purge(
                    before(self.policy.pending_days),
                    before(self.policy.ended_days),
                    before(self.policy.log_days),
                    STEP_ROWS,
                )
                .await?;
            all.pending += step.pending;
            all.ended += step.ended;
            all.log += step.log;
            if step == Purged::default() {
                break;
            }
        }
        Ok(all)
    }
}

fn narrow(blog: &Blog, links: &[String]) -> Vec<String> {
    narrowed_origins(&blog.origins, &blog.home_url, &blog.feed_url, links)
}
