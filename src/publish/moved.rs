//! Whether a site moved, so that its old posts come under new ids (R14), and
//! which of them that looks like.

use std::collections::HashMap;

use super::known::{Kept, called, dated};
use super::place;
use crate::domain::{Decision, Post, PostId, Reason, Recognised};
use crate::feeds::{Entry, Feed};

/// Posts by the two marks that outlive a move.
pub(super) struct Lookalikes<'a> {
    home: Option<&'a str>,
    by_title: HashMap<String, PostId>,
    by_place: HashMap<String, PostId>,
}

impl<'a> Lookalikes<'a> {
    /// Of the newest posts of the blog of this feed.
    pub(super) fn among(recent: &[Post], feed: &'a Feed) -> Self {
        let home = feed.home_url.as_deref();
        let title = |post: &Post| Some(folded(&post.title)).filter(|title| !title.is_empty());
        let at = |post: &Post| place::of_post(post.link.as_deref()?, home);
        let by = |mark: &dyn Fn(&Post) -> Option<String>| {
            recent.iter().filter_map(|post| Some((mark(post)?, post.id))).collect()
        };
        Self { home, by_title: by(&title), by_place: by(&at) }
    }

    /// The post that has the title or the address of an item.
    pub(super) fn of(&self, entry: &Entry) -> Option<PostId> {
        let by_title = self.by_title.get(&folded(&called(entry)));
        let at = || place::of_post(entry.link.as_deref()?, self.home);
        by_title.or_else(|| self.by_place.get(&at()?)).copied()
    }

    /// Whether a feed of which nothing is known gives old posts under new ids:
    /// something of it is known by its title or address. A short feed whose
    /// every item is truly new is not taken for that.
    pub(super) fn has_any(&self, feed: &Feed) -> bool {
        feed.entries.iter().any(|entry| self.of(entry).is_some())
    }
}

fn folded(title: &str) -> String {
    title.trim().to_lowercase()
}

/// Whether a feed whose items are recognised lost the ids and addresses of all
/// of them. One post may have been given another address and id, and a feed
/// without ids and addresses has none to lose.
pub(super) fn lost_its_places(kept: impl Iterator<Item = Kept>) -> bool {
    let (mut count, mut has_lost) = (0, false);
    for kept in kept {
        match kept {
            Kept::Yes => return false,
            Kept::No => has_lost = true,
            Kept::Nothing => {}
        }
        count += 1;
    }
    count >= 2 && has_lost
}

/// Gives items of a feed of which nothing is known to the posts that somebody
/// was asked about when it moved: where titles alone are kept, the owner is
/// told once, and not at each look. Another moment says that it is another post,
/// unless the first one still waits for an answer.
pub(super) fn asked_before(feed: &Feed, posts: &[Post], found: &mut [Recognised]) {
    let mut items: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, entry) in feed.entries.iter().enumerate() {
        items.entry(folded(&called(entry))).or_default().push(at);
    }
    let mut moments: HashMap<_, usize> = HashMap::new();
    for entry in &feed.entries {
        *moments.entry(dated(entry)).or_default() += 1;
    }
    let was_asked = |post: &Post| {
        matches!(post.reason, Reason::SiteMoved { .. } | Reason::Approved | Reason::SkippedByHand)
    };
    for (at, post) in posts.iter().enumerate().filter(|(_, post)| was_asked(post)) {
        let title = folded(&post.title);
        let Some([item]) = items.get(&title).map(Vec::as_slice) else { continue };
        let moment = dated(&feed.entries[*item]);
        let is_moment_of_most = moments.get(&moment).is_some_and(|count| *count >= 2);
        let speaks_against = moment.is_some()
            && post.published_at.is_some()
            && moment != post.published_at
            && !is_moment_of_most;
        let is_it = post.decision == Decision::Held || !speaks_against;
        if !title.is_empty() && found[*item] == Recognised::New && is_it {
            found[*item] = Recognised::Known(at);
        }
    }
}
