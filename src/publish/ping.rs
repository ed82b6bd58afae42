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
        let named: Vec<String> = ping.urls().map(place).filter(|url| !url.is_empty()).collect();
        let is_meant = |blog: &&Blog| {
            let feed = without_secrets(&blog.feed_url);
            let (home, feed) = (place(&blog.home_url), place(&feed));
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

/// The same with its host in small letters: a host's name has no case, a path does.
pub(super) fn place(link: &str) -> String {
    let link = link.trim().split_once("://").map_or(link.trim(), |(_, rest)| rest);
    let (host, rest) = link.split_at(link.find(['/', '?', '#']).unwrap_or(link.len()));
    bare(&format!("{}{rest}", host.to_ascii_lowercase())).to_owned()
}

/// An address without what differs between two spellings of one place.
pub(super) fn bare(link: &str) -> &str {
    let link = link.trim().split_once("://").map_or(link.trim(), |(_, rest)| rest);
    link.strip_prefix("www.").unwrap_or(link).trim_end_matches('/')
}
