//! Those who get no mail, from our own list or anybody's. What a file says
//! counts for one blog, unless the operator says that it is for all (I5).

use std::collections::HashMap;
use std::io::{Read, Seek};

use serde::Serialize;

use super::look::Looked;
use super::report::{Counted, FileFacts, Refusals, Refused, Shown, is_shown};
use super::{BATCH, ImportFault};
use crate::domain::import::{Entry, RowReason, Said, Who};
use crate::domain::{BlogId, SuppressionReason, Timestamp};
use crate::operate::Actor;
use crate::store::{NewSuppression, Store, Suppressed};

/// For which blogs a list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This one.
    Blog(BlogId),
    /// All, as the operator says.
    All,
}

/// What the operator wants of such an import.
#[derive(Debug, Clone)]
pub struct SuppressionWish {
    /// For which blogs.
    pub scope: Scope,
    /// The reason of rows that say none; else the file's name says it, or it is
    /// the operator's own.
    pub reason: Option<SuppressionReason>,
    /// Only tell what would be done.
    pub is_dry_run: bool,
}

/// What became of a list.
#[derive(Debug, Clone, Serialize)]
pub struct SuppressionReport {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// How the file was understood.
    pub file: FileFacts,
    /// The first rows, as they were understood.
    pub first: Vec<Shown>,
    /// Rows read.
    pub rows: u64,
    /// Rows that can be taken.
    pub taken: u64,
    /// Of these, new here or with a stronger reason than before; 0 with a dry run.
    pub written: u64,
    /// Not taken.
    pub refused: u64,
    /// How many for which reason.
    pub reasons: Vec<Counted>,
    /// The first of them.
    pub lines: Vec<Refused>,
}

type HashOf<'a> = &'a dyn Fn(&str) -> Result<String, RowReason>;

/// What stands beside the file.
struct Rules<'a> {
    /// Reads the name by which a list of ours calls an erased person.
    hash_of: HashOf<'a>,
    blogs: HashMap<String, BlogId>,
    wish: &'a SuppressionWish,
    /// The reason of rows that say none.
    reason: SuppressionReason,
    /// Whether the file is one of our own, which says itself for which blogs.
    is_ours: bool,
    now: Timestamp,
}

/// Imports a list that was looked through.
///
/// # Errors
/// Why it ended early; what was taken stays.
#[expect(clippy::too_many_arguments, reason = "who, where, what and when of one act")]
pub async fn import_suppressions<R: Read + Seek>(
    store: &dyn Store,
    actor: &Actor,
    hash_of: HashOf<'_>,
    file: &mut R,
    looked: &Looked,
    wish: &SuppressionWish,
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<SuppressionReport, ImportFault> {
    let Actor::Operator = actor;
    let failed = |taken| move |source| ImportFault::Store { taken, source };
    let blogs = store.list_blogs().await.map_err(failed(0))?;
    let blogs: HashMap<_, _> = blogs.into_iter().map(|blog| (blog.slug.to_string(), blog.id)).collect();
    let is_ours = looked.is_ours();
    let reason = wish.reason.or_else(|| looked.reason_of_name()).unwrap_or(SuppressionReason::Manual);
    let rules = Rules { hash_of, blogs, wish, reason, is_ours, now };
    let mut report = SuppressionReport {
        dry_run: wish.is_dry_run,
        file: looked.facts(),
        first: Vec::new(),
        rows: 0,
        taken: 0,
        written: 0,
        refused: 0,
        reasons: Vec::new(),
        lines: Vec::new(),
    };
    let (mut refusals, mut batch) = (Refusals::default(), Vec::with_capacity(BATCH));
    let mut rows = looked.rows(file)?;
    loop {
        let row = rows.next(looked)?;
        let is_over = row.is_none();
        if is_over || batch.len() >= BATCH {
            if !wish.is_dry_run && !batch.is_empty() {
                report.written += store.import_suppressions(&batch).await.map_err(failed(report.taken))?;
            }
            batch.clear();
            if let Some(row) = &row {
                progress(row.end_bytes);
            }
        }
        let Some(row) = row else { break };
        for entry in row.entries {
            report.rows += 1;
            let shown = rules.shown(row.line, &entry).filter(|_| is_shown(&report.first));
            match rules.judge(entry) {
                Ok(entries) => {
                    report.first.extend(shown);
                    report.taken += 1;
                    batch.extend(entries);
                }
                Err((shown, reason)) => refusals.add(row.line, &shown, reason),
            }
        }
    }
    let (refused, reasons, lines) = refusals.done();
    Ok(SuppressionReport { refused, reasons, lines, ..report })
}

impl Rules<'_> {
    /// An address of a row, as it is understood; nothing of who is known by a
    /// hash alone.
    fn shown(&self, line: u64, entry: &Entry) -> Option<Shown> {
        let Entry::Taken { who: Who::Address(address), said, at, .. } = entry else { return None };
        let becomes = if let Said::Gone(reason) = said { *reason } else { self.reason };
        let (says, becomes) = (said.as_str(), becomes.as_str());
        Some(Shown { line, address: address.clone(), says, becomes, at: *at })
    }

    /// What an address of a row comes to, or why it is not taken.
    fn judge(&self, entry: Entry) -> Result<Vec<NewSuppression>, (String, RowReason)> {
        let (who, said, at, blog) = match entry {
            Entry::Refused { shown, reason } => return Err((shown, reason)),
            Entry::Taken { who, said, at, blog, .. } => (who, said, at, blog),
        };
        let shown = match &who {
            Who::Address(address) => address.to_string(),
            Who::Hash(hash) => hash.clone(),
        };
        let no = |reason| (shown.clone(), reason);
        let reason = match said {
            Said::Gone(reason) => reason,
            Said::Nothing => self.reason,
            Said::Active | Said::Paused | Said::Pending => return Err(no(RowReason::Active)),
            Said::Skipped => return Err(no(RowReason::Contact)),
        };
        let who = match who {
            Who::Address(address) => Suppressed::Address(address),
            Who::Hash(name) => Suppressed::Hash((self.hash_of)(&name).map_err(&no)?),
        };
        let named = match &blog {
            Some(slug) => {
                Some(*self.blogs.get(slug).ok_or_else(|| no(RowReason::NoBlog { blog: slug.clone() }))?)
            }
            None => None,
        };
        let scopes: Vec<Option<BlogId>> = match (named, self.wish.scope) {
            (Some(id), _) => vec![Some(id)],
            // A list of ours names no blog where it was for all.
            (None, _) if self.is_ours && reason != SuppressionReason::Unsubscribed => vec![None],
            (None, Scope::Blog(id)) => vec![Some(id)],
            // Who leaves, leaves blogs: only so may they come back to one.
            (None, Scope::All) if reason == SuppressionReason::Unsubscribed => {
                self.blogs.values().map(|id| Some(*id)).collect()
            }
            (None, Scope::All) => vec![None],
        };
        let at = at.unwrap_or(self.now);
        let entry = |blog_id| NewSuppression { who: who.clone(), blog_id, reason, at };
        Ok(scopes.into_iter().map(entry).collect())
    }
}
