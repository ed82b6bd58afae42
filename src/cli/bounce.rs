//! `bounce classify`: what a mail that came back says.

use std::io::{Read as _, Write as _};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::jsonl;
use crate::feedback::mail;

/// Largest mail that is read.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// Look at bounces, complaints and automatic answers
#[derive(Subcommand)]
pub(super) enum BounceCommand {
    Classify(ClassifyArgs),
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
}

pub(super) fn run(command: BounceCommand) -> anyhow::Result<()> {
    let BounceCommand::Classify(args) = command;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for file in &args.files {
        // A refusal is an answer here, in its place among the others.
        let seen = match read(file) {
            Ok(raw) => answer(file, &mail::read(&raw)),
            Err(reason) => json!({"file": file, "error": format!("cannot be read: {reason}")}),
        };
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
