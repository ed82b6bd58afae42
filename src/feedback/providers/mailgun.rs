//! Mailgun's webhooks: JSON with `event-data`, and the form posts from before
//! 2018 that old routes still send.
//! <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks>

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::Class;
use super::form::Form;
use super::{Event, Kind, Refusal, Request, field, verdict};

/// What is looked at before the proof holds; all else is passed over unread.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    signature: Signature<'a>,
}

#[derive(Deserialize)]
struct Signature<'a> {
    /// Digits, in quotes or without.
    #[serde(borrow)]
    timestamp: &'a RawValue,
    token: String,
    signature: String,
}

/// What a request signs, wherever it stands in the two forms.
pub(super) struct Signed {
    pub(super) timestamp: String,
    pub(super) token: String,
    pub(super) signature: String,
}

pub(super) fn read(request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    let event = match Form::read(request.content_type, request.body) {
        Some(form) => legacy_event(&form?),
        None => {
            let value = field::json(request)?;
            let data = value.get("event-data").filter(|data| data.is_object());
            event(data.ok_or_else(|| Refusal::Malformed("there is no event-data".to_owned()))?)
        }
    };
    Ok(event.into_iter().collect())
}

/// The parts of the signature; `None` when one is missing.
pub(super) fn signed(request: &Request<'_>) -> Option<Signed> {
    if let Some(form) = Form::read(request.content_type, request.body) {
        // Mailgun writes its own fields behind those of the sender.
        let form = form.ok()?;
        let field = |name| form.last(name).map(str::to_owned);
        return Some(Signed {
            timestamp: field("timestamp")?,
            token: field("token")?,
            signature: field("signature")?,
        });
    }
    let Envelope { signature } = serde_json::from_slice(request.body).ok()?;
    let timestamp = signature.timestamp.get().trim_matches('"').to_owned();
    Some(Signed { timestamp, token: signature.token, signature: signature.signature })
}

fn event(data: &Value) -> Option<Event> {
    let status = data.get("delivery-status").unwrap_or(&Value::Null);
    let code = status.get("code").and_then(Value::as_u64).unwrap_or_default();
    let reason = field::text(data, "reason").unwrap_or_default();
    let is_temporary = match field::text(data, "severity") {
        Some(severity) => severity == "temporary",
        None => (400..500).contains(&code),
    };
    let kind = match field::text(data, "event")? {
        // Mailgun's own lists: it did not try, as it knows from before.
        "failed" if reason == "suppress-complaint" || code == 607 => Kind::Complained,
        "failed" if reason == "suppress-unsubscribe" || code == 606 => Kind::Unsubscribed,
        "failed" if is_temporary => Kind::Deferred,
        "failed" => Kind::Bounced,
        "rejected" => Kind::Rejected,
        "complained" => Kind::Complained,
        "unsubscribed" => Kind::Unsubscribed,
        "delivered" => Kind::Delivered,
        _ => return None,
    };
    let message = data.get("message").unwrap_or(&Value::Null);
    let headers = message.get("headers").unwrap_or(&Value::Null);
    let whom = field::text(data, "recipient").or_else(|| field::text(headers, "to"));
    let mut event = Event::new(kind, whom.and_then(field::address));
    let refused = data.get("reject").and_then(|reject| field::text(reject, "reason"));
    let said = field::text(status, "message").or_else(|| field::text(status, "description")).or(refused);
    event.diagnostic = field::diagnostic(said.unwrap_or(reason));
    event.status = field::text(status, "enhanced-code")
        .and_then(verdict::status_in)
        .or_else(|| verdict::status_in(said.unwrap_or_default()));
    event.message_id = field::text(headers, "message-id").and_then(field::message_id);
    event.at = field::time(data.get("timestamp"));
    event.class = match kind {
        Kind::Bounced => Some(class_of(reason, code, &event)),
        Kind::Deferred => {
            Some(verdict::class_of(false, event.status.as_deref(), event.diagnostic.as_deref()))
        }
        Kind::Rejected => Some(Class::Sender),
        _ => None,
    };
    Some(event)
}

/// 605 is Mailgun's "bounced before"; `old` is a mail that was tried too
/// long, and `espblock` a server that takes none of ours.
fn class_of(reason: &str, code: u64, event: &Event) -> Class {
    match reason {
        "suppress-bounce" => Class::Hard,
        _ if code == 605 => Class::Hard,
        "old" | "oldfail" => verdict::class_of(false, event.status.as_deref(), event.diagnostic.as_deref()),
        "espblock" => Class::Sender,
        _ => {
            let is_permanent = !(400..500).contains(&code);
            verdict::class_of(is_permanent, event.status.as_deref(), event.diagnostic.as_deref())
        }
    }
}

fn legacy_event(form: &Form) -> Option<Event> {
    // The sender's own variables come in the same form: his `event` behind
    // Mailgun's, all others before.
    let kind = match form.first("event")? {
        "bounced" => Kind::Bounced,
        "dropped" => Kind::Rejected,
        "complained" => Kind::Complained,
        "unsubscribed" => Kind::Unsubscribed,
        "delivered" => Kind::Delivered,
        _ => return None,
    };
    let mut event = Event::new(kind, form.last("recipient").and_then(field::address));
    let said = form.last("error").filter(|text| !text.is_empty()).or_else(|| form.last("description"));
    let said = said.filter(|text| !text.is_empty()).or_else(|| form.last("notification")).unwrap_or_default();
    event.diagnostic = field::diagnostic(said);
    event.status = verdict::status_in(said);
    event.message_id = form
        .last("Message-Id")
        .map(str::to_owned)
        .or_else(|| header_in(form))
        .and_then(|id| field::message_id(&id));
    event.at = form.last("timestamp").and_then(|digits| field::time(Some(&Value::from(digits))));
    let code = form.last("code").and_then(|code| code.parse().ok()).unwrap_or_default();
    let reason = form.last("reason").unwrap_or_default();
    event.listed = match code {
        605 => Some(Kind::Bounced),
        606 => Some(Kind::Unsubscribed),
        607 => Some(Kind::Complained),
        _ => None,
    }
    .filter(|_| kind == Kind::Rejected);
    event.class = match kind {
        Kind::Bounced | Kind::Rejected => Some(class_of(reason, code, &event)),
        _ => None,
    };
    Some(event)
}

/// The `Message-Id` in `message-headers`, a list of names and values in JSON.
fn header_in(form: &Form) -> Option<String> {
    let headers: Vec<(String, Value)> = serde_json::from_str(form.last("message-headers")?).ok()?;
    let named = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("message-id"));
    named?.1.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test::{json_request, line, reading};
    use super::*;
    use crate::feedback::providers::{Provider::Mailgun, read};

    #[test]
    fn each_event_is_told_with_whom_it_blames() {
        for (fields, wanted) in [
            (
                json!({"event": "failed", "severity": "permanent", "delivery-status": {"code": 550, "message": "no such user"}}),
                "bounced k@example.org hard",
            ),
            (
                json!({"event": "failed", "severity": "permanent", "reason": "suppress-bounce", "delivery-status": {"code": 605}}),
                "bounced k@example.org hard",
            ),
            (
                json!({"event": "failed", "severity": "permanent", "reason": "espblock", "delivery-status": {"code": 550}}),
                "bounced k@example.org sender",
            ),
            (
                json!({"event": "failed", "severity": "permanent", "delivery-status": {"code": 552, "enhanced-code": "5.2.2"}}),
                "bounced k@example.org soft",
            ),
            (
                json!({"event": "failed", "severity": "permanent", "reason": "old", "delivery-status": {"code": 602, "message": "Too old"}}),
                "bounced k@example.org soft",
            ),
            (
                json!({"event": "failed", "severity": "permanent", "delivery-status": {"code": 421}}),
                "bounced k@example.org soft",
            ),
            (
                json!({"event": "failed", "severity": "permanent", "reason": "suppress-complaint"}),
                "complained k@example.org",
            ),
            (
                json!({"event": "failed", "severity": "permanent", "delivery-status": {"code": 606}}),
                "unsubscribed k@example.org",
            ),
            (
                json!({"event": "failed", "severity": "temporary", "delivery-status": {"code": 450}}),
                "deferred k@example.org soft",
            ),
            (json!({"event": "failed", "delivery-status": {"code": 450}}), "deferred k@example.org soft"),
            (json!({"event": "rejected", "reject": {"reason": "Sandbox"}}), "rejected k@example.org sender"),
            (json!({"event": "complained"}), "complained k@example.org"),
            (json!({"event": "unsubscribed"}), "unsubscribed k@example.org"),
            (json!({"event": "delivered", "delivery-status": null}), "delivered k@example.org"),
            (json!({"event": "opened"}), ""),
            (json!({"event": "accepted"}), ""),
        ] {
            let mut data = json!({"recipient": "k@example.org"});
            data.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            let body = json!({"event-data": data}).to_string();
            assert_eq!(line(&reading(Mailgun, &body)), wanted, "{body}");
        }
        assert!(matches!(read(Mailgun, &json_request("{}")), Err(Refusal::Malformed(_))));
    }

    #[test]
    fn an_event_has_its_time_and_our_message_id() {
        let body = json!({"event-data": {
            "event": "failed", "recipient": "k@example.org", "timestamp": 1_534_111_899.659,
            "message": {"headers": {"message-id": "m1@blog.example.org"}},
            "delivery-status": {"code": 550, "message": "550 5.1.1 gone"},
        }});
        let event = &reading(Mailgun, &body.to_string())[0];
        assert_eq!(event.at.unwrap().as_millis(), 1_534_111_899_659);
        assert_eq!(event.message_id.as_deref(), Some("m1@blog.example.org"));
        assert_eq!(
            (event.status.as_deref(), event.diagnostic.as_deref()),
            (Some("5.1.1"), Some("550 5.1.1 gone"))
        );
    }

    #[test]
    fn the_form_posts_of_old_are_read_and_the_senders_own_fields_are_not() {
        let base = "recipient=mine&recipient=k%40example.org&timestamp=mine&timestamp=1461261330\
            &message-headers=%5B%5B%22Message-Id%22%2C+%22%3Cm1%40x.org%3E%22%5D%5D&token=mine&token=t&signature=s";
        for (fields, wanted) in [
            ("event=bounced&event=mine&code=550&error=5.1.1+gone", "bounced k@example.org hard"),
            ("event=bounced&code=550&error=5.7.1+listed", "bounced k@example.org sender"),
            ("event=dropped&reason=hardfail&code=605", "rejected k@example.org hard, as bounced"),
            ("event=dropped&reason=old&code=602&description=Too+old", "rejected k@example.org soft"),
            ("event=complained", "complained k@example.org"),
            ("event=unsubscribed", "unsubscribed k@example.org"),
            ("event=delivered", "delivered k@example.org"),
            ("event=clicked&event=bounced", ""),
        ] {
            let body = format!("{fields}&{base}");
            let content_type = "application/x-www-form-urlencoded";
            let request = Request { content_type, headers: &[], body: body.as_bytes() };
            let events = read(Mailgun, &request).unwrap();
            assert_eq!(line(&events), wanted, "{fields}");
            for event in events {
                assert_eq!(event.message_id.as_deref(), Some("m1@x.org"));
                assert_eq!(event.at.unwrap().as_millis(), 1_461_261_330_000);
            }
            let signed = signed(&request).unwrap();
            assert_eq!((signed.timestamp.as_str(), signed.token.as_str()), ("1461261330", "t"));
        }
    }
}
