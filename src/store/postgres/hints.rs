//! Hints between nodes: `NOTIFY` when mail is queued, `LISTEN` where it is sent.
//!
//! Only hints: polling is the truth, and one that is lost costs a poll. They
//! go out beside the transactions, not inside: a transaction that notifies
//! holds a lock of the whole server until it is on the disk, so that no two
//! could be committed at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use super::PostgresStore;

const CHANNEL: &str = "postbell_outbox";
/// What is queued within this time is told by one hint.
const GATHER: Duration = Duration::from_millis(20);
/// How long a listener waits before it connects again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Tells the nodes.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    is_under_way: Arc<AtomicBool>,
}

impl Hints {
    /// Tells every node soon; never waits, never fails.
    pub fn ring(&self, pool: &PgPool) {
        if self.is_under_way.swap(true, Ordering::AcqRel) {
            return;
        }
        let (is_under_way, pool) = (self.is_under_way.clone(), pool.clone());
        tokio::spawn(async move {
            tokio::time::sleep(GATHER).await;
            is_under_way.store(false, Ordering::Release);
            if let Err(error) = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&pool).await {
                tracing::debug!(%error, "no hint was given; the nodes find the mail by polling");
            }
        });
    }
}

impl PostgresStore {
    /// Calls `ring` whenever any process may have queued mail. Never ends: a
    /// connection that is lost is made again.
    pub async fn listen(&self, ring: impl Fn()) {
        loop {
            if let Err(error) = self.listen_once(&ring).await {
                tracing::debug!(%error, "no hints come in; mail is found by polling");
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    async fn listen_once(&self, ring: &impl Fn()) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.reader).await?;
        listener.listen(CHANNEL).await?;
        loop {
            // What was told while nobody listened is made up for.
            ring();
            // `None`: the connection was lost; it is there again.
            listener.try_recv().await?;
        }
    }
}
