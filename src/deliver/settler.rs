//! Writes what became of mails, many in one transaction.
//!
//! Groups form by themselves: whatever finished while the last commit ran
//! goes into the next one. That commit is a note of some bytes a mail, which is
//! all that a connection waits for; the deliveries themselves are written from
//! the notes in large batches, a moment later. A fact that the database does
//! not take is kept and offered again, before anything else is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::timeout;

use super::Brake;
use super::leases::Leases;
use crate::clock::Clock;
use crate::domain::{Class, FeedbackKind, refusal};
use crate::store::{NewFeedback, Refused, SETTLED_AT_ONCE, Settled, Settlement, Store, StoreError};

/// The longest that a fact waits for company: a commit costs as much for one
/// fact as for ten, and the processor is what a sender runs out of first.
const LINGER: Duration = Duration::from_micros(500);
/// Facts in one transaction, at most.
const GROUP: usize = 500;
/// Notes wait for company no longer than this.
const APPLY_AFTER: Duration = Duration::from_millis(100);

/// A fact, what of a refusal may turn out to be about us, and who waits until
/// it is durable.
struct Waiting {
    fact: Settlement,
    weighed: Option<Box<Weighed>>,
    waiter: Option<oneshot::Sender<bool>>,
}

/// A refusal for good beside its fact.
#[derive(Debug, Clone)]
pub(super) struct Weighed {
    /// Whether it was said of the reader; else of the mail, or after it.
    pub(super) is_reader: bool,
    /// What is written down of it; `None` for a dead reader.
    pub(super) refused: Option<Refused>,
}

/// The one writer of settlements in this process.
pub(super) struct Settler {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    node: String,
    leases: Arc<Leases>,
    brake: Brake,
    waiting: Mutex<Vec<Waiting>>,
    /// As many as the database takes side by side.
    committing: Semaphore,
    writers: usize,
    running: AtomicUsize,
    /// Facts that the database refused and nobody waits for any more.
    owed: AtomicUsize,
    /// A group is worth a commit from so many on.
    worth: usize,
    is_worth: Notify,
    /// Facts that are durable, and not yet written into their deliveries.
    noted: AtomicUsize,
    applying: tokio::sync::Mutex<()>,
    will_apply: AtomicBool,
    is_batch: Notify,
    /// Notes are applied beside the connections' thread.
    beside: Handle,
}

impl Weighed {
    /// Whether it is the one by which a row was found to be about us.
    pub(super) fn ends_a_row(&self) -> bool {
        self.refused.as_ref().is_some_and(|refused| refused.seen.about.is_some())
    }
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
        let writers = store.notes_side_by_side().max(1);
        Self {
            store,
            clock,
            node,
            leases,
            brake,
            waiting: Mutex::default(),
            committing: Semaphore::new(writers),
            writers,
            running: AtomicUsize::new(0),
            owed: AtomicUsize::new(0),
            worth: connections,
            is_worth: Notify::new(),
            noted: AtomicUsize::new(0),
            applying: tokio::sync::Mutex::default(),
            will_apply: AtomicBool::new(false),
            is_batch: Notify::new(),
            beside: Handle::current(),
        }
    }

    /// Takes a fact, to be written with those that come meanwhile.
    pub(super) fn push(self: &Arc<Self>, fact: Settlement, weighed: Option<Box<Weighed>>) -> Ticket {
        let (done, ticket) = oneshot::channel();
        let count = {
            let mut waiting = self.waiting();
            waiting.push(Waiting { fact, weighed, waiter: Some(done) });
            waiting.len()
        };
        if count == self.worth {
            self.is_worth.notify_one();
        }
        // The first at once; another beside it when more than half a group waits.
        if self.may_run(if count > self.worth / 2 + 1 { self.writers } else { 1 }) {
            let settler = self.clone();
            // Here, not beside: a group's connections are woken without a way
            // to another thread for each.
            tokio::spawn(async move { settler.run().await });
        }
        Ticket(ticket)
    }

    /// Takes a place among those that commit, of which there are so many.
    fn may_run(&self, most: usize) -> bool {
        let one_more = |running| (running < most).then_some(running + 1);
        self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    /// Whether the database refused facts: nothing more is to be sent before
    /// [`Self::catch_up`] says so.
    pub(super) fn is_behind(&self) -> bool {
        self.owed.load(Ordering::SeqCst) > 0
    }

    /// Writes everything that waits.
    pub(super) async fn catch_up(&self) -> Result<(), NotSettled> {
        // What others are writing at this moment does not wait, and is not
        // written either: this waits until they are done, and keeps them off.
        let places = u32::try_from(self.writers).unwrap_or(u32::MAX);
        let _all = self.committing.acquire_many(places).await;
        while !self.waiting().is_empty() {
            self.write_group().await?;
        }
        Ok(())
    }

    /// Writes what is noted now into its deliveries: when there is nothing to
    /// send. `true` when there was any: what was given back can be claimed.
    pub(super) async fn apply(&self) -> bool {
        let _turn = self.applying.lock().await;
        let noted = self.noted.load(Ordering::SeqCst);
        for _ in 0..noted.div_ceil(SETTLED_AT_ONCE as usize) {
            // Reported; the notes stay.
            if self.apply_batch().await.is_err() {
                return false;
            }
        }
        noted > 0
    }

    async fn apply_batch(&self) -> Result<(), NotSettled> {
        let noted = self.noted.load(Ordering::SeqCst);
        match self.store.apply_settlements(&self.node, SETTLED_AT_ONCE).await {
            Ok(applied) => {
                // Another node may have taken some of them.
                let all = applied.taken < SETTLED_AT_ONCE;
                let done = if all { noted } else { noted.min(SETTLED_AT_ONCE as usize) };
                self.noted.fetch_sub(done, Ordering::SeqCst);
                Ok(())
            }
            Err(error) => {
                report(&error);
                Err(NotSettled)
            }
        }
    }

    /// Has notes applied once there are many of them, or after a moment.
    fn apply_soon(self: &Arc<Self>) {
        if self.noted.load(Ordering::SeqCst) >= SETTLED_AT_ONCE as usize {
            self.is_batch.notify_one();
        }
        if self.will_apply.swap(true, Ordering::SeqCst) {
            return;
        }
        let settler = self.clone();
        self.beside.spawn(async move {
            while settler.noted.load(Ordering::SeqCst) > 0 {
                let _ = timeout(APPLY_AFTER, settler.is_batch.notified()).await;
                let turn = settler.applying.lock().await;
                let is_applied =
                    settler.noted.load(Ordering::SeqCst) == 0 || settler.apply_batch().await.is_ok();
                drop(turn);
                if !is_applied {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            settler.will_apply.store(false, Ordering::SeqCst);
            // A note may have come between the look and the line above.
            if settler.noted.load(Ordering::SeqCst) > 0 {
                settler.apply_soon();
            }
        });
    }

    async fn run(self: &Arc<Self>) {
        loop {
            while !self.waiting().is_empty() {
                if self.waiting().len() < self.worth {
                    let _ = timeout(LINGER, self.is_worth.notified()).await;
                }
                let committed = self.commit().await;
                self.apply_soon();
                if committed.is_err() {
                    self.running.fetch_sub(1, Ordering::SeqCst);
                    // Those that came since the commit began would wait for ever.
                    for waiter in self.waiting().iter_mut().filter_map(|one| one.waiter.take()) {
                        self.owed.fetch_add(1, Ordering::SeqCst);
                        let _ = waiter.send(false);
                    }
                    return;
                }
            }
            self.running.fetch_sub(1, Ordering::SeqCst);
            // A fact may have come between the look and the line above.
            if self.waiting().is_empty() || !self.may_run(self.writers) {
                return;
            }
        }
    }

    async fn commit(&self) -> Result<(), NotSettled> {
        let _turn = self.committing.acquire().await;
        self.write_group().await
    }

    /// Writes what waits; whoever calls it has a place in `committing`.
    async fn write_group(&self) -> Result<(), NotSettled> {
        let group: Vec<Waiting> = {
            let mut waiting = self.waiting();
            let size = waiting.len().min(GROUP);
            waiting.drain(..size).collect()
        };
        if group.is_empty() {
            return Ok(());
        }
        let mut waiters = Vec::with_capacity(group.len());
        let (mut facts, mut all_weighed) = (Vec::with_capacity(group.len()), Vec::new());
        for (place, Waiting { fact, weighed, waiter }) in group.into_iter().enumerate() {
            facts.push(fact);
            waiters.push(waiter);
            all_weighed.extend(weighed.map(|weighed| (place, weighed)));
        }
        let owed = waiters.iter().filter(|waiter| waiter.is_none()).count();
        // What a refusal says of its reader goes first: a crash between the two
        // asks the server once more, and its second refusal is the same one.
        let answer = match self.record_refusals(&facts, &all_weighed).await {
            Ok(()) => self.store.note_settlements(&self.node, &facts, self.clock.now()).await,
            Err(error) => Err(error),
        };
        match &answer {
            Ok(()) => {
                self.owed.fetch_sub(owed, Ordering::SeqCst);
                self.noted.fetch_add(facts.len(), Ordering::SeqCst);
                for fact in &facts {
                    match fact.settled {
                        Settled::GivenBack { .. } => self.leases.forget([fact.id]),
                        _ => self.leases.settle(fact.id),
                    }
                }
                // At once, not with the next ring: a second is thousands of mails.
                if facts.iter().any(|fact| matches!(fact.settled, Settled::Failed { is_hard: true, .. })) {
                    self.apply().await;
                    self.look_at_health().await;
                }
            }
            Err(error) => {
                report(error);
                self.owed.fetch_add(facts.len() - owed, Ordering::SeqCst);
                let mut again: Vec<_> =
                    facts.into_iter().map(|fact| Waiting { fact, weighed: None, waiter: None }).collect();
                for (place, weighed) in all_weighed {
                    again[place].weighed = Some(weighed);
                }
                self.waiting().splice(..0, again);
            }
        }
        for waiter in waiters.into_iter().flatten() {
            // Who does not wait any more need not know.
            let _ = waiter.send(answer.is_ok());
        }
        answer.map_err(|_| NotSettled)
    }

    /// What a server refused for good is said of its reader as a bounce would
    /// say it (B6).
    async fn record_refusals(
        &self,
        facts: &[Settlement],
        weighed: &[(usize, Box<Weighed>)],
    ) -> Result<(), StoreError> {
        for (place, fact) in facts.iter().enumerate() {
            let Settled::Failed { reply, .. } = &fact.settled else { continue };
            let weighed = weighed.iter().find(|(its, _)| *its == place).map(|(_, weighed)| weighed);
            let class = match refusal::classify(reply.code, reply.enhanced.as_deref(), &reply.text) {
                // Said of the mail, or after it: the reader is there.
                Class::Hard if !weighed.is_some_and(|weighed| weighed.is_reader) => Class::Sender,
                class => class,
            };
            let feedback = NewFeedback {
                mark: format!("smtp:{}", fact.id),
                kind: FeedbackKind::Bounced,
                class: Some(class),
                address: None,
                delivery_id: Some(fact.id),
                source: "smtp",
                status: reply.enhanced.clone(),
                diagnostic: Some(reply.text.clone()),
                refused: weighed.and_then(|weighed| weighed.refused.clone()),
            };
            self.store.record_feedback(&feedback, self.clock.now()).await?;
        }
        Ok(())
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
        self.waiting.lock()
    }
}

fn report(error: &StoreError) {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "what was sent cannot be written down; free space or repair the database, it is tried again each second"
    );
}
