//! `suppression import`: people who get no mail, from our own list or anybody's.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::erased;
use crate::app::App;
use crate::cli::refusals::{Refusals, progress, shorten};
use crate::cli::sheet::{Cells, Sheet};
use crate::cli::sheet_columns::{REASON, moment_of, reason_of};
use crate::cli::{blog_of, print};
use crate::domain::{BlogId, EmailAddress, Keys, Slug, SuppressionReason, Timestamp};
use crate::store::{NewSuppression, Suppressed};

/// Entries of one commit.
const BATCH: usize = 2_000;

/// Add a list from another service or from `suppression export`
///
/// A table with a column of addresses; columns for reason, date and blog are
/// found by their headings. Without a reason an entry is "manual": no mail of
/// any kind. "unsubscribed" is about one blog, all others are about all. The
/// stronger of two reasons stays, so nothing that holds is lost.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell suppression import suppressions.csv\n  postbell suppression import bounces.csv --reason bounced"
)]
pub(in crate::cli) struct ImportArgs {
    file: PathBuf,
    /// The blog of those who unsubscribed [default: the file's own column, or the only blog]
    #[arg(long)]
    blog: Option<Slug>,
    /// The reason of entries without one [default: manual]
    #[arg(long, value_parser = ["bounced", "complained", "manual", "unsubscribed"])]
    reason: Option<String>,
    /// Report what the import would do, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    dry_run: bool,
    /// Rows read.
    rows: u64,
    /// Entries that can be taken.
    taken: u64,
    /// Of these, new here or with a stronger reason than before; 0 with --dry-run.
    written: u64,
    #[serde(flatten)]
    refusals: Refusals,
}

/// What stands beside the file.
struct Rules<'a> {
    keys: &'a Keys,
    blogs: HashMap<String, BlogId>,
    /// The blog of those who unsubscribed and name none.
    blog: Option<BlogId>,
    reason: SuppressionReason,
    /// Whether the file is one of our own.
    is_ours: bool,
    now: Timestamp,
}

pub(super) async fn run(args: ImportArgs, app: &App) -> anyhow::Result<()> {
    let blogs: HashMap<_, _> =
        app.store.list_blogs().await?.into_iter().map(|blog| (blog.slug.to_string(), blog.id)).collect();
    let blog = match &args.blog {
        Some(slug) => Some(blog_of(app, slug.as_str()).await?.id),
        None => blogs.values().next().copied().filter(|_| blogs.len() == 1),
    };
    let reason = args.reason.as_deref().and_then(SuppressionReason::parse);
    let reason = reason.unwrap_or(SuppressionReason::Manual);
    let mut sheet = Sheet::open(&args.file, &REASON)?;
    let is_ours = sheet.columns().hash.is_some();
    let rules = Rules { keys: &app.keys, blogs, blog, reason, is_ours, now: app.clock.now() };
    let bar = progress(&args.file);
    let mut report = Report { dry_run: args.dry_run, ..Report::default() };
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = sheet.next_row()? {
        report.rows += 1;
        match rules.judge(&row.cells) {
            Ok(entry) => batch.push(entry),
            Err(reason) => report.refusals.add(row.line, &row.cells.address, reason),
        }
        if batch.len() == BATCH {
            settle(app, &mut batch, &mut report).await?;
            bar.set_position(row.end_bytes);
        }
    }
    settle(app, &mut batch, &mut report).await?;
    bar.finish_and_clear();
    if args.json {
        return print::json(&report);
    }
    show(&report)
}

impl Rules<'_> {
    /// What a row asks for, or why it is not taken.
    fn judge(&self, cells: &Cells) -> Result<NewSuppression, String> {
        let who = match &cells.hash {
            Some(name) if cells.address.is_empty() => Suppressed::Hash(erased::hash(self.keys, name)?),
            // Only our own list has the column, and the apostrophe.
            _ if self.is_ours => address(cells.address.strip_prefix('\'').unwrap_or(&cells.address))?,
            _ => address(&cells.address)?,
        };
        let reason = match &cells.status {
            None => self.reason,
            Some(word) => reason_of(word).ok_or_else(|| {
                format!("the reason {:?} is not known; leave it empty and say --reason", shorten(word))
            })?,
        };
        let blog_id = match (reason, &cells.blog) {
            (SuppressionReason::Unsubscribed, Some(slug)) => {
                Some(*self.blogs.get(slug).ok_or_else(|| format!("there is no blog {:?}", shorten(slug)))?)
            }
            (SuppressionReason::Unsubscribed, None) => {
                Some(self.blog.ok_or("who unsubscribed left one blog; say which with --blog")?)
            }
            _ => None,
        };
        let at = cells.at.as_deref().and_then(moment_of).filter(|at| *at <= self.now);
        Ok(NewSuppression { who, blog_id, reason, at: at.unwrap_or(self.now) })
    }
}

fn address(text: &str) -> Result<Suppressed, String> {
    if text.is_empty() {
        return Err("there is no address".to_owned());
    }
    let address = EmailAddress::parse(text).map_err(|_| "this is not an email address".to_owned())?;
    Ok(Suppressed::Address(address))
}

async fn settle(app: &App, batch: &mut Vec<NewSuppression>, report: &mut Report) -> anyhow::Result<()> {
    if !report.dry_run && !batch.is_empty() {
        report.written += app.store.import_suppressions(batch).await.with_context(|| {
            format!("{} were taken before this; the same import again goes on from there", report.taken)
        })?;
    }
    report.taken += batch.len() as u64;
    batch.clear();
    Ok(())
}

fn show(report: &Report) -> anyhow::Result<()> {
    let number = |count: u64| print::number(i64::try_from(count).unwrap_or(i64::MAX));
    let mut rows = vec![vec!["rows read".to_owned(), number(report.rows)]];
    if report.dry_run {
        rows.push(vec!["would be taken".to_owned(), number(report.taken)]);
    } else {
        rows.push(vec!["new, or for a stronger reason".to_owned(), number(report.written)]);
        rows.push(vec!["there already".to_owned(), number(report.taken - report.written)]);
    }
    rows.push(vec!["not taken".to_owned(), number(report.refusals.refused)]);
    print::table(&["what", "rows#"], rows)?;
    report.refusals.show()?;
    if report.dry_run {
        print::line("\nNothing was written.")?;
    }
    Ok(())
}
