//! A post as plain text, lines under 72, made from the same HTML.
//!
//! Wrapping is html2text's. What must not be wrapped, addresses and code, is
//! taken out before and put back after.

use html2text::config;

use super::walk::{self, Step};
use crate::domain::shown::columns;

mod decorator;
mod lead;
mod lines;
mod links;
mod marks;
mod numbers;
mod raised;
mod table;

use decorator::Plain;
use lead::words_first;
use lines::{closed, continuation, is_soft, parts, tidied};
use links::{is_image, is_within};
use marks::{Seam, Struck, picture, without_tags_at_end, write_raised};
use numbers::Numbers;
use raised::fraction;
use table::Table;

/// Longest line, in columns.
const WIDTH: usize = 71;
/// A line between two parts of a post.
const RULE: &str = "<p>* * *</p>";

// Private-use characters that stand for what was taken out. They are removed
// from what a feed says first, so none can be forged. An address is one sign,
// which no line end can come into.
const ADDRESSES: std::ops::RangeInclusive<char> = '\u{F0100}'..='\u{FFFFD}';
const CODE: char = '\u{F0002}';
const END: char = '\u{F0003}';
const HEADING: char = '\u{F0004}';
const GAP: char = '\u{F0005}';

fn is_address(c: char) -> bool {
    ADDRESSES.contains(&c)
}

/// Sanitised HTML as text; `page` is the post's own address, to which no link
/// in it needs to lead.
pub(super) fn text_of(html: &str, page: Option<&str>) -> String {
    let mut taken = Taken::default();
    let is_said = |c: &char| !('\u{F0000}'..='\u{FFFFD}').contains(c) && *c != '\u{ad}';
    let html: String = html.chars().filter(is_said).collect();
    let ready = taken.take_out(&words_first(&html), page);
    let numbers = std::mem::take(&mut taken.numbers);
    let wrapped = std::panic::catch_unwind(|| {
        config::with_decorator(Plain(numbers.into()))
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
    numbers: Numbers,
}

/// A link that is open.
struct Link {
    href: String,
    /// Where its words begin.
    from: usize,
    has_picture: bool,
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
        let mut link: Option<Link> = None;
        let mut code: Option<String> = None;
        let mut lists = 0_usize;
        let mut quotes = 0_usize;
        // Where raised words begin, and whether they are a link in the post.
        let mut raised: Option<(usize, bool)> = None;
        let mut is_mark = false;
        let mut struck = Struck::default();
        let mut seam = Seam::default();
        let mut quoted = 0_usize;
        let mut shown = String::new();
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
                    link = href.filter(|href| !is_within(href, page)).map(|href| Link {
                        href,
                        from: out.len(),
                        has_picture: false,
                    });
                }
                (Step::Close("a"), None) => {
                    is_mark = false;
                    if let Some(link) = link.take()
                        && self.close_link(&mut out, &link)
                    {
                        seam.set(&out);
                    }
                }
                (Step::Open { name: "sup", .. }, None)
                    if let Some((said, length)) = fraction(&html[at..]) =>
                {
                    if without_tags_at_end(&out).ends_with(|c: char| c.is_ascii_digit()) {
                        out.push(' ');
                    }
                    struck.write(&mut out, &said);
                    skip_to = at + length;
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
                (Step::Open { name: "img", tag }, None) => {
                    let said = picture(tag);
                    if let Some(link) = &mut link {
                        link.has_picture = true;
                    }
                    seam.part(&mut out, &said);
                    out.push_str(&said);
                    if said.starts_with("[Picture: ") {
                        seam.set(&out);
                        shown = said;
                    }
                }
                // What is said below a picture once more.
                (Step::Open { name: "figcaption", tag }, None)
                    if is_said(&html[at + tag.len()..], &shown) =>
                {
                    skip_to = at
                        + tag.len()
                        + inside(&html[at + tag.len()..], "figcaption").len()
                        + "</figcaption>".len();
                }
                (Step::Open { name: "hr", .. }, None) => out.push_str(RULE),
                (Step::Open { name: "q", .. }, None) => {
                    out.push(if quoted.is_multiple_of(2) { '“' } else { '‘' });
                    quoted += 1;
                }
                (Step::Close("q"), None) => {
                    quoted = quoted.saturating_sub(1);
                    out.push(if quoted.is_multiple_of(2) { '”' } else { '’' });
                }
                (Step::Text(text), None) => {
                    seam.part(&mut out, text);
                    struck.write(&mut out, text);
                }
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
                        _ if name == "ol" => out.push_str(&self.numbers.start(tag, &html[at + tag.len()..])),
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

    /// Words and then their address, unless they say it themselves; whether
    /// it is written.
    fn close_link(&mut self, out: &mut String, link: &Link) -> bool {
        let (href, from) = (&*link.href, link.from);
        let words = walk::plain(&out[from..]);
        // Of a link to write a mail the address alone, not what the mail may say.
        let shown = href.strip_prefix("mailto:").map_or(href, |to| to.split('?').next().unwrap_or(to));
        let bare = |url: &str| {
            url.trim_start_matches("https://")
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_lowercase()
        };
        let only_picture = words.is_empty() || (words.starts_with("[Picture: ") && words.ends_with(']'));
        if only_picture && (is_image(href) || !link.has_picture) {
            return false;
        }
        let is_own_words = bare(&words) == bare(shown);
        if is_own_words && shown.contains('@') && !shown.contains("://") {
            // Mail programs find a bare one, whatever stands around it.
            return false;
        }
        let Some(sign) = self.sign() else { return false };
        if is_own_words {
            out.truncate(from);
        } else if !words.is_empty() {
            out.push(' ');
        }
        out.push(sign);
        // Angle brackets (RFC 3986, appendix C): an address may have round ones,
        // and what stands behind it is not taken for its end.
        self.urls.push(format!("<{shown}>"));
        true
    }

    /// What stands for the next address.
    fn sign(&self) -> Option<char> {
        let nth = u32::try_from(self.urls.len()).ok()?;
        char::from_u32(u32::from(*ADDRESSES.start()) + nth).filter(|sign| is_address(*sign))
    }

    fn put_back(&self, wrapped: &str) -> String {
        let mut out = String::with_capacity(wrapped.len() + 1024);
        let lines = closed(wrapped);
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            at += 1;
            if let Some((before, rest)) = line.split_once(CODE) {
                let number = rest.split(END).next().and_then(|n| n.parse::<usize>().ok());
                let Some(block) = number.and_then(|n| self.blocks.get(n)) else { continue };
                for (nth, kept) in block.lines.trim_end().lines().enumerate() {
                    let lead = if nth == 0 { before.to_owned() } else { continuation(before) };
                    out.push_str(&format!("{lead}{}{}\n", block.lead, kept.replace('\t', "    ")));
                }
            } else if line.contains(is_address) {
                let mut whole = line.clone();
                while let Some(next) = lines.get(at).filter(|next| is_soft(&lines[at - 1], next)) {
                    whole.push(' ');
                    whole.push_str(parts(next).1.trim_start_matches(HEADING));
                    at += 1;
                }
                self.refill(&whole, &mut out);
            } else {
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }

    /// A line with its addresses, broken between words where it is now too long.
    fn refill(&self, line: &str, out: &mut String) {
        let (lead, words) = parts(line);
        let next = continuation(lead);
        // A heading is one in each of its lines.
        let next = if words.starts_with(HEADING) { format!("{next}{HEADING}") } else { next };
        let mut written = lead.to_owned();
        let mut empty = true;
        for word in words.split(' ') {
            let word = self.filled(word);
            if !empty && columns(&written) + 1 + columns(&word) > WIDTH {
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
        let mut out = String::with_capacity(word.len());
        for c in word.chars() {
            let nth = usize::try_from(u32::from(c).wrapping_sub(u32::from(*ADDRESSES.start())));
            match nth.ok().filter(|_| is_address(c)).and_then(|nth| self.urls.get(nth)) {
                Some(url) => out.push_str(url),
                None => out.push(c),
            }
        }
        out
    }
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

/// Whether a caption says what is said of the picture already.
fn is_said(caption: &str, shown: &str) -> bool {
    let words = walk::plain(inside(caption, "figcaption"));
    shown.strip_prefix("[Picture: ").and_then(|said| said.strip_suffix(']')) == Some(&*walk::escape(&words))
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

#[cfg(test)]
mod tests;
