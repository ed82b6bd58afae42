//! From a look at a feed to a mailing.

mod add;
pub mod body;
mod detect;
mod find;
mod grace;
mod hints;
mod hubs;
mod known;
mod look;
mod pages;
mod ping;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::domain::{Approval, Blog, BlogId, BodyMode, EmailAddress, SECOND_MS, Slug};
use crate::feeds::FeedSource;
use crate::store::{Store, StoreError};
use crate::wake::Wake;

pub use detect::{Detected, Known, baseline, detect};
pub use hubs::HubDesk;
use look::{Looked, Reading};

/// Blogs and posts taken at once are left alone by others this long: longer
/// than eight feeds take that all run into the timeout, four at once, and no
/// longer, since what a killed process had taken waits for its end.
const LEASE_MS: i64 = 75 * SECOND_MS;
/// Blogs taken at once.
const CLAIMED_BLOGS: u32 = 8;
/// Looks at due feeds of one tick, in claims; what is left is due at the next.
const MOST_LOOKS: usize = 3;
/// Feeds fetched and read at the same time.
const SIDE_BY_SIDE: usize = 4;

/// What the flow is told.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Seconds between two looks at a feed.
    pub check_every_seconds: u64,
    /// Wait after a post is first seen; 0: mailed in the same tick.
    pub grace_seconds: u64,
    /// More new posts than this in one look: all of that look are held.
    pub max_new_posts: u32,
    /// A new item dated older than this is held.
    pub max_age_hours: u32,
}

/// Finds new posts and turns them into mailings.
#[derive(Clone)]
pub struct Publisher {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Where feeds come from.
    pub source: Arc<dyn FeedSource>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Rings the sender.
    pub wake: Wake,
    /// Where hubs find us; `None`: no hub can.
    pub hubs: Option<HubDesk>,
    /// What the flow is told.
    pub policy: Policy,
}

/// What `blog add` is asked.
#[derive(Debug, Clone, Default)]
pub struct AddBlog {
    /// A home page or a feed.
    pub url: String,
    /// `--slug`; from the title or host when missing.
    pub slug: Option<Slug>,
    /// `--title`; from the feed when missing.
    pub title: Option<String>,
    /// `--from`.
    pub mail_from: Option<String>,
    /// `--reply-to`.
    pub reply_to: Option<EmailAddress>,
    /// `--owner`.
    pub owner: Option<EmailAddress>,
    /// `--origin`, each `https://host[:port]`; beside those of home page, feed and items.
    pub origins: Vec<String>,
    /// `--body`.
    pub body: BodyMode,
    /// `--approve`.
    pub approve: Approval,
    /// `--accent`, `#rrggbb`.
    pub accent: Option<String>,
}

/// What one tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Feeds looked at.
    pub looks: u32,
    /// Posts turned into mailings.
    pub mailed: u32,
    /// Deliveries written.
    pub deliveries: u64,
}

/// What a look would find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Peek {
    /// Posts in the feed.
    pub posts: usize,
    /// Of these, posts that nobody knew.
    pub new: usize,
    /// Of these, how many would be held.
    pub held: usize,
}

/// Why a command about blogs or posts fails, as a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The document could not be had.
    #[error(transparent)]
    Fetch(#[from] crate::feeds::FetchError),
    /// No feed there.
    #[error("{0}")]
    NoFeed(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The post's decision does not allow it.
    #[error("{0}")]
    Refused(String),
}

impl Publisher {
    /// One ring of the scheduler: looks at the feeds that are due, mails the
    /// posts whose grace time is over, writes deliveries. What is not done in
    /// this tick is due at the next.
    ///
    /// # Errors
    /// When the store does not take anything now. What concerns one blog is
    /// logged and stops no other.
    pub async fn tick(&self) -> Result<Ticked, StoreError> {
        let mut ticked = Ticked::default();
        // What is ready goes first: slow feeds must not keep it waiting.
        ticked.mailed += self.mail_due(HashMap::new()).await?;
        ticked.deliveries += self.fan_out_all().await?;
        let just_read = self.look_at_due(&mut ticked).await?;
        if self.policy.grace_seconds == 0 {
            ticked.mailed += self.mail_due(just_read).await?;
            ticked.deliveries += self.fan_out_all().await?;
        }
        self.ask_hubs().await?;
        Ok(ticked)
    }

    /// `blog check`: looks now. Answers how many posts were new.
    ///
    /// # Errors
    /// Why the feed could not be read; that is written down as well.
    pub async fn check(&self, blog: &Blog) -> Result<u32, PublishError> {
        match self.look(blog).await? {
            Looked::Read(new, _) => Ok(new),
            Looked::Unchanged => Ok(0),
            Looked::Failed(error) => Err(error),
        }
    }

    /// Reads the feed as `check` would, and writes nothing down.
    ///
    /// # Errors
    /// Why the feed could not be read.
    pub async fn peek(&self, blog: &Blog) -> Result<Peek, PublishError> {
        self.peek_now(blog).await
    }

    /// Looks at the feeds that are due; answers those that had something new.
    async fn look_at_due(&self, ticked: &mut Ticked) -> Result<HashMap<BlogId, Reading>, StoreError> {
        let mut just_read = HashMap::new();
        for _ in 0..MOST_LOOKS {
            let now = self.clock.now();
            let due = self.store.claim_due_blogs(now, now.plus_ms(LEASE_MS), CLAIMED_BLOGS).await?;
            let is_last = due.len() < CLAIMED_BLOGS as usize;
            ticked.looks += u32::try_from(due.len()).unwrap_or(u32::MAX);
            let due = due.into_iter().map(|blog| (blog.slug.to_string(), blog)).collect();
            let looked = side_by_side(due, |blog: Blog| {
                let publisher = self.clone();
                async move { (blog.id, blog.slug.clone(), publisher.look(&blog).await) }
            });
            for (id, slug, looked) in looked.await {
                match looked {
                    Ok(Looked::Read(new, reading)) if new > 0 => {
                        just_read.insert(id, *reading);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::error!(blog.slug = %slug, error = %error, "what a look found could not be written down");
                    }
                }
            }
            if is_last {
                break;
            }
        }
        Ok(just_read)
    }
}

/// Runs `work` for each item, a few at once, each in a task of its own: one
/// that panics is logged by its name and stops no other.
async fn side_by_side<I, T, F>(items: Vec<(String, I)>, work: impl Fn(I) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut waiting = items.into_iter();
    let mut names = HashMap::new();
    let mut running = JoinSet::new();
    let mut done = Vec::new();
    loop {
        while running.len() < SIDE_BY_SIDE
            && let Some((name, item)) = waiting.next()
        {
            names.insert(running.spawn(work(item)).id(), name);
        }
        match running.join_next().await {
            None => return done,
            Some(Ok(result)) => done.push(result),
            Some(Err(error)) => {
                let name = names.get(&error.id()).map_or("", String::as_str);
                tracing::error!(blog = name, "work on a blog ended in a panic; the others go on");
            }
        }
    }
}
