//! The words of a report: without markup, and without the mail that they
//! give back.

use std::borrow::Cow;

use super::fields;

/// A line with one of these says that the returned mail comes next.
const BEFORE_ORIGINAL: &[&str] = &[
    "below this line is a copy",
    "below the next line is a copy",
    "enclosed is a copy of the message",
    "this is a copy of",
    "is a copy of the message",
    "included is a copy of",
    "copy of the original message",
    "here is a copy of",
    "original message follows",
    "original message headers",
    "header of the original message",
    "the original message header",
    "----- original message",
    "---- original message",
    "-- original message",
    "original message -",
    "unsent message",
    "message text follows",
    "message headers follow",
    "message header follows",
    "message header follow",
    "start of returned message",
    "returned message follows",
    "returned mail --",
    "returned message ---",
    "lines of the message follow",
    "your message reads",
    "text of your message",
    "contents of your message",
    "message contents follow",
    "body of the original message",
];

/// Fields that open the header of a mail that was under way.
const OPENS_ORIGINAL: &[&str] = &["received", "return-path", "dkim-signature", "x-originating-ip"];

/// Where the words end and the returned mail begins.
pub(super) fn end_of_words(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let line = line.trim_end();
        if line.len() < 200 {
            let lower = line.to_lowercase();
            if BEFORE_ORIGINAL.iter().any(|words| lower.contains(words)) {
                return end;
            }
        }
        if let Some((name, _)) = fields::split(line)
            && OPENS_ORIGINAL.iter().any(|known| name.eq_ignore_ascii_case(known))
        {
            return at;
        }
        at = end;
    }
    text.len()
}

/// HTML without tags; blocks and breaks become lines.
pub(super) fn of_html(source: &str) -> String {
    let mut out = String::with_capacity(source.len() / 2);
    let mut rest = source;
    while let Some(open) = rest.find('<') {
        push_text(&mut out, &rest[..open]);
        let after = &rest[open + 1..];
        // An address in brackets is no tag.
        let Some(close) = after.find('>') else {
            push_text(&mut out, after);
            return out;
        };
        let tag = &after[..close];
        rest = &after[close + 1..];
        let name: String =
            tag.chars().skip_while(|c| *c == '/').take_while(char::is_ascii_alphanumeric).take(12).collect();
        match name.to_ascii_lowercase().as_str() {
            "br" | "p" | "div" | "tr" | "li" | "h1" | "h2" | "h3" | "pre" | "table" | "td" | "title"
            | "hr" => {
                out.push('\n');
            }
            "style" | "script" if !tag.starts_with('/') => {
                let end = rest.find("</").unwrap_or(rest.len());
                rest = &rest[end..];
            }
            _ if tag.contains('@') && !tag.contains(['=', ' ']) => {
                out.push('<');
                out.push_str(tag);
                out.push('>');
            }
            _ => {}
        }
    }
    push_text(&mut out, rest);
    out
}

fn push_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let entity = &rest[at..];
        let known =
            [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&nbsp;", ' '), ("&quot;", '"'), ("&#64;", '@')];
        match known.iter().find(|(name, _)| entity.starts_with(name)) {
            Some((name, c)) => {
                out.push(*c);
                rest = &entity[name.len()..];
            }
            None => {
                out.push('&');
                rest = &entity[1..];
            }
        }
    }
    out.push_str(rest);
}

/// The text of a block that tells no charset. Japanese servers write theirs in
/// ISO-2022-JP all the same, which begins with an escape.
pub(super) fn of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    let is_japanese = [b"\x1b$B", b"\x1b$@"].iter().any(|sign| memchr::memmem::find(bytes, *sign).is_some());
    if is_japanese { encoding_rs::ISO_2022_JP.decode(bytes).0 } else { String::from_utf8_lossy(bytes) }
}
