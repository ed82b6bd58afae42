//! Blogs and the looks at their feeds.

use async_trait::async_trait;

use super::{NewDelivery, Result};
use crate::domain::{Blog, BlogEdit, BlogId, Decision, Identity, NewBlog, PostId, Reason, Timestamp};

/// One item of a look that is to be remembered.
#[derive(Debug, Clone)]
pub struct FoundPost {
    /// What it is known by.
    pub identity: Identity,
    /// Its page.
    pub link: Option<String>,
    /// Its title; may be empty.
    pub title: String,
    /// When its blog says it was published.
    pub published_at: Option<Timestamp>,
    /// By which clock its feed wrote that, in minutes east of Greenwich.
    pub zone_minutes: Option<i32>,
    /// What was decided.
    pub decision: Decision,
    /// Why, as a sentence for the operator.
    pub reason: Reason,
    /// When it is mailed, for [`Decision::Waiting`].
    pub due_at: Option<Timestamp>,
}

/// A post on record of which the feed says something else now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respelled {
    /// Its row.
    pub post: PostId,
    /// What it is known by from now on.
    pub identity: Identity,
    /// Its page.
    pub link: Option<String>,
    /// Its title; may be empty.
    pub title: String,
    /// When its blog says it was published.
    pub published_at: Option<Timestamp>,
    /// By which clock its feed wrote that, in minutes east of Greenwich.
    pub zone_minutes: Option<i32>,
}

/// What a look at a feed found.
#[derive(Debug, Clone)]
pub enum LookOutcome {
    /// The feed was read.
    Read {
        /// Validators of the answer, for the next conditional GET.
        etag: Option<String>,
        /// The same.
        last_modified: Option<String>,
        /// New items with their decisions; those already known are ignored.
        posts: Vec<FoundPost>,
        /// Posts on record that the feed spells otherwise now.
        respelled: Vec<Respelled>,
        /// What the owner is told, when something of this look is held.
        notice: Option<NewDelivery>,
        /// Where the feed lives from now on, when it moved.
        moved_to: Option<String>,
        /// What the operator should know of posts that the feed no longer
        /// showed; `None` leaves what was said before.
        gap: Option<String>,
    },
    /// The server said 304.
    Unchanged,
    /// It could not be read.
    Failed {
        /// Why, as a sentence for the operator.
        reason: String,
        /// What the owner is told, when it has failed for long enough; once
        /// until it is read again.
        notice: Option<NewDelivery>,
    },
}

/// One look at a feed.
#[derive(Debug, Clone)]
pub struct Look {
    /// Whose feed.
    pub blog_id: BlogId,
    /// Where it was read. When that was changed meanwhile, nothing of it counts.
    pub feed_url: String,
    /// When it began: who says later that there is a new post has another look.
    pub began_at: Timestamp,
    /// What was found.
    pub outcome: LookOutcome,
    /// What the owner is told of a feed that is read again, if they were told
    /// that it was not.
    pub back: Option<NewDelivery>,
    /// When to look next.
    pub next_check_at: Timestamp,
}

/// Blogs.
#[async_trait]
pub trait Blogs: Send + Sync {
    /// Adds a blog with its present posts as already seen (R13), all
    /// [`Decision::Skipped`], and its first check due at `first_check_at`.
    ///
    /// # Errors
    /// `Taken` when the slug is.
    async fn add_blog(
        &self,
        blog: &NewBlog,
        baseline: &[FoundPost],
        validators: (Option<&str>, Option<&str>),
        first_check_at: Timestamp,
        now: Timestamp,
    ) -> Result<Blog>;

    /// The blog of this slug.
    async fn find_blog(&self, slug: &str) -> Result<Option<Blog>>;

    /// The blog of this row.
    async fn get_blog(&self, id: BlogId) -> Result<Option<Blog>>;

    /// The blogs of these rows; those that are gone are left out.
    async fn get_blogs(&self, ids: &[BlogId]) -> Result<Vec<Blog>>;

    /// All blogs, by slug.
    async fn list_blogs(&self) -> Result<Vec<Blog>>;

    /// Changes what `edit` names and answers the blog as it is now. A new
    /// feed address forgets the old one's validators and failures and is due at once.
    ///
    /// # Errors
    /// `Missing` when the blog is gone.
    async fn edit_blog(&self, id: BlogId, edit: &BlogEdit, now: Timestamp) -> Result<Blog>;

    /// Gives up to `limit` blogs whose origins are those of a version before
    /// this one the list that `narrow` makes of them, from the blog and the
    /// addresses of the items that its feed had as it was added. Answers how
    /// many there were.
    async fn narrow_origins(
        &self,
        narrow: &(dyn for<'a> Fn(&'a Blog, &'a [String]) -> Vec<String> + Send + Sync),
        limit: u32,
    ) -> Result<u32>;

    /// Removes a blog with its posts, subscriptions, mailings and deliveries,
    /// and subscribers who follow nothing else. Suppressions stay.
    ///
    /// # Errors
    /// `Missing` when the blog is gone.
    async fn remove_blog(&self, id: BlogId) -> Result<()>;

    /// Takes up to `limit` blogs whose check is due and puts their next check
    /// at `until`, so that nobody else looks meanwhile.
    async fn claim_due_blogs(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Blog>>;

    /// Keeps claimed blogs until then. Those whose look is written down
    /// already, or that were given back, are left as they are.
    async fn renew_looks(&self, blogs: &[BlogId], until: Timestamp) -> Result<()>;

    /// Gives claimed blogs back that were not looked at; they are due then.
    async fn release_looks(&self, blogs: &[BlogId], due: Timestamp) -> Result<()>;

    /// Writes what a look found, and the owner's notice, at once. Items that
    /// are known already keep their first decision. Answers how many were new.
    async fn record_look(&self, look: &Look, now: Timestamp) -> Result<u32>;

    /// Somebody says that there is a new post: the blog is looked at as soon
    /// as its `ping_wait_ms` after the last look that was caused so is over;
    /// looks that were due anyway do not count. While looks fail nothing
    /// changes: its server asked for the rest, or needs it.
    async fn look_soon(&self, id: BlogId, now: Timestamp) -> Result<()>;
}
