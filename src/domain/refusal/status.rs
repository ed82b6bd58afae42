//! What statuses by RFC 3463 and reply codes by RFC 5321 say by themselves.

use super::text::cut;
use super::{Blame, Ours};

/// Whether a status says nothing: `5.0.0`.
pub(super) fn is_generic(status: &str) -> bool {
    status.ends_with(".0.0")
}

/// By RFC 3463 §3, the IANA registry of enhanced status codes, and
/// Microsoft's own (learn.microsoft.com, non-delivery reports).
pub(super) fn by_status(status: &str, code: Option<u16>) -> Option<Blame> {
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
        // RFC 7293: the mailbox or domain is somebody else's by now.
        (5, 7, 17 | 18) => Blame::Reader,
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
pub(super) fn by_code(code: u16) -> Option<Blame> {
    match code {
        530 | 534 | 535 | 538 => Some(Blame::Us(Ours::Login)),
        400..=499 => Some(Blame::Moment),
        556 => Some(Blame::Reader),
        552 => Some(Blame::Mailbox),
        501 | 503..=505 | 531..=537 | 554 | 555 => Some(Blame::Message),
        _ => None,
    }
}

/// The first status by RFC 3463 in a text. Subjects end at 7: `4.94.2` is a
/// version of some program.
pub(crate) fn enhanced_in(text: &str) -> Option<&str> {
    let text = cut(text);
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|word| word.trim_matches('.'));
    words.into_iter().find(|word| {
        let mut parts = word.split('.');
        let first = parts.next();
        let is_subject = |part: &str| part.len() == 1 && ("0"..="7").contains(&part);
        let is_detail = |part: &str| (1..=3).contains(&part.len());
        matches!(first, Some("4" | "5"))
            && parts.next().is_some_and(is_subject)
            && parts.next().is_some_and(is_detail)
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

/// Whether a status speaks of something else than an address, and means it.
/// Many servers write `5.7.1` and `5.2.1` of mailboxes that they do not have;
/// a zero at the end says "other".
pub(super) fn says_otherwise(status: &str) -> bool {
    let mut parts = status.split('.').skip(1);
    match (parts.next(), parts.next()) {
        (Some("2"), Some("1"))
        | (Some("4"), Some("1" | "4"))
        | (Some("7"), Some("0" | "1" | "17" | "18")) => false,
        (Some("2" | "3" | "4" | "5" | "6"), Some(detail)) => detail != "0",
        (Some("7"), _) => true,
        _ => false,
    }
}
