//! What a feed no longer shows: when it holds nothing that is known, more was
//! published since the last look than fits into it, and its further pages are
//! read until one meets what is known.

use std::collections::HashSet;

use super::look::{Reading, read};
use super::{PublishError, Publisher};
use crate::domain::{Blog, Identity, Post, with_login_of};
use crate::feeds::{Entry, Feed, Fetched, Validators};
use crate::store::StoreError;

/// Pages that are read beyond the first.
const MOST_PAGES: u32 = 10;
/// Bytes of them; what they hold is kept until it is judged.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// What the further pages held.
#[derive(Debug, Default)]
pub(super) struct Older {
    /// Their entries that nobody knows, in order.
    pub(super) entries: Vec<Entry>,
    /// What could not be closed, as a sentence for the operator.
    pub(super) gap: Option<String>,
}

impl Publisher {
    /// Reads on from a feed of which nothing is known, though the blog had
    /// posts before.
    pub(super) async fn read_older(
        &self,
        blog: &Blog,
        reading: &Reading,
        recent: &[Post],
    ) -> Result<Older, StoreError> {
        let mut older = Older::default();
        let mut seen: HashSet<Identity> = reading.feed.entries.iter().map(Entry::identity).collect();
        let (mut number, mut at) = (1, page_after(&reading.feed, &reading.url, 1));
        let mut asked = HashSet::from([reading.url.clone()]);
        let mut bytes = 0;
        while let Some(url) = at.take().filter(|url| number <= MOST_PAGES && asked.insert(url.clone())) {
            number += 1;
            let Ok((page, length)) = self.read_page(&url).await else { break };
            bytes += length;
            if bytes > MOST_BYTES {
                break;
            }
            let fresh: Vec<Entry> =
                page.entries.iter().filter(|entry| seen.insert(entry.identity())).cloned().collect();
            // A server that does not know pages gives the first one again.
            if fresh.is_empty() {
                break;
            }
            let identities: Vec<Identity> = fresh.iter().map(Entry::identity).collect();
            older.entries.extend(fresh);
            if !self.store.find_known(blog.id, &identities).await?.is_empty() {
                tracing::info!(blog.slug = %blog.slug, pages = number,
                    "more was published than the feed shows; its further pages were read");
                return Ok(older);
            }
            at = page_after(&page, &url, number);
        }
        let last = recent.iter().filter_map(|post| post.published_at.or(Some(post.first_seen_at))).max();
        let all = reading.feed.entries.iter().chain(&older.entries);
        let oldest = all.filter_map(|entry| entry.published.or(entry.updated)).min();
        if let (Some(last), Some(oldest)) = (last, oldest)
            && oldest > last
        {
            let gap = format!(
                "between {last} and {oldest} more may have been published than the feed shows; such posts were \
                 not seen and not mailed"
            );
            tracing::warn!(blog.slug = %blog.slug, "{gap}");
            older.gap = Some(gap);
        }
        Ok(older)
    }

    /// A page, and how long it is.
    async fn read_page(&self, url: &str) -> Result<(Feed, usize), PublishError> {
        match self.source.fetch(url, &Validators::default()).await? {
            Fetched::Unchanged => Err(PublishError::NoFeed("304 to a first question".into())),
            Fetched::Document { bytes, content_type, url, .. } => {
                let length = bytes.len();
                let page = read(bytes, content_type, url).await;
                page.map(|page| (page, length)).map_err(|(reason, _)| PublishError::NoFeed(reason))
            }
        }
    }
}

/// Where the page after this one is, which is number `number` from the newest:
/// as it says itself (RFC 5005 §3 and §4), or as WordPress counts.
fn page_after(page: &Feed, url: &str, number: u32) -> Option<String> {
    if let Some(next) = page.next_url.clone().or_else(|| page.prev_archive_url.clone()) {
        return Some(with_login_of(&next, url));
    }
    let by_wordpress = page.generator.as_deref().is_some_and(|name| name.contains("wordpress"));
    let mut url = url::Url::parse(url).ok().filter(|_| by_wordpress)?;
    let others: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != "paged").collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("paged", &(number + 1).to_string());
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_next_one_or_wordpress_counts() {
        let plain = Feed::default();
        assert_eq!(page_after(&plain, "https://a.example/feed/", 1), None);
        let named = Feed { next_url: Some("https://a.example/2".into()), ..Feed::default() };
        assert_eq!(page_after(&named, "https://a.example/feed/", 1).as_deref(), Some("https://a.example/2"));
        let archive = Feed { prev_archive_url: Some("https://a.example/10".into()), ..Feed::default() };
        assert_eq!(page_after(&archive, "https://a.example/", 1).as_deref(), Some("https://a.example/10"));
        let wordpress = Feed { generator: Some("https://wordpress.org/?v=6.8".into()), ..Feed::default() };
        let after = |url, number| page_after(&wordpress, url, number).unwrap();
        assert_eq!(after("https://a.example/feed/", 1), "https://a.example/feed/?paged=2");
        assert_eq!(after("https://a.example/?feed=rss2&paged=2", 2), "https://a.example/?feed=rss2&paged=3");
    }
}
