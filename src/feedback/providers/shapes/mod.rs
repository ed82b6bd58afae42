//! Providers whose reports have one shape: objects in a list or alone, with a
//! word for what happened, an address and what the server said. A row each;
//! what a row does not name is no news of a mail.

mod table;

use serde_json::{Map, Value};

use super::super::Class;
use super::form::Form;
use super::{Event, Kind, Provider, Refusal, Request, envelope, field, verdict};
use crate::domain::refusal;
use Told::{Hard, Is, Listed, Reply, Sender, Soft};
use table::{SHAPES, Shape, Told};

/// Recipients that one event may name.
const MOST_RECIPIENTS: usize = 50;

/// SparkPost's classes of automatic answers, and of questions to confirm.
const NO_NEWS: [&str; 3] = ["60", "80", "100"];

/// The events of a provider that has a row; `None`: it has none.
pub(super) fn read(provider: Provider, request: &Request<'_>) -> Option<Result<Vec<Event>, Refusal>> {
    let shape = SHAPES.iter().find(|shape| shape.provider == provider)?;
    Some(body(shape, request).and_then(|body| events(shape, &body)))
}

fn body(shape: &Shape, request: &Request<'_>) -> Result<Value, Refusal> {
    if let Some(form) = Form::read(request.content_type, request.body) {
        return form.map(Form::into_json);
    }
    let value = field::json(request)?;
    if shape.provider != Provider::Scaleway {
        return Ok(value);
    }
    Ok(match envelope::message(&value)? {
        Some(message) if message.is_object() => message,
        Some(_) => Value::Object(Map::new()),
        None => value,
    })
}

fn events(shape: &Shape, body: &Value) -> Result<Vec<Event>, Refusal> {
    let inside = if shape.list.is_empty() { Some(body) } else { body.pointer(shape.list) };
    let list = match inside {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        None if body.is_object() => &[],
        _ => return Err(Refusal::Malformed("neither an object nor a list".to_owned())),
    };
    let mut found = Vec::new();
    for value in list {
        let value = match shape.wrap {
            Some(wrap) => value.pointer(wrap).and_then(|inner| inner.as_object()?.values().next()),
            None => Some(value),
        };
        found.extend(value.into_iter().flat_map(|value| of_one(shape, value)));
        if found.len() > super::EVENTS_MAX {
            return Err(Refusal::TooLarge);
        }
    }
    Ok(found)
}

fn of_one(shape: &Shape, value: &Value) -> Vec<Event> {
    let Some(told) = meaning(shape, value) else { return Vec::new() };
    let text = |at: &&str| match value.pointer(at)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let said = shape.said.iter().filter_map(text).collect::<Vec<_>>().join(": ");
    let status = verdict::status_in(&said);
    let by = |is_permanent| Some(verdict::class_of(is_permanent, status.as_deref(), Some(&said)));
    let (kind, class) = match told {
        Hard => (Kind::Bounced, by(true)),
        Soft => (Kind::Bounced, by(false)),
        Sender => (Kind::Bounced, Some(Class::Sender)),
        Reply => {
            let class = refusal::classify(refusal::code_in(&said), status.as_deref(), &said);
            (Kind::Bounced, Some(class))
        }
        Is(kind @ Kind::Deferred) => (kind, by(false)),
        Is(kind) => (kind, None),
        Listed(_, class) => (Kind::Rejected, class),
    };
    let listed = if let Listed(kind, _) = told { Some(kind) } else { None };
    let whom = match value.pointer(shape.address) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).take(MOST_RECIPIENTS).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => vec![""],
    };
    let about = |address: &str| Event {
        class,
        listed,
        status: status.clone(),
        diagnostic: field::diagnostic(&said),
        message_id: message_id(shape, value),
        at: shape.at.iter().find_map(|at| field::time(value.pointer(at))),
        ..Event::new(kind, field::address(address))
    };
    whom.into_iter().map(about).collect()
}

/// Ours, as a text or among the headers of a list; headers have any case.
fn message_id(shape: &Shape, value: &Value) -> Option<String> {
    let is_it = |name: &str| name.eq_ignore_ascii_case("message-id");
    let text = match value.pointer(shape.message_id) {
        Some(Value::Array(headers)) => {
            let header = headers.iter().find(|header| field::text(header, "key").is_some_and(is_it));
            header.and_then(|header| field::text(header, "value"))
        }
        Some(text) => text.as_str(),
        None => value.as_object()?.iter().find(|(name, _)| is_it(name))?.1.as_str(),
    };
    text.and_then(field::message_id)
}

fn meaning(shape: &Shape, value: &Value) -> Option<Told> {
    let word = value.pointer(shape.kind)?.as_str()?.to_ascii_lowercase();
    let detail = |at: &&str| match value.pointer(at)? {
        Value::String(text) => Some(text.to_ascii_lowercase()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let details: Vec<String> = shape.details.iter().filter_map(detail).collect();
    if shape.provider == Provider::Sparkpost
        && details.iter().any(|detail| NO_NEWS.contains(&detail.as_str()))
    {
        return None;
    }
    let find = |word: &str| shape.words.iter().find(|(known, _)| *known == word).map(|(_, told)| *told);
    details.iter().find_map(|detail| find(&format!("{word}:{detail}"))).or_else(|| find(&word))
}

#[cfg(test)]
mod tests {
    use super::super::test::{json_request, line, reading};
    use super::*;
    use crate::feedback::providers::Provider::{
        Brevo, Mailersend, Mailjet, Mailtrap, Resend, Scaleway, Smtp2go, Sparkpost,
    };

    #[test]
    fn each_provider_says_it_in_its_own_words() {
        for (provider, body, wanted) in [
            (
                Brevo,
                r#"{"event":"hard_bounce","email":"k@example.org","reason":"550 5.1.1 no"}"#,
                "bounced k@example.org hard",
            ),
            (
                Brevo,
                r#"{"event":"hard_bounce","email":"k@example.org","reason":"550 5.7.1 blocked as spam"}"#,
                "bounced k@example.org sender",
            ),
            (
                Brevo,
                r#"[{"event":"soft_bounce","email":"k@example.org"},{"event":"spam","email":"l@example.org"}]"#,
                "bounced k@example.org soft, complained l@example.org",
            ),
            (Brevo, r#"{"event":"unsubscribed","email":"k@example.org"}"#, "unsubscribed k@example.org"),
            (Brevo, r#"{"event":"opened","email":"k@example.org"}"#, ""),
            // A list of Brevo's own has the reader, and it says why or not.
            (
                Brevo,
                r#"{"event":"blocked","email":"k@example.org"}"#,
                "rejected k@example.org soft, as bounced",
            ),
            (
                Brevo,
                r#"{"event":"blocked","email":"k@example.org","reason":"hard bounced"}"#,
                "rejected k@example.org hard, as bounced",
            ),
            (
                Brevo,
                r#"{"event":"blocked","email":"k@example.org","reason":"contactFlaggedAsSpam"}"#,
                "rejected k@example.org, as complained",
            ),
            (
                Brevo,
                r#"{"event":"blocked","email":"k@example.org","reason":"unsubscribedViaEmail"}"#,
                "rejected k@example.org, as unsubscribed",
            ),
            (
                Brevo,
                r#"{"event":"blocked","email":"k@example.org","reason":"blocked : due to blacklist user"}"#,
                "rejected k@example.org soft, as bounced",
            ),
            (
                Mailjet,
                r#"[{"event":"bounce","hard_bounce":true,"email":"k@example.org","error":"user unknown"}]"#,
                "bounced k@example.org hard",
            ),
            (
                Mailjet,
                r#"{"event":"bounce","hard_bounce":false,"email":"k@example.org","error":"mailbox inactive"}"#,
                "bounced k@example.org soft",
            ),
            (
                Mailjet,
                r#"{"event":"bounce","hard_bounce":true,"email":"k@example.org","error_related_to":"system","error":"protocol issue"}"#,
                "bounced k@example.org soft",
            ),
            (
                Mailjet,
                r#"{"event":"bounce","hard_bounce":true,"email":"k@example.org","error_related_to":"spam","error":"sender blocked"}"#,
                "bounced k@example.org sender",
            ),
            (
                Mailjet,
                r#"{"event":"bounce","hard_bounce":true,"email":"k@example.org","error_related_to":"domain","error":"no mail host"}"#,
                "bounced k@example.org soft",
            ),
            (
                Mailjet,
                r#"{"event":"blocked","email":"k@example.org","error_related_to":"recipient","error":"user unknown"}"#,
                "rejected k@example.org hard, as bounced",
            ),
            (
                Mailjet,
                r#"{"event":"blocked","email":"k@example.org","error_related_to":"mailjet","error":"preblocked"}"#,
                "rejected k@example.org soft, as bounced",
            ),
            (
                Mailjet,
                r#"{"event":"blocked","email":"k@example.org","error_related_to":"recipient","error":"spam reporter"}"#,
                "rejected k@example.org, as complained",
            ),
            (
                Mailjet,
                r#"{"event":"blocked","email":"k@example.org","error_related_to":"mailjet","error":"duplicate in campaign"}"#,
                "rejected k@example.org",
            ),
            (Mailjet, r#"{"event":"unsub","email":"k@example.org"}"#, "unsubscribed k@example.org"),
            (
                Resend,
                r#"{"type":"email.bounced","data":{"to":["k@example.org","l@example.org"],"bounce":{"type":"Permanent","message":"This may hurt your reputation."}}}"#,
                "bounced k@example.org hard, bounced l@example.org hard",
            ),
            (
                Resend,
                r#"{"type":"email.bounced","data":{"to":["k@example.org"],"bounce":{"type":"Transient"}}}"#,
                "bounced k@example.org soft",
            ),
            (
                Resend,
                r#"{"type":"email.suppressed","data":{"to":["k@example.org"]}}"#,
                "rejected k@example.org hard, as bounced",
            ),
            (
                Resend,
                r#"{"type":"email.complained","data":{"to":["k@example.org"]}}"#,
                "complained k@example.org",
            ),
            (
                Mailersend,
                r#"{"type":"activity.hard_bounced","data":{"email":{"recipient":{"email":"k@example.org"}},"morph":{"reason":"552 5.2.2 mailbox full"}}}"#,
                "bounced k@example.org soft",
            ),
            (
                Mailersend,
                r#"{"type":"activity.spam_complaint","data":{"email":{"recipient":{"email":"k@example.org"}}}}"#,
                "complained k@example.org",
            ),
            (
                Mailtrap,
                r#"{"events":[{"event":"bounce","email":"k@example.org","response":"550 5.1.1 no"},{"event":"suspension","email":"l@example.org"}]}"#,
                "bounced k@example.org hard, deferred l@example.org soft",
            ),
            (Mailtrap, "{}", ""),
            (
                Sparkpost,
                r#"[{"msys":{"message_event":{"type":"bounce","bounce_class":"10","rcpt_to":"k@example.org"}}},{"msys":{}}]"#,
                "bounced k@example.org hard",
            ),
            (
                Sparkpost,
                r#"[{"msys":{"message_event":{"type":"bounce","bounce_class":"51","rcpt_to":"k@example.org"}}}]"#,
                "bounced k@example.org sender",
            ),
            (
                Sparkpost,
                r#"[{"msys":{"message_event":{"type":"bounce","bounce_class":"60","rcpt_to":"k@example.org"}}}]"#,
                "",
            ),
            (
                Sparkpost,
                r#"[{"msys":{"unsubscribe_event":{"type":"link_unsubscribe","rcpt_to":"k@example.org"}}}]"#,
                "unsubscribed k@example.org",
            ),
            (
                Smtp2go,
                r#"{"event":"bounce","bounce":"hard","rcpt":"k@example.org","message":"550 5.1.1 no"}"#,
                "bounced k@example.org hard",
            ),
            (
                Smtp2go,
                r#"{"event":"bounce","bounce":"soft","rcpt":"k@example.org"}"#,
                "bounced k@example.org soft",
            ),
            (Smtp2go, r#"{"event":"spam","rcpt":"k@example.org"}"#, "complained k@example.org"),
            (
                Scaleway,
                r#"{"type":"email_mailbox_not_found","email_to":"k@example.org","email_response_code":550,"email_response_message":"5.1.1 no"}"#,
                "bounced k@example.org hard",
            ),
            (
                Scaleway,
                r#"{"type":"email_dropped","email_to":"k@example.org","email_response_code":550,"email_response_message":"no such user"}"#,
                "bounced k@example.org hard",
            ),
            (
                Scaleway,
                r#"{"type":"email_dropped","email_to":"k@example.org","email_response_code":550,"email_response_message":"no"}"#,
                "bounced k@example.org soft",
            ),
            (
                Scaleway,
                r#"{"type":"email_spam","email_to":"k@example.org","email_response_code":571,"email_response_message":"5.7.1 listed"}"#,
                "bounced k@example.org sender",
            ),
            (
                Scaleway,
                r#"{"type":"email_blocklisted","email_to":"k@example.org","blocklist_type":"mailbox_full"}"#,
                "bounced k@example.org soft",
            ),
            (
                Scaleway,
                r#"{"type":"email_blocklisted","email_to":"k@example.org","blocklist_type":"mailbox_not_found"}"#,
                "bounced k@example.org hard",
            ),
            (
                Scaleway,
                r#"{"Type":"Notification","Message":"{\"type\":\"email_deferred\",\"email_to\":\"k@example.org\"}"}"#,
                "deferred k@example.org soft",
            ),
            (Scaleway, r#"{"Type":"Notification","Message":"Hello."}"#, ""),
            (Scaleway, r#"{"Type":"SubscriptionConfirmation","Message":"Visit."}"#, ""),
            (Scaleway, r#"{"type":"blocklist_created","email_to":"k@example.org"}"#, ""),
        ] {
            assert_eq!(line(&reading(provider, body)), wanted, "{provider} {body}");
        }
    }

    #[test]
    fn smtp2gos_forms_are_read_as_its_json() {
        let body = "event=bounce&bounce=hard&rcpt=k%40example.org&message=550+5.1.1+no&time=2027-01-15T08%3A00%3A00Z&Message-Id=%3Cm%40blog.example%3E";
        let form = Request {
            content_type: "application/x-www-form-urlencoded",
            headers: &[],
            body: body.as_bytes(),
        };
        let events = super::super::read(Smtp2go, &form).unwrap();
        assert_eq!(line(&events), "bounced k@example.org hard");
        let json = r#"{"event":"bounce","bounce":"hard","rcpt":"k@example.org","message":"550 5.1.1 no","time":"2027-01-15T08:00:00Z","message-id":"<m@blog.example>"}"#;
        assert_eq!(events, reading(Smtp2go, json));
        assert_eq!(events[0].message_id.as_deref(), Some("m@blog.example"));
    }

    #[test]
    fn our_message_id_is_found_among_scaleways_headers() {
        let body = r#"{"type":"email_dropped","email_to":"k@example.org","email_headers":[{"key":"Subject","value":"x@y"},{"key":"Message-Id","value":"<m@blog.example>"}]}"#;
        assert_eq!(reading(Scaleway, body)[0].message_id.as_deref(), Some("m@blog.example"));
    }

    /// S15: nothing of a stranger's is read without end.
    #[test]
    fn ten_thousand_levels_of_json_are_refused() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let inside = format!(r#"{{"events":{}1{}}}"#, r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        for provider in Provider::ALL {
            for body in [&deep, &inside] {
                let answer = super::super::read(provider, &json_request(body));
                assert!(matches!(answer, Err(Refusal::Malformed(_))), "{provider}: {answer:?}");
            }
        }
    }
}
