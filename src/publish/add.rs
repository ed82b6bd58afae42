//! `blog add`: from an address that somebody typed to a blog with its feed.

use url::Url;

use super::look::Reading;
use super::{AddBlog, PublishError, Publisher, detect, look};
use crate::domain::{
    Blog, NewBlog, Slug, each_once, masked, origins_of, schedule, with_and_without_www, with_login_of,
    without_secrets,
};
use crate::feeds::{Candidate, FetchError, Fetched, Validators, candidates, text};

/// Addresses that are tried for a page's feed.
const MOST_TRIES: usize = 8;
/// The colour of a blog that names none.
const ACCENT: &str = "#0f6b5c";

/// A feed that was found.
struct Found {
    reading: Reading,
    /// The page that named it.
    page: Option<String>,
}

impl Publisher {
    /// `blog add`: finds the feed, reads it once, remembers its posts as seen.
    /// Answers the blog and how many posts are there already.
    ///
    /// # Errors
    /// `NoFeed` with what was tried; `Store(Taken)` when the slug is in use.
    pub async fn add_blog(&self, ask: &AddBlog) -> Result<(Blog, usize), PublishError> {
        let found = self.find_feed(ask.url.trim()).await?;
        let baseline = detect::baseline(&found.reading.feed);
        let blog = new_blog(ask, &found)?;
        let now = self.clock.now();
        let first_check_at = schedule::next_check(now, self.policy.check_every_seconds, 0, rand::random());
        let validators = &found.reading.validators;
        let validators = (validators.etag.as_deref(), validators.last_modified.as_deref());
        let added = self.store.add_blog(&blog, &baseline, validators, first_check_at, now).await?;
        tracing::info!(blog.slug = %added.slug, posts = baseline.len(), "a blog was added");
        Ok((added, baseline.len()))
    }

    async fn find_feed(&self, typed: &str) -> Result<Found, PublishError> {
        if typed.is_empty() {
            return Err(PublishError::NoFeed(
                "give the address of a blog, like this: blog.example.org".into(),
            ));
        }
        let (url, fetched) = if typed.contains("://") {
            (typed.to_owned(), self.source.fetch(typed, &Validators::default()).await?)
        } else {
            self.fetch_without_scheme(typed).await?
        };
        let Fetched::Document { bytes, content_type, url: final_url, moved_to, validators, .. } = fetched
        else {
            return Err(PublishError::NoFeed(format!(
                "{} answered 304 to a first question; try it again",
                masked(&url)
            )));
        };
        let feed_url = moved_to.unwrap_or_else(|| lasting(&url, &final_url));
        let (why_not, page) = match look::read(bytes, content_type, final_url.clone()).await {
            Ok(feed) => {
                let reading = Reading::of(feed, feed_url, validators);
                return Ok(Found { reading, page: None });
            }
            Err((why_not, page)) => (why_not, page),
        };
        let named = look::blocking({
            let page_url = final_url.clone();
            move || candidates(&page, &page_url)
        })
        .await
        .unwrap_or_default();
        let mut tried = vec![format!("{} ({why_not})", masked(&url))];
        for Candidate { url: candidate, .. } in named.into_iter().filter(|c| c.url != url).take(MOST_TRIES) {
            let candidate = with_login_of(&candidate, &final_url);
            match self.try_feed(&candidate).await {
                Ok(reading) => return Ok(Found { reading, page: Some(final_url) }),
                Err(why_not) => tried.push(format!("{} ({why_not})", masked(&candidate))),
            }
        }
        Err(PublishError::NoFeed(format!(
            "no feed was found; give the address of the feed itself. Tried: {}",
            tried.join(", ")
        )))
    }

    /// https first; plain http only where nothing answers there.
    async fn fetch_without_scheme(&self, typed: &str) -> Result<(String, Fetched), PublishError> {
        let none = Validators::default();
        let secure = format!("https://{typed}");
        match self.source.fetch(&secure, &none).await {
            Ok(fetched) => Ok((secure, fetched)),
            Err(error @ FetchError::Network(_)) => {
                let plain = format!("http://{typed}");
                match self.source.fetch(&plain, &none).await {
                    Ok(fetched) => Ok((plain, fetched)),
                    Err(_) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn try_feed(&self, candidate: &str) -> Result<Reading, String> {
        match self.source.fetch(candidate, &Validators::default()).await {
            Ok(Fetched::Document { bytes, content_type, url, moved_to, validators, .. }) => {
                let feed_url = moved_to.unwrap_or_else(|| lasting(candidate, &url));
                let feed = look::read(bytes, content_type, url).await.map_err(|(why_not, _)| why_not)?;
                Ok(Reading::of(feed, feed_url, validators))
            }
            Ok(Fetched::Unchanged) => Err("it answered 304 to a first question".into()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Which address is kept after redirects: the new one when it is the same
/// host, since then it only saves a hop; the old one otherwise, since feed
/// services move their own addresses about.
fn lasting(asked: &str, answered: &str) -> String {
    let host = |url: &str| {
        let host = Url::parse(url).ok()?.host_str()?.to_owned();
        Some(host.strip_prefix("www.").map_or(host.clone(), str::to_owned))
    };
    if host(asked).is_some() && host(asked) == host(answered) {
        answered.to_owned()
    } else {
        asked.to_owned()
    }
}

fn new_blog(ask: &AddBlog, found: &Found) -> Result<NewBlog, PublishError> {
    let Reading { feed, url: feed_url, .. } = &found.reading;
    let root = || Url::parse(feed_url).ok()?.join("/").ok().map(String::from);
    let home_url = feed.home_url.clone().or_else(|| found.page.clone()).or_else(root).unwrap_or_default();
    let home_url = without_secrets(&home_url);
    let host = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host(&home_url).or_else(|| host(feed_url)).unwrap_or_default();
    let given = ask.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let named = text::one_line(&feed.title);
    let title = given.or(Some(named.as_str()).filter(|title| !title.is_empty())).unwrap_or(&host).to_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_within_the_host_is_kept_and_one_away_is_not() {
        assert_eq!(
            lasting("http://a.example/feed", "https://www.a.example/feed/"),
            "https://www.a.example/feed/"
        );
        assert_eq!(lasting("https://a.example/feed", "https://cdn.example/1"), "https://a.example/feed");
    }
}
