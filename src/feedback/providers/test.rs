//! What the tests of all providers share.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::json;

use super::{Event, Provider, Refusal, Request, read};

/// The events in a JSON body.
pub(super) fn reading(provider: Provider, body: &str) -> Vec<Event> {
    read(provider, &json_request(body)).expect("a body that is read")
}

pub(super) fn json_request(body: &str) -> Request<'_> {
    Request { content_type: "application/json", headers: &[], body: body.as_bytes() }
}

/// Events in a line: kind, address, class, what it counts as.
pub(super) fn line(events: &[Event]) -> String {
    let mut line = String::new();
    for event in events {
        let address = event.address.as_ref().map_or("nobody", |address| address.as_str());
        let gap = if line.is_empty() { "" } else { ", " };
        write!(line, "{gap}{} {address}", json!(event.kind).as_str().expect("a word")).expect("memory");
        if let Some(class) = event.class {
            write!(line, " {}", json!(class).as_str().expect("a word")).expect("memory");
        }
        if let Some(listed) = event.listed {
            write!(line, ", as {}", json!(listed).as_str().expect("a word")).expect("memory");
        }
    }
    line
}

#[test]
fn a_body_beyond_the_bounds_is_refused() {
    let large = vec![b' '; super::BODY_MAX_BYTES + 1];
    let many = format!("[{}{{}}]", r#"{"event":"bounce"},"#.repeat(super::EVENTS_MAX + 1));
    for provider in Provider::ALL {
        let request = Request { content_type: "", headers: &[], body: &large };
        assert_eq!(read(provider, &request), Err(Refusal::TooLarge));
        assert_eq!(provider.name().parse(), Ok(provider));
    }
    let recipients = r#""a@example.org","#.repeat(super::EVENTS_MAX);
    let report =
        format!(r#"{{"eventType":"Delivery","delivery":{{"recipients":[{recipients}"b@example.org"]}}}}"#);
    for (provider, body) in
        [(Provider::Sendgrid, &many), (Provider::Generic, &many), (Provider::Ses, &report)]
    {
        assert_eq!(read(provider, &json_request(body)), Err(Refusal::TooLarge), "{provider}");
    }
}

/// Bodies that are right, to be broken.
const GOOD: &[&str] = &[
    r#"{"Type":"Notification","Message":"{\"eventType\":\"Bounce\",\"mail\":{\"destination\":[\"a@example.org\"],\"headers\":[{\"name\":\"Message-ID\",\"value\":\"<1@x.org>\"}]},\"bounce\":{\"bounceType\":\"Permanent\",\"bouncedRecipients\":[{\"emailAddress\":\"a@example.org\",\"status\":\"5.1.1\"}]}}"}"#,
    r#"[{"event":"bounce","email":"a@example.org","type":"blocked","reason":"550 5.7.1 no","timestamp":1461095250,"smtp-id":"<1@x.org>"}]"#,
    r#"{"RecordType":"Bounce","TypeCode":1,"Email":"a@example.org","Details":"smtp;550 5.1.1 no","BouncedAt":"2016-04-27T16:28:50.3963933-04:00"}"#,
    r#"{"event-data":{"event":"failed","severity":"permanent","recipient":"a@example.org","timestamp":1.5e9,"delivery-status":{"code":550,"message":"no"},"message":{"headers":{"message-id":"1@x.org"}}},"signature":{"timestamp":"1","token":"2","signature":"3"}}"#,
    r#"{"events":[{"type":"bounced","address":"a@example.org","status":"5.1.1","at":"2026-11-22T10:00:00Z"}]}"#,
    "--b\r\nContent-Disposition: form-data; name=\"event\"\r\n\r\nbounced\r\n--b\r\nContent-Disposition: form-data; name=\"recipient\"\r\n\r\na@example.org\r\n--b--\r\n",
    "event=bounced&recipient=a%40example.org&code=550&timestamp=1&message-headers=%5B%5B%22Message-Id%22%2C%22x%22%5D%5D",
];

const TYPES: &[&str] = &[
    "application/json",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded",
    "",
    ";;=\"",
];

/// Nothing panics, whoever it is said to come from, in reading and in proving.
fn survive(body: &[u8]) {
    for provider in Provider::ALL {
        for content_type in TYPES {
            let headers = [("Authorization", *content_type), ("X-Postbell-Timestamp", "é")];
            let request = Request { content_type, headers: &headers, body };
            let _ = read(provider, &request);
            super::proof::survive(provider, &request);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_bring_the_readers_down(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        survive(&body);
    }

    #[test]
    fn no_broken_request_brings_the_readers_down(
        which in 0..GOOD.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut body = GOOD[which].as_bytes().to_vec();
        for (at, byte, edit) in edits {
            if body.is_empty() {
                break;
            }
            let at = at.index(body.len());
            match edit {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                _ => body.truncate(at),
            }
        }
        survive(&body);
    }

    #[test]
    fn no_value_in_the_wrong_place_brings_the_readers_down(
        which in 0..GOOD.len(),
        value in prop::sample::select(vec!["null", "[]", "{}", "-1", "1e308", "\"\"", "true", "[[[]]]", "\"\\u0000<@>\""]),
        at in any::<prop::sample::Index>(),
    ) {
        // Put in the place of a value, behind one of the colons.
        let body = GOOD[which];
        let colons: Vec<usize> = body.match_indices("\":").map(|(at, _)| at + 2).collect();
        prop_assume!(!colons.is_empty());
        let start = colons[at.index(colons.len())];
        let end = body[start..].find([',', '}', ']']).map_or(body.len(), |end| start + end);
        survive(format!("{}{value}{}", &body[..start], &body[end..]).as_bytes());
    }
}
