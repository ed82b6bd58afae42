//! Of whom it is said that they are "not found", "unknown" or "no longer" there:
//! a reader, or a header, a file, a key. What nobody can tell is said of no
//! reader.

use std::cmp::Reverse;

use super::guess::clauses;
use super::phrases::{
    ADDRESSES, DOMAIN_ENDS, IN_A_MAIL, MISSING, NONE, OTHERS, PEOPLE_ONLY, PLACES, READERS,
};
use super::text::places;

/// Ends of a sentence.
const ENDS: [&str; 4] = [". ", "; ", "! ", "? "];
/// Between a thing and whose it is: "attachment for the recipient".
const WHOSE: [&str; 18] = [
    "for", "of", "to", "from", "in", "fur", "von", "de", "du", "des", "pour", "para", "di", "del", "dell'",
    "d'", "per", "do",
];
/// Of these, what a fault is not said of by itself: "unknown for", but "unknown in".
const FOR: [&str; 7] = ["for", "fur", "pour", "para", "per", "of", "de"];
/// Between a thing and where it is missing: "user kim not found at this domain".
const WHERE: [&str; 11] = ["at", "on", "bei", "bij", "op", "chez", "presso", "en", "em", "на", "в"];
const WHOSE_MOST_BYTES: usize = 24;

/// English words that say nothing of what is missing.
#[rustfmt::skip]
const FILLERS: &[&str] = &[
    "sorry", "the", "a", "an", "is", "it", "was", "has", "been", "does", "do", "not", "any", "more", "anymore", "longer", "here", "there", "this",
    "that", "our", "we", "at", "on", "in", "of", "by", "to", "for", "from", "as", "or", "and", "but", "server", "system", "site", "machine", "mail",
    "email", "delivery", "delivered", "deliver", "failed", "failure", "error", "rejected", "reject", "permanent", "permanently", "fatal", "smtp", "said",
    "says", "remote", "mta", "esmtp", "rcpt", "reply", "requested", "action", "taken", "aborted", "could", "cannot", "can", "be",
    "unable", "your", "you", "please", "check", "local", "network", "id", "status", "diagnostic", "response", "returned",
    "undeliverable", "undelivered", "refused", "because", "since", "ok", "no", "such", "t", "s", "e", "x",
];

/// Whether what stands at `from..to` is said of a reader. In English, where
/// phrases are known best, a thing that nobody knows is none.
pub(super) fn is_of_reader(text: &str, from: usize, to: usize, is_english: bool) -> bool {
    let begin = ENDS.iter().filter_map(|end| Some(text[..from].rfind(end)? + end.len())).max().unwrap_or(0);
    let end = ENDS.iter().filter_map(|end| Some(to + text[to..].find(end)?)).min().unwrap_or(text.len());
    let sentence = &text[begin..end];
    let (from, to) = (from - begin, to - begin);
    let gap = |(at, end): (usize, usize)| if at >= to { at - to } else { from.saturating_sub(end) };
    let nearest = |lists: &[&'static str]| {
        let found = lists.iter().flat_map(|stems| places(sentence, stems));
        found.min_by_key(|place| gap(*place))
    };
    let names = sentence.match_indices('x').map(|(at, _)| (at, at + 1));
    let is_name = |(at, end): &(usize, usize)| {
        !sentence[..*at].ends_with(char::is_alphanumeric)
            && !sentence[*end..].starts_with(char::is_alphanumeric)
    };
    let name = names.filter(is_name).min_by_key(|place| gap(*place));
    let reader = nearest(&READERS).into_iter().chain(name).min_by_key(|place| gap(*place));
    let other = nearest(&[OTHERS]);
    let Some(reader) = reader else {
        return other.is_none()
            && !(is_english && is_bare(&sentence[from..to]) && has_subject(sentence, from, to));
    };
    // A link in a mail has a domain too, and a field of its head an address.
    let is_in_a_mail = places(sentence, IN_A_MAIL).next().is_some();
    if is_in_a_mail && name.is_none() && places(sentence, PEOPLE_ONLY).next().is_none() {
        return false;
    }
    // "No such plugin for this user", in whatever the thing is called.
    if reader.0 >= to && is_theirs(sentence, to, reader.0, &FOR) {
        return false;
    }
    let is_nearer = other.is_some_and(|other| gap(other) < gap(reader));
    !is_nearer && !places(sentence, OTHERS).any(|(_, end)| is_theirs(sentence, end, reader.0, &WHOSE))
}

/// Whether a phrase needs its subject: "does not exist", but not "null mx".
fn is_bare(phrase: &str) -> bool {
    places(phrase, MISSING).next().is_some()
}

/// Whether a thing that nobody knows stands beside a phrase.
fn has_subject(sentence: &str, from: usize, to: usize) -> bool {
    let words = [&sentence[..from], &sentence[to..]];
    let words = words.iter().flat_map(|part| part.split(|c: char| !c.is_alphabetic()));
    words.filter(|word| !word.is_empty()).any(|word| !FILLERS.contains(&word))
}

/// Whether what ends at `end` is a thing of the reader who is named at `at`.
fn is_theirs(sentence: &str, end: usize, at: usize, whose: &[&str]) -> bool {
    let gap = sentence.get(end..at).filter(|gap| gap.len() <= WHOSE_MOST_BYTES);
    gap.is_some_and(|gap| {
        !gap.contains([':', ',', '(']) && gap.split_whitespace().any(|word| whose.contains(&word))
    })
}

/// What is said not to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// An address, of which the mailbox or the domain may be meant.
    Address,
    /// A mailbox, or its user.
    Mailbox,
    /// A domain, its host, or the way there.
    Domain,
}

/// A thing that may be missing, and where it stands.
type Thing = (usize, usize, Missing);

/// What a text says is missing: in each clause what stands next to the fault.
/// A text that names things without a fault is about its mailbox, if it has
/// one, else about its domain.
pub(super) fn missing(text: &str) -> Option<Missing> {
    let clauses = clauses(text);
    let said = clauses.iter().filter_map(|clause| missing_in(clause)).max();
    said.or_else(|| {
        let named: Vec<Missing> = clauses.iter().flat_map(|clause| things(clause)).map(|one| one.2).collect();
        let [mailbox, domain] =
            [Missing::Mailbox, Missing::Domain].map(|kind| named.contains(&kind).then_some(kind));
        mailbox.or(domain)
    })
}

fn missing_in(clause: &str) -> Option<Missing> {
    let things = things(clause);
    let next = |(from, to): (usize, usize)| {
        let gap = |thing: &&Thing| if thing.0 >= to { thing.0 - to } else { from.saturating_sub(thing.1) };
        // "Not known at this host": a place, whoever is not known there.
        let is_place =
            |thing: &&Thing| thing.2 == Missing::Domain && thing.0 >= to && is_of(clause, to, thing.0);
        things.iter().filter(|thing| !is_place(thing)).min_by_key(gap).map(|thing| thing.2)
    };
    [MISSING, NONE].iter().flat_map(|stems| places(clause, stems)).filter_map(next).max()
}

/// The things in a clause. What belongs together is one: "user domain" and
/// "domain of the user" are domains, "user in this domain" is a mailbox.
fn things(clause: &str) -> Vec<Thing> {
    let of = |stems: &'static str, kind| places(clause, stems).map(move |(at, end)| (at, end, kind));
    let ends = DOMAIN_ENDS.iter().flat_map(|end| clause.match_indices(end));
    let mut all: Vec<Thing> = ends.map(|(at, end)| (at, at + end.len(), Missing::Domain)).collect();
    all.extend(PLACES.iter().flat_map(|stems| of(stems, Missing::Domain)));
    all.extend(of(ADDRESSES, Missing::Address));
    all.extend(of(READERS[0], Missing::Mailbox));
    // An address is a reader, too.
    all.sort_unstable_by_key(|(at, end, kind)| (*at, *kind, Reverse(*end)));
    let mut apart: Vec<Thing> = Vec::new();
    for thing in all {
        if apart.last().is_none_or(|last| last.1 <= thing.0) {
            apart.push(thing);
        }
    }
    let mut whole: Vec<Thing> = Vec::new();
    for (at, end, kind) in apart.into_iter().rev() {
        let behind = whole.last_mut().filter(|behind| belong_together(clause, end, behind.0));
        let Some(behind) = behind else {
            whole.push((at, end, kind));
            continue;
        };
        let is_first = is_of(clause, end, behind.0);
        // "Unrouteable address", "user address"; Slavic languages put whose it is last.
        let is_slavic = clause[behind.0..].starts_with(|c| ('\u{400}'..='\u{4ff}').contains(&c));
        let is_first = is_first || is_slavic || behind.2 == Missing::Address;
        *behind = (at, behind.1, if is_first { kind } else { behind.2 });
    }
    whole.reverse();
    whole
}

fn belong_together(clause: &str, end: usize, at: usize) -> bool {
    // A stem may end before its word does.
    let gap = clause.get(end..at).unwrap_or(".").trim_start_matches(char::is_alphanumeric);
    ["", "'s", "-"].contains(&gap.trim()) || is_of(clause, end, at)
}

fn is_of(clause: &str, end: usize, at: usize) -> bool {
    [WHOSE.as_slice(), &WHERE].iter().any(|words| is_theirs(clause, end, at, words))
}
