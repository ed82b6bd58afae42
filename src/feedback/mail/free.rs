//! Bounces in words only. Every mail server has its own; what they share is
//! that a program writes, says in one of few ways that a mail did not arrive,
//! and lists addresses: alone on a line, before a colon, in a transcript of
//! SMTP, or in the sentence that tells of the failure.

use super::answer;
use super::fields::{addresses, first_address};
use super::original::Original;
use super::parts::Pieces;
use super::said::{DAEMONS, MAYBE_PROGRAMS, PROGRAMS, SAID_OF_ADDRESS};
use super::{MOST_RECIPIENTS, Recipient, languages, one_line, spared};
use crate::domain::refusal::{self, Reported, plain};

/// Lines of the words that are read.
const MOST_LINES: usize = 4_000;
/// Read of a line.
const LINE_BYTES: usize = 1_000;
/// Fields that name who got a mail, or sent it; never a reader that it is about.
const OWN: [&str; 9] =
    ["to", "cc", "delivered-to", "x-original-to", "envelope-to", "from", "sender", "reply-to", "return-path"];
/// Of a name before an address.
const LABEL_BYTES: usize = 60;

/// Whether a program says that a mail was not delivered. People write of
/// failures too, and their programs answer from no return path: what a name
/// alone tells is no proof.
pub(super) fn is_bounce(pieces: &Pieces, original: &Original) -> bool {
    let header = &pieces.header;
    if header.get("x-failed-recipients").is_some() {
        return true;
    }
    let subject = plain(&pieces.subject);
    if answer::is_answer_by_subject(&subject) {
        return false;
    }
    let words = plain(start(&pieces.words, 20_000));
    let is_subject = languages::fails(&subject) && !answer::is_reply(&subject);
    let from = plain(header.get("from").unwrap_or_default());
    let by_daemon = is_daemon(pieces, &from);
    let said = languages::fails(&words) || (by_daemon && lists_as_qmail_does(&pieces.words));
    if !said && !is_subject {
        return false;
    }
    let has = |names: &[&str]| names.iter().any(|name| from.contains(name));
    let (is_named, is_maybe) = (by_daemon || has(PROGRAMS), has(MAYBE_PROGRAMS));
    let gives_back = original.is_whole;
    // A newsletter or digest may tell of bounces; a list may pass one on.
    if ["list-id", "list-unsubscribe"].iter().any(|name| header.get(name).is_some()) {
        return is_named && (gives_back || (is_subject && !pieces.original.trim().is_empty()));
    }
    let has_code = || pieces.words.lines().take(MOST_LINES).any(gives_code);
    let shows = || gives_back || has_code();
    if by_daemon {
        return true;
    }
    match header.get("return-path").map(str::trim) {
        Some("" | "<>") if is_named => is_subject || shows(),
        Some("" | "<>") => is_subject && shows(),
        // Saved by a program that leaves the field out.
        None if is_named => is_subject || gives_back,
        None if is_maybe => gives_back || (is_subject && has_code()),
        _ => (is_named || is_maybe) && gives_back,
    }
}

/// Whether the address tells that a program writes, or the form does.
fn is_daemon(pieces: &Pieces, from: &str) -> bool {
    let address = first_address(from).unwrap_or(from);
    let return_path = pieces.header.get("return-path").unwrap_or_default().to_ascii_lowercase();
    DAEMONS.iter().any(|name| address.contains(name))
        || return_path.contains("mailer-daemon")
        || pieces.content_type.contains("delivery-status")
}

/// `550 …`, `5.1.1`
fn gives_code(line: &str) -> bool {
    let line = start(line, LINE_BYTES);
    refusal::enhanced_in(line).is_some() || refusal::code_in(line).is_some()
}

/// `<kim@example.org>:` on a line of its own, in whatever language the rest is.
fn lists_as_qmail_does(words: &str) -> bool {
    let is_listed = |line: &str| line.trim_end().strip_prefix('<').is_some_and(|rest| rest.ends_with(">:"));
    words.lines().take(MOST_LINES).any(|line| is_listed(line) && first_address(line).is_some())
}

/// Whom the words are about.
pub(super) fn recipients(pieces: &Pieces, original: &Original) -> Vec<Recipient> {
    let lines: Vec<&str> =
        pieces.words.lines().take(MOST_LINES).map(|line| start(line, LINE_BYTES).trim_end()).collect();
    let (mut found, mut starts) = listed(&lines, original, pieces);
    if found.is_empty() {
        // Exim's, of which the words name where an alias led.
        let failed = pieces.header.all("x-failed-recipients").flat_map(addresses);
        found.extend(failed.take(MOST_RECIPIENTS).map(|address| (address.to_owned(), 0)));
    }
    if found.is_empty() {
        // Words that give back no mail may tell its fields.
        let to = lines.iter().enumerate().filter(|(_, line)| is_to(line));
        found.extend(to.filter_map(|(at, line)| Some((first_address(line)?.to_owned(), at))).take(1));
    }
    if found.is_empty() {
        found.extend(original.recipients.first().map(|address| (address.clone(), 0)));
    }
    starts.extend(found.iter().map(|(address, line)| (*line, address.to_lowercase())));
    starts.sort_unstable();
    let lone = found.len() == 1;
    let still_tries = is_delay(pieces);
    let about = |(address, line): (String, usize)| {
        // What is said of an address may name it again.
        let own = address.to_lowercase();
        let after = starts.partition_point(|(start, _)| *start <= line);
        let next = starts[after..].iter().take(30).find(|(_, other)| *other != own);
        let end = next.map_or(lines.len(), |(start, _)| *start).min(line + 30);
        let section = &lines[line.min(end)..end];
        // What the next server says is about somebody else.
        let next = section.iter().skip(1).position(|line| line.contains("hile talking to"));
        let section = section[..next.map_or(section.len(), |next| next + 1)].join("\n");
        let all = if lone { pieces.words.as_str() } else { "" };
        let senders = original.senders_beside(&address);
        let judgement = refusal::of_report(&Reported {
            diagnostic: &section,
            words: all,
            senders: &senders,
            ..Reported::default()
        });
        Recipient {
            class: spared(judgement.class, still_tries),
            status: judgement.status,
            diagnostic: one_line(if section.is_empty() { &pieces.words } else { &section }),
            address,
        }
    };
    found.into_iter().map(about).collect()
}

/// Whether the server has not given up.
fn is_delay(pieces: &Pieces) -> bool {
    languages::tries(&plain(start(&pieces.words, 20_000))) || languages::tries(&plain(&pieces.subject))
}

/// Addresses with their lines, and every line that begins with one.
type Listed = (Vec<(String, usize)>, Vec<(usize, String)>);

/// Addresses that the words list as failed; and every line where something is
/// said of another one.
fn listed(lines: &[&str], original: &Original, pieces: &Pieces) -> Listed {
    let mut starts = Vec::new();
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut weak = Vec::new();
    let mut asked: Option<(&str, usize)> = None;
    let mut take = |address: &str, line: usize, into: &mut Vec<(String, usize)>| {
        if into.len() < MOST_RECIPIENTS && seen.insert(address.to_lowercase()) {
            into.push((address.to_owned(), line));
        }
    };
    for (index, line) in lines.iter().enumerate() {
        // A notice of success.
        if line.contains("successfully") {
            continue;
        }
        if let Some(address) = at_front(line) {
            take(address, index, &mut found);
            starts.push((index, address.to_lowercase()));
            continue;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(at) = lower.find("rcpt to:") {
            asked = first_address(&line[at..]).map(|address| (address, index));
        } else if let Some((address, at)) = asked
            && is_refusal(&lower)
        {
            take(address, at, &mut found);
            asked = None;
        } else if SAID_OF_ADDRESS.iter().any(|words| lower.contains(words))
            || (line.contains('@') && languages::fails(&plain(line)))
        {
            let named = addresses(line)
                .filter(|address| !lower.contains(&format!("from {}", address.to_ascii_lowercase())));
            weak.extend(named.take(3).map(|address| (address.to_owned(), index)));
        }
    }
    // Where the mail itself came to, or from: who warns that a mailbox is full
    // and names it writes to its owner, and wants a password.
    let is_other = |address: &str| {
        let own = OWN.iter().flat_map(|name| pieces.header.all(name));
        own.flat_map(addresses).any(|own| own.eq_ignore_ascii_case(address))
            || original.senders.iter().any(|own| own.eq_ignore_ascii_case(address))
            || address.to_ascii_lowercase().starts_with("postmaster@")
            || address.to_ascii_lowercase().starts_with("mailer-daemon@")
    };
    found.retain(|(address, _)| !is_other(address) || original.recipients.contains(address));
    if found.is_empty() {
        weak.retain(|(address, _)| !is_other(address));
        let is_known =
            |address: &str| original.recipients.iter().any(|known| known.eq_ignore_ascii_case(address));
        if weak.iter().any(|(address, _)| is_known(address)) {
            weak.retain(|(address, _)| is_known(address));
        }
        for (address, index) in weak {
            take(&address, index, &mut found);
        }
    }
    (found, starts)
}

/// `<kim@example.org>: …`, `kim@example.org`, `* kim@example.org`,
/// `Recipient: [SMTP:kim@example.org]`.
pub(super) fn at_front(line: &str) -> Option<&str> {
    let is_opening = |c: char| c.is_whitespace() || "*>-•[<(\"'".contains(c);
    let mut rest = line.trim_start_matches(is_opening);
    for _ in 0..2 {
        // `554 <kim@example.org>... Host unknown`
        let code = rest.split([' ', '\t']).next().unwrap_or_default();
        if code.len() == 3 && code.starts_with(['4', '5']) && code.bytes().all(|b| b.is_ascii_digit()) {
            rest = rest[3..].trim_start_matches(is_opening);
        }
        let lower = start(rest, 40).to_ascii_lowercase();
        if let Some(kind) = ["smtp:", "rfc822;", "mailto:"].iter().find(|kind| lower.starts_with(*kind)) {
            rest = rest[kind.len()..].trim_start_matches(is_opening);
        } else if let Some((_, after)) = label(rest).filter(|(name, _)| languages::is_reader(name)) {
            rest = after.trim_start_matches(is_opening);
        }
    }
    let address = first_address(rest)?;
    let at = rest.find(address)?;
    let before = rest[..at].trim_end_matches(is_opening).to_ascii_lowercase();
    let after = rest[at + address.len()..].trim_start_matches(['>', ')', ']', '"', '\'']);
    let says = |text: &str| SAID_OF_ADDRESS.iter().any(|words| text.contains(words));
    if !before.is_empty() {
        // `Unknown user: kim@example.org`, and X.400's `…dda:SMTP=kim@example.org`
        let is_told = before.ends_with(':') && says(&before) && after.trim().is_empty();
        return (is_told || before.ends_with("dda:smtp=")).then_some(address);
    }
    let trimmed = after.trim_start();
    let is_listed = trimmed.is_empty()
        || after.starts_with([',', ';', '=', '.'])
        || trimmed.starts_with(['(', '[', ':', '-'])
        || after.starts_with(" on ")
        || says(&after.to_ascii_lowercase());
    is_listed.then_some(address)
}

/// A name before a colon, in its plain form, and what follows.
fn label(text: &str) -> Option<(String, &str)> {
    let colon = start(text, LABEL_BYTES).find([':', '：'])?;
    let after = text[colon..].trim_start_matches([':', '：']);
    Some((plain(&text[..colon]), after))
}

/// `To: kim@example.org`, in any language.
fn is_to(line: &str) -> bool {
    label(line.trim_start()).is_some_and(|(name, _)| languages::is_to(&name))
}

/// `<<< 550 …`, `Received >>> 550`, `553 5.3.0 …`
fn is_refusal(lower: &str) -> bool {
    let at = lower.rfind("<<<").or_else(|| lower.rfind(">>>")).map_or(0, |at| at + 3);
    let rest = lower[at..].trim_start();
    let code = rest.as_bytes().get(..3);
    code.is_some_and(|code| matches!(code[0], b'4' | b'5') && code[1..].iter().all(u8::is_ascii_digit))
        && !rest.as_bytes().get(3).is_some_and(u8::is_ascii_alphanumeric)
}

fn start(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
