//! A relay's rest: closed while it is well, open while it rests, and half-open
//! when the rest is over: one mail probes, the others wait for its answer.

use crate::deliver::REFUSED_REST_MS;
use crate::domain::refusal::Ours;
use crate::domain::{HOUR_MS, MINUTE_MS, Timestamp};

/// The first rest of a relay that is down.
pub const FIRST_REST_MS: i64 = 5_000;
/// The longest rest of a relay that is down.
pub const LONGEST_REST_MS: i64 = 60_000;
/// The longest rest of one that refuses us; a quota apart.
pub const LONGEST_REFUSED_MS: i64 = HOUR_MS;
/// The first rest where a quota is used up: they are counted by the hour, the
/// day, the month.
pub const FIRST_QUOTA_MS: i64 = 15 * MINUTE_MS;
/// The longest.
pub const LONGEST_QUOTA_MS: i64 = 6 * HOUR_MS;
/// The longest that a mail is on its way (RFC 5321 §4.5.3.2.6).
const ON_ITS_WAY_MS: i64 = 10 * MINUTE_MS;
/// A probe that says nothing for so long is not waited for: the next one goes.
pub const PROBE_MS: i64 = 30_000;

/// Why one rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It cannot be reached.
    Down,
    /// It refuses us as a client; another connection may be taken.
    Door(Option<Ours>),
    /// It refuses what we send, whichever connection it comes over.
    Mail(Option<Ours>),
}

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
    /// What it refuses is our mail: only a mail that it takes tells better.
    refuses_mail: bool,
    refused_at: Option<Timestamp>,
}

impl Breaker {
    /// Until when it rests, if it does; asks for no probe.
    pub fn resting_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.rest_until.filter(|until| is_ahead(*until, now, LONGEST_QUOTA_MS))
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

    /// It answered, and did not take the mail.
    pub fn note_answered(&mut self, now: Timestamp) {
        if !self.refuses_mail {
            self.note_well(now);
        }
    }

    /// Whether it rests, or is to be probed, because it refuses our mail.
    pub const fn refuses_mail(&self) -> bool {
        self.refuses_mail
    }

    /// Another process was refused: it rests here too. Answers whether that
    /// was not known here.
    pub fn adopt(&mut self, until: Timestamp) -> bool {
        let is_known = std::mem::replace(&mut self.refuses_mail, true);
        self.rest_until = self.rest_until.max(Some(until));
        self.rests = self.rests.max(1);
        !is_known
    }

    /// It took a mail that was begun at this moment; answers whether it is
    /// well. What was on its way when our mail was refused proves nothing.
    pub fn note_taken(&mut self, began_at: Timestamp, now: Timestamp) -> bool {
        let was_on_its_way = self.refuses_mail
            && self.refused_at.is_some_and(|at| (0..=ON_ITS_WAY_MS).contains(&at.since_ms(began_at)));
        if !was_on_its_way {
            self.note_well(now);
        }
        !was_on_its_way
    }

    /// It answered well.
    pub fn note_well(&mut self, now: Timestamp) {
        *self = Self { well_at: Some(now), ..Self::default() };
    }

    /// Rests, whatever was before: for one connection.
    pub fn rest(&mut self, why: Why, now: Timestamp) {
        self.rest_until = Some(now.plus_ms(rest_ms(why, self.rests)));
        self.rests = self.rests.saturating_add(1);
    }

    /// It could not be reached, or refuses us.
    pub fn note_refused(&mut self, why: Why, now: Timestamp) -> Tripped {
        self.refused_at = Some(now);
        if let Some(until) = self.resting_until(now) {
            return Tripped::Already(until);
        }
        let is_well = self.well_at.is_some_and(|at| (0..FIRST_REST_MS).contains(&now.since_ms(at)));
        if is_well && !matches!(why, Why::Mail(_)) {
            return Tripped::Alone(now.plus_ms(FIRST_REST_MS));
        }
        let until = now.plus_ms(rest_ms(why, self.rests));
        self.rests = self.rests.saturating_add(1);
        self.rest_until = Some(until);
        self.refuses_mail |= matches!(why, Why::Mail(_));
        self.probed_since = None;
        Tripped::Rests(until)
    }
}

/// Doubled each time: 5 seconds up to a minute for a relay that is down, 5
/// minutes up to an hour for one that refuses us, 15 minutes up to 6 hours
/// where a quota is used up.
fn rest_ms(why: Why, rests: u32) -> i64 {
    let (first, longest) = match why {
        Why::Down => (FIRST_REST_MS, LONGEST_REST_MS),
        Why::Door(Some(Ours::Quota)) | Why::Mail(Some(Ours::Quota)) => (FIRST_QUOTA_MS, LONGEST_QUOTA_MS),
        Why::Door(_) | Why::Mail(_) => (REFUSED_REST_MS, LONGEST_REFUSED_MS),
    };
    (first << rests.min(6)).min(longest)
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
    const DOOR: Why = Why::Door(None);

    #[test]
    fn a_relay_rests_longer_each_time_by_what_it_refuses() {
        let (mut breaker, mut now) = (Breaker::default(), NOW);
        for seconds in [5, 10, 20, 40, 60, 60] {
            let until = now.plus_ms(seconds * 1_000);
            assert_eq!(breaker.note_refused(Why::Down, now), Tripped::Rests(until));
            assert_eq!(breaker.note_refused(DOOR, now.plus_ms(1)), Tripped::Already(until));
            assert_eq!(breaker.gate(until.plus_ms(-1)), Gate::Rests(until));
            assert_eq!(breaker.gate(until), Gate::Probe);
            now = until;
        }
        for (why, minutes) in [
            (DOOR, [5, 10, 20, 40, 60, 60, 60, 60]),
            (Why::Mail(Some(Ours::Relaying)), [5, 10, 20, 40, 60, 60, 60, 60]),
            (Why::Mail(Some(Ours::Quota)), [15, 30, 60, 120, 240, 360, 360, 360]),
        ] {
            let (mut breaker, mut now) = (Breaker::default(), NOW);
            for minutes in minutes {
                let until = now.plus_ms(minutes * MINUTE_MS);
                assert_eq!(breaker.note_refused(why, now), Tripped::Rests(until), "{why:?}");
                now = until;
            }
        }
    }

    #[test]
    fn one_that_refuses_our_mail_is_well_when_it_takes_one_and_not_before() {
        let mut breaker = Breaker::default();
        breaker.note_well(NOW);
        let until = breaker.note_refused(Why::Mail(None), NOW.plus_ms(1)).until();
        assert_eq!(until, NOW.plus_ms(1 + REFUSED_REST_MS), "whatever it took a moment ago");
        assert_eq!(breaker.gate(until), Gate::Probe);
        breaker.note_answered(until);
        breaker.give_up_probe();
        assert_eq!(breaker.gate(until), Gate::Probe);
        assert!(!breaker.note_taken(NOW, until), "it was on its way before");
        assert!(breaker.note_taken(until, until));
        assert_eq!(breaker.gate(until), Gate::Open);
    }

    #[test]
    fn one_probes_while_the_others_wait_and_all_go_when_it_is_well() {
        let mut breaker = Breaker::default();
        let until = breaker.note_refused(Why::Down, NOW).until();
        assert_eq!(breaker.gate(until), Gate::Probe);
        assert_eq!(breaker.gate(until), Gate::Rests(until.plus_ms(PROBE_MS)));
        breaker.note_well(until.plus_ms(10));
        assert_eq!(breaker.gate(until.plus_ms(10)), Gate::Open);
        let down = breaker.note_refused(Why::Down, until.plus_ms(10_000));
        assert_eq!(down, Tripped::Rests(until.plus_ms(15_000)), "it begins with the shortest rest again");
    }

    #[test]
    fn a_connection_too_many_rests_alone() {
        let mut breaker = Breaker::default();
        breaker.note_well(NOW);
        assert_eq!(breaker.note_refused(DOOR, NOW.plus_ms(4_999)), Tripped::Alone(NOW.plus_ms(9_999)));
        assert_eq!(breaker.gate(NOW.plus_ms(5_000)), Gate::Open);
        assert!(matches!(breaker.note_refused(DOOR, NOW.plus_ms(5_000)), Tripped::Rests(_)));
    }

    #[test]
    fn a_probe_without_a_mail_makes_room_for_the_next() {
        let mut breaker = Breaker::default();
        let until = breaker.note_refused(Why::Down, NOW).until();
        assert_eq!(breaker.gate(until), Gate::Probe);
        breaker.give_up_probe();
        assert_eq!(breaker.gate(until), Gate::Probe);
    }

    proptest! {
        /// R11
        #[test]
        fn whatever_was_answered_and_however_the_clock_jumps_it_opens_within_hours(
            steps in prop::collection::vec((0_u8..4, any::<bool>(), -90_000_000_i64..90_000_000), 0..40),
        ) {
            let (mut breaker, mut now) = (Breaker::default(), NOW);
            for (what, is_jump, ms) in steps {
                now = now.plus_ms(if is_jump { ms } else { ms.rem_euclid(10_000) });
                match what {
                    0 => breaker.note_well(now),
                    1 => { breaker.note_refused(Why::Down, now); }
                    2 => { breaker.note_refused(Why::Mail(Some(Ours::Quota)), now); }
                    _ => { breaker.gate(now); }
                }
            }
            let mut waited = 0;
            while let Gate::Rests(until) = breaker.gate(now) {
                prop_assert!(until > now);
                waited += until.since_ms(now);
                prop_assert!(waited <= LONGEST_QUOTA_MS + PROBE_MS);
                now = until;
            }
        }
    }
}
