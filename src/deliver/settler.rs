//! Writes what became of mails, many in one transaction.
//!
//! Groups form by themselves: whatever finished while the last commit ran
//! goes into the next one. The caller waits until its own fact is durable.

use std::sync::Arc;

use tokio::sync::{Mutex, oneshot};

use crate::clock::Clock;
use crate::store::{Settlement, Store, StoreError};

type Waiting = (Settlement, oneshot::Sender<bool>);

/// The one writer of settlements in this process.
pub(super) struct Settler {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    node: String,
    waiting: std::sync::Mutex<Vec<Waiting>>,
    commit: Mutex<()>,
}

/// The database does not take settlements now; the fact must be offered again.
#[derive(Debug)]
pub(super) struct NotSettled;

impl Settler {
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, node: String) -> Self {
        Self { store, clock, node, waiting: std::sync::Mutex::default(), commit: Mutex::default() }
    }

    /// Writes one fact. `Ok` once it is durable.
    pub(super) async fn settle(&self, settlement: Settlement) -> Result<(), NotSettled> {
        let (done, mut is_done) = oneshot::channel();
        self.waiting().push((settlement, done));
        let _turn = self.commit.lock().await;
        // Another caller may have taken this fact along while we waited.
        if let Ok(is_durable) = is_done.try_recv() {
            return if is_durable { Ok(()) } else { Err(NotSettled) };
        }
        let group = std::mem::take(&mut *self.waiting());
        let facts: Vec<Settlement> = group.iter().map(|(fact, _)| fact.clone()).collect();
        let answer = self.store.settle(&self.node, &facts, self.clock.now()).await;
        if let Err(error) = &answer {
            report(error);
        }
        for (_, done) in group {
            let _ = done.send(answer.is_ok());
        }
        answer.map(|_| ()).map_err(|_| NotSettled)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn report(error: &StoreError) {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "what was sent cannot be written down; free space or repair the database, it is tried again each second"
    );
}
