//! Bounds of what a parser is given: bytes, tags, attributes, lengths.
//!
//! Parsers of HTML are quadratic in places that no writer of a post comes
//! near: the attributes of one tag, the escapes of one text. Here each byte is
//! looked at once, before any of them, and what is too much is left out.
//! Nothing here makes HTML safe; the allow-list behind it does.

use std::collections::HashSet;

use super::known::is_element;
use super::prepare::is_script;
use super::walk::{self, Step, escape};

/// How much of one text is read as HTML.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Longer ones are cut.
    pub(super) bytes: usize,
    /// Tags behind this many are taken away and their words kept.
    pub(super) tags: usize,
}

impl Room {
    /// The HTML of a mail has 90 KB, and around the same words a blog's own
    /// has three or four times as much. What has more tags is too large for a
    /// mail by its tags alone.
    pub(super) const BODY: Self = Self { bytes: 400_000, tags: 12_000 };
    /// Of a summary beside a body a mail shows a few sentences: it must not
    /// cost as much again.
    pub(super) const SUMMARY: Self = Self { bytes: 40_000, tags: 1_200 };
}

/// A tag with more is nobody's writing; a parser compares each with all others.
const MAX_ATTRIBUTES: usize = 100;
/// Longer values are left out; the list of a picture's sizes is the longest
/// that means something.
const MAX_VALUE_BYTES: usize = 16_000;
/// A script that is looked at has a shorter tag.
const LONGEST_TAG: usize = 500;
/// Longer texts without a tag get places where a line may end, so many signs
/// apart. A writer of HTML looks through all the rest of a text at each sign
/// that it escapes: 400,000 of them in one text took it seconds.
const LONGEST_TEXT: usize = 6_000;
pub(super) const PART_OF_TEXT: usize = 4_000;
/// The longest name of a character is `CounterClockwiseContourIntegral`.
const LONGEST_REFERENCE: usize = 34;
/// Data in the place of an address that is left for others to drop.
const LONGEST_DATA_BYTES: usize = 200;

/// The body without comments, scripts, style sheets, data in the place of
/// addresses, and tags that do not end; and whether it is still so much that
/// not all of it will be read.
pub(super) fn trimmed(html: &str, room: Room) -> (String, bool) {
    let mut out = String::with_capacity(html.len().min(2 * room.bytes));
    let ended = ended(html);
    let mut rest = html;
    let mut tags = 0;
    // What is behind this is cut off anyway.
    while out.len() <= room.bytes {
        let Some(at) = memchr::memchr(b'<', rest.as_bytes()) else {
            write_text(rest, &mut out);
            break;
        };
        write_text(&rest[..at], &mut out);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = behind_comment(comment);
        } else if let Some(tag) = Tag::at(rest) {
            tags += 1;
            rest = &rest[tag.length..];
            match tag.name.to_ascii_lowercase().as_str() {
                name @ ("script" | "style") if !tag.is_end => {
                    let behind = behind_raw(rest, name);
                    if name == "script" && tag.raw.len() < LONGEST_TAG && is_script(tag.raw) {
                        out.push_str(&format!("<x-script {}></x-script>", tag.kept.join(" ")));
                    }
                    write_formula(&tag, &rest[..rest.len() - behind.len()], &mut out);
                    rest = behind;
                }
                // Some parsers read what is in it as text, others as elements.
                "noscript" => out.push_str(if tag.is_end { "</x-noscript>" } else { "<x-noscript>" }),
                // Nobody ends it and nothing bears its name: it was meant as words.
                name if tag.kept.is_empty() && tag.has_end && !is_element(name) && !ended.contains(name) => {
                    out.push_str(&escape(tag.raw));
                }
                _ => tag.write(&mut out),
            }
        } else {
            out.push('<');
            rest = &rest[1..];
        }
    }
    let is_cut = out.len() > room.bytes || tags > room.tags;
    (out, is_cut)
}

/// The same for HTML that a writer wrote: what was apart may be one text now.
pub(super) fn parted(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 64);
    for (_, step) in walk::steps(html) {
        match step {
            Step::Text(text) => write_text(text, &mut out),
            Step::Open { tag, .. } => out.push_str(tag),
            Step::Close(name) => out.push_str(&format!("</{name}>")),
        }
    }
    out
}

/// A text, in parts where it is long. Counted are signs as they are shown, so
/// the same again, escaped, is not parted anew.
fn write_text(text: &str, out: &mut String) {
    if text.len() <= LONGEST_TEXT || signs(text).nth(LONGEST_TEXT).is_none() {
        out.push_str(text);
        return;
    }
    let (mut from, mut next) = (0, PART_OF_TEXT);
    for (nth, at) in signs(text).enumerate() {
        // Between two words, where there are any.
        let is_place = nth >= next && (text[at..].starts_with([' ', '\n']) || nth >= next + 200);
        if is_place && text.len() - at > PART_OF_TEXT {
            out.push_str(&text[from..at]);
            out.push_str("<wbr>");
            (from, next) = (at, nth + PART_OF_TEXT);
        }
    }
    out.push_str(&text[from..]);
}

/// Where each sign of a text begins, written out or by its name.
fn signs(text: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let start = at;
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#');
        let head = &rest.as_bytes()[..rest.len().min(LONGEST_REFERENCE)];
        let name = rest
            .strip_prefix('&')
            .and_then(|_| memchr::memchr(b';', head))
            .filter(|end| is_name(&rest[1..*end]));
        at += match (name, rest.chars().next()) {
            (Some(end), _) => end + 1,
            (None, first) => first.map_or(1, char::len_utf8),
        };
        Some(start)
    })
}

/// As the standard ends comments (HTML, 13.2.5.43); one that does not end
/// takes all.
fn behind_comment(inside: &str) -> &str {
    if let Some(rest) = inside.strip_prefix('>').or_else(|| inside.strip_prefix("->")) {
        return rest;
    }
    let mut rest = inside;
    while let Some((_, behind)) = rest.split_once("--") {
        match behind.strip_prefix('>').or_else(|| behind.strip_prefix("!>")) {
            Some(behind) => return behind,
            // The second of these may be the first of the next two.
            None => rest = &rest[rest.len() - behind.len() - 1..],
        }
    }
    ""
}

/// The names of elements that have an end tag somewhere.
fn ended(html: &str) -> HashSet<String> {
    let mut names = HashSet::new();
    for at in memchr::memmem::find_iter(html.as_bytes(), b"</").take(Room::BODY.tags) {
        let name = &html[at + 2..];
        let end = name.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(name.len());
        if end > 0 && end < 100 {
            names.insert(name[..end].to_ascii_lowercase());
        }
    }
    names
}

/// A script that holds no program but a formula, in the language of TeX or as
/// MathML, as MathJax reads them.
fn write_formula(tag: &Tag<'_>, inside: &str, out: &mut String) {
    let is_of = |kind: &str| tag.raw.len() < LONGEST_TAG && tag.raw.to_ascii_lowercase().contains(kind);
    if inside.len() > MAX_VALUE_BYTES {
        return;
    }
    if is_of("math/mml") {
        out.push_str(inside);
    } else if is_of("math/tex") || is_of("math/asciimath") {
        out.push_str(if is_of("mode=display") { "<x-tex display>" } else { "<x-tex>" });
        out.push_str(&escape(inside));
        out.push_str("</x-tex>");
    }
}

/// What is from the end tag of this element on.
fn behind_raw<'h>(inside: &'h str, name: &str) -> &'h str {
    let is_end = |rest: &str| {
        let spelled = rest.get(2..2 + name.len()).is_some_and(|spelled| spelled.eq_ignore_ascii_case(name));
        spelled && !rest[2 + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    let end = inside.match_indices("</").find(|(at, _)| is_end(&inside[*at..]));
    end.map_or("", |(at, _)| &inside[at..])
}

/// A tag as the standard reads it (HTML, 13.2.5.6 to 13.2.5.40).
struct Tag<'h> {
    raw: &'h str,
    name: &'h str,
    is_end: bool,
    /// With its brackets.
    length: usize,
    /// Attributes that may stay, as they are written.
    kept: Vec<&'h str>,
    is_whole: bool,
    has_end: bool,
}

impl<'h> Tag<'h> {
    /// The tag that `html` begins with, if it does.
    fn at(html: &'h str) -> Option<Self> {
        let bytes = html.as_bytes();
        let is_end = bytes.get(1) == Some(&b'/');
        let from = 1 + usize::from(is_end);
        if !bytes.get(from)?.is_ascii_alphabetic() {
            return None;
        }
        let ends = |at: usize, stops: &[u8]| {
            let is_stop = |b: &u8| b.is_ascii_whitespace() || stops.contains(b);
            bytes[at..].iter().position(is_stop).map_or(bytes.len(), |length| at + length)
        };
        let spaces = |at: usize| {
            let is_other = |b: &u8| !b.is_ascii_whitespace();
            bytes[at..].iter().position(is_other).map_or(bytes.len(), |length| at + length)
        };
        let mut at = ends(from, b"/>");
        let name = &html[from..at];
        let (mut kept, mut is_whole) = (Vec::new(), true);
        loop {
            at = spaces(at);
            match bytes.get(at) {
                None => break,
                Some(b'>') => break,
                Some(b'/') => {
                    at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let begin = at;
            at = ends(at + 1, b"/>=").max(at + 1);
            let equals = spaces(at);
            let mut value = "";
            if bytes.get(equals) == Some(&b'=') {
                at = spaces(equals + 1);
                let from = at;
                at = match bytes.get(at) {
                    Some(quote @ (b'"' | b'\'')) => {
                        let end = memchr::memchr(*quote, &bytes[at + 1..]);
                        value = end.map_or("", |end| &html[from + 1..from + 1 + end]);
                        end.map_or(bytes.len(), |end| at + end + 2)
                    }
                    _ => {
                        let end = ends(at, b">");
                        value = &html[from..end];
                        end
                    }
                };
            }
            if !is_end && kept.len() < MAX_ATTRIBUTES && value.len() <= MAX_VALUE_BYTES && !is_data(value) {
                kept.push(&html[begin..at]);
            } else {
                is_whole = false;
            }
        }
        let has_end = at < bytes.len();
        let length = at + usize::from(has_end);
        Some(Self { raw: &html[..length], name, is_end, length, kept, is_whole, has_end })
    }

    fn write(&self, out: &mut String) {
        if !self.has_end {
            // The standard drops it, and it is the last.
            return;
        }
        if self.is_whole {
            out.push_str(self.raw);
            return;
        }
        out.push_str(if self.is_end { "</" } else { "<" });
        out.push_str(self.name);
        for attribute in &self.kept {
            out.push(' ');
            out.push_str(attribute);
        }
        out.push_str(if self.raw.ends_with("/>") { " />" } else { ">" });
    }
}

/// A picture or a page within its own address: no mail carries those.
fn is_data(value: &str) -> bool {
    value.len() > LONGEST_DATA_BYTES
        && value.trim_start().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(html: &str) -> (String, bool) {
        super::trimmed(html, Room::BODY)
    }

    #[test]
    fn what_is_written_by_people_stays_as_it_is() {
        for html in [
            "<p class=a id='b' title=\"c > d\" hidden>x</p>",
            "a < b <3 &amp; </ p> <//> <",
            "<img src=a.png/><br/><svg><path d='M0'/></svg>",
            "<p a = b c= 'd'\n e =\"f\">é</p>",
            "<a href=\"/data:x\">x</a>",
        ] {
            assert_eq!(trimmed(html), (html.to_owned(), false), "{html}");
        }
    }

    #[test]
    fn what_no_mail_shows_is_left_out() {
        for (html, kept) in [
            ("a<!-- b -- > c --!>d<!-->e<!--->f<!-- g", "adef"),
            ("a<script>1 </scripts> <b x=\"</script>b<STYLE type=x>.a</style\n>c", "a</script>b</style\n>c"),
            ("a<style>b", "a"),
            ("<p>a</p b=c d='>'>e", "<p>a</p>e"),
            ("x<p a b=\"c", "x"),
            ("x<p a b", "x"),
            ("x<p", "x"),
        ] {
            assert_eq!(trimmed(html).0, kept, "{html}");
        }
        let long = format!("<p class=\"{}\" lang=en>x</p>", "a".repeat(20_000));
        assert_eq!(trimmed(&long).0, "<p lang=en>x</p>");
        let lazy = format!("<img alt='x' src=\" DATA:image/png;base64,{}\" data-src=y />", "A".repeat(300));
        assert_eq!(trimmed(&lazy).0, "<img alt='x' data-src=y />");
        let many: String = (0..500).map(|n| format!(" a{n}")).collect();
        assert!(trimmed(&format!("<p{many}>x")).0.ends_with("a98 a99>x"));
    }

    #[test]
    fn too_much_is_told() {
        assert!(trimmed(&"<br>".repeat(Room::BODY.tags + 1)).1);
        assert!(trimmed(&"words ".repeat(Room::BODY.bytes)).1);
        let pictures = format!("<img src=\"data:,{}\"><p>x</p>", "A".repeat(5_000_000));
        assert_eq!(trimmed(&pictures), ("<img><p>x</p>".to_owned(), false));
    }

    #[test]
    fn a_long_text_is_parted_between_words_and_only_once() {
        for (thing, is_spaced) in
            [("word ", true), ("&", false), ("&amp;", false), ("«", false), ("語", false)]
        {
            let html = format!("<p>{}</p>", thing.repeat(20_000));
            let once = trimmed(&html).0;
            let parts: Vec<&str> = once.split("<wbr>").collect();
            assert!(parts.len() > 3 && parts.concat() == html, "{thing}");
            assert!(parts.iter().all(|part| signs(part).count() < 9_000), "{thing}");
            assert!(!is_spaced || parts[1..].iter().all(|part| part.starts_with(' ')), "{thing}");
            assert_eq!(trimmed(&once).0, once, "{thing}");
        }
        let page = format!("<p>{}</p>", "word ".repeat(1_000));
        assert_eq!(trimmed(&page).0, page);
    }

    proptest::proptest! {
        #[test]
        fn it_ends_and_adds_nothing_whatever_is_written(html in "[<>/!=\"' a-cé\n-]{0,60}") {
            let (once, _) = trimmed(&html);
            proptest::prop_assert!(once.len() <= 4 * html.len() + 2);
        }
    }
}
