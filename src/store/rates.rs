//! Rates that all nodes of one database share.
//!
//! A bucket is one number, the moment until which its places are given away.
//! A node takes the places of the next [`SLICE_US`] and uses each at its own
//! time, so that the sum over all nodes never passes the rate, and what was
//! not used in time is lost: nobody catches up in a burst (R9).

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;

/// How far ahead places are given away, in microseconds.
pub const SLICE_US: i64 = 200_000;
/// Given away further ahead than this can only be what was given before a
/// clock was moved back.
const CLOCK_WAS_MOVED_US: i64 = 10_000_000;

/// Places that one node may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// How many; 0: others have taken them.
    pub granted: u32,
    /// When the first may be used, in microseconds since 1970.
    pub from_us: i64,
    /// From one place to the next, in microseconds.
    pub interval_us: i64,
    /// When to ask again.
    pub next_at: Timestamp,
}

impl Slice {
    /// Divides what comes after `spent_until_us`; answers the slice and until
    /// when places are given away then. Pure, so that every database divides
    /// alike.
    pub fn cut(spent_until_us: i64, per_second: u32, want: u32, now: Timestamp) -> (Self, i64) {
        let now_us = now.as_millis().saturating_mul(1_000);
        // 3 % slower than the rate: what goes out evenly arrives unevenly, and
        // a peer that counts strictly must not count one too many.
        let interval_us = div_up(1_030_000, i64::from(per_second.max(1)));
        let is_of_another_clock =
            spent_until_us.saturating_sub(now_us) > CLOCK_WAS_MOVED_US.max(2 * interval_us);
        let from_us = if is_of_another_clock { now_us + interval_us } else { spent_until_us.max(now_us) };
        let room_us = (now_us + SLICE_US - from_us).max(0);
        let granted = u32::try_from(div_up(room_us, interval_us)).unwrap_or(u32::MAX).min(want);
        let spent_us = from_us + interval_us * i64::from(granted);
        // A new place comes within reach when the given ones end so soon.
        let next_us = (spent_us - SLICE_US + 1).max(now_us + 1);
        let next_at = Timestamp::from_millis(div_up(next_us, 1_000));
        (Self { granted, from_us, interval_us, next_at }, spent_us)
    }
}

/// Rates, by name of their bucket.
#[async_trait]
pub trait Rates: Send + Sync {
    /// Takes up to `want` places of a bucket that gives `per_second`.
    async fn take(&self, bucket: &str, per_second: u32, want: u32, now: Timestamp) -> Result<Slice>;
}

/// Division of what is not negative, rounded up.
const fn div_up(a: i64, b: i64) -> i64 {
    (a + b - 1) / b
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// R9
        #[test]
        fn nodes_that_ask_at_any_moment_never_pass_the_rate_together(
            per_second in 1_u32..2_000,
            asks in prop::collection::vec((0_i64..2_000, 1_u32..500), 10..200),
        ) {
            let (mut now, mut spent, mut places) = (Timestamp::from_millis(1_800_000_000_000), 0, Vec::new());
            for (pause_ms, want) in asks {
                now = now.plus_ms(pause_ms);
                let (slice, after) = Slice::cut(spent, per_second, want, now);
                spent = after;
                prop_assert!(slice.granted <= want);
                prop_assert!(slice.from_us >= now.as_millis() * 1_000, "never in the past, however long the pause");
                let last = slice.from_us + slice.interval_us * i64::from(slice.granted.saturating_sub(1));
                prop_assert!(slice.granted == 0 || last < now.as_millis() * 1_000 + SLICE_US);
                places.extend((0..i64::from(slice.granted)).map(|n| slice.from_us + n * slice.interval_us));
                if slice.granted == 0 {
                    let (at_last, _) = Slice::cut(spent, per_second, 1, slice.next_at);
                    prop_assert_eq!(at_last.granted, 1, "who waits as told gets a place");
                }
            }
            for pair in places.windows(2) {
                prop_assert!((pair[1] - pair[0]) * i64::from(per_second) >= 1_000_000);
            }
        }

        #[test]
        fn a_clock_that_was_moved_costs_nobody_more_than_seconds(jump_ms in -1_000_000_000_i64..1_000_000_000) {
            let now = Timestamp::from_millis(1_800_000_000_000);
            let (_, spent) = Slice::cut(0, 50, 10, now);
            let mut later = now.plus_ms(jump_ms);
            for _ in 0..60 {
                let (slice, _) = Slice::cut(spent, 50, 1, later);
                if slice.granted > 0 { return Ok(()); }
                prop_assert!(slice.next_at > later);
                later = slice.next_at.min(later.plus_ms(1_000));
            }
            prop_assert!(false, "no place within a minute");
        }
    }
}
