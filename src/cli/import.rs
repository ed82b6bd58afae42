//! `import`: followers from a file. Arguments, words and tables; what is done
//! is `operate::import`'s.

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::refusals::{self, explain, with_sentences};
use super::{blog_or_only, print};
use crate::app::App;
use crate::domain::import::{Choices, Order, Said, fold};
use crate::domain::{HOUR_MS, Slug};
use crate::operate::Actor;
use crate::operate::import::{Confirm, Report, Section, Shown, Wish, import_followers, look};
use crate::templates::sentence_of_date;

/// Lines between rows that are shown on a terminal.
const SHOWN_SECTIONS: usize = 20;

/// Import followers from a CSV file
///
/// Any delimiter, with or without a heading; the columns are found by their
/// headings or by what they hold. No mail goes out unless it is asked for:
/// imported followers get posts from the next one on. Who left, never
/// confirmed, bounced or complained, here or by what the file says, gets none.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell import followers.csv --blog kim --dry-run\n  postbell import followers.csv --blog kim --status active\n  postbell import followers.csv --blog kim --map-status 'Stammleser=active'"
)]
pub(super) struct ImportArgs {
    file: PathBuf,
    /// Which blog; may be left out when there is one only
    #[arg(long)]
    blog: Option<Slug>,
    /// The status of rows that say none [default: pending]
    ///
    /// `active` for people who agreed to these mails before, and can show it.
    #[arg(long, value_parser = ["active", "pending"])]
    status: Option<String>,
    /// What a word means that nobody knows, such as 'Stammleser=active'
    ///
    /// One of active, pending, paused, unsubscribed, bounced, complained,
    /// manual, skipped, and nothing.
    #[arg(long, value_name = "WORD=STATUS", value_parser = map_status)]
    map_status: Vec<(String, Said)>,
    /// What yes, or a date, means in a column, such as 'Coffee=nothing'
    ///
    /// It counts more than the heading. One of nothing, unsubscribed, bounced, complained, manual, pending, and
    /// active where no is for those who left.
    #[arg(long, value_name = "COLUMN=STATUS", value_parser = map_column)]
    map_column: Vec<(String, Said)>,
    /// Whether the day or the month comes first in dates such as 03/04/2024
    #[arg(long, value_parser = ["dmy", "mdy"])]
    dates: Option<String>,
    /// Send pending followers the mail that asks them to confirm
    ///
    /// Within the limits of sign-ups: one a day, three in 90 days.
    #[arg(long)]
    send_confirmations: bool,
    /// Report what the import would do, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn map_status(text: &str) -> Result<(String, Said), String> {
    let (word, status) = text.rsplit_once('=').ok_or("write WORD=STATUS, like 'Stammleser=active'")?;
    let said = Said::parse(status.trim()).ok_or(
        "the status is one of active, pending, paused, unsubscribed, bounced, complained, manual, skipped, nothing",
    )?;
    Ok((word.to_owned(), said))
}

pub(super) fn map_column(text: &str) -> Result<(String, Said), String> {
    const WRITE: &str = "write COLUMN=STATUS, like 'Coffee=nothing'; the status is one of nothing, unsubscribed, \
                         bounced, complained, manual, pending, active";
    let (column, status) = text.rsplit_once('=').ok_or(WRITE)?;
    let said = Said::parse(status.trim()).filter(|said| !matches!(said, Said::Paused | Said::Skipped));
    Ok((column.to_owned(), said.ok_or(WRITE)?))
}

/// `dmy` or `mdy`.
pub(super) fn order_of(word: &str) -> Order {
    if word == "mdy" { Order::MonthFirst } else { Order::DayFirst }
}

pub(super) async fn run(args: ImportArgs, app: &App, stop: &CancellationToken) -> anyhow::Result<()> {
    let blog = blog_or_only(app, args.blog.as_ref().map(Slug::as_str)).await?;
    let shown = args.file.display().to_string();
    let mut file = File::open(&args.file).with_context(|| format!("{shown} cannot be read"))?;
    let name = args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = print::clean(&name);
    let now = app.clock.now();
    let choices = Choices {
        status: args.status.as_deref().and_then(Said::parse),
        words: args.map_status.iter().map(|(word, said)| (fold(word), *said)).collect(),
        columns: args.map_column.iter().map(|(column, said)| (fold(column), *said)).collect(),
        order: args.dates.as_deref().map(order_of),
    };
    let looked = look(&mut file, &name, false, &choices, now).map_err(|fault| explain(&shown, fault))?;
    let within_ms = i64::from(app.config.signup.confirm_within_hours) * HOUR_MS;
    let confirm = args.send_confirmations.then(|| Confirm { expires_at: now.plus_ms(within_ms) });
    let wish = Wish { choices, is_dry_run: args.dry_run, confirm };
    let bar = refusals::progress(&args.file);
    let mut progress = |bytes| bar.set_position(bytes);
    let (store, actor) = (app.store.as_ref(), Actor::Operator);
    let done = tokio::select! {
        done = import_followers(store, &actor, &blog, &mut file, &name, &looked, &wish, now, &mut progress) => done,
        () = stop.cancelled() => return Err(refusals::stopped(&shown, &bar, args.dry_run)),
    };
    bar.finish_and_clear();
    let report = done.map_err(|fault| explain(&shown, fault))?;
    if args.json {
        return print::json(&with_sentences(&report)?);
    }
    show(&report)
}

/// The first rows, as they are understood.
pub(super) fn show_first(first: &[Shown]) -> anyhow::Result<()> {
    let first = first.iter().map(|row| {
        let at = row.at.map_or_else(String::new, crate::domain::Timestamp::date);
        vec![row.line.to_string(), row.address.to_string(), row.says.to_owned(), row.becomes.to_owned(), at]
    });
    print::line("The first rows, as they are understood")?;
    print::table(&["line#", "address", "the file says", "becomes", "date"], first.collect())
}

fn show(report: &Report) -> anyhow::Result<()> {
    let number = |count: u64| print::number(i64::try_from(count).unwrap_or(i64::MAX));
    let file = &report.file;
    let or_none =
        |columns: &[String]| if columns.is_empty() { "none".to_owned() } else { columns.join(", ") };
    let delimiter = match file.delimiter {
        '\t' => "tab".to_owned(),
        ' ' => "space".to_owned(),
        sign => sign.to_string(),
    };
    print::facts(&[
        ("read as", format!("{}, cells between \"{delimiter}\"", file.encoding)),
        ("addresses", format!("column {}", file.addresses)),
        ("not taken from", file.other_addresses.join(", ")),
        ("status", or_none(&file.status)),
        ("dates", or_none(&file.dates)),
        ("empty columns", file.columns_empty.join(", ")),
        ("columns not used", file.columns_ignored.join(", ")),
        ("the name says", file.says.unwrap_or_default().to_owned()),
    ])?;
    print::line("")?;
    show_first(&report.first)?;
    if !report.sections.is_empty() {
        print::line("\nLines that speak for the rows below them")?;
        let rows = report.sections.iter().take(SHOWN_SECTIONS).map(|section| {
            let Section { line, text, says, rows } = section;
            vec![line.to_string(), text.clone(), (*says).to_owned(), number(*rows)]
        });
        print::table(&["line#", "text", "it says", "rows#"], rows.collect())?;
    }
    print::line(if report.dry_run { "\nWhat would become of them" } else { "\nWhat became of them" })?;
    let counts = [
        ("rows read", report.rows),
        ("active", report.active),
        ("paused", report.paused),
        ("pending", report.pending),
        ("there already", report.unchanged),
        ("left", report.left),
        ("suppressed", report.suppressed),
        ("skipped", report.refused),
    ];
    print::table(
        &["what", "rows#"],
        counts.iter().map(|(what, count)| vec![(*what).to_owned(), number(*count)]).collect(),
    )?;
    if report.dated > 0 {
        let (count, would) = (number(report.dated), if report.dry_run { "would be" } else { "is" });
        print::line(&format!("\nOf those who are there already the date of {count} {would} completed."))?;
    }
    if report.contradicted > 0 {
        let count = number(report.contradicted);
        print::line(&format!(
            "\nAddresses of which rows say different things: {count}. What allows the least mail counts."
        ))?;
    }
    if report.pending > 0 && report.asked + report.not_asked == 0 {
        print::line(
            "\nPending followers get no mail: not posts, and no question either. --send-confirmations asks them once.",
        )?;
    }
    if report.asked + report.not_asked > 0 {
        let (asked, not) = (number(report.asked), number(report.not_asked));
        print::line(&format!(
            "\nConfirmations: {asked} are on their way; {not} are not sent, as the address was asked often enough, \
             or is suppressed."
        ))?;
    }
    if report.dates.values().sum::<u64>() > 0 {
        print::line("\nDates that were not used; their rows were")?;
        let rows = report
            .dates
            .iter()
            .map(|(fault, count)| vec![sentence_of_date(*fault).to_owned(), number(*count)]);
        print::table(&["why", "rows#"], rows.collect())?;
    }
    refusals::show(report.refused, &report.reasons, &report.lines)?;
    if report.dry_run {
        print::line("\nNothing was written.")?;
    }
    Ok(())
}
