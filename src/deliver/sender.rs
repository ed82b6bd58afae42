//! What all connections of one process share: the claimed rows, the leases,
//! and the relay's rest.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use tokio::sync::Mutex;

use super::settler::Settler;
use super::{Composer, LEASE_MS, REFUSED_REST_MS};
use crate::clock::Clock;
use crate::domain::{DeliveryId, Reply, Timestamp};
use crate::mail::Transport;
use crate::store::{Claimed, RelayState, Settled, Settlement, Store, StoreError};

/// A claim, and when its facts were read.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) claimed: Claimed,
    pub(super) read_at: Timestamp,
}

/// What one process shares among its connections to one relay.
pub struct Sender {
    pub(super) store: Arc<dyn Store>,
    pub(super) composer: Composer,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) node: String,
    pub(super) settler: Settler,
    /// Claimed and not yet begun.
    buffer: Mutex<Buffer>,
    /// End of the lease of everything claimed and not yet settled.
    leases: std::sync::Mutex<HashMap<DeliveryId, Timestamp>>,
    /// Nothing was due; do not ask the database before this.
    idle_until_ms: AtomicI64,
    rest_until_ms: AtomicI64,
    rests: AtomicU32,
    /// When the relay last answered well, over any connection.
    well_at_ms: AtomicI64,
    known_relay: std::sync::Mutex<Option<RelayState>>,
}

#[derive(Default)]
struct Buffer {
    rows: VecDeque<Held>,
    /// How many rows are claimed at once: about a second of work.
    size: usize,
    last_claim: Option<(Timestamp, usize)>,
}

/// What there is to do.
pub(super) enum Next {
    Mail(Box<Held>),
    Idle(Timestamp),
}

impl Sender {
    /// A sender that is called `node` in the leases.
    pub fn new(
        store: Arc<dyn Store>,
        composer: Composer,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        node: String,
    ) -> Arc<Self> {
        let settler = Settler::new(store.clone(), clock.clone(), node.clone());
        Arc::new(Self {
            store,
            composer,
            transport,
            clock,
            node,
            settler,
            buffer: Mutex::default(),
            leases: std::sync::Mutex::default(),
            idle_until_ms: AtomicI64::new(i64::MIN),
            rest_until_ms: AtomicI64::new(i64::MIN),
            rests: AtomicU32::new(0),
            well_at_ms: AtomicI64::new(i64::MIN),
            known_relay: std::sync::Mutex::default(),
        })
    }

    /// How many [`super::Line`]s this sender feeds.
    pub fn connections(&self) -> usize {
        self.transport.connections().max(1)
    }

    /// There may be work: ask the database at the next turn.
    pub fn rouse(&self) {
        self.idle_until_ms.store(i64::MIN, Ordering::SeqCst);
    }

    /// The next row to send, from memory or by a new claim.
    pub(super) async fn next(&self) -> Result<Next, StoreError> {
        let mut buffer = self.buffer.lock().await;
        if let Some(held) = buffer.rows.pop_front() {
            return Ok(Next::Mail(Box::new(held)));
        }
        let now = self.clock.now();
        let idle_until = Timestamp::from_millis(self.idle_until_ms.load(Ordering::SeqCst));
        if now < idle_until && idle_until.since_ms(now) <= 1_000 {
            return Ok(Next::Idle(idle_until));
        }
        let size = buffer.next_size(now, self.connections());
        let until = now.plus_ms(LEASE_MS);
        let claimed =
            self.store.claim(&self.node, now, until, u32::try_from(size).unwrap_or(u32::MAX)).await?;
        let mut leases = self.leases();
        // A row whose settlement is still under way here can come back when
        // its lease ran out meanwhile; it must not be sent a second time.
        for claimed in claimed {
            if leases.insert(claimed.id, until).is_none() {
                buffer.rows.push_back(Held { claimed, read_at: now });
            }
        }
        drop(leases);
        buffer.last_claim = Some((now, buffer.rows.len()));
        if let Some(held) = buffer.rows.pop_front() {
            return Ok(Next::Mail(Box::new(held)));
        }
        let idle_until = now.plus_ms(1_000);
        self.idle_until_ms.store(idle_until.as_millis(), Ordering::SeqCst);
        Ok(Next::Idle(idle_until))
    }

    /// Renews the lease of whatever is claimed and not yet settled; call it
    /// each [`super::RENEW_EVERY_MS`].
    ///
    /// # Errors
    /// When the database does not take it; the leases then run out.
    pub async fn renew(&self) -> Result<(), StoreError> {
        let ids: Vec<DeliveryId> = self.leases().keys().copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let until = self.clock.now().plus_ms(LEASE_MS);
        let kept = self.store.renew(&self.node, &ids, until).await?;
        let mut leases = self.leases();
        for id in kept {
            if let Some(end) = leases.get_mut(&id) {
                *end = until;
            }
        }
        Ok(())
    }

    /// Gives back what was claimed and not begun (R15).
    ///
    /// # Errors
    /// When the database does not take it; the leases then run out.
    pub async fn release(&self) -> Result<(), StoreError> {
        let rows: Vec<Held> = self.buffer.lock().await.rows.drain(..).collect();
        let now = self.clock.now();
        let settlements: Vec<Settlement> = rows
            .iter()
            .map(|held| Settlement {
                id: held.claimed.id,
                settled: Settled::GivenBack { at: held.claimed.queued_at.min(now) },
            })
            .collect();
        for held in &rows {
            self.forget(held.claimed.id);
        }
        if !settlements.is_empty() {
            self.store.settle(&self.node, &settlements, now).await?;
        }
        Ok(())
    }

    /// When the lease of this delivery ends, as far as we know.
    pub(super) fn lease_end(&self, id: DeliveryId) -> Option<Timestamp> {
        self.leases().get(&id).copied()
    }

    pub(super) fn forget(&self, id: DeliveryId) {
        self.leases().remove(&id);
    }

    /// Until when the relay rests, if it does.
    pub(super) fn resting_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = Timestamp::from_millis(self.rest_until_ms.load(Ordering::SeqCst));
        is_ahead(until, now).then_some(until)
    }

    /// The relay answered well: it no longer rests.
    pub(super) fn relay_is_well(&self) {
        self.rests.store(0, Ordering::SeqCst);
        self.well_at_ms.store(self.clock.now().as_millis(), Ordering::SeqCst);
        self.rest_until_ms.store(i64::MIN, Ordering::SeqCst);
    }

    /// Lets the relay rest, longer each time. Answers until when.
    pub(super) fn rest_relay(&self, refuses_us: bool, reply: &Reply) -> Timestamp {
        let now = self.clock.now();
        if let Some(until) = self.resting_until(now) {
            return until;
        }
        // It answers others: only the connection that was refused rests (R7).
        let well_ms = now.as_millis().saturating_sub(self.well_at_ms.load(Ordering::SeqCst));
        if (0..FIRST_REST_MS).contains(&well_ms) {
            tracing::warn!(
                relay = self.transport.name(),
                smtp.code = reply.code,
                smtp.text = reply.text,
                "the relay does not take one more connection; the others send on"
            );
            return now.plus_ms(FIRST_REST_MS);
        }
        let rest_ms = rest_ms(refuses_us, self.rests.fetch_add(1, Ordering::SeqCst));
        let until = now.plus_ms(rest_ms);
        self.rest_until_ms.store(until.as_millis(), Ordering::SeqCst);
        let relay = self.transport.name();
        if refuses_us {
            tracing::error!(
                relay,
                smtp.code = reply.code,
                smtp.text = reply.text,
                rest_seconds = rest_ms / 1000,
                "the relay refuses us; check smtp.url (user, password, port) with `postbell mail test`; nothing is lost"
            );
        } else {
            tracing::warn!(
                relay,
                smtp.code = reply.code,
                smtp.text = reply.text,
                rest_seconds = rest_ms / 1000,
                "the relay cannot be reached; mails wait"
            );
        }
        metrics::counter!("postbell_relay_rests_total").increment(1);
        until
    }

    /// Remembers what the relay's EHLO offered, for sign-ups with UTF-8 addresses.
    pub(super) async fn record_relay(&self, offers_smtputf8: Option<bool>) {
        let Some(offers_smtputf8) = offers_smtputf8 else { return };
        let state = RelayState { offers_smtputf8, ..RelayState::default() };
        {
            let mut known = self.known_relay.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if known.as_ref() == Some(&state) {
                return;
            }
            *known = Some(state.clone());
        }
        let name = self.transport.name();
        if let Err(error) = self.store.record_relay(name, &state, self.clock.now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what the relay offers was not remembered"
            );
        }
    }

    fn leases(&self) -> std::sync::MutexGuard<'_, HashMap<DeliveryId, Timestamp>> {
        self.leases.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The first rest of a relay that is down.
const FIRST_REST_MS: i64 = 5_000;

/// 5, 10, 20, … seconds up to a minute for a relay that is down, 5 minutes
/// for one that refuses us.
pub(super) fn rest_ms(refuses_us: bool, rests: u32) -> i64 {
    if refuses_us { REFUSED_REST_MS } else { (FIRST_REST_MS << rests.min(4)).min(60_000) }
}

/// Whether a rest still lasts. One that ends further ahead than any rest is
/// long began before the clock was moved back, and is over.
pub(super) fn is_ahead(until: Timestamp, now: Timestamp) -> bool {
    (1..=REFUSED_REST_MS).contains(&until.since_ms(now))
}

impl Buffer {
    /// About a second of work by the speed of the last claim, so that leases
    /// stay short, confirmations overtake soon (R8) and a leave takes hold
    /// within seconds (D6).
    fn next_size(&mut self, now: Timestamp, connections: usize) -> usize {
        let least = connections * 2;
        if let Some((at, count)) = self.last_claim
            && count > 0
        {
            let elapsed_ms = usize::try_from(now.since_ms(at).max(1)).unwrap_or(usize::MAX);
            let by_speed = count.saturating_mul(1000) / elapsed_ms;
            // Grow by doubling at most: one quick claim proves little.
            self.size = by_speed.clamp(least, (self.size.max(least) * 2).min(1_000));
        } else {
            self.size = least;
        }
        self.size
    }
}
