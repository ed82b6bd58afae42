//! A feed that cannot be read: its owner is told once, and once more when it
//! is back.

use serde_json::{Value, json};

use super::PublishError;
use crate::domain::{Blog, DAY_MS, DeliveryKind, Reason, Timestamp};
use crate::feeds::FetchError;
use crate::store::NewDelivery;

/// A server may be away for so long without a word to the owner.
const TOLD_AFTER_MS: i64 = DAY_MS;

/// Why a feed cannot be read, as a code.
pub(super) fn reason_of(error: &PublishError) -> Reason {
    match error {
        PublishError::Fetch(FetchError::Status { status: 410, .. }) => Reason::FeedGone,
        PublishError::Fetch(FetchError::Guarded { wall, status, .. }) => {
            Reason::FeedGuarded { by: wall.0.to_owned(), status: *status }
        }
        other => Reason::FeedFails { error: other.to_string() },
    }
}

/// When the owner is told, if the feed stays as it is; none when they know.
pub(super) fn told_at(blog: &Blog, now: Timestamp) -> Option<Timestamp> {
    let since = blog.failing_since.unwrap_or(now);
    blog.told_failing_at.is_none().then(|| since.plus_ms(TOLD_AFTER_MS))
}

/// What the owner is told of a look that failed, once: after a day, or at once
/// of a feed that is gone for good, since it is not looked at for a day.
pub(super) fn notice_of_failing(blog: &Blog, error: &PublishError, now: Timestamp) -> Option<NewDelivery> {
    let (reason, since) = (reason_of(error), blog.failing_since.unwrap_or(now));
    let is_due = told_at(blog, now).is_some_and(|at| at <= now || reason == Reason::FeedGone);
    let unread = json!({"unread": {"since": since, "reason": reason, "is_back": false}});
    notice(blog, &unread).filter(|_| is_due)
}

/// What the owner is told of a feed that is read again, when they were told
/// that it was not.
pub(super) fn notice_of_return(blog: &Blog) -> Option<NewDelivery> {
    let since = blog.failing_since.filter(|_| blog.told_failing_at.is_some())?;
    let reason = Reason::FeedFails { error: blog.last_error.clone().unwrap_or_default() };
    notice(blog, &json!({"unread": {"since": since, "reason": reason, "is_back": true}}))
}

/// A mail to the blog's owner, when there is one to write to.
pub(super) fn notice(blog: &Blog, payload: &Value) -> Option<NewDelivery> {
    Some(NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog.id),
        subscription_id: None,
        subscriber_id: None,
        to: Some(blog.owner.clone()?),
        payload: Some(payload.to_string()),
    })
}
