//! SendGrid's Event Webhook: a list of flat objects.
//! <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event>

use serde_json::Value;

use super::super::Class;
use super::{Event, Kind, Refusal, Request, field, verdict};

pub(super) fn read(request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    match field::json(request)? {
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
        Kind::Rejected => class_of_drop(said),
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

/// SendGrid keeps lists of its own, and does not even try who is on one.
fn class_of_drop(reason: &str) -> Option<Class> {
    let reason = reason.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| reason.starts_with(word));
    if is(&["bounced address", "spam reporting address", "invalid address"]) || reason == "invalid" {
        Some(Class::Hard)
    } else if is(&["unsubscribed address"]) {
        None
    } else {
        Some(Class::Sender)
    }
}
