//! `mailing show`: how far one mailing is.

use std::collections::VecDeque;
use std::io::IsTerminal as _;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::progress::{Progress, WINDOW_MS};
use super::{get, is_over, object, slugs, waits};
use crate::app::App;
use crate::cli::print;
use crate::domain::Mailing;
use crate::store::{Breakdown, DeliveryCounts};
use crate::templates::sentence;

/// Domains that are named.
const DOMAINS: usize = 20;

/// Show how far one mailing is, how fast it goes, and by which domains
///
/// The domains and the rate read each of its deliveries once: about two
/// seconds for a million. --follow reads counts only, and is cheap.
#[derive(Args)]
pub(in crate::cli) struct ShowArgs {
    /// Its number, from `mailing list`
    number: i64,
    /// Look again each second, one line, until it is over
    #[arg(long, conflicts_with = "json")]
    follow: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: ShowArgs, app: &App) -> anyhow::Result<()> {
    let mailing = get(args.number, app).await?;
    if args.follow {
        return follow(mailing, app).await;
    }
    let slugs = slugs(app).await?;
    let mailing = waits::now(app).await?.noted(mailing);
    let now = app.clock.now();
    let counts = app.store.count_deliveries(mailing.id).await?;
    // A mailing that is younger than the window has not had all of it.
    let since = now.plus_ms(-WINDOW_MS).max(mailing.created_at.min(now));
    let Breakdown { domains, settled_since } = app.store.break_down(mailing.id, since).await?;
    let progress = Progress::new(counts, settled_since, since, now);
    let (named, rest) = domains.split_at(domains.len().min(DOMAINS));
    let others = rest.iter().fold(DeliveryCounts::default(), |sum, (_, own)| DeliveryCounts {
        queued: sum.queued + own.queued,
        sent: sum.sent + own.sent,
        failed: sum.failed + own.failed,
        withheld: sum.withheld + own.withheld,
    });
    if args.json {
        let mut object = object(&mailing, &slugs)?;
        object["deliveries"] = serde_json::to_value(counts)?;
        object["progress"] = progress.object();
        let named = named.iter().map(|(domain, own)| {
            let mut row = serde_json::to_value(own)?;
            row["domain"] = json!(domain);
            Ok(row)
        });
        object["domains"] = named.collect::<anyhow::Result<Vec<_>>>()?.into();
        object["other_domains"] = serde_json::to_value(others)?;
        object["other_domains"]["domains"] = json!(rest.len());
        return print::json(&object);
    }
    print::facts(&[
        ("number", mailing.id.to_string()),
        ("blog", slugs.get(&mailing.blog_id).cloned().unwrap_or_default()),
        ("kind", mailing.kind.as_str().to_owned()),
        ("title", mailing.content.title.clone()),
        ("page", mailing.content.link.clone().unwrap_or_default()),
        ("status", mailing.status.as_str().to_owned()),
        ("reason", mailing.reason.as_ref().map(sentence).unwrap_or_default()),
        ("begun", print::moment(Some(mailing.created_at))),
        ("finished", print::moment(mailing.finished_at)),
        ("progress", progress.line()),
    ])?;
    let row = |name: &str, own: &DeliveryCounts| {
        let numbers = [own.queued, own.sent, own.failed, own.withheld].map(print::number);
        [vec![name.to_owned()], numbers.to_vec()].concat()
    };
    let mut rows = vec![row("all", &counts)];
    rows.extend(named.iter().map(|(domain, own)| row(domain, own)));
    if !rest.is_empty() {
        rows.push(row(&format!("{} other domains", print::number(rest.len() as i64)), &others));
    }
    print::line("")?;
    print::table(&["deliveries", "queued#", "sent#", "failed#", "withheld#"], rows)
}

/// One line a second; on a terminal in the same place.
async fn follow(mut mailing: Mailing, app: &App) -> anyhow::Result<()> {
    let is_terminal = std::io::stdout().is_terminal();
    let mut looks = VecDeque::new();
    loop {
        let now = app.clock.now();
        let counts = app.store.count_deliveries(mailing.id).await?;
        let over = counts.total() - counts.queued;
        looks.push_back((now, over));
        while looks.len() > 2 && looks.front().is_some_and(|(at, _)| now.since_ms(*at) > WINDOW_MS) {
            looks.pop_front();
        }
        let (from, before) = looks.front().copied().unwrap_or((now, over));
        let line = Progress::new(counts, over - before, from, now).line();
        let status = mailing.status.as_str();
        let is_last = is_over(mailing.status);
        let end = if is_terminal && !is_last { "" } else { "\n" };
        let start = if is_terminal { "\r\u{1b}[K" } else { "" };
        print::text_as_is(&format!("{start}{status:8} {line}{end}"))?;
        if is_last {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        mailing = get(mailing.id.0, app).await?;
    }
}
