//! `config`: the settings.

use clap::{Args, Subcommand};

use super::{Invocation, print};

/// Show the settings
#[derive(Subcommand)]
#[command(after_help = "Example:\n  postbell config default > postbell.toml")]
pub(super) enum ConfigCommand {
    /// Print the built-in settings, each with a comment, ready for postbell.toml
    Default,
    /// Print what holds in the end and where each value comes from; secrets are not shown
    ///
    /// Says every fault, and exits with 1, when the settings cannot be used.
    Show(ShowArgs),
}

#[derive(Args)]
pub(super) struct ShowArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &ConfigCommand, invocation: &Invocation) -> anyhow::Result<()> {
    let args = match command {
        ConfigCommand::Default => return print::text_as_is(crate::config::DEFAULT),
        ConfigCommand::Show(args) => args,
    };
    let config = invocation.config();
    let Ok(settings) = crate::config::effective(&invocation.sources()) else {
        // Checking the whole tells more faults than reading it.
        return config.map(drop);
    };
    if args.json {
        print::json(&settings)?;
    } else {
        let rows = settings.iter().map(|s| {
            let value = s.value.as_str().map_or_else(|| s.value.to_string(), str::to_owned);
            vec![s.key.to_owned(), value, s.from.clone()]
        });
        print::table(&["key", "value", "from"], rows.collect())?;
    }
    config.map(drop)
}
