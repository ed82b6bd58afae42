//! Posts and their decisions.

use std::collections::HashSet;

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

/// Posts.
#[async_trait]
pub trait Posts: Send + Sync {
    /// Which of these identities the blog is known to have had; not those
    /// whose post vanished.
    async fn find_known(&self, blog: BlogId, identities: &[Identity]) -> Result<HashSet<Identity>>;

    /// The newest posts that match, by first sight.
    async fn list_posts(&self, filter: PostFilter, limit: u32) -> Result<Vec<Post>>;

    /// One post.
    async fn get_post(&self, id: PostId) -> Result<Option<Post>>;

    /// Takes up to `limit` waiting posts that are due and moves them to
    /// `until`, so that nobody else fetches them meanwhile.
    async fn claim_due_posts(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Post>>;

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
