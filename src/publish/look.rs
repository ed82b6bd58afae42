//! One look at a blog's feed: fetch, read, judge, write down.

use super::failing::{notice, notice_of_failing, notice_of_return, told_at};
use super::known::{OnRecord, identities, in_order, recognised};
use super::moved::Lookalikes;
use super::{Detected, Peek, PublishError, Publisher, detect, hints};
use crate::domain::{
    Blog, DAY_MS, Decision, Identity, Recognised, SECOND_MS, Timestamp, masked, schedule, with_login_of,
    without_secrets, without_secrets_of,
};
use crate::feeds::{Feed, FetchError, Fetched, Validators, Weight, parse, text};
use crate::store::{FoundPost, Look, LookOutcome, NewDelivery, PostFilter, StoreError};
use crate::templates::sentence;

/// Posts that a notice names; the others are counted.
const NAMED_IN_NOTICE: usize = 20;

/// When a feed is asked again that its server calls gone for good (410): once
/// after a day, for it may be a slip, then each week.
const GONE_MS: i64 = DAY_MS;
const STILL_GONE_MS: i64 = 7 * DAY_MS;

/// A feed as it was read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// What it says.
    pub(super) feed: Feed,
    /// Where it is.
    pub(super) url: String,
    /// For the next conditional GET.
    pub(super) validators: Validators,
    /// Where it lives from now on, when it moved.
    pub(super) moved_to: Option<String>,
    /// Whether these are only the entries that are new.
    pub(super) is_delta: bool,
    /// The room that it takes, as long as it is kept.
    #[expect(dead_code, reason = "it is given back when it is dropped")]
    pub(super) weight: Weight,
}

impl Reading {
    /// A feed that was read whole where it lives.
    pub(super) fn of(feed: Feed, url: String, validators: Validators) -> Self {
        Self { feed, url, validators, moved_to: None, is_delta: false, weight: Weight::default() }
    }
}

/// How a look went.
pub(super) enum Looked {
    /// The feed was read and held this many posts that nobody knew.
    Read(u32, Box<Reading>),
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
    // What is resolved against it is shown and mailed.
    let base = without_secrets(&url);
    blocking(move || match parse(&bytes, content_type.as_deref(), &base) {
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
        let Some(reading) = self.read_at(&blog.feed_url, known).await? else { return Ok(None) };
        // A feed that says that it moved is believed once another is there.
        let said = reading.feed.new_feed_url.as_deref().map(|new| with_login_of(new, &reading.url));
        let said = said.filter(|new| *new != reading.url && *new != blog.feed_url);
        let Some(new) = said else { return Ok(Some(reading)) };
        match self.read_at(&new, &Validators::default()).await {
            Ok(Some(there)) => Ok(Some(Reading { moved_to: there.moved_to.or(Some(new)), ..there })),
            // It is asked again, whether or not this one changes.
            Ok(None) | Err(_) => Ok(Some(Reading { validators: Validators::default(), ..reading })),
        }
    }

    async fn read_at(&self, at: &str, known: &Validators) -> Result<Option<Reading>, PublishError> {
        match self.source.fetch(at, known).await? {
            Fetched::Unchanged => Ok(None),
            Fetched::Document {
                bytes, content_type, url, moved_to, is_delta, validators, weight, ..
            } => {
                let feed = read(bytes, content_type, url.clone())
                    .await
                    .map_err(|(reason, _)| PublishError::NoFeed(reason))?;
                Ok(Some(Reading { feed, url, validators, moved_to, is_delta, weight }))
            }
        }
    }

    /// Looks at a feed and writes down what was found, and when to look next.
    pub(super) async fn look(&self, blog: &Blog) -> Result<Looked, StoreError> {
        let began_at = self.clock.now();
        let read = self.fetch_and_read(blog, &validators_of(blog, began_at)).await;
        let now = self.clock.now();
        let (outcome, looked) = match read {
            Ok(Some(mut reading)) => {
                self.note_hub(blog, &reading, now).await?;
                let outcome = self.judge(blog, &mut reading, now).await?;
                (outcome, Looked::Read(0, Box::new(reading)))
            }
            Ok(None) => (LookOutcome::Unchanged, Looked::Unchanged),
            Err(error) => {
                tracing::warn!(blog.slug = %blog.slug, error = %error, failures = blog.failures + 1,
                    "the feed could not be read; it is tried again later");
                let notice = notice_of_failing(blog, &error, now);
                (LookOutcome::Failed { reason: error.to_string(), notice }, Looked::Failed(error))
            }
        };
        let next_check_at = self.next_check(blog, &looked, now);
        let held = held_in(&outcome);
        let back = notice_of_return(blog);
        let feed_url = blog.feed_url.clone();
        let look = Look { blog_id: blog.id, feed_url, began_at, outcome, back, next_check_at };
        let new = self.store.record_look(&look, now).await?;
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
        let mut reading = self.read_now(blog).await?;
        let posts = reading.feed.entries.len();
        let outcome = self.judge(blog, &mut reading, self.clock.now()).await?;
        let held = held_in(&outcome).len();
        let new = match &outcome {
            LookOutcome::Read { posts, .. } => posts.len(),
            _ => 0,
        };
        Ok(Peek { posts, new, held })
    }

    fn next_check(&self, blog: &Blog, looked: &Looked, now: Timestamp) -> Timestamp {
        let failures = if matches!(looked, Looked::Failed(_)) { blog.failures.saturating_add(1) } else { 0 };
        let every = match looked {
            Looked::Read(_, reading) => {
                hints::interval_seconds(&reading.feed, self.policy.check_every_seconds)
            }
            Looked::Unchanged | Looked::Failed(_) => self.policy.check_every_seconds,
        };
        let next = schedule::next_check(now, every, failures, rand::random());
        match looked {
            Looked::Read(_, reading) => {
                hints::not_when_skipped(&reading.feed, self.policy.check_every_seconds, next)
            }
            Looked::Failed(PublishError::Fetch(FetchError::Status { status: 410, .. })) => {
                now.plus_ms(if failures == 1 { GONE_MS } else { STILL_GONE_MS })
            }
            Looked::Failed(PublishError::Fetch(
                FetchError::Status { retry_after_seconds: Some(wait), .. }
                | FetchError::Guarded { retry_after_seconds: Some(wait), .. },
            )) => {
                let wait_ms = i64::try_from(*wait).unwrap_or(DAY_MS).saturating_mul(SECOND_MS).min(DAY_MS);
                next.max(now.plus_ms(wait_ms))
            }
            // Its owner is told at the look of this moment, and no later.
            Looked::Failed(_) => {
                told_at(blog, now).filter(|told| *told > now).map_or(next, |told| next.min(told))
            }
            Looked::Unchanged => next,
        }
    }

    async fn judge(
        &self,
        blog: &Blog,
        reading: &mut Reading,
        now: Timestamp,
    ) -> Result<LookOutcome, StoreError> {
        let (detected, gap) = self.detect_in(blog, reading, now).await?;
        let notice = if detected.notify { notice_of(blog, &detected.posts) } else { None };
        let moved_to = reading.moved_to.clone().filter(|to| *to != blog.feed_url);
        if let Some(to) = &moved_to {
            tracing::info!(blog.slug = %blog.slug, feed.url = masked(to), "the feed moved for good; it is read there from now on");
        }
        // Of half a document the rest is wanted, and not a 304.
        let validators = if reading.feed.is_cut { Validators::default() } else { reading.validators.clone() };
        Ok(LookOutcome::Read {
            etag: validators.etag,
            last_modified: validators.last_modified,
            posts: detected.posts,
            respelled: detected.respelled,
            notice,
            moved_to,
            gap,
        })
    }

    /// Judges what was read; of a feed that is strange altogether the further
    /// pages too, and what they leave open.
    async fn detect_in(
        &self,
        blog: &Blog,
        reading: &mut Reading,
        now: Timestamp,
    ) -> Result<(Detected, Option<String>), StoreError> {
        let judged = |feed: &Feed, on_record: &OnRecord| {
            let OnRecord { posts, recent } = on_record;
            detect::detect(feed, detect::Known { posts, recent, approve: blog.approve }, &self.policy, now)
        };
        let entries = &reading.feed.entries;
        let home = reading.feed.home_url.as_deref();
        let found = recognised(entries, &[], home);
        let identities = identities(entries, &found, &[]);
        let posts = in_order(self.store.find_known(blog.id, &identities).await?);
        // Most looks find all as it was, and are done here.
        let detected = judged(&reading.feed, &OnRecord { posts, recent: Vec::new() });
        if detected.posts.is_empty() && detected.respelled.is_empty() {
            return Ok((detected, None));
        }
        let mut on_record = self.on_record(blog.id, entries).await?;
        let is_known = |found: &Recognised| matches!(found, Recognised::Known(_));
        let is_strange = !reading.is_delta
            && !on_record.recent.is_empty()
            && !recognised(entries, &on_record.posts, home).iter().any(is_known)
            && !Lookalikes::among(&on_record.recent, &reading.feed).has_any(&reading.feed);
        let mut gap = None;
        if is_strange {
            let older = self.read_older(blog, reading, &on_record.recent).await?;
            gap = older.gap;
            reading.feed.entries.extend(older.entries);
            on_record = self.on_record(blog.id, &reading.feed.entries).await?;
        }
        Ok((judged(&reading.feed, &on_record), gap))
    }

    /// Tells the log what is held and which command mails it.
    async fn tell_held(&self, blog: &Blog, held: &[Identity]) -> Result<(), StoreError> {
        let filter = PostFilter { blog_id: Some(blog.id), decision: Some(Decision::Held) };
        let count = u32::try_from(held.len()).unwrap_or(u32::MAX).min(1_000);
        let posts = self.store.list_posts(filter, count).await?;
        let new = |identity: &Identity| held.contains(identity);
        for post in posts.iter().filter(|post| new(&post.identity)).take(NAMED_IN_NOTICE) {
            tracing::warn!(blog.slug = %blog.slug, post.id = %post.id, reason = sentence(&post.reason),
                "a post is held; to mail it: postbell post approve {}", post.id);
        }
        if held.len() > NAMED_IN_NOTICE {
            tracing::warn!(blog.slug = %blog.slug, held = held.len(),
                "more posts are held; to see them: postbell post list");
        }
        Ok(())
    }
}

/// What an answer is compared with. The first look of a day takes it whole: a
/// post that was dated back may hide behind validators that did not change.
fn validators_of(blog: &Blog, now: Timestamp) -> Validators {
    // Not all blogs at midnight.
    let day = |at: Timestamp| (at.as_millis() + blog.id.0.wrapping_mul(7_919_000) % DAY_MS) / DAY_MS;
    if blog.last_checked_at.is_none_or(|last| day(last) != day(now)) {
        return Validators::default();
    }
    Validators { etag: blog.etag.clone(), last_modified: blog.last_modified.clone() }
}

fn held_in(outcome: &LookOutcome) -> Vec<Identity> {
    let LookOutcome::Read { posts, .. } = outcome else { return Vec::new() };
    let held = posts.iter().filter(|post| post.decision == Decision::Held);
    held.map(|post| post.identity.clone()).collect()
}

/// The mail to the blog's owner, when there is one to write to.
fn notice_of(blog: &Blog, posts: &[FoundPost]) -> Option<NewDelivery> {
    let held: Vec<&FoundPost> = posts.iter().filter(|post| post.decision == Decision::Held).collect();
    let named: Vec<serde_json::Value> = held
        .iter()
        .take(NAMED_IN_NOTICE)
        .map(|post| {
            serde_json::json!({
                "title": text::cut(&post.title, 200),
                // A payload is bounded, and so is what a mail can show.
                "link": post.link.as_deref().filter(|link| link.len() <= 1_000)
                    .map(|link| without_secrets_of(&blog.feed_url, link)),
                "reason": post.reason,
            })
        })
        .collect();
    let payload = serde_json::json!({ "more": held.len() - named.len(), "posts": named });
    notice(blog, &payload)
}
