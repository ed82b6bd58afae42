//! Our own shape, for relays that are none of the others: an object, a list
//! of objects, or `{"events": […]}`; docs/webhooks.md tells it to operators.

use serde::Deserialize;
use serde_json::Value;

use super::super::Class;
use super::{EVENTS_MAX, Event, Kind, Refusal, Request, field, verdict};

/// One event as it is written by others.
#[derive(Deserialize)]
struct Report {
    r#type: Kind,
    address: String,
    class: Option<Class>,
    status: Option<String>,
    diagnostic: Option<String>,
    message_id: Option<String>,
    at: Option<Value>,
}

pub(super) fn read(request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    let reports = match field::json(request)? {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("events") {
            Some(Value::Array(list)) => list,
            Some(_) => return Err(Refusal::Malformed("events is not a list".to_owned())),
            None => vec![Value::Object(object)],
        },
        _ => return Err(Refusal::Malformed("not an object and not a list".to_owned())),
    };
    if reports.len() > EVENTS_MAX {
        return Err(Refusal::TooLarge);
    }
    let each = reports.into_iter().enumerate();
    each.map(|(index, report)| {
        event(report).map_err(|why| Refusal::Malformed(format!("event {}: {why}", index + 1)))
    })
    .collect()
}

/// Whoever writes our shape can write it rightly, so nothing is guessed.
fn event(report: Value) -> Result<Event, String> {
    let report = Report::deserialize(report).map_err(|error| error.to_string())?;
    let address = field::address(&report.address).ok_or("the address is none")?;
    let status = match &report.status {
        Some(text) => Some(verdict::status_in(text).ok_or("the status is not like 5.1.1")?),
        None => report.diagnostic.as_deref().and_then(verdict::status_in),
    };
    let at = match &report.at {
        Some(at) => Some(field::time(Some(at)).ok_or("at is neither RFC 3339 nor seconds since 1970")?),
        None => None,
    };
    let mut event = Event::new(report.r#type, Some(address));
    event.diagnostic = report.diagnostic.as_deref().and_then(field::diagnostic);
    event.message_id = report.message_id.as_deref().and_then(field::message_id);
    event.class = match event.kind {
        Kind::Bounced => Some(report.class.unwrap_or_else(|| {
            let is_permanent = status.as_deref().is_some_and(|status| status.starts_with('5'));
            verdict::class_of(is_permanent, status.as_deref(), event.diagnostic.as_deref())
        })),
        _ => report.class,
    };
    event.status = status;
    event.at = at;
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::super::test::{json_request, line, reading};
    use super::*;
    use crate::feedback::providers::{Provider::Generic, read};

    #[test]
    fn our_own_shape_comes_alone_in_a_list_or_named() {
        let one = r#"{"type":"bounced","address":"k@example.org","status":"5.1.1","at":1795341600,
            "diagnostic":"550 no","message_id":"<m1@x.org>"}"#;
        for body in [one.to_owned(), format!("[{one}]"), format!("{{\"events\":[{one}]}}")] {
            let events = reading(Generic, &body);
            assert_eq!(line(&events), "bounced k@example.org hard");
            assert_eq!(events[0].message_id.as_deref(), Some("m1@x.org"));
            assert_eq!(events[0].at.unwrap().as_millis(), 1_795_341_600_000);
        }
    }

    #[test]
    fn a_class_is_taken_or_read_from_the_status() {
        for (fields, wanted) in [
            (r#""type":"bounced","class":"sender","status":"5.1.1""#, "bounced k@example.org sender"),
            (r#""type":"bounced","diagnostic":"550 5.2.2 full""#, "bounced k@example.org soft"),
            (r#""type":"bounced""#, "bounced k@example.org soft"),
            (r#""type":"complained""#, "complained k@example.org"),
            (r#""type":"unsubscribed","more":1"#, "unsubscribed k@example.org"),
        ] {
            let body = format!("{{{fields},\"address\":\"k@example.org\"}}");
            assert_eq!(line(&reading(Generic, &body)), wanted, "{body}");
        }
    }

    #[test]
    fn what_is_not_in_our_shape_is_refused_with_its_place() {
        for body in [
            "7",
            r#"{"events":{}}"#,
            r#"{"type":"bounced"}"#,
            r#"{"type":"returned","address":"k@example.org"}"#,
            r#"{"type":"bounced","address":"k"}"#,
            r#"{"type":"bounced","address":"k@example.org","status":"gone"}"#,
            r#"{"type":"bounced","address":"k@example.org","class":"Hard"}"#,
            r#"{"type":"bounced","address":"k@example.org","at":"soon"}"#,
        ] {
            assert!(matches!(read(Generic, &json_request(body)), Err(Refusal::Malformed(_))), "{body}");
        }
        let second = r#"[{"type":"complained","address":"k@example.org"},{}]"#;
        let refusal = read(Generic, &json_request(second)).unwrap_err();
        assert!(refusal.to_string().contains("event 2: missing field `type`"), "{refusal}");
    }
}
