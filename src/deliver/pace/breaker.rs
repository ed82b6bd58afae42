//! A relay's rest: closed while it is well, open while it rests, and half-open
//! when the rest is over: one mail probes, the others wait for its answer.

use crate::deliver::REFUSED_REST_MS;
use crate::domain::Timestamp;

/// The first rest of a relay that is down.
pub const FIRST_REST_MS: i64 = 5_000;
/// The longest rest of a relay that is down.
pub const LONGEST_REST_MS: i64 = 60_000;
/// A probe that says nothing for so long is not waited for: the next one goes.
pub const PROBE_MS: i64 = 30_000;

/// Whether a mail may go to a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It is well.
    Open,
    /// Its rest is over: this mail, and no other, finds out how it is.
    Probe,
    /// It rests, or is being probed: not before then.
    Rests(Timestamp),
}

/// What a refusal at the door means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tripped {
    /// The relay rests from now until then.
    Rests(Timestamp),
    /// It rests already, until then.
    Already(Timestamp),
    /// It answers others: only the connection that was refused keeps off,
    /// until then (R7).
    Alone(Timestamp),
}

impl Tripped {
    /// Until when the refused connection keeps off.
    pub const fn until(self) -> Timestamp {
        match self {
            Self::Rests(until) | Self::Already(until) | Self::Alone(until) => until,
        }
    }
}

/// The rest of one relay, or of one connection to it.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    /// How often in a row it rested; 0: it is well.
    rests: u32,
    rest_until: Option<Timestamp>,
    probed_since: Option<Timestamp>,
    well_at: Option<Timestamp>,
}

impl Breaker {
    /// Until when it rests, if it does; asks for no probe.
    pub fn resting_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.rest_until.filter(|until| is_ahead(*until, now, REFUSED_REST_MS))
    }

    /// Whether a mail may go now. [`Gate::Probe`] is answered to one.
    pub fn gate(&mut self, now: Timestamp) -> Gate {
        if let Some(until) = self.resting_until(now) {
            return Gate::Rests(until);
        }
        if self.rests == 0 {
            return Gate::Open;
        }
        let probe_ends = self.probed_since.map(|since| since.plus_ms(PROBE_MS));
        if let Some(until) = probe_ends.filter(|until| is_ahead(*until, now, PROBE_MS)) {
            return Gate::Rests(until);
        }
        self.probed_since = Some(now);
        Gate::Probe
    }

    /// The probe did not take place: there was nothing to send.
    pub const fn give_up_probe(&mut self) {
        self.probed_since = None;
    }

    /// It answered well.
    pub fn note_well(&mut self, now: Timestamp) {
        *self = Self { well_at: Some(now), ..Self::default() };
    }

    /// Rests, whatever was before: for one connection.
    pub fn rest(&mut self, refuses_us: bool, now: Timestamp) {
        self.rest_until = Some(now.plus_ms(rest_ms(refuses_us, self.rests)));
        self.rests = self.rests.saturating_add(1);
    }

    /// It could not be reached, or refuses us.
    pub fn note_refused(&mut self, refuses_us: bool, now: Timestamp) -> Tripped {
        if let Some(until) = self.resting_until(now) {
            return Tripped::Already(until);
        }
        let is_well = self.well_at.is_some_and(|at| (0..FIRST_REST_MS).contains(&now.since_ms(at)));
        if is_well {
            return Tripped::Alone(now.plus_ms(FIRST_REST_MS));
        }
        let until = now.plus_ms(rest_ms(refuses_us, self.rests));
        self.rests = self.rests.saturating_add(1);
        self.rest_until = Some(until);
        self.probed_since = None;
        Tripped::Rests(until)
    }
}

/// 5, 10, 20, … seconds up to a minute for a relay that is down, 5 minutes
/// for one that refuses us.
fn rest_ms(refuses_us: bool, rests: u32) -> i64 {
    if refuses_us { REFUSED_REST_MS } else { (FIRST_REST_MS << rests.min(4)).min(LONGEST_REST_MS) }
}

/// Whether a moment is still to come. One that is further ahead than it can
/// have been set was set before the clock was moved back, and is over.
fn is_ahead(until: Timestamp, now: Timestamp, most_ms: i64) -> bool {
    (1..=most_ms).contains(&until.since_ms(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn a_relay_that_is_down_rests_longer_each_time_and_one_that_refuses_us_five_minutes() {
        let (mut breaker, mut now) = (Breaker::default(), NOW);
        for seconds in [5, 10, 20, 40, 60, 60] {
            let until = now.plus_ms(seconds * 1_000);
            assert_eq!(breaker.note_refused(false, now), Tripped::Rests(until));
            assert_eq!(breaker.note_refused(true, now.plus_ms(1)), Tripped::Already(until));
            assert_eq!(breaker.gate(until.plus_ms(-1)), Gate::Rests(until));
            assert_eq!(breaker.gate(until), Gate::Probe);
            now = until;
        }
        assert_eq!(breaker.note_refused(true, now), Tripped::Rests(now.plus_ms(REFUSED_REST_MS)));
    }

    #[test]
    fn one_probes_while_the_others_wait_and_all_go_when_it_is_well() {
        let mut breaker = Breaker::default();
        let until = breaker.note_refused(false, NOW).until();
        assert_eq!(breaker.gate(until), Gate::Probe);
        assert_eq!(breaker.gate(until), Gate::Rests(until.plus_ms(PROBE_MS)));
        breaker.note_well(until.plus_ms(10));
        assert_eq!(breaker.gate(until.plus_ms(10)), Gate::Open);
        let down = breaker.note_refused(false, until.plus_ms(10_000));
        assert_eq!(down, Tripped::Rests(until.plus_ms(15_000)), "it begins with the shortest rest again");
    }

    #[test]
    fn a_connection_too_many_rests_alone() {
        let mut breaker = Breaker::default();
        breaker.note_well(NOW);
        assert_eq!(breaker.note_refused(true, NOW.plus_ms(4_999)), Tripped::Alone(NOW.plus_ms(9_999)));
        assert_eq!(breaker.gate(NOW.plus_ms(5_000)), Gate::Open);
        assert!(matches!(breaker.note_refused(true, NOW.plus_ms(5_000)), Tripped::Rests(_)));
    }

    #[test]
    fn a_probe_without_a_mail_makes_room_for_the_next() {
        let mut breaker = Breaker::default();
        let until = breaker.note_refused(false, NOW).until();
        assert_eq!(breaker.gate(until), Gate::Probe);
        breaker.give_up_probe();
        assert_eq!(breaker.gate(until), Gate::Probe);
    }

    proptest! {
        /// R11
        #[test]
        fn whatever_was_answered_and_however_the_clock_jumps_it_opens_within_minutes(
            steps in prop::collection::vec((0_u8..4, any::<bool>(), -90_000_000_i64..90_000_000), 0..40),
        ) {
            let (mut breaker, mut now) = (Breaker::default(), NOW);
            for (what, is_jump, ms) in steps {
                now = now.plus_ms(if is_jump { ms } else { ms.rem_euclid(10_000) });
                match what {
                    0 => breaker.note_well(now),
                    1 => { breaker.note_refused(false, now); }
                    2 => { breaker.note_refused(true, now); }
                    _ => { breaker.gate(now); }
                }
            }
            let mut waited = 0;
            while let Gate::Rests(until) = breaker.gate(now) {
                prop_assert!(until > now);
                waited += until.since_ms(now);
                prop_assert!(waited <= REFUSED_REST_MS + PROBE_MS);
                now = until;
            }
        }
    }
}
