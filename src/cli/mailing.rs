//! `mailing`: what was or is being sent to many.

use std::collections::HashMap;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{blog_of, print};
use crate::app::App;
use crate::domain::{BlogId, Mailing, MailingId, MailingStatus, Slug};

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
    /// Show one mailing
    Show {
        /// Its number, from `mailing list`
        number: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Hold a mailing that is being sent
    Pause {
        /// Its number, from `mailing list`
        number: i64,
    },
    /// Go on with a mailing that is paused
    Resume {
        /// Its number, from `mailing list`
        number: i64,
    },
    /// End a mailing; who has not got it will not get it
    Cancel {
        /// Its number, from `mailing list`
        number: i64,
    },
}

pub(super) async fn run(command: MailingCommand, app: &App) -> anyhow::Result<()> {
    let blogs = app.store.list_blogs().await?;
    let slugs: HashMap<BlogId, String> = blogs.into_iter().map(|blog| (blog.id, blog.slug.to_string())).collect();
    match command {
        MailingCommand::List { slug, limit, json } => {
            let blog = match &slug {
                Some(slug) => Some(blog_of(app, slug.as_str()).await?),
                None => None,
            };
            let all = app.store.list_mailings(blog.as_ref(), limit).await?;
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
                    m.reason.clone().unwrap_or_default(),
                    print::moment(Some(m.created_at)),
                    print::moment(m.finished_at),
                ]
            });
            let headings = ["number#", "blog", "kind", "title", "status", "reason", "begun (UTC)", "finished"];
            print::table(&headings, rows.collect())
        }
        MailingCommand::Show { number, json } => {
            let mailing = get(number, app).await?;
            if json {
                return print::json(&object(&mailing, &slugs)?);
            }
            print::facts(&[
                ("number", mailing.id.to_string()),
                ("blog", slugs.get(&mailing.blog_id).cloned().unwrap_or_default()),
                ("kind", mailing.kind.as_str().to_owned()),
                ("title", mailing.content.title.clone()),
                ("page", mailing.content.link.clone().unwrap_or_default()),
                ("status", mailing.status.as_str().to_owned()),
                ("reason", mailing.reason.clone().unwrap_or_default()),
                ("begun", print::moment(Some(mailing.created_at))),
                ("finished", print::moment(mailing.finished_at)),
            ])
        }
        MailingCommand::Pause { number } => {
            let why = Some("paused by the operator");
            change(number, &[MailingStatus::Filling, MailingStatus::Sending], MailingStatus::Paused, why, app).await
        }
        MailingCommand::Resume { number } => {
            change(number, &[MailingStatus::Paused], MailingStatus::Sending, None, app).await
        }
        MailingCommand::Cancel { number } => {
            let from = [MailingStatus::Filling, MailingStatus::Sending, MailingStatus::Paused];
            change(number, &from, MailingStatus::Cancelled, Some("cancelled by the operator"), app).await
        }
    }
}

async fn get(number: i64, app: &App) -> anyhow::Result<Mailing> {
    let mailing = app.store.get_mailing(MailingId(number)).await?;
    mailing.with_context(|| format!("there is no mailing {number}; `postbell mailing list` names them"))
}

async fn change(
    number: i64,
    from: &[MailingStatus],
    to: MailingStatus,
    reason: Option<&str>,
    app: &App,
) -> anyhow::Result<()> {
    let now = app.clock.now();
    for from in from {
        if app.store.set_mailing_status(MailingId(number), *from, to, reason, now).await? {
            // One that was paused while it was filled goes on filling.
            let status = get(number, app).await?.status;
            return print::line(&format!("mailing {number} is {}", status.as_str()));
        }
    }
    let status = get(number, app).await?.status;
    anyhow::bail!("mailing {number} is {}; nothing was changed", status.as_str())
}

fn object(mailing: &Mailing, slugs: &HashMap<BlogId, String>) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(mailing)?;
    if let Some(fields) = object.as_object_mut() {
        fields.remove("blog_id");
        fields.insert("blog".to_owned(), json!(slugs.get(&mailing.blog_id)));
        fields.insert("title".to_owned(), json!(mailing.content.title));
        fields.insert("link".to_owned(), json!(mailing.content.link));
    }
    Ok(object)
}
