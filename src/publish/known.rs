//! Which items of a feed are known: by their marks beside those of the posts
//! on record (R13a, decision 0027).

use std::collections::{HashMap, HashSet};

use super::Publisher;
use super::ping::bare;
use super::place;
use crate::domain::{
    BlogId, Decision, Identity, Marks, Post, PostId, Reason, Recognised, Timestamp, recognise,
};
use crate::feeds::{Entry, text};
use crate::store::{Alike, PostFilter, Respelled, StoreError};

/// Newest posts that are looked at whatever the feed holds: they tell what the
/// blog's items have in common, and what a move of the site is recognised by.
const RECENT_POSTS: u32 = 200;
/// Posts that are looked at for an item, and for any feed.
const ALIKE_PER_ITEM: usize = 2;
const ALIKE_AT_LEAST: usize = 1_000;
/// Items whose addresses are asked for in other spellings, and how long those are.
const RESPELLED_LINKS: usize = 5_000;
const RESPELLED_BYTES: usize = 300;
/// Of a post without a title so much of its beginning is read, and kept.
const SEARCHED_SIGNS: usize = 4_000;
const FIRST_WORDS_SIGNS: usize = 70;

/// The posts on record that items of a feed may be.
#[derive(Debug, Default)]
pub(super) struct OnRecord {
    /// Of several rows of one post that which counts comes first.
    pub(super) posts: Vec<Post>,
    /// The newest of all.
    pub(super) recent: Vec<Post>,
}

impl Publisher {
    /// Reads the posts that these items may be.
    pub(super) async fn on_record(&self, blog: BlogId, entries: &[Entry]) -> Result<OnRecord, StoreError> {
        let filter = PostFilter { blog_id: Some(blog), decision: None };
        let mut recent = self.store.list_posts(filter, RECENT_POSTS).await?;
        let limit = u32::try_from(ALIKE_AT_LEAST + entries.len() * ALIKE_PER_ITEM).unwrap_or(u32::MAX);
        let alike = self.store.find_alike(blog, &alike(entries), limit).await?;
        // Nobody got those: when they come back they are new.
        recent.retain(|post| post.reason != Reason::Vanished);
        let mut seen: HashSet<PostId> = recent.iter().map(|post| post.id).collect();
        let mut posts = recent.clone();
        posts.extend(alike.into_iter().filter(|post| seen.insert(post.id)));
        Ok(OnRecord { posts: in_order(posts), recent })
    }
}

/// Without rows that only say of another one that its id changed, which was
/// written down so before ids were refreshed; what was mailed comes first.
pub(super) fn in_order(mut posts: Vec<Post>) -> Vec<Post> {
    let marks: HashMap<PostId, Marks> = posts.iter().map(|post| (post.id, marks_of(post, None))).collect();
    let is_of_another = |post: &Post| {
        let other = match &post.reason {
            Reason::NewId { post } | Reason::NewIdOfHeld { post, .. } => Some(*post),
            Reason::SiteMoved { like } => *like,
            _ => None,
        };
        let other = other.and_then(|other| marks.get(&other));
        other.is_some_and(|other| marks_of(post, None).shared_beside_id(other) >= 2)
    };
    posts.retain(|post| post.reason != Reason::Vanished && !is_of_another(post));
    let rank = |decision| match decision {
        Decision::Sent => 0,
        Decision::Waiting => 1,
        Decision::Held => 2,
        Decision::Skipped => 3,
    };
    posts.sort_by_key(|post| (rank(post.decision), post.id));
    posts
}

/// When its blog says it was published; an Atom entry may only say when it
/// was changed.
pub(super) fn dated(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

/// What an item is called: by its title, or without one by its first words.
pub(super) fn called(entry: &Entry) -> String {
    let title = text::one_line(&entry.title);
    if !title.is_empty() {
        return title;
    }
    let beginning = text::cut(&entry.html, SEARCHED_SIGNS);
    // A tag that was cut is no word.
    let end = beginning.rfind('<').filter(|open| !beginning[*open..].contains('>'));
    text::cut(&text::plain(&beginning[..end.unwrap_or(beginning.len())]), FIRST_WORDS_SIGNS)
}

/// The marks of an item or a post of a blog whose home is there.
fn marks(
    home: Option<&str>,
    identity: &Identity,
    link: Option<&str>,
    title: &str,
    at: Option<Timestamp>,
) -> Marks {
    let place = link.and_then(|link| place::of_post(link, home));
    Marks::of(identity, place.as_deref(), title, at)
}

fn marks_in(entry: &Entry, home: Option<&str>) -> Marks {
    // What it borrows from its enclosure is no page.
    let link = entry.link.as_deref().filter(|_| !entry.is_link_borrowed);
    let is_untitled = entry.title.trim().is_empty();
    Marks { is_untitled, ..marks(home, &entry.identity(), link, &called(entry), dated(entry)) }
}

fn marks_of(post: &Post, home: Option<&str>) -> Marks {
    marks(home, &post.identity, post.link.as_deref(), &post.title, post.published_at)
}

/// Which of the posts each item is.
pub(super) fn recognised(entries: &[Entry], posts: &[Post], home: Option<&str>) -> Vec<Recognised> {
    let entries: Vec<Marks> = entries.iter().map(|entry| marks_in(entry, home)).collect();
    let posts: Vec<Marks> = posts.iter().map(|post| marks_of(post, home)).collect();
    recognise(&entries, &posts)
}

/// Whether an item still has what its post was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Its id or its address.
    Yes,
    /// It has others.
    No,
    /// It has none, or had none: a hash of words is no id.
    Nothing,
}

/// Whether an item still has the id or the address of the post that it is.
pub(super) fn kept(entry: &Entry, post: &Post, home: Option<&str>) -> Kept {
    let (now, before) = (marks_in(entry, home), marks_of(post, home));
    let pairs = [(now.own_id(), before.own_id()), (now.address.as_deref(), before.address.as_deref())];
    // A home that is linked to still is where it was.
    let links = [&entry.link, &post.link].map(|link| link.as_deref().map(bare));
    let leads_there = links[0].is_some() && links[0] == links[1];
    if leads_there || pairs.iter().any(|(now, before)| now.is_some() && now == before) {
        Kept::Yes
    } else if pairs.iter().any(|(now, before)| now.is_some() && before.is_some()) {
        Kept::No
    } else {
        Kept::Nothing
    }
}

/// What each item is stored as: the feed's own id where it is no other's,
/// with a digest of all its marks where several share it.
pub(super) fn identities(entries: &[Entry], found: &[Recognised], posts: &[Post]) -> Vec<Identity> {
    let mut holders: HashMap<String, usize> = HashMap::new();
    let mut is_known = vec![false; posts.len()];
    for (entry, found) in entries.iter().zip(found) {
        match found {
            Recognised::Double => continue,
            Recognised::Known(post) => is_known[*post] = true,
            Recognised::New => {}
        }
        *holders.entry(entry.identity().own().to_owned()).or_default() += 1;
    }
    for (post, _) in posts.iter().zip(is_known).filter(|(_, is_known)| !is_known) {
        *holders.entry(post.identity.own().to_owned()).or_default() += 1;
    }
    let identity = |entry: &Entry| {
        let own = entry.identity();
        if holders.get(own.own()).is_none_or(|holders| *holders <= 1) {
            return own;
        }
        let moment = dated(entry).map(|at| at.as_millis().to_string()).unwrap_or_default();
        let link = entry.link.as_deref().map(bare).unwrap_or_default();
        own.shared(&[link, text::one_line(&entry.title).trim(), &moment])
    };
    entries.iter().map(identity).collect()
}

/// What the feed says now of a post that it said otherwise before; a mark that
/// it no longer gives stays.
pub(super) fn respelled(entry: &Entry, identity: &Identity, post: &Post) -> Option<Respelled> {
    let title = called(entry);
    let now = Respelled {
        post: post.id,
        identity: identity.clone(),
        link: entry.link.clone().or_else(|| post.link.clone()),
        title: if title.trim().is_empty() { post.title.clone() } else { title },
        published_at: dated(entry).or(post.published_at),
        zone_minutes: entry.zone_minutes.or(post.zone_minutes),
    };
    let is_as_before = now.identity == post.identity
        && now.link == post.link
        && now.title == post.title
        && now.published_at == post.published_at;
    (!is_as_before).then_some(now)
}

/// What posts are asked for that items may be.
fn alike(entries: &[Entry]) -> Alike {
    let mut alike = Alike::default();
    for (at, entry) in entries.iter().enumerate() {
        let own = entry.identity();
        alike.identities.push(own);
        if let Some(link) = &entry.link {
            alike.links.push(link.clone());
            let bare = Some(bare(link)).filter(|bare| at < RESPELLED_LINKS && bare.len() <= RESPELLED_BYTES);
            for start in ["http://", "https://", "http://www.", "https://www."] {
                alike.links.extend(
                    bare.into_iter().flat_map(|bare| ["", "/"].map(|end| format!("{start}{bare}{end}"))),
                );
            }
        }
        let title = called(entry);
        alike.titles.extend(Some(title).filter(|title| !title.trim().is_empty()));
        alike.moments.extend(dated(entry));
    }
    alike
}
