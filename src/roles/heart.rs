//! The heartbeat of a node: a row that says that it lives, and since when.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{Node, Store};

/// How often a node says that it lives.
pub const BEAT_EVERY: Duration = Duration::from_secs(5);

/// Beats until `stop`, then takes the row away.
pub async fn beat(store: Arc<dyn Store>, clock: Arc<dyn Clock>, mut node: Node, stop: CancellationToken) {
    while !stop.is_cancelled() {
        node.seen_at = clock.now();
        if let Err(error) = store.beat(&node).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "this node could not say that it lives");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(BEAT_EVERY) => {}
        }
    }
    if let Err(error) = store.remove_node(&node.id).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "this node's row stays for a day");
    }
}
