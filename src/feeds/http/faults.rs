//! What went wrong with an answer: a refusal, a connection that broke off, and
//! whose words say so.

use std::error::Error as _;

use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::guard::PrivateName;
use super::headers::{retry_after, text_of};
use super::unpack::unpacked;
use super::walls::{may_be_a_wall, wall_in};
use crate::feeds::{FetchError, text};

/// Of a refusal so much is read, to learn who speaks.
const REFUSAL_BYTES: usize = 64 * 1024;
const UNPACKED_REFUSAL_BYTES: usize = 1024 * 1024;

/// What an answer that is no document says.
pub(super) async fn refusal(mut response: Response) -> FetchError {
    let status = response.status().as_u16();
    let retry_after_seconds = retry_after(response.headers());
    let mut page = Vec::new();
    while may_be_a_wall(status) && page.len() < REFUSAL_BYTES {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        page.extend_from_slice(&chunk[..chunk.len().min(REFUSAL_BYTES)]);
    }
    let coding = text_of(response.headers(), &CONTENT_ENCODING).unwrap_or_default();
    let page = unpacked(page, &coding, UNPACKED_REFUSAL_BYTES).unwrap_or_default();
    match wall_in(status, response.headers(), &page).filter(|_| may_be_a_wall(status)) {
        Some(wall) => FetchError::Guarded { wall, status, retry_after_seconds },
        None => FetchError::Status { status, retry_after_seconds },
    }
}

/// Whether a document ends as documents do.
pub(super) fn is_whole(document: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[b"</rss>", b"</feed>", b"</rdf:rdf>", b"</html>", b"}"];
    let document = document.trim_ascii_end();
    let end = document[document.len().saturating_sub(10)..].to_ascii_lowercase();
    ENDS.iter().any(|sign| end.ends_with(sign))
}

/// Why an answer did not come to its end.
pub(super) fn broken_off(error: &reqwest::Error) -> FetchError {
    match judged(error, "") {
        FetchError::Network(said) => FetchError::Broken(said),
        other => other,
    }
}

pub(super) fn judged(error: &reqwest::Error, host: &str) -> FetchError {
    if error.is_timeout() {
        return FetchError::Timeout;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<PrivateName>() {
            return FetchError::Private(host.to_owned());
        }
        cause = inner.source();
    }
    network(error)
}

/// The innermost cause, which is the one that says something, without the
/// address, which may carry a password.
pub(super) fn network(error: &reqwest::Error) -> FetchError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let said = match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the answer could not be read".to_owned(),
        None => text::cut(&text::one_line(&cause.to_string()), 200),
    };
    FetchError::Network(said)
}
