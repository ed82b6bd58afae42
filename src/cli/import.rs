//! `import`: followers from a file. It sends no mail and never revives who left.

use std::collections::{HashSet, hash_map::RandomState};
use std::hash::BuildHasher as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::refusals::{Refusals, shorten};
use super::sheet::{Row, Sheet};
use super::sheet_columns::{STATUS, Word, moment_of, word_of};
use super::{blog_or_only, print};
use crate::app::App;
use crate::domain::{BlogId, ConsentKind, EmailAddress, Slug, SubscriptionStatus, Timestamp};
use crate::store::{ImportOutcome, ImportRow};

/// Rows of one commit.
const BATCH: usize = 2_000;

/// Import followers from a CSV file
///
/// Any delimiter, with or without a heading; the column of addresses is found
/// by its heading or by what it holds. No mail goes out: imported followers
/// get posts from the next one on. Whoever left, here or in the file, is not
/// imported.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell import followers.csv --blog kim --dry-run\n  postbell import followers.csv --blog kim --status active"
)]
pub(super) struct ImportArgs {
    file: PathBuf,
    /// Which blog; may be left out when there is one only
    #[arg(long)]
    blog: Option<Slug>,
    /// Their status [default: the file's own column, else pending]
    ///
    /// `active` for people who agreed to these mails before, and can show it.
    #[arg(long, value_parser = ["active", "pending"])]
    status: Option<String>,
    /// Report what the import would do, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What became of a file, or with --dry-run: what would.
#[derive(Debug, Default, Serialize)]
struct Report {
    blog: String,
    dry_run: bool,
    /// Rows read.
    rows: u64,
    added: u64,
    activated: u64,
    unchanged: u64,
    #[serde(flatten)]
    refusals: Refusals,
}

/// Addresses met so far, by 128 bits of a keyed hash each.
struct Seen {
    keys: HashSet<u128>,
    hashers: [RandomState; 2],
}

impl Seen {
    fn is_new(&mut self, address: &EmailAddress) -> bool {
        let key = address.key();
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(&key)));
        self.keys.insert(high << 64 | low)
    }
}

pub(super) async fn run(args: ImportArgs, app: &App) -> anyhow::Result<()> {
    let blog = blog_or_only(app, args.blog.as_ref().map(Slug::as_str)).await?;
    let mut sheet = Sheet::open(&args.file, &STATUS)?;
    let asked = args.status.as_deref().and_then(SubscriptionStatus::parse);
    let name = args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let source = format!("import {}", print::clean(&name));
    let now = app.clock.now();
    let mut report = Report { blog: blog.slug.to_string(), dry_run: args.dry_run, ..Report::default() };
    let mut seen = Seen { keys: HashSet::new(), hashers: [RandomState::new(), RandomState::new()] };
    let bar = super::refusals::progress(&args.file);
    let mut batch = Vec::with_capacity(BATCH);
    let mut lines = Vec::with_capacity(BATCH);
    while let Some(row) = sheet.next_row()? {
        report.rows += 1;
        match judge(&row, asked, now, &source, &mut seen) {
            Err(reason) => report.refusals.add(row.line, &row.cells.address, reason),
            Ok(ready) => {
                batch.push(ready);
                lines.push(row.line);
            }
        }
        if batch.len() == BATCH {
            settle(app, blog.id, &mut batch, &mut lines, now, &mut report).await?;
            bar.set_position(row.end_bytes);
        }
    }
    settle(app, blog.id, &mut batch, &mut lines, now, &mut report).await?;
    bar.finish_and_clear();
    if args.json {
        return print::json(&report);
    }
    show(&report, &sheet)
}

/// What a row asks for, or why it is not taken.
fn judge(
    row: &Row,
    asked: Option<SubscriptionStatus>,
    now: Timestamp,
    source: &str,
    seen: &mut Seen,
) -> Result<ImportRow, String> {
    let cells = &row.cells;
    if cells.address.is_empty() {
        return Err("there is no address".to_owned());
    }
    let address =
        EmailAddress::parse(&cells.address).map_err(|_| "this is not an email address".to_owned())?;
    let status = match (cells.status.as_deref().map(|word| (word, word_of(word))), asked) {
        (Some((word, Some(Word::Gone))), _) => return Err(format!("the file says {:?}", shorten(word))),
        (_, Some(asked)) => asked,
        (Some((_, Some(Word::Is(status)))), None) => status,
        (Some((word, None)), None) => {
            return Err(format!("the status {:?} is not known; say --status", shorten(word)));
        }
        (None, None) => SubscriptionStatus::Pending,
    };
    if !seen.is_new(&address) {
        return Err("it stands in the file before".to_owned());
    }
    let at = cells.at.as_deref().and_then(moment_of).filter(|at| *at <= now);
    Ok(ImportRow { address, status, at, source: source.to_owned() })
}

/// Imports a batch, or asks what its import would do.
async fn settle(
    app: &App,
    blog: BlogId,
    batch: &mut Vec<ImportRow>,
    lines: &mut Vec<u64>,
    now: Timestamp,
    report: &mut Report,
) -> anyhow::Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let outcomes = if report.dry_run {
        app.store.preview_import(blog, batch, now).await?
    } else {
        app.store.import(blog, batch, ConsentKind::Imported, now).await.map_err(|error| {
            let kept = report.added + report.activated;
            let advice =
                format!("{kept} were imported before this; the same import again goes on from there");
            anyhow::Error::new(error).context(advice)
        })?
    };
    for ((row, line), outcome) in batch.iter().zip(lines.iter()).zip(outcomes) {
        match outcome {
            ImportOutcome::Added => report.added += 1,
            ImportOutcome::Activated => report.activated += 1,
            ImportOutcome::Unchanged => report.unchanged += 1,
            ImportOutcome::LeftBefore => {
                report.refusals.add(*line, row.address.as_str(), "it left before".to_owned())
            }
            ImportOutcome::Suppressed => {
                report.refusals.add(*line, row.address.as_str(), "it is suppressed".to_owned())
            }
        }
    }
    batch.clear();
    lines.clear();
    Ok(())
}

fn show(report: &Report, sheet: &Sheet<std::fs::File>) -> anyhow::Result<()> {
    let number = |count: u64| print::number(i64::try_from(count).unwrap_or(i64::MAX));
    let place = |at: Option<usize>| at.map_or("none".to_owned(), |at| format!("column {}", at + 1));
    let columns = sheet.columns();
    print::facts(&[
        ("addresses", place(Some(columns.address))),
        ("status", place(columns.status)),
        ("date", place(columns.at)),
    ])?;
    let mut rows = vec![vec!["rows read".to_owned(), number(report.rows)]];
    let [added, activated, refused] = if report.dry_run {
        ["would be added", "would be activated", "would not be taken"]
    } else {
        ["added", "activated", "not taken"]
    };
    rows.push(vec![added.to_owned(), number(report.added)]);
    rows.push(vec![activated.to_owned(), number(report.activated)]);
    rows.push(vec!["there already".to_owned(), number(report.unchanged)]);
    rows.push(vec![refused.to_owned(), number(report.refusals.refused)]);
    print::line("")?;
    print::table(&["what", "rows#"], rows)?;
    report.refusals.show()?;
    if report.dry_run {
        print::line("\nNothing was written.")?;
    }
    Ok(())
}
