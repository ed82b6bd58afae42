//! Postmark's webhooks: one object a request, its kind in `RecordType`.
//! <https://postmarkapp.com/developer/webhooks/webhooks-overview>
//!
//! Its `MessageID` is Postmark's own, not our `Message-ID`.

use serde_json::Value;

use super::super::Class;
use super::{Event, Kind, Refusal, Request, field, verdict};

pub(super) fn read(request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    let value = field::json(request)?;
    if !value.is_object() {
        return Err(Refusal::Malformed("not an object".to_owned()));
    }
    Ok(event(&value).into_iter().collect())
}

fn event(value: &Value) -> Option<Event> {
    let (kind, class, time) = match field::text(value, "RecordType") {
        // Hooks from before 2017 are bounces and do not say so.
        Some("Bounce" | "SpamComplaint") | None => {
            let (kind, class) = kind_of_bounce(value)?;
            (kind, class, "BouncedAt")
        }
        Some("SubscriptionChange") => {
            let is_off = value.get("SuppressSending").and_then(Value::as_bool)?;
            let (kind, class) = match field::text(value, "SuppressionReason").filter(|_| is_off) {
                Some("HardBounce") => (Kind::Bounced, Some(Class::Hard)),
                Some("SpamComplaint") => (Kind::Complained, None),
                _ if is_off => (Kind::Unsubscribed, None),
                _ => return None,
            };
            (kind, class, "ChangedAt")
        }
        Some("Delivery") => (Kind::Delivered, None, "DeliveredAt"),
        _ => return None,
    };
    let whom = field::text(value, "Email").or_else(|| field::text(value, "Recipient"));
    let mut event = Event::new(kind, whom.and_then(field::address));
    let said =
        field::text(value, "Details").or_else(|| field::text(value, "Description")).unwrap_or_default();
    event.status = verdict::status_in(said);
    event.diagnostic = field::diagnostic(said);
    event.at = field::time(value.get(time));
    // Postmark's "hard" holds, unless the server's own words blame us.
    event.class = match (kind, class) {
        (Kind::Bounced | Kind::Deferred, Some(Class::Hard)) if !said.is_empty() => {
            Some(verdict::class_of(true, event.status.as_deref(), event.diagnostic.as_deref()))
        }
        _ => class,
    };
    Some(event)
}

/// <https://postmarkapp.com/developer/api/bounce-api#bounce-types>
fn kind_of_bounce(value: &Value) -> Option<(Kind, Option<Class>)> {
    let name = field::text(value, "Type").or_else(|| type_of_code(value.get("TypeCode")?.as_u64()?));
    let name = name.or_else(|| field::text(value, "RecordType"))?;
    Some(match name {
        // Postmark refuses an address that cannot be one, and turns it off for good.
        "HardBounce" | "BadEmailAddress" => (Kind::Bounced, Some(Class::Hard)),
        "SoftBounce" | "DnsError" | "Unknown" => (Kind::Bounced, Some(Class::Soft)),
        "SpamNotification" | "VirusNotification" | "Blocked" | "DMARCPolicy" => {
            (Kind::Bounced, Some(Class::Sender))
        }
        "Transient" => (Kind::Deferred, Some(Class::Soft)),
        "Unsubscribe" => (Kind::Unsubscribed, None),
        "SpamComplaint" => (Kind::Complained, None),
        "ManuallyDeactivated" => (Kind::Rejected, Some(Class::Hard)),
        "Unconfirmed" | "SMTPApiError" | "TemplateRenderingFailed" => (Kind::Rejected, Some(Class::Sender)),
        // An automatic answer, a question for a confirmation, or not for us.
        _ => return None,
    })
}

/// The codes of those types that tell something.
fn type_of_code(code: u64) -> Option<&'static str> {
    Some(match code {
        1 => "HardBounce",
        2 => "Transient",
        16 => "Unsubscribe",
        256 => "DnsError",
        512 => "SpamNotification",
        2_048 => "Unknown",
        4_096 => "SoftBounce",
        8_192 => "VirusNotification",
        100_000 => "BadEmailAddress",
        100_001 => "SpamComplaint",
        100_002 => "ManuallyDeactivated",
        100_003 => "Unconfirmed",
        100_006 => "Blocked",
        100_007 => "SMTPApiError",
        100_009 => "DMARCPolicy",
        100_010 => "TemplateRenderingFailed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test::{json_request, line, reading};
    use super::*;
    use crate::feedback::providers::{Provider::Postmark, read};

    #[test]
    fn each_bounce_type_is_told_by_name_and_by_code() {
        for (name, code, wanted) in [
            ("HardBounce", 1, "bounced k@example.org hard"),
            ("SoftBounce", 4_096, "bounced k@example.org soft"),
            ("DnsError", 256, "bounced k@example.org soft"),
            ("Unknown", 2_048, "bounced k@example.org soft"),
            ("SpamNotification", 512, "bounced k@example.org sender"),
            ("Blocked", 100_006, "bounced k@example.org sender"),
            ("DMARCPolicy", 100_009, "bounced k@example.org sender"),
            ("Transient", 2, "deferred k@example.org soft"),
            ("Unsubscribe", 16, "unsubscribed k@example.org"),
            ("SpamComplaint", 100_001, "complained k@example.org"),
            ("BadEmailAddress", 100_000, "bounced k@example.org hard"),
            ("ManuallyDeactivated", 100_002, "rejected k@example.org hard"),
            ("SMTPApiError", 100_007, "rejected k@example.org sender"),
            ("Subscribe", 32, ""),
            ("AutoResponder", 64, ""),
            ("AddressChange", 128, ""),
        ] {
            let named = json!({"RecordType": "Bounce", "Type": name, "Email": "k@example.org"}).to_string();
            assert_eq!(line(&reading(Postmark, &named)), wanted, "{name}");
            let coded = json!({"TypeCode": code, "Email": "k@example.org"}).to_string();
            assert_eq!(line(&reading(Postmark, &coded)), wanted, "{code}");
        }
    }

    #[test]
    fn the_words_of_the_server_are_more_exact_than_hard() {
        let body = json!({
            "RecordType": "Bounce", "Type": "HardBounce", "Email": "k@example.org",
            "Details": "smtp;550 5.7.1 rejected by policy", "BouncedAt": "2026-11-22T10:00:00Z",
        });
        let events = reading(Postmark, &body.to_string());
        assert_eq!(line(&events), "bounced k@example.org sender");
        assert_eq!(events[0].status.as_deref(), Some("5.7.1"));
        assert_eq!(events[0].at.unwrap().as_millis(), 1_795_341_600_000);
    }

    #[test]
    fn the_other_hooks_are_read() {
        for (body, wanted) in [
            (json!({"RecordType": "SpamComplaint", "Email": "k@example.org"}), "complained k@example.org"),
            (json!({"RecordType": "Delivery", "Recipient": "k@example.org"}), "delivered k@example.org"),
            (
                json!({"RecordType": "SubscriptionChange", "Recipient": "k@example.org", "SuppressSending": true, "SuppressionReason": "ManualSuppression"}),
                "unsubscribed k@example.org",
            ),
            (
                json!({"RecordType": "SubscriptionChange", "Recipient": "k@example.org", "SuppressSending": true, "SuppressionReason": "HardBounce"}),
                "bounced k@example.org hard",
            ),
            (
                json!({"RecordType": "SubscriptionChange", "Recipient": "k@example.org", "SuppressSending": true, "SuppressionReason": "SpamComplaint"}),
                "complained k@example.org",
            ),
            (
                json!({"RecordType": "SubscriptionChange", "Recipient": "k@example.org", "SuppressSending": false, "SuppressionReason": null}),
                "",
            ),
            (json!({"RecordType": "Open", "Recipient": "k@example.org"}), ""),
            (json!({"RecordType": "Inbound"}), ""),
            (json!({}), ""),
        ] {
            assert_eq!(line(&reading(Postmark, &body.to_string())), wanted, "{body}");
        }
        assert!(matches!(read(Postmark, &json_request("[]")), Err(Refusal::Malformed(_))));
    }
}
