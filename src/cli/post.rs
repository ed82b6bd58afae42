//! `post`: every post with what was decided about it.

mod missed;

use std::collections::HashMap;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{an_address, blog_of, print};
use crate::app::App;
use crate::domain::{BlogId, Decision, EmailAddress, Post, PostId, Slug, masked};
use crate::store::PostFilter;
use crate::templates::sentence;

/// Posts and what was decided about them
#[derive(Subcommand)]
pub(super) enum PostCommand {
    List(ListArgs),
    /// Show one post
    Show {
        /// Its number, from `post list`
        number: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Mail posts that are held, skipped or waiting, with their present text
    #[command(after_help = "Example:\n  postbell post approve 41 42")]
    Approve {
        /// Their numbers, from `post list`
        #[arg(required = true)]
        numbers: Vec<i64>,
    },
    /// Do not mail posts that are held or waiting
    Skip {
        /// Their numbers, from `post list`
        #[arg(required = true)]
        numbers: Vec<i64>,
    },
    Preview(PreviewArgs),
    Missed(missed::MissedArgs),
    Retry(missed::RetryArgs),
    Correct(CorrectArgs),
    /// Send a post once more to one follower
    Resend {
        /// Its number, from `post list`
        number: i64,
        /// The follower
        #[arg(long, value_name = "ADDRESS", value_parser = an_address)]
        to: EmailAddress,
    },
}

/// List the newest posts with decision and reason
#[derive(Args)]
#[command(after_help = "Examples:\n  postbell post list kim\n  postbell post list --held")]
pub(super) struct ListArgs {
    /// Only of this blog
    slug: Option<Slug>,
    /// Only those that wait for you
    #[arg(long)]
    held: bool,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Print the mail of a post, as HTML, or send it to an address of yours
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell post preview 41 > mail.html\n  postbell post preview 41 --to kim@example.org"
)]
pub(super) struct PreviewArgs {
    /// Its number, from `post list`
    number: i64,
    /// Send it there instead, marked as a test
    #[arg(long, value_name = "ADDRESS", value_parser = an_address)]
    to: Option<EmailAddress>,
    /// Print the text part
    #[arg(long, conflicts_with_all = ["to", "json"])]
    text: bool,
    /// Print JSON: {"subject","html","text"}
    #[arg(long, conflicts_with = "to")]
    json: bool,
}

/// Mail the mended text of a post to those who got it, in the same thread
///
/// The text is what the feed says now. Who unsubscribed or paused since then
/// gets nothing; who follows since then gets nothing either.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell post correct 41 --note \"The walk is on Sunday, not on Saturday.\" --to kim@example.org\n  postbell post correct 41 --note \"The walk is on Sunday, not on Saturday.\""
)]
pub(super) struct CorrectArgs {
    /// Its number, from `post list`
    number: i64,
    /// One sentence that stands above the post
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Send it only there, now, to see it first
    #[arg(long, value_name = "ADDRESS", value_parser = an_address)]
    to: Option<EmailAddress>,
}

pub(super) async fn run(command: PostCommand, app: &App) -> anyhow::Result<()> {
    match command {
        PostCommand::List(args) => list(args, app).await,
        PostCommand::Show { number, json } => show(PostId(number), json, app).await,
        PostCommand::Approve { numbers } => {
            for number in numbers {
                let post = get(PostId(number), app).await?;
                let post = app.publisher().approve(post.id).await?;
                print::line(&format!("{number} is mailed: {}", print::clean(&post.title)))?;
            }
            Ok(())
        }
        PostCommand::Skip { numbers } => {
            for number in numbers {
                let post = get(PostId(number), app).await?;
                let post = app.publisher().skip(post.id).await?;
                print::line(&format!("{number} is not mailed: {}", print::clean(&post.title)))?;
            }
            Ok(())
        }
        PostCommand::Preview(args) => preview(args, app).await,
        PostCommand::Missed(args) => missed::missed(args, app).await,
        PostCommand::Retry(args) => missed::retry(args, app).await,
        PostCommand::Correct(args) => {
            let note = args.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
            let post = get(PostId(args.number), app).await?;
            print::line(&app.correct_post(post.id, note, args.to.as_ref()).await?)
        }
        PostCommand::Resend { number, to } => {
            let post = get(PostId(number), app).await?;
            app.resend_post(post.id, &to).await?;
            print::line(&format!("{number} is queued once more for {to}; `postbell serve` sends it."))
        }
    }
}

async fn get(id: PostId, app: &App) -> anyhow::Result<Post> {
    app.store
        .get_post(id)
        .await?
        .with_context(|| format!("there is no post {id}; `postbell post list` names them"))
}

async fn list(args: ListArgs, app: &App) -> anyhow::Result<()> {
    let blogs = app.store.list_blogs().await?;
    let slugs: HashMap<BlogId, String> =
        blogs.into_iter().map(|blog| (blog.id, blog.slug.to_string())).collect();
    let filter = PostFilter {
        blog_id: match &args.slug {
            Some(slug) => Some(blog_of(app, slug.as_str()).await?.id),
            None => None,
        },
        decision: args.held.then_some(Decision::Held),
    };
    let posts = app.store.list_posts(filter, args.limit).await?;
    if args.json {
        let objects = posts.iter().map(|post| object(post, &slugs)).collect::<anyhow::Result<Vec<_>>>()?;
        return print::json(&objects);
    }
    let rows = posts.iter().map(|post| {
        vec![
            post.id.to_string(),
            slugs.get(&post.blog_id).cloned().unwrap_or_default(),
            print::moment(Some(post.first_seen_at)),
            if post.title.is_empty() { "(no title)".to_owned() } else { post.title.clone() },
            post.decision.as_str().to_owned(),
            sentence(&post.reason),
        ]
    });
    print::table(&["number#", "blog", "seen (UTC)", "title", "decision", "reason"], rows.collect())
}

fn object(post: &Post, slugs: &HashMap<BlogId, String>) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(post)?;
    object["reason"] = json!(sentence(&post.reason));
    object["blog"] = json!(slugs.get(&post.blog_id));
    object["known_by"] = json!(masked_identity(post));
    object["link"] = json!(post.link.as_deref().map(masked));
    Ok(object)
}

/// What it is known by; a feed may name its posts by an address with a login.
fn masked_identity(post: &Post) -> String {
    let known_by = post.identity.own();
    match known_by.split_once(':') {
        Some((kind, address)) if address.contains("://") => format!("{kind}:{}", masked(address)),
        _ => known_by.to_owned(),
    }
}

async fn show(id: PostId, json: bool, app: &App) -> anyhow::Result<()> {
    let post = get(id, app).await?;
    let blog = app.store.get_blog(post.blog_id).await?;
    let slug = blog.map_or(String::new(), |blog| blog.slug.to_string());
    if json {
        return print::json(&object(&post, &HashMap::from([(post.blog_id, slug)]))?);
    }
    print::facts(&[
        ("number", post.id.to_string()),
        ("blog", slug),
        ("title", post.title.clone()),
        ("page", post.link.as_deref().map(masked).unwrap_or_default()),
        ("known by", masked_identity(&post)),
        ("published", print::moment(post.published_at)),
        ("first seen", print::moment(Some(post.first_seen_at))),
        ("decision", post.decision.as_str().to_owned()),
        ("reason", sentence(&post.reason)),
        ("decided", print::moment(Some(post.decided_at))),
        ("due", print::moment(post.due_at)),
        ("mailing", post.mailing_id.map_or(String::new(), |id| id.to_string())),
    ])
}

async fn preview(args: PreviewArgs, app: &App) -> anyhow::Result<()> {
    let post = get(PostId(args.number), app).await?;
    if let Some(to) = &args.to {
        let said = app.send_preview(post.id, to).await?;
        return print::line(&said);
    }
    let mail = app.preview_post(post.id).await?;
    if args.json {
        print::json(&json!({"subject": mail.subject, "html": mail.html, "text": mail.text}))
    } else if args.text {
        print::line(&mail.text)
    } else {
        print::html(&mail.html)
    }
}
