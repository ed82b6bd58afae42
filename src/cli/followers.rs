//! `followers`: how many follow, how that grows, where they come from.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::{blog_of, chart, print};
use crate::app::App;
use crate::domain::{Blog, Slug};
use crate::store::{FollowerCounts, GrowthDay};

/// How many follow each blog, growth by day, sources
///
/// A follower is an active subscription, paused ones included, whose address
/// is not suppressed. Days are UTC.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell followers\n  postbell followers kim --days 90 --chart growth.svg"
)]
pub(super) struct FollowersArgs {
    /// Only this blog
    slug: Option<Slug>,
    /// Days of growth
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Draw the growth as a picture
    #[arg(long, value_name = "FILE.svg")]
    chart: Option<PathBuf>,
}

/// One blog's numbers.
#[derive(Debug, Serialize)]
struct Numbers {
    slug: String,
    #[serde(flatten)]
    counts: FollowerCounts,
    growth: Vec<GrowthDay>,
    #[serde(skip)]
    title: String,
}

pub(super) async fn run(args: FollowersArgs, app: &App) -> anyhow::Result<()> {
    let blogs: Vec<Blog> = match &args.slug {
        Some(slug) => vec![blog_of(app, slug.as_str()).await?],
        None => app.store.list_blogs().await?,
    };
    let now = app.clock.now();
    let mut all = Vec::new();
    for blog in &blogs {
        all.push(Numbers {
            slug: blog.slug.to_string(),
            counts: app.store.follower_counts(blog.id, now).await?,
            growth: app.store.growth(blog.id, args.days, now).await?,
            title: blog.title.clone(),
        });
    }
    if let Some(file) = &args.chart {
        let panels: Vec<chart::Panel<'_>> = all
            .iter()
            .map(|n| chart::Panel { title: &n.title, followers: n.counts.followers, growth: &n.growth })
            .collect();
        std::fs::write(file, chart::draw(&panels))
            .with_context(|| format!("{} cannot be written; name another file", file.display()))?;
    }
    if args.json {
        return print::json(&serde_json::json!({ "blogs": all }));
    }
    if blogs.is_empty() {
        return print::line("There is no blog yet. Add one: postbell blog add https://blog.example.org");
    }
    let growth = format!("last {} days", args.days);
    let headings =
        ["blog", "followers#", "paused#", "pending#", "ended#", "suppressed#", &growth, "new#", "left#"];
    print::table(&headings, all.iter().map(row).collect())?;
    for blog in &blogs {
        let sources = app.store.sources(blog.id).await?;
        if sources.is_empty() {
            continue;
        }
        print::line(&format!("\nSources of {}", blog.slug))?;
        let rows = sources.iter().map(|s| vec![s.source.clone(), print::number(s.followers)]);
        print::table(&["source", "followers#"], rows.collect())?;
    }
    if let Some(file) = &args.chart {
        print::line(&format!("\nThe growth is drawn in {}.", file.display()))?;
    }
    Ok(())
}

fn row(numbers: &Numbers) -> Vec<String> {
    let c = &numbers.counts;
    let confirmed: Vec<i64> = numbers.growth.iter().map(|day| day.confirmed).collect();
    let mut row = vec![numbers.slug.clone()];
    row.extend([c.followers, c.paused, c.pending, c.ended, c.suppressed].map(print::number));
    row.push(sparkline(&confirmed, 30));
    row.push(print::number(confirmed.iter().sum()));
    row.push(print::number(numbers.growth.iter().map(|day| day.ended).sum()));
    row
}

/// A row of block characters, at most `width`; more values than that are
/// summed in groups, so that no day is left out. Nothing at all is a dot.
fn sparkline(values: &[i64], width: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let group = values.len().div_ceil(width.max(1)).max(1);
    let sums: Vec<i64> = values.rchunks(group).rev().map(|group| group.iter().sum()).collect();
    let most = sums.iter().copied().max().unwrap_or(0).max(1);
    let block = |value: i64| match value {
        ..=0 => '·',
        value => BLOCKS[usize::try_from((value * 8 - 1) / most).unwrap_or(0).min(7)],
    };
    sums.into_iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_shows_every_day_and_the_highest_as_a_full_block() {
        assert_eq!(sparkline(&[0, 1, 4, 8], 30), "·▁▄█");
        assert_eq!(sparkline(&[0, 0], 30), "··");
        assert_eq!(sparkline(&[1, 1, 1, 1, 1], 3), "▄██");
        assert_eq!(sparkline(&[], 30), "");
    }
}
