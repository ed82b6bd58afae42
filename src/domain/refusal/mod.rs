//! Who is to blame, from a reply code, a status by RFC 3463 and the words
//! beside them. Pure; also for replies while sending.

mod phrases;

use super::Class;

/// Read of a text; a refusal says early what it is about.
const TEXT_BYTES: usize = 3_000;

/// What a report says of one recipient.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) class: Class,
    /// The status that counted, or the best there was.
    pub(crate) status: Option<String>,
}

/// Judges a refusal: by its words, which tell more than the status, then by
/// its status, then by its reply code. Nothing known is `Soft`: a reader is
/// given up only for a reason.
#[must_use]
pub fn classify(code: Option<u16>, enhanced: Option<&str>, text: &str) -> Class {
    match weigh(code, enhanced, &[without_names(text)]) {
        // This server has not given up.
        Class::Hard if code.is_some_and(|code| code < 500) => Class::Soft,
        class => class,
    }
}

/// Judges one recipient of a report: `diagnostic` is what its server said,
/// `words` what the report says of it to people.
pub(crate) fn of_report(status: Option<&str>, diagnostic: &str, words: &str) -> Judgement {
    let said = enhanced_in(diagnostic);
    let code = code_in(diagnostic).or_else(|| code_in(words));
    // `Status: 5.0.0` is what a reporting server writes that knows no better.
    let best = [said, status, enhanced_in(words)].into_iter().flatten().find(|status| !is_generic(status));
    let best = best.or(said).or(status);
    let class = weigh(code, best, &[without_names(diagnostic), without_names(words)]);
    Judgement { class, status: best.map(str::to_owned) }
}

fn weigh(code: Option<u16>, enhanced: Option<&str>, texts: &[String]) -> Class {
    let by_words = |table| texts.iter().find_map(|text| first_row(table, text));
    if enhanced.is_some_and(|status| matches!(status.get(1..), Some(".1.7" | ".1.8"))) {
        return Class::Sender;
    }
    let class = by_words(phrases::STRONG)
        .or_else(|| by_status(enhanced?, code))
        .or_else(|| by_words(phrases::WEAK))
        .or_else(|| by_code(code?))
        .unwrap_or(Class::Soft);
    let is_transient = enhanced.map_or(code.is_some_and(|code| code < 500), |status| status.starts_with('4'));
    // "Not now" of a mailbox that is not known is said by servers that were
    // set up to; of a domain it is said while its name servers are away.
    let says_unknown = || enhanced == Some("4.1.1");
    // Who took RCPT and refuses after the mail has a filter, whatever it says;
    // with a status about the address, what came before DATA was refused.
    let is_filtered = || {
        !enhanced.is_some_and(|status| status.get(1..).is_some_and(|rest| rest.starts_with(".1.")))
            && texts.iter().any(|text| is_after_data(text))
    };
    match class {
        Class::Hard if is_transient && !says_unknown() => Class::Soft,
        Class::Hard if is_filtered() => Class::Soft,
        class => class,
    }
}

fn is_after_data(text: &str) -> bool {
    const SAID: [&str; 4] = [
        "in reply to end of data",
        "after end of data",
        "smtp command data",
        "failed after i sent the message",
    ];
    let after_dot = |rest: &str| rest.trim_start().starts_with("<<< 5");
    SAID.iter().any(|words| text.contains(words))
        || text.split_once(">>> data").is_some_and(|(_, rest)| after_dot(rest))
}

/// The class of the first row that the text matches.
fn first_row(table: &[phrases::Row], text: &str) -> Option<Class> {
    table.iter().find(|(words, _)| words.split('|').any(|words| has(text, words))).map(|(_, class)| *class)
}

/// `a*b` asks for both, in this order.
fn has(text: &str, words: &str) -> bool {
    let mut rest = text;
    words.split('*').all(|part| {
        let found = rest.find(part);
        rest = found.map_or("", |at| &rest[at + part.len()..]);
        found.is_some()
    })
}

fn is_generic(status: &str) -> bool {
    status.ends_with(".0.0")
}

/// By RFC 3463 §3 and the IANA registry of enhanced status codes.
fn by_status(status: &str, code: Option<u16>) -> Option<Class> {
    let mut numbers = status.split('.').map(|number| number.parse::<u16>().ok());
    let (class, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some(match (class, subject, detail) {
        (4, 7, _) => Class::Sender,
        (4, ..) => Class::Soft,
        (_, 0, 0) => return None,
        (_, 1, 7..=9) => Class::Sender,
        (_, 1, 0) if code.is_some_and(|code| code < 500) => Class::Soft,
        (_, 1, _) => Class::Hard,
        (_, 2, 3) | (_, 3, 4) => Class::Sender,
        (_, 2, _) | (_, 3, _) => Class::Soft,
        (_, 4, 4) => Class::Hard,
        (_, 4, _) => Class::Soft,
        (_, 5..=7, _) => Class::Sender,
        _ => return None,
    })
}

/// By RFC 5321 §4.2.2 and RFC 7504 §4.
fn by_code(code: u16) -> Option<Class> {
    match code {
        400..=499 => Some(Class::Soft),
        556 => Some(Class::Hard),
        552 => Some(Class::Soft),
        501 | 503..=505 | 530..=538 | 554 | 555 => Some(Class::Sender),
        _ => None,
    }
}

/// The first status by RFC 3463 in a text.
pub(crate) fn enhanced_in(text: &str) -> Option<&str> {
    let text = cut(text);
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|word| word.trim_matches('.'));
    words.into_iter().find(|word| {
        let mut parts = word.split('.');
        let first = parts.next();
        let is_number = |part: Option<&str>| part.is_some_and(|part| (1..=3).contains(&part.len()));
        matches!(first, Some("4" | "5"))
            && is_number(parts.next())
            && is_number(parts.next())
            && parts.next().is_none()
    })
}

/// The first reply code of a refusal in a text.
pub(crate) fn code_in(text: &str) -> Option<u16> {
    let text = cut(text);
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '/' | '_')));
    words
        .filter(|word| word.len() == 3)
        .find_map(|word| word.parse().ok().filter(|code| (400..=599).contains(code)))
}

/// Lower case, each white space one space.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase).map(|c| if c == '\u{2019}' { '\'' } else { c }));
    }
    out
}

/// What is said, without the names in it: `nospam@example.org` and
/// `mx.antispam.example.org` say nothing of spam.
fn without_names(text: &str) -> String {
    const LISTS: [&str; 5] = ["spamhaus", "barracudacentral", "spamcop", "sorbs", "openspf"];
    let is_in_name = |c: char| c.is_alphanumeric() || "@.-_+=".contains(c);
    let text = plain(cut(text));
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        let name = word.trim_matches(|c: char| !c.is_alphanumeric());
        let labels = || name.split('.');
        let is_host = labels().count() > 2
            && name.chars().all(is_in_name)
            && labels()
                .next_back()
                .is_some_and(|top| top.len() <= 10 && top.bytes().all(|b| b.is_ascii_lowercase()))
            && !LISTS.iter().any(|list| name.contains(list));
        if word.contains("//") || !(is_host || name.contains('@')) {
            out.push_str(word);
            continue;
        }
        for piece in word.split_inclusive(|c: char| !is_in_name(c)) {
            let part = piece.trim_end_matches(|c: char| !is_in_name(c));
            let is_name = part.contains('@') || (is_host && !part.is_empty());
            out.push_str(if is_name { "x" } else { part });
            out.push_str(&piece[part.len()..]);
        }
    }
    out
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
