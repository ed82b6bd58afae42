//! `mail test`: one mail through the configured way.

use clap::Subcommand;

use super::{an_address, print};
use crate::app::App;
use crate::domain::EmailAddress;

/// Try the way that mails go
#[derive(Subcommand)]
pub(super) enum MailCommand {
    /// Send one mail now and say what the server answered
    #[command(after_help = "Example:\n  postbell mail test kim@example.org")]
    Test {
        #[arg(value_parser = an_address)]
        address: EmailAddress,
    },
}

pub(super) async fn run(command: MailCommand, app: &App) -> anyhow::Result<()> {
    let MailCommand::Test { address } = command;
    let said = app.mail_test(&address).await?;
    print::line(&print::clean(&said))
}
