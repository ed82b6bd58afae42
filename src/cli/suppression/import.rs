//! `suppression import`: people who get no mail, from our own list or anybody's.

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::erased;
use crate::app::App;
use crate::cli::import::{map_column, map_status, order_of, show_first};
use crate::cli::refusals::{self, explain, with_sentences};
use crate::cli::{blog_or_only, print};
use crate::domain::import::{Choices, Said, fold};
use crate::domain::{Slug, SuppressionReason};
use crate::operate::Actor;
use crate::operate::import::{Scope, SuppressionReport, SuppressionWish, import_suppressions, look};

/// Add a list from another service or from `suppression export`
///
/// A table with a column of addresses; columns for reason, date and blog are
/// found by their headings. Without a reason the file's name says it, such as
/// unsubscribed.csv, else an entry is "manual": no mail of any kind. The list counts for one blog; with --all-blogs for all of them.
/// Who "unsubscribed" may sign up again. The stronger of two reasons stays, so
/// nothing that holds is lost. A list of `suppression export` says itself for
/// which blogs it counts.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell suppression import suppressions.csv --blog kim\n  postbell suppression import bounces.csv --reason bounced --all-blogs"
)]
pub(in crate::cli) struct ImportArgs {
    file: PathBuf,
    /// For which blog; may be left out when there is one only
    #[arg(long, conflicts_with = "all_blogs")]
    blog: Option<Slug>,
    /// For all blogs
    #[arg(long)]
    all_blogs: bool,
    /// The reason of entries without one [default: what the file's name says, else manual]
    #[arg(long, value_parser = ["bounced", "complained", "manual", "unsubscribed"])]
    reason: Option<String>,
    /// What a word means that nobody knows, such as 'Weg=unsubscribed'
    #[arg(long, value_name = "WORD=REASON", value_parser = map_status)]
    map_status: Vec<(String, Said)>,
    /// What yes, or a date, means in a column, such as 'Weg=unsubscribed'
    #[arg(long, value_name = "COLUMN=REASON", value_parser = map_column)]
    map_column: Vec<(String, Said)>,
    /// Whether the day or the month comes first in dates such as 03/04/2024
    #[arg(long, value_parser = ["dmy", "mdy"])]
    dates: Option<String>,
    /// Report what the import would do, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: ImportArgs, app: &App, stop: &CancellationToken) -> anyhow::Result<()> {
    let shown = args.file.display().to_string();
    let mut file = File::open(&args.file).with_context(|| format!("{shown} cannot be read"))?;
    let reason = args.reason.as_deref().and_then(SuppressionReason::parse);
    let choices = Choices {
        // What is said of rows that say nothing.
        status: reason.map(Said::Gone),
        words: args.map_status.iter().map(|(word, said)| (fold(word), *said)).collect(),
        columns: args.map_column.iter().map(|(column, said)| (fold(column), *said)).collect(),
        order: args.dates.as_deref().map(order_of),
    };
    let now = app.clock.now();
    let name = args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let looked = look(&mut file, &name, true, &choices, now).map_err(|fault| explain(&shown, fault))?;
    let scope = if args.all_blogs || (looked.is_ours() && args.blog.is_none()) {
        Scope::All
    } else {
        let blog = blog_or_only(app, args.blog.as_ref().map(Slug::as_str)).await;
        Scope::Blog(blog.context("a list counts for one blog, or with --all-blogs for all")?.id)
    };
    let wish = SuppressionWish { scope, reason, is_dry_run: args.dry_run };
    let bar = refusals::progress(&args.file);
    let mut progress = |bytes| bar.set_position(bytes);
    let hash_of = |name: &str| erased::hash(&app.keys, name);
    let (store, actor) = (app.store.as_ref(), Actor::Operator);
    let done = tokio::select! {
        done = import_suppressions(store, &actor, &hash_of, &mut file, &looked, &wish, now, &mut progress) => done,
        () = stop.cancelled() => return Err(refusals::stopped(&shown, &bar, args.dry_run)),
    };
    bar.finish_and_clear();
    let report = done.map_err(|fault| explain(&shown, fault))?;
    if args.json {
        return print::json(&with_sentences(&report)?);
    }
    show(&report)
}

fn show(report: &SuppressionReport) -> anyhow::Result<()> {
    let number = |count: u64| print::number(i64::try_from(count).unwrap_or(i64::MAX));
    show_first(&report.first)?;
    print::line(if report.dry_run { "\nWhat would become of them" } else { "\nWhat became of them" })?;
    let mut rows = vec![vec!["rows read".to_owned(), number(report.rows)]];
    if report.dry_run {
        rows.push(vec!["would be taken".to_owned(), number(report.taken)]);
    } else {
        rows.push(vec!["new, or for a stronger reason".to_owned(), number(report.written)]);
        rows.push(vec!["there already".to_owned(), number(report.taken.saturating_sub(report.written))]);
    }
    rows.push(vec!["not taken".to_owned(), number(report.refused)]);
    print::table(&["what", "rows#"], rows)?;
    refusals::show(report.refused, &report.reasons, &report.lines)?;
    if report.dry_run {
        print::line("\nNothing was written.")?;
    }
    Ok(())
}
