//! From a look at a feed to a mailing.

mod add;
pub mod body;
mod detect;
mod failing;
mod find;
mod grace;
mod hints;
mod hubs;
mod known;
mod look;
mod loops;
mod moved;
mod pages;
mod ping;
mod place;
mod pool;
mod zone;

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{Approval, Blog, BodyMode, EmailAddress, Slug, Zone};
use crate::feeds::FeedSource;
use crate::store::Store;
use crate::wake::Wake;

pub use detect::{Detected, Known, baseline, detect};
pub use hubs::HubCallbacks;
use look::Looked;
pub use loops::{DuePosts, HubQuestions, Looks};
pub use pool::{Pool, Work};

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
    /// Feeds that are looked at side by side.
    pub concurrency: u32,
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
    /// Rings who writes deliveries: a post became a mailing.
    pub mailed: Wake,
    /// Where hubs find us; `None`: no hub can.
    pub hubs: Option<HubCallbacks>,
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
    /// `--time-zone`.
    pub time_zone: Option<Zone>,
    /// `--again`: whether or not it is a blog already.
    pub again: bool,
}

/// What `blog add` did.
#[derive(Debug, Clone)]
pub struct Added {
    /// The blog.
    pub blog: Blog,
    /// How many posts are there already.
    pub posts: usize,
    /// Other blogs of the same feed.
    pub same_feed_as: Vec<Slug>,
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
}
