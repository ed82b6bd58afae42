//! `bounce`: what a mail that came back says, and taking it.

mod ingest;

use std::io::{Read as _, Write as _};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Invocation, jsonl, print};
use crate::feedback::mail;
use crate::roles;

/// Largest mail that is read.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// Look at bounces, complaints and automatic answers
#[derive(Subcommand)]
pub(super) enum BounceCommand {
    Classify(ClassifyArgs),
    Ingest(ingest::IngestArgs),
}

/// Print what mails that came back say: one JSON object a line, in order
///
/// "class" is hard (there is no such reader), soft (not now) or sender (the
/// content or the sender was refused, the reader is good). Nothing is changed.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell bounce classify bounce.eml\n  postbell bounce classify - < bounce.eml"
)]
pub(super) struct ClassifyArgs {
    /// Raw mails, one a file; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Print one JSON array
    #[arg(long, conflicts_with = "jsonl")]
    json: bool,
    /// Print one JSON object a line, which is the default
    #[arg(long)]
    jsonl: bool,
}

pub(super) fn run(command: BounceCommand, invocation: &Invocation) -> anyhow::Result<()> {
    match command {
        BounceCommand::Classify(args) => classify(&args),
        BounceCommand::Ingest(args) => super::block_on(async {
            roles::cancel_on_signals(&invocation.stop)?;
            let taken = async { ingest::run(args, &invocation.open().await?).await };
            // Who pipes mails in brings this one again.
            invocation.closing(taken).await.map_err(|error| error.context(TryLater))
        }),
    }
}

/// What a mail server is told by the exit code: not lost, bring it again
/// (`EX_TEMPFAIL` of sysexits.h).
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the mail was not taken; bring it again later")]
pub(super) struct TryLater;

fn classify(args: &ClassifyArgs) -> anyhow::Result<()> {
    // A refusal is an answer here, in its place among the others.
    let all = args.files.iter().map(|file| match read(file) {
        Ok(raw) => answer(file, &mail::read(&raw)),
        Err(reason) => json!({"file": file, "error": format!("cannot be read: {reason}")}),
    });
    if args.json {
        return print::json(&all.collect::<Vec<_>>());
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for seen in all {
        jsonl::write(&mut out, &seen)?;
    }
    Ok(out.flush()?)
}

fn read(file: &str) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    match file {
        "-" => std::io::stdin().lock().take(LIMIT_BYTES).read_to_end(&mut raw)?,
        file => std::fs::File::open(file)?.take(LIMIT_BYTES).read_to_end(&mut raw)?,
    };
    Ok(raw)
}

fn answer(file: &str, report: &mail::Report) -> Value {
    json!({"file": file, "kind": report.kind, "recipients": report.recipients})
}
