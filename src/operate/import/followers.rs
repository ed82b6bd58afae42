//! Followers from a file. No mail goes out unless it is asked for; nobody who
//! left is revived, and what the file says of leaving is kept.

use std::io::{Read, Seek};

use parking_lot::Mutex;

use super::addresses::{Addresses, left_at};
use super::look::{Judged, Looked};
use super::report::{Refusals, Report, Section, Shown, is_kept, is_shown};
use super::{BATCH, ImportFault};
use crate::domain::import::{Choices, Entry, RowReason, Said, Who};
use crate::domain::{
    Blog, ConsentKind, EmailAddress, Evidence, Flow, Frequency, SignUpFacts, SignUpStep, SubscriptionStatus,
    SuppressionReason, Timestamp, sign_up_step,
};
use crate::operate::Actor;
use crate::store::{ImportOutcome, ImportRow, SignUp, SignUpLimits, Store};

/// Confirmations of one transaction.
const ASKED_AT_ONCE: usize = 200;

/// How pending ones are asked.
#[derive(Debug, Clone, Copy)]
pub struct Confirm {
    /// Until when they may answer.
    pub expires_at: Timestamp,
}

/// What the operator wants of an import.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Answers to what the file leaves open.
    pub choices: Choices,
    /// Only tell what would be done.
    pub is_dry_run: bool,
    /// Send pending ones their confirmation, within the limits of sign-ups.
    pub confirm: Option<Confirm>,
}

/// A row on its way to the store.
struct Waiting {
    line: u64,
    said: Said,
    row: ImportRow,
    /// Its place among the first rows that are shown.
    shown: Option<usize>,
}

/// An import under way.
struct Import<'a> {
    store: &'a dyn Store,
    blog: &'a Blog,
    source: String,
    wish: &'a Wish,
    now: Timestamp,
    report: Report,
    refusals: Refusals,
    seen: Addresses,
    /// Addresses of which rows say different things.
    contradicted: Addresses,
    batch: Vec<Waiting>,
}

/// Imports a file that was looked through. `progress` is told the bytes read.
///
/// # Errors
/// Why it ended early; what was taken stays.
#[expect(clippy::too_many_arguments, reason = "who, where, what and when of one act")]
pub async fn import_followers<R: Read + Seek>(
    store: &dyn Store,
    actor: &Actor,
    blog: &Blog,
    file: &mut R,
    name: &str,
    looked: &Looked,
    wish: &Wish,
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, ImportFault> {
    let Actor::Operator = actor;
    let report = Report {
        blog: blog.slug.to_string(),
        dry_run: wish.is_dry_run,
        file: looked.facts(),
        first: Vec::new(),
        sections: looked.section_above().into_iter().collect(),
        rows: 0,
        added: 0,
        activated: 0,
        active: 0,
        paused: 0,
        pending: 0,
        unchanged: 0,
        dated: 0,
        left: 0,
        suppressed: 0,
        refused: 0,
        asked: 0,
        not_asked: 0,
        contradicted: 0,
        dates: Default::default(),
        reasons: Vec::new(),
        lines: Vec::new(),
    };
    let source = format!("import {name}");
    let refusals = Refusals::default();
    let (seen, contradicted, batch) = (Addresses::new(), Addresses::new(), Vec::with_capacity(BATCH));
    let mut import = Import { store, blog, source, wish, now, report, refusals, seen, contradicted, batch };
    let mut rows = looked.rows(file)?;
    while let Some(row) = rows.next(looked)? {
        let end_bytes = row.end_bytes;
        if import.take(row, looked).await? {
            progress(end_bytes);
        }
    }
    import.settle().await?;
    let (refused, reasons, lines) = import.refusals.done();
    let contradicted = import.contradicted.len() as u64;
    Ok(Report { refused, reasons, lines, contradicted, ..import.report })
}

impl Import<'_> {
    /// Takes a row in; whether a batch was written.
    async fn take(&mut self, row: Judged, looked: &Looked) -> Result<bool, ImportFault> {
        let mut has_written = false;
        for entry in row.entries {
            self.report.rows += 1;
            match entry {
                Entry::Refused { shown, reason } => {
                    if let RowReason::Section { says } = reason
                        && is_kept(&self.report.sections)
                    {
                        let text = shown.clone();
                        self.report.sections.push(Section { line: row.line, text, says, rows: 0 });
                    }
                    self.refusals.add(row.line, &shown, reason);
                }
                Entry::Taken { who: Who::Hash(hash), .. } => {
                    self.refusals.add(row.line, &hash, RowReason::NoAddress);
                }
                Entry::Taken { who: Who::Address(address), said, at, date, .. } => {
                    if let Some(fault) = date {
                        *self.report.dates.entry(fault).or_default() += 1;
                    }
                    if let Some(section) = self.report.sections.last_mut() {
                        section.rows += 1;
                    }
                    let left = left_at(said, at, date.is_some(), self.now);
                    self.queue(row.line, address, said, left.or(at), looked);
                }
            }
            if self.batch.len() == BATCH {
                self.settle().await?;
                has_written = true;
            }
        }
        Ok(has_written)
    }

    fn queue(
        &mut self,
        line: u64,
        address: EmailAddress,
        said: Said,
        at: Option<Timestamp>,
        looked: &Looked,
    ) {
        // Whoever left by one row follows by none, wherever that row stands.
        let hardest = looked.told.said(&address).and(said);
        if hardest != said {
            self.contradicted.insert(&address);
            let is_gone = matches!(hardest, Said::Gone(_));
            let reason = if is_gone { RowReason::GoneInTheFile } else { RowReason::LessInTheFile };
            return self.refusals.add(line, address.as_str(), reason);
        }
        if !self.seen.insert(&address) {
            return self.refusals.add(line, address.as_str(), RowReason::Twice);
        }
        let asked = self.wish.choices.status;
        let becomes = match (said, asked) {
            (Said::Gone(_) | Said::Pending, _) => said,
            (Said::Nothing, Some(asked)) => asked,
            (Said::Nothing, None) | (_, Some(Said::Pending)) => Said::Pending,
            _ => said,
        };
        let at = if let Said::Gone(_) = said { at.max(looked.told.left(&address)) } else { at };
        let mut shown = None;
        if is_shown(&self.report.first) {
            let (says, becomes) = (said.as_str(), becomes.as_str());
            shown = Some(self.report.first.len());
            self.report.first.push(Shown { line, address: address.clone(), says, becomes, at });
        }
        let (status, is_paused, gone) = match becomes {
            Said::Active => (SubscriptionStatus::Active, false, None),
            Said::Paused => (SubscriptionStatus::Active, true, None),
            Said::Gone(reason) => (SubscriptionStatus::Ended, false, Some(reason)),
            Said::Nothing | Said::Pending | Said::Skipped => (SubscriptionStatus::Pending, false, None),
        };
        let row = ImportRow { address, status, is_paused, gone, at, source: self.source.clone() };
        self.batch.push(Waiting { line, said: becomes, row, shown });
    }

    /// Writes a batch, or asks what writing it would do.
    async fn settle(&mut self) -> Result<(), ImportFault> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let rows: Vec<ImportRow> = batch.iter().map(|waiting| waiting.row.clone()).collect();
        let id = self.blog.id;
        let outcomes = if self.wish.is_dry_run {
            self.store.preview_import(id, &rows, self.now).await
        } else {
            self.store.import(id, &rows, ConsentKind::Imported, self.now).await
        };
        let outcomes = outcomes.map_err(|source| ImportFault::Store { taken: self.taken(), source })?;
        let mut to_ask = Vec::new();
        for (waiting, outcome) in batch.into_iter().zip(outcomes) {
            self.count(&waiting, outcome);
            let is_new = outcome == ImportOutcome::Added && waiting.row.status == SubscriptionStatus::Pending;
            if is_new || outcome == ImportOutcome::Waiting {
                to_ask.push(waiting.row.address);
            }
        }
        if let Some(confirm) = self.wish.confirm.filter(|_| !self.wish.is_dry_run) {
            for addresses in to_ask.chunks(ASKED_AT_ONCE) {
                self.ask(addresses, confirm).await?;
            }
        }
        Ok(())
    }

    fn taken(&self) -> u64 {
        self.report.rows - self.refusals.refused - self.batch.len() as u64
    }

    fn count(&mut self, waiting: &Waiting, outcome: ImportOutcome) {
        let report = &mut self.report;
        // What it would become but for what is known of it here.
        if let Some(first) = waiting.shown.and_then(|at| report.first.get_mut(at)) {
            first.becomes = match outcome {
                ImportOutcome::Added | ImportOutcome::Activated | ImportOutcome::Noted => first.becomes,
                ImportOutcome::Unchanged | ImportOutcome::Waiting | ImportOutcome::Dated => "unchanged",
                ImportOutcome::LeftBefore | ImportOutcome::Suppressed | ImportOutcome::FollowsHere => {
                    "skipped"
                }
            };
        }
        let mut refuse = |reason| self.refusals.add(waiting.line, waiting.row.address.as_str(), reason);
        match outcome {
            ImportOutcome::Added | ImportOutcome::Activated => {
                report.added += u64::from(outcome == ImportOutcome::Added);
                report.activated += u64::from(outcome == ImportOutcome::Activated);
                match waiting.said {
                    Said::Active => report.active += 1,
                    Said::Paused => report.paused += 1,
                    _ => report.pending += 1,
                }
            }
            ImportOutcome::Unchanged | ImportOutcome::Waiting => report.unchanged += 1,
            ImportOutcome::Dated => {
                report.unchanged += 1;
                report.dated += 1;
            }
            ImportOutcome::Noted if waiting.said == Said::Gone(SuppressionReason::Unsubscribed) => {
                report.left += 1
            }
            ImportOutcome::Noted => report.suppressed += 1,
            ImportOutcome::LeftBefore => refuse(RowReason::LeftHere),
            ImportOutcome::Suppressed => refuse(RowReason::SuppressedHere),
            ImportOutcome::FollowsHere => refuse(RowReason::FollowsHere),
        }
    }

    /// Queues confirmations as a sign-up would, within the same limits (S2).
    async fn ask(&mut self, addresses: &[EmailAddress], confirm: Confirm) -> Result<(), ImportFault> {
        let evidence = Evidence { source: Some(self.source.clone()), ..Evidence::default() };
        let sign_ups: Vec<SignUp> = addresses
            .iter()
            .map(|address| SignUp {
                blog_id: self.blog.id,
                address: address.clone(),
                frequency: Frequency::default(),
                evidence: evidence.clone(),
                flow: Flow::SignUp,
                is_hosted: false,
                expires_at: confirm.expires_at,
                limits: SignUpLimits::default(),
                kind: ConsentKind::Asked,
            })
            .collect();
        let sent: Mutex<Vec<bool>> = Mutex::default();
        let decide = |facts: &SignUpFacts| {
            let mut step = sign_up_step(facts);
            // Who confirmed in between has nothing to be asked.
            if facts.status == Some(SubscriptionStatus::Active) {
                step = SignUpStep { status: SubscriptionStatus::Active, send: false, ..step };
            }
            sent.lock().push(step.send);
            step
        };
        let answers = self.store.sign_up_all(&sign_ups, &decide, self.now).await;
        for answer in answers {
            answer.map_err(|source| ImportFault::Store { taken: self.taken(), source })?;
        }
        // A transaction that had to begin again decided again: the last ones hold.
        let sent = sent.into_inner();
        let last = &sent[sent.len().saturating_sub(addresses.len())..];
        let asked = last.iter().filter(|is_sent| **is_sent).count() as u64;
        self.report.asked += asked;
        self.report.not_asked += addresses.len() as u64 - asked;
        Ok(())
    }
}
