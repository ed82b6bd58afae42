//! From a look at a feed to a mailing.

pub mod body;

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{Blog, BodyMode, Approval, EmailAddress, Post, PostId, Slug};
use crate::feeds::FeedSource;
use crate::store::Store;
use crate::wake::Wake;

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
pub struct Publisher {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Where feeds come from.
    pub source: Arc<dyn FeedSource>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Rings the sender.
    pub wake: Wake,
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
    pub async fn tick(&self) -> Result<Ticked, crate::store::StoreError> {
        todo!()
    }

    /// `blog add`: finds the feed, reads it once, remembers its posts as seen.
    pub async fn add_blog(&self, _ask: &AddBlog) -> Result<(Blog, usize), PublishError> {
        todo!()
    }

    /// `blog check`: looks now. Answers how many posts were new.
    pub async fn check(&self, _blog: &Blog) -> Result<u32, PublishError> {
        todo!()
    }

    /// `post approve`: mails a held, skipped or waiting post with its present text.
    pub async fn approve(&self, _post: PostId) -> Result<Post, PublishError> {
        todo!()
    }

    /// `post skip`: a held or waiting post is not mailed.
    pub async fn skip(&self, _post: PostId) -> Result<Post, PublishError> {
        todo!()
    }
}
