//! SendGrid's Event Webhook: a list of flat objects.
//! <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event>

use serde_json::Value;

use super::super::Class;
use super::{EVENTS_MAX, Event, Kind, Refusal, Request, field, verdict};

pub(super) fn read(request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    match field::json(request)? {
        Value::Array(list) if list.len() > EVENTS_MAX => Err(Refusal::TooLarge),
        Value::Array(list) => Ok(list.iter().filter_map(event).collect()),
        one @ Value::Object(_) => Ok(event(&one).into_iter().collect()),
        _ => Err(Refusal::Malformed("not a list of events".to_owned())),
    }
}

fn event(value: &Value) -> Option<Event> {
    let kind = match field::text(value, "event")? {
        "bounce" | "blocked" => Kind::Bounced,
        "deferred" => Kind::Deferred,
        "dropped" => Kind::Rejected,
        "delivered" => Kind::Delivered,
        "spamreport" => Kind::Complained,
        "unsubscribe" | "group_unsubscribe" => Kind::Unsubscribed,
        _ => return None,
    };
    let mut event = Event::new(kind, field::text(value, "email").and_then(field::address));
    let said = field::text(value, "reason").or_else(|| field::text(value, "response")).unwrap_or_default();
    event.diagnostic = field::diagnostic(said);
    event.status =
        field::text(value, "status").and_then(verdict::status_in).or_else(|| verdict::status_in(said));
    event.message_id = field::text(value, "smtp-id").and_then(field::message_id);
    event.at = field::time(value.get("timestamp"));
    event.class = match kind {
        Kind::Bounced => Some(class_of_bounce(value, &event)),
        Kind::Rejected => {
            let (listed, class) = meaning_of_drop(said);
            event.listed = listed;
            class
        }
        Kind::Deferred => {
            Some(verdict::class_of(false, event.status.as_deref(), event.diagnostic.as_deref()))
        }
        _ => None,
    };
    Some(event)
}

/// A bounce of the type `blocked` may go through another time; the
/// classification is SendGrid's own reading of the server's words.
fn class_of_bounce(value: &Value, event: &Event) -> Class {
    let is_blocked = [field::text(value, "type"), field::text(value, "event")].contains(&Some("blocked"));
    let judged = verdict::class_of(!is_blocked, event.status.as_deref(), event.diagnostic.as_deref());
    match field::text(value, "bounce_classification").unwrap_or_default() {
        "Invalid Address" => Class::Hard,
        "Content" | "Reputation" | "Frequency or Volume Too High" => Class::Sender,
        "Technical" | "Technical Failure" => Class::Soft,
        _ => judged,
    }
}

/// Reasons of a drop that tell of the reader: SendGrid keeps lists of its own,
/// and does not even try who is on one. All others (a quota, spam, a field of
/// ours) are about us.
const DROPS: [(&str, Kind, Option<Class>); 5] = [
    ("bounced address", Kind::Bounced, Some(Class::Hard)),
    ("invalid", Kind::Bounced, Some(Class::Hard)),
    ("invalid address", Kind::Bounced, Some(Class::Hard)),
    ("spam reporting address", Kind::Complained, None),
    ("unsubscribed address", Kind::Unsubscribed, None),
];

fn meaning_of_drop(reason: &str) -> (Option<Kind>, Option<Class>) {
    let reason = reason.trim();
    let known = DROPS.iter().find(|(words, ..)| words.eq_ignore_ascii_case(reason));
    known.map_or((None, Some(Class::Sender)), |(_, kind, class)| (Some(*kind), *class))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test::{json_request, line, reading};
    use super::*;
    use crate::feedback::providers::{Provider::Sendgrid, read};

    #[test]
    fn each_event_is_told_with_whom_it_blames() {
        for (fields, wanted) in [
            (
                json!({"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 unknown"}),
                "bounced k@example.org hard",
            ),
            (
                json!({"event": "bounce", "type": "bounce", "reason": "550 5.7.1 policy"}),
                "bounced k@example.org sender",
            ),
            (
                json!({"event": "bounce", "type": "bounce", "bounce_classification": "Invalid Address", "reason": "550 5.7.1 x"}),
                "bounced k@example.org hard",
            ),
            (
                json!({"event": "bounce", "type": "blocked", "reason": "552 mailbox full"}),
                "bounced k@example.org soft",
            ),
            (
                json!({"event": "bounce", "type": "blocked", "bounce_classification": "Reputation"}),
                "bounced k@example.org sender",
            ),
            (json!({"event": "blocked", "reason": ""}), "bounced k@example.org soft"),
            (
                json!({"event": "dropped", "reason": "Bounced Address"}),
                "rejected k@example.org hard, as bounced",
            ),
            (json!({"event": "dropped", "reason": "Invalid"}), "rejected k@example.org hard, as bounced"),
            (
                json!({"event": "dropped", "reason": "Spam Reporting Address"}),
                "rejected k@example.org, as complained",
            ),
            (
                json!({"event": "dropped", "reason": "Recipient List over Package Quota"}),
                "rejected k@example.org sender",
            ),
            (json!({"event": "dropped", "reason": "Spam Content"}), "rejected k@example.org sender"),
            (
                json!({"event": "dropped", "reason": "Invalid SMTPAPI header"}),
                "rejected k@example.org sender",
            ),
            (
                json!({"event": "dropped", "reason": "Unsubscribed Address"}),
                "rejected k@example.org, as unsubscribed",
            ),
            (json!({"event": "deferred", "response": "421 try again"}), "deferred k@example.org soft"),
            (json!({"event": "spamreport"}), "complained k@example.org"),
            (json!({"event": "unsubscribe"}), "unsubscribed k@example.org"),
            (json!({"event": "group_unsubscribe"}), "unsubscribed k@example.org"),
            (json!({"event": "delivered", "response": "250 OK"}), "delivered k@example.org"),
            (json!({"event": "group_resubscribe"}), ""),
            (json!({"event": "processed"}), ""),
            (json!({"event": 7}), ""),
        ] {
            let mut event =
                json!({"email": "k@example.org", "timestamp": 1_461_095_250, "smtp-id": "<1@x.org>"});
            event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            assert_eq!(line(&reading(Sendgrid, &json!([event, 5]).to_string())), wanted, "{event}");
        }
    }

    #[test]
    fn a_batch_keeps_its_order_and_every_event_its_facts() {
        let body = r#"[{"event":"spamreport","email":"a@example.org"},
            {"event":"bounce","email":"b@example.org","status":"5.1.1","timestamp":1461095250,"smtp-id":"<1@x.org>"}]"#;
        let events = reading(Sendgrid, body);
        assert_eq!(line(&events), "complained a@example.org, bounced b@example.org hard");
        assert_eq!(events[1].at.unwrap().as_millis(), 1_461_095_250_000);
        assert_eq!(events[1].message_id.as_deref(), Some("1@x.org"));
        assert!(matches!(read(Sendgrid, &json_request("3")), Err(Refusal::Malformed(_))));
    }
}
