//! Reasons as English sentences, one template a code: nothing is glued from
//! parts, as another language would want another order.

use super::rests;
use crate::domain::{Reason, SuppressionReason, Timestamp};

/// What a follower whom no mail reaches is told, on pages behind a link of theirs.
pub const fn stopped(by: SuppressionReason) -> &'static str {
    match by {
        SuppressionReason::Bounced => {
            "Mails to this address are stopped, because one came back: its server did not know the address. \
             To get them again, write to the owner of the blog."
        }
        SuppressionReason::Complained => {
            "Mails to this address are stopped, because one was reported as spam. To get them again, write to \
             the owner of the blog."
        }
        SuppressionReason::Manual => {
            "Mails to this address are stopped by those who run this service. To get them again, write to the \
             owner of the blog."
        }
        SuppressionReason::Unsubscribed => {
            "Mails of this blog to this address are stopped, because it was unsubscribed by another way than \
             this page. To get them again, leave and follow anew, or write to the owner of the blog."
        }
    }
}

/// What the owner of a feed that cannot be read can do.
pub const fn advice_on_feed(reason: &Reason) -> &'static str {
    match reason {
        Reason::FeedGuarded { .. } => {
            "In its settings, let requests to the feed’s address pass whose User-Agent begins with Postbell/."
        }
        Reason::FeedGone => {
            "If the feed has moved, say where it is now. Else ask who runs the blog’s server."
        }
        _ => {
            "Open the feed in a browser: if it is there, the server may keep programs out. If it has moved, say where it is now."
        }
    }
}

/// What a person reads.
pub fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::Said { text } => text.clone(),
        Reason::AlreadyThere => "already there when the blog was added".to_owned(),
        Reason::WaitsOutGrace { seconds: 0 } => "new; it is mailed at once".to_owned(),
        Reason::WaitsOutGrace { seconds } => {
            format!("new; it is read again and mailed after publish.grace_seconds = {seconds}")
        }
        Reason::WaitsForFeed { error } => {
            format!("waits for the feed, which could not be read again: {error}")
        }
        Reason::WaitsForDate { at } => format!("dated {}; it is mailed then", minute(*at)),
        Reason::DatedFarAhead { at } => {
            format!("dated {}, more than a year ahead; to mail it, approve it", minute(*at))
        }
        Reason::WaitsForApproval => "waits for approval".to_owned(),
        Reason::New => "new".to_owned(),
        Reason::NewAfterGrace => "new, and the grace time is over".to_owned(),
        Reason::Approved => "approved by the operator".to_owned(),
        Reason::SkippedByHand => "skipped by the operator".to_owned(),
        Reason::Vanished => Reason::OLD_VANISHED.to_owned(),
        Reason::NotComposed => {
            "its text could not be made into a mail; correct the post, then approve it".to_owned()
        }
        Reason::SiteMoved { like: None } => "every id changed; did the site move?".to_owned(),
        Reason::SiteMoved { like: Some(post) } => {
            format!("every id changed; did the site move? This looks like post {post}")
        }
        Reason::NewId { post } => format!("post {post} under a new id"),
        Reason::NewIdOfHeld { post, because } => {
            format!("post {post} under a new id, which was held: {}", sentence(because))
        }
        Reason::TooOld { age_hours: hours, max_hours } if *hours < 48 => {
            format!("dated {hours} hours before it was seen, more than publish.max_age_hours = {max_hours}")
        }
        Reason::TooOld { age_hours, max_hours } => format!(
            "dated {} days before it was seen, more than publish.max_age_hours = {max_hours}",
            age_hours / 24
        ),
        Reason::Flood { posts, max_posts } => {
            format!("{posts} new posts at once, more than publish.max_new_posts = {max_posts}")
        }
        Reason::FeedFails { error } => format!("the feed cannot be read: {error}"),
        Reason::FeedGone => "the feed’s server says that it is gone for good (410)".to_owned(),
        Reason::FeedGuarded { by, status } => {
            format!("{by} keeps programs out of the blog: it answered {status} when the feed was asked for")
        }
        Reason::NotFollowing => "the reader does not follow any more".to_owned(),
        Reason::NothingToConfirm => "there is nothing left to confirm".to_owned(),
        Reason::QuestionExpired => "the question expired before it could be sent".to_owned(),
        Reason::AskedEnough => "the address was asked often enough".to_owned(),
        Reason::NeverConfirmed => "nobody with this address has followed anything yet".to_owned(),
        Reason::ReaderPaused => "the reader paused".to_owned(),
        Reason::ReaderRemoved => "the reader was removed".to_owned(),
        Reason::Suppressed { by: SuppressionReason::Bounced } => "suppressed: bounced".to_owned(),
        Reason::Suppressed { by: SuppressionReason::Complained } => "suppressed: complained".to_owned(),
        Reason::Suppressed { by: SuppressionReason::Manual } => "suppressed by the operator".to_owned(),
        Reason::Suppressed { by: SuppressionReason::Unsubscribed } => "suppressed: unsubscribed".to_owned(),
        Reason::MailingCancelled => Reason::OLD_CANCELLED.to_owned(),
        Reason::PausedByHand => "paused by the operator".to_owned(),
        Reason::CancelledByHand => "cancelled by the operator".to_owned(),
        Reason::SenderRefused { .. }
        | Reason::Braked { .. }
        | Reason::BrakedByComplaints { .. }
        | Reason::MailTooLarge { since: Some(_), .. } => {
            let paused = rests::of_paused(reason).map(|(why, advice)| format!("{why}. {advice}"));
            paused.unwrap_or_default()
        }
        Reason::ReachedNobody { failed, sent, since, cause } => format!(
            "{}, since {}: {}. {}",
            rests::unreached(*failed, *sent),
            since.rfc3339(),
            cause.line(),
            rests::advice_unreached(cause)
        ),
        Reason::MailTooLarge { bytes, since: None } => {
            format!("{}; make it smaller in templates.dir", rests::too_large(*bytes))
        }
        Reason::RelayRefusesUs { relay, domain, since, cause } => format!(
            "{}, since {}: {}. {} It goes on by itself.",
            rests::sentence(relay, domain.as_deref(), cause),
            since.rfc3339(),
            cause.line(),
            rests::advice(cause)
        ),
    }
}

/// `22 November 2026, 15:30 UTC`.
fn minute(at: Timestamp) -> String {
    format!("{}, {} UTC", at.long_date(), at.jiff().strftime("%H:%M"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_a_sentence_of_its_own() {
        let mut seen = HashSet::new();
        for reason in Reason::samples() {
            let sentence = sentence(&reason);
            assert!(!sentence.is_empty() && !sentence.contains(['{', '}']), "{sentence}");
            assert!(seen.insert(sentence.clone()), "two reasons read: {sentence}");
        }
    }
}
