//! What is said of our mails after they left, and what follows from it (B6).

use serde::{Deserialize, Serialize};

use super::SuppressionReason;
use super::blog::words;

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedbackKind {
    /// It did not arrive.
    Bounced,
    /// Its reader called it spam.
    Complained,
    /// Its reader left through the provider.
    Unsubscribed,
}

words!(FeedbackKind { Bounced = "bounced", Complained = "complained", Unsubscribed = "unsubscribed" });

/// What a refusal says about its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// There is no such reader: no mail any more.
    Hard,
    /// Not now: a full mailbox, a server that is away.
    Soft,
    /// The content or the sender was refused; the reader is good.
    Sender,
}

words!(Class { Hard = "hard", Soft = "soft", Sender = "sender" });

/// Soft bounces in a row that end it.
pub const SOFT_LIMIT: u32 = 3;
/// Days in which they count.
pub const SOFT_DAYS: i64 = 7;

/// Why the address gets no mail from here on; `None`: it does. `soft` are the
/// soft bounces of [`SOFT_DAYS`] since the last mail that arrived, this one
/// with them.
pub fn suppression_for(kind: FeedbackKind, class: Option<Class>, soft: u32) -> Option<SuppressionReason> {
    match (kind, class) {
        (FeedbackKind::Complained, _) => Some(SuppressionReason::Complained),
        (FeedbackKind::Unsubscribed, _) => Some(SuppressionReason::Unsubscribed),
        (FeedbackKind::Bounced, Some(Class::Hard)) => Some(SuppressionReason::Bounced),
        (FeedbackKind::Bounced, Some(Class::Soft)) if soft >= SOFT_LIMIT => Some(SuppressionReason::Bounced),
        (FeedbackKind::Bounced, _) => None,
    }
}
