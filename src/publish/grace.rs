//! When the grace time of a post is over: read the feed again and mail what
//! it says now, so that a slip of the pen mended in time reaches nobody.

use super::known::recognised;
use super::look::{Reading, blocking};
use super::{PublishError, Publisher, body, detect};
use crate::domain::{
    Blog, BlogId, Decision, HOUR_MS, MINUTE_MS, MailingContent, Post, PostId, Reason, Recognised, Timestamp,
    without_secrets, without_secrets_of,
};
use crate::feeds::Entry;
use crate::store::StoreError;
use crate::templates::sentence;

/// Followers of one step of a fan-out: a hundred whole blocks.
const FAN_OUT_STEP: u32 = 25_600;

impl Publisher {
    /// Mails posts of one blog; `just_read` is its feed, where it needs no
    /// second reading.
    pub(super) async fn mail_of_blog(
        &self,
        blog: BlogId,
        mut posts: Vec<Post>,
        just_read: Option<Reading>,
    ) -> Result<u32, StoreError> {
        let Some(blog) = self.store.get_blog(blog).await? else { return Ok(0) };
        let reading = match just_read {
            Some(reading) => reading,
            None => match self.read_now(&blog).await {
                Ok(reading) => reading,
                Err(error) => {
                    self.put_off(&blog, &posts, &error).await?;
                    return Ok(0);
                }
            },
        };
        posts.sort_by_key(|post| (post.first_seen_at, post.id));
        let entries = self.entries_of(&blog, &posts, &reading).await?;
        let mut mailed = 0;
        for (post, entry) in posts.iter().zip(entries) {
            mailed += u32::from(self.mail_waiting(&blog, post, entry, &reading).await?);
        }
        Ok(mailed)
    }

    /// What the feed says of each of these posts; none where it left the feed.
    async fn entries_of<'r>(
        &self,
        blog: &Blog,
        posts: &[Post],
        reading: &'r Reading,
    ) -> Result<Vec<Option<&'r Entry>>, StoreError> {
        let entries = &reading.feed.entries;
        let mut known = self.on_record(blog.id, entries).await?.posts;
        // One that vanished before may be asked for by hand.
        let has = |post: &&Post| known.iter().any(|other| other.id == post.id);
        let missing: Vec<Post> = posts.iter().filter(|post| !has(post)).cloned().collect();
        known.extend(missing);
        let found = recognised(entries, &known, reading.feed.home_url.as_deref());
        let of = |post: &Post| {
            let is_it =
                |found: &Recognised| matches!(found, Recognised::Known(at) if known[*at].id == post.id);
            entries.iter().zip(&found).find(|(_, found)| is_it(found)).map(|(entry, _)| entry)
        };
        Ok(posts.iter().map(of).collect())
    }

    async fn mail_waiting(
        &self,
        blog: &Blog,
        post: &Post,
        entry: Option<&Entry>,
        reading: &Reading,
    ) -> Result<bool, StoreError> {
        let from = Decision::Waiting;
        let Some(entry) = entry else {
            if reading.feed.is_cut {
                let error = PublishError::NoFeed("it ended too early, and without this post".into());
                self.put_off(blog, std::slice::from_ref(post), &error).await?;
                return Ok(false);
            }
            let reason = Reason::Vanished;
            let now = self.clock.now();
            if self.store.decide_post(post.id, from, Decision::Skipped, &reason, None, now).await? {
                tracing::warn!(blog.slug = %blog.slug, post.id = %post.id, "{}", sentence(&reason));
            }
            return Ok(false);
        };
        let now = self.clock.now();
        if let Some(at) = detect::waits_until(entry, now) {
            let reason = Reason::WaitsForDate { at };
            self.store.decide_post(post.id, from, Decision::Waiting, &reason, Some(at), now).await?;
            return Ok(false);
        }
        let Some(content) = content_of(blog, entry, reading).await else {
            let reason = Reason::NotComposed;
            tracing::error!(blog.slug = %blog.slug, post.id = %post.id, reason = sentence(&reason),
                "a post is held: postbell post approve {}", post.id);
            self.store.decide_post(post.id, from, Decision::Held, &reason, None, self.clock.now()).await?;
            return Ok(false);
        };
        let reason = if self.policy.grace_seconds == 0 { Reason::New } else { Reason::NewAfterGrace };
        let mailing = self.store.mail_post(post.id, from, &content, &reason, self.clock.now()).await?;
        if let Some(mailing) = mailing {
            self.mailed.ring();
            tracing::info!(blog.slug = %blog.slug, post.id = %post.id, mailing.id = %mailing, "a post is mailed");
        }
        Ok(mailing.is_some())
    }

    /// The feed cannot be read now: its posts wait on, longer each time.
    async fn put_off(&self, blog: &Blog, posts: &[Post], error: &PublishError) -> Result<(), StoreError> {
        tracing::warn!(blog.slug = %blog.slug, posts = posts.len(), error = %error,
            "the feed could not be read again before mailing; its posts wait");
        let now = self.clock.now();
        for post in posts {
            let due_at = again_at(post.first_seen_at.plus_ms(detect::grace_ms(&self.policy)), now);
            let reason = Reason::WaitsForFeed { error: error.to_string() };
            self.store
                .decide_post(post.id, Decision::Waiting, Decision::Waiting, &reason, Some(due_at), now)
                .await?;
        }
        Ok(())
    }

    /// What a post's mail would carry: its present text.
    ///
    /// # Errors
    /// `Refused` when it left the feed.
    pub async fn content_of_post(&self, blog: &Blog, post: &Post) -> Result<MailingContent, PublishError> {
        let reading = self.read_now(blog).await?;
        let found = self.entries_of(blog, std::slice::from_ref(post), &reading).await?;
        let entry = found.into_iter().next().flatten().ok_or_else(|| {
            PublishError::Refused(format!(
                "post {} is no longer in the feed of {}; only what the feed still carries can be mailed",
                post.id, blog.slug
            ))
        })?;
        content_of(blog, entry, &reading).await.ok_or_else(|| {
            PublishError::Refused(format!("the text of post {} could not be made into a mail", post.id))
        })
    }

    /// `post approve`: mails a held, skipped or waiting post with its present
    /// text. Its deliveries are written by the next tick.
    ///
    /// # Errors
    /// `Refused` when it was mailed already or left the feed.
    pub async fn approve(&self, post: PostId) -> Result<Post, PublishError> {
        let post = self.store.get_post(post).await?.ok_or(StoreError::Missing("post"))?;
        if post.decision == Decision::Sent {
            return Err(PublishError::Refused(format!("post {} was mailed already", post.id)));
        }
        let blog = self.store.get_blog(post.blog_id).await?.ok_or(StoreError::Missing("blog"))?;
        let content = self.content_of_post(&blog, &post).await?;
        let now = self.clock.now();
        let mailing = self.store.mail_post(post.id, post.decision, &content, &Reason::Approved, now).await?;
        if mailing.is_none() {
            return Err(decided_meanwhile(post.id));
        }
        self.mailed.ring();
        Ok(self.store.get_post(post.id).await?.ok_or(StoreError::Missing("post"))?)
    }

    /// `post skip`: a held or waiting post is not mailed.
    ///
    /// # Errors
    /// `Refused` when it is neither.
    pub async fn skip(&self, post: PostId) -> Result<Post, PublishError> {
        let post = self.store.get_post(post).await?.ok_or(StoreError::Missing("post"))?;
        match post.decision {
            Decision::Held | Decision::Waiting => {}
            Decision::Sent => {
                return Err(PublishError::Refused(format!("post {} was mailed already", post.id)));
            }
            Decision::Skipped => {
                return Err(PublishError::Refused(format!("post {} is skipped already", post.id)));
            }
        }
        let (reason, now) = (Reason::SkippedByHand, self.clock.now());
        if !self.store.decide_post(post.id, post.decision, Decision::Skipped, &reason, None, now).await? {
            return Err(decided_meanwhile(post.id));
        }
        Ok(self.store.get_post(post.id).await?.ok_or(StoreError::Missing("post"))?)
    }

    /// Writes the deliveries of every mailing that lacks some.
    ///
    /// # Errors
    /// When they cannot be listed now.
    pub async fn fan_out_all(&self) -> Result<u64, StoreError> {
        let mut written = 0;
        for mailing in self.store.list_filling().await? {
            loop {
                let step = match self.store.fan_out(mailing, FAN_OUT_STEP, self.clock.now()).await {
                    Ok(step) => step,
                    Err(error) => {
                        tracing::error!(mailing.id = %mailing, error = %error,
                            "deliveries could not be written; the next ring goes on where this one stopped");
                        break;
                    }
                };
                written += step.written;
                if step.written > 0 {
                    self.wake.ring();
                }
                if step.is_complete {
                    break;
                }
            }
        }
        Ok(written)
    }
}

fn decided_meanwhile(post: PostId) -> PublishError {
    PublishError::Refused(format!(
        "post {post} was decided otherwise at the same moment: postbell post show {post}"
    ))
}

/// What the mail carries; `None` when making it panicked.
async fn content_of(blog: &Blog, entry: &Entry, reading: &Reading) -> Option<MailingContent> {
    let mut entry = entry.clone();
    // A server may repeat the token that it is asked with.
    for address in [&blog.feed_url, &reading.url] {
        let cut = |text: &mut String| *text = without_secrets_of(address, text);
        [&mut entry.title, &mut entry.html].into_iter().for_each(cut);
        let addresses = [&mut entry.link, &mut entry.image, &mut entry.base, &mut entry.comments_url];
        addresses.into_iter().chain([&mut entry.summary_html]).flatten().for_each(cut);
    }
    let base = entry.link.clone().unwrap_or_else(|| without_secrets(&reading.url));
    let (accent, language) = (blog.accent.clone(), reading.feed.language.clone());
    blocking(move || body::content_of(&entry, &base, &accent, language.as_deref())).await
}

/// A minute on, then half of how late it is already, an hour at most.
fn again_at(was_due_at: Timestamp, now: Timestamp) -> Timestamp {
    now.plus_ms((now.since_ms(was_due_at) / 2).clamp(MINUTE_MS, HOUR_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_whose_feed_is_down_waits_longer_each_time() {
        let due = Timestamp::from_millis(1_800_000_000_000);
        for (late_ms, wait_ms) in
            [(0, MINUTE_MS), (MINUTE_MS, MINUTE_MS), (HOUR_MS, HOUR_MS / 2), (9 * HOUR_MS, HOUR_MS)]
        {
            let now = due.plus_ms(late_ms);
            assert_eq!(again_at(due, now).since_ms(now), wait_ms);
        }
    }
}
