//! `serve` and `demo`.

use clap::Args;

use super::{Invocation, print};
use crate::app::{App, Roles};
use crate::config::{Faults, LogFormat};
use crate::telemetry;

/// A sample blog with its form and feed and a mailbox, to try Postbell out
///
/// Everything lives in a temporary folder and is gone afterwards. Open the
/// two links that it prints; end it with Ctrl-C.
#[derive(Args)]
#[command(after_help = "Example:\n  postbell demo --port 8080")]
pub(super) struct DemoArgs {
    /// Port to listen on [default: a free one]
    #[arg(long)]
    port: Option<u16>,
}

/// Run: pages and links, feed checks, sending
///
/// All roles in one process by default. SIGTERM, SIGHUP or Ctrl-C lets mails in
/// flight finish and then ends it.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell serve\n  postbell serve --roles web,sender\n  postbell --set http.listen=127.0.0.1:9000 serve"
)]
pub(super) struct ServeArgs {
    /// What this process does, comma-separated
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = [Role::Web, Role::Scheduler, Role::Sender])]
    roles: Vec<Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// Pages and links
    Web,
    /// Feed checks, fan-out, upkeep
    Scheduler,
    /// Sending
    Sender,
}

pub(super) async fn demo(args: DemoArgs) -> anyhow::Result<()> {
    telemetry::init(LogFormat::Text, "warn");
    crate::app::demo(args.port, &announce).await
}

pub(super) async fn serve(args: ServeArgs, invocation: &Invocation) -> anyhow::Result<()> {
    let config = invocation.config()?;
    if args.roles.contains(&Role::Web) {
        config.check_serving().map_err(Faults)?;
    }
    telemetry::init(config.log.format, &config.log.filter);
    let roles = Roles {
        web: args.roles.contains(&Role::Web),
        scheduler: args.roles.contains(&Role::Scheduler),
        sender: args.roles.contains(&Role::Sender),
    };
    invocation.opened(App::open(config).await?)?.serve(roles, &announce).await
}

/// What the process says of itself goes to standard output; whoever started
/// it may have gone.
fn announce(text: &str) {
    let _ = print::line(text);
}
