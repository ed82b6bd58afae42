//! Which items of a look are new, and what becomes of them: the rules of R13
//! and R14, as a pure function.

use std::collections::HashSet;

use super::Policy;
use super::ping::bare;
use crate::domain::{Approval, DAY_MS, Decision, HOUR_MS, Identity, Post, Reason, SECOND_MS, Timestamp};
use crate::feeds::{Entry, Feed, text};
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
    /// Its newest posts, but for those that vanished.
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

    let moved = known.identities.is_empty() && !known.recent.is_empty() && has_moved(feed, known.recent);
    let present: HashSet<Identity> = feed.entries.iter().map(Entry::identity).collect();
    let twin_of = |entry: &Entry| twin(entry, known.recent, &present);
    let is_mailable = |entry: &Entry| too_old(entry, policy, now).is_none() && twin_of(entry).is_none();
    let mailable = fresh.iter().filter(|(_, entry)| is_mailable(entry)).count();
    let flood = mailable > policy.max_new_posts as usize;
    let verdict = |entry: &Entry| -> (Decision, Reason) {
        if moved {
            return (Decision::Held, Reason::SiteMoved { like: twin_of(entry).map(|post| post.id) });
        }
        match twin_of(entry) {
            // It was not mailed yet, and the item takes its place.
            None | Some(Post { decision: Decision::Waiting, .. }) => {}
            Some(post) if post.decision == Decision::Held => {
                // What it is held for, however often its id changes.
                let because = match &post.reason {
                    Reason::NewIdOfHeld { because, .. } => because.clone(),
                    reason => Box::new(reason.clone()),
                };
                return (Decision::Held, Reason::NewIdOfHeld { post: post.id, because });
            }
            Some(post) => return (Decision::Skipped, Reason::NewId { post: post.id }),
        }
        if let Some(reason) = too_old(entry, policy, now) {
            return (Decision::Held, reason);
        }
        if flood {
            let max_posts = policy.max_new_posts;
            return (Decision::Held, Reason::Flood { posts: mailable as u64, max_posts });
        }
        if known.approve == Approval::Always {
            return (Decision::Held, Reason::WaitsForApproval);
        }
        (Decision::Waiting, Reason::WaitsOutGrace { seconds: policy.grace_seconds })
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
            let reason = Reason::AlreadyThere;
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

fn found(
    identity: Identity,
    entry: &Entry,
    decision: Decision,
    reason: Reason,
    due_at: Option<Timestamp>,
) -> FoundPost {
    let (link, title, published_at) = (entry.link.clone(), text::one_line(&entry.title), dated(entry));
    FoundPost { identity, link, title, published_at, decision, reason, due_at }
}

/// When its blog says it was published; an Atom entry may only say when it
/// was changed.
fn dated(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
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

/// Whether a feed of which nothing is known gives old posts under new ids:
/// something of it is known by its title or address. A short feed whose every
/// item is truly new is not taken for that.
pub(super) fn has_moved(feed: &Feed, recent: &[Post]) -> bool {
    let titles: HashSet<String> = recent
        .iter()
        .map(|post| post.title.trim().to_lowercase())
        .filter(|title| !title.is_empty())
        .collect();
    let links: HashSet<&str> = recent.iter().filter_map(|post| post.link.as_deref()).map(bare).collect();
    feed.entries.iter().any(|entry| {
        titles.contains(&entry.title.trim().to_lowercase())
            || entry.link.as_deref().is_some_and(|link| links.contains(bare(link)))
    })
}

/// Whether an item says more than the day of its publication.
fn has_time(entry: &Entry) -> bool {
    dated(entry).is_some_and(|at| at.as_millis() % DAY_MS != 0)
}

/// The post that an unknown item is another spelling of: it left the feed, and
/// two of three agree: address (but for scheme, `www.` and last slash), title,
/// moment of publication. One is not enough: all items of a blog may have the
/// same address, and two posts one title. No title at all is one at the same
/// moment only, which a date without a time is not.
fn twin<'p>(entry: &Entry, recent: &'p [Post], present: &HashSet<Identity>) -> Option<&'p Post> {
    let link = entry.link.as_deref().map(bare).filter(|link| !link.is_empty());
    let title = entry.title.trim();
    let mut gone = recent.iter().filter(|post| !present.contains(&post.identity));
    gone.find(|post| {
        let at_one_moment = post.published_at.is_some() && post.published_at == dated(entry);
        let agree = [
            link.is_some() && post.link.as_deref().map(bare) == link,
            post.title.trim() == title && (at_one_moment && has_time(entry) || !title.is_empty()),
            at_one_moment,
        ];
        agree.into_iter().filter(|agrees| *agrees).count() >= 2
    })
}
