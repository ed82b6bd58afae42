//! Which `<…>` in a line of text is markup, and which is a word: `The <b>best</b>
//! tea` is dressed, `The <head> element` speaks of a tag.

use std::ops::Range;

/// Elements that a title may be dressed in. What only looks like a tag, as in
/// `Vec<T>`, is text and stays.
const DRESS: &str = "a abbr acronym article b bdi bdo big blockquote body br center cite code del dfn div \
    dl em figure font footer h1 h2 h3 h4 h5 h6 head header hr html i iframe img ins kbd li main mark nobr ol \
    p picture pre q s samp script section small source span strike strong style sub sup svg table td time \
    title tr tt u ul var video wbr";

/// Elements whose text nobody sees.
const UNSEEN: &[&str] = &["script", "style"];
/// Breaks of a line. Nobody closes them.
const BREAKS: &[&str] = &["br", "wbr"];
/// Elements that are open at once and may be closed; what is deeper is text.
const MOST_OPEN: usize = 50;

/// A tag of a known element, or a comment.
struct Tag<'a> {
    at: Range<usize>,
    /// In lower case; empty for a comment.
    name: String,
    closes: bool,
    attributes: &'a str,
}

/// A line of HTML without the tags that dress it. References stay as they are.
pub(super) fn undressed(html: &str) -> String {
    let tags = tags(html);
    let mut dropped: Vec<Range<usize>> = Vec::new();
    let mut open: Vec<&Tag<'_>> = Vec::new();
    for tag in &tags {
        if tag.closes {
            match open.iter().rposition(|open| open.name == tag.name) {
                Some(place) => {
                    let opened = open[place];
                    open.truncate(place);
                    match () {
                        () if !is_pair(html, opened, tag) => {}
                        () if UNSEEN.contains(&tag.name.as_str()) => {
                            dropped.push(opened.at.start..tag.at.end);
                        }
                        () => dropped.extend([opened.at.clone(), tag.at.clone()]),
                    }
                }
                // What it closes was cut off, unless it is a word of its own.
                None if html[..tag.at.start].ends_with(|c: char| !c.is_whitespace()) => {
                    dropped.push(tag.at.clone());
                }
                None => {}
            }
            continue;
        }
        let is_alone = tag.name.is_empty() || BREAKS.contains(&tag.name.as_str());
        // A script that never ends is spoken of.
        let ends =
            || tags.iter().any(|end| end.closes && end.name == tag.name && end.at.start > tag.at.start);
        let is_word = UNSEEN.contains(&tag.name.as_str()) && !ends();
        if is_alone || !tag.attributes.is_empty() && !is_word {
            dropped.push(tag.at.clone());
        }
        if !is_alone && open.len() < MOST_OPEN {
            open.push(tag);
        }
    }
    dropped.sort_unstable_by_key(|range| range.start);
    let (mut line, mut kept_to) = (String::with_capacity(html.len()), 0);
    for range in dropped {
        line.push_str(html.get(kept_to..range.start).unwrap_or_default());
        if html[range.clone()].get(1..3).is_some_and(|name| name.eq_ignore_ascii_case("br")) {
            line.push(' ');
        }
        kept_to = kept_to.max(range.end);
    }
    line.push_str(&html[kept_to..]);
    line
}

/// Whether a text is an element, or several: it begins with a tag of a known
/// one, ends with one, and something is closed or shown in it.
pub(super) fn is_markup(text: &str) -> bool {
    let text = text.trim();
    let is_around = text.ends_with('>') && text.strip_prefix('<').is_some_and(|rest| known(rest).is_some());
    let closes = || ["</", "/>", "<img ", "<br"].iter().any(|sign| text.contains(sign));
    let breaks = || text.matches("<br").count() + text.matches("</p>").count() >= 2;
    is_around && closes() || breaks()
}

/// Whether there is anything that HTML takes for a tag or a comment.
pub(super) fn has_tag(html: &str) -> bool {
    html.as_bytes()
        .windows(2)
        .any(|pair| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!')))
}

/// Whether a tag and its end dress what is between them. Who speaks of tags
/// writes them like words, or with nothing in them.
fn is_pair(html: &str, open: &Tag<'_>, close: &Tag<'_>) -> bool {
    let inner = &html[open.at.end..close.at.start];
    let is_apart = inner.starts_with(char::is_whitespace) && inner.ends_with(char::is_whitespace);
    let is_around_all = || html[..open.at.start].trim().is_empty() && html[close.at.end..].trim().is_empty();
    !open.attributes.is_empty() || !inner.trim().is_empty() && (!is_apart || is_around_all())
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut from = 0;
    while let Some(at) = html[from..].find('<').map(|at| from + at) {
        let rest = &html[at + 1..];
        from = at + 1;
        if let Some(comment) = rest.strip_prefix("!--") {
            from = comment.find("-->").map_or(html.len(), |end| at + 4 + end + 3);
            tags.push(Tag { at: at..from, name: String::new(), closes: false, attributes: "" });
        } else if let Some((name, attributes)) = known(rest) {
            let closes = rest.starts_with('/');
            from = at + 1 + usize::from(closes) + name.len() + attributes.len() + 1;
            let attributes = attributes.trim_end_matches('/').trim();
            tags.push(Tag { at: at..from, name: name.to_ascii_lowercase(), closes, attributes });
        }
    }
    tags
}

/// The name and the attributes of the tag of which this follows its `<`, when
/// it is of a known element.
fn known(after: &str) -> Option<(&str, &str)> {
    let inside = after.strip_prefix('/').unwrap_or(after);
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(end);
    let ends = attributes.starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace());
    if !ends || !DRESS.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    // No tag reaches over the next `<`, so that each character is looked at
    // once, whatever the quotation marks.
    let reach = attributes.find('<').unwrap_or(attributes.len());
    let mut quote = None;
    let outside = attributes[..reach].bytes().position(|b| match (quote, b) {
        (None, b'"' | b'\'') => {
            quote = Some(b);
            false
        }
        (Some(open), b) if open == b => {
            quote = None;
            false
        }
        (None, b'>') => true,
        _ => false,
    });
    let end = outside.or_else(|| attributes[..reach].find('>'))?;
    Some((name, &attributes[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_tags_stay_and_dress_goes() {
        for (html, text) in [
            ("<b>bold</b> tea", "bold tea"),
            ("a <em class=\"x\">b</em><br/>c", "a b c"),
            ("<p> All of it </p>", " All of it "),
            ("<span class=\"i\"></span>Tea", "Tea"),
            ("Tea</p>", "Tea"),
            ("a<!-- b -->c <img alt='1 > 0' src=x> d", "ac  d"),
            ("Two lines<br>of words", "Two lines of words"),
            ("<script>alert(1)</script>x", "x"),
            ("<SCRIPT>if (a </ b) {}</Script >x", "x"),
            ("<div><h1>A <i>b</i></h1></div>", "A b"),
            // Words.
            ("Vec<T> and 1 < 2", "Vec<T> and 1 < 2"),
            ("Option<i>, Map<u, List<String>>", "Option<i>, Map<u, List<String>>"),
            ("What belongs in <head>?", "What belongs in <head>?"),
            ("Loading a <script> late", "Loading a <script> late"),
            ("Vue <script setup> explained", "Vue <script setup> explained"),
            ("The <b> element and <strong>", "The <b> element and <strong>"),
            ("Between <ul> and </ul> stands <li>", "Between <ul> and </ul> stands <li>"),
            ("An empty <p></p>", "An empty <p></p>"),
            ("Close it with </div>", "Close it with </div>"),
            ("<style> or style?", "<style> or style?"),
            ("<b unclosed <i>x</i", "<b unclosed <i>x</i"),
        ] {
            assert_eq!(undressed(html), text, "{html}");
        }
    }

    #[test]
    fn many_tags_cost_no_more_than_their_number() {
        let deep = "<b>".repeat(200_000) + &"</b>".repeat(200_000);
        assert!(undressed(&deep).len() <= deep.len());
        let unclosed = "<!--<b x='".repeat(100_000);
        assert_eq!(undressed(&unclosed), "");
    }

    #[test]
    fn whole_markup_is_told_from_words_about_it() {
        for markup in ["<p>Tea</p>", " <img src=\"a.png\">", "Tea<br>and<br/>cake", "<div>a<b>c</b></div>\n"]
        {
            assert!(is_markup(markup), "{markup}");
        }
        for words in ["<b>", "Use <b> and </b>", "a < b > c", "<T>", "Close <p> with </p>", ""] {
            assert!(!is_markup(words), "{words}");
        }
    }
}
