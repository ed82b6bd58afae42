//! What became of a file: counts, and why lines were not taken, as codes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::import::{DateFault, Kind, RowReason};
use crate::domain::{EmailAddress, Timestamp};

/// Lines that a report names one by one.
pub const NAMED_LINES: usize = 10_000;
/// Reasons that are counted apart: headings of a file are its own, and their
/// number is not bounded.
const REASONS: usize = 200;
/// Lines that speak for rows below them, that are named.
const SECTIONS: usize = 1_000;
/// Rows that are shown as they were understood.
const FIRST_ROWS: usize = 3;

/// How a file was understood.
#[derive(Debug, Clone, Serialize)]
pub struct FileFacts {
    /// Whose export it is.
    pub kind: Kind,
    /// How its letters are written.
    pub encoding: &'static str,
    /// What stands between cells.
    pub delimiter: char,
    /// The line of its heading; 0: it has none.
    pub heading_line: u64,
    /// The column of addresses: its heading, or its number.
    pub addresses: String,
    /// Columns that hold addresses too, and are not taken.
    pub other_addresses: Vec<String>,
    /// Columns that say who follows, confirmed or left.
    pub status: Vec<String>,
    /// Columns of dates.
    pub dates: Vec<String>,
    /// Of these two the columns in which no row has anything.
    pub columns_empty: Vec<String>,
    /// Columns that are used for nothing.
    pub columns_ignored: Vec<String>,
    /// What its name, or a line above its heading, says of everybody in it.
    pub says: Option<&'static str>,
}

/// One of the first rows, as it was understood.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Its line.
    pub line: u64,
    /// Its address.
    pub address: EmailAddress,
    /// What it says.
    pub says: &'static str,
    /// What it becomes; `unchanged`: it is there already; `skipped`: it is not
    /// taken, as `lines` say of it.
    pub becomes: &'static str,
    /// Since when, or when it left.
    pub at: Option<Timestamp>,
}

/// A line of its own, and what it says of the rows below it.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// The line.
    pub line: u64,
    /// What stands there.
    pub text: String,
    /// What it says; `nothing`: the section before it ends.
    pub says: &'static str,
    /// Addresses below it, up to the next.
    pub rows: u64,
}

/// An address that was not taken.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    /// Its line.
    pub line: u64,
    /// What stands there.
    pub address: String,
    /// Why.
    #[serde(rename = "reason_code")]
    pub reason: RowReason,
}

/// How many for a reason.
#[derive(Debug, Clone, Serialize)]
pub struct Counted {
    /// Why.
    #[serde(rename = "reason_code")]
    pub reason: RowReason,
    /// How many.
    pub rows: u64,
}

/// What became of a file of followers, or with a dry run: what would. One row
/// counts once, and each further address in it: `rows` is `active`, `paused`,
/// `pending`, `unchanged`, `left`, `suppressed` and `refused` together.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The blog's slug.
    pub blog: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// How the file was understood.
    pub file: FileFacts,
    /// The first rows, as they were understood.
    pub first: Vec<Shown>,
    /// Lines that speak for the rows below them; the first ones, where there
    /// are very many.
    pub sections: Vec<Section>,
    /// Rows read.
    pub rows: u64,
    /// New subscriptions.
    pub added: u64,
    /// Pending ones that became active.
    pub activated: u64,
    /// Follow now.
    pub active: u64,
    /// The same, without mail for now.
    pub paused: u64,
    /// Wait for their confirmation.
    pub pending: u64,
    /// Were there already.
    pub unchanged: u64,
    /// Of these, whose date was not known before and stands in the file.
    pub dated: u64,
    /// Left by what the file says: suppressed as such.
    pub left: u64,
    /// Bounced, complained or were blocked by what the file says.
    pub suppressed: u64,
    /// Not taken.
    pub refused: u64,
    /// Pending ones that were sent a confirmation.
    pub asked: u64,
    /// Pending ones that were not, as they were asked enough, or are suppressed.
    pub not_asked: u64,
    /// Addresses of which rows say different things: what allows the least
    /// mail counts.
    pub contradicted: u64,
    /// Dates that were not used, and why.
    pub dates: BTreeMap<DateFault, u64>,
    /// How many for which reason.
    pub reasons: Vec<Counted>,
    /// The first of them.
    pub lines: Vec<Refused>,
}

/// Lines that were not taken, while they are counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusals {
    pub refused: u64,
    reasons: BTreeMap<RowReason, u64>,
    lines: Vec<Refused>,
}

impl Refusals {
    pub fn add(&mut self, line: u64, address: &str, reason: RowReason) {
        self.refused += 1;
        if self.lines.len() < NAMED_LINES {
            let address = address.chars().take(100).collect();
            self.lines.push(Refused { line, address, reason: reason.clone() });
        }
        let is_full = self.reasons.len() >= REASONS && !self.reasons.contains_key(&reason);
        let reason = if is_full { RowReason::NotAnAddress } else { reason };
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// Reasons, the most frequent first, and lines.
    pub fn done(self) -> (u64, Vec<Counted>, Vec<Refused>) {
        let mut reasons: Vec<Counted> =
            self.reasons.into_iter().map(|(reason, rows)| Counted { reason, rows }).collect();
        reasons.sort_by_key(|counted| std::cmp::Reverse(counted.rows));
        let mut lines = self.lines;
        lines.sort_by_key(|refused| refused.line);
        (self.refused, reasons, lines)
    }
}

/// Whether one more line that speaks for others is kept.
pub(super) fn is_kept(sections: &[Section]) -> bool {
    sections.len() < SECTIONS
}

/// Whether one more of the first rows is shown.
pub(super) fn is_shown(first: &[Shown]) -> bool {
    first.len() < FIRST_ROWS
}
