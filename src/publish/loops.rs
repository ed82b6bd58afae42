//! The three pools of the flow, one owner each: looks at feeds, posts that
//! are due, hubs that are to be asked. Who hangs in one holds up no other
//! (decision 0029).

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

use super::look::Looked;
use super::pool::{Job, Pool, Room, Work};
use super::{Publisher, Ticked};
use crate::domain::{Blog, BlogId, Decision, Hub, Post, PostId, Timestamp};
use crate::feeds::{Felt, Pulse};
use crate::store::{PostFilter, StoreError};

/// Blogs of one host that are asked at the same time.
const FOR_A_HOST: usize = 4;
/// Claimed blogs that wait for their host or for a slow place.
const MOST_WAITING: usize = 1_000;
/// Hubs asked side by side: a question is short, and nobody waits for it.
const HUBS_AT_ONCE: usize = 16;
/// Posts of one look that are mailed with it.
const MOST_OF_A_LOOK: u32 = 200;

/// Looks at the feeds that are due.
pub struct Looks(Publisher);

/// Mails posts whose grace time is over.
pub struct DuePosts(Publisher);

/// Asks the hubs that are due.
pub struct HubQuestions(Publisher);

impl Publisher {
    /// Looks at the feeds that are due.
    pub fn looks(&self) -> Pool<Looks> {
        Pool::new(Looks(self.clone()), self.clock.clone(), self.room())
    }

    /// Mails the posts that are due.
    pub fn due_posts(&self) -> Pool<DuePosts> {
        Pool::new(DuePosts(self.clone()), self.clock.clone(), self.room())
    }

    /// Asks hubs.
    pub fn hub_questions(&self) -> Pool<HubQuestions> {
        let room = Room { places: HUBS_AT_ONCE, ..self.room() };
        Pool::new(HubQuestions(self.clone()), self.clock.clone(), room)
    }

    fn room(&self) -> Room {
        let places = usize::try_from(self.policy.concurrency).unwrap_or(usize::MAX);
        Room { places, for_a_host: FOR_A_HOST, waiting: MOST_WAITING }
    }

    /// One turn of every loop, each to its end: what is due now is done
    /// afterwards. For who moves time by hand; `roles` runs the loops side by
    /// side.
    ///
    /// # Errors
    /// When the store does not take anything now. What concerns one blog is
    /// logged and stops no other.
    pub async fn tick(&self) -> Result<Ticked, StoreError> {
        let mailed = self.due_posts().run_dry().await?.mailed;
        let deliveries = self.fan_out_all().await?;
        let looks = self.looks().run_dry().await?;
        let deliveries = deliveries + self.fan_out_all().await?;
        self.hub_questions().run_dry().await?;
        Ok(Ticked { looks: looks.ended, mailed: mailed + looks.mailed, deliveries })
    }

    /// The same publisher, whose questions are felt in a pulse.
    fn felt_in(&self, pulse: Arc<Pulse>) -> Self {
        Self { source: Arc::new(Felt { source: self.source.clone(), pulse }), ..self.clone() }
    }

    async fn look_in_turn(&self, blog: &Blog) -> Result<u32, StoreError> {
        let Looked::Read(new, reading) = self.look(blog).await? else { return Ok(0) };
        if new == 0 || self.policy.grace_seconds > 0 {
            return Ok(0);
        }
        // Without grace they go with what was just read.
        let filter = PostFilter { blog_id: Some(blog.id), decision: Some(Decision::Waiting) };
        let mut posts = self.store.list_posts(filter, MOST_OF_A_LOOK).await?;
        let now = self.clock.now();
        posts.retain(|post| post.due_at.is_some_and(|due| due <= now));
        self.mail_of_blog(blog.id, posts, Some(*reading)).await
    }
}

#[async_trait]
impl Work for Looks {
    type Item = Blog;

    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Job<Blog>>, bool), StoreError> {
        let blogs = self.0.store.claim_due_blogs(now, until, limit).await?;
        let may_be_more = blogs.len() >= limit as usize;
        let job = |blog: Blog| Job { key: blog.id.0, host: host_of(&blog.feed_url), item: blog };
        Ok((blogs.into_iter().map(job).collect(), may_be_more))
    }

    async fn renew(&self, held: &[Blog], until: Timestamp) -> Result<(), StoreError> {
        self.0.store.renew_looks(&ids(held), until).await
    }

    async fn release(&self, blogs: &[Blog], due: Timestamp) -> Result<(), StoreError> {
        self.0.store.release_looks(&ids(blogs), due).await
    }

    async fn run(self: Arc<Self>, blog: Blog, pulse: Arc<Pulse>) -> u32 {
        match self.0.felt_in(pulse).look_in_turn(&blog).await {
            Ok(mailed) => mailed,
            // It was removed while its server answered.
            Err(StoreError::Missing("blog")) => 0,
            Err(error) => {
                tracing::error!(blog.slug = %blog.slug, error = %error, "what a look found could not be written down");
                0
            }
        }
    }
}

#[async_trait]
impl Work for DuePosts {
    /// Posts of one blog, which is read once for all of them.
    type Item = (BlogId, Vec<Post>);

    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Job<Self::Item>>, bool), StoreError> {
        let due = self.0.store.claim_due_posts(now, until, limit).await?;
        let may_be_more = due.len() >= limit as usize;
        let mut by_blog: HashMap<BlogId, Vec<Post>> = HashMap::new();
        for post in due {
            by_blog.entry(post.blog_id).or_default().push(post);
        }
        let ids: Vec<BlogId> = by_blog.keys().copied().collect();
        let blogs = self.0.store.get_blogs(&ids).await?;
        let job = |blog: &Blog| {
            let posts = by_blog.remove(&blog.id)?;
            Some(Job { key: blog.id.0, host: host_of(&blog.feed_url), item: (blog.id, posts) })
        };
        Ok((blogs.iter().filter_map(job).collect(), may_be_more))
    }

    async fn renew(&self, held: &[Self::Item], until: Timestamp) -> Result<(), StoreError> {
        self.0.store.renew_posts(&post_ids(held), until).await
    }

    async fn release(&self, items: &[Self::Item], due: Timestamp) -> Result<(), StoreError> {
        self.0.store.release_posts(&post_ids(items), due).await
    }

    async fn run(self: Arc<Self>, (blog, posts): Self::Item, pulse: Arc<Pulse>) -> u32 {
        self.0.felt_in(pulse).mail_of_blog(blog, posts, None).await.unwrap_or_else(|error| {
            tracing::error!(blog.id = %blog, error = %error, "posts could not be mailed; they stay due");
            0
        })
    }
}

#[async_trait]
impl Work for HubQuestions {
    type Item = (Hub, Blog);

    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Job<Self::Item>>, bool), StoreError> {
        if self.0.hubs.is_none() {
            return Ok((Vec::new(), false));
        }
        let hubs = self.0.store.claim_due_hubs(now, until, limit).await?;
        let may_be_more = hubs.len() >= limit as usize;
        let ids: Vec<BlogId> = hubs.iter().map(|hub| hub.blog_id).collect();
        let mut blogs: HashMap<BlogId, Blog> =
            self.0.store.get_blogs(&ids).await?.into_iter().map(|blog| (blog.id, blog)).collect();
        let job = |hub: Hub| {
            let blog = blogs.remove(&hub.blog_id)?;
            Some(Job { key: blog.id.0, host: host_of(&hub.hub), item: (hub, blog) })
        };
        Ok((hubs.into_iter().filter_map(job).collect(), may_be_more))
    }

    async fn renew(&self, held: &[Self::Item], until: Timestamp) -> Result<(), StoreError> {
        self.release(held, until).await
    }

    async fn release(&self, items: &[Self::Item], due: Timestamp) -> Result<(), StoreError> {
        let ids: Vec<BlogId> = items.iter().map(|(hub, _)| hub.blog_id).collect();
        self.0.store.put_off_hubs(&ids, due).await
    }

    async fn run(self: Arc<Self>, (hub, blog): Self::Item, pulse: Arc<Pulse>) -> u32 {
        if let Err(error) = self.0.felt_in(pulse).ask_hub_of(&hub, &blog).await {
            tracing::error!(blog.slug = %blog.slug, error = %error, "what a hub said could not be written down");
        }
        0
    }
}

fn ids(blogs: &[Blog]) -> Vec<BlogId> {
    blogs.iter().map(|blog| blog.id).collect()
}

fn post_ids(items: &[(BlogId, Vec<Post>)]) -> Vec<PostId> {
    items.iter().flat_map(|(_, posts)| posts).map(|post| post.id).collect()
}

/// Whom an address asks, with the port; an address that cannot be read asks
/// nobody, and is a host of its own.
fn host_of(address: &str) -> String {
    let Ok(url) = Url::parse(address.trim()) else { return address.to_owned() };
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
