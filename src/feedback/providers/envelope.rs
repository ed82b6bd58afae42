//! What SNS, and Scaleway's Topics and Events, wrap around a message.

use serde_json::Value;

use super::{Refusal, field};

/// The message in an envelope; null for what is said of the topic itself.
/// `None`: it is no envelope, as in raw delivery.
pub(super) fn message(value: &Value) -> Result<Option<Value>, Refusal> {
    match field::text(value, "Type") {
        Some("Notification") => {
            let message = field::text(value, "Message").unwrap_or_default();
            // SES greets a new topic in plain words.
            Ok(Some(serde_json::from_str(message).unwrap_or_default()))
        }
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => Ok(Some(Value::Null)),
        Some(_) => Err(Refusal::Malformed("an SNS envelope of an unknown Type".to_owned())),
        None => Ok(None),
    }
}
