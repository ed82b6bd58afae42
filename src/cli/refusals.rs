//! Reading a long file: how far it is, and which lines were not taken.

use std::collections::BTreeMap;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::print;

/// Lines that a report names one by one.
const NAMED_LINES: usize = 10_000;
/// Lines that are named on a terminal.
const SHOWN_LINES: usize = 20;
/// Reasons that are counted apart: the words of a file are its own, and their
/// number is not bounded.
const REASONS: usize = 50;

/// A line that was not taken.
#[derive(Debug, Serialize)]
struct Refused {
    line: u64,
    address: String,
    reason: String,
}

/// The lines that were not taken.
#[derive(Debug, Default, Serialize)]
pub(super) struct Refusals {
    pub refused: u64,
    /// How many lines for which reason.
    reasons: BTreeMap<String, u64>,
    /// The first of them.
    lines: Vec<Refused>,
}

impl Refusals {
    pub fn add(&mut self, line: u64, address: &str, reason: String) {
        self.refused += 1;
        if self.lines.len() < NAMED_LINES {
            let address = print::clean(address).chars().take(100).collect();
            self.lines.push(Refused { line, address, reason: reason.clone() });
        }
        let is_full = self.reasons.len() >= REASONS && !self.reasons.contains_key(&reason);
        *self.reasons.entry(if is_full { "other".to_owned() } else { reason }).or_default() += 1;
    }

    /// The reasons and the first lines, as tables; nothing when all were taken.
    pub fn show(&self) -> anyhow::Result<()> {
        if self.refused == 0 {
            return Ok(());
        }
        let number = |count: u64| print::number(i64::try_from(count).unwrap_or(i64::MAX));
        print::line("\nNot taken")?;
        print::table(
            &["reason", "rows#"],
            self.reasons.iter().map(|(reason, count)| vec![reason.clone(), number(*count)]).collect(),
        )?;
        print::line("")?;
        let lines = self.lines.iter().take(SHOWN_LINES);
        print::table(
            &["line#", "address", "reason"],
            lines.map(|l| vec![l.line.to_string(), l.address.clone(), l.reason.clone()]).collect(),
        )?;
        let rest = self.refused.saturating_sub(SHOWN_LINES as u64);
        if rest > 0 {
            print::line(&format!("… and {rest} more; --json names the first {NAMED_LINES}"))?;
        }
        Ok(())
    }
}

/// A word of a file, for a message.
pub(super) fn shorten(word: &str) -> String {
    print::clean(word).chars().take(40).collect()
}

/// Shown on a terminal only, on standard error.
pub(super) fn progress(file: &Path) -> ProgressBar {
    let bytes = std::fs::metadata(file).map_or(0, |data| data.len());
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {bytes} of {total_bytes}, {eta} left");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
