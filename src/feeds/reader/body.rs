//! The body of an item: which of its texts is the whole post, and what the
//! addresses in it are relative to.

use super::element::Element;
use super::item;
use super::links::Base;
use super::names::Space;
use super::text_construct::Construct;

/// Elements that hold a body, and how they are read.
type Kind = (fn(&Element) -> bool, fn(&Element) -> Construct);

/// Those that are for the whole post, the surest first.
const WHOLE: &[Kind] = &[
    (|e| e.is_in(Space::Content, "encoded") || e.is("fullitem"), Construct::of_rss),
    // Of news services: `yandex:full-text`.
    (|e| matches!(e.name.as_str(), "full-text" | "fulltext"), Construct::of_rss),
    (|e| e.is("content"), Construct::of_atom),
    (|e| e.name == "body" && e.space != Space::Other, Construct::of_rss),
    (|e| e.is_in(Space::Xhtml, "div") || e.is("div"), Construct::of_rss),
];

/// Those that may be the beginning only.
const SHORT: &[Kind] = &[
    (|e| e.is("description"), Construct::of_either),
    (|e| e.is("summary"), Construct::of_atom),
    (|e| e.is_in(Space::Dublin, "description"), Construct::of_rss),
    (|e| e.is("abstract"), Construct::of_rss),
    (|e| e.is_in(Space::Itunes, "summary"), Construct::of_rss),
];

/// A short text of so many letters at most may be an announcement of the long one.
const ANNOUNCEMENT_LETTERS: usize = 300;

/// What an item says.
pub(super) struct Body {
    /// The whole of it; may be empty.
    pub(super) html: String,
    /// The summary where there is one beside the body.
    pub(super) summary_html: Option<String>,
    /// What addresses in the body are relative to, where the feed says that.
    pub(super) base: Option<String>,
}

/// A text and what its addresses are relative to.
struct Text {
    html: String,
    base: Option<String>,
}

/// The body of an item that stands at this base.
pub(super) fn of(item: &Element, base: &Base) -> Body {
    let first = |kinds: &[Kind]| kinds.iter().find_map(|kind| text(item, base, *kind));
    let (long, short) = match (first(WHOLE), first(SHORT)) {
        (Some(long), Some(short)) if is_whole(&short.html, &long.html) => (Some(short), None),
        (long, short) => (long, short),
    };
    let filled = |construct: Construct| Some(construct.html()).filter(|html| !html.is_empty());
    let media = || Text {
        html: item::media(item, "description").find_map(filled).unwrap_or_default(),
        base: base.said(),
    };
    let (body, summary) = match (long, short) {
        (Some(long), short) => (long, short),
        (None, Some(short)) => (short, None),
        (None, None) => (media(), None),
    };
    Body { html: body.html, summary_html: summary.map(|summary| summary.html), base: body.base }
}

fn text(item: &Element, base: &Base, (is_it, read): Kind) -> Option<Text> {
    item.elements().filter(|element| is_it(element)).find_map(|element| {
        let base = base.inside(element);
        let html = read(&element.settled(&base)).html();
        (!html.is_empty()).then(|| Text { html, base: base.said() })
    })
}

/// Whether what should be the beginning is the whole, and what should be the
/// whole a piece of it: some programs fill in the two the wrong way round.
fn is_whole(short: &str, long: &str) -> bool {
    if short.len() <= long.len() {
        return false;
    }
    let (words, beginning) = (letters(short), letters(long));
    let is_more = words.len() > beginning.len().saturating_mul(3) / 2;
    if is_more && words.contains(&beginning) && !beginning.is_empty() {
        return true;
    }
    let shows = ["<img", "<iframe", "<video", "<audio", "<object", "<embed", "<table", "<svg"];
    words.len() > beginning.len().saturating_mul(4)
        && beginning.len() <= ANNOUNCEMENT_LETTERS
        && !shows.iter().any(|tag| long.contains(tag))
}

/// Letters and digits of HTML, but for those of its tags.
fn letters(html: &str) -> String {
    let mut is_inside = false;
    let seen = html.chars().filter(|c| {
        is_inside = *c == '<' || is_inside && *c != '>';
        !is_inside && c.is_alphanumeric()
    });
    seen.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_is_told_from_its_beginning() {
        let post = format!("<h2>Tea</h2><p>{}</p>", "It is brewed slowly. ".repeat(9));
        for (short, long, is_it) in [
            (post.as_str(), "<h2>Tea</h2>", true),
            (&post, "<p>Read it on the blog</p>", true),
            (&post, "<p> </p>", true),
            ("Tea", &post, false),
            (&post, "<img src=\"a.png\">", false),
            ("It is brewed slowly. And more words.", "It is brewed at once, in a pot.", false),
            (&post, &post.replace("slowly", "at leisure"), false),
        ] {
            assert_eq!(is_whole(short, long), is_it, "{long}");
        }
    }
}
