//! What a feed says, in our words: whatever its format, these are the fields.

use serde::Serialize;

use crate::domain::{Identity, Timestamp};

/// What a feed says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Feed {
    /// Its title as plain text.
    pub title: String,
    /// One sentence about it, as plain text.
    #[serde(skip)]
    pub description: String,
    /// The blog's home page, absolute.
    pub home_url: Option<String>,
    /// BCP 47, in lower case.
    #[serde(skip)]
    pub language: Option<String>,
    /// Its items, in the feed's order.
    pub entries: Vec<Entry>,
    /// Whether the document ended too early. Its complete items are here; one
    /// that is missing may be in the part that did not come.
    #[serde(skip)]
    pub is_cut: bool,
    /// Where it says that it is (`atom:link rel=self`), absolute.
    #[serde(skip)]
    pub self_url: Option<String>,
    /// Hubs that tell of its changes (WebSub §4), absolute.
    #[serde(skip)]
    pub hub_urls: Vec<String>,
    /// Its next page (RFC 5005 §3), absolute.
    #[serde(skip)]
    pub next_url: Option<String>,
    /// The archive of its older entries (RFC 5005 §4), absolute.
    #[serde(skip)]
    pub prev_archive_url: Option<String>,
    /// Where it has moved to (`itunes:new-feed-url`), absolute.
    #[serde(skip)]
    pub new_feed_url: Option<String>,
    /// Minutes that an answer may be kept (RSS 2.0 `ttl`).
    #[serde(skip)]
    pub ttl_minutes: Option<u32>,
    /// Hours of the day in UTC, 0 to 23, in which it need not be read.
    #[serde(skip)]
    pub skip_hours: Vec<u8>,
    /// Days of the week in UTC, 0 is Monday, on which it need not be read.
    #[serde(skip)]
    pub skip_days: Vec<u8>,
    /// Seconds from one change to the next (`sy:updatePeriod`).
    #[serde(skip)]
    pub update_period_seconds: Option<u32>,
    /// The program that wrote it, as plain text.
    #[serde(skip)]
    pub generator: Option<String>,
}

/// One item of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The feed's own id; `None` when it gives none (never one that a parser made up).
    pub id: Option<String>,
    /// Its page, absolute.
    pub link: Option<String>,
    /// Its title as plain text; may be empty.
    pub title: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// What the clock that `published` was written by has, in minutes east of
    /// Greenwich; `None` when the feed does not say.
    #[serde(skip)]
    pub zone_minutes: Option<i32>,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
    /// Its categories.
    pub categories: Vec<String>,
    /// Its body: untrusted HTML, as the feed has it; may be empty.
    pub html: String,
    /// Its summary where there is one beside the body: untrusted HTML.
    #[serde(skip)]
    pub summary_html: Option<String>,
    /// What relative addresses in its body are relative to, absolute http(s).
    #[serde(skip)]
    pub base: Option<String>,
    /// Featured image, absolute http(s).
    #[serde(skip)]
    pub image: Option<String>,
    /// Where comments on it are read and written, absolute http(s).
    #[serde(skip)]
    pub comments_url: Option<String>,
    /// Whether it is known by its link although it has an id: RSS 1.0 names
    /// its items after their pages, and such items have always been known by
    /// their links here (decision 0014).
    #[serde(skip)]
    pub is_known_by_link: bool,
    /// Whether its link is that of its enclosure, as it has no page; it is not
    /// known by it.
    #[serde(skip)]
    pub is_link_borrowed: bool,
}

impl Entry {
    /// What it is known by (R13).
    pub fn identity(&self) -> Identity {
        let id = self.id.as_deref().filter(|_| !self.is_known_by_link);
        let link = self.link.as_deref().filter(|_| !self.is_link_borrowed);
        Identity::of(id, link, &self.title, &self.html)
    }
}
