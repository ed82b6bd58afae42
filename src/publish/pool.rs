//! A pool for work that waits for other people's servers: it claims as places
//! get free, keeps the leases of what it holds, and lets nothing that hangs
//! hold up the rest. It never sleeps: `roles` does, and calls [`Pool::step`].

mod places;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::clock::Clock;
use crate::domain::{SECOND_MS, Timestamp};
use crate::feeds::Pulse;
use crate::store::StoreError;
pub use places::Job;
pub(super) use places::Room;
use places::{Places, Slowed};

/// What is claimed is left alone by others this long, and no longer, since
/// what a killed process had taken waits for its end.
const LEASE_MS: i64 = 75 * SECOND_MS;
/// Leases are renewed so often: one lost renewal loses none.
const RENEW_EVERY_MS: i64 = 25 * SECOND_MS;
/// Who sends nothing for so long, not even a first byte, is slow.
const SILENT_MS: i64 = 2 * SECOND_MS;
/// So is who takes so long, byte after byte.
const LONG_MS: i64 = 10 * SECOND_MS;
/// What nobody has room for now is due again after this.
const PUT_OFF_MS: i64 = 30 * SECOND_MS;
/// Claims of one step: others have their turn in between.
const MOST_CLAIMS: usize = 32;

/// What a pool does.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    /// One thing to do.
    type Item: Clone + Send + Sync + 'static;

    /// Takes up to `limit` rows that are due, so that nobody else has them
    /// until `until`. Says too whether more may be due.
    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Job<Self::Item>>, bool), StoreError>;

    /// Keeps what is held until then.
    async fn renew(&self, held: &[Self::Item], until: Timestamp) -> Result<(), StoreError>;

    /// Gives back what was not done; it is due then.
    async fn release(&self, items: &[Self::Item], due: Timestamp) -> Result<(), StoreError>;

    /// Does one thing and writes down what came of it; the pulse tells whether
    /// it waits for somebody. Answers how many posts were mailed.
    async fn run(self: Arc<Self>, item: Self::Item, pulse: Arc<Pulse>) -> u32;
}

/// What was begun.
struct Attempt {
    key: i64,
    pulse: Arc<Pulse>,
    task: AbortHandle,
    /// The pulse as it was seen last, and when it was seen to change.
    seen: u64,
    alive_at: Timestamp,
    began_at: Timestamp,
    was_slow: bool,
}

impl Attempt {
    /// Whether it waits for somebody who keeps it waiting.
    fn is_slow(&mut self, now: Timestamp) -> bool {
        let (beats, is_fetching) = (self.pulse.beats(), self.pulse.is_fetching());
        if beats != self.seen || !is_fetching {
            (self.seen, self.alive_at) = (beats, now);
        }
        is_fetching && (now.since_ms(self.alive_at) >= SILENT_MS || now.since_ms(self.began_at) >= LONG_MS)
    }
}

/// Work under way.
pub struct Pool<W: Work> {
    work: Arc<W>,
    clock: Arc<dyn Clock>,
    places: Places<W::Item>,
    running: JoinSet<u32>,
    attempts: HashMap<Id, Attempt>,
    renewed_at: Timestamp,
    may_be_more: bool,
    is_rung: bool,
    /// Ended so far, panics too.
    pub ended: u32,
    /// Posts mailed so far.
    pub mailed: u32,
}

impl<W: Work> Pool<W> {
    pub(super) fn new(work: W, clock: Arc<dyn Clock>, room: Room) -> Self {
        Self {
            work: Arc::new(work),
            renewed_at: clock.now(),
            clock,
            places: Places::new(room),
            running: JoinSet::new(),
            attempts: HashMap::new(),
            may_be_more: false,
            is_rung: true,
            ended: 0,
            mailed: 0,
        }
    }

    /// More may be due: the next step asks the store.
    pub fn ring(&mut self) {
        self.is_rung = true;
    }

    /// Whether something is under way.
    pub fn is_busy(&self) -> bool {
        !self.places.is_empty()
    }

    /// Waits until something that was begun ends; for ever when nothing was.
    pub async fn changed(&mut self) {
        match self.running.join_next_with_id().await {
            Some(joined) => self.end(joined),
            None => std::future::pending().await,
        }
    }

    /// Whatever is to be done now: moves who is slow, fills the places, renews
    /// leases. Waits for the store and for nobody else.
    ///
    /// # Errors
    /// The store's; what is under way goes on, and the next step asks again.
    pub async fn step(&mut self) -> Result<(), StoreError> {
        while let Some(joined) = self.running.try_join_next_with_id() {
            self.end(joined);
        }
        let now = self.clock.now();
        self.mind_the_slow(now);
        if now.since_ms(self.renewed_at) >= RENEW_EVERY_MS {
            let held: Vec<W::Item> = self.places.held().map(|job| job.item.clone()).collect();
            if !held.is_empty() {
                self.work.renew(&held, now.plus_ms(LEASE_MS)).await?;
            }
            self.renewed_at = now;
        }
        self.begin(now);
        for _ in 0..MOST_CLAIMS {
            let free = self.places.free();
            let is_time = std::mem::take(&mut self.is_rung) || self.may_be_more && self.places.is_airy();
            if free == 0 || !is_time {
                // A ring that comes when all is taken counts once a place is free.
                self.may_be_more |= is_time;
                break;
            }
            self.may_be_more = false;
            let limit = u32::try_from(free).unwrap_or(u32::MAX);
            let (jobs, may_be_more) = self.work.claim(now, now.plus_ms(LEASE_MS), limit).await?;
            self.may_be_more = may_be_more;
            jobs.into_iter().for_each(|job| self.places.add(job));
            self.begin(now);
            let surplus = items(self.places.surplus());
            if !surplus.is_empty() {
                self.work.release(&surplus, now.plus_ms(PUT_OFF_MS)).await?;
            }
        }
        Ok(())
    }

    /// Does all that is due now, to its end.
    pub(super) async fn run_dry(mut self) -> Result<Self, StoreError> {
        loop {
            self.step().await?;
            if self.is_busy() {
                self.changed().await;
            } else if !self.may_be_more {
                return Ok(self);
            }
        }
    }

    /// Gives back what was not begun and waits for the rest.
    ///
    /// # Errors
    /// The store's.
    pub async fn drain(&mut self) -> Result<(), StoreError> {
        let waiting = items(self.places.dismiss());
        self.work.release(&waiting, self.clock.now()).await?;
        while let Some(joined) = self.running.join_next_with_id().await {
            self.end(joined);
        }
        Ok(())
    }

    /// Breaks off what did not end, and gives it back too.
    ///
    /// # Errors
    /// The store's.
    pub async fn give_up(&mut self) -> Result<(), StoreError> {
        self.running.shutdown().await;
        let held: Vec<W::Item> = self.places.held().map(|job| job.item.clone()).collect();
        self.work.release(&held, self.clock.now()).await
    }

    fn begin(&mut self, now: Timestamp) {
        while let Some(job) = self.places.next() {
            let pulse = Arc::new(Pulse::default());
            let task = self.running.spawn(self.work.clone().run(job.item, pulse.clone()));
            let attempt = Attempt {
                key: job.key,
                pulse,
                seen: 0,
                alive_at: now,
                began_at: now,
                was_slow: false,
                task: task.clone(),
            };
            self.attempts.insert(task.id(), attempt);
        }
    }

    fn mind_the_slow(&mut self, now: Timestamp) {
        let places = &mut self.places;
        self.attempts.retain(|_, attempt| {
            if attempt.was_slow || !attempt.is_slow(now) {
                return true;
            }
            attempt.was_slow = true;
            if places.slow_down(attempt.key) != Slowed::MustWait {
                return true;
            }
            attempt.task.abort();
            places.leave(attempt.key).into_iter().for_each(|job| places.add(job));
            false
        });
    }

    fn end(&mut self, joined: Result<(Id, u32), JoinError>) {
        let (id, mailed) = match &joined {
            Ok((id, mailed)) => (*id, Some(*mailed)),
            Err(error) => (error.id(), None),
        };
        // One that was broken off waits for its second attempt already.
        let Some(attempt) = self.attempts.remove(&id) else { return };
        if !attempt.was_slow {
            self.places.was_quick(attempt.key);
        }
        self.places.leave(attempt.key);
        match mailed {
            Some(mailed) => self.mailed += mailed,
            None => {
                tracing::error!(blog.id = attempt.key, "work on a blog ended in a panic; the others go on")
            }
        }
        self.ended += 1;
    }
}

fn items<T>(jobs: Vec<Job<T>>) -> Vec<T> {
    jobs.into_iter().map(|job| job.item).collect()
}
