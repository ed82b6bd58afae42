//! `completions` and `man`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::print;

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "Example:\n  postbell completions bash > /etc/bash_completion.d/postbell")]
pub(super) struct CompletionsArgs {
    shell: clap_complete::Shell,
}

/// Print the manual page, or write one for each command
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell man | man -l -\n  postbell man --out /usr/local/share/man/man1"
)]
pub(super) struct ManArgs {
    /// Folder for a page of each command
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs, mut command: clap::Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "postbell", &mut script);
    print::bytes(&script)
}

pub(super) fn man(args: &ManArgs, command: clap::Command) -> anyhow::Result<()> {
    match &args.out {
        Some(dir) => {
            std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
            clap_mangen::generate_to(command, dir)
                .with_context(|| format!("{} cannot be written", dir.display()))
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            print::bytes(&page)
        }
    }
}
