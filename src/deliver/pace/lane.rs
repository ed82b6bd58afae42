//! What one receiver takes, learned from its answers: slow down at once by a
//! factor when it says "too fast", and speed up again by small equal steps.
//!
//! While nothing was said there is no limit and next to no cost.

use super::Profile;
use crate::domain::{HOUR_MS, MINUTE_MS, Reply, SECOND_MS, Timestamp};

/// A "too fast" leaves this part of the speed that was measured.
pub const SLOWER: f64 = 0.8;
/// Each second of sending gives back this part of the speed at the last cut:
/// 20 seconds to where it was, so that few mails of a thousand probe.
pub const FASTER: f64 = 0.01;
/// So far past the last cut the limit is another one: from there each second
/// gives [`FAR_FASTER`] of the speed itself.
pub const FAR: f64 = 1.25;
/// Doubles the speed in a quarter of a minute.
pub const FAR_FASTER: f64 = 0.05;
/// Mails a second, where a "too fast" was the first that was said.
pub const GUESS: f64 = 1.0;
/// The slowest, in mails a second: six a minute.
pub const SLOWEST: f64 = 0.1;
/// The first pause after a "too fast"; doubled while nothing is taken.
pub const FIRST_PAUSE_MS: i64 = SECOND_MS;
/// The longest pause.
pub const LONGEST_PAUSE_MS: i64 = MINUTE_MS;
/// What was learned is forgotten when it was not said again for so long.
pub const FORGET_MS: i64 = HOUR_MS;
/// A mail whose turn comes within this waits in memory; others go back.
pub const WAIT_HERE_MS: i64 = 2 * SECOND_MS;
/// The furthest that a mail is put off for want of speed.
pub const PUT_OFF_MS: i64 = 10 * MINUTE_MS;
/// How soon a place is looked for again where all connections are in use.
const NO_PLACE_MS: i64 = 50;

/// What a receiver's answer says about our speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The mail was taken.
    Taken,
    /// Slower.
    TooFast,
    /// Nothing.
    Silent,
}

/// Whether a refusal for now is about our speed: 421, 450, 451 or 452 with
/// 4.7.x, or with no enhanced status and words that say so. Not 4.2.x, one
/// reader's full mailbox; nor greylisting, which wants a second try, not a
/// slower one.
pub fn is_too_fast(reply: &Reply) -> bool {
    if !matches!(reply.code, Some(421 | 450 | 451 | 452)) {
        return false;
    }
    let text = reply.text.to_ascii_lowercase();
    if ["greylist", "graylist", "grey-list", "gray-list"].iter().any(|word| text.contains(word)) {
        return false;
    }
    match reply.enhanced.as_deref() {
        Some(status) => status.starts_with("4.7."),
        None => ["rate limit", "too many", "too fast", "throttl", "temporarily deferred"]
            .iter()
            .any(|words| text.contains(words)),
    }
}

/// Whether a mail may go to this receiver now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    /// A place is kept for it, under what was learned at that moment.
    At(Timestamp, Timestamp),
    /// Ask again then.
    Ask(Timestamp),
    /// Not soon; the moment is this mail's own.
    PutOff(Timestamp),
}

/// The state of one receiver.
#[derive(Debug, Clone)]
pub struct Lane {
    connections: u32,
    in_flight: u32,
    /// Taken in this second, and in the one before.
    taken: (i64, u32, u32),
    learned: Option<Learned>,
}

#[derive(Debug, Clone)]
struct Learned {
    per_second: f64,
    at_cut: f64,
    cut_at: Timestamp,
    pauses: u32,
    pause_until: Timestamp,
    /// Until when places are given, in memory and beyond.
    kept_until: Timestamp,
    put_off_until: Timestamp,
    /// Parts of a millisecond that `kept_until` is behind.
    rest_ms: f64,
}

impl Lane {
    /// A receiver that has not said anything yet.
    pub fn new(profile: Profile) -> Self {
        Self { connections: profile.connections, in_flight: 0, taken: (0, 0, 0), learned: None }
    }

    /// Mails a second, where a limit was learned.
    pub fn per_second(&self) -> Option<f64> {
        self.learned.as_ref().map(|learned| learned.per_second)
    }

    /// Under what a place is kept that was given now.
    pub(super) fn learned_at(&self) -> Option<Timestamp> {
        self.learned.as_ref().map(|learned| learned.cut_at)
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.learned.is_none()
    }

    /// When a mail may go. `kept`: the second part of the [`Turn::At`] that
    /// it was told before.
    pub(super) fn turn(&mut self, kept: Option<Timestamp>, now: Timestamp) -> Turn {
        if self.learned.as_ref().is_some_and(|learned| now.since_ms(learned.cut_at) >= FORGET_MS) {
            self.learned = None;
        }
        if self.in_flight >= self.connections {
            return Turn::Ask(now.plus_ms(NO_PLACE_MS));
        }
        self.learned.as_mut().map_or(Turn::Now, |learned| learned.turn(kept, now))
    }

    /// When a place comes near enough to be kept, if none is.
    pub(super) fn out_of_reach(&mut self, now: Timestamp) -> Option<Timestamp> {
        let learned = self.learned.as_mut()?;
        learned.mind_the_clock(now);
        let until = learned.kept_until.plus_ms(-WAIT_HERE_MS);
        (until > now).then_some(until)
    }

    /// A mail is on its way.
    pub(super) const fn begin(&mut self) {
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// It has its answer.
    pub(super) fn end(&mut self, answer: Answer, now: Timestamp) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.note(answer, now);
    }

    /// What an answer teaches.
    pub(super) fn note(&mut self, answer: Answer, now: Timestamp) {
        let second = now.as_millis().div_euclid(SECOND_MS);
        match second - self.taken.0 {
            0 => {}
            1 => self.taken = (second, 0, self.taken.1),
            _ => self.taken = (second, 0, 0),
        }
        match (answer, &mut self.learned) {
            (Answer::Silent, _) => {}
            (Answer::Taken, learned) => {
                self.taken.1 += 1;
                if let Some(learned) = learned {
                    learned.pauses = 0;
                    // Each second's mails together give one step.
                    learned.per_second += if learned.per_second < FAR * learned.at_cut {
                        FASTER * learned.at_cut / learned.per_second
                    } else {
                        FAR_FASTER
                    };
                }
            }
            (Answer::TooFast, learned) => {
                let measured = f64::from(self.taken.1.max(self.taken.2));
                let before = learned.take();
                *learned = Some(Learned::cut(before, measured, now));
            }
        }
    }
}

impl Learned {
    fn cut(before: Option<Self>, measured: f64, now: Timestamp) -> Self {
        let (speed, pauses) = match before {
            // Mails that were on their way when it was said.
            Some(before)
                if (0..before.pause_until.since_ms(before.cut_at)).contains(&now.since_ms(before.cut_at)) =>
            {
                return before;
            }
            Some(before) => {
                let speed = if measured > 0.0 { before.per_second.min(measured) } else { before.per_second };
                (speed, before.pauses + 1)
            }
            None if measured > 0.0 => (measured, 1),
            None => (GUESS, 1),
        };
        let per_second = (speed * SLOWER).max(SLOWEST);
        let pause_ms = (FIRST_PAUSE_MS << (pauses - 1).min(10)).min(LONGEST_PAUSE_MS);
        let pause_until = now.plus_ms(pause_ms);
        Self {
            per_second,
            at_cut: speed.max(SLOWEST),
            cut_at: now,
            pauses,
            pause_until,
            kept_until: pause_until,
            put_off_until: pause_until,
            rest_ms: 0.0,
        }
    }

    fn turn(&mut self, kept: Option<Timestamp>, now: Timestamp) -> Turn {
        self.mind_the_clock(now);
        // Places from before the last "too fast" were at another speed.
        if kept == Some(self.cut_at) && now >= self.pause_until {
            return Turn::Now;
        }
        let at = self.kept_until.max(now);
        if at.since_ms(now) <= WAIT_HERE_MS {
            let (interval_ms, rest_ms) = self.interval_ms();
            self.kept_until = at.plus_ms(interval_ms);
            self.rest_ms = rest_ms;
            return if at == now { Turn::Now } else { Turn::At(at, self.cut_at) };
        }
        let (interval_ms, rest_ms) = self.interval_ms();
        self.put_off_until = self.put_off_until.max(at).plus_ms(interval_ms).min(now.plus_ms(PUT_OFF_MS));
        self.rest_ms = rest_ms;
        Turn::PutOff(self.put_off_until)
    }

    /// What lies further ahead than we ever look was written before the clock
    /// was moved back.
    fn mind_the_clock(&mut self, now: Timestamp) {
        let furthest = now.plus_ms(LONGEST_PAUSE_MS.max(WAIT_HERE_MS + self.interval_ms().0));
        if self.pause_until > furthest {
            self.pause_until = now;
        }
        if self.kept_until > furthest {
            self.kept_until = now;
        }
        if self.cut_at > now {
            self.cut_at = now;
        }
    }

    /// From one mail to the next, in whole milliseconds, and the part that is
    /// left over for the one after.
    fn interval_ms(&self) -> (i64, f64) {
        let exact = 1_000.0 / self.per_second + self.rest_ms;
        #[expect(clippy::cast_possible_truncation, reason = "at most 10 s, by the slowest speed")]
        let whole = exact.floor() as i64;
        (whole, exact - exact.floor())
    }
}
