//! `feed inspect`: what the parser sees.

use std::io::Write as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Invocation, jsonl, print};
use crate::domain::{masked, without_secrets, without_secrets_of};
use crate::feeds::{self, Fetched, Validators};

/// For documents that nest deeply.
pub(super) const STACK_BYTES: usize = 256 * 1024 * 1024;
/// Largest file that is read.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// Look at feeds
#[derive(Subcommand)]
pub(super) enum FeedCommand {
    Inspect(InspectArgs),
}

/// Print what Postbell reads in a feed, from files or addresses
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell feed inspect https://blog.example.org/feed/\n  postbell feed inspect --jsonl *.xml"
)]
pub(super) struct InspectArgs {
    /// Files, or http(s) addresses
    #[arg(required = true, value_name = "FILE-or-URL")]
    targets: Vec<String>,
    /// Print JSON: one object for one feed, else a list
    #[arg(long, conflicts_with = "jsonl")]
    json: bool,
    /// Print one JSON object a line, in order
    #[arg(long)]
    jsonl: bool,
}

pub(super) fn run(command: FeedCommand, invocation: &Invocation) -> anyhow::Result<()> {
    let FeedCommand::Inspect(args) = command;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread =
            thread.spawn_scoped(scope, || inspect(&args, invocation)).context("no thread can be started")?;
        thread.join().unwrap_or_else(|_| anyhow::bail!("the feeds could not be read"))
    })
}

fn inspect(args: &InspectArgs, invocation: &Invocation) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut all = Vec::new();
    let mut refused = 0;
    for target in &args.targets {
        let seen = look(target, invocation);
        refused += usize::from(seen.get("error").is_some());
        if args.jsonl {
            jsonl::write(&mut out, &seen)?;
        } else {
            all.push(seen);
        }
    }
    out.flush()?;
    drop(out);
    if args.jsonl {
        // A refusal is an answer here, in its place among the others.
        return Ok(());
    }
    match (args.json, all.as_slice()) {
        (true, [one]) => print::json(one)?,
        (true, all) => print::json(all)?,
        (false, all) => all.iter().try_for_each(show)?,
    }
    anyhow::ensure!(refused == 0, "{refused} of {} could not be read as a feed", args.targets.len());
    Ok(())
}

fn look(target: &str, invocation: &Invocation) -> Value {
    // A defect in a parser costs one document, not the run.
    let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(target, invocation)));
    match seen.unwrap_or_else(|_| Err("the document could not be read".to_owned())) {
        Ok(feed) => {
            let mut object = json!({"file": masked(target), "title": feed.title, "home_url": feed.home_url});
            object["entries"] = serde_json::to_value(&feed.entries).unwrap_or_default();
            // A server may repeat the token that it is asked with.
            let shown = without_secrets_of(target, &object.to_string());
            serde_json::from_str(&shown).unwrap_or(object)
        }
        Err(reason) => json!({"file": masked(target), "error": reason}),
    }
}

fn read(target: &str, invocation: &Invocation) -> Result<feeds::Feed, String> {
    if !target.starts_with("http://") && !target.starts_with("https://") {
        let length = std::fs::metadata(target).map_err(|error| format!("cannot be read: {error}"))?.len();
        if length > LIMIT_BYTES {
            return Err(format!("the file is larger than {LIMIT_BYTES} bytes"));
        }
        let bytes = std::fs::read(target).map_err(|error| format!("cannot be read: {error}"))?;
        return feeds::parse(&bytes, None, "").map_err(|error| error.to_string());
    }
    let config = invocation.config().map_err(|error| format!("{error:#}"))?;
    let runtime = super::runtime().map_err(|error| format!("{error:#}"))?;
    let fetched = runtime.block_on(async {
        let source = crate::app::feed_source(&config).map_err(|error| format!("{error:#}"))?;
        source.fetch(target, &Validators::default()).await.map_err(|error| error.to_string())
    })?;
    match fetched {
        Fetched::Unchanged => Err("the server answered 304 to a plain request".to_owned()),
        Fetched::Document { bytes, content_type, url, .. } => {
            feeds::parse(&bytes, content_type.as_deref(), &without_secrets(&url))
                .map_err(|error| error.to_string())
        }
    }
}

fn show(feed: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    print::facts(&[
        ("file", text(&feed["file"])),
        ("title", text(&feed["title"])),
        ("home page", text(&feed["home_url"])),
        ("not a feed", text(&feed["error"])),
    ])?;
    let Some(entries) = feed["entries"].as_array() else { return Ok(()) };
    let rows = entries.iter().map(|entry| {
        let published = text(&entry["published"]);
        let size = entry["html"].as_str().map_or(0, str::len);
        let known_by = if entry["id"].is_string() { text(&entry["id"]) } else { text(&entry["link"]) };
        vec![published, text(&entry["title"]), size.to_string(), known_by]
    });
    print::table(&["published", "title", "bytes#", "known by"], rows.collect())?;
    print::line("")
}
