//! How far, how fast, how long: sums over the counts of a mailing.

use serde_json::{Value, json};

use crate::cli::print;
use crate::domain::Timestamp;
use crate::store::DeliveryCounts;

/// Over how long a rate is taken.
pub(super) const WINDOW_MS: i64 = 60_000;
/// Width of the bar, in characters.
const BAR: i64 = 30;

/// Counts, and how fast they changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Progress {
    counts: DeliveryCounts,
    per_second: f64,
}

impl Progress {
    /// `settled` deliveries found their end between the two moments.
    pub fn new(counts: DeliveryCounts, settled: i64, from: Timestamp, to: Timestamp) -> Self {
        // Whole seconds: of less than one nothing can be said.
        let ms = to.since_ms(from).max(1_000);
        Self { counts, per_second: settled as f64 * 1_000.0 / ms as f64 }
    }

    fn percent(&self) -> f64 {
        let total = self.counts.total();
        if total == 0 { 0.0 } else { (total - self.counts.queued) as f64 * 100.0 / total as f64 }
    }

    fn seconds_left(&self) -> Option<i64> {
        match self.counts.queued {
            0 => Some(0),
            queued if self.per_second > 0.0 => Some((queued as f64 / self.per_second).ceil() as i64),
            _ => None,
        }
    }

    /// One line: `█████░░░  64 %  640,000 of 1,000,000  1,234/s  5 min left`.
    pub fn line(&self) -> String {
        let total = self.counts.total();
        let over = total - self.counts.queued;
        let full = if total == 0 { 0 } else { usize::try_from(over * BAR / total).unwrap_or(0) };
        let empty = usize::try_from(BAR).unwrap_or(0).saturating_sub(full);
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(empty));
        // Rounded down: 100 % is said when there is nothing left.
        let percent = self.percent().floor();
        let mut line = format!("{bar} {percent:3.0} %  {} of {}", print::number(over), print::number(total));
        if self.counts.queued > 0 {
            line.push_str(&format!("  {}/s", print::number(self.per_second.round() as i64)));
            let left = self.seconds_left().map_or_else(|| "at a standstill".to_owned(), in_words);
            line.push_str(&format!("  {left}"));
        }
        line
    }

    /// The same for scripts.
    pub fn object(&self) -> Value {
        let rounded = |number: f64| (number * 10.0).round() / 10.0;
        json!({
            "percent": (self.percent() * 10.0).floor() / 10.0,
            "per_second": rounded(self.per_second),
            "seconds_left": self.seconds_left(),
        })
    }
}

fn in_words(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s left"),
        120..7_200 => format!("{} min left", seconds.div_euclid(60)),
        7_200.. => format!("{} h left", seconds.div_euclid(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(queued: i64, sent: i64, settled: i64, ms: i64) -> Progress {
        let counts = DeliveryCounts { queued, sent, failed: 0, withheld: 0 };
        Progress::new(counts, settled, Timestamp::from_millis(0), Timestamp::from_millis(ms))
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        for (at, line) in [
            (
                progress(360_000, 640_000, 72_000, 60_000),
                "███████████████████░░░░░░░░░░░  64 %  640,000 of 1,000,000  1,200/s  5 min left",
            ),
            (
                progress(1, 999_999, 10, 10_000),
                "█████████████████████████████░  99 %  999,999 of 1,000,000  1/s  1 s left",
            ),
            (
                progress(10, 0, 0, 60_000),
                "░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 of 10  0/s  at a standstill",
            ),
            (progress(0, 5, 0, 60_000), "██████████████████████████████ 100 %  5 of 5"),
            (progress(0, 0, 0, 60_000), "░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 of 0"),
            (
                progress(86_400, 0, 60, 60_000),
                "░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 of 86,400  1/s  24 h left",
            ),
        ] {
            assert_eq!(at.line(), line);
        }
    }

    #[test]
    fn scripts_get_numbers() {
        let object = progress(1, 2, 3, 2_000).object();
        assert_eq!(object, json!({"percent": 66.6, "per_second": 1.5, "seconds_left": 1}));
        assert_eq!(progress(1, 2, 0, 2_000).object()["seconds_left"], Value::Null);
    }
}
