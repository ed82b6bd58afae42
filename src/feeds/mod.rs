//! Feeds: the port through which they are fetched, and what they say.

mod discover;
pub mod http;
mod mend;
mod parse;
pub(crate) mod text;

use async_trait::async_trait;
use serde::Serialize;

use crate::domain::{Identity, Timestamp};

pub use discover::{Candidate, candidates};
pub use parse::{ParseError, parse};

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
    /// BCP 47.
    #[serde(skip)]
    pub language: Option<String>,
    /// Its items, in the feed's order.
    pub entries: Vec<Entry>,
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
    /// When it was last changed.
    pub updated: Option<Timestamp>,
    /// Its categories.
    pub categories: Vec<String>,
    /// Its body: untrusted HTML, as the feed has it; may be empty.
    pub html: String,
    /// Its summary where there is one beside the body: untrusted HTML.
    #[serde(skip)]
    pub summary_html: Option<String>,
    /// Featured image, absolute http(s).
    #[serde(skip)]
    pub image: Option<String>,
}

impl Entry {
    /// What it is known by (R13).
    pub fn identity(&self) -> Identity {
        Identity::of(self.id.as_deref(), self.link.as_deref(), &self.title, &self.html)
    }
}

/// Validators of an earlier answer, for a conditional GET (RFC 9110 §13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// 304: as it was.
    Unchanged,
    /// A document.
    Document {
        /// Its bytes, decompressed.
        bytes: Vec<u8>,
        /// `Content-Type` as the server said it.
        content_type: Option<String>,
        /// Where it was in the end, after redirects.
        url: String,
        /// For the next conditional GET.
        validators: Validators,
    },
}

/// Why a document was not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an http(s) URL.
    #[error("{0} is not an http or https address")]
    BadUrl(String),
    /// A private, loopback or otherwise inner address (S8).
    #[error("{0} is a private address; set feeds.allow_private = true if it is meant to be read")]
    Private(String),
    /// The server answered with an error.
    #[error("the server answered {status}")]
    Status {
        /// HTTP status.
        status: u16,
        /// `Retry-After` in seconds.
        retry_after_seconds: Option<u64>,
    },
    /// Larger than the bound.
    #[error("the document is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The bound.
        limit_bytes: usize,
    },
    /// Too many redirects.
    #[error("more than 5 redirects")]
    Redirects,
    /// Not in time.
    #[error("no answer in time")]
    Timeout,
    /// Name, connection, TLS, broken answer.
    #[error("no connection: {0}")]
    Network(String),
}

/// Where documents come from.
#[async_trait]
pub trait FeedSource: Send + Sync {
    /// Fetches a document.
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError>;
}
