//! Who is to blame, from a reply code, a status by RFC 3463 and the words
//! beside them. Pure; also for replies while sending.

mod phrases;

use serde::{Deserialize, Serialize};

use super::Class;
use phrases::Row;

/// Read of a text; a refusal says early what it is about.
const TEXT_BYTES: usize = 3_000;

/// Whom a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// There is no such mailbox or domain.
    Reader,
    /// A mailbox that is there and does not take it: full, or closed for now.
    Mailbox,
    /// What we wrote: its content or size.
    Message,
    /// The operator's account, server or sender.
    Us(Ours),
    /// Nobody: the network, a name server, a server that is away.
    Moment,
}

/// What of us is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ours {
    /// Who we are is not known, or not believed.
    Login,
    /// We may not write as this sender, or the sender is not proven.
    Sender,
    /// We sent as much as we may, for an hour, a day or a month.
    Quota,
    /// We are too fast.
    Rate,
    /// The server takes no mail of ours for others.
    Relaying,
    /// Our host or address has a bad name, or none.
    Reputation,
    /// Our account was closed.
    Suspended,
}

impl From<Blame> for Class {
    fn from(blame: Blame) -> Self {
        match blame {
            Blame::Reader => Self::Hard,
            Blame::Mailbox | Blame::Moment => Self::Soft,
            Blame::Message | Blame::Us(_) => Self::Sender,
        }
    }
}

/// What a report says of one recipient.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) class: Class,
    /// The status that counted, or the best there was.
    pub(crate) status: Option<String>,
}

/// Whom a server's reply blames: by its words, which tell more than the
/// status, then by its status, then by its reply code. Nothing known is
/// `Moment`: a reader is given up only for a reason.
#[must_use]
pub fn blame(code: Option<u16>, enhanced: Option<&str>, text: &str) -> Blame {
    let whole = format!(
        "{} {} {text}",
        code.map_or(String::new(), |code| code.to_string()),
        enhanced.unwrap_or_default()
    );
    match weigh(code, enhanced, &[Text::new(&whole)]) {
        // This server has not given up.
        Blame::Reader if code.is_some_and(|code| code < 500) => Blame::Moment,
        blame => blame,
    }
}

/// [`blame`], as what follows from it.
#[must_use]
pub fn classify(code: Option<u16>, enhanced: Option<&str>, text: &str) -> Class {
    blame(code, enhanced, text).into()
}

/// Judges one recipient of a report: `diagnostic` is what its server said,
/// `words` what the report says of it to people.
pub(crate) fn of_report(status: Option<&str>, diagnostic: &str, words: &str) -> Judgement {
    let said = enhanced_in(diagnostic);
    let code = code_in(diagnostic).or_else(|| code_in(words));
    // `Status: 5.0.0` is what a reporting server writes that knows no better.
    let best = [said, status, enhanced_in(words)].into_iter().flatten().find(|status| !is_generic(status));
    let best = best.or(said).or(status);
    let class = weigh(code, best, &[Text::new(diagnostic), Text::new(words)]).into();
    Judgement { class, status: best.map(str::to_owned) }
}

/// A text as the phrases are looked for in it.
struct Text {
    whole: String,
    without_names: String,
}

impl Text {
    fn new(text: &str) -> Self {
        let whole = plain(cut(text));
        Self { without_names: without_names(&whole), whole }
    }

    fn strong(&self) -> Option<Blame> {
        let general = || phrases::GENERAL.iter().find_map(|rows| first_row(rows, &self.without_names));
        first_row(phrases::PARTICULAR, &self.whole).or_else(general)
    }

    fn weak(&self) -> Option<Blame> {
        first_row(phrases::WEAK, &self.without_names)
    }
}

fn weigh(code: Option<u16>, enhanced: Option<&str>, texts: &[Text]) -> Blame {
    if enhanced.is_some_and(|status| matches!(status.get(1..), Some(".1.7" | ".1.8"))) {
        return Blame::Us(Ours::Sender);
    }
    let blame = texts
        .iter()
        .find_map(Text::strong)
        .or_else(|| by_status(enhanced?, code))
        .or_else(|| texts.iter().find_map(Text::weak))
        .or_else(|| by_code(code?))
        .unwrap_or(Blame::Moment);
    let is_transient = enhanced.map_or(code.is_some_and(|code| code < 500), |status| status.starts_with('4'));
    // "Not now" of a mailbox that is not known is said by servers that were
    // set up to; of a domain it is said while its name servers are away.
    let says_unknown = || enhanced == Some("4.1.1");
    // Who took RCPT and refuses after the mail has a filter, whatever it says;
    // with a status about the address, what came before DATA was refused.
    let is_filtered = || {
        !enhanced.is_some_and(|status| status.get(1..).is_some_and(|rest| rest.starts_with(".1.")))
            && texts.iter().any(|text| is_after_data(&text.without_names))
    };
    match blame {
        Blame::Reader if is_transient && !says_unknown() => Blame::Moment,
        Blame::Reader if is_filtered() => Blame::Mailbox,
        blame => blame,
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

/// The blame of the first row that the text matches.
fn first_row(table: &[Row], text: &str) -> Option<Blame> {
    table.iter().find(|row| row.says.split('|').any(|words| has(text, words))).map(|row| row.blame)
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

/// By RFC 3463 §3, the IANA registry of enhanced status codes, and
/// Microsoft's own (learn.microsoft.com, non-delivery reports).
fn by_status(status: &str, code: Option<u16>) -> Option<Blame> {
    let mut numbers = status.split('.').map(|number| number.parse::<u16>().ok());
    let (class, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some(match (class, subject, detail) {
        (_, 1, 90) | (5, 4, 5) => Blame::Us(Ours::Quota),
        (_, 2, 252) | (_, 7, 60) => Blame::Us(Ours::Sender),
        (_, 7, 705 | 708 | 750) => Blame::Us(Ours::Suspended),
        (_, 7, 232 | 233) => Blame::Us(Ours::Quota),
        (_, 7, 3 | 8 | 9 | 11 | 14 | 57) => Blame::Us(Ours::Login),
        (_, 7, 20..=24 | 26 | 27 | 509) => Blame::Us(Ours::Sender),
        (_, 7, 25 | 501..=506 | 511 | 513 | 606..=649) => Blame::Us(Ours::Reputation),
        (_, 7, 28) => Blame::Us(Ours::Rate),
        (_, 7, 64) => Blame::Us(Ours::Relaying),
        (_, 7, _) if matches!(code, Some(530 | 534 | 535 | 538)) => Blame::Us(Ours::Login),
        (4, 7, _) => Blame::Message,
        (4, ..) => Blame::Moment,
        (_, 0, 0) => return None,
        (_, 1, 7..=9) => Blame::Us(Ours::Sender),
        (_, 1, 0) if code.is_some_and(|code| code < 500) => Blame::Moment,
        (_, 1, _) => Blame::Reader,
        (_, 2, 3) | (_, 3, 4) => Blame::Message,
        (_, 2, _) => Blame::Mailbox,
        (_, 3, _) => Blame::Moment,
        (_, 4, 4) => Blame::Reader,
        (_, 4, _) => Blame::Moment,
        (_, 5..=7, _) => Blame::Message,
        _ => return None,
    })
}

/// By RFC 5321 §4.2.2, RFC 4954 §6 and RFC 7504 §4.
fn by_code(code: u16) -> Option<Blame> {
    match code {
        530 | 534 | 535 | 538 => Some(Blame::Us(Ours::Login)),
        400..=499 => Some(Blame::Moment),
        556 => Some(Blame::Reader),
        552 => Some(Blame::Mailbox),
        501 | 503..=505 | 531..=537 | 554 | 555 => Some(Blame::Message),
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
