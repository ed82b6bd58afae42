//! One relay as a sender sees it: the way to it, its rate, and the lanes of
//! those who receive behind it.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::meter::Meter;
use super::pace::{Answer, Entry, Kept, Lanes};
use super::rests::Known;
use crate::clock::Clock;
use crate::domain::{Reply, Timestamp};
use crate::mail::{Lessons, SendError, Transport};
use crate::store::{RelayState, Store, StoreError};

/// What an operator says of a relay.
pub struct RelayPlan {
    /// The way to it.
    pub transport: Arc<dyn Transport>,
    /// Mails a second over all nodes; 0: unlimited.
    pub rate_per_second: u32,
}

/// One relay.
pub(super) struct Relay {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) meter: Meter,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    lanes: Mutex<Lanes>,
    learned: Mutex<Option<Lessons>>,
    pub(super) known: Known,
}

/// What may be done with a mail over this relay.
pub(super) enum Admission {
    Go(Pass),
    Wait { until: Timestamp, kept: Kept },
    PutOff(Timestamp),
    RelayWaits(Timestamp),
}

/// A mail's place among those on their way; given back when it is dropped.
pub(super) struct Pass {
    relay: Arc<Relay>,
    lane: Arc<str>,
    answer: Answer,
}

impl Pass {
    /// The mail has its answer.
    pub(super) fn answered(mut self, sent: &Result<Reply, SendError>) {
        self.answer = match sent {
            Ok(_) => Answer::Taken,
            Err(SendError::Later(reply)) if super::pace::is_too_fast(reply) => Answer::TooFast,
            Err(_) => Answer::Silent,
        };
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let now = self.relay.clock.now();
        self.relay.lanes().leave(&self.lane, self.answer, now);
        if self.answer == Answer::TooFast {
            metrics::counter!("postbell_too_fast_total").increment(1);
            tracing::info!(
                relay = self.relay.transport.name(),
                receiver = &*self.lane,
                mails_per_second = self.relay.lanes().per_second(&self.lane),
                "the receiver finds us too fast; its mails go slower, those of others do not"
            );
        }
    }
}

impl Relay {
    pub(super) fn new(plan: RelayPlan, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let bucket = plan.transport.name().to_owned();
        Self {
            meter: Meter::new(store.clone(), bucket, plan.rate_per_second),
            transport: plan.transport,
            store,
            clock,
            lanes: Mutex::default(),
            learned: Mutex::default(),
            known: Known::default(),
        }
    }

    /// Whether a mail to this address may go now.
    pub(super) fn enter(self: &Arc<Self>, address: &str, kept: Kept, now: Timestamp) -> Admission {
        match self.lanes().enter(address, kept, now) {
            Entry::Go(lane) => Admission::Go(Pass { relay: self.clone(), lane, answer: Answer::Silent }),
            Entry::Wait { until, kept } => Admission::Wait { until, kept },
            Entry::PutOff(at) => Admission::PutOff(at),
            Entry::RelayWaits(until) => Admission::RelayWaits(until),
        }
    }

    /// Tells the transport what an earlier process learned.
    pub(super) async fn recall(&self) -> Result<(), StoreError> {
        let RelayState { careful_until, most_mails, .. } =
            self.store.relay_state(self.transport.name()).await?;
        self.transport.recall(Lessons { offers_smtputf8: None, careful_until, most_mails });
        Ok(())
    }

    /// Remembers what the relay taught us, for sign-ups with UTF-8 addresses
    /// and for the next process.
    pub(super) async fn record(&self) {
        let lessons = self.transport.lessons();
        let Some(offers_smtputf8) = lessons.offers_smtputf8 else { return };
        {
            let mut learned = self.learned.lock();
            if *learned == Some(lessons) {
                return;
            }
            *learned = Some(lessons);
        }
        let state = RelayState {
            offers_smtputf8,
            careful_until: lessons.careful_until,
            most_mails: lessons.most_mails,
        };
        if let Err(error) = self.store.record_relay(self.transport.name(), &state, self.clock.now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what the relay offers was not remembered"
            );
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock()
    }
}
