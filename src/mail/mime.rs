//! Headers of a mail: by lettre, their words by its `email-encoding`.
//!
//! Where lettre's own header writer is too kind, the choice is made here: a
//! subject that spells `=?…?=` would be decoded by the reader's program, a dot
//! in an unquoted name is obsolete syntax, and a word of a thousand letters
//! would break the limit of a line.

use std::fmt::Write as _;

use email_encoding::headers::{quoted_string, writer::EmailWriter};
use lettre::message::header::{HeaderName, HeaderValue, Headers};

use super::{Email, MimeError, encoded_words};
use crate::domain::shown::short_line;

/// Lines are folded here (RFC 5322 §2.1.1).
const LINE: usize = 76;
/// A word that is longer is encoded, because only encoded words can be cut.
const LONGEST_WORD: usize = 60;
/// Subject of a mail that asks to leave.
pub const LEAVE_BY_MAIL: &str = "unsubscribe";
/// No line may be longer (RFC 5322 §2.1.1), the line end not counted.
const LONGEST_LINE: usize = 998;
/// Longest subject, in signs as people count them.
const SUBJECT_SIGNS: usize = 200;
/// Longest name beside an address or a list.
const NAME_SIGNS: usize = 100;

/// Every header but those of the parts.
pub(super) fn head(email: &Email) -> Result<String, MimeError> {
    let mut headers = Headers::with_capacity(14);
    let mut put = |name: &'static str, value: String| {
        let name = HeaderName::new_from_ascii_str(name);
        headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(name, String::new(), value));
    };

    // Addresses stand as they were read at the door; UTF-8 as it is (RFC 6532).
    // The library's own judgement of them is another, and would come too late.
    put("From", named("From", &email.from.name, email.from.address.as_str())?);
    put("To", email.to.to_string());
    if let Some(reply_to) = &email.reply_to {
        put("Reply-To", reply_to.to_string());
    }
    put("Subject", unstructured("Subject", &email.subject));
    put("Date", email.date.rfc5322());
    put("Message-ID", format!("<{}>", plain("Message-ID", &email.message_id)?));
    if let Some(id) = &email.in_reply_to {
        let id = format!("<{}>", plain("In-Reply-To", id)?);
        put("In-Reply-To", id.clone());
        put("References", id);
    }
    if let Some(url) = &email.one_click {
        // RFC 8058 §3.1; folded between the two only, for some readers cut at the fold.
        let mut ways = format!("<{}>", plain("List-Unsubscribe", url)?);
        if let Some(address) = &email.leave_by_mail {
            let address = plain("List-Unsubscribe", address)?;
            write!(ways, ",\r\n <mailto:{address}?subject={LEAVE_BY_MAIL}>")
                .map_err(|error| MimeError(error.to_string()))?;
        }
        put("List-Unsubscribe", ways);
        put("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned());
        put("Precedence", "bulk".to_owned());
    }
    if let Some((sentence, id)) = &email.list_id {
        put("List-Id", named("List-Id", sentence, plain("List-Id", id)?)?);
    }
    if let Some(id) = &email.feedback_id {
        put("Feedback-ID", unstructured("Feedback-ID", id));
    }
    if email.is_auto {
        put("Auto-Submitted", "auto-generated".to_owned());
    }
    put("MIME-Version", "1.0".to_owned());

    Ok(headers.to_string())
}

/// One kind of line end, and no control characters but line end and tab.
pub(super) fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                tidy.push('\n');
            }
            '\n' | '\t' => tidy.push(c),
            c if c.is_control() => tidy.push(' '),
            c => tidy.push(c),
        }
    }
    tidy
}

/// Whether the text must be encoded as a whole, so that it arrives as it is.
fn is_delicate(text: &str) -> bool {
    text.contains("=?") || text.split(' ').any(|word| word.len() > LONGEST_WORD)
}

fn unstructured(name: &str, text: &str) -> String {
    // One line, with nothing in it that hides or turns its direction (S6).
    let text = short_line(text, SUBJECT_SIGNS);
    encoded_words::folded(name, &text, is_delicate(&text))
}

/// `name <inside>`, or only `<inside>` where the name is empty.
fn named(header: &'static str, name: &str, inside: &str) -> Result<String, MimeError> {
    let name = short_line(name, NAME_SIGNS);
    if is_delicate(&name) || !name.is_ascii() {
        let words = encoded_words::folded(header, &name, true);
        let line = words.rsplit_once("\r\n").map_or(header.len() + 2 + words.len(), |(_, last)| last.len());
        let gap = if line + inside.len() + 3 > LINE { "\r\n " } else { " " };
        return Ok(format!("{words}{gap}<{inside}>"));
    }
    write_folded(header.len() + 2, |w| {
        if !name.is_empty() {
            if name.contains('.') && !name.contains(' ') && is_atom_text(&name) {
                write!(w, "\"{name}\"")?;
            } else {
                quoted_string::encode(&name, w)?;
            }
            w.space();
        }
        if w.projected_line_len() + inside.len() + 2 > LINE && !name.is_empty() {
            w.new_line()?;
        }
        write!(w, "<{inside}>")
    })
}

/// The letters that `email-encoding` would leave without quotes.
fn is_atom_text(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn write_folded(
    line_len: usize,
    write: impl FnOnce(&mut EmailWriter<'_>) -> std::fmt::Result,
) -> Result<String, MimeError> {
    let mut value = String::new();
    write(&mut EmailWriter::new(&mut value, line_len, 0, false)).map_err(|e| MimeError(e.to_string()))?;
    Ok(value)
}

/// Text that goes into a header as it is, or not at all.
fn plain<'a>(header: &str, text: &'a str) -> Result<&'a str, MimeError> {
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
    if is_plain && !text.is_empty() && header.len() + 4 + text.len() <= LONGEST_LINE {
        return Ok(text);
    }
    Err(MimeError(format!("{header} has a character or a length that no mail may have")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_line_hides_or_turns_its_direction_makes_no_header() {
        let said = " a\r\nBcc: x\0\u{85}b\u{2028}  \u{202e}c\u{feff}\t\u{1b}[1m";
        assert_eq!(unstructured("Subject", said), "a Bcc: x b c");
        assert_eq!(named("List-Id", "a\u{202e}\u{2066}b", "a.example").unwrap(), "ab <a.example>");
        assert!(named("From", &"name ".repeat(500), "a@example.org").unwrap().len() < 500);
    }

    #[test]
    fn a_text_that_looks_encoded_is_encoded() {
        let value = unstructured("Subject", "=?utf-8?q?=0D=0ABcc:_x?=");
        assert!(value.starts_with("=?utf-8?b?"), "{value}");
    }

    /// RFC 2047 §6.2: white space between two encoded words is dropped, by those
    /// who know. So none is needed in a subject that fits without.
    #[test]
    fn a_word_is_encoded_whole_and_on_one_line() {
        let subject = "Über das Wetter, die Wörter und einen sehr schönen Gruß aus dem Süden an Zoë";
        let value = unstructured("Subject", subject);
        let lines: Vec<&str> = value.split("\r\n ").collect();
        for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
            assert!(!(line.ends_with("?=") && next.starts_with("=?")), "{value}");
        }
        assert!(lines.iter().all(|line| line.len() <= LINE), "{value}");
        // Where all is encoded a line ends between words, and the blank is in the first.
        let subject = "Сегодня утром в городе шёл снег, а потом вышло солнце и стало тепло";
        let value = unstructured("Subject", subject);
        let words: Vec<String> = value
            .split("\r\n ")
            .map(|word| {
                let word = word.strip_prefix("=?utf-8?b?").unwrap().strip_suffix("?=").unwrap();
                String::from_utf8(data_encoding::BASE64.decode(word.as_bytes()).unwrap()).unwrap()
            })
            .collect();
        assert_eq!(words.concat(), subject);
        let (last, before) = words.split_last().unwrap();
        assert!(!before.is_empty() && !last.ends_with(' '));
        assert!(before.iter().all(|word| word.ends_with(' ') && !word.starts_with(' ')), "{words:?}");
    }

    #[test]
    fn a_long_name_in_other_letters_ends_its_lines_behind_words() {
        let name = "Блог о городе и о людях, которые в нём живут";
        let value = named("From", name, "a@example.org").unwrap();
        let (words, address) = value.rsplit_once(' ').unwrap();
        assert_eq!(address, "<a@example.org>");
        let mut read = String::new();
        for word in words.split_whitespace() {
            let word = word.strip_prefix("=?utf-8?b?").unwrap().strip_suffix("?=").unwrap();
            let word = String::from_utf8(data_encoding::BASE64.decode(word.as_bytes()).unwrap()).unwrap();
            assert!(read.is_empty() || read.ends_with(' '), "{value}");
            read.push_str(&word);
        }
        assert_eq!(read, name);
        assert!(value.split("\r\n").all(|line| "From: ".len() + line.len() <= LINE), "{value}");
    }

    #[test]
    fn a_name_with_a_dot_is_quoted() {
        assert_eq!(named("From", "example.com", "a@example.org").unwrap(), "\"example.com\" <a@example.org>");
        assert_eq!(named("From", "", "a@example.org").unwrap(), "<a@example.org>");
    }

    #[test]
    fn a_link_with_a_line_end_is_refused() {
        for bad in ["https://a/\r\nBcc: x", "https://a/ b", "https://a/>", "", "https://é"] {
            assert!(plain("List-Unsubscribe", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn bodies_keep_one_kind_of_line_end() {
        assert_eq!(tidy("a\r\nb\rc\nd\0e\tf"), "a\nb\nc\nd e\tf");
    }
}
