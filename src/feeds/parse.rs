//! What a document says, if it is a feed.

use super::Feed;

/// Why a document is no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a feed: {0}")]
pub struct ParseError(pub String);

/// Reads RSS, Atom, RDF or JSON Feed; relative addresses are resolved
/// against `url`. Never panics, whatever the bytes.
///
/// # Errors
/// When the document is no feed.
pub fn parse(_bytes: &[u8], _content_type: Option<&str>, _url: &str) -> Result<Feed, ParseError> {
    todo!()
}
