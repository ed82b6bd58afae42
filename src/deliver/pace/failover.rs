//! Which of several relays takes the next mail: the first that is well, in
//! the order of the settings, and the first again once it is well again.

use super::breaker::{Breaker, Gate, Tripped};
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

    /// The relay for the next mail of connection `line`, counted from 0, which
    /// keeps off relays by `own` rests; a relay that takes fewer connections
    /// than that is passed over.
    ///
    /// A relay whose rest is over gets one mail to probe it; until that has
    /// its answer the others go where they went.
    pub fn choose(&mut self, line: usize, own: &[Breaker], now: Timestamp) -> Choice {
        let mut earliest: Option<Timestamp> = None;
        for (relay, breaker) in self.breakers.iter_mut().enumerate() {
            if self.connections.get(relay).is_none_or(|most| line >= *most) {
                continue;
            }
            let own_rest = own.get(relay).and_then(|own| own.resting_until(now));
            match own_rest.map_or_else(|| breaker.gate(now), Gate::Rests) {
                Gate::Open => return Choice::Relay(relay),
                Gate::Probe => return Choice::Probe(relay),
                Gate::Rests(until) => earliest = Some(earliest.map_or(until, |at| at.min(until))),
            }
        }
        // A line that no relay takes has nothing to do.
        Choice::AllRest(earliest.unwrap_or_else(|| now.plus_ms(super::breaker::LONGEST_REST_MS)))
    }

    /// There was no mail after all.
    pub fn give_up_probe(&mut self, relay: usize) {
        if let Some(breaker) = self.breakers.get_mut(relay) {
            breaker.give_up_probe();
        }
    }

    /// A relay answered well.
    pub fn note_well(&mut self, relay: usize, now: Timestamp) {
        if let Some(breaker) = self.breakers.get_mut(relay) {
            breaker.note_well(now);
        }
    }

    /// A relay could not be reached, or refuses us.
    pub fn note_refused(&mut self, relay: usize, refuses_us: bool, now: Timestamp) -> Option<Tripped> {
        self.breakers.get_mut(relay).map(|breaker| breaker.note_refused(refuses_us, now))
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
        let until = relays.note_refused(0, false, NOW).unwrap().until();
        assert_eq!(relays.choose(0, &[], NOW), Choice::Relay(1));
        // One mail probes the first, the others stay with the second.
        assert_eq!(relays.choose(0, &[], until), Choice::Probe(0));
        assert_eq!(relays.choose(1, &[], until), Choice::Relay(1));
        relays.note_well(0, until);
        assert_eq!(relays.choose(1, &[], until), Choice::Relay(0));
    }

    #[test]
    fn when_all_rest_the_earliest_end_is_told() {
        let mut relays = Failover::new(vec![10, 10]);
        relays.note_refused(0, true, NOW);
        let second = relays.note_refused(1, false, NOW).unwrap().until();
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
                if is_well { relays.note_well(relay, now) } else { relays.note_refused(relay, ms % 2 == 0, now); }
                relays.note_well(2, now);
                let (Choice::Relay(_) | Choice::Probe(_)) = relays.choose(0, &[], now) else {
                    return Err(TestCaseError::fail("the third is well"));
                };
            }
        }
    }
}
