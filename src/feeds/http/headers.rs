//! What the head of an answer says: where to go on, how long to wait, whether
//! it may be asked for again by its validators.

use percent_encoding::{CONTROLS, percent_encode};
use reqwest::header::{DATE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED, LOCATION, RETRY_AFTER};

use crate::feeds::Validators;

/// A change that is younger than this may have a twin with the same validators.
const SETTLED_SECONDS: i64 = 60;

/// Where an answer sends on to; some write their addresses in UTF-8, and some
/// in what their file system has.
pub(super) fn location(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(LOCATION)?.as_bytes().trim_ascii();
    let value = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => percent_encode(value, CONTROLS).to_string(),
    };
    (!value.is_empty() && value.len() <= 4_000).then_some(value)
}

/// A header as text, when it is text and not absurdly long.
pub(super) fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= 4_000).then(|| value.to_owned())
}

/// The validators of an answer, when what they name can no longer change
/// unseen. `Last-Modified` counts in seconds, and WordPress makes its `ETag`
/// of it: a post of the same second, or one whose writing took a while, would
/// hide behind a 304 for ever. So both are trusted once `Last-Modified` is a
/// minute older than the answer's own `Date` (RFC 9110 §8.8.2.2).
pub(super) fn trusted_validators(headers: &HeaderMap) -> Validators {
    let (etag, last_modified) = (text_of(headers, &ETAG), text_of(headers, &LAST_MODIFIED));
    let settled = match &last_modified {
        Some(changed) => seconds_before_answer(headers, changed).is_some_and(|age| age >= SETTLED_SECONDS),
        None => true,
    };
    if settled { Validators { etag, last_modified } } else { Validators::default() }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3); a date counts from the
/// answer's own `Date`, so that no clock of ours has to agree with it.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let value = text_of(headers, &RETRY_AFTER)?;
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(seconds);
    }
    u64::try_from(-seconds_before_answer(headers, &value)?).ok()
}

/// How long before the answer's own `Date` a moment was; below zero: after it.
fn seconds_before_answer(headers: &HeaderMap, moment: &str) -> Option<i64> {
    let second = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp().as_second());
    second(&text_of(headers, &DATE)?)?.checked_sub(second(moment)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            retry_after(&headers)
        };
        assert_eq!(of(&[("retry-after", "120")]), Some(120));
        assert_eq!(of(&[]), None);
        let date = ("date", "Sun, 22 Nov 2026 15:00:00 GMT");
        assert_eq!(of(&[("retry-after", "Sun, 22 Nov 2026 15:10:00 GMT"), date]), Some(600));
        assert_eq!(of(&[("retry-after", "Sun, 22 Nov 2026 14:10:00 GMT"), date]), None);
        assert_eq!(of(&[("retry-after", "soon"), date]), None);
    }
}
