//! When something is due: feed checks and their backoff.

use super::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// The longest wait between two looks at a feed that fails: a day.
pub const LONGEST_CHECK_WAIT_MS: i64 = 24 * HOUR_MS;

/// Between two looks that somebody else causes lies at least so long: a ping
/// proves nothing, and its sender could have us hammer the blog.
pub const PING_WAIT_MS: i64 = MINUTE_MS;
/// The same, doubled for each look that was caused for nothing, has this end.
pub const LONGEST_PING_WAIT_MS: i64 = HOUR_MS;

/// When a feed is looked at next: `every` seconds after `now`, doubled for
/// each failure in a row up to a day, with up to 10 % taken off so that a
/// thousand blogs do not ring at once, and none waits longer than was said.
/// `unit_jitter` is uniform in 0..1.
pub fn next_check(now: Timestamp, every_seconds: u64, failures: u32, unit_jitter: f64) -> Timestamp {
    let every_ms = i64::try_from(every_seconds).unwrap_or(i64::MAX / 2000).saturating_mul(SECOND_MS);
    let wait = every_ms.saturating_mul(1 << failures.min(10));
    let wait = wait.min(LONGEST_CHECK_WAIT_MS.max(every_ms));
    #[expect(clippy::cast_possible_truncation, reason = "a tenth of a day fits")]
    let jitter = (wait as f64 * 0.1 * unit_jitter.clamp(0.0, 1.0)) as i64;
    now.plus_ms(wait - jitter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_check_is_due_within_a_tenth_of_its_interval(
            every in 1_u64..90_000, failures in 0_u32..60, jitter in 0.0_f64..=1.0,
        ) {
            let now = Timestamp::from_millis(1_800_000_000_000);
            let wait = next_check(now, every, failures, jitter).since_ms(now);
            let plain = i64::try_from(every).unwrap() * 1000;
            prop_assert!(wait * 10 >= plain * 9);
            prop_assert!(wait <= plain.max(LONGEST_CHECK_WAIT_MS));
        }
    }
}
