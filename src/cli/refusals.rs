//! Reading a long file: how far it is, which lines were not taken, and why
//! it cannot be read at all, in words.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};

use super::print;
use crate::operate::import::{Counted, ImportFault, Refused};
use crate::templates::{sentence_of_row, sentence_of_stop};

/// Lines that are named on a terminal.
const SHOWN_LINES: usize = 20;

/// A fault as the operator reads it.
pub(super) fn explain(file: &str, fault: ImportFault) -> anyhow::Error {
    match fault {
        ImportFault::Stopped(stop) => {
            let said = sentence_of_stop(&stop);
            let lines: Vec<String> = said.lines().map(print::clean).collect();
            anyhow::anyhow!("{file}: {}", lines.join("\n"))
        }
        ImportFault::Unreadable(error) => anyhow::Error::new(error).context(format!("{file} cannot be read")),
        fault @ ImportFault::Store { .. } => anyhow::Error::new(fault),
    }
}

/// A signal ended the reading: how far it was, and how to go on.
pub(super) fn stopped(file: &str, bar: &ProgressBar, is_dry_run: bool) -> anyhow::Error {
    let percent = bar.position() * 100 / bar.length().unwrap_or_default().max(1);
    bar.finish_and_clear();
    if is_dry_run {
        return anyhow::anyhow!("{file}: stopped after {percent} % of it; nothing was written");
    }
    anyhow::anyhow!(
        "{file}: stopped after {percent} % of it, and so far it is taken; to go on, run the same command again: \
         rows that are taken count as there already"
    )
}

/// A report as JSON, with a sentence beside each reason.
pub(super) fn with_sentences<T: Serialize + HasRefusals>(report: &T) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(report)?;
    let (reasons, lines) = report.refusals();
    let all = [("reasons", reasons.iter().map(|c| sentence_of_row(&c.reason)).collect::<Vec<_>>())]
        .into_iter()
        .chain([("lines", lines.iter().map(|l| sentence_of_row(&l.reason)).collect())]);
    for (key, sentences) in all {
        for (object, sentence) in value[key].as_array_mut().into_iter().flatten().zip(sentences) {
            object["reason"] = json!(sentence);
        }
    }
    Ok(value)
}

/// A report that says why rows were not taken.
pub(super) trait HasRefusals {
    /// Reasons with their counts, and the first lines.
    fn refusals(&self) -> (&[Counted], &[Refused]);
}

impl HasRefusals for crate::operate::import::Report {
    fn refusals(&self) -> (&[Counted], &[Refused]) {
        (&self.reasons, &self.lines)
    }
}

impl HasRefusals for crate::operate::import::SuppressionReport {
    fn refusals(&self) -> (&[Counted], &[Refused]) {
        (&self.reasons, &self.lines)
    }
}

/// The reasons and the first lines, as tables; nothing when all were taken.
pub(super) fn show(refused: u64, reasons: &[Counted], lines: &[Refused]) -> anyhow::Result<()> {
    if refused == 0 {
        return Ok(());
    }
    let number = |count: u64| print::number(i64::try_from(count).unwrap_or(i64::MAX));
    print::line("\nNot taken")?;
    let rows = reasons.iter().map(|counted| vec![sentence_of_row(&counted.reason), number(counted.rows)]);
    print::table(&["reason", "rows#"], rows.collect())?;
    print::line("")?;
    let rows = lines.iter().take(SHOWN_LINES);
    let rows = rows.map(|l| vec![l.line.to_string(), l.address.clone(), sentence_of_row(&l.reason)]);
    print::table(&["line#", "address", "reason"], rows.collect())?;
    let rest = refused.saturating_sub(SHOWN_LINES as u64);
    if rest > 0 {
        print::line(&format!(
            "… and {rest} more; --json names the first {}",
            crate::operate::import::NAMED_LINES
        ))?;
    }
    Ok(())
}

/// Shown on a terminal only, on standard error.
pub(super) fn progress(file: &Path) -> ProgressBar {
    let bytes = std::fs::metadata(file).map_or(0, |data| data.len());
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {bytes} of {total_bytes}, {eta} left");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
