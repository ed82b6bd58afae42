//! Post HTML as it goes into a mail: made safe, given our look, made text.
//!
//! `sanitise` (with `prepare` before it) takes what a feed says; all the
//! others read only what it wrote.

mod bounds;
mod cut;
mod excerpt;
mod known;
mod prepare;
mod sanitise;
mod style;
mod text;
mod walk;

use crate::domain::MailingContent;
use crate::domain::shown::short_line;
use crate::feeds::Entry;
use crate::templates::Palette;

use bounds::Room;
pub use sanitise::sanitise;
use sanitise::{MAX_URL_BYTES, sanitised};

/// Longest title, in signs as people count them.
const TITLE_SIGNS: usize = 300;
/// Longest name of an author, likewise.
const AUTHOR_SIGNS: usize = 100;

/// What the mail of an entry carries, but for what differs by reader.
///
/// Relative addresses are read against what the entry says, else against its
/// own page, else against `base`.
/// `accent` is the blog's colour, `language` that of the feed. A body that is
/// too long for a mail ends behind the last block that has room.
pub fn content_of(entry: &Entry, base: &str, accent: &str, language: Option<&str>) -> MailingContent {
    let page = entry.link.as_deref().filter(|link| is_web(link));
    let base = entry.base.as_deref().filter(|base| is_web(base)).or(page).unwrap_or(base);
    let clean = |raw: &str, room| sanitised(&as_html(raw), Some(base), room);
    let summary = entry.summary_html.as_deref().unwrap_or_default();
    let (summary, body, is_cut) = if entry.html.trim().is_empty() {
        let (body, is_cut) = clean(summary, Room::BODY);
        (body.clone(), body, is_cut)
    } else {
        let (body, is_cut) = clean(&entry.html, Room::BODY);
        (clean(summary, Room::SUMMARY).0, body, is_cut)
    };
    let excerpt = if is_written(&summary, &body) { &summary } else { &body };
    let excerpt = excerpt::beginning(excerpt);

    let accent = Palette::from_accent(accent).accent;
    let rtl = language.is_some_and(is_rtl);
    let (html, text, is_begun) =
        cut::fitted(&body, |part| (style::styled(part, &accent, rtl), text::text_of(part, page)));
    MailingContent {
        correction: None,
        title: short_line(&entry.title, TITLE_SIGNS),
        link: page.map(str::to_owned),
        author: entry
            .author
            .as_deref()
            .map(|name| short_line(name, AUTHOR_SIGNS))
            .filter(|name| !name.is_empty()),
        published_at: entry.published,
        zone_minutes: entry.zone_minutes,
        html,
        text,
        is_cut: is_cut || is_begun,
        excerpt_html: style::styled(&excerpt, &accent, rtl),
        excerpt_text: text::text_of(&excerpt, page),
        summary: excerpt::summary(&excerpt),
        image: entry.image.clone().filter(|image| is_web(image) && !shows(&body, image)),
        minutes: excerpt::count_words(&walk::plain(&body)).minutes(),
        language: language.map(str::to_owned),
        comments_url: entry.comments_url.clone().filter(|url| is_web(url)),
    }
}

/// An address that a mail can carry.
fn is_web(url: &str) -> bool {
    url.starts_with("http") && url.len() <= MAX_URL_BYTES
}

/// A body without any tag is text: empty lines part its paragraphs. Some feeds
/// wrap theirs in CDATA twice; the second wrapper would be shown.
fn as_html(raw: &str) -> String {
    let trimmed = raw.trim();
    let raw = trimmed.strip_prefix("<![CDATA[").unwrap_or(trimmed);
    let raw = raw.strip_suffix("]]>").unwrap_or(raw);
    let bytes = raw.as_bytes();
    let has_tag = bytes.windows(2).any(|pair| {
        pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!' | b'?'))
    });
    if has_tag {
        return raw.to_owned();
    }
    let unix = raw.replace("\r\n", "\n").replace('\r', "\n");
    let mut html = String::with_capacity(unix.len() + 64);
    let mut paragraph: Vec<&str> = Vec::new();
    for line in unix.lines().map(str::trim).chain([""]) {
        if !line.is_empty() {
            paragraph.push(line);
        } else if !paragraph.is_empty() {
            html.push_str("<p>");
            html.push_str(&paragraph.join("<br>"));
            html.push_str("</p>");
            paragraph.clear();
        }
    }
    html
}

/// Whether somebody wrote the summary, rather than a machine cutting the body.
fn is_written(summary: &str, body: &str) -> bool {
    let (summary, body) = (walk::plain(summary), walk::plain(body));
    let end = summary.trim_end_matches(|c: char| matches!(c, ']' | ')' | '»' | '→') || c.is_whitespace());
    let cut = end.ends_with('…') || end.ends_with("...");
    let head = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).take(60).collect::<String>();
    summary.chars().count() >= 40 && !cut && summary != body && !head(&body).starts_with(&head(&summary))
}

/// Whether the body shows the image already, perhaps in another size.
fn shows(body: &str, image: &str) -> bool {
    let name = |url: &str| {
        let url = walk::unescape(url);
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_lowercase();
        let stem = stem.trim_end_matches("-scaled").to_owned();
        match stem.rsplit_once('-') {
            // WordPress: photo-1024x683.jpg
            Some((before, size)) if is_size(size) => before.to_owned(),
            _ => stem,
        }
    };
    let wanted = name(image);
    walk::steps(body).any(|(_, step)| match step {
        walk::Step::Open { name: "img", tag } => walk::attribute(tag, "src")
            .is_some_and(|src| walk::unescape(src) == image || (wanted.len() > 3 && name(src) == wanted)),
        _ => false,
    })
}

fn is_size(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('x').is_some_and(|(width, height)| digits(width) && digits(height))
}

/// Languages written from right to left.
fn is_rtl(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    matches!(primary.as_str(), "ar" | "fa" | "he" | "iw" | "ur" | "yi" | "ps" | "dv" | "ckb" | "sd" | "ug")
}

#[cfg(test)]
mod tests;
