//! `html sanitize`: what post HTML becomes in a mail.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{jsonl, print};
use crate::publish::body;

/// Look at the HTML of posts
#[derive(Subcommand)]
pub(super) enum HtmlCommand {
    Sanitize(SanitizeArgs),
}

/// Print what post HTML becomes in a mail: nothing active, every address absolute
///
/// With --jsonl one {"id":…,"html":"…"} a line is read from standard input,
/// with an optional "base", and answered in order.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell html sanitize post.html --base https://blog.example.org/\n  curl -s https://blog.example.org/ | postbell html sanitize -"
)]
pub(super) struct SanitizeArgs {
    /// A file; - or nothing: standard input
    file: Option<PathBuf>,
    /// What relative addresses are resolved against
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// Print JSON: {"file","html"}
    #[arg(long, conflicts_with = "jsonl")]
    json: bool,
    /// Read and print one JSON object a line
    #[arg(long, conflicts_with = "file")]
    jsonl: bool,
}

pub(super) fn run(command: HtmlCommand) -> anyhow::Result<()> {
    let HtmlCommand::Sanitize(args) = command;
    // Deeply nested documents want a deep stack.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(super::feed::STACK_BYTES);
        let thread = thread.spawn_scoped(scope, || sanitize(&args)).context("no thread can be started")?;
        thread.join().unwrap_or_else(|_| anyhow::bail!("the document could not be read"))
    })
}

fn sanitize(args: &SanitizeArgs) -> anyhow::Result<()> {
    if args.jsonl {
        return jsonl::answer_each(|line| match line {
            Ok(value) => {
                let id = value.get("id").cloned().unwrap_or(Value::Null);
                let base = value.get("base").and_then(Value::as_str).or(args.base.as_deref());
                match value.get("html").and_then(Value::as_str).map(|html| survive(html, base)) {
                    Some(Ok(html)) => json!({"id": id, "html": html}),
                    Some(Err(reason)) => json!({"id": id, "html": "", "error": reason}),
                    None => json!({"id": id, "html": "", "error": "the line has no text \"html\""}),
                }
            }
            Err(reason) => json!({"id": null, "html": "", "error": reason}),
        });
    }
    let file = args.file.as_deref().filter(|file| file.as_os_str() != "-");
    let mut bytes = Vec::new();
    match file {
        Some(file) => {
            bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        }
        None => {
            std::io::stdin().lock().read_to_end(&mut bytes)?;
        }
    }
    let html = survive(&String::from_utf8_lossy(&bytes), args.base.as_deref()).map_err(anyhow::Error::msg)?;
    if args.json {
        let file = file.map_or("-".into(), |file| file.display().to_string());
        print::json(&json!({"file": file, "html": html}))
    } else {
        print::html(&html)
    }
}

/// A defect in a parser costs one document, not the run.
fn survive(html: &str, base: Option<&str>) -> Result<String, &'static str> {
    std::panic::catch_unwind(|| body::sanitise(html, base)).map_err(|_| "the document could not be read")
}
