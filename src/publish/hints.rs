//! When a feed wants to be read: its own hints, which make looks rarer for
//! those who look seldom and never make a fast look slow.

use crate::domain::{DAY_MS, HOUR_MS, Timestamp};
use crate::feeds::Feed;

/// Up to this interval a feed's hints do not count: a blog's readers wait for
/// its posts, and WordPress says "hourly" of every feed.
const HEEDED_ABOVE_SECONDS: u64 = 300;
/// The longest interval that a feed may ask for.
const LONGEST_SECONDS: u64 = 86_400;

/// Seconds between two looks: what is configured, or longer when the feed
/// says so (`ttl`, `sy:updatePeriod`).
pub(super) fn interval_seconds(feed: &Feed, every_seconds: u64) -> u64 {
    if every_seconds <= HEEDED_ABOVE_SECONDS {
        return every_seconds;
    }
    let ttl = feed.ttl_minutes.map(|minutes| u64::from(minutes) * 60);
    let period = feed.update_period_seconds.map(u64::from);
    let said = ttl.into_iter().chain(period).max().unwrap_or(0).min(LONGEST_SECONDS);
    every_seconds.max(said)
}

/// The first moment from `at` on that is in none of the hours and days that
/// the feed leaves out (`skipHours`, `skipDays`); `at` when it leaves out all.
pub(super) fn not_when_skipped(feed: &Feed, every_seconds: u64, at: Timestamp) -> Timestamp {
    if every_seconds <= HEEDED_ABOVE_SECONDS {
        return at;
    }
    let is_left_out = |at: Timestamp| {
        let ms = at.as_millis();
        // 1 January 1970 was a Thursday, number 3 from Monday.
        let (hour, day) = (ms.rem_euclid(DAY_MS) / HOUR_MS, (ms.div_euclid(DAY_MS) + 3).rem_euclid(7));
        feed.skip_hours.iter().any(|skip| i64::from(*skip) == hour)
            || feed.skip_days.iter().any(|skip| i64::from(*skip) == day)
    };
    let mut moment = at;
    for _ in 0..7 * 24 {
        if !is_left_out(moment) {
            return moment;
        }
        moment = Timestamp::from_millis((moment.as_millis().div_euclid(HOUR_MS) + 1) * HOUR_MS);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_make_seldom_looks_rarer_and_leave_fast_ones_alone() {
        let hourly = Feed { update_period_seconds: Some(3_600), ttl_minutes: Some(20), ..Feed::default() };
        for (every, interval) in [(1, 1), (300, 300), (301, 3_600), (7_200, 7_200)] {
            assert_eq!(interval_seconds(&hourly, every), interval);
        }
        let yearly = Feed { update_period_seconds: Some(365 * 86_400), ..Feed::default() };
        assert_eq!(interval_seconds(&yearly, 600), 86_400);
        assert_eq!(interval_seconds(&Feed::default(), 600), 600);
    }

    #[test]
    fn hours_and_days_that_are_left_out_are_waited_for() {
        // Sunday, 22 November 2026, 15:20 UTC.
        let sunday = Timestamp::from_millis(1_795_360_800_000);
        let hours = |hours: &[u8]| Feed { skip_hours: hours.to_vec(), ..Feed::default() };
        let ms = |feed: &Feed, every| not_when_skipped(feed, every, sunday).since_ms(sunday);
        let into_the_hour = sunday.as_millis() % HOUR_MS;
        let hour = u8::try_from(sunday.as_millis() % DAY_MS / HOUR_MS).unwrap();
        assert_eq!(ms(&hours(&[(hour + 5) % 24]), 600), 0);
        assert_eq!(ms(&hours(&[hour, (hour + 1) % 24]), 600), 2 * HOUR_MS - into_the_hour);
        assert_eq!(ms(&hours(&[hour]), 300), 0, "whoever looks fast is not held up");
        let all: Vec<u8> = (0..24).collect();
        assert_eq!(ms(&hours(&all), 600), 0, "a feed that leaves out everything says nothing");
        let days = Feed { skip_days: vec![6], ..Feed::default() };
        assert_eq!(ms(&days, 600), DAY_MS - sunday.as_millis() % DAY_MS);
    }
}
