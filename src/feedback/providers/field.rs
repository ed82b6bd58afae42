//! What fields of providers' JSON become inside: addresses, times and texts
//! with bounds.

use serde_json::Value;

use super::{Refusal, Request};
use crate::domain::{EmailAddress, Timestamp};

/// Longest diagnostic that is kept.
const DIAGNOSTIC_MAX_BYTES: usize = 1_000;
/// A line of a mail (RFC 5322 §2.1.1).
const MESSAGE_ID_MAX_BYTES: usize = 998;

/// The body as JSON.
pub(super) fn json(request: &Request<'_>) -> Result<Value, Refusal> {
    serde_json::from_slice(request.body).map_err(|error| Refusal::Malformed(format!("not JSON: {error}")))
}

/// A text that is not empty.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The elements of a list; none where there is no list.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An address, bare or as `Name <address>`.
pub(super) fn address(text: &str) -> Option<EmailAddress> {
    let bare =
        text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(text, |(bare, _)| bare);
    EmailAddress::parse(bare).ok()
}

/// Text of a stranger, in one line and cut to a bound.
pub(super) fn diagnostic(text: &str) -> Option<String> {
    let text = text.trim();
    let mut end = text.len().min(DIAGNOSTIC_MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let line: String = text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (!line.is_empty()).then_some(line)
}

/// A `Message-ID` without its angle brackets.
pub(super) fn message_id(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    let is_one = text.contains('@') && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_one && text.len() <= MESSAGE_ID_MAX_BYTES).then(|| text.to_owned())
}

/// A moment as RFC 3339, or as seconds since 1970, a number or its digits.
pub(super) fn time(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::String(text) => Timestamp::parse_rfc3339(text).or_else(|| seconds(text.parse().ok()?)),
        Value::Number(number) => seconds(number.as_f64()?),
        _ => None,
    }
}

/// Whole milliseconds; nothing before 1970 or behind the year 9999.
fn seconds(seconds: f64) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^53, as the range before it says")]
    (0.0..253_402_300_800.0).contains(&seconds).then(|| Timestamp::from_millis((seconds * 1_000.0) as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_come_bare_or_with_a_name() {
        for text in
            ["kim@example.org", " kim@example.org ", "Kim <kim@example.org>", "\"<x>\" <kim@example.org>"]
        {
            assert_eq!(address(text).unwrap().as_str(), "kim@example.org", "{text}");
        }
        for text in ["", "kim", "<>", "Kim <kim@example.org", &"a".repeat(10_000)] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn a_diagnostic_is_one_line_and_short() {
        assert_eq!(diagnostic(" 550\r\nno ").unwrap(), "550  no");
        assert_eq!(diagnostic(&"ü".repeat(2_000)).unwrap().len(), 1_000);
        assert_eq!(diagnostic("\n"), None);
    }

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        let ms = |value| time(Some(&value)).map(Timestamp::as_millis);
        assert_eq!(ms(json!(1534108637.153125)), Some(1_534_108_637_153));
        assert_eq!(ms(json!("1534108637")), Some(1_534_108_637_000));
        assert_eq!(ms(json!("2018-03-26T17:58:59.675Z")), Some(1_522_087_139_675));
        assert_eq!(ms(json!("2016-04-27T16:28:50.3963933-04:00")), Some(1_461_788_930_396));
        for value in [json!(-1), json!(1e300), json!("nan"), json!("soon"), json!([])] {
            assert_eq!(ms(value.clone()), None, "{value}");
        }
    }
}
