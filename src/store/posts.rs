//! Posts and their decisions.

use async_trait::async_trait;

use super::Result;
use crate::domain::{BlogId, Decision, Identity, MailingContent, MailingId, Post, PostId, Reason, Timestamp};

/// Which posts to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostFilter {
    /// Only of this blog.
    pub blog_id: Option<BlogId>,
    /// Only with this decision.
    pub decision: Option<Decision>,
}

/// What posts are asked for that may be the items of a feed: whoever has one of these.
#[derive(Debug, Clone, Default)]
pub struct Alike {
    /// What they are known by.
    pub identities: Vec<Identity>,
    /// Their pages.
    pub links: Vec<String>,
    /// Their titles.
    pub titles: Vec<String>,
    /// When they were published.
    pub moments: Vec<Timestamp>,
}

/// Posts.
#[async_trait]
pub trait Posts: Send + Sync {
    /// The blog's posts of these identities, but for those that vanished.
    async fn find_known(&self, blog: BlogId, identities: &[Identity]) -> Result<Vec<Post>>;

    /// The newest posts of the blog that have one of these marks.
    async fn find_alike(&self, blog: BlogId, alike: &Alike, limit: u32) -> Result<Vec<Post>>;

    /// The newest posts that match, by first sight.
    async fn list_posts(&self, filter: PostFilter, limit: u32) -> Result<Vec<Post>>;

    /// One post.
    async fn get_post(&self, id: PostId) -> Result<Option<Post>>;

    /// Takes up to `limit` waiting posts that are due and moves them to
    /// `until`, so that nobody else fetches them meanwhile.
    async fn claim_due_posts(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Post>>;

    /// Keeps claimed posts until then. Those that were decided are left as
    /// they are.
    async fn renew_posts(&self, posts: &[PostId], until: Timestamp) -> Result<()>;

    /// Gives claimed posts back that were not decided; they are due then.
    async fn release_posts(&self, posts: &[PostId], due: Timestamp) -> Result<()>;

    /// Turns a post that still has the decision `from` into a mailing and
    /// marks it sent, at once. `None` when somebody decided otherwise
    /// meanwhile, or when it was mailed already: one post is one mailing.
    async fn mail_post(
        &self,
        id: PostId,
        from: Decision,
        content: &MailingContent,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Option<MailingId>>;

    /// Gives a post that still has the decision `from` another one. `false`
    /// when somebody decided otherwise meanwhile.
    async fn decide_post(
        &self,
        id: PostId,
        from: Decision,
        to: Decision,
        reason: &Reason,
        due_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool>;
}
