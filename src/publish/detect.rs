//! Which items of a look are new, and what becomes of them: the rules of R13
//! and R14, as a pure function.

use super::Policy;
use super::known::{called, dated, identities, kept, recognised, respelled};
use super::moved::{Lookalikes, asked_before, lost_its_places};
use crate::domain::{
    Approval, DAY_MS, Decision, HOUR_MS, Identity, Post, Reason, Recognised, SECOND_MS, Timestamp,
};
use crate::feeds::{Entry, Feed};
use crate::store::{FoundPost, Respelled};

/// A date farther ahead is taken for a slip, and its post is held: nobody
/// plans a post for longer, and its owner should know now.
const FARTHEST_MS: i64 = 366 * DAY_MS;

/// What a look found.
#[derive(Debug, Clone, Default)]
pub struct Detected {
    /// The items that nobody knew with their decisions, the oldest first.
    pub posts: Vec<FoundPost>,
    /// The posts on record of which the feed says something else now.
    pub respelled: Vec<Respelled>,
    /// Whether the blog's owner is told: something is held.
    pub notify: bool,
}

/// What is known of the blog whose feed is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The posts that the feed's items may be, but for those that vanished.
    pub posts: &'a [Post],
    /// The newest of all its posts, but for those that vanished.
    pub recent: &'a [Post],
    /// Who decides.
    pub approve: Approval,
}

/// Judges a look.
pub fn detect(feed: &Feed, known: Known<'_>, policy: &Policy, now: Timestamp) -> Detected {
    let home = feed.home_url.as_deref();
    let mut found = recognised(&feed.entries, known.posts, home);
    let alike = Lookalikes::among(known.recent, feed);
    let is_known = |found: &Recognised| matches!(found, Recognised::Known(_));
    let is_strange = !found.iter().any(is_known) && alike.has_any(feed);
    if is_strange {
        asked_before(feed, known.posts, &mut found);
    }
    let identities = identities(&feed.entries, &found, known.posts);
    let items = || feed.entries.iter().zip(&identities).zip(&found);
    let mut fresh: Vec<(&Identity, &Entry)> = items()
        .filter(|(_, found)| **found == Recognised::New)
        .map(|((entry, identity), _)| (identity, entry))
        .collect();
    // Feeds begin with the newest; mails go out in the order of writing.
    fresh.reverse();
    let recognised: Vec<(&Entry, &Identity, &Post)> = items()
        .filter_map(|((entry, identity), found)| match found {
            Recognised::Known(post) => Some((entry, identity, &known.posts[*post])),
            Recognised::Double | Recognised::New => None,
        })
        .collect();
    let respelled =
        recognised.iter().filter_map(|(entry, identity, post)| respelled(entry, identity, post)).collect();

    let kept = recognised.iter().map(|(entry, _, post)| kept(entry, post, home));
    let moved = is_strange || lost_its_places(kept);
    let is_mailable =
        |entry: &Entry| too_old(entry, policy, now).is_none() && waits_until(entry, now).is_none();
    let mailable = fresh.iter().filter(|(_, entry)| is_mailable(entry)).count();
    let flood = mailable > policy.max_new_posts as usize;
    let verdict = |entry: &Entry| -> (Decision, Reason) {
        if moved {
            return (Decision::Held, Reason::SiteMoved { like: alike.of(entry) });
        }
        if let Some(reason) = too_old(entry, policy, now) {
            return (Decision::Held, reason);
        }
        let date = waits_until(entry, now);
        if let Some(at) = date.filter(|at| at.since_ms(now) > FARTHEST_MS) {
            return (Decision::Held, Reason::DatedFarAhead { at });
        }
        // What waits for its own moment is no flood now.
        if flood && date.is_none() {
            let max_posts = policy.max_new_posts;
            return (Decision::Held, Reason::Flood { posts: mailable as u64, max_posts });
        }
        if known.approve == Approval::Always {
            return (Decision::Held, Reason::WaitsForApproval);
        }
        match date {
            Some(at) => (Decision::Waiting, Reason::WaitsForDate { at }),
            None => (Decision::Waiting, Reason::WaitsOutGrace { seconds: policy.grace_seconds }),
        }
    };
    let posts: Vec<FoundPost> = fresh
        .into_iter()
        .map(|(identity, entry)| {
            let (decision, reason) = verdict(entry);
            let grace_over = now.plus_ms(grace_ms(policy));
            let due_at = waits_until(entry, now).map_or(grace_over, |at| at.max(grace_over));
            let due_at = (decision == Decision::Waiting).then_some(due_at);
            new_post(identity, entry, decision, reason, due_at)
        })
        .collect();
    let notify = posts.iter().any(|post| post.decision == Decision::Held);
    Detected { posts, respelled, notify }
}

/// The posts that a feed has when its blog is added: they were there before
/// anybody could follow (R13).
pub fn baseline(feed: &Feed) -> Vec<FoundPost> {
    let found = recognised(&feed.entries, &[], feed.home_url.as_deref());
    let identities = identities(&feed.entries, &found, &[]);
    let items = feed.entries.iter().zip(&identities).zip(&found);
    let mut posts: Vec<FoundPost> = items
        .filter(|(_, found)| **found == Recognised::New)
        .map(|((entry, identity), _)| {
            new_post(identity, entry, Decision::Skipped, Reason::AlreadyThere, None)
        })
        .collect();
    posts.reverse();
    posts
}

/// `publish.grace_seconds` in milliseconds.
pub(super) fn grace_ms(policy: &Policy) -> i64 {
    i64::try_from(policy.grace_seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MS)
}

fn new_post(
    identity: &Identity,
    entry: &Entry,
    decision: Decision,
    reason: Reason,
    due_at: Option<Timestamp>,
) -> FoundPost {
    let (link, title, published_at) = (entry.link.clone(), called(entry), dated(entry));
    let zone_minutes = entry.zone_minutes;
    let identity = identity.clone();
    FoundPost { identity, link, title, published_at, zone_minutes, decision, reason, due_at }
}

/// What an item is dated, when that is still to come: then it is mailed.
pub(super) fn waits_until(entry: &Entry, now: Timestamp) -> Option<Timestamp> {
    dated(entry).filter(|at| *at > now)
}

/// The reason to hold an item for its age; none without a date, or with one
/// in the future.
fn too_old(entry: &Entry, policy: &Policy, now: Timestamp) -> Option<Reason> {
    let age_ms = now.since_ms(dated(entry)?);
    if age_ms <= i64::from(policy.max_age_hours).saturating_mul(HOUR_MS) {
        return None;
    }
    let age_hours = (age_ms / HOUR_MS).cast_unsigned();
    Some(Reason::TooOld { age_hours, max_hours: policy.max_age_hours })
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
