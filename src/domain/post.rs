//! A post: one item of a feed, and what was decided about it.

use serde::Serialize;

use super::blog::words;
use super::{BlogId, MailingId, PostId, Reason, Timestamp};

/// What a post is known by from look to look (R13): the feed's own id,
/// without it the link, without it a hash of title and body. An id that a
/// parser made up is none of these. It is unique among the posts of a blog, and
/// the newest that the feed gave.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Identity(String);

/// What the identities begin with whose own part several items share; then
/// come a digest and that part.
const SHARED: &str = "shared:";
const DIGEST_LENGTH: usize = 64;
/// What the hash begins with that is in place of id and link.
pub(super) const HASH: &str = "hash:";

impl Identity {
    /// Of an item with these parts; empty parts count as missing.
    pub fn of(id: Option<&str>, link: Option<&str>, title: &str, body: &str) -> Self {
        let given = |part: Option<&str>| part.map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned);
        if let Some(id) = given(id) {
            return Self::keyed("id", &id);
        }
        if let Some(link) = given(link) {
            return Self::keyed("link", &link);
        }
        Self(format!("{HASH}{}", digest(&[title.trim(), body.trim()])))
    }

    /// The same of one of several items that share it, told apart by these parts.
    #[must_use]
    pub fn shared(&self, parts: &[&str]) -> Self {
        Self(format!("{SHARED}{}:{}", digest(parts), self.own()))
    }

    /// What the item alone says, whether or not others share it.
    pub fn own(&self) -> &str {
        let shared = self.0.strip_prefix(SHARED).and_then(|rest| rest.get(DIGEST_LENGTH + 1..));
        shared.unwrap_or(&self.0)
    }

    /// The feed's own id in it, or the hash of title and body in place of one;
    /// none where it is the link.
    pub fn id(&self) -> Option<&str> {
        Some(self.own()).filter(|own| !own.starts_with("link"))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Long ids are kept as their hash, so a row stays small whatever a feed says.
    fn keyed(kind: &str, value: &str) -> Self {
        if value.len() <= 500 {
            Self(format!("{kind}:{value}"))
        } else {
            Self(format!("{kind}-hash:{}", digest(&[value])))
        }
    }
}

fn digest(parts: &[&str]) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    data_encoding::HEXLOWER.encode(context.finish().as_ref())
}

/// What was decided about a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It waits out the grace time, then it is fetched again and mailed.
    Waiting,
    /// It was mailed.
    Sent,
    /// It waits for the operator.
    Held,
    /// It is not mailed: it was there before the blog was added, it vanished
    /// in the grace time, or the operator said so.
    Skipped,
}

words!(Decision { Waiting = "waiting", Sent = "sent", Held = "held", Skipped = "skipped" });

/// One item found in a blog's feed.
#[derive(Debug, Clone, Serialize)]
pub struct Post {
    /// Its row.
    pub id: PostId,
    /// Its blog.
    #[serde(skip)]
    pub blog_id: BlogId,
    /// What it is known by.
    #[serde(skip)]
    pub identity: Identity,
    /// Its page.
    pub link: Option<String>,
    /// Its title; may be empty.
    pub title: String,
    /// When its blog says it was published.
    pub published_at: Option<Timestamp>,
    /// By which clock its feed wrote that, in minutes east of Greenwich.
    #[serde(skip)]
    pub zone_minutes: Option<i32>,
    /// When it was first seen in the feed.
    pub first_seen_at: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// Why.
    #[serde(rename = "reason_code")]
    pub reason: Reason,
    /// When it is mailed, while it waits.
    pub due_at: Option<Timestamp>,
    /// When the decision was made.
    pub decided_at: Timestamp,
    /// What it was mailed as.
    pub mailing_id: Option<MailingId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_known_by_id_then_link_then_content() {
        let by_id = Identity::of(Some("a"), Some("http://x/"), "t", "b");
        assert_eq!(by_id, Identity::of(Some(" a "), Some("http://y/"), "other", "other"));
        let by_link = Identity::of(Some(""), Some("http://x/"), "t", "b");
        assert_eq!(by_link, Identity::of(None, Some("http://x/"), "edited", "edited"));
        let by_hash = Identity::of(None, None, "t", "b");
        assert_ne!(by_hash, Identity::of(None, None, "t", "edited"));
        assert_ne!(Identity::of(None, None, "ab", "c"), Identity::of(None, None, "a", "bc"));
        assert!(Identity::of(Some(&"x".repeat(9000)), None, "", "").as_str().len() < 100);
    }

    #[test]
    fn what_items_share_is_still_read_in_their_identities() {
        let plain = Identity::of(Some("c"), Some("http://x/"), "t", "b");
        let (one, two) = (plain.shared(&["a", "b"]), plain.shared(&["ab", ""]));
        assert_ne!(one, two);
        for identity in [&plain, &one, &two, &one.shared(&["again"])] {
            assert_eq!((identity.own(), identity.id()), ("id:c", Some("id:c")));
        }
        assert_eq!(Identity::of(None, Some("http://x/"), "t", "b").shared(&[]).id(), None);
        assert!(Identity::of(None, None, "t", "b").id().is_some());
    }
}
