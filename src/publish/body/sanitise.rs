//! Untrusted HTML made safe, by an allow-list of ours over ammonia.
//!
//! Parsing and writing HTML again may change it, and what was harmless on the
//! first reading may not be on the second. So it is done until nothing changes
//! any more; what does not come to rest is reduced to its words.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::bounds::{PART_OF_TEXT, Room, parted, trimmed};
use super::prepare::{MAX_OPEN_TABLES, prepare};
use super::walk;
use crate::domain::shown::short_line;

/// Real posts come to rest in two or three readings.
const MAX_READINGS: usize = 8;
/// No link in a post is longer; what is, is data in disguise.
pub(super) const MAX_URL_BYTES: usize = 4_000;
/// What is said of a picture or link in a tag, in signs as people count them.
const MAX_ALT_SIGNS: usize = 500;

pub(super) const TAGS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("img", &["src", "alt", "width", "height"]),
    ("ol", &["start", "type", "reversed"]),
    ("li", &["value"]),
    ("table", &["width"]),
    ("td", &["colspan", "rowspan", "align", "width"]),
    ("th", &["colspan", "rowspan", "align", "width"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("p", &["align"]),
    ("div", &["align"]),
    ("time", &["datetime"]),
];

/// Untrusted HTML made safe: nothing active, every URL absolute http(s) or
/// mailto (S7). The same again changes nothing.
pub fn sanitise(html: &str, base: Option<&str>) -> String {
    sanitised(html, base, Room::BODY).0
}

/// The same, and whether the bounds left something out.
pub(super) fn sanitised(html: &str, base: Option<&str>, room: Room) -> (String, bool) {
    let (trimmed, is_cut) = trimmed(html, room);
    (clean(&trimmed, base, room), is_cut)
}

fn clean(html: &str, base: Option<&str>, room: Room) -> String {
    let base =
        base.and_then(|base| Url::parse(base).ok()).filter(|base| matches!(base.scheme(), "http" | "https"));
    let cleaner = cleaner(base.clone());
    // What preparing is for is seldom left by the allow-list, but for these.
    let is_dear = |html: &str| ["<a ", "<pre", "<table"].iter().any(|tag| html.contains(tag));
    let read = |html: &str, is_prepared: bool| {
        let bounded = bounded(html, room);
        let prepared = if is_prepared { prepare(&bounded, base.as_ref()) } else { bounded };
        // What is to be seen only where a line ends there is written as itself.
        untie_pre(&cleaner.clean(&parted(&prepared)).to_string().replace("&#xad;", "\u{ad}"))
    };
    let mut now = read(html, true);
    for _ in 0..MAX_READINGS {
        let is_prepared = is_dear(&now);
        let mut next = read(&now, is_prepared);
        if next == now && !is_prepared {
            // The same again begins with preparing: it has to rest then too.
            next = read(&now, true);
        }
        if next == now {
            return now;
        }
        now = next;
    }
    let mut words = walk::escape(&walk::plain(&now));
    words.truncate(words.floor_char_boundary(room.bytes / 2));
    read(&words, true)
}

fn cleaner(base: Option<Url>) -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(
            ATTRIBUTES
                .iter()
                .map(|(tag, names)| (*tag, names.iter().copied().collect()))
                .collect::<HashMap<_, _>>(),
        )
        .generic_attributes(HashSet::from(["title", "dir", "lang"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(move |_, name, value| attribute(base.as_ref(), name, value).map(Cow::Owned));
    builder
}

/// What an attribute on the list may say; `None` drops it.
fn attribute(base: Option<&Url>, name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    match name {
        "href" => absolute(value, base),
        "src" => absolute(value, base).filter(|url| !url.starts_with("mailto:")),
        "width" | "height" => {
            let digits = value.strip_suffix("px").unwrap_or(value).trim_end();
            number(digits).or_else(|| Some(format!("{}%", number(value.strip_suffix('%')?)?)))
        }
        "colspan" | "rowspan" | "span" => number(value),
        // Lists count from any number, and those backwards below nought.
        "start" | "value" => match value.strip_prefix('-') {
            Some(digits) => Some(format!("-{}", number(digits)?)),
            None => number(value),
        },
        "dir" => Some(value.to_ascii_lowercase()).filter(|v| matches!(v.as_str(), "ltr" | "rtl" | "auto")),
        "align" => {
            Some(value.to_ascii_lowercase()).filter(|v| matches!(v.as_str(), "left" | "right" | "center"))
        }
        "type" => Some(value.to_owned()).filter(|v| matches!(v.as_str(), "1" | "a" | "A" | "i" | "I")),
        "lang" => Some(value.to_owned())
            .filter(|v| v.len() <= 35 && v.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')),
        "reversed" => Some(String::new()),
        "alt" | "title" | "datetime" => Some(short_line(value, MAX_ALT_SIGNS)),
        _ => None,
    }
}

fn number(text: &str) -> Option<String> {
    (!text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

/// An absolute http(s) or mailto URL, or nothing.
pub(super) fn absolute(value: &str, base: Option<&Url>) -> Option<String> {
    let value = value.trim();
    if value.is_empty() || value.len() > MAX_URL_BYTES {
        return None;
    }
    // Blanks and slashes behind it are slips of the pen.
    let mailto = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let mailto = mailto.map(|_| format!("mailto:{}", value[7..].trim_start_matches([' ', '/'])));
    let value = mailto.as_deref().unwrap_or(value);
    let url = match Url::parse(value) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => match base {
            Some(base) => base.join(value).ok()?,
            None if value.starts_with("//") => Url::parse(&format!("https:{value}")).ok()?,
            None => return None,
        },
        Err(_) => return None,
    };
    let mut url = url;
    // A login is nobody's to see; one that looks like a host deceives (S18).
    if matches!(url.scheme(), "http" | "https") {
        let _ = url.set_password(None);
        let _ = url.set_username("");
    }
    let sound = match url.scheme() {
        "http" | "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        // A line break in a mailto would add headers in a careless mail program;
        // one in the text of the mail is dropped with that text.
        "mailto" => {
            if has_line_end(url.query().unwrap_or_default()) {
                url.set_query(None);
            }
            url.path().contains('@') && !has_line_end(url.path())
        }
        _ => false,
    };
    (sound && url.as_str().len() <= MAX_URL_BYTES).then(|| url.into())
}

fn has_line_end(encoded: &str) -> bool {
    let lower = encoded.to_ascii_lowercase();
    lower.contains("%0a") || lower.contains("%0d")
}

/// Within the bounds, and without control characters.
fn bounded(html: &str, room: Room) -> String {
    let mut html = Cow::Borrowed(html);
    if html.len() > room.bytes {
        let head = &html[..html.floor_char_boundary(room.bytes)];
        // Not within a tag: its half would be read as a tag with odd attributes.
        let end = match (head.rfind('<'), head.rfind('>')) {
            (Some(open), Some(close)) if open > close && head.len() - open < 10_000 => open,
            (Some(open), None) if head.len() - open < 10_000 => open,
            _ => head.len(),
        };
        html = Cow::Owned(head[..end].to_owned());
    }
    let mut before = 0;
    // Places for line ends that part a long text are ours, and no tags of the post.
    let is_counted = |at: &usize| {
        let length = *at - std::mem::replace(&mut before, *at);
        length < PART_OF_TEXT || !html[*at..].starts_with("<wbr>")
    };
    let last_tag = memchr::memchr_iter(b'<', html.as_bytes()).filter(is_counted).nth(room.tags);
    if let Some(at) = last_tag {
        // Behind a table that was open, or a parser puts the words before it.
        let ends = "</table>".repeat(MAX_OPEN_TABLES);
        html = Cow::Owned(format!("{}{ends}{}", &html[..at], without_tags(&html[at..])));
    }
    html.replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// The words of what is too much to be read as HTML.
fn without_tags(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    for part in html.replace("<wbr>", "").split('<') {
        let behind = part.split_once('>').map_or("", |(_, behind)| behind);
        words.push_str(behind);
        // None where there is one, or each reading would add one more.
        if !behind.is_empty() && !behind.ends_with(char::is_whitespace) {
            words.push(' ');
        }
    }
    words
}

/// A parser drops one line break behind `<pre>` and the writer does not put it
/// back: each reading would take one more.
fn untie_pre(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<pre") {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let end = walk::tag_end(tag);
        out.push_str(&tag[..end]);
        rest = tag[end..].trim_start_matches('\n');
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
