//! `node`: the processes that serve this database.

use clap::{Args, Subcommand};
use serde_json::json;

use super::print;
use crate::app::App;
use crate::domain::Timestamp;
use crate::roles::BEAT_EVERY;
use crate::store::Node;

/// The processes that serve this database
#[derive(Subcommand)]
pub(super) enum NodeCommand {
    List(ListArgs),
}

/// List them, with what they do and hold, and whether they live
///
/// One that was killed stays for a day; what it held is free after 15 seconds.
#[derive(Args)]
#[command(after_help = "Example:\n  postbell node list")]
pub(super) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: NodeCommand, app: &App) -> anyhow::Result<()> {
    let NodeCommand::List(args) = command;
    let now = app.clock.now();
    let nodes = app.store.list_nodes(now).await?;
    if args.json {
        let objects = nodes.iter().map(|node| {
            let mut object = json!(node);
            object["is_alive"] = is_alive(node, now).into();
            object
        });
        return print::json(&objects.collect::<Vec<_>>());
    }
    if nodes.is_empty() {
        return print::line("No process serves this database.");
    }
    let rows = nodes.iter().map(|node| {
        vec![
            node.id.clone(),
            node.host.clone(),
            node.pid.to_string(),
            node.roles.clone(),
            node.version.clone(),
            print::moment(Some(node.started_at)),
            print::moment(Some(node.seen_at)),
            node.held.to_string(),
            if is_alive(node, now) { "yes" } else { "no" }.to_owned(),
        ]
    });
    let headings =
        ["node", "host", "process#", "roles", "version", "since (UTC)", "last seen (UTC)", "holds#", "alive"];
    print::table(&headings, rows.collect())
}

/// Two beats may be missed.
fn is_alive(node: &Node, now: Timestamp) -> bool {
    now.since_ms(node.seen_at) <= 3 * i64::try_from(BEAT_EVERY.as_millis()).unwrap_or(i64::MAX)
}
