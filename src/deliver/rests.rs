//! What a sender knows of those who refuse us: in memory for each mail, in
//! the store for the other processes, the operator and the next start (R17).

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};

use super::pace::{Breaker, Gate, Tripped, Why};
use super::relay::Relay;
use super::sender::Sender;
use crate::domain::streak::{KNOWN_DOMAIN, Scope, Watch, names_domain};
use crate::domain::{DAY_MS, RestCause, SECOND_MS, Timestamp};
use crate::store::{Claimed, NewRest, StoreError};

/// Domains that rest at once; more are let through.
const MOST_DOMAINS: usize = 1_024;
/// So long after a relay's rest its probe asks for others than the domains
/// that it was refused for.
const ASK_OTHERS_MS: i64 = 10 * SECOND_MS;
/// Shapes that are known at once.
const MOST_SHAPES: usize = 1_024;

/// What is known of one relay. While nothing is refused, a mail costs two
/// looks at a flag.
#[derive(Default)]
pub(super) struct Known {
    state: Mutex<State>,
    /// The watch wants to hear of mails that are taken.
    is_watching: AtomicBool,
    has_domains: AtomicBool,
    /// The store holds a rest of the whole relay that is open.
    is_open: AtomicBool,
}

#[derive(Default)]
struct State {
    watch: Watch,
    domains: HashMap<String, Breaker>,
    /// Domains for whose refusal the relay rests, until then. Whether it is
    /// theirs alone shows when another one is asked, so a probe is for another;
    /// in a list that is sorted by domain it would be for the same again and again.
    quiet: HashMap<String, Timestamp>,
    /// Refusals that are about us: of a domain, or (`None`) of the relay.
    shapes: HashSet<(Option<String>, String)>,
}

impl State {
    /// Who rests for this refusal, where it is known to be about us: by its
    /// shape, or because who refuses our mail was asked how it is. Such a
    /// probe must not cost a reader, whatever the words this time.
    fn knows(&mut self, shape: &str, domain: &str, is_probe: bool, now: Timestamp) -> Option<Scope> {
        if is_probe || self.domains.contains_key(domain) {
            return Some(self.whose(domain, now));
        }
        if names_domain(shape) || shape == KNOWN_DOMAIN {
            // Said of everybody once, it may be true of others afterwards.
            return self.watch.is_named(domain, now).then(|| self.whose(domain, now));
        }
        if self.shapes.contains(&(None, shape.to_owned())) {
            return Some(self.whose(domain, now));
        }
        self.shapes.contains(&(Some(domain.to_owned()), shape.to_owned())).then_some(Scope::Domain)
    }

    /// Whose a refusal of us is. One that rests already says so again when it
    /// is asked: with nobody else left to be served, that is nothing new.
    fn whose(&mut self, domain: &str, now: Timestamp) -> Scope {
        let scope = self.watch.note_named(domain, now);
        if self.domains.contains_key(domain) { Scope::Domain } else { scope }
    }
}

impl Known {
    /// Until when mail to this domain waits, if it does.
    pub(super) fn domain_rests(&self, address: &str, now: Timestamp) -> Option<Timestamp> {
        if !self.has_domains.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.state();
        let domain = domain_of(address);
        if let Some(probe_at) = state.quiet.get(domain).copied() {
            match now.since_ms(probe_at) {
                // Nothing is asked yet, and what is ready may go over the next relay.
                ..0 => {}
                0..ASK_OTHERS_MS => return Some(probe_at.plus_ms(ASK_OTHERS_MS)),
                _ => drop(state.quiet.remove(domain)),
            }
        }
        match state.domains.get_mut(domain)?.gate(now) {
            Gate::Rests(until) => Some(until),
            Gate::Open | Gate::Probe => None,
        }
    }

    fn keep_quiet(&self, domain: &str, probe_at: Timestamp) {
        let mut state = self.state();
        if state.quiet.len() >= MOST_DOMAINS {
            state.quiet.clear();
        }
        state.quiet.insert(domain.to_owned(), probe_at);
        self.has_domains.store(true, Ordering::Relaxed);
    }

    fn learn(&self, scope: Scope, domain: &str, shape: String, now: Timestamp) {
        let mut state = self.state();
        if state.shapes.len() >= MOST_SHAPES {
            state.shapes.clear();
        }
        state.shapes.insert(((scope == Scope::Domain).then(|| domain.to_owned()), shape));
        state.watch.begin_anew();
        if scope == Scope::Relay {
            state.watch.doubt_domains(now);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// What stands behind the last `@`.
pub(super) fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain)
}

/// What a refusal for good, in words that do not name us, turns out to be.
pub(super) enum Blamed {
    /// The mail's or its reader's, as far as can be seen.
    TheirOwn(crate::domain::streak::Seen),
    /// Known to be about us.
    Ours(Scope),
}

impl Sender {
    /// A mail was taken: whoever rested is well.
    pub(super) async fn note_taken(&self, relay: usize, claimed: &Claimed, began_at: Timestamp) {
        let now = self.clock.now();
        // Who takes mail to its own people may refuse that to all others.
        let refuses_readers = claimed.kind.is_to_operator() && self.failover().refuses_mail(relay);
        if refuses_readers {
            return self.allow_knock(relay);
        }
        let known = &self.relays[relay].known;
        // First: once the relay is open, another connection may be refused and asks
        // who was served.
        // A notice that is taken proves nothing about readers' mail.
        if !claimed.kind.is_to_operator() && known.is_watching.load(Ordering::Relaxed) {
            let mut state = known.state();
            state.watch.note_taken(domain_of(&claimed.address), began_at);
            known.is_watching.store(!state.watch.is_idle(), Ordering::Relaxed);
        }
        let is_well = self.failover().note_taken(relay, began_at, now);
        if is_well && known.is_open.swap(false, Ordering::Relaxed) {
            let ended = self.store.end_rest(self.relays[relay].transport.name(), None, now).await;
            known.is_open.store(ended.is_err(), Ordering::Relaxed);
            report_unwritten(ended);
        }
        self.note_domain_well(&self.relays[relay], domain_of(&claimed.address)).await;
    }

    /// Nothing waits for this domain any more.
    pub(super) async fn note_domain_well(&self, relay: &Relay, domain: &str) {
        let known = &relay.known;
        if !known.has_domains.load(Ordering::Relaxed) {
            return;
        }
        let rested = {
            let mut state = known.state();
            let rested = state.domains.remove(domain).is_some();
            state.quiet.remove(domain);
            let has_domains = !(state.domains.is_empty() && state.quiet.is_empty());
            known.has_domains.store(has_domains, Ordering::Relaxed);
            rested
        };
        if rested {
            let now = self.clock.now();
            report_unwritten(self.store.end_rest(relay.transport.name(), Some(domain), now).await);
        }
    }

    /// Weighs a refusal for good by its shape.
    pub(super) fn weigh(&self, relay: usize, claimed: &Claimed, shape: &str) -> Blamed {
        let known = &self.relays[relay].known;
        let domain = domain_of(&claimed.address);
        let is_probe = self.failover().refuses_mail(relay);
        let now = self.clock.now();
        let mut state = known.state();
        known.is_watching.store(true, Ordering::Relaxed);
        match state.knows(shape, domain, is_probe, now) {
            Some(scope) => Blamed::Ours(scope),
            None => Blamed::TheirOwn(state.watch.note_refused(shape, &claimed.address, domain, now)),
        }
    }

    /// Whether this refusal, as it was weighed, may be that of a whole small mailing.
    pub(super) fn may_be_everybody(&self, relay: usize, shape: &str) -> bool {
        self.relays[relay].known.state().watch.may_be_everybody(shape)
    }

    /// Whose refusal it is whose words name us, maybe only by a receiver.
    pub(super) fn named(&self, relay: usize, claimed: &Claimed, is_receivers: bool) -> Scope {
        let known = &self.relays[relay].known;
        let is_probe = self.failover().refuses_mail(relay);
        let (domain, now) = (domain_of(&claimed.address), self.clock.now());
        let mut state = known.state();
        known.is_watching.store(true, Ordering::Relaxed);
        // A relay that is asked how it is refuses us still, in whatever words.
        if !is_receivers || is_probe {
            return state.whose(domain, now);
        }
        let scope = state.watch.note_named_by_receiver(domain, now);
        if state.domains.contains_key(domain) { Scope::Domain } else { scope }
    }

    /// A row was found: from now on its refusal is about us.
    pub(super) fn learn(&self, relay: usize, scope: Scope, claimed: &Claimed, shape: String) {
        self.relays[relay].known.learn(scope, domain_of(&claimed.address), shape, self.clock.now());
        self.has_streak.store(true, Ordering::SeqCst);
    }

    /// The same where nothing is written down of the refusal that ends the row:
    /// what was blamed on readers before is taken back all the same.
    pub(super) async fn found(
        &self,
        relay: usize,
        scope: Scope,
        claimed: &Claimed,
        cause: RestCause,
        shape: String,
    ) -> Result<(), StoreError> {
        self.learn(relay, scope, claimed, shape.clone());
        let until = self.rest(relay, scope, claimed, cause.clone()).await?;
        let domain = (scope == Scope::Domain).then(|| domain_of(&claimed.address));
        self.write_rest(&self.relays[relay], domain, until, cause, claimed, Some(shape)).await
    }

    /// Lets the relay, or the reader's domain behind it, rest, and tells it.
    /// Answers until when.
    pub(super) async fn rest(
        &self,
        relay: usize,
        scope: Scope,
        claimed: &Claimed,
        cause: RestCause,
    ) -> Result<Timestamp, StoreError> {
        if scope == Scope::Relay {
            let until = self.rest_relay(relay, Why::Mail(cause.ours), cause, claimed).await?;
            self.relays[relay].known.keep_quiet(domain_of(&claimed.address), until);
            return Ok(until);
        }
        let now = self.clock.now();
        let domain = domain_of(&claimed.address);
        let its = &self.relays[relay];
        let tripped = {
            let mut state = its.known.state();
            if state.domains.len() >= MOST_DOMAINS && !state.domains.contains_key(domain) {
                state.domains.clear();
            }
            its.known.has_domains.store(true, Ordering::Relaxed);
            state.domains.entry(domain.to_owned()).or_default().note_refused(Why::Mail(cause.ours), now)
        };
        if let Tripped::Rests(until) = tripped {
            tracing::warn!(
                relay = its.transport.name(),
                receiver = domain,
                smtp.code = cause.code,
                smtp.text = cause.said,
                rest_seconds = until.since_ms(now) / 1_000,
                "this domain refuses us; its mails wait, those of others go on"
            );
            self.write_rest(its, Some(domain), until, cause, claimed, None).await?;
        }
        Ok(tripped.until())
    }

    pub(super) async fn write_rest(
        &self,
        relay: &Relay,
        domain: Option<&str>,
        until: Timestamp,
        cause: RestCause,
        claimed: &Claimed,
        shape: Option<String>,
    ) -> Result<(), StoreError> {
        let rest = NewRest {
            relay: relay.transport.name().to_owned(),
            domain: domain.map(str::to_owned),
            until,
            cause,
            shape,
            blog_id: claimed.blog_id,
        };
        if self.store.rest(&rest, self.clock.now()).await? > 0 {
            self.queue.ring();
        }
        if domain.is_none() {
            relay.known.is_open.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// What is known in the store holds here too; a process that starts asks
    /// anew what rested before.
    pub(super) async fn adopt(&self, now: Timestamp) -> Result<(), StoreError> {
        for known in self.store.list_rests(now).await? {
            let rest = known.rest;
            let Some(index) = self.index_of(&rest.relay) else { continue };
            let own = &self.relays[index].known;
            {
                let mut state = own.state();
                for shape in known.shapes {
                    state.shapes.insert((rest.domain.clone(), shape));
                }
            }
            if rest.domain.is_none() && rest.is_open() {
                own.is_open.store(true, Ordering::Relaxed);
            }
            if !rest.is_open() {
                continue;
            }
            let is_new = rest.refused_at >= self.started_at && now.since_ms(rest.refused_at) < DAY_MS;
            let is_at_rest = is_new && rest.until > now;
            match rest.domain {
                None if is_at_rest && self.failover().adopt(index, rest.until) => {
                    // Its notice may wait here, and this relay may take it.
                    self.allow_knock(index);
                    self.queue.ring();
                }
                // Asked anew, by one mail that costs nobody anything.
                None => {
                    if !self.failover().refuses_mail(index) {
                        self.failover().adopt(index, now);
                    }
                }
                // Known even where it is asked anew: the first mail that it
                // takes ends its rest.
                Some(domain) => {
                    own.has_domains.store(true, Ordering::Relaxed);
                    let mut state = own.state();
                    let breaker = state.domains.entry(domain).or_default();
                    if is_at_rest {
                        breaker.adopt(rest.until);
                    }
                }
            }
        }
        Ok(())
    }
}

fn report_unwritten(written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "that a relay takes mail again was not written down; it is tried with the next mail"
        );
    }
}
