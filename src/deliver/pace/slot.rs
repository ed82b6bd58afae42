//! Places on the schedule that all nodes share: a stretch of time in which
//! this node may send so many mails, one at a time.

use crate::domain::Timestamp;

/// A place that was not used is lost this long after its time: whoever pauses
/// does not catch up in a burst (R9).
const LATE_US: i64 = 100_000;

/// The places that a node has taken and not used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Slot {
    next_us: i64,
    left: u32,
    interval_us: i64,
}

/// What a node may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Send one mail.
    Now,
    /// Wait until then.
    At(Timestamp),
    /// Ask for more places.
    Ask,
}

impl Slot {
    /// `granted` places, the first at `from_us` (microseconds since 1970).
    pub const fn new(from_us: i64, granted: u32, interval_us: i64) -> Self {
        Self { next_us: from_us, left: granted, interval_us }
    }

    /// Uses one place.
    pub fn take(&mut self, now: Timestamp) -> Place {
        let now_us = now.as_millis().saturating_mul(1_000);
        while self.left > 0 && self.next_us.saturating_add(LATE_US.max(self.interval_us)) < now_us {
            let lost = (now_us - self.next_us - LATE_US.max(self.interval_us)) / self.interval_us.max(1) + 1;
            self.skip(u32::try_from(lost).unwrap_or(u32::MAX));
        }
        // Places much further ahead than anybody hands them out were taken
        // before the clock was moved back.
        let ahead_us = self.next_us.saturating_sub(now_us);
        if self.left == 0 || ahead_us > 2 * (crate::store::SLICE_US + self.interval_us) {
            self.left = 0;
            return Place::Ask;
        }
        if ahead_us > 0 {
            return Place::At(Timestamp::from_millis(self.next_us.div_euclid(1_000) + 1));
        }
        self.skip(1);
        Place::Now
    }

    /// A place that was taken is free again: there was no mail for it.
    pub const fn put_back(&mut self) {
        self.left += 1;
        self.next_us -= self.interval_us;
    }

    fn skip(&mut self, places: u32) {
        let places = places.min(self.left);
        self.left -= places;
        self.next_us = self.next_us.saturating_add(self.interval_us.saturating_mul(i64::from(places)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::Slice;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn slot(granted: u32) -> Slot {
        Slot::new(NOW.as_millis() * 1_000, granted, 50_000)
    }

    #[test]
    fn each_place_is_used_in_its_own_time() {
        let mut slot = slot(3);
        assert_eq!(slot.take(NOW), Place::Now);
        let next = NOW.plus_ms(51);
        assert_eq!(slot.take(NOW), Place::At(next));
        assert_eq!(slot.take(next), Place::Now);
        assert_eq!(slot.take(NOW.plus_ms(120)), Place::Now);
        assert_eq!(slot.take(NOW.plus_ms(120)), Place::Ask);
    }

    /// R9
    #[test]
    fn places_that_were_not_used_in_time_are_lost() {
        let mut slot = slot(100);
        let later = NOW.plus_ms(3_000);
        let mut used = 0;
        while slot.take(later) == Place::Now {
            used += 1;
        }
        assert!((1..=3).contains(&used), "{used}: no more than the last tenth of a second");
    }

    /// R11
    #[test]
    fn a_clock_that_was_moved_loses_the_places_and_nothing_else() {
        for ms in [-86_400_000, -3_000, 86_400_000] {
            let mut slot = slot(3);
            assert_eq!(slot.take(NOW.plus_ms(ms)), Place::Ask, "{ms}");
        }
    }

    proptest! {
        /// R9
        #[test]
        fn whatever_nodes_do_no_span_of_time_sees_more_than_the_rate(
            per_second in 1_u32..400,
            steps in prop::collection::vec((0_usize..4, 0_i64..300, 1_u32..60), 20..200),
        ) {
            let (mut now, mut spent, mut nodes) = (NOW, 0, [Slot::default(); 4]);
            let mut sent: Vec<i64> = Vec::new();
            for (node, pause_ms, mails) in steps {
                // Now and then nobody has anything to send for a minute.
                now = now.plus_ms(if pause_ms == 0 { 60_000 } else { pause_ms });
                for _ in 0..mails {
                    let mut place = nodes[node].take(now);
                    if place == Place::Ask {
                        let (slice, after) = Slice::cut(spent, per_second, 1_000, now);
                        spent = after;
                        nodes[node] = Slot::new(slice.from_us, slice.granted, slice.interval_us);
                        place = nodes[node].take(now);
                    }
                    match place {
                        Place::Now => sent.push(now.as_millis()),
                        Place::At(at) => { prop_assert!(at > now); break }
                        Place::Ask => break,
                    }
                }
            }
            for (i, from) in sent.iter().enumerate() {
                for (count, until) in sent[i..].iter().enumerate() {
                    // Late by a tenth of a second, or by one place.
                    let span_ms = until - from + 100;
                    let most = span_ms as f64 / 1_000.0 * f64::from(per_second) + 2.0;
                    prop_assert!((count + 1) as f64 <= most, "{} in {} ms", count + 1, until - from);
                }
            }
        }

        #[test]
        fn a_node_that_is_alone_and_busy_gets_its_rate(per_second in 1_u32..2_000) {
            let (mut spent, mut slot, mut sent) = (0, Slot::default(), 0_u32);
            for ms in 0..20_000 {
                let now = NOW.plus_ms(ms);
                loop {
                    match slot.take(now) {
                        Place::Now => sent += 1,
                        Place::At(_) => break,
                        Place::Ask => {
                            let (slice, after) = Slice::cut(spent, per_second, per_second, now);
                            spent = after;
                            if slice.granted == 0 { break }
                            slot = Slot::new(slice.from_us, slice.granted, slice.interval_us);
                        }
                    }
                }
            }
            prop_assert!(sent <= per_second * 20 + 1);
            prop_assert!(sent + 1 >= per_second * 18, "{sent} in 20 s of {per_second}");
        }
    }
}
