//! `subscriber`: one person, or a page of them.

use std::collections::HashMap;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{an_address, blog_of, blog_or_only, print, sure};
use crate::app::App;
use crate::domain::{
    BlogId, Class, ConfirmedBy, ConsentKind, EmailAddress, Evidence, Slug, Subscription, SubscriptionId,
    SubscriptionStatus, Timestamp,
};
use crate::store::{DeliveryRecord, ImportOutcome, ImportRow, Subscriber, SubscriberFilter};
use crate::templates::sentence;

/// Most mails of one person that are shown.
const MAILS_LIMIT: u32 = 10_000;

/// People and what they follow
#[derive(Subcommand)]
pub(super) enum SubscriberCommand {
    List(ListArgs),
    /// Show what an address follows
    Show(PersonArgs),
    /// Show why an address gets mail: the record of consent, and every mail
    Why(PersonArgs),
    /// Add a follower who asked you for it; it is written into the record of consent
    Add(BlogArgs),
    /// End a subscription, as its owner's leave would; no mail goes out
    Remove(BlogArgs),
    /// Erase a person: address, subscriptions, record, kept mails
    ///
    /// A keyed hash stays in the suppressions, so that no import brings the
    /// address back.
    Erase {
        #[arg(value_parser = an_address)]
        address: EmailAddress,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// List subscriptions
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell subscriber list --blog kim --status pending\n  postbell subscriber list --text @example.org"
)]
pub(super) struct ListArgs {
    /// Only of this blog
    #[arg(long)]
    blog: Option<Slug>,
    /// Only with this status
    #[arg(long, value_parser = ["pending", "active", "ended"])]
    status: Option<String>,
    /// Only addresses that contain this
    #[arg(long)]
    text: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Only after this number, the last one of the page before
    #[arg(long, value_name = "NUMBER")]
    after: Option<i64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct PersonArgs {
    #[arg(value_parser = an_address)]
    address: EmailAddress,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct BlogArgs {
    #[arg(value_parser = an_address)]
    address: EmailAddress,
    /// Which blog; may be left out when there is one only
    #[arg(long)]
    blog: Option<Slug>,
}

pub(super) async fn run(command: SubscriberCommand, app: &App) -> anyhow::Result<()> {
    match command {
        SubscriberCommand::List(args) => list(args, app).await,
        SubscriberCommand::Show(args) => show(&args, app).await,
        SubscriberCommand::Why(args) => why(&args, app).await,
        SubscriberCommand::Add(args) => add(&args, app).await,
        SubscriberCommand::Remove(args) => remove(&args, app).await,
        SubscriberCommand::Erase { address, yes } => {
            person(app, &address).await?;
            sure(&format!("Erase {address}?"), yes).await?;
            app.store.erase_subscriber(&address, app.clock.now()).await?;
            print::line("The address is erased; a keyed hash keeps it from being imported again.")
        }
    }
}

async fn person(app: &App, address: &EmailAddress) -> anyhow::Result<Subscriber> {
    app.store.find_subscriber(address).await?.with_context(|| {
        format!("nobody of this address is known: {address}; `postbell subscriber list --text` searches")
    })
}

async fn slugs(app: &App) -> anyhow::Result<HashMap<BlogId, String>> {
    Ok(app.store.list_blogs().await?.into_iter().map(|blog| (blog.id, blog.slug.to_string())).collect())
}

fn state(subscription: &Subscription, app: &App) -> &'static str {
    let now = app.clock.now();
    match subscription.status {
        SubscriptionStatus::Active if subscription.is_paused(now) => "paused",
        SubscriptionStatus::Pending if subscription.is_expired(now) => "expired",
        status => status.as_str(),
    }
}

/// The day and, where the reader did not confirm on it, what it rests on.
fn since(subscription: &Subscription) -> String {
    let Some(at) = subscription.confirmed_at else { return String::new() };
    let day = print::moment(Some(at));
    match subscription.confirmed_by {
        ConfirmedBy::Reader => day,
        ConfirmedBy::File => format!("{day}, by the imported file"),
        ConfirmedBy::Import => format!("{day}, when it was imported"),
        ConfirmedBy::Operator => format!("{day}, when it was added by hand"),
    }
}

/// A value of the store as JSON with the blog's slug instead of its row.
fn with_slug<T: serde::Serialize>(value: &T, slugs: &HashMap<BlogId, String>) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(value)?;
    if let Some(fields) = object.as_object_mut() {
        let id = fields.remove("blog_id").and_then(|id| id.as_i64());
        fields.remove("subscriber_id");
        fields.insert("blog".to_owned(), json!(id.and_then(|id| slugs.get(&BlogId(id)))));
    }
    Ok(object)
}

async fn list(args: ListArgs, app: &App) -> anyhow::Result<()> {
    let filter = SubscriberFilter {
        blog_id: match &args.blog {
            Some(slug) => Some(blog_of(app, slug.as_str()).await?.id),
            None => None,
        },
        status: args.status.as_deref().and_then(SubscriptionStatus::parse),
        text: args.text.clone(),
        after: args.after.map(SubscriptionId),
    };
    let page = app.store.page_subscriptions(&filter, args.limit).await?;
    let slugs = slugs(app).await?;
    if args.json {
        return print::json(&page.iter().map(|s| with_slug(s, &slugs)).collect::<anyhow::Result<Vec<_>>>()?);
    }
    let rows = page.iter().map(|s| {
        vec![
            s.id.to_string(),
            s.address.clone(),
            slugs.get(&s.blog_id).cloned().unwrap_or_default(),
            state(s, app).to_owned(),
            print::moment(Some(s.created_at)),
            since(s),
            s.source.clone().unwrap_or_default(),
        ]
    });
    print::table(
        &["number#", "address", "blog", "status", "asked (UTC)", "follows since", "source"],
        rows.collect(),
    )?;
    if page.len() == args.limit as usize
        && let Some(last) = page.last()
    {
        print::remark(&format!("There may be more: --after {}", last.id));
    }
    Ok(())
}

async fn show(args: &PersonArgs, app: &App) -> anyhow::Result<()> {
    let who = person(app, &args.address).await?;
    let slugs = slugs(app).await?;
    let all = app.store.list_subscriptions(who.id).await?;
    let mut rows = Vec::new();
    let mut objects = Vec::new();
    for subscription in &all {
        let suppressed = app.store.find_suppression(&args.address, Some(subscription.blog_id)).await?;
        if args.json {
            let mut object = with_slug(subscription, &slugs)?;
            object["suppressed"] = json!(suppressed);
            objects.push(object);
        }
        rows.push(vec![
            slugs.get(&subscription.blog_id).cloned().unwrap_or_default(),
            state(subscription, app).to_owned(),
            print::moment(Some(subscription.created_at)),
            since(subscription),
            print::moment(subscription.ended_at),
            suppressed.map_or(String::new(), |reason| reason.as_str().to_owned()),
        ]);
    }
    if args.json {
        return print::json(
            &json!({"address": who.address, "created_at": who.created_at, "subscriptions": objects}),
        );
    }
    print::facts(&[("address", who.address), ("first seen", print::moment(Some(who.created_at)))])?;
    print::table(&["blog", "status", "asked (UTC)", "follows since", "ended", "suppressed"], rows)
}

async fn why(args: &PersonArgs, app: &App) -> anyhow::Result<()> {
    let who = person(app, &args.address).await?;
    let slugs = slugs(app).await?;
    let subscriptions = app.store.list_subscriptions(who.id).await?;
    let consents = app.store.list_consents(who.id).await?;
    let mails = app.store.list_deliveries(who.id, MAILS_LIMIT).await?;
    let feedback = app.store.list_feedback(&args.address, MAILS_LIMIT).await?;
    if args.json {
        let feedback = feedback.iter().map(|f| with_slug(f, &slugs)).collect::<anyhow::Result<Vec<_>>>()?;
        let consents = consents.iter().map(|c| with_slug(c, &slugs)).collect::<anyhow::Result<Vec<_>>>()?;
        let said = |m: &DeliveryRecord| -> anyhow::Result<Value> {
            let mut object = with_slug(m, &slugs)?;
            object["reason"] = json!(m.reason.as_ref().map(sentence));
            Ok(object)
        };
        let mails = mails.iter().map(said).collect::<anyhow::Result<Vec<_>>>()?;
        let subscriptions =
            subscriptions.iter().map(|s| with_slug(s, &slugs)).collect::<anyhow::Result<Vec<_>>>()?;
        return print::json(
            &json!({"address": who.address, "subscriptions": subscriptions, "consents": consents, "mails": mails, "feedback": feedback}),
        );
    }
    let slug = |id: Option<BlogId>| id.and_then(|id| slugs.get(&id)).cloned().unwrap_or_default();
    for s in subscriptions.iter().filter(|s| s.confirmed_at.is_some()) {
        let blog = slugs.get(&s.blog_id).cloned().unwrap_or_default();
        let day = s.confirmed_at.map(Timestamp::long_date).unwrap_or_default();
        let said = match s.confirmed_by {
            ConfirmedBy::Reader => "confirmed on",
            ConfirmedBy::File => "following since",
            ConfirmedBy::Import => "imported on",
            ConfirmedBy::Operator => "added by hand on",
        };
        print::line(&print::clean(&format!("{blog}: {said} {day}")))?;
    }
    print::line("\nRecord of consent")?;
    let rows = consents.iter().map(|c| {
        let e = &c.evidence;
        let from = [&e.source, &e.ip, &e.user_agent].into_iter().flatten().cloned().collect::<Vec<_>>();
        vec![print::moment(Some(c.at)), slug(Some(c.blog_id)), c.kind.as_str().to_owned(), from.join(" · ")]
    });
    print::table(&["when (UTC)", "blog", "what", "from"], rows.collect())?;
    print::line("\nMails")?;
    let rows = mails.iter().map(|m| {
        let said = match &m.reason {
            Some(reason) => sentence(reason),
            None => m.reply.code.map_or(String::new(), |code| format!("{code} {}", m.reply.text)),
        };
        vec![
            print::moment(Some(m.queued_at)),
            slug(m.blog_id),
            m.kind.as_str().to_owned(),
            m.title.clone().unwrap_or_default(),
            m.status.as_str().to_owned(),
            m.attempts.to_string(),
            said,
        ]
    });
    print::table(
        &["queued (UTC)", "blog", "kind", "title", "status", "tries#", "the server said"],
        rows.collect(),
    )?;
    if feedback.is_empty() {
        return Ok(());
    }
    print::line("\nWhat came back")?;
    let rows = feedback.iter().map(|f| {
        let mut words = [&f.status, &f.diagnostic].into_iter().flatten().cloned().collect::<Vec<_>>();
        if f.taken_back.is_some() {
            words.insert(0, "(taken back: many readers got the same, it was about us)".to_owned());
        }
        vec![
            print::moment(Some(f.at)),
            slug(f.blog_id),
            f.kind.as_str().to_owned(),
            f.class.map_or("", Class::as_str).to_owned(),
            f.source.clone(),
            words.join(" "),
        ]
    });
    print::table(&["when (UTC)", "blog", "what", "class", "from", "words"], rows.collect())
}

async fn add(args: &BlogArgs, app: &App) -> anyhow::Result<()> {
    let blog = blog_or_only(app, args.blog.as_ref().map(Slug::as_str)).await?;
    let (address, slug) = (&args.address, &blog.slug);
    let row = ImportRow {
        address: address.clone(),
        status: SubscriptionStatus::Active,
        is_paused: false,
        gone: None,
        at: None,
        source: "operator".to_owned(),
    };
    let outcomes = app.store.import(blog.id, &[row], ConsentKind::Added, app.clock.now()).await?;
    match outcomes.first().context("the database gave no answer; try again")? {
        ImportOutcome::Added | ImportOutcome::Activated => {
            print::line(&format!("{address} follows {slug} now."))
        }
        ImportOutcome::Unchanged
        | ImportOutcome::Waiting
        | ImportOutcome::Dated
        | ImportOutcome::FollowsHere => print::line(&format!("{address} follows {slug} already.")),
        ImportOutcome::LeftBefore => {
            anyhow::bail!(
                "{address} has left {slug} before; only signing up again at /b/{slug} brings it back"
            )
        }
        ImportOutcome::Suppressed | ImportOutcome::Noted => anyhow::bail!(
            "{address} gets no mail: it is suppressed; `postbell suppression lift {address}` takes that back"
        ),
    }
}

async fn remove(args: &BlogArgs, app: &App) -> anyhow::Result<()> {
    let blog = blog_or_only(app, args.blog.as_ref().map(Slug::as_str)).await?;
    let (address, slug) = (&args.address, &blog.slug);
    let who = person(app, address).await?;
    let all = app.store.list_subscriptions(who.id).await?;
    let subscription = all.iter().find(|s| s.blog_id == blog.id).with_context(|| {
        format!(
            "{address} does not follow {slug}; `postbell subscriber show {address}` tells what it follows"
        )
    })?;
    let evidence = Evidence { source: Some("subscriber remove".to_owned()), ..Evidence::default() };
    let done =
        app.store.transition(subscription.id, &Subscription::removed, &evidence, app.clock.now()).await?;
    print::line(&match done {
        Some((before, _)) if before.status == SubscriptionStatus::Ended => {
            format!("{address} had left {slug} already.")
        }
        _ => format!("{address} does not follow {slug} any more."),
    })
}
