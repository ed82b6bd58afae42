//! Which of several relays takes the next mail: the first that is well, in
//! the order of the settings, and the first again once it is well again.

use super::breaker::{Breaker, Gate, Tripped, Why};
use crate::domain::Timestamp;

/// The relay for one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This one.
    Relay(usize),
    /// This one, which has rested: its answer tells how it is.
    Probe(usize),
    /// None before then.
    AllRest(Timestamp),
}

/// The relays of one instance, in order.
#[derive(Debug, Clone)]
pub struct Failover {
    breakers: Vec<Breaker>,
    /// How many connections each takes.
    connections: Vec<usize>,
}

impl Failover {
    /// Relays with so many connections each.
    pub fn new(connections: Vec<usize>) -> Self {
        Self { breakers: vec![Breaker::default(); connections.len()], connections }
    }

    /// The relay for the next mail of this connection, counted from 0, which
    /// keeps off relays by `own` rests; a relay that takes fewer connections
    /// than that is passed over.
    ///
    /// A relay whose rest is over gets one mail to probe it; until that has
    /// its answer the others go where they went.
    pub fn choose(&mut self, connection: usize, own: &[Breaker], now: Timestamp) -> Choice {
        let mut earliest: Option<Timestamp> = None;
        for (relay, breaker) in self.breakers.iter_mut().enumerate() {
            if self.connections.get(relay).is_none_or(|most| connection >= *most) {
                continue;
            }
            let own_rest = own.get(relay).and_then(|own| own.resting_until(now));
            let gate = match own_rest {
                // The relay itself may rest longer.
                Some(until) => Gate::Rests(breaker.resting_until(now).map_or(until, |at| at.max(until))),
                None => breaker.gate(now),
            };
            match gate {
                Gate::Open => return Choice::Relay(relay),
                Gate::Probe => return Choice::Probe(relay),
                Gate::Rests(until) => earliest = Some(earliest.map_or(until, |at| at.min(until))),
            }
        }
        // A connection that no relay takes has nothing to do.
        Choice::AllRest(earliest.unwrap_or_else(|| now.plus_ms(super::breaker::LONGEST_REST_MS)))
    }

    /// There was no mail after all.
    pub fn give_up_probe(&mut self, relay: usize) {
        if let Some(breaker) = self.breakers.get_mut(relay) {
            breaker.give_up_probe();
        }
    }

    /// A relay answered, and did not take the mail.
    pub fn note_answered(&mut self, relay: usize, now: Timestamp) {
        if let Some(breaker) = self.breakers.get_mut(relay) {
            breaker.note_answered(now);
        }
    }

    /// Whether another relay than this one may take mail now.
    pub fn has_other(&self, relay: usize, now: Timestamp) -> bool {
        let is_well = |breaker: &Breaker| !breaker.refuses_mail() && breaker.resting_until(now).is_none();
        self.breakers.iter().enumerate().any(|(at, breaker)| at != relay && is_well(breaker))
    }

    /// Whether a relay rests, or is to be probed, because it refuses our mail.
    pub fn refuses_mail(&self, relay: usize) -> bool {
        self.breakers.get(relay).is_some_and(Breaker::refuses_mail)
    }

    /// Another process was refused by a relay: it rests here too. Answers
    /// whether that was not known here.
    pub fn adopt(&mut self, relay: usize, until: Timestamp) -> bool {
        self.breakers.get_mut(relay).is_some_and(|breaker| breaker.adopt(until))
    }

    /// A relay took a mail that was begun at this moment; whether it is well.
    pub fn note_taken(&mut self, relay: usize, began_at: Timestamp, now: Timestamp) -> bool {
        self.breakers.get_mut(relay).is_some_and(|breaker| breaker.note_taken(began_at, now))
    }

    /// A relay could not be reached, or refuses us.
    pub fn note_refused(&mut self, relay: usize, why: Why, now: Timestamp) -> Option<Tripped> {
        self.breakers.get_mut(relay).map(|breaker| breaker.note_refused(why, now))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn the_second_relay_takes_over_and_gives_back() {
        let mut relays = Failover::new(vec![10, 10]);
        assert_eq!(relays.choose(0, &[], NOW), Choice::Relay(0));
        let until = relays.note_refused(0, Why::Down, NOW).unwrap().until();
        assert_eq!(relays.choose(0, &[], NOW), Choice::Relay(1));
        // One mail probes the first, the others stay with the second.
        assert_eq!(relays.choose(0, &[], until), Choice::Probe(0));
        assert_eq!(relays.choose(1, &[], until), Choice::Relay(1));
        relays.note_taken(0, until, until);
        assert_eq!(relays.choose(1, &[], until), Choice::Relay(0));
    }

    #[test]
    fn when_all_rest_the_earliest_end_is_told() {
        let mut relays = Failover::new(vec![10, 10]);
        relays.note_refused(0, Why::Door(None), NOW);
        let second = relays.note_refused(1, Why::Down, NOW).unwrap().until();
        assert_eq!(relays.choose(0, &[], NOW), Choice::AllRest(second));
    }

    #[test]
    fn a_relay_gets_no_more_connections_than_it_takes() {
        let mut relays = Failover::new(vec![2, 10]);
        assert_eq!(relays.choose(1, &[], NOW), Choice::Relay(0));
        assert_eq!(relays.choose(2, &[], NOW), Choice::Relay(1));
        assert!(matches!(relays.choose(10, &[], NOW), Choice::AllRest(_)));
    }

    proptest! {
        #[test]
        fn a_relay_that_is_well_is_always_found(
            steps in prop::collection::vec((0_usize..3, any::<bool>(), 0_i64..100_000), 0..60),
        ) {
            let (mut relays, mut now) = (Failover::new(vec![5, 5, 5]), NOW);
            for (relay, is_well, ms) in steps {
                now = now.plus_ms(ms);
                if is_well { relays.note_taken(relay, now.plus_ms(1), now); } else { relays.note_refused(relay, if ms % 2 == 0 { Why::Mail(None) } else { Why::Down }, now); }
                relays.note_taken(2, now.plus_ms(1), now);
                let (Choice::Relay(_) | Choice::Probe(_)) = relays.choose(0, &[], now) else {
                    return Err(TestCaseError::fail("the third is well"));
                };
            }
        }
    }
}
