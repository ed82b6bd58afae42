//! `blog`: the blogs of this instance.

mod values;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::values::{
    Maybe, MaybeZone, a_colour, a_sender, a_url, an_origin, maybe_address, maybe_zone, not_masked,
};
use super::{blog_of, print, sure};
use crate::app::App;
use crate::domain::{
    Approval, Blog, BlogEdit, BodyMode, Decision, EmailAddress, Slug, masked, without_secrets,
};
use crate::publish::{AddBlog, Added, PublishError};
use crate::store::{PostFilter, StoreError};

/// Most held posts that are counted for one blog.
const HELD_LIMIT: u32 = 10_000;

/// Add, show and change blogs
#[derive(Subcommand)]
pub(super) enum BlogCommand {
    Add(AddArgs),
    /// List the blogs
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one blog
    Show {
        slug: Slug,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Edit(EditArgs),
    /// Remove a blog with its posts, followers and mails; suppressions stay
    Remove {
        slug: Slug,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Look at a blog's feed now
    Check {
        slug: Slug,
        /// Print JSON: {"slug","new_posts"}
        #[arg(long)]
        json: bool,
    },
}

/// Add a blog by its home page or feed
///
/// The feed is found and read once. The posts that are in it now are
/// remembered as seen: only newer ones are mailed.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell blog add https://blog.example.org\n  postbell blog add https://blog.example.org/feed/ --slug kim --owner kim@example.org --approve always"
)]
pub(super) struct AddArgs {
    /// A home page or a feed
    #[arg(value_parser = not_masked)]
    url: String,
    /// Its name in addresses [default: from the title]
    #[arg(long)]
    slug: Option<Slug>,
    /// Its name for people [default: the feed's]
    #[arg(long)]
    title: Option<String>,
    /// Add it although its feed is a blog already
    #[arg(long)]
    again: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    more: MoreArgs,
}

/// Change a blog
///
/// What is not named stays. An empty text empties --from, --reply-to,
/// --owner and --time-zone; --origin adds to the list.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  postbell blog edit kim --body excerpt\n  postbell blog edit kim --reply-to ''"
)]
pub(super) struct EditArgs {
    slug: Slug,
    /// Its name for people
    #[arg(long)]
    title: Option<String>,
    /// Its home page
    #[arg(long, value_name = "URL", value_parser = a_url)]
    home: Option<String>,
    /// Its feed
    #[arg(long, value_name = "URL", value_parser = a_url)]
    feed: Option<String>,
    /// A site whose pages may no longer hold the sign-up form
    #[arg(long, value_name = "URL", value_parser = an_origin)]
    drop_origin: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    more: MoreArgs,
}

#[derive(Args)]
struct MoreArgs {
    /// Who its mails are from, such as `Kim <kim@example.org>`
    #[arg(long, value_name = "SENDER", value_parser = a_sender)]
    from: Option<String>,
    /// Where answers to its posts go
    #[arg(long, value_name = "ADDRESS", value_parser = maybe_address)]
    reply_to: Option<Maybe>,
    /// Who is told when posts are held
    #[arg(long, value_name = "ADDRESS", value_parser = maybe_address)]
    owner: Option<Maybe>,
    /// A site whose pages may hold the sign-up form; several may be given
    #[arg(long, value_name = "URL", value_parser = an_origin)]
    origin: Vec<String>,
    /// How much of a post its mail carries
    #[arg(long, value_parser = ["full", "excerpt"])]
    body: Option<String>,
    /// Who decides that a new post is mailed
    #[arg(long, value_parser = ["auto", "always"])]
    approve: Option<String>,
    /// Colour of its pages and mails, #rrggbb
    #[arg(long, value_name = "COLOUR", value_parser = a_colour)]
    accent: Option<String>,
    /// Where its days begin, such as Europe/Paris or +01:00 [default: the feed's]
    #[arg(long, value_name = "ZONE", value_parser = maybe_zone, allow_hyphen_values = true)]
    time_zone: Option<MaybeZone>,
}

pub(super) async fn run(command: BlogCommand, app: &App) -> anyhow::Result<()> {
    match command {
        BlogCommand::Add(args) => add(args, app).await,
        BlogCommand::List { json } => list(json, app).await,
        BlogCommand::Show { slug, json } => show(&blog_of(app, slug.as_str()).await?, json, app).await,
        BlogCommand::Edit(args) => edit(args, app).await,
        BlogCommand::Remove { slug, yes } => remove(&slug, yes, app).await,
        BlogCommand::Check { slug, json } => {
            let blog = blog_of(app, slug.as_str()).await?;
            let new = app.publisher().check(&blog).await.map_err(|error| match error {
                PublishError::Fetch(fault) => anyhow::anyhow!(
                    "{} cannot be read: {fault}; if it has moved: `postbell blog edit {slug} --feed URL`",
                    masked(&blog.feed_url)
                ),
                other => other.into(),
            })?;
            if json {
                return print::json(&json!({"slug": slug, "new_posts": new}));
            }
            print::line(&match new {
                0 => "No new posts.".to_owned(),
                1 => format!("1 new post. `postbell post list {slug}` shows what becomes of it."),
                new => format!("{new} new posts. `postbell post list {slug}` shows what becomes of them."),
            })
        }
    }
}

async fn add(args: AddArgs, app: &App) -> anyhow::Result<()> {
    let more = args.more;
    let ask = AddBlog {
        url: args.url,
        slug: args.slug,
        title: args.title,
        mail_from: more.from.filter(|text| !text.is_empty()),
        reply_to: more.reply_to.and_then(|maybe| maybe.0),
        owner: more.owner.and_then(|maybe| maybe.0),
        origins: more.origin,
        body: more.body.as_deref().and_then(BodyMode::parse).unwrap_or_default(),
        approve: more.approve.as_deref().and_then(Approval::parse).unwrap_or_default(),
        accent: more.accent,
        time_zone: more.time_zone.and_then(|maybe| maybe.0),
        again: args.again,
    };
    let publisher = app.publisher();
    let Added { blog, posts, same_feed_as } =
        publisher.add_blog(&ask).await.map_err(|error| match error {
            PublishError::Fetch(fault) => anyhow::anyhow!(
                "{} cannot be read: {fault}; check the address, or give that of the feed itself",
                masked(&ask.url)
            ),
            PublishError::Store(StoreError::Taken(slug)) => {
                anyhow::anyhow!("there is a blog {slug} already; choose another name with --slug")
            }
            other => other.into(),
        })?;
    if args.json {
        let mut object = object(&blog, Numbers::default())?;
        object["same_feed_as"] = json!(same_feed_as);
        return print::json(&object);
    }
    print::line(&format!("{} is added as {}.", print::clean(&blog.title), blog.slug))?;
    print::facts(&[("feed", masked(&blog.feed_url)), ("home page", blog.home_url.clone())])?;
    if let Some(other) = same_feed_as.first() {
        print::line(&format!("It is the same feed as blog {other}: who follows both gets each post twice."))?;
    }
    let present = if posts == 1 { "present post counts" } else { "present posts count" };
    print::line(&format!("Its {posts} {present} as seen; the next new one is mailed."))?;
    let base =
        app.config.http.public_url.clone().unwrap_or_else(|| format!("http://{}", app.config.http.listen));
    print::line(&format!("Readers sign up at {base}/b/{}", blog.slug))
}

async fn list(json: bool, app: &App) -> anyhow::Result<()> {
    let blogs = app.store.list_blogs().await?;
    let mut rows = Vec::new();
    let mut objects = Vec::new();
    for blog in &blogs {
        let numbers = numbers(blog, app).await?;
        if json {
            objects.push(object(blog, numbers)?);
            continue;
        }
        let Numbers { followers, held } = numbers;
        rows.push(vec![
            blog.slug.to_string(),
            blog.title.clone(),
            print::number(followers),
            if held > 0 { held.to_string() } else { String::new() },
            print::moment(blog.last_checked_at),
            print::moment(Some(blog.next_check_at)),
            blog.last_error.clone().unwrap_or_default(),
        ]);
    }
    if json {
        print::json(&objects)
    } else if blogs.is_empty() {
        print::line("There is no blog yet. Add one: postbell blog add https://blog.example.org")
    } else {
        print::table(
            &["slug", "title", "followers#", "held#", "checked (UTC)", "next look (UTC)", "last error"],
            rows,
        )
    }
}

/// What is counted of one blog.
#[derive(Default)]
struct Numbers {
    followers: i64,
    held: usize,
}

async fn numbers(blog: &Blog, app: &App) -> anyhow::Result<Numbers> {
    let filter = PostFilter { blog_id: Some(blog.id), decision: Some(Decision::Held) };
    let held = app.store.list_posts(filter, HELD_LIMIT).await?.len();
    Ok(Numbers { followers: app.store.count_followers(blog.id).await?, held })
}

fn object(blog: &Blog, numbers: Numbers) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(blog)?;
    object["followers"] = json!(numbers.followers);
    object["held_posts"] = json!(numbers.held);
    Ok(object)
}

async fn show(blog: &Blog, json: bool, app: &App) -> anyhow::Result<()> {
    let numbers = numbers(blog, app).await?;
    let hub = app.store.find_hub(blog.id).await?;
    if json {
        let mut object = object(blog, numbers)?;
        object["hub"] = serde_json::to_value(&hub)?;
        return print::json(&object);
    }
    let hub = hub.map_or(String::new(), |hub| match (hub.lease_until, &hub.said) {
        (Some(until), _) => {
            format!("{} tells of new posts until {}", masked(&hub.hub), print::moment(Some(until)))
        }
        (None, Some(said)) => format!("{}: {said}", masked(&hub.hub)),
        (None, None) => format!("{}: {}", masked(&hub.hub), hub.state.as_str()),
    });
    let Numbers { followers, held } = numbers;
    let text = |address: &Option<EmailAddress>| address.as_ref().map_or(String::new(), ToString::to_string);
    let held = match held {
        0 => String::new(),
        held => format!("{held}: see `postbell post list {} --held`", blog.slug),
    };
    let fault = match &blog.last_error {
        Some(error) => {
            let since = print::moment(blog.failing_since);
            format!("{error} ({} looks in a row since {since})", blog.failures)
        }
        None => String::new(),
    };
    print::facts(&[
        ("slug", blog.slug.to_string()),
        ("title", blog.title.clone()),
        ("description", blog.description.clone()),
        ("home page", blog.home_url.clone()),
        ("feed", masked(&blog.feed_url)),
        ("followers", print::number(followers)),
        ("held posts", held),
        ("from", blog.mail_from.clone().unwrap_or_default()),
        ("reply to", text(&blog.reply_to)),
        ("owner", text(&blog.owner)),
        ("origins", blog.origins.join(" ")),
        ("body", blog.body.as_str().to_owned()),
        ("approve", blog.approve.as_str().to_owned()),
        ("accent", blog.accent.clone()),
        ("time zone", blog.time_zone.as_ref().map_or(String::new(), ToString::to_string)),
        ("added", print::moment(Some(blog.created_at))),
        ("last checked", print::moment(blog.last_checked_at)),
        ("next check", print::moment(Some(blog.next_check_at))),
        ("last error", fault),
        ("hub", hub),
        ("gap", blog.gap.clone().unwrap_or_default()),
    ])
}

async fn edit(args: EditArgs, app: &App) -> anyhow::Result<()> {
    let blog = blog_of(app, args.slug.as_str()).await?;
    let more = args.more;
    // Adds: one that replaced the list would shut out the blog's own pages.
    let mut origins = blog.origins.clone();
    origins.extend(more.origin.into_iter().filter(|origin| !blog.origins.contains(origin)));
    origins.retain(|origin| !args.drop_origin.contains(origin));
    let edit = BlogEdit {
        title: args.title,
        home_url: args.home.map(|home| without_secrets(&home)),
        feed_url: args.feed,
        mail_from: more.from.map(|text| Some(text).filter(|text| !text.is_empty())),
        reply_to: more.reply_to.map(|maybe| maybe.0),
        owner: more.owner.map(|maybe| maybe.0),
        origins: Some(origins).filter(|origins| *origins != blog.origins),
        body: more.body.as_deref().and_then(BodyMode::parse),
        approve: more.approve.as_deref().and_then(Approval::parse),
        accent: more.accent,
        time_zone: more.time_zone.map(|maybe| maybe.0),
    };
    let blog = app.store.edit_blog(blog.id, &edit, app.clock.now()).await?;
    show(&blog, args.json, app).await
}

async fn remove(slug: &Slug, is_yes: bool, app: &App) -> anyhow::Result<()> {
    let blog = blog_of(app, slug.as_str()).await?;
    let followers = print::number(app.store.count_followers(blog.id).await?);
    sure(&format!("Remove {slug} with its posts, mails and {followers} followers?"), is_yes).await?;
    app.store.remove_blog(blog.id).await?;
    print::line(&format!("{slug} is removed."))
}
