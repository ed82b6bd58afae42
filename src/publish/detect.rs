//! Which items of a look are new, and what becomes of them: the rules of R13
//! and R14, as a pure function.

use std::collections::HashSet;

use super::Policy;
use crate::domain::{Approval, DAY_MS, Decision, HOUR_MS, Identity, Post, SECOND_MS, Timestamp};
use crate::feeds::{Entry, Feed};
use crate::store::FoundPost;

/// What a look found that nobody knew.
#[derive(Debug, Clone, Default)]
pub struct Detected {
    /// The new items with their decisions, the oldest first.
    pub posts: Vec<FoundPost>,
    /// Whether the blog's owner is told: something is held.
    pub notify: bool,
}

/// What is known of the blog whose feed is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Those of the feed's identities that the blog had before.
    pub identities: &'a HashSet<Identity>,
    /// Its newest posts.
    pub recent: &'a [Post],
    /// Who decides.
    pub approve: Approval,
}

/// Judges a look.
pub fn detect(feed: &Feed, known: Known<'_>, policy: &Policy, now: Timestamp) -> Detected {
    let mut seen = HashSet::new();
    let mut fresh: Vec<(Identity, &Entry)> = Vec::new();
    for entry in &feed.entries {
        let identity = entry.identity();
        if !known.identities.contains(&identity) && seen.insert(identity.clone()) {
            fresh.push((identity, entry));
        }
    }
    // Feeds begin with the newest; mails go out in the order of writing.
    fresh.reverse();

    let moved = has_moved(&fresh, known);
    let mailable = fresh.iter().filter(|(_, entry)| too_old(entry, policy, now).is_none()).count();
    let flood = mailable > policy.max_new_posts as usize;
    let verdict = |entry: &Entry| -> (Decision, String) {
        if moved {
            return (Decision::Held, "every id changed; did the site move?".into());
        }
        if let Some(reason) = too_old(entry, policy, now) {
            return (Decision::Held, reason);
        }
        if flood {
            let limit = policy.max_new_posts;
            let reason = format!("{mailable} new posts at once, more than publish.max_new_posts = {limit}");
            return (Decision::Held, reason);
        }
        if known.approve == Approval::Always {
            return (Decision::Held, "waits for approval".into());
        }
        (Decision::Waiting, waiting_reason(policy))
    };
    let posts: Vec<FoundPost> = fresh
        .into_iter()
        .map(|(identity, entry)| {
            let (decision, reason) = verdict(entry);
            let due_at = (decision == Decision::Waiting).then(|| now.plus_ms(grace_ms(policy)));
            found(identity, entry, decision, reason, due_at)
        })
        .collect();
    let notify = posts.iter().any(|post| post.decision == Decision::Held);
    Detected { posts, notify }
}

/// The posts that a feed has when its blog is added: they were there before
/// anybody could follow (R13).
pub fn baseline(feed: &Feed) -> Vec<FoundPost> {
    let mut seen = HashSet::new();
    let mut posts: Vec<FoundPost> = feed
        .entries
        .iter()
        .filter_map(|entry| {
            let identity = entry.identity();
            let reason = "already there when the blog was added".to_owned();
            seen.insert(identity.clone()).then(|| found(identity, entry, Decision::Skipped, reason, None))
        })
        .collect();
    posts.reverse();
    posts
}

/// `publish.grace_seconds` in milliseconds.
pub(super) fn grace_ms(policy: &Policy) -> i64 {
    i64::try_from(policy.grace_seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MS)
}

fn waiting_reason(policy: &Policy) -> String {
    match policy.grace_seconds {
        0 => "new; it is mailed at once".into(),
        seconds => format!("new; it is read again and mailed after publish.grace_seconds = {seconds}"),
    }
}

fn found(
    identity: Identity,
    entry: &Entry,
    decision: Decision,
    reason: String,
    due_at: Option<Timestamp>,
) -> FoundPost {
    let (link, title, published_at) = (entry.link.clone(), entry.title.clone(), dated(entry));
    FoundPost { identity, link, title, published_at, decision, reason, due_at }
}

/// When its blog says it was published; an Atom entry may only say when it
/// was changed.
fn dated(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

/// The reason to hold an item for its age; none without a date, or with one
/// in the future.
fn too_old(entry: &Entry, policy: &Policy, now: Timestamp) -> Option<String> {
    let age_ms = now.since_ms(dated(entry)?);
    if age_ms <= i64::from(policy.max_age_hours).saturating_mul(HOUR_MS) {
        return None;
    }
    let age = if age_ms >= 2 * DAY_MS {
        format!("{} days", age_ms / DAY_MS)
    } else {
        format!("{} hours", age_ms / HOUR_MS)
    };
    let limit = policy.max_age_hours;
    Some(format!("dated {age} before it was seen, more than publish.max_age_hours = {limit}"))
}

/// Whether a feed gives its old posts under new ids: nothing of it is known
/// by id, and yet something is known by its title or address. A short feed
/// whose every item is truly new is not taken for that.
fn has_moved(fresh: &[(Identity, &Entry)], known: Known<'_>) -> bool {
    if !known.identities.is_empty() || known.recent.is_empty() {
        return false;
    }
    let titles: HashSet<String> = known
        .recent
        .iter()
        .map(|post| post.title.trim().to_lowercase())
        .filter(|title| !title.is_empty())
        .collect();
    let links: HashSet<&str> =
        known.recent.iter().filter_map(|post| post.link.as_deref()).map(bare).collect();
    fresh.iter().any(|(_, entry)| {
        titles.contains(&entry.title.trim().to_lowercase())
            || entry.link.as_deref().is_some_and(|link| links.contains(bare(link)))
    })
}

/// An address without what changes in a move to https or away from `www.`.
fn bare(link: &str) -> &str {
    let link = link.split_once("://").map_or(link, |(_, rest)| rest);
    link.strip_prefix("www.").unwrap_or(link).trim_end_matches('/')
}
