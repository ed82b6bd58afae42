//! What all connections of one process share: the claimed rows, the leases,
//! and the relay's rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use super::leases::Leases;
use super::queue::Queue;
use super::settler::Settler;
use super::{Composer, LEASE_MS, REFUSED_REST_MS};
use crate::clock::Clock;
use crate::domain::{Reply, Timestamp};
use crate::mail::{Lessons, Transport};
use crate::store::{RelayState, Store, StoreError};

/// What one process shares among its connections to one relay.
pub struct Sender {
    pub(super) store: Arc<dyn Store>,
    pub(super) composer: Composer,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) node: String,
    pub(super) settler: Arc<Settler>,
    pub(super) queue: Arc<Queue>,
    pub(super) leases: Arc<Leases>,
    rest_until_ms: AtomicI64,
    rests: AtomicU32,
    /// When the relay last answered well, over any connection.
    well_at_ms: AtomicI64,
    known_relay: std::sync::Mutex<Option<Lessons>>,
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
        let leases = Arc::new(Leases::default());
        let settler = Settler::new(store.clone(), clock.clone(), node.clone(), leases.clone());
        let connections = transport.connections().max(1);
        let queue = Queue::new(store.clone(), clock.clone(), node.clone(), connections, leases.clone());
        Arc::new(Self {
            store,
            composer,
            transport,
            clock,
            node,
            settler: Arc::new(settler),
            queue: Arc::new(queue),
            leases,
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
        self.queue.ring();
    }

    /// Tells the transport what an earlier process learned of the relay.
    ///
    /// # Errors
    /// When the database cannot be read; the lessons are then learned anew.
    pub async fn recall(&self) -> Result<(), StoreError> {
        let state = self.store.relay_state(self.transport.name()).await?;
        let RelayState { careful_until, most_mails, .. } = state;
        self.transport.recall(Lessons { offers_smtputf8: None, careful_until, most_mails });
        Ok(())
    }

    /// Renews the lease of whatever is claimed and not yet settled; call it
    /// each [`super::RENEW_EVERY_MS`].
    ///
    /// # Errors
    /// When the database does not take it; the leases then run out.
    pub async fn renew(&self) -> Result<(), StoreError> {
        let ids = self.leases.ids();
        if ids.is_empty() {
            return Ok(());
        }
        let until = self.clock.now().plus_ms(LEASE_MS);
        let kept = self.store.renew(&self.node, &ids, until).await?;
        self.leases.extend(&kept, until);
        Ok(())
    }

    /// Gives back what was claimed and not begun, and claims no more (R15).
    ///
    /// # Errors
    /// When the database does not take it; the leases then run out.
    pub async fn release(&self) -> Result<(), StoreError> {
        self.queue.close().await
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

    /// Remembers what the relay taught us, for sign-ups with UTF-8 addresses
    /// and for the next process.
    pub(super) async fn record_relay(&self) {
        let lessons = self.transport.lessons();
        let Some(offers_smtputf8) = lessons.offers_smtputf8 else { return };
        {
            let mut known = self.known_relay.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if *known == Some(lessons) {
                return;
            }
            *known = Some(lessons);
        }
        let state = RelayState {
            offers_smtputf8,
            careful_until: lessons.careful_until,
            most_mails: lessons.most_mails,
        };
        let name = self.transport.name();
        if let Err(error) = self.store.record_relay(name, &state, self.clock.now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what the relay offers was not remembered"
            );
        }
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
