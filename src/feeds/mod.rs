//! Feeds: the port through which they are fetched, and what they say.

mod discover;
mod feed;
pub mod http;
mod ping;
mod pulse;
mod reader;
mod tags;
pub(crate) mod text;
mod weight;

use async_trait::async_trait;

pub use discover::{Candidate, Page, guesses, holds_comments, read_page, root_of};
pub use feed::{Entry, Feed};
pub use ping::{Ping, read_ping};
pub use pulse::{Felt, Pulse};
pub use reader::{ParseError, parse};
pub use weight::Weight;

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
        /// Where it lives from now on, when the server said that it moved for
        /// good (301, 308).
        moved_to: Option<String>,
        /// Whether these are only the entries that are new (226, RFC 3229).
        is_delta: bool,
        /// For the next conditional GET.
        validators: Validators,
        /// Its `Link` headers (RFC 8288).
        links: Vec<String>,
        /// The room that it takes.
        weight: Weight,
    },
}

/// The name of a bot protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wall(pub &'static str);

/// Why a document was not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an http(s) URL; its secrets are masked.
    #[error("{0} is not an http or https address")]
    BadUrl(String),
    /// A private, loopback or otherwise inner address (S8).
    #[error("{0} is a private address; set feeds.allow_private = true if it is meant to be read")]
    Private(String),
    /// The server answered with an error.
    #[error("the server answered {status}{}", hint(*.status))]
    Status {
        /// HTTP status.
        status: u16,
        /// `Retry-After` in seconds.
        retry_after_seconds: Option<u64>,
    },
    /// What guards the site against programs refused us.
    #[error(
        "the server answered {status}: {} keeps programs out; in its settings, let requests to the feed pass \
         whose User-Agent begins with Postbell/", .wall.0
    )]
    Guarded {
        /// Who.
        wall: Wall,
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
    #[error("more than 10 redirects")]
    Redirects,
    /// Not in time.
    #[error("no answer in time")]
    Timeout,
    /// Name, connection, TLS, broken head of an answer.
    #[error("no connection: {0}")]
    Network(String),
    /// An answer that did not come to its end.
    #[error("the answer broke off: {0}")]
    Broken(String),
}

/// What to do about a status.
fn hint(status: u16) -> &'static str {
    if status == 401 {
        return ": it asks for a login, which stands in the address, https://USER:PASSWORD@HOST/…";
    }
    ""
}

/// Where documents come from.
#[async_trait]
pub trait FeedSource: Send + Sync {
    /// Fetches a document.
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError>;

    /// The same, telling of each sign of life on the way.
    async fn fetch_telling(
        &self,
        url: &str,
        validators: &Validators,
        _pulse: &Pulse,
    ) -> Result<Fetched, FetchError> {
        self.fetch(url, validators).await
    }

    /// Posts a form to a hub (WebSub §5.1), which takes it or not.
    async fn ask_hub(&self, hub: &str, form: &[(&str, &str)]) -> Result<(), FetchError>;
}
