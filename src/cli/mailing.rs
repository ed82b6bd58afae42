//! `mailing`: what was or is being sent to many.

mod progress;
mod show;
mod waits;

use std::collections::HashMap;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{blog_of, print, sure};
use crate::app::App;
use crate::domain::{BlogId, Mailing, MailingId, MailingStatus, Reason, Slug};
use crate::templates::sentence;

/// What was sent, or is being sent, to many
#[derive(Subcommand)]
pub(super) enum MailingCommand {
    /// List the newest mailings
    List {
        /// Only of this blog
        slug: Option<Slug>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Show(show::ShowArgs),
    /// Hold back what is not on its way yet, until `mailing resume`
    Pause {
        /// Its number, from `mailing list`
        number: i64,
    },
    /// Go on with a paused mailing
    Resume {
        /// Its number, from `mailing list`
        number: i64,
    },
    /// End a mailing: who did not get it yet will not
    Cancel {
        /// Its number, from `mailing list`
        number: i64,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(command: MailingCommand, app: &App) -> anyhow::Result<()> {
    match command {
        MailingCommand::List { slug, limit, json } => list(slug.as_ref(), limit, json, app).await,
        MailingCommand::Show(args) => show::run(args, app).await,
        MailingCommand::Pause { number } => {
            let mailing = get(number, app).await?;
            change(&mailing, MailingStatus::Paused, Some(&Reason::PausedByHand), app).await?;
            print::line(&format!("{number} is paused; `postbell mailing resume {number}` goes on with it."))
        }
        MailingCommand::Resume { number } => {
            let mailing = get(number, app).await?;
            change(&mailing, MailingStatus::Sending, None, app).await?;
            print::line(&format!("{number} goes on; `postbell serve` sends it."))
        }
        MailingCommand::Cancel { number, yes } => {
            let mailing = get(number, app).await?;
            anyhow::ensure!(!is_over(mailing.status), over(&mailing));
            let counts = app.store.count_deliveries(mailing.id).await?;
            let (sent, queued) = (print::number(counts.sent), print::number(counts.queued));
            sure(&format!("Cancel {number}, which {sent} have and {queued} wait for?"), yes).await?;
            // What it is may have changed while the question stood.
            let mailing = get(number, app).await?;
            change(&mailing, MailingStatus::Cancelled, Some(&Reason::CancelledByHand), app).await?;
            print::line(&format!("{number} is cancelled."))
        }
    }
}

async fn slugs(app: &App) -> anyhow::Result<HashMap<BlogId, String>> {
    Ok(app.store.list_blogs().await?.into_iter().map(|blog| (blog.id, blog.slug.to_string())).collect())
}

async fn get(number: i64, app: &App) -> anyhow::Result<Mailing> {
    let mailing = app.store.get_mailing(MailingId(number)).await?;
    mailing.with_context(|| format!("there is no mailing {number}; `postbell mailing list` names them"))
}

fn is_over(status: MailingStatus) -> bool {
    matches!(status, MailingStatus::Done | MailingStatus::Cancelled)
}

fn over(mailing: &Mailing) -> String {
    format!("mailing {} is {} already; nothing of it waits", mailing.id, mailing.status.as_str())
}

async fn change(
    mailing: &Mailing,
    to: MailingStatus,
    reason: Option<&Reason>,
    app: &App,
) -> anyhow::Result<()> {
    let id = mailing.id;
    match (mailing.status, to) {
        (status, _) if is_over(status) => anyhow::bail!(over(mailing)),
        (MailingStatus::Paused, MailingStatus::Paused) => {
            anyhow::bail!("mailing {id} is paused already; `postbell mailing resume {id}` goes on with it")
        }
        (MailingStatus::Filling | MailingStatus::Sending, MailingStatus::Sending) => {
            anyhow::bail!("mailing {id} is not paused; `postbell mailing show {id}` tells how far it is")
        }
        _ => {}
    }
    let done = app.store.set_mailing_status(id, mailing.status, to, reason, app.clock.now()).await?;
    anyhow::ensure!(
        done,
        "mailing {id} changed at the same moment; look at it with `postbell mailing show {id}` and try again"
    );
    app.wake.ring();
    Ok(())
}

async fn list(slug: Option<&Slug>, limit: u32, json: bool, app: &App) -> anyhow::Result<()> {
    let slugs = slugs(app).await?;
    let blog = match slug {
        Some(slug) => Some(blog_of(app, slug.as_str()).await?),
        None => None,
    };
    let all = app.store.list_mailings(blog.as_ref(), limit).await?;
    let waits = waits::now(app).await?;
    let all: Vec<Mailing> = all.into_iter().map(|mailing| waits.noted(mailing)).collect();
    if json {
        return print::json(&all.iter().map(|m| object(m, &slugs)).collect::<anyhow::Result<Vec<_>>>()?);
    }
    let rows = all.iter().map(|m| {
        vec![
            m.id.to_string(),
            slugs.get(&m.blog_id).cloned().unwrap_or_default(),
            m.kind.as_str().to_owned(),
            m.content.title.clone(),
            m.status.as_str().to_owned(),
            m.reason.as_ref().map(sentence).unwrap_or_default(),
            print::moment(Some(m.created_at)),
            print::moment(m.finished_at),
        ]
    });
    let headings = ["number#", "blog", "kind", "title", "status", "reason", "begun (UTC)", "finished"];
    print::table(&headings, rows.collect())
}

fn object(mailing: &Mailing, slugs: &HashMap<BlogId, String>) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(mailing)?;
    if let Some(fields) = object.as_object_mut() {
        fields.insert("reason".to_owned(), json!(mailing.reason.as_ref().map(sentence)));
        fields.remove("blog_id");
        fields.insert("blog".to_owned(), json!(slugs.get(&mailing.blog_id)));
        fields.insert("title".to_owned(), json!(mailing.content.title));
        fields.insert("link".to_owned(), json!(mailing.content.link));
    }
    Ok(object)
}
