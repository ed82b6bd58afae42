//! Amazon SES: its notifications (`notificationType`) and its event
//! publishing (`eventType`), in an SNS envelope or delivered raw.
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use serde_json::Value;

use super::super::Class;
use super::{EVENTS_MAX, Event, Kind, Refusal, Request, envelope, field, verdict};
use crate::domain::{EmailAddress, Timestamp};

/// One more than is taken, so that too many are told from just enough.
const MOST: usize = EVENTS_MAX + 1;

pub(super) fn read(request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    let value = field::json(request)?;
    match envelope::message(&value)? {
        Some(message) => events(&message),
        None if value.get("eventType").is_some() || value.get("notificationType").is_some() => events(&value),
        None => Err(Refusal::Malformed("neither an SNS envelope nor an event of SES".to_owned())),
    }
}

fn events(message: &Value) -> Result<Vec<Event>, Refusal> {
    let name = field::text(message, "eventType").or_else(|| field::text(message, "notificationType"));
    let part = |key: &str| message.get(key).unwrap_or(&Value::Null);
    let mail = Mail::read(part("mail"));
    let all_of_mail = field::list(part("mail"), "destination");
    let events: Vec<Event> = match name.unwrap_or_default() {
        "Bounce" => {
            let bounce = part("bounce");
            let list = field::list(bounce, "bouncedRecipients");
            list.iter().take(MOST).map(|recipient| mail.bounce(bounce, recipient)).collect()
        }
        "Complaint" => {
            let complaint = part("complaint");
            match field::text(complaint, "complaintFeedbackType") {
                // The reader's "this is no spam", and what programs report.
                Some("not-spam" | "auth-failure" | "virus") => Vec::new(),
                _ => {
                    let list = field::list(complaint, "complainedRecipients");
                    mail.each(list, complaint, |whom| Event::new(Kind::Complained, whom))
                }
            }
        }
        "Delivery" => {
            let delivery = part("delivery");
            let said = field::text(delivery, "smtpResponse").and_then(field::diagnostic);
            mail.each(field::list(delivery, "recipients"), delivery, |whom| Event {
                diagnostic: said.clone(),
                ..Event::new(Kind::Delivered, whom)
            })
        }
        "DeliveryDelay" => {
            let delay = part("deliveryDelay");
            let list = field::list(delay, "delayedRecipients");
            list.iter().take(MOST).map(|recipient| mail.delay(delay, recipient)).collect()
        }
        "Reject" => mail.refused(all_of_mail, part("reject"), "reason"),
        "Rendering Failure" => mail.refused(all_of_mail, part("failure"), "errorMessage"),
        "Subscription" => {
            let subscription = part("subscription");
            let wish = subscription.get("newTopicPreferences").unwrap_or(&Value::Null);
            let list = if wants_none(wish) { all_of_mail } else { &[] };
            mail.each(list, subscription, |whom| Event::new(Kind::Unsubscribed, whom))
        }
        _ => Vec::new(),
    };
    Ok(events)
}

/// Whether a reader has left all topics of a contact list.
fn wants_none(wish: &Value) -> bool {
    let topics = field::list(wish, "topicSubscriptionStatus");
    let is_out = |topic: &Value| field::text(topic, "subscriptionStatus") == Some("OptOut");
    wish.get("unsubscribeAll").and_then(Value::as_bool).unwrap_or(false)
        || (!topics.is_empty() && topics.iter().all(is_out))
}

/// What all events of one mail have in common.
struct Mail {
    message_id: Option<String>,
    sent_at: Option<Timestamp>,
}

impl Mail {
    fn read(mail: &Value) -> Self {
        // `messageId` itself is Amazon's; ours is among the headers, which
        // SES includes when it is asked to.
        let common = mail.get("commonHeaders").and_then(|headers| field::text(headers, "messageId"));
        let listed = || {
            let headers = field::list(mail, "headers");
            let is_it = |header: &&Value| {
                field::text(header, "name").is_some_and(|name| name.eq_ignore_ascii_case("message-id"))
            };
            headers.iter().find(is_it).and_then(|header| field::text(header, "value"))
        };
        let message_id = listed().or(common).and_then(field::message_id);
        Self { message_id, sent_at: field::time(mail.get("timestamp")) }
    }

    /// Fills in the mail's part.
    fn told(&self, mut event: Event, part: &Value) -> Event {
        event.at = field::time(part.get("timestamp")).or(self.sent_at);
        event.message_id.clone_from(&self.message_id);
        event
    }

    /// An event for each recipient: an address, or an object with one.
    fn each(
        &self,
        recipients: &[Value],
        part: &Value,
        make: impl Fn(Option<EmailAddress>) -> Event,
    ) -> Vec<Event> {
        let address = |value: &Value| {
            let text = value.as_str().or_else(|| field::text(value, "emailAddress"));
            text.and_then(field::address)
        };
        recipients.iter().take(MOST).map(|recipient| self.told(make(address(recipient)), part)).collect()
    }

    fn refused(&self, recipients: &[Value], part: &Value, key: &str) -> Vec<Event> {
        let said = field::text(part, key).and_then(field::diagnostic);
        self.each(recipients, part, |whom| Event {
            class: Some(Class::Sender),
            diagnostic: said.clone(),
            ..Event::new(Kind::Rejected, whom)
        })
    }

    fn bounce(&self, bounce: &Value, recipient: &Value) -> Event {
        let mut event = self.of_server(Kind::Bounced, recipient);
        let is_permanent = field::text(bounce, "bounceType") == Some("Permanent");
        let verdict = verdict::class_of(is_permanent, event.status.as_deref(), event.diagnostic.as_deref());
        event.class = Some(match field::text(bounce, "bounceSubType").unwrap_or_default() {
            "NoEmail" | "Suppressed" | "OnAccountSuppressionList" => Class::Hard,
            "MessageTooLarge" | "ContentRejected" | "AttachmentRejected" => Class::Sender,
            "MailboxFull" | "CustomTimeoutExceeded" => Class::Soft,
            // SES keeps a list of its own for those who left.
            "UnsubscribedRecipient" => {
                event.kind = Kind::Unsubscribed;
                event.class = None;
                return self.told(event, bounce);
            }
            _ => verdict,
        });
        self.told(event, bounce)
    }

    fn delay(&self, delay: &Value, recipient: &Value) -> Event {
        let mut event = self.of_server(Kind::Deferred, recipient);
        event.class = Some(match field::text(delay, "delayType").unwrap_or_default() {
            "SpamDetected" | "IPFailure" => Class::Sender,
            _ => Class::Soft,
        });
        self.told(event, delay)
    }

    fn of_server(&self, kind: Kind, recipient: &Value) -> Event {
        let whom = field::text(recipient, "emailAddress").and_then(field::address);
        let said = field::text(recipient, "diagnosticCode").unwrap_or_default();
        let status = field::text(recipient, "status").and_then(verdict::status_in);
        Event {
            status: status.or_else(|| verdict::status_in(said)),
            diagnostic: field::diagnostic(said),
            ..Event::new(kind, whom)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test::{line, reading};
    use super::*;
    use crate::feedback::providers::Provider::Ses;

    fn wrapped(message: &Value) -> String {
        json!({"Type": "Notification", "MessageId": "1", "Message": message.to_string()}).to_string()
    }

    fn bounce(kind: &str, sub: &str, status: &str, said: &str) -> Value {
        json!({
            "notificationType": "Bounce",
            "mail": {
                "timestamp": "2026-11-22T10:00:00.000Z", "messageId": "0100-x", "destination": ["kim@example.org"],
                "headers": [{"name": "Message-ID", "value": "<m1@blog.example.org>"}],
            },
            "bounce": {
                "bounceType": kind, "bounceSubType": sub, "timestamp": "2026-11-22T10:00:03.500Z",
                "bouncedRecipients": [
                    {"emailAddress": "kim@example.org", "status": status, "diagnosticCode": said},
                ],
            },
        })
    }

    #[test]
    fn a_bounce_blames_whom_type_status_and_words_blame() {
        for (kind, sub, status, said, class) in [
            ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown", "hard"),
            ("Permanent", "NoEmail", "", "", "hard"),
            ("Permanent", "OnAccountSuppressionList", "5.1.1", "", "hard"),
            ("Permanent", "General", "5.7.1", "smtp; 550 5.7.1 blocked", "sender"),
            ("Transient", "MailboxFull", "5.2.2", "", "soft"),
            ("Transient", "General", "4.4.7", "", "soft"),
            ("Transient", "ContentRejected", "", "", "sender"),
            ("Undetermined", "Undetermined", "", "", "soft"),
        ] {
            let body = wrapped(&bounce(kind, sub, status, said));
            assert_eq!(
                line(&reading(Ses, &body)),
                format!("bounced kim@example.org {class}"),
                "{kind} {sub}"
            );
        }
        let events = reading(Ses, &wrapped(&bounce("Permanent", "UnsubscribedRecipient", "", "")));
        assert_eq!(line(&events), "unsubscribed kim@example.org");
    }

    #[test]
    fn an_event_has_its_time_its_status_and_our_message_id() {
        let event = &reading(Ses, &wrapped(&bounce("Permanent", "General", "", "smtp; 550 5.1.1 no")))[0];
        assert_eq!(event.at.unwrap().as_millis(), 1_795_341_603_500);
        assert_eq!(event.status.as_deref(), Some("5.1.1"));
        assert_eq!(event.diagnostic.as_deref(), Some("smtp; 550 5.1.1 no"));
        assert_eq!(event.message_id.as_deref(), Some("m1@blog.example.org"));
    }

    #[test]
    fn every_kind_of_event_is_read_wrapped_and_raw() {
        let mail = json!({"destination": ["a@example.org", "B <b@example.org>"]});
        let all = |subscription: Value| json!({"eventType": "Subscription", "mail": mail, "subscription": {"newTopicPreferences": subscription}});
        for (message, wanted) in [
            (
                json!({"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "a@example.org"}]}}),
                "complained a@example.org",
            ),
            (
                json!({"notificationType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam", "complainedRecipients": [{"emailAddress": "a@example.org"}]}}),
                "",
            ),
            (
                json!({"notificationType": "Delivery", "delivery": {"recipients": ["a@example.org"], "smtpResponse": "250 ok"}}),
                "delivered a@example.org",
            ),
            (
                json!({"eventType": "DeliveryDelay", "deliveryDelay": {"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": "a@example.org", "status": "4.2.2"}]}}),
                "deferred a@example.org soft",
            ),
            (
                json!({"eventType": "Reject", "mail": mail, "reject": {"reason": "Bad content"}}),
                "rejected a@example.org sender, rejected b@example.org sender",
            ),
            (
                json!({"eventType": "Rendering Failure", "mail": mail, "failure": {"errorMessage": "no name"}}),
                "rejected a@example.org sender, rejected b@example.org sender",
            ),
            (all(json!({"unsubscribeAll": true})), "unsubscribed a@example.org, unsubscribed b@example.org"),
            (
                all(json!({"topicSubscriptionStatus": [{"subscriptionStatus": "OptOut"}]})),
                "unsubscribed a@example.org, unsubscribed b@example.org",
            ),
            (all(json!({"topicSubscriptionStatus": [{"subscriptionStatus": "OptIn"}]})), ""),
            (json!({"eventType": "Open", "mail": mail}), ""),
            (json!({"notificationType": "Received", "mail": mail}), ""),
        ] {
            assert_eq!(line(&reading(Ses, &wrapped(&message))), wanted, "{message}");
            assert_eq!(line(&reading(Ses, &message.to_string())), wanted, "{message}");
        }
    }

    #[test]
    fn what_amazon_says_of_the_topic_itself_is_no_event() {
        for body in [
            r#"{"Type":"SubscriptionConfirmation","Token":"t"}"#,
            r#"{"Type":"UnsubscribeConfirmation"}"#,
            r#"{"Type":"Notification","Message":"Successfully validated SNS topic for Amazon SES event publishing."}"#,
            r#"{"Type":"Notification"}"#,
        ] {
            assert_eq!(reading(Ses, body), [], "{body}");
        }
    }
}
