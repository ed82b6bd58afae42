//! A post as plain text, lines under 72, made from the same HTML.
//!
//! Wrapping is html2text's. What must not be wrapped, addresses and code, is
//! taken out before and put back after.

use html2text::config;

use super::walk::{self, Step};

mod decorator;
mod marks;
mod raised;
mod table;

use decorator::Plain;
use marks::{Struck, picture, write_raised};
use table::Table;

/// Longest line, in columns.
const WIDTH: usize = 71;

// Private-use characters that stand for what was taken out. They are removed
// from what a feed says first, so none can be forged.
const URL: char = '\u{F0001}';
const CODE: char = '\u{F0002}';
const END: char = '\u{F0003}';
const HEADING: char = '\u{F0004}';
const GAP: char = '\u{F0005}';

/// Sanitised HTML as text; `page` is the post's own address, to which no link
/// in it needs to lead.
pub(super) fn text_of(html: &str, page: Option<&str>) -> String {
    let mut taken = Taken::default();
    let html: String = html.chars().filter(|c| !('\u{F0000}'..='\u{F00FF}').contains(c)).collect();
    let ready = taken.take_out(&html, page);
    let wrapped = std::panic::catch_unwind(|| {
        config::with_decorator(Plain)
            .no_table_borders()
            .allow_width_overflow()
            .unicode_strikeout(false)
            .string_from_read(ready.as_bytes(), WIDTH)
    });
    // It panics over some odd tables; words without lines are better than no mail.
    let wrapped = wrapped.ok().and_then(Result::ok).unwrap_or_else(|| walk::plain(&ready));
    tidied(&taken.put_back(&wrapped))
}

#[derive(Default)]
struct Taken {
    urls: Vec<String>,
    blocks: Vec<Block>,
}

/// Lines that stay as they are.
struct Block {
    lines: String,
    lead: &'static str,
}

impl Taken {
    /// The HTML with links and pictures as words, and code and tables as a
    /// placeholder.
    fn take_out(&mut self, html: &str, page: Option<&str>) -> String {
        let mut out = String::with_capacity(html.len());
        // The open link: its address, where its words begin.
        let mut link: Option<(String, usize)> = None;
        let mut code: Option<String> = None;
        let mut lists = 0_usize;
        let mut quotes = 0_usize;
        // Where raised words begin, and whether they are a link in the post.
        let mut raised: Option<(usize, bool)> = None;
        let mut is_mark = false;
        let mut struck = Struck::default();
        let mut skip_to = 0;
        for (at, step) in walk::steps(html) {
            if at < skip_to {
                continue;
            }
            match (step, &mut code) {
                (Step::Close("pre"), Some(lines)) => {
                    let lines = std::mem::take(lines);
                    out.push_str(&self.keep(lines, "    "));
                    code = None;
                }
                (Step::Text(text), Some(lines)) => lines.push_str(&walk::unescape(text)),
                (Step::Open { name: "br", .. }, Some(lines)) => lines.push('\n'),
                (_, Some(_)) => {}
                (Step::Open { name: "pre", .. }, None) => code = Some(String::new()),
                (Step::Open { name: "table", tag }, None) => {
                    let inside = inside(&html[at + tag.len()..], "table");
                    skip_to = at + tag.len() + inside.len() + "</table>".len();
                    out.push_str(&self.table(inside, page, WIDTH.saturating_sub(4 * (lists + quotes))));
                }
                (Step::Open { name: "a", tag }, None) => {
                    let href = walk::attribute(tag, "href").map(walk::unescape);
                    is_mark = href.as_ref().is_none_or(|href| is_within(href, page));
                    if let Some((_, is_link)) = &mut raised {
                        *is_link = is_mark;
                    }
                    link = href.filter(|href| !is_within(href, page)).map(|href| (href, out.len()));
                }
                (Step::Close("a"), None) => {
                    is_mark = false;
                    if let Some((href, from)) = link.take() {
                        self.close_link(&mut out, from, &href);
                    }
                }
                (Step::Open { name: "sup" | "sub", .. }, None) => {
                    raised = Some((out.len(), is_mark));
                }
                (Step::Close(name @ ("sup" | "sub")), None) => {
                    if let Some((from, is_link)) = raised.take() {
                        write_raised(&mut out, from, name, is_link);
                        struck.end = out.trim_end().len();
                    }
                }
                (Step::Open { name: "del" | "s" | "strike", .. }, None) => struck.open(),
                (Step::Close("del" | "s" | "strike"), None) => struck.close(&mut out),
                (Step::Open { name: "img", tag }, None) => out.push_str(&picture(tag)),
                (Step::Text(text), None) => struck.write(&mut out, text),
                (Step::Open { name, tag }, None) => {
                    if matches!(name, "ul" | "ol" | "dl") {
                        // An empty line before a list, but not within one.
                        if lists == 0 {
                            out.push_str(&format!("<p>{GAP}</p>"));
                        }
                        lists += 1;
                    }
                    quotes += usize::from(name == "blockquote");
                    match as_known(name) {
                        Some(known) => out.push_str(&format!("<{known}>")),
                        None => out.push_str(tag),
                    }
                }
                (Step::Close(name), None) => {
                    if matches!(name, "ul" | "ol" | "dl") {
                        lists = lists.saturating_sub(1);
                    }
                    quotes = quotes.saturating_sub(usize::from(name == "blockquote"));
                    out.push_str(&format!("</{}>", as_known(name).unwrap_or(name)));
                }
            }
        }
        if let Some(lines) = code {
            out.push_str(&walk::escape(&lines));
        }
        out
    }

    /// What stands for lines that must stay as they are.
    fn keep(&mut self, lines: String, lead: &'static str) -> String {
        self.blocks.push(Block { lines, lead });
        format!("<p>{CODE}{}{END}</p>", self.blocks.len() - 1)
    }

    /// A table as what fits: its cells one after the other where they hold
    /// blocks, columns, or a paragraph for each row.
    fn table(&mut self, inside: &str, page: Option<&str>, width: usize) -> String {
        let table = Table::read(inside);
        let mut out = format!("<p>{GAP}</p>");
        for caption in &table.captions {
            out.push_str(&format!("<p>{}</p>", self.take_out(caption, page)));
        }
        if table.is_layout() {
            for cell in table.rows.iter().flatten() {
                out.push_str(&format!("<div>{}</div>", self.take_out(cell.html, page)));
            }
        } else {
            let (grid, is_headed) = table.grid(|cell| walk::plain(&self.take_out(cell, page)));
            let filled: Vec<Vec<String>> =
                grid.iter().map(|row| row.iter().map(|cell| self.filled(cell)).collect()).collect();
            match table::columns(&filled, is_headed, width, columns) {
                Some(lines) => out.push_str(&self.keep(lines, "")),
                None => out.push_str(&table::records(&grid, is_headed)),
            }
        }
        out
    }

    /// Words and then their address, unless they say it themselves.
    fn close_link(&mut self, out: &mut String, from: usize, href: &str) {
        let words = walk::plain(&out[from..]);
        // Of a link to write a mail the address alone, not what the mail may say.
        let shown = href.strip_prefix("mailto:").map_or(href, |to| to.split('?').next().unwrap_or(to));
        let bare = |url: &str| {
            url.trim_start_matches("https://")
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_lowercase()
        };
        let only_picture = words.starts_with("[Picture: ") && words.ends_with(']');
        if only_picture && is_image(href) {
            return;
        }
        let placeholder = format!("{URL}{}{END}", self.urls.len());
        let is_own_words = bare(&words) == bare(shown);
        if is_own_words && shown.contains('@') && !shown.contains("://") {
            // Mail programs find a bare one, whatever stands around it.
            return;
        }
        if is_own_words {
            out.truncate(from);
        } else if !words.is_empty() {
            out.push(' ');
        }
        // Angle brackets (RFC 3986, appendix C): an address may have round ones,
        // and what stands behind it is not taken for its end.
        out.push_str(&format!("&lt;{placeholder}&gt;"));
        self.urls.push(shown.to_owned());
    }

    fn put_back(&self, wrapped: &str) -> String {
        let mut out = String::with_capacity(wrapped.len() + 1024);
        for line in wrapped.lines() {
            if let Some((before, rest)) = line.split_once(CODE) {
                let number = rest.split(END).next().and_then(|n| n.parse::<usize>().ok());
                let Some(block) = number.and_then(|n| self.blocks.get(n)) else { continue };
                for (nth, kept) in block.lines.trim_end().lines().enumerate() {
                    let lead = if nth == 0 { before.to_owned() } else { continuation(before) };
                    out.push_str(&format!("{lead}{}{}\n", block.lead, kept.replace('\t', "    ")));
                }
            } else if line.contains(URL) {
                self.refill(line, &mut out);
            } else {
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }

    /// A line with its addresses, broken between words where it is now too long.
    fn refill(&self, line: &str, out: &mut String) {
        let lead_length = line.find(|c: char| c != ' ' && c != '>').unwrap_or(0);
        let (lead, words) = line.split_at(lead_length);
        let marker =
            words.split_once(' ').map(|(marker, _)| marker).filter(|m| is_marker(m)).unwrap_or_default();
        let next = continuation(&format!("{lead}{marker}{}", if marker.is_empty() { "" } else { " " }));
        let mut written = lead.to_owned();
        let mut empty = true;
        for word in words.split(' ') {
            let word = self.filled(word);
            if !empty && columns(&written) + 1 + columns(&word) > WIDTH && written.trim() != marker {
                out.push_str(&written);
                out.push('\n');
                written.clone_from(&next);
                empty = true;
            }
            if !empty {
                written.push(' ');
            }
            written.push_str(&word);
            empty = false;
        }
        out.push_str(&written);
        out.push('\n');
    }

    fn filled(&self, word: &str) -> String {
        let mut out = String::new();
        let mut rest = word;
        while let Some((before, behind)) = rest.split_once(URL) {
            out.push_str(before);
            let (number, after) = behind.split_once(END).unwrap_or((behind, ""));
            if let Some(url) = number.parse::<usize>().ok().and_then(|n| self.urls.get(n)) {
                out.push_str(url);
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// Whether a link leads to a place in the same post, as footnotes do.
fn is_within(href: &str, page: Option<&str>) -> bool {
    let (Some(page), Some((place, _))) = (page, href.split_once('#')) else {
        return false;
    };
    place.trim_end_matches('/') == page.trim_end_matches('/')
}

/// A name that html2text knows, for blocks that it would run together.
fn as_known(name: &str) -> Option<&'static str> {
    match name {
        "figcaption" | "caption" | "summary" | "address" => Some("p"),
        "figure" | "section" | "article" | "aside" | "header" | "footer" | "main" | "details" | "center"
        | "hgroup" => Some("div"),
        _ => None,
    }
}

/// What is in an element that has just begun.
fn inside<'h>(html: &'h str, of: &str) -> &'h str {
    let mut depth = 0_usize;
    for (at, step) in walk::steps(html) {
        match step {
            Step::Open { name, .. } if name == of => depth += 1,
            Step::Close(name) if name == of && depth == 0 => return &html[..at],
            Step::Close(name) if name == of => depth -= 1,
            _ => {}
        }
    }
    html
}

fn is_image(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"].iter().any(|ending| path.ends_with(ending))
}

fn is_marker(word: &str) -> bool {
    word == "*"
        || word
            .strip_suffix('.')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// What further lines of a block start with: its quote bars, and spaces for the rest.
fn continuation(lead: &str) -> String {
    lead.chars().map(|c| if c == '>' { '>' } else { ' ' }).collect()
}

/// Columns of a text; most signs of East Asia take two.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
            0x1100..=0x115F
            | 0x2E80..=0xA4CF
            | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0x1F300..=0x1FAFF
            | 0x20000..=0x3FFFD => 2,
            _ => 1,
        })
        .sum()
}

/// Headings underlined, no spaces at line ends, one empty line at most.
fn tidied(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut underline: Option<(String, usize)> = None;
    for line in text.lines() {
        let heading = line.contains(HEADING);
        if !heading && let Some((lead, width)) = underline.take() {
            out.push(format!("{lead}{}", "-".repeat(width)));
        }
        let line = if heading {
            let (lead, words) = line.split_once(HEADING).unwrap_or(("", line));
            let words = words.replace(HEADING, "");
            let width = columns(words.trim()).max(underline.as_ref().map_or(0, |(_, width)| *width));
            underline = (width > 0).then(|| (continuation(lead), width.min(WIDTH)));
            format!("{lead}{words}")
        } else {
            line.replace(GAP, "")
        };
        let line = line.trim_end().to_owned();
        let is_empty = |line: &str| line.chars().all(|c| matches!(c, '>' | ' '));
        if is_empty(&line) && out.last().is_none_or(|last| is_empty(last)) {
            continue;
        }
        out.push(line);
    }
    if let Some((lead, width)) = underline {
        out.push(format!("{lead}{}", "-".repeat(width)));
    }
    out.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests;
