//! From an address of a blog to its feed: what a page names, and where blogs
//! keep their feeds when no page says so. Pure.

mod comments;
mod guesses;
mod links;
mod page;
mod parts;
mod scripts;

pub use comments::holds_comments;
pub use guesses::{guesses, root_of};
pub use page::{Page, read_page};

/// An address at which a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Absolute.
    pub url: String,
    /// What the page says of it; may be empty.
    pub title: String,
}

#[cfg(test)]
mod tests;
