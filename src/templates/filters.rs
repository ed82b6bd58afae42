//! What templates can do with a value, and how a value is written.

use std::fmt::Write;

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, Output, State, escape_formatter};

use crate::domain::shown::{columns, one_line, short_line};

/// Longest subject, in characters.
const SUBJECT_CHARS: usize = 200;

/// Longest line of a text part that is wrapped.
const LINE_CHARS: usize = 72;

/// Adds every filter.
pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("number", number);
    env.add_filter("plural", plural);
    env.add_filter("line", |text: &str| one_line(text));
    env.add_filter("short", |text: &str, most: usize| short_line(text, most));
    env.add_filter("href", href);
    env.add_filter("host", host);
    env.add_filter("wrap", |text: &str| wrap(text));
    env.add_filter("heading", |text: &str, mark: &str| heading(text, mark));
}

/// Writes a value: in HTML escaped, and without control characters anywhere.
/// Escapes five characters only, so that addresses of links stay readable for
/// mail programs that do not decode more.
pub(super) fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let Some(text) = value.as_str() else { return escape_formatter(out, state, value) };
    if value.is_safe() {
        return out.write_str(text).map_err(Error::from);
    }
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    write_text(out, text, is_html).map_err(Error::from)
}

/// A value as it stands in HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    write_text(&mut out, text, true).expect("a String takes everything");
    out
}

fn write_text(out: &mut (impl Write + ?Sized), text: &str, is_html: bool) -> std::fmt::Result {
    for c in text.chars() {
        match c {
            '&' if is_html => out.write_str("&amp;"),
            '<' if is_html => out.write_str("&lt;"),
            '>' if is_html => out.write_str("&gt;"),
            '"' if is_html => out.write_str("&quot;"),
            '\'' if is_html => out.write_str("&#39;"),
            '\n' | '\t' => out.write_char(c),
            c if c.is_control() => Ok(()),
            c => out.write_char(c),
        }?;
    }
    Ok(())
}

/// `1404` as `1,404`.
fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `3|plural("post", "posts")` as `3 posts`.
fn plural(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A subject as it may stand in a header.
pub(super) fn subject_line(text: &str) -> String {
    short_line(text, SUBJECT_CHARS)
}

/// The address of a link, when it is one that a mail may link to; else nothing.
/// Feeds are read by others before this; it is here so that no template can
/// make a script of a link.
fn href(url: Option<&str>) -> String {
    let Some(url) = url.map(str::trim) else { return String::new() };
    let lower: String = url.chars().take(8).collect::<String>().to_ascii_lowercase();
    let is_link = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    if is_link && !url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        url.to_owned()
    } else {
        String::new()
    }
}

/// `https://musings.example/a` as `musings.example`.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
}

/// Text in lines of at most 72 characters. Empty lines part paragraphs; a link
/// or an address is never broken.
pub(super) fn wrap(text: &str) -> String {
    let mut paragraphs = Vec::new();
    for paragraph in text.split("\n\n") {
        let mut lines = vec![String::new()];
        for word in paragraph.split_whitespace().flat_map(pieces) {
            let width = lines.last().map_or(0, |line| line.chars().count());
            if width > 0 && width + 1 + word.chars().count() > LINE_CHARS {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&word);
            }
        }
        paragraphs.push(lines.join("\n"));
    }
    paragraphs.join("\n\n")
}

/// Wrapped text with a rule under it, as long as its longest line.
fn heading(text: &str, mark: &str) -> String {
    let text = wrap(text);
    let width = text.lines().map(columns).max().unwrap_or_default();
    format!("{text}\n{}", mark.repeat(width.min(LINE_CHARS)))
}

/// A word, or a very long one in pieces: languages without spaces have those.
fn pieces(word: &str) -> Vec<String> {
    if word.chars().count() <= LINE_CHARS || word.contains("://") || word.contains('@') {
        return vec![word.to_owned()];
    }
    let chars: Vec<char> = word.chars().collect();
    chars.chunks(LINE_CHARS).map(|piece| piece.iter().collect()).collect()
}

/// The text part as it is sent: no spaces at line ends (but for the signature
/// mark), at most one empty line, one line end at the end.
pub(super) fn tidy_text(text: &str) -> String {
    let mut out = String::new();
    let mut is_gap = true;
    for line in text.lines() {
        let line = if line == "-- " { line } else { line.trim_end() };
        if line.is_empty() && is_gap {
            continue;
        }
        is_gap = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_and_words_their_plural() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1404), "1,404");
        assert_eq!(number(-1_234_567), "-1,234,567");
        assert_eq!(plural(1, "post", "posts"), "1 post");
        assert_eq!(plural(1404, "post", "posts"), "1,404 posts");
    }

    #[test]
    fn a_subject_is_one_short_line() {
        assert_eq!(subject_line(" a\r\nBcc: x@y.example\u{0}\tb "), "a Bcc: x@y.example b");
        assert_eq!(subject_line("\u{202e}abc"), "abc");
        let long = subject_line(&"word ".repeat(100));
        assert!(long.chars().count() <= 200 && long.ends_with("word…"), "{long}");
        assert_eq!(subject_line(&"字".repeat(300)).chars().count(), 200);
    }

    #[test]
    fn only_addresses_of_the_web_and_of_mail_become_links() {
        for good in ["HTTPS://a.example/b", "mailto:kim@a.example?subject=Re%3A%20x"] {
            assert_eq!(href(Some(good)), good);
        }
        for bad in ["javascript:alert(1)", "//a.example", "data:text/html,x", "/a", "http://a b", "http"] {
            assert_eq!(href(Some(bad)), "", "{bad}");
        }
        assert_eq!(href(None), "");
        assert_eq!(host("https://musings.example/a?b"), "musings.example");
    }

    #[test]
    fn wrapped_lines_are_short_and_links_whole() {
        let link = format!("https://a.example/{}", "x".repeat(100));
        let wrapped = wrap(&format!("{} {link} {}\n\nnext", "word ".repeat(40), "字".repeat(200)));
        assert!(wrapped.lines().all(|l| l == link || l.chars().count() <= 72), "{wrapped}");
        assert!(wrapped.contains(&link) && wrapped.ends_with("\n\nnext"));
    }

    #[test]
    fn tidy_text_keeps_the_signature_mark_and_single_gaps() {
        assert_eq!(heading("Ab cd", "="), "Ab cd\n=====");
        assert_eq!(tidy_text("\n\na  \n\n\n\n-- \nb\n\n"), "a\n\n-- \nb\n");
    }
}
