//! A publisher over a web of scripted documents and a real store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use postbell::clock::ManualClock;
use postbell::domain::{Blog, Post};
use postbell::feeds::{FeedSource, FetchError, Fetched, Validators, Weight};
use postbell::publish::{AddBlog, Policy, Publisher};
use postbell::store::PostFilter;
use postbell::wake::Wake;

use crate::support::stores::{NOW, Opened, address};

pub const FEED: &str = "https://blog.example/feed/";
pub const HOME: &str = "https://blog.example/";

/// A document with its `ETag`, or why there is none.
type Answer = Result<(String, String), FetchError>;

/// A web of documents that the test rewrites; what is not there is 404.
#[derive(Default)]
pub struct Web {
    pages: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<String>>,
}

impl Web {
    pub fn put(&self, url: &str, document: &str) {
        self.pages.lock().unwrap().insert(url.into(), Ok((url.into(), document.into())));
    }

    pub fn redirect(&self, url: &str, to: &str, document: &str) {
        self.pages.lock().unwrap().insert(url.into(), Ok((to.into(), document.into())));
    }

    pub fn break_down(&self, url: &str, error: FetchError) {
        self.pages.lock().unwrap().insert(url.into(), Err(error));
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[async_trait]
impl FeedSource for Web {
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        self.asked.lock().unwrap().push(url.to_owned());
        let page = self.pages.lock().unwrap().get(url).cloned();
        let (at, document) =
            page.unwrap_or(Err(FetchError::Status { status: 404, retry_after_seconds: None }))?;
        assert!(!document.contains("PANIC"), "scripted");
        let etag = Some(format!("\"{}-{}\"", document.len(), document.bytes().map(u32::from).sum::<u32>()));
        if validators.etag.is_some() && validators.etag == etag {
            return Ok(Fetched::Unchanged);
        }
        let validators = Validators { etag, last_modified: None };
        let moved_to = (at != url && url.contains("/old")).then(|| at.clone());
        let bytes = document.into_bytes();
        let links = Vec::new();
        Ok(Fetched::Document {
            bytes,
            content_type: None,
            url: at,
            moved_to,
            is_delta: false,
            validators,
            links,
            weight: Weight::default(),
        })
    }

    async fn ask_hub(&self, hub: &str, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let form: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.asked.lock().unwrap().push(format!("{hub} {}", form.join(" ")));
        let known = self.pages.lock().unwrap().get(hub).cloned();
        known.unwrap_or(Err(FetchError::Timeout)).map(|_| ())
    }
}

pub struct Town {
    pub opened: Opened,
    pub web: Arc<Web>,
    pub clock: Arc<ManualClock>,
    pub publisher: Publisher,
}

pub fn town(opened: Opened, grace_seconds: u64) -> Town {
    let (web, clock) = (Arc::new(Web::default()), Arc::new(ManualClock::at(NOW)));
    let publisher = Publisher {
        store: opened.store.clone(),
        source: web.clone(),
        clock: clock.clone(),
        wake: Wake::new(),
        mailed: Wake::new(),
        hubs: None,
        policy: Policy {
            check_every_seconds: 300,
            grace_seconds,
            max_new_posts: 3,
            max_age_hours: 72,
            concurrency: 64,
        },
    };
    Town { opened, web, clock, publisher }
}

impl Town {
    pub async fn add(&self, ask: AddBlog) -> Blog {
        self.publisher.add_blog(&ask).await.unwrap().blog
    }

    /// A blog whose feed has the post `old`, and one follower.
    pub async fn blog(&self) -> Blog {
        self.web.put(FEED, &feed(&["old"]));
        let ask =
            AddBlog { url: FEED.into(), owner: Some(address("owner@example.org")), ..AddBlog::default() };
        let blog = self.add(ask).await;
        self.opened.follow(&blog, "reader@example.org", NOW).await;
        self.clock.advance_seconds(1);
        blog
    }

    /// The scheduler's rings until the next check is surely due.
    pub async fn next_look(&self) -> postbell::publish::Ticked {
        self.clock.advance_seconds(400);
        self.publisher.tick().await.unwrap()
    }

    pub async fn posts(&self) -> Vec<Post> {
        let mut posts = self.opened.store.list_posts(PostFilter::default(), 100).await.unwrap();
        posts.sort_by_key(|post| post.id);
        posts
    }

    pub async fn post(&self, title: &str) -> Post {
        self.posts()
            .await
            .into_iter()
            .find(|post| post.title == title)
            .unwrap_or_else(|| panic!("no {title}"))
    }

    pub async fn deliveries(&self, kind: &str) -> i64 {
        self.opened.number(&format!("SELECT COUNT(*) FROM deliveries WHERE kind = '{kind}'")).await
    }
}

pub fn item(name: &str, text: &str) -> String {
    format!(
        "<item><title>{name}</title><guid isPermaLink=\"false\">{name}</guid><link>{HOME}{name}</link>\
         <description>{text}</description></item>"
    )
}

pub fn feed_of(items: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>Tea Notes</title><link>{HOME}</link>\
         <description>On tea</description>{items}</channel></rss>"
    )
}

pub fn feed(names: &[&str]) -> String {
    feed_of(&names.iter().map(|name| item(name, "words")).collect::<String>())
}
