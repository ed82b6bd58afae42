//! Amazon SES: its notifications (`notificationType`) and its event
//! publishing (`eventType`), in an SNS envelope or delivered raw.
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use serde_json::Value;

use super::super::Class;
use super::{EVENTS_MAX, Event, Kind, Refusal, Request, field, verdict};
use crate::domain::Timestamp;

pub(super) fn read(request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    let value = field::json(request)?;
    match field::text(&value, "Type") {
        Some("Notification") => {
            let message = field::text(&value, "Message").unwrap_or_default();
            // SES greets a new topic in plain words.
            let message: Value = serde_json::from_str(message).unwrap_or_default();
            events(&message)
        }
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => Ok(Vec::new()),
        Some(_) => Err(Refusal::Malformed("an SNS envelope of an unknown Type".to_owned())),
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
            list.iter().map(|recipient| mail.bounce(bounce, recipient)).collect()
        }
        "Complaint" => {
            let complaint = part("complaint");
            match field::text(complaint, "complaintFeedbackType") {
                // The reader's "this is no spam", and a report on our DNS.
                Some("not-spam" | "auth-failure") => Vec::new(),
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
            list.iter().map(|recipient| mail.delay(delay, recipient)).collect()
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
    if events.len() > EVENTS_MAX { Err(Refusal::TooLarge) } else { Ok(events) }
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
        make: impl Fn(Option<crate::domain::EmailAddress>) -> Event,
    ) -> Vec<Event> {
        let address = |value: &Value| {
            let text = value.as_str().or_else(|| field::text(value, "emailAddress"));
            text.and_then(field::address)
        };
        recipients.iter().map(|recipient| self.told(make(address(recipient)), part)).collect()
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
