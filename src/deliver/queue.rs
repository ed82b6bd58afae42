//! Claimed rows that nobody has begun: filled in the background, half a
//! second of work or a block, what somebody waits for in front.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use parking_lot::{Mutex, MutexGuard};
use tokio::runtime::Handle;

use super::leases::Leases;
use super::pace::Kept;
use super::{FACTS_GOOD_FOR_MS, LEASE_MS};
use crate::clock::Clock;
use crate::domain::{DeliveryId, DeliveryKind, Timestamp};
use crate::store::{Claimed, Settled, Settlement, Store, StoreError};

/// Rows of one claim, at most, but for the rest of a block: on SQLite
/// settlements wait while it runs.
const MOST_CLAIMED: usize = 256;
/// An empty queue is not asked again before this, unless somebody rings.
const IDLE_MS: i64 = 1_000;
/// Rows that wait here for their receivers, at most.
const MOST_PARKED: usize = 1_000;

/// A claim, and when its facts were read.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) claimed: Claimed,
    pub(super) read_at: Timestamp,
    /// Places that are kept for it.
    pub(super) kept: Kept,
}

/// What there is to do.
pub(super) enum Next {
    Mail(Box<Held>),
    Idle(Timestamp),
    /// All that is here waits for its receiver until then.
    Parked(Timestamp),
}

/// The claimed rows of one process.
pub(super) struct Queue {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    node: String,
    connections: usize,
    leases: Arc<Leases>,
    buffer: Mutex<Buffer>,
    /// Held while a claim runs.
    claiming: tokio::sync::Mutex<()>,
    is_filling: AtomicBool,
    /// Somebody rang: there may be what cannot wait for the rows in memory.
    is_rung: AtomicBool,
    is_closed: AtomicBool,
    /// Nothing was due; do not ask the database before this.
    idle_until_ms: AtomicI64,
    /// Claims ahead run beside the connections' thread.
    beside: Handle,
}

#[derive(Default)]
struct Buffer {
    rows: VecDeque<Held>,
    /// Rows that wait for a slow receiver, by their moment.
    parked: BTreeMap<(Timestamp, DeliveryId), Held>,
    /// How many rows are claimed at once: about half a second of work.
    size: usize,
    last_claim: Option<(Timestamp, usize)>,
}

impl Queue {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        node: String,
        connections: usize,
        leases: Arc<Leases>,
    ) -> Self {
        Self {
            store,
            clock,
            node,
            connections,
            leases,
            buffer: Mutex::default(),
            claiming: tokio::sync::Mutex::default(),
            is_filling: AtomicBool::new(false),
            is_rung: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            idle_until_ms: AtomicI64::new(i64::MIN),
            beside: Handle::current(),
        }
    }

    /// There may be work: ask the database at the next look.
    pub(super) fn ring(&self) {
        self.idle_until_ms.store(i64::MIN, Ordering::SeqCst);
        self.is_rung.store(true, Ordering::SeqCst);
    }

    /// The next row to send, from memory or by a new claim.
    pub(super) async fn next(self: &Arc<Self>) -> Result<Next, StoreError> {
        if self.is_rung.swap(false, Ordering::SeqCst) && !self.buffer().rows.is_empty() {
            self.claim_singles().await?;
        }
        if let Some(held) = self.pop() {
            return Ok(Next::Mail(Box::new(held)));
        }
        let _claiming = self.claiming.lock().await;
        // Another connection may have filled it while this one waited.
        if let Some(held) = self.pop() {
            return Ok(Next::Mail(Box::new(held)));
        }
        let now = self.clock.now();
        let idle_until = Timestamp::from_millis(self.idle_until_ms.load(Ordering::SeqCst));
        if now < idle_until && idle_until.since_ms(now) <= IDLE_MS {
            return Ok(self.idle(idle_until));
        }
        let size = self.buffer().next_size(now, self.connections);
        self.claim_alone(size).await?;
        if let Some(held) = self.pop() {
            return Ok(Next::Mail(Box::new(held)));
        }
        let idle_until = now.plus_ms(IDLE_MS);
        self.idle_until_ms.store(idle_until.as_millis(), Ordering::SeqCst);
        Ok(self.idle(idle_until))
    }

    fn idle(&self, until: Timestamp) -> Next {
        match self.buffer().parked.first_key_value() {
            Some(((at, _), _)) => Next::Parked(until.min(*at)),
            None => Next::Idle(until),
        }
    }

    /// Keeps a row until its receiver takes it; `false` where too many are
    /// kept already.
    pub(super) fn park(&self, held: Held, until: Timestamp) -> bool {
        let mut buffer = self.buffer();
        let has_room = buffer.parked.len() < MOST_PARKED;
        if has_room {
            buffer.parked.insert((until, held.claimed.id), held);
        }
        has_room
    }

    /// The next notice to an owner, if one is due: it may go where nothing else may.
    pub(super) async fn next_notice(&self) -> Result<Option<Held>, StoreError> {
        if self.is_rung.swap(false, Ordering::SeqCst) {
            self.claim_singles().await?;
        }
        let mut buffer = self.buffer();
        let place = buffer.rows.iter().position(|held| held.claimed.kind == DeliveryKind::Notice);
        Ok(place.and_then(|place| buffer.rows.remove(place)))
    }

    /// Rows here whose facts are too old to be sent by.
    pub(super) fn stale(&self, now: Timestamp) -> Vec<DeliveryId> {
        let buffer = self.buffer();
        let is_old = |held: &&Held| !is_fresh(held.read_at, now);
        buffer.rows.iter().filter(is_old).take(MOST_CLAIMED).map(|held| held.claimed.id).collect()
    }

    /// Takes facts that were read again; a row without is asked about when it is sent.
    pub(super) fn refresh(&self, claimed: Vec<Claimed>, now: Timestamp) {
        let mut by_id: HashMap<DeliveryId, Claimed> =
            claimed.into_iter().map(|claimed| (claimed.id, claimed)).collect();
        for held in &mut self.buffer().rows {
            if let Some(claimed) = by_id.remove(&held.claimed.id) {
                (held.claimed, held.read_at) = (claimed, now);
            }
        }
    }

    /// Puts a row back to the front: it could not go yet.
    pub(super) fn put_back(&self, held: Held) {
        self.buffer().rows.push_front(held);
    }

    /// Gives back what was claimed and not begun, and claims no more (R15).
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.is_closed.store(true, Ordering::SeqCst);
        let _claiming = self.claiming.lock().await;
        let rows: Vec<Held> = {
            let mut buffer = self.buffer();
            let parked = std::mem::take(&mut buffer.parked).into_values();
            parked.chain(buffer.rows.drain(..)).collect()
        };
        let ids: Vec<DeliveryId> = rows.iter().map(|held| held.claimed.id).collect();
        self.leases.forget(ids.iter().copied());
        if !ids.is_empty() {
            self.store.give_back(&self.node, &ids, self.clock.now()).await?;
        }
        Ok(())
    }

    /// The first row; when few are left, more are claimed in the background.
    fn pop(self: &Arc<Self>) -> Option<Held> {
        let mut buffer = self.buffer();
        if let Some(parked) = buffer.parked.first_entry()
            && parked.key().0 <= self.clock.now()
        {
            return Some(parked.remove());
        }
        let held = buffer.rows.pop_front()?;
        let is_low = buffer.last_claim.is_some_and(|(_, count)| count >= buffer.size)
            && buffer.rows.len() <= buffer.size / 2;
        drop(buffer);
        if is_low && !self.is_filling.swap(true, Ordering::SeqCst) {
            let queue = self.clone();
            self.beside.spawn(async move {
                let size = queue.buffer().next_size(queue.clock.now(), queue.connections);
                // Whoever finds the queue empty claims again, and sees why.
                let _ = queue.claim(size).await;
                queue.is_filling.store(false, Ordering::SeqCst);
            });
        }
        Some(held)
    }

    async fn claim(&self, size: usize) -> Result<(), StoreError> {
        let _claiming = self.claiming.lock().await;
        self.claim_alone(size).await
    }

    /// What cannot wait for the rows that are here. No block is taken: whoever is
    /// rung often would hold what others could send.
    async fn claim_singles(&self) -> Result<(), StoreError> {
        let _claiming = self.claiming.lock().await;
        let claimed = self.take(self.connections, true).await?;
        // They count for how much is sent in half a second.
        if let (Some((_, more)), Some((_, count))) = (claimed, &mut self.buffer().last_claim) {
            *count += more;
        }
        Ok(())
    }

    async fn claim_alone(&self, size: usize) -> Result<(), StoreError> {
        if let Some(claimed) = self.take(size, false).await? {
            self.buffer().last_claim = Some(claimed);
        }
        Ok(())
    }

    /// Answers when it was claimed, and how many; `None` once this is closed.
    async fn take(&self, limit: usize, only_singles: bool) -> Result<Option<(Timestamp, usize)>, StoreError> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let now = self.clock.now();
        let until = now.plus_ms(LEASE_MS);
        if self.leases.has_expired(now) {
            // A claim frees what ran out: not what is at hand here.
            self.renew(until).await?;
        }
        self.leases.begin_claim();
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let claimed = if only_singles {
            self.store.claim_singles(&self.node, now, until, limit).await
        } else {
            self.store.claim(&self.node, now, until, limit).await
        };
        let taken = claimed.map(|claimed| {
            let count = claimed.len();
            let ours = claimed.into_iter().filter(|claimed| self.leases.take(claimed.id, until));
            (count, ours.collect::<Vec<_>>())
        });
        self.leases.end_claim();
        let (count, claimed) = taken?;
        let mut buffer = self.buffer();
        let mut urgent = 0;
        for claimed in claimed {
            let is_mass = claimed.kind.is_mass();
            let held = Held { claimed, read_at: now, kept: Kept::default() };
            if is_mass {
                buffer.rows.push_back(held);
            } else {
                buffer.rows.insert(urgent, held);
                urgent += 1;
            }
        }
        Ok(Some((now, count)))
    }

    /// Extends the lease of whatever is held. What is somebody else's by now
    /// and was not begun here is forgotten.
    pub(super) async fn renew(&self, until: Timestamp) -> Result<(), StoreError> {
        let ids = self.leases.ids();
        if ids.is_empty() {
            return Ok(());
        }
        let kept = self.store.renew(&self.node, &ids, until).await?;
        self.leases.extend(&kept, until);
        if kept.len() < ids.len() {
            let kept: HashSet<DeliveryId> = kept.into_iter().collect();
            // One that was given back and claimed again meanwhile is held for longer.
            let is_old = |id: &DeliveryId| self.leases.end(*id).is_some_and(|end| end < until);
            let lost = ids.into_iter().filter(|id| !kept.contains(id) && is_old(id)).collect();
            self.drop_lost(&lost);
        }
        Ok(())
    }

    fn drop_lost(&self, lost: &HashSet<DeliveryId>) {
        let mut dropped = Vec::new();
        let mut is_ours = |held: &Held| {
            let is_lost = lost.contains(&held.claimed.id);
            if is_lost {
                dropped.push(held.claimed.id);
            }
            !is_lost
        };
        {
            let mut buffer = self.buffer();
            buffer.rows.retain(&mut is_ours);
            buffer.parked.retain(|_, held| is_ours(held));
        }
        self.leases.forget(dropped);
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock()
    }
}

/// Whether facts that were read then may still be sent by. After a clock was
/// moved back, they seem to come from the future.
pub(super) fn is_fresh(read_at: Timestamp, now: Timestamp) -> bool {
    (0..=FACTS_GOOD_FOR_MS).contains(&now.since_ms(read_at))
}

/// A row that goes back to its place in the queue, its try uncounted.
pub(super) fn given_back(claimed: &Claimed, now: Timestamp) -> Settlement {
    Settlement {
        id: DeliveryId(claimed.id.0),
        settled: Settled::GivenBack { at: claimed.queued_at.min(now) },
    }
}

impl Buffer {
    /// About half a second of work by the speed of the last claim, so that
    /// leases stay short, confirmations overtake soon (R8) and a leave takes
    /// hold within seconds (D6).
    fn next_size(&mut self, now: Timestamp, connections: usize) -> usize {
        let least = connections * 2;
        self.size = match self.last_claim {
            Some((at, count)) if count > 0 => {
                let elapsed_ms = usize::try_from(now.since_ms(at).max(1)).unwrap_or(usize::MAX);
                let by_speed = count.saturating_mul(500) / elapsed_ms;
                // Grow by doubling at most: one quick claim proves little.
                by_speed.clamp(least, (self.size.max(least) * 2).min(MOST_CLAIMED.max(least)))
            }
            _ => least,
        };
        self.size
    }
}
