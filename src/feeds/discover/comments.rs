//! Feeds of comments, which are no blog.

use url::Url;

use super::Candidate;
use crate::feeds::Feed;

/// How comments are called, each the beginning of a word or a sign for it.
const CALLED: &[&str] = &[
    "comment",
    "kommentar",
    "comentari",
    "comentári",
    "reactie",
    "komentar",
    "komentář",
    "коммент",
    "комент",
    "коментар",
    "kommentti",
    "yorum",
    "hozzászól",
    "σχόλι",
    "コメント",
    "评论",
    "評論",
    "댓글",
    "תגוב",
    "تعليق",
    "bình luận",
    "respostas",
    "replies",
];

/// Where comments stand on a page.
const PLACES: &[&str] = &["comment", "respond", "kommentar", "reply"];

/// Whether the page calls this a feed of comments, by its title or its address.
pub(super) fn is_called_so(candidate: &Candidate) -> bool {
    let title = candidate.title.to_lowercase();
    let url = candidate.url.to_ascii_lowercase();
    let behind_host =
        url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    CALLED.iter().any(|word| title.contains(word)) || behind_host.contains("comment")
}

/// Whether a feed holds what readers say below posts: its entries stand at
/// places for comments, or its title says so while its entries name who speaks.
pub fn holds_comments(feed: &Feed) -> bool {
    let title = feed.title.to_lowercase();
    let is_called_so = CALLED.iter().any(|word| title.contains(word));
    let (all, mut at_comments, mut of_speakers) = (feed.entries.len(), 0, 0);
    for entry in &feed.entries {
        let names = [entry.link.as_deref(), entry.id.as_deref()];
        at_comments += usize::from(names.into_iter().flatten().any(stands_at_comment));
        let title = entry.title.to_lowercase();
        of_speakers += usize::from(names_a_speaker(&title) || CALLED.iter().any(|word| title.contains(word)));
    }
    let most = |count: usize| all > 0 && count * 2 > all;
    most(at_comments) || is_called_so && (all == 0 || most(of_speakers))
}

/// `…/post/#comment-12`.
fn stands_at_comment(address: &str) -> bool {
    let Some((_, place)) = address.rsplit_once('#') else {
        return Url::parse(address).is_ok_and(|url| url.query_pairs().any(|(name, _)| name == "showComment"));
    };
    let place = place.to_ascii_lowercase();
    let is_numbered_c = place
        .strip_prefix('c')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
    is_numbered_c || PLACES.iter().any(|word| place.contains(word))
}

/// `By: Kim`, `Von: Kim`: one short word before a colon.
fn names_a_speaker(title: &str) -> bool {
    let Some((word, name)) = title.split_once([':', '：']) else { return false };
    let word = word.trim();
    !name.trim().is_empty() && word.chars().count() <= 10 && word.chars().all(char::is_alphabetic)
}
