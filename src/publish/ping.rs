//! A blog's program says that it has a new post (`weblogUpdates.ping`). It
//! only makes us look sooner, at the address that we know ourselves: what a
//! ping names is compared and never fetched.

use super::Publisher;
use crate::domain::{Blog, without_secrets};
use crate::feeds::Ping;
use crate::store::StoreError;

impl Publisher {
    /// Looks soon at the blogs that a ping means; answers their number.
    ///
    /// # Errors
    /// The store's.
    pub async fn pinged(&self, ping: &Ping) -> Result<usize, StoreError> {
        let named: Vec<&str> = ping.urls().map(bare).filter(|url| !url.is_empty()).collect();
        let is_meant = |blog: &&Blog| {
            let feed = without_secrets(&blog.feed_url);
            let (home, feed) = (bare(&blog.home_url), bare(&feed));
            named.iter().any(|url| *url == home || *url == feed)
        };
        let blogs = self.store.list_blogs().await?;
        let mut meant = 0;
        for blog in blogs.iter().filter(is_meant) {
            self.look_soon(blog.id).await?;
            tracing::debug!(blog.slug = %blog.slug, "the blog says that it has something new");
            meant += 1;
        }
        Ok(meant)
    }
}

/// An address without what differs between two spellings of one place.
pub(super) fn bare(link: &str) -> &str {
    let link = link.trim().split_once("://").map_or(link.trim(), |(_, rest)| rest);
    link.strip_prefix("www.").unwrap_or(link).trim_end_matches('/')
}
