//! From a home page to its feed.

/// An address at which a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Absolute.
    pub url: String,
    /// What the page says of it; may be empty.
    pub title: String,
}

/// Where the feed of this page may be, the likeliest first: what the page
/// names (`rel=alternate`), then well-known paths.
pub fn candidates(_html: &[u8], _url: &str) -> Vec<Candidate> {
    todo!()
}
