//! What all connections of one process share: the claimed rows, the leases,
//! and how the relays are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};

use super::leases::Leases;
use super::meter::WarmUp;
use super::pace::{Breaker, Choice, Failover, Tripped, Why};
use super::queue::Queue;
use super::relay::{Relay, RelayPlan};
use super::settler::Settler;
use super::whereabouts::Whereabouts;
use super::{Brake, BrakePolicy, Composer, LEASE_MS, RENEW_EVERY_MS};
use crate::clock::Clock;
use crate::dns::Dns;
use crate::domain::{RestCause, Timestamp};
use crate::mail::Transport;
use crate::store::{Claimed, Store, StoreError};

/// How long a notice is looked for, to knock with it: it may be in another
/// connection's hand, or still leased by a process that was killed.
const KNOCK_MS: i64 = LEASE_MS + 2 * RENEW_EVERY_MS;

/// What an operator says about pace beside each relay's rate.
#[derive(Debug, Clone, Copy)]
pub struct Pacing {
    /// The reputation brake.
    pub brake: BrakePolicy,
    /// Mails to many on the first day of a warm-up; 0: none.
    pub warm_up_first_day: u32,
    /// The first day.
    pub warm_up_since: Option<Timestamp>,
}

impl Pacing {
    /// No brake, no warm-up.
    pub const NONE: Self = Self {
        brake: BrakePolicy { hard_percent: 0.0, complaints_percent: 0.0 },
        warm_up_first_day: 0,
        warm_up_since: None,
    };
}

/// What one process shares among its connections.
pub struct Sender {
    pub(super) store: Arc<dyn Store>,
    pub(super) composer: Composer,
    pub(super) relays: Vec<Arc<Relay>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) node: String,
    pub(super) settler: Arc<Settler>,
    pub(super) queue: Arc<Queue>,
    pub(super) leases: Arc<Leases>,
    pub(super) warm_up: WarmUp,
    pub(super) whereabouts: Whereabouts,
    /// A row of refusals was found here, and may have to be taken back.
    pub(super) has_streak: AtomicBool,
    /// Rows are looked for and taken back by one connection at a time.
    pub(super) looking: tokio::sync::Mutex<()>,
    pub(super) started_at: Timestamp,
    failover: Mutex<Failover>,
    /// A relay that refuses readers' mail and may still take the notices of it.
    /// With the moment until which a notice is looked for.
    knock: Mutex<Option<(usize, Timestamp)>>,
    /// Which numbers of connections are in use.
    numbers: Mutex<Vec<bool>>,
}

impl Sender {
    /// A sender over one relay that is called `node` in the leases, and asks no
    /// DNS.
    pub fn new(
        store: Arc<dyn Store>,
        composer: Composer,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        node: String,
    ) -> Arc<Self> {
        let plan = RelayPlan { transport, rate_per_second: 0 };
        Self::over(store, composer, vec![plan], Pacing::NONE, clock, node, None)
    }

    /// A sender over several relays, which are tried in order. The DNS is asked
    /// about domains that a relay says are unknown.
    pub fn over(
        store: Arc<dyn Store>,
        composer: Composer,
        relays: Vec<RelayPlan>,
        pacing: Pacing,
        clock: Arc<dyn Clock>,
        node: String,
        dns: Option<Arc<dyn Dns>>,
    ) -> Arc<Self> {
        let leases = Arc::new(Leases::default());
        let brake = Brake { store: store.clone(), clock: clock.clone(), policy: pacing.brake };
        let failover = Failover::new(relays.iter().map(|plan| plan.transport.connections().max(1)).collect());
        let relays: Vec<Arc<Relay>> =
            relays.into_iter().map(|plan| Arc::new(Relay::new(plan, store.clone(), clock.clone()))).collect();
        let connections = most_connections(&relays);
        let queue = Queue::new(store.clone(), clock.clone(), node.clone(), connections, leases.clone());
        let settler =
            Settler::new(store.clone(), clock.clone(), node.clone(), connections, leases.clone(), brake);
        Arc::new(Self {
            warm_up: WarmUp::new(store.clone(), pacing.warm_up_first_day, pacing.warm_up_since),
            whereabouts: Whereabouts::new(dns, clock.clone()),
            has_streak: AtomicBool::new(false),
            looking: tokio::sync::Mutex::default(),
            started_at: clock.now(),
            knock: Mutex::default(),
            store,
            composer,
            relays,
            clock,
            node,
            settler: Arc::new(settler),
            queue: Arc::new(queue),
            leases,
            failover: Mutex::new(failover),
            numbers: Mutex::default(),
        })
    }

    /// How many [`super::Connection`]s this sender feeds.
    pub fn connections(&self) -> usize {
        most_connections(&self.relays)
    }

    /// How long until a moment of this sender's clock, in milliseconds.
    pub fn ms_until(&self, moment: Timestamp) -> u64 {
        u64::try_from(moment.since_ms(self.clock.now())).unwrap_or(0)
    }

    /// There may be work: ask the database at the next turn.
    pub fn rouse(&self) {
        self.queue.ring();
    }

    /// Tells the transports what an earlier process learned of the relays.
    ///
    /// # Errors
    /// When the database cannot be read; the lessons are then learned anew.
    pub async fn recall(&self) -> Result<(), StoreError> {
        for relay in &self.relays {
            relay.recall().await?;
        }
        let names: Vec<String> = self.relays.iter().map(|relay| relay.transport.name().to_owned()).collect();
        self.store.end_other_rests(&names, self.clock.now()).await?;
        // What a killed process was taking back is taken back.
        self.look_at_rests().await
    }

    /// Renews the lease of whatever is claimed and not yet settled, and writes
    /// what others left as notes; call it each [`super::RENEW_EVERY_MS`].
    ///
    /// # Errors
    /// When the database does not take it; the leases then run out.
    pub async fn renew(&self) -> Result<(), StoreError> {
        self.queue.renew(self.clock.now().plus_ms(LEASE_MS)).await?;
        // Notes of a node that is gone, and what a batch of ours passed over;
        // behind the leases, which do not wait.
        if self.store.apply_all_settlements(&self.node).await? > 0 {
            self.queue.ring();
        }
        if self.knock().is_some_and(|(_, until)| until > self.clock.now()) {
            // Its notice may be free by now.
            self.queue.ring();
        }
        self.look_at_rests().await?;
        self.has_streak.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Gives back what was claimed and not begun, and claims no more (R15).
    ///
    /// # Errors
    /// When the database does not take it; the leases then run out.
    pub async fn release(&self) -> Result<(), StoreError> {
        self.queue.close().await
    }

    /// A number for a new connection, the smallest that is free.
    pub(super) fn take_number(&self) -> usize {
        let mut numbers = self.numbers.lock();
        let number = numbers.iter().position(|is_used| !is_used).unwrap_or(numbers.len());
        if number == numbers.len() {
            numbers.push(true);
        } else {
            numbers[number] = true;
        }
        number
    }

    pub(super) fn free_number(&self, number: usize) {
        let mut numbers = self.numbers.lock();
        if let Some(is_used) = numbers.get_mut(number) {
            *is_used = false;
        }
    }

    /// The relay for a connection's next mail.
    pub(super) fn choose(&self, connection: usize, own: &[Breaker], now: Timestamp) -> Choice {
        self.failover().choose(connection, own, now)
    }

    /// A relay was to be probed, and there was no mail.
    pub(super) fn give_up_probe(&self, relay: usize) {
        self.failover().give_up_probe(relay);
    }

    /// A relay answered, and did not take the mail.
    pub(super) fn relay_answers(&self, relay: usize) {
        self.failover().note_answered(relay, self.clock.now());
    }

    /// The relay that is to be asked whether it takes a notice, once.
    pub(super) fn take_knock(&self) -> Option<(usize, Timestamp)> {
        self.knock().take().filter(|(_, until)| *until > self.clock.now())
    }

    pub(super) fn allow_knock(&self, relay: usize) {
        self.allow_knock_until(relay, self.clock.now().plus_ms(KNOCK_MS));
    }

    /// Again, as long as it was allowed.
    pub(super) fn allow_knock_until(&self, relay: usize, until: Timestamp) {
        *self.knock() = Some((relay, until));
    }

    fn knock(&self) -> MutexGuard<'_, Option<(usize, Timestamp)>> {
        self.knock.lock()
    }

    /// Lets a relay rest, longer each time, and tells it where it refuses us.
    /// Answers until when.
    pub(super) async fn rest_relay(
        &self,
        relay: usize,
        why: Why,
        cause: RestCause,
        claimed: &Claimed,
    ) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        let Some(tripped) = self.failover().note_refused(relay, why, now) else { return Ok(now) };
        let its = &self.relays[relay];
        let name = its.transport.name();
        match tripped {
            Tripped::Already(_) => {}
            Tripped::Alone(_) => tracing::warn!(
                relay = name,
                smtp.code = cause.code,
                smtp.text = cause.said,
                "the relay does not take one more connection; the others send on"
            ),
            Tripped::Rests(until) => {
                metrics::counter!("postbell_relay_rests_total").increment(1);
                let rest_seconds = until.since_ms(now) / 1_000;
                if why == Why::Down {
                    tracing::warn!(
                        relay = name,
                        smtp.code = cause.code,
                        smtp.text = cause.said,
                        rest_seconds,
                        "the relay cannot be reached; mails wait, or go over the next relay"
                    );
                } else {
                    tracing::error!(
                        relay = name,
                        smtp.code = cause.code,
                        smtp.text = cause.said,
                        rest_seconds,
                        "the relay refuses us; nothing is lost, it is asked again by itself; `postbell doctor` says what to do"
                    );
                    self.write_rest(its, None, until, cause, claimed, None).await?;
                    if matches!(why, Why::Mail(_)) {
                        self.allow_knock(relay);
                    }
                }
            }
        }
        Ok(tripped.until())
    }

    pub(super) fn failover(&self) -> MutexGuard<'_, Failover> {
        self.failover.lock()
    }
}

fn most_connections(relays: &[Arc<Relay>]) -> usize {
    relays.iter().map(|relay| relay.transport.connections()).max().unwrap_or(1).max(1)
}
