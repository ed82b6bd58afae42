//! `suppression`: addresses that get no mail.

mod erased;
mod export;
mod import;

use std::collections::HashMap;

use clap::{Args, Subcommand};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{an_address, blog_of, print};
use crate::app::App;
use crate::domain::{EmailAddress, Slug, SuppressionReason};

/// Addresses that get no mail
#[derive(Subcommand)]
pub(super) enum SuppressionCommand {
    List(ListArgs),
    /// Let an address get no mail of any kind
    ///
    /// With --blog it counts as having left this blog elsewhere: it gets no
    /// posts, and may sign up again.
    #[command(after_help = "Example:\n  postbell suppression add kim@example.org")]
    Add {
        #[arg(value_parser = an_address)]
        address: EmailAddress,
        /// Only for this blog
        #[arg(long)]
        blog: Option<Slug>,
    },
    /// Take it back
    Lift {
        #[arg(value_parser = an_address)]
        address: EmailAddress,
        /// The entry of this blog, not the one for all
        #[arg(long)]
        blog: Option<Slug>,
    },
    Import(import::ImportArgs),
    Export(export::ExportArgs),
}

/// List the newest entries
#[derive(Args)]
pub(super) struct ListArgs {
    /// At most so many
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    command: SuppressionCommand,
    app: &App,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    match command {
        SuppressionCommand::List(args) => list(args, app).await,
        SuppressionCommand::Import(args) => import::run(args, app, stop).await,
        SuppressionCommand::Export(args) => export::run(args, app).await,
        SuppressionCommand::Add { address, blog } => {
            let (id, reason, scope) = match &blog {
                Some(slug) => {
                    let blog = blog_of(app, slug.as_str()).await?;
                    (Some(blog.id), SuppressionReason::Unsubscribed, format!("gets no posts of {slug}"))
                }
                None => (None, SuppressionReason::Manual, "gets no mail".to_owned()),
            };
            app.store.suppress(&address, id, reason, app.clock.now()).await?;
            print::line(&format!("{address} {scope} from now on."))
        }
        SuppressionCommand::Lift { address, blog } => {
            let id = match &blog {
                Some(slug) => Some(blog_of(app, slug.as_str()).await?.id),
                None => None,
            };
            let is_lifted = app.store.lift_suppression(&address, id).await?;
            anyhow::ensure!(
                is_lifted,
                "{address} is not suppressed {}; `postbell subscriber show {address}` tells what holds",
                blog.map_or("for all blogs".to_owned(), |slug| format!("for {slug}"))
            );
            print::line(&format!("{address} may get mail again."))
        }
    }
}

async fn list(args: ListArgs, app: &App) -> anyhow::Result<()> {
    let slugs: HashMap<_, _> = app.store.list_blogs().await?.into_iter().map(|b| (b.id, b.slug)).collect();
    let entries = app.store.list_suppressions(None, args.limit).await?;
    let slug = |id: Option<_>| id.and_then(|id| slugs.get(&id)).map(ToString::to_string);
    if args.json {
        let objects = entries.iter().map(|s| {
            json!({"address": s.address, "blog": slug(s.blog_id), "reason": s.reason, "created_at": s.created_at})
        });
        return print::json(&objects.collect::<Vec<_>>());
    }
    let rows = entries.iter().map(|s| {
        vec![
            s.address.clone().unwrap_or_else(|| "(erased)".to_owned()),
            match s.blog_id {
                None => "all".to_owned(),
                Some(_) => slug(s.blog_id).unwrap_or_else(|| "(removed)".to_owned()),
            },
            s.reason.as_str().to_owned(),
            print::moment(Some(s.created_at)),
        ]
    });
    print::table(&["address", "blog", "reason", "since (UTC)"], rows.collect())
}
