//! Providers whose reports have one shape: objects in a list or alone, with a
//! word for what happened, an address and what the server said. A row each;
//! what a row does not name is no news of a mail.

mod table;

use serde_json::Value;

use super::super::Class;
use super::{Event, Kind, Provider, Refusal, Request, field, verdict};
use crate::domain::refusal;
use Told::{Hard, Is, Sender, Soft};
use table::{SHAPES, Shape, Told};

/// Recipients that one event may name.
const MOST_RECIPIENTS: usize = 50;

/// SparkPost's classes of automatic answers, and of questions to confirm.
const NO_NEWS: [&str; 3] = ["60", "80", "100"];

/// The events of a provider that has a row; `None`: it has none.
pub(super) fn read(provider: Provider, request: &Request<'_>) -> Option<Result<Vec<Event>, Refusal>> {
    let shape = SHAPES.iter().find(|shape| shape.provider == provider)?;
    Some(field::json(request).and_then(|body| events(shape, &body)))
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
    let said: Vec<&str> = shape.said.iter().filter_map(|at| value.pointer(at)?.as_str()).collect();
    let said = said.join(": ");
    let status = verdict::status_in(&said);
    // A provider's own sentence warns of much; a server's has a number.
    let of_server = Some(said.as_str()).filter(|said| status.is_some() || refusal::code_in(said).is_some());
    let by = |is_permanent| Some(verdict::class_of(is_permanent, status.as_deref(), of_server));
    let (kind, class) = match told {
        Hard => (Kind::Bounced, by(true)),
        Soft => (Kind::Bounced, by(false)),
        Sender => (Kind::Bounced, Some(Class::Sender)),
        Is(kind @ Kind::Deferred) => (kind, by(false)),
        Is(kind) => (kind, None),
    };
    let whom = match value.pointer(shape.address) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).take(MOST_RECIPIENTS).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => vec![""],
    };
    let about = |address: &str| Event {
        class,
        status: status.clone(),
        diagnostic: field::diagnostic(&said),
        message_id: value.pointer(shape.message_id).and_then(|id| field::message_id(id.as_str()?)),
        at: shape.at.iter().find_map(|at| field::time(value.pointer(at))),
        ..Event::new(kind, field::address(address))
    };
    whom.into_iter().map(about).collect()
}

fn meaning(shape: &Shape, value: &Value) -> Option<Told> {
    let word = value.pointer(shape.kind)?.as_str()?.to_ascii_lowercase();
    let detail = match value.pointer(shape.detail) {
        Some(Value::String(text)) => text.to_ascii_lowercase(),
        Some(Value::Bool(is)) => is.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    if shape.provider == Provider::Sparkpost && NO_NEWS.contains(&detail.as_str()) {
        return None;
    }
    let exact = format!("{word}:{detail}");
    let find = |word: &str| shape.words.iter().find(|(known, _)| *known == word).map(|(_, told)| *told);
    find(&exact).or_else(|| find(&word))
}

#[cfg(test)]
mod tests {
    use super::super::test::{json_request, line, reading};
    use super::*;
    use crate::feedback::providers::Provider::{
        Brevo, Mailersend, Mailjet, Mailtrap, Resend, Smtp2go, Sparkpost,
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
        ] {
            assert_eq!(line(&reading(provider, body)), wanted, "{provider} {body}");
        }
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
