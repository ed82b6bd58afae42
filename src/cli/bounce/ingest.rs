//! `bounce ingest`: takes mails that came to the bounce address.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::super::print;
use super::LIMIT_BYTES;
use crate::app::App;
use crate::feedback::{Recorder, Taken};
use crate::store::Recorded;

/// Take mails that came to the bounce address
///
/// Without FILE one mail is read from standard input, as a pipe transport
/// brings it; the exit code is 75 when it is to be brought again later. A
/// Maildir's new mails are taken one after the other; what was understood is
/// moved to its cur/, seen. What proves nothing suppresses nobody, and what is
/// not understood is kept.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell bounce ingest < bounce.eml\n  postbell bounce ingest ~/Maildir\n\n\
    Postfix, in master.cf and main.cf:\n  \
    postbell unix - n n - - pipe flags=R user=postbell argv=/usr/local/bin/postbell bounce ingest --to ${original_recipient}\n  \
    transport_maps: bounces@mail.example.org postbell:"
)]
pub(in super::super) struct IngestArgs {
    /// A raw mail or a Maildir; standard input when missing
    file: Option<PathBuf>,
    /// The address that the mail came to, from its envelope
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Print JSON, one object a mail
    #[arg(long)]
    json: bool,
}

pub(in super::super) async fn run(args: IngestArgs, app: &App) -> anyhow::Result<()> {
    let recorder = app.recorder();
    let (to, out) = (args.to.as_deref(), args.json);
    match &args.file {
        None => {
            // On a thread of its own, so that a signal ends the command here, too.
            let raw = tokio::task::spawn_blocking(|| {
                let mut raw = Vec::new();
                std::io::stdin().lock().take(LIMIT_BYTES).read_to_end(&mut raw).map(|_| raw)
            });
            let raw = raw.await??;
            tell(None, &recorder.take_mail(raw, to).await?, out)
        }
        Some(folder) if folder.join("new").is_dir() => maildir(folder, &recorder, out).await,
        Some(file) => {
            let taken = recorder.take_mail(read(file)?, to).await?;
            tell(Some(file), &taken, out)
        }
    }
}

/// Takes the new mails of a Maildir, in the order of their names, which is
/// that of their coming.
async fn maildir(folder: &Path, recorder: &Recorder, is_json: bool) -> anyhow::Result<()> {
    let new = folder.join("new");
    let entries = std::fs::read_dir(&new).with_context(|| format!("{} cannot be read", new.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    let (mut understood, mut kept) = (0_u32, 0_u32);
    let bar = progress(files.len() as u64);
    for file in &files {
        let taken = recorder.take_mail(read(file)?, None).await?;
        if matches!(taken, Taken::Kept(_)) {
            kept += 1;
        } else {
            understood += 1;
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let seen = folder.join("cur").join(format!("{}:2,S", name.split(":2,").next().unwrap_or(&name)));
            std::fs::create_dir_all(folder.join("cur"))?;
            std::fs::rename(file, &seen).with_context(|| format!("{} cannot be moved", file.display()))?;
        }
        if is_json {
            tell(Some(file), &taken, true)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if is_json {
        return Ok(());
    }
    print::line(&format!(
        "{understood} understood and moved to cur/, {kept} not understood: they stay in new/, and a copy is kept."
    ))
}

/// Shown on a terminal only, on standard error.
fn progress(mails: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {pos} of {len} mails, {eta} left");
    ProgressBar::new(mails).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    opened.take(LIMIT_BYTES).read_to_end(&mut raw)?;
    Ok(raw)
}

fn tell(file: Option<&Path>, taken: &Taken, is_json: bool) -> anyhow::Result<()> {
    let (word, reason) = match taken {
        Taken::Recorded(_, Recorded::Suppressed(reason)) => ("suppressed", Some(reason.as_str())),
        Taken::Recorded(_, Recorded::Noted) => ("noted", None),
        Taken::Recorded(_, Recorded::Known) => ("known", None),
        Taken::Recorded(_, Recorded::Nobody) => ("nobody", Some("the mail that it is about is gone")),
        Taken::Ignored => ("ignored", Some("an automatic answer")),
        Taken::Kept(reason) => ("kept", Some(*reason)),
    };
    let delivery = match taken {
        Taken::Recorded(id, _) => Some(id.0),
        Taken::Ignored | Taken::Kept(_) => None,
    };
    if is_json {
        let object: Value = json!({"file": file, "outcome": word, "delivery": delivery, "reason": reason});
        return print::json_line(&object);
    }
    let about = delivery.map_or(String::new(), |id| format!(" (delivery {id})"));
    let why = reason.map_or(String::new(), |reason| format!(": {reason}"));
    print::line(&format!("{word}{about}{why}"))
}
