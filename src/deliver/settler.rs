//! Writes what became of mails, many in one transaction.
//!
//! Groups form by themselves: whatever finished while the last commit ran
//! goes into the next one. A fact that the database does not take is kept and
//! offered again, before anything else is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::Brake;
use super::leases::Leases;
use crate::clock::Clock;
use crate::store::{Settled, Settlement, Store, StoreError};

/// The longest that a fact waits for company.
const LINGER: Duration = Duration::from_millis(1);
/// Facts in one transaction, at most.
const GROUP: usize = 500;

/// A fact, and who waits until it is durable.
type Waiting = (Settlement, Option<oneshot::Sender<bool>>);

/// The one writer of settlements in this process.
pub(super) struct Settler {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    node: String,
    leases: Arc<Leases>,
    brake: Brake,
    waiting: Mutex<Vec<Waiting>>,
    committing: tokio::sync::Mutex<()>,
    is_running: AtomicBool,
    is_behind: AtomicBool,
    /// A group is worth a commit from so many on.
    worth: usize,
    is_worth: Notify,
    /// Commits run beside the connections' thread, not between its mails.
    beside: Handle,
}

/// The database does not take settlements now.
#[derive(Debug)]
pub(super) struct NotSettled;

/// Tells when a fact is durable.
pub(super) struct Ticket(oneshot::Receiver<bool>);

impl Ticket {
    /// `Ok` once the fact is durable; `NotSettled` when it has to be offered
    /// again, which [`Settler::catch_up`] does.
    pub(super) async fn settled(self) -> Result<(), NotSettled> {
        if self.0.await.unwrap_or(false) { Ok(()) } else { Err(NotSettled) }
    }
}

impl Settler {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        node: String,
        connections: usize,
        leases: Arc<Leases>,
        brake: Brake,
    ) -> Self {
        Self {
            store,
            clock,
            node,
            leases,
            brake,
            waiting: Mutex::default(),
            committing: tokio::sync::Mutex::default(),
            is_running: AtomicBool::new(false),
            is_behind: AtomicBool::new(false),
            worth: connections,
            is_worth: Notify::new(),
            beside: Handle::current(),
        }
    }

    /// Takes a fact, to be written with those that come meanwhile.
    pub(super) fn push(self: &Arc<Self>, settlement: Settlement) -> Ticket {
        let (done, ticket) = oneshot::channel();
        let count = {
            let mut waiting = self.waiting();
            waiting.push((settlement, Some(done)));
            waiting.len()
        };
        if count == self.worth {
            self.is_worth.notify_one();
        }
        if !self.is_running.swap(true, Ordering::SeqCst) {
            let settler = self.clone();
            self.beside.spawn(async move { settler.run().await });
        }
        Ticket(ticket)
    }

    /// Whether the last commit failed: nothing more is to be sent before
    /// [`Self::catch_up`] says so.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::SeqCst)
    }

    /// Writes everything that waits.
    pub(super) async fn catch_up(&self) -> Result<(), NotSettled> {
        // What another is writing at this moment does not wait, and is not
        // written either: this waits for its turn first.
        self.commit().await?;
        while !self.waiting().is_empty() {
            self.commit().await?;
        }
        Ok(())
    }

    async fn run(&self) {
        loop {
            while !self.waiting().is_empty() {
                if self.waiting().len() < self.worth {
                    // Each commit is a way to the disk; the other connections'
                    // facts are about to come.
                    let _ = timeout(LINGER, self.is_worth.notified()).await;
                }
                if self.commit().await.is_err() {
                    self.is_running.store(false, Ordering::SeqCst);
                    // Those that came since the commit began would wait for ever.
                    for waiter in self.waiting().iter_mut().filter_map(|(_, waiter)| waiter.take()) {
                        let _ = waiter.send(false);
                    }
                    return;
                }
            }
            self.is_running.store(false, Ordering::SeqCst);
            // A fact may have come between the look and the line above.
            if self.waiting().is_empty() || self.is_running.swap(true, Ordering::SeqCst) {
                return;
            }
        }
    }

    async fn commit(&self) -> Result<(), NotSettled> {
        let _turn = self.committing.lock().await;
        let group: Vec<Waiting> = {
            let mut waiting = self.waiting();
            let size = waiting.len().min(GROUP);
            waiting.drain(..size).collect()
        };
        if group.is_empty() {
            return Ok(());
        }
        let (facts, waiters): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let answer = self.store.settle(&self.node, &facts, self.clock.now()).await;
        self.is_behind.store(answer.is_err(), Ordering::SeqCst);
        match &answer {
            Ok(_) => {
                self.leases.forget(facts.iter().map(|fact| fact.id));
                // At once, not with the next ring: a second is thousands of mails.
                if facts.iter().any(|fact| matches!(fact.settled, Settled::Failed { is_hard: true, .. })) {
                    self.look_at_health().await;
                }
            }
            Err(error) => {
                report(error);
                let mut waiting = self.waiting();
                waiting.splice(..0, facts.into_iter().map(|fact| (fact, None)));
            }
        }
        for waiter in waiters.into_iter().flatten() {
            // Who does not wait any more need not know.
            let _ = waiter.send(answer.is_ok());
        }
        answer.map(|_| ()).map_err(|_| NotSettled)
    }

    async fn look_at_health(&self) {
        if let Err(error) = self.brake.tick().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the health of blogs was not looked at; the scheduler does it each 5 seconds"
            );
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(error: &StoreError) {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "what was sent cannot be written down; free space or repair the database, it is tried again each second"
    );
}
