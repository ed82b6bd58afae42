//! One look at a blog's feed: fetch, read, judge, write down.

use super::{Peek, PublishError, Publisher, detect};
use crate::domain::{Blog, DAY_MS, Decision, DeliveryKind, Identity, SECOND_MS, Timestamp, schedule};
use crate::feeds::{Feed, FetchError, Fetched, Validators, parse, text};
use crate::store::{FoundPost, Look, LookOutcome, NewDelivery, PostFilter, StoreError};
use crate::templates::HeldPost;

/// Posts that a move of the site is recognised by.
const RECENT_POSTS: u32 = 200;
/// Posts that a notice names; the others are counted.
const NAMED_IN_NOTICE: usize = 20;

/// A feed as it was read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// What it says.
    pub(super) feed: Feed,
    /// Where it is.
    pub(super) url: String,
    /// For the next conditional GET.
    pub(super) validators: Validators,
}

/// How a look went.
pub(super) enum Looked {
    /// The feed was read and held this many posts that nobody knew.
    Read(u32, Reading),
    /// As it was.
    Unchanged,
    /// It could not be read; that is written down.
    Failed(PublishError),
}

/// Runs work that computes away from the async threads; `None` when it panics.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Parses a document; gives it back, with the reason, when it is no feed.
pub(super) async fn read(
    bytes: Vec<u8>,
    content_type: Option<String>,
    url: String,
) -> Result<Feed, (String, Vec<u8>)> {
    blocking(move || match parse(&bytes, content_type.as_deref(), &url) {
        Ok(feed) => Ok(feed),
        Err(error) => Err((error.to_string(), bytes)),
    })
    .await
    .unwrap_or_else(|| Err(("the document could not be read at all".into(), Vec::new())))
}

impl Publisher {
    /// Fetches and reads a feed whether or not it changed.
    pub(super) async fn read_now(&self, blog: &Blog) -> Result<Reading, PublishError> {
        match self.fetch_and_read(blog, &Validators::default()).await? {
            Some(reading) => Ok(reading),
            None => {
                Err(PublishError::NoFeed("the feed answered 304 to a question without validators".into()))
            }
        }
    }

    /// `None`: as it was.
    async fn fetch_and_read(&self, blog: &Blog, known: &Validators) -> Result<Option<Reading>, PublishError> {
        match self.source.fetch(&blog.feed_url, known).await? {
            Fetched::Unchanged => Ok(None),
            Fetched::Document { bytes, content_type, url, validators } => {
                let feed = read(bytes, content_type, url.clone())
                    .await
                    .map_err(|(reason, _)| PublishError::NoFeed(reason))?;
                Ok(Some(Reading { feed, url, validators }))
            }
        }
    }

    /// Looks at a feed and writes down what was found, and when to look next.
    pub(super) async fn look(&self, blog: &Blog) -> Result<Looked, StoreError> {
        let validators = Validators { etag: blog.etag.clone(), last_modified: blog.last_modified.clone() };
        let read = self.fetch_and_read(blog, &validators).await;
        let now = self.clock.now();
        let (outcome, looked) = match read {
            Ok(Some(reading)) => (self.judge(blog, &reading, now).await?, Looked::Read(0, reading)),
            Ok(None) => (LookOutcome::Unchanged, Looked::Unchanged),
            Err(error) => {
                tracing::warn!(blog.slug = %blog.slug, error = %error, failures = blog.failures + 1,
                    "the feed could not be read; it is tried again later");
                (LookOutcome::Failed { reason: error.to_string() }, Looked::Failed(error))
            }
        };
        let next_check_at = self.next_check(blog, &looked, now);
        let held = held_in(&outcome);
        let new = self.store.record_look(&Look { blog_id: blog.id, outcome, next_check_at }, now).await?;
        if !held.is_empty() {
            self.tell_held(blog, &held).await?;
        }
        Ok(match looked {
            Looked::Read(_, reading) => Looked::Read(new, reading),
            other => other,
        })
    }

    /// What a look would find now; writes nothing.
    pub(super) async fn peek_now(&self, blog: &Blog) -> Result<Peek, PublishError> {
        let reading = self.read_now(blog).await?;
        let posts = reading.feed.entries.len();
        let outcome = self.judge(blog, &reading, self.clock.now()).await?;
        let held = held_in(&outcome).len();
        let new = match &outcome {
            LookOutcome::Read { posts, .. } => posts.len(),
            _ => 0,
        };
        Ok(Peek { posts, new, held })
    }

    fn next_check(&self, blog: &Blog, looked: &Looked, now: Timestamp) -> Timestamp {
        let failures = if matches!(looked, Looked::Failed(_)) { blog.failures.saturating_add(1) } else { 0 };
        let next = schedule::next_check(now, self.policy.check_every_seconds, failures, rand::random());
        match looked {
            Looked::Failed(PublishError::Fetch(FetchError::Status {
                retry_after_seconds: Some(wait),
                ..
            })) => {
                let wait_ms = i64::try_from(*wait).unwrap_or(DAY_MS).saturating_mul(SECOND_MS).min(DAY_MS);
                next.max(now.plus_ms(wait_ms))
            }
            _ => next,
        }
    }

    async fn judge(&self, blog: &Blog, reading: &Reading, now: Timestamp) -> Result<LookOutcome, StoreError> {
        let identities: Vec<Identity> = reading.feed.entries.iter().map(|entry| entry.identity()).collect();
        let known = self.store.find_known(blog.id, &identities).await?;
        // Only a feed of which nothing is known can have moved.
        let recent = if known.is_empty() {
            let filter = PostFilter { blog_id: Some(blog.id), decision: None };
            self.store.list_posts(filter, RECENT_POSTS).await?
        } else {
            Vec::new()
        };
        let known = detect::Known { identities: &known, recent: &recent, approve: blog.approve };
        let detected = detect::detect(&reading.feed, known, &self.policy, now);
        let notice = if detected.notify { notice_of(blog, &detected.posts) } else { None };
        Ok(LookOutcome::Read {
            etag: reading.validators.etag.clone(),
            last_modified: reading.validators.last_modified.clone(),
            posts: detected.posts,
            notice,
        })
    }

    /// Tells the log what is held and which command mails it.
    async fn tell_held(&self, blog: &Blog, held: &[(Identity, String)]) -> Result<(), StoreError> {
        let filter = PostFilter { blog_id: Some(blog.id), decision: Some(Decision::Held) };
        let count = u32::try_from(held.len()).unwrap_or(u32::MAX).min(1_000);
        let posts = self.store.list_posts(filter, count).await?;
        let new = |identity: &Identity| held.iter().any(|(held, _)| held == identity);
        for post in posts.iter().filter(|post| new(&post.identity)).take(NAMED_IN_NOTICE) {
            tracing::warn!(blog.slug = %blog.slug, post.id = %post.id, reason = %post.reason,
                "a post is held; to mail it: postbell post approve {}", post.id);
        }
        if held.len() > NAMED_IN_NOTICE {
            tracing::warn!(blog.slug = %blog.slug, held = held.len(),
                "more posts are held; to see them: postbell post list");
        }
        Ok(())
    }
}

fn held_in(outcome: &LookOutcome) -> Vec<(Identity, String)> {
    let LookOutcome::Read { posts, .. } = outcome else { return Vec::new() };
    let held = posts.iter().filter(|post| post.decision == Decision::Held);
    held.map(|post| (post.identity.clone(), post.reason.clone())).collect()
}

/// The mail to the blog's owner, when there is one to write to.
fn notice_of(blog: &Blog, posts: &[FoundPost]) -> Option<NewDelivery> {
    let owner = blog.owner.clone()?;
    let held: Vec<&FoundPost> = posts.iter().filter(|post| post.decision == Decision::Held).collect();
    let named: Vec<HeldPost> = held
        .iter()
        .take(NAMED_IN_NOTICE)
        .map(|post| HeldPost {
            title: text::cut(&post.title, 200),
            // A payload is bounded, and so is what a mail can show.
            link: post.link.clone().filter(|link| link.len() <= 1_000),
            reason: post.reason.clone(),
        })
        .collect();
    let payload = serde_json::json!({ "more": held.len() - named.len(), "posts": named });
    Some(NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog.id),
        subscription_id: None,
        subscriber_id: None,
        to: Some(owner),
        payload: Some(payload.to_string()),
    })
}
