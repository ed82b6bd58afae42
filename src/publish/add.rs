//! `blog add`: from a feed to a blog.

use url::Url;

use super::find::Found;
use super::look::Reading;
use super::ping::bare;
use super::{AddBlog, Added, PublishError, Publisher, detect};
use crate::domain::{
    NewBlog, Slug, each_once, masked, origins_of, schedule, shown, with_and_without_www, without_login,
    without_secrets,
};
use crate::feeds::text;

/// The colour of a blog that names none.
const ACCENT: &str = "#0f6b5c";

impl Publisher {
    /// `blog add`: finds the feed, reads it once, remembers its posts as seen.
    ///
    /// # Errors
    /// `NoFeed` with what was tried; `Refused` when the feed is a blog already,
    /// and nothing says that a second one is meant; `Store(Taken)` when the slug
    /// is in use.
    pub async fn add_blog(&self, ask: &AddBlog) -> Result<Added, PublishError> {
        let found = self.find_feed(&ask.url).await?;
        let same_feed_as = self.blogs_of_feed(&found.reading.url).await?;
        if let (Some(other), None, false) = (same_feed_as.first(), &ask.slug, ask.again) {
            return Err(PublishError::Refused(format!(
                "{} is already blog {other}; to add it a second time: --again --slug NAME",
                masked(&found.reading.url)
            )));
        }
        let baseline = detect::baseline(&found.reading.feed);
        let mut blog = new_blog(ask, &found)?;
        if blog.time_zone.is_none() {
            blog.time_zone = self.zone_of(&found.reading.feed, &found.reading.url).await;
        }
        let now = self.clock.now();
        let first_check_at = schedule::next_check(now, self.policy.check_every_seconds, 0, rand::random());
        let validators = &found.reading.validators;
        let validators = (validators.etag.as_deref(), validators.last_modified.as_deref());
        let added = self.store.add_blog(&blog, &baseline, validators, first_check_at, now).await?;
        tracing::info!(blog.slug = %added.slug, posts = baseline.len(), "a blog was added");
        Ok(Added { blog: added, posts: baseline.len(), same_feed_as })
    }

    /// The blogs that read this feed, in whatever spelling.
    async fn blogs_of_feed(&self, url: &str) -> Result<Vec<Slug>, PublishError> {
        let feed = without_login(url);
        let blogs = self.store.list_blogs().await?;
        let same = blogs.into_iter().filter(|blog| bare(&without_login(&blog.feed_url)) == bare(&feed));
        Ok(same.map(|blog| blog.slug).collect())
    }
}

fn new_blog(ask: &AddBlog, found: &Found) -> Result<NewBlog, PublishError> {
    let Reading { feed, url: feed_url, .. } = &found.reading;
    let root = || Url::parse(feed_url).ok()?.join("/").ok().map(String::from);
    let home_url = feed.home_url.clone().or_else(|| found.page.clone()).or_else(root).unwrap_or_default();
    let home_url = without_secrets(&home_url);
    let host = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host(&home_url).or_else(|| host(feed_url)).unwrap_or_default();
    let given = ask.title.as_deref().map(str::trim).filter(|title| !shown::one_line(title).trim().is_empty());
    // Of signs that nobody sees no name is made.
    let named = shown::one_line(&feed.title);
    let title = given.or(Some(named.trim()).filter(|title| !title.is_empty())).unwrap_or(&host).to_owned();
    let slug = ask
        .slug
        .clone()
        .or_else(|| Slug::from_text(&title))
        .or_else(|| Slug::from_text(host.trim_start_matches("www.")))
        .ok_or_else(|| {
            PublishError::Refused("no slug can be made from its title; give one with --slug".into())
        })?;
    let origins = origins(ask, &home_url, feed_url, feed.entries.iter().filter_map(|e| e.link.as_deref()))?;
    Ok(NewBlog {
        slug,
        title,
        description: text::one_line(&feed.description),
        home_url,
        feed_url: feed_url.clone(),
        mail_from: ask.mail_from.clone(),
        reply_to: ask.reply_to.clone(),
        owner: ask.owner.clone(),
        origins,
        body: ask.body,
        approve: ask.approve,
        accent: ask.accent.clone().unwrap_or_else(|| ACCENT.to_owned()),
        time_zone: ask.time_zone.clone(),
    })
}

/// The given origins, then those of the blog itself.
fn origins<'a>(
    ask: &AddBlog,
    home_url: &str,
    feed_url: &str,
    items: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, PublishError> {
    let mut all: Vec<String> = Vec::new();
    for given in &ask.origins {
        let pair = with_and_without_www(given);
        if pair.is_empty() {
            return Err(PublishError::Refused(format!(
                "{given} is no origin; write it like this: https://blog.example.org"
            )));
        }
        all.extend(pair);
    }
    all.extend(origins_of(home_url, feed_url, items));
    Ok(each_once(all))
}
