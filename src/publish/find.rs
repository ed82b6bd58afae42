//! From an address that somebody typed to the feed of its blog.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout};
use url::Url;

use super::look::{self, Reading};
use super::{PublishError, Publisher};
use crate::domain::{masked, with_login_of};
use crate::feeds::{
    Candidate, FeedSource, FetchError, Fetched, Page, Validators, guesses, holds_comments, read_page, root_of,
};

/// All tries together take no longer, and read no more.
const SEARCH_TIME: Duration = Duration::from_secs(20);
const SEARCHED_BYTES: usize = 32 * 1024 * 1024;
/// No try takes longer.
const TRY_TIME: Duration = Duration::from_secs(8);
/// Tries side by side.
const AT_ONCE: usize = 4;
/// Tries in sum.
const MOST_TRIES: usize = 200;
/// Pages that are looked at for what they name.
const MOST_PAGES: usize = 8;
/// Tries that an error names.
const NAMED_TRIES: usize = 8;

/// A feed that was found.
pub(super) struct Found {
    pub(super) reading: Reading,
    /// The page that led to it.
    pub(super) page: Option<String>,
}

impl Publisher {
    /// The feed of the blog at this address, which may be that of the feed.
    ///
    /// # Errors
    /// `NoFeed` with what was tried; `Fetch` when nothing answers there.
    pub(super) async fn find_feed(&self, typed: &str) -> Result<Found, PublishError> {
        let typed = address_in(typed);
        if typed.is_empty() {
            return Err(PublishError::NoFeed(
                "give the address of a blog, like this: blog.example.org".into(),
            ));
        }
        let answer = if typed.contains("://") {
            let fetched = self.source.fetch(&typed, &Validators::default()).await;
            fetched.map(|fetched| (typed.clone(), fetched)).map_err(PublishError::from)
        } else {
            self.fetch_without_scheme(&typed).await
        };
        let (url, fetched) = match answer {
            // Pages are kept from programs, feeds often are not.
            Err(PublishError::Fetch(wall @ FetchError::Guarded { status: 200 | 202, .. })) => {
                let at = if typed.contains("://") { typed } else { format!("https://{typed}") };
                let found = Search::new(self.source.as_ref(), &at).run(Page::default()).await;
                return found.ok_or(PublishError::Fetch(wall));
            }
            answer => answer?,
        };
        let Fetched::Document { bytes, content_type, url: final_url, moved_to, validators, links, .. } =
            fetched
        else {
            return Err(PublishError::NoFeed(format!(
                "{} answered 304 to a first question; try it again",
                masked(&url)
            )));
        };
        let feed_url = moved_to.unwrap_or_else(|| lasting(&url, &final_url));
        let (why_not, bytes) = match look::read(bytes, content_type.clone(), final_url.clone()).await {
            // Whoever gives the feed itself means it, whatever it holds.
            Ok(feed) => return Ok(Found { reading: Reading::of(feed, feed_url, validators), page: None }),
            Err(no_feed) => no_feed,
        };
        let page = page_of(bytes, content_type, links, final_url.clone()).await;
        let mut search = Search::new(self.source.as_ref(), &final_url);
        search.tried.push(format!("{} ({why_not})", masked(&url)));
        match search.run(page).await {
            Some(found) => Ok(found),
            None => Err(PublishError::NoFeed(format!(
                "no feed was found; give the address of the feed itself. Tried: {}",
                search.tries()
            ))),
        }
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
}

/// A search from one page, bounded in time, bytes and tries.
struct Search<'a> {
    source: &'a dyn FeedSource,
    /// Where it begins; a login stays with its server.
    from: &'a str,
    until: Instant,
    bytes: AtomicUsize,
    asked: HashSet<String>,
    /// Pages that were looked at; one may have been asked as a feed before.
    visited: HashSet<String>,
    tried: Vec<String>,
    /// Feeds of comments that pages name.
    comments: Vec<Candidate>,
    /// Where pages lead that named no feed.
    dead_ends: Vec<String>,
    pages_left: usize,
    /// A feed without posts, should nothing better be found.
    empty: Option<Found>,
}

impl<'a> Search<'a> {
    fn new(source: &'a dyn FeedSource, from: &'a str) -> Self {
        Self {
            source,
            from,
            until: Instant::now() + SEARCH_TIME,
            bytes: AtomicUsize::new(0),
            asked: HashSet::from([from.to_owned()]),
            visited: HashSet::from([from.to_owned()]),
            tried: Vec::new(),
            comments: Vec::new(),
            dead_ends: Vec::new(),
            pages_left: MOST_PAGES,
            empty: None,
        }
    }

    /// What pages name, the nearest page first; then guesses; what pages call
    /// comments last.
    async fn run(&mut self, page: Page) -> Option<Found> {
        let root = Url::parse(self.from).ok().map(|page| root_of(&page));
        let mut further: Vec<String> = root.map(String::from).into_iter().collect();
        further.extend(page.pages.iter().cloned());
        if let Some(found) = self.named_by(self.from.to_owned(), page).await {
            return Some(found);
        }
        let mut at = 0;
        while let Some(url) = further.get(at).cloned() {
            at += 1;
            let Some((url, page)) = self.visit(&url).await else { continue };
            further
                .extend(page.pages.iter().filter(|url| !further.contains(url)).cloned().collect::<Vec<_>>());
            if let Some(found) = self.named_by(url, page).await {
                return Some(found);
            }
        }
        let mut places = guesses(self.from);
        places.extend(self.dead_ends.iter().flat_map(|url| guesses(url)));
        let from = self.from;
        if let Some(found) = self.first_of(places, from).await {
            return Some(found);
        }
        let called_comments = std::mem::take(&mut self.comments).into_iter().map(|one| one.url).collect();
        let found = self.first_of(called_comments, from).await;
        found.or_else(|| self.empty.take())
    }

    /// The first feed that a page names, or that the page names to which it sends on.
    async fn named_by(&mut self, url: String, page: Page) -> Option<Found> {
        let (mut url, mut page) = (url, page);
        loop {
            self.comments.append(&mut page.comments);
            let named = page.feeds.into_iter().map(|one| one.url).collect();
            if let Some(found) = self.first_of(named, &url).await {
                return Some(found);
            }
            // A blog that has no posts yet.
            if self.empty.as_ref().is_some_and(|found| !is_below(&found.reading.url, &url)) {
                return self.empty.take();
            }
            (url, page) = self.visit(&page.refresh?).await?;
        }
    }

    /// Looks at a further page.
    async fn visit(&mut self, url: &str) -> Option<(String, Page)> {
        if self.pages_left == 0 || !self.visited.insert(url.to_owned()) {
            return None;
        }
        self.asked.insert(url.to_owned());
        self.pages_left -= 1;
        self.dead_ends.push(url.to_owned());
        let fetched = self.fetch(&with_login_of(url, self.from)).await;
        match fetched {
            Ok(Fetched::Document { bytes, content_type, url, links, .. }) => {
                Some((url.clone(), page_of(bytes, content_type, links, url).await))
            }
            Ok(Fetched::Unchanged) => None,
            Err(why_not) => {
                self.tried.push(format!("{} ({why_not})", masked(url)));
                None
            }
        }
    }

    /// The first of these that is a feed of posts: they are asked side by side,
    /// and the best is taken, not the fastest.
    async fn first_of(&mut self, urls: Vec<String>, page: &str) -> Option<Found> {
        let left = MOST_TRIES.saturating_sub(self.asked.len());
        let fresh: Vec<String> = urls
            .into_iter()
            .filter(|url| self.asked.insert(url.clone()))
            .map(|url| with_login_of(&url, self.from))
            .take(left)
            .collect();
        let mut answered = vec![None; fresh.len()];
        let mut best: Option<(usize, Reading)> = None;
        let mut empty: Option<(usize, Reading)> = None;
        {
            let this = &*self;
            let ask = |(at, url): (usize, String)| async move { (at, this.try_feed(&url).await) };
            let mut answers =
                stream::iter(fresh.iter().cloned().enumerate()).map(ask).buffer_unordered(AT_ONCE);
            while let Some((at, answer)) = answers.next().await {
                answered[at] = Some(answer.as_ref().err().cloned().unwrap_or_default());
                if let Ok(reading) = answer {
                    let place = if reading.feed.entries.is_empty() { &mut empty } else { &mut best };
                    if place.as_ref().is_none_or(|(other, _)| at < *other) {
                        *place = Some((at, reading));
                    }
                }
                if best.as_ref().is_some_and(|(best, _)| answered[..*best].iter().all(Option::is_some)) {
                    break;
                }
            }
        }
        for (url, why_not) in fresh.iter().zip(&answered) {
            if let Some(why_not) = why_not {
                let why_not = if why_not.is_empty() { "it has no posts" } else { why_not };
                self.tried.push(format!("{} ({why_not})", masked(url)));
            }
        }
        let found = |(_, reading)| Found { reading, page: Some(page.to_owned()) };
        if self.empty.is_none() {
            self.empty = empty.map(found);
        }
        best.map(found)
    }

    async fn try_feed(&self, candidate: &str) -> Result<Reading, String> {
        match self.fetch(candidate).await? {
            Fetched::Document { bytes, content_type, url, moved_to, validators, .. } => {
                let feed_url = moved_to.unwrap_or_else(|| lasting(candidate, &url));
                let feed = look::read(bytes, content_type, url).await.map_err(|(why_not, _)| why_not)?;
                if holds_comments(&feed) {
                    return Err("it holds comments, not posts".into());
                }
                Ok(Reading::of(feed, feed_url, validators))
            }
            Fetched::Unchanged => Err("it answered 304 to a first question".into()),
        }
    }

    async fn fetch(&self, url: &str) -> Result<Fetched, String> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() || self.bytes.load(Ordering::Relaxed) > SEARCHED_BYTES {
            return Err("not asked any more".into());
        }
        let fetched = timeout(left.min(TRY_TIME), self.source.fetch(url, &Validators::default()))
            .await
            .unwrap_or(Err(FetchError::Timeout))
            .map_err(|error| error.to_string())?;
        if let Fetched::Document { bytes, .. } = &fetched {
            self.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        }
        Ok(fetched)
    }

    fn tries(&self) -> String {
        let named = self.tried.iter().take(NAMED_TRIES).cloned().collect::<Vec<_>>().join(", ");
        match self.tried.len().saturating_sub(NAMED_TRIES) {
            0 => named,
            more => format!("{named}, and {more} more"),
        }
    }
}

async fn page_of(bytes: Vec<u8>, content_type: Option<String>, links: Vec<String>, url: String) -> Page {
    look::blocking(move || read_page(&bytes, content_type.as_deref(), &links, &url)).await.unwrap_or_default()
}

/// Whether this lies below a page that is no root: there, WordPress keeps the
/// comments of a post.
fn is_below(url: &str, page: &str) -> bool {
    let page = page.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let is_root = Url::parse(page).is_ok_and(|page| page.path() == "/");
    !is_root && url.strip_prefix(page).is_some_and(|rest| rest.starts_with('/'))
}

/// The address in what was typed or pasted: `<https://…>`, `feed://…`, `//…`.
fn address_in(typed: &str) -> String {
    let typed = typed.trim().trim_matches(['<', '>', '"', '\'']).trim();
    let is_feed = typed.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("feed:"));
    let typed = if is_feed { &typed[5..] } else { typed };
    typed.trim_start_matches("//").to_owned()
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

    #[test]
    fn an_address_is_taken_out_of_what_was_pasted() {
        for (typed, address) in [
            ("  blog.example ", "blog.example"),
            ("<https://blog.example/f.xml>", "https://blog.example/f.xml"),
            ("feed://blog.example/f.xml", "blog.example/f.xml"),
            ("FEED:https://blog.example/f.xml", "https://blog.example/f.xml"),
            ("//blog.example/", "blog.example/"),
            ("\"https://blog.example\"", "https://blog.example"),
            ("", ""),
        ] {
            assert_eq!(address_in(typed), address);
        }
    }

    #[test]
    fn what_lies_below_a_post_is_known() {
        assert!(is_below("https://a.example/2026/p/feed/", "https://a.example/2026/p/?x=1"));
        assert!(!is_below("https://a.example/feed/", "https://a.example/"));
        assert!(!is_below("https://a.example/feed/", "https://a.example/2026/p/"));
        assert!(!is_below("https://a.example/posts-feed/", "https://a.example/posts"));
    }
}
