//! `template`: the texts of mails, and the operator's own ones.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Invocation, print};
use crate::templates::Templates;

/// The texts of mails
#[derive(Subcommand)]
pub(super) enum TemplateCommand {
    /// List the templates and which ones templates.dir replaces
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Render every template with every sample, and say what is wrong
    Check,
    /// Write the built-in templates into a folder, to be changed there
    ///
    /// Files that are there already stay as they are. Keep only those that you
    /// change, and name the folder in templates.dir.
    #[command(after_help = "Example:\n  postbell template eject templates")]
    Eject {
        dir: PathBuf,
    },
    Preview(PreviewArgs),
}

/// Print a mail with a sample of what goes into it, as HTML
///
/// The samples are those of `template check`: ordinary, long, empty,
/// right-to-left and hostile ones.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell template preview post > post.html\n  postbell template preview confirm --sample 2 --text"
)]
pub(super) struct PreviewArgs {
    /// A mail, like post or confirm
    name: String,
    /// Which sample, from 1
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    sample: usize,
    /// Print the text part
    #[arg(long, conflicts_with = "json")]
    text: bool,
    /// Print JSON: {"subject","html","text"}
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: TemplateCommand, invocation: &Invocation) -> anyhow::Result<()> {
    match command {
        TemplateCommand::Eject { dir } => eject(&dir),
        TemplateCommand::List { json } => {
            let templates = Templates::load(invocation.config()?.templates_dir.as_deref())?;
            let names = Templates::names();
            if json {
                let objects =
                    names.iter().map(|name| json!({"name": name, "file": templates.overridden_by(name)}));
                return print::json(&objects.collect::<Vec<_>>());
            }
            let rows = names.iter().map(|name| {
                vec![name.clone(), templates.overridden_by(name).unwrap_or("built in").to_owned()]
            });
            print::table(&["name", "file"], rows.collect())
        }
        TemplateCommand::Preview(args) => preview(&args, invocation),
        TemplateCommand::Check => {
            let problems = Templates::load(invocation.config()?.templates_dir.as_deref())?.check();
            for problem in &problems {
                print::line(&problem.to_string())?;
            }
            anyhow::ensure!(
                problems.is_empty(),
                "{} faults in the templates; mend the files named above",
                problems.len()
            );
            print::line(&format!("All {} templates render.", Templates::names().len()))
        }
    }
}

fn preview(args: &PreviewArgs, invocation: &Invocation) -> anyhow::Result<()> {
    let templates = Templates::load(invocation.config()?.templates_dir.as_deref())?;
    let samples = templates.preview(&args.name).with_context(|| {
        format!("there is no mail {:?}; there are {}", args.name, Templates::mail_names().join(", "))
    })??;
    let mail = args.sample.checked_sub(1).and_then(|at| samples.get(at));
    let mail = mail.with_context(|| format!("there are samples 1 to {}", samples.len()))?;
    if args.json {
        print::json(&json!({"subject": mail.subject, "html": mail.html, "text": mail.text}))
    } else if args.text {
        print::line(&mail.text)
    } else {
        print::html(&mail.html)
    }
}

fn eject(dir: &std::path::Path) -> anyhow::Result<()> {
    let mut kept = 0;
    let names = Templates::names();
    for name in &names {
        let path = dir.join(name);
        let folder = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let text = Templates::embedded(name).unwrap_or_default();
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())
                    .with_context(|| format!("{} cannot be written", path.display()))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => kept += 1,
            Err(error) => return Err(error).with_context(|| format!("{} cannot be written", path.display())),
        }
    }
    print::line(&format!("{} files written to {}.", names.len() - kept, dir.display()))?;
    if kept > 0 {
        print::line(&format!("{kept} were there already and stay as they are."))?;
    }
    print::line(&format!(
        "Change what you like, remove the rest, and set templates.dir = \"{}\".",
        dir.display()
    ))
}
