//! A refusal's words as the phrases are looked for in them: in lower case,
//! letters without their marks, and once more without the names in them.

use unicode_normalization::UnicodeNormalization as _;

use super::guess::without_guesses;
use super::phrases::{self, Kind, Row};
use super::whom::{Missing, is_of_reader, missing};
use super::{Blame, Ours};

/// Read of a text; a refusal says early what it is about.
const TEXT_BYTES: usize = 3_000;
/// Between the two parts of a phrase.
const GAP_BYTES: usize = 120;
/// Between a thing and what is wrong with it.
const NEAR_BYTES: usize = 40;
/// Places where a word of a kind is looked at.
const MOST_PLACES: usize = 20;
/// Before a thing that is not the reader's.
const NOT_THEIRS: [&str; 15] = [
    "ip", "sender", "sender's", "from", "return", "your", "source", "client", "sending", "envelope",
    "mailfrom", "helo", "ehlo", "server", "smtp",
];
/// Behind a thing that is not the reader but theirs.
const OF_THEIRS: [&str; 7] =
    ["'s server", " server", "'s host", " database", " quota table", " directory is", " map "];

/// A text in both forms; the one without names has no guesses either.
#[derive(Debug, Default)]
pub(super) struct Text {
    whole: String,
    without_names: String,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let whole = plain(cut(text));
        Self { without_names: without_names(&without_guesses(&whole)), whole }
    }

    /// What a server said, of which the name tells how to read it.
    pub(super) fn of_host(host: &str, text: &str) -> Self {
        let own = Self::new(text);
        Self { whole: format!("{} {}", plain(cut(host)), own.whole), ..own }
    }

    pub(super) fn particular(&self) -> Option<Blame> {
        first_row(phrases::PARTICULAR, &self.whole)
    }

    pub(super) fn general(&self) -> Option<Blame> {
        let text = self.without_names.as_str();
        let says = |row: &Row, words: &str, is_english: bool| match row.blame {
            Blame::Reader if !words.contains('*') => text
                .match_indices(words)
                .take(MOST_PLACES)
                .any(|(at, found)| is_of_reader(text, at, at + found.len(), is_english)),
            _ => has(text, words),
        };
        let [english, others] = phrases::GENERAL;
        let rows = english.iter().map(|row| (row, true)).chain(others.iter().map(|row| (row, false)));
        let mut said =
            rows.filter(|(row, is_english)| row.says.split('|').any(|words| says(row, words, *is_english)));
        said.next().map(|(row, _)| row.blame)
    }

    /// What a thing and its fault say. Under a status of an address, of a
    /// mailbox only that it is full.
    pub(super) fn kind(&self, is_about_address: bool) -> Option<Blame> {
        let said = phrases::KINDS.iter().find(|kind| is_said(&self.without_names, kind))?;
        let is_less = is_about_address && said.blame == Blame::Mailbox && said.faults != phrases::FULL;
        Some(said.blame).filter(|_| !is_less)
    }

    pub(super) fn missing(&self) -> Option<Missing> {
        missing(&self.without_names)
    }

    /// Whether something is wrong with the sender.
    pub(super) fn is_about_sender(&self) -> bool {
        phrases::OF_SENDER.iter().any(|kind| is_said(&self.without_names, kind))
    }

    /// Whether it is said to hold for now only.
    pub(super) fn is_for_now(&self) -> bool {
        let general = phrases::GENERAL.iter().copied().flatten().filter(|row| row.blame == Blame::Moment);
        let mut rows = phrases::NOW.iter().chain(general);
        rows.any(|row| row.says.split('|').any(|words| has(&self.without_names, words)))
    }

    pub(super) fn weak(&self) -> Option<Blame> {
        first_row(phrases::WEAK, &self.without_names)
    }

    /// Refused before a recipient was named.
    pub(super) fn is_before_rcpt(&self) -> bool {
        const SAID: [&str; 9] = [
            "in reply to mail from",
            "in reply to helo",
            "in reply to ehlo",
            "after mail from:",
            "after initial connection",
            "after helo",
            "after ehlo",
            "my name was rejected",
            "sender was rejected",
        ];
        SAID.iter().any(|words| self.without_names.contains(words))
    }

    /// Refused after the mail's text was sent.
    pub(super) fn is_after_data(&self) -> bool {
        const SAID: [&str; 4] = [
            "in reply to end of data",
            "after end of data",
            "smtp command data",
            "failed after i sent the message",
        ];
        let after_dot = |rest: &str| rest.trim_start().starts_with("<<< 5");
        SAID.iter().any(|words| self.without_names.contains(words))
            || self.without_names.split_once(">>> data").is_some_and(|(_, rest)| after_dot(rest))
    }
}

/// What is said, with our senders and their domains called so.
pub(super) fn with_sender_named(text: &str, senders: &[&str]) -> String {
    let mut text = text.to_owned();
    for sender in senders {
        text = replaced(&text, sender, "the sender address");
        if let Some((_, domain)) = sender.rsplit_once('@') {
            text = replaced(&text, domain, "the sender domain");
        }
    }
    text
}

/// A reply to RCPT, with our envelope sender called so: its address, its
/// domain and the domains above that. Where the reply names the reader, it is
/// about the reader, whoever else stands in it.
pub(crate) fn with_own_sender_named(text: &str, sender: &str, reader: &str) -> String {
    let domain_of = |address: &str| address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    if text.to_ascii_lowercase().contains(&reader.to_ascii_lowercase()) {
        return text.to_owned();
    }
    let mut named = replaced(text, sender, "the sender address");
    let (own, theirs) = (domain_of(sender), domain_of(reader));
    let above = own.match_indices('.').map(|(dot, _)| &own[dot + 1..]);
    for domain in std::iter::once(own.as_str()).chain(above).filter(|domain| domain.contains('.')) {
        let is_theirs =
            theirs.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !is_theirs {
            named = replaced(&named, domain, "the sender domain");
        }
    }
    named
}

/// `name` in any case, where it stands alone: in no longer name, and as no
/// server that says something.
fn replaced(text: &str, name: &str, by: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    let is_in_name = |c: char| c.is_alphanumeric() || "@-_+".contains(c);
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for (at, _) in lower.match_indices(&name).filter(|(_, found)| !found.is_empty()) {
        let (before, after) = (&lower[..at], &lower[at + name.len()..]);
        let goes_on = after.starts_with(|c| is_in_name(c) || c == '[')
            || after.strip_prefix('.').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        if goes_on || before.ends_with(|c| is_in_name(c) || c == '.') || before.ends_with("host ") {
            continue;
        }
        out.push_str(&text[from..at]);
        out.push_str(by);
        from = at + name.len();
    }
    out.push_str(&text[from..]);
    out
}

/// The blame of the first row that the text matches.
fn first_row(table: &[Row], text: &str) -> Option<Blame> {
    table.iter().find(|row| row.says.split('|').any(|words| has(text, words))).map(|row| row.blame)
}

/// Whether a thing and a fault of it stand near each other, in one sentence.
fn is_said(text: &str, kind: &Kind) -> bool {
    let is_ours = matches!(kind.blame, Blame::Us(_));
    let mut things = places(text, kind.things).filter(|(at, end)| {
        let before = text[..*at].trim_end().rsplit(' ').next().unwrap_or_default();
        // A mail goes back "to sender", whatever was wrong.
        if is_ours {
            before != "to" || kind.blame != Blame::Us(Ours::Sender)
        } else {
            !NOT_THEIRS.contains(&before) && !OF_THEIRS.iter().any(|words| text[*end..].starts_with(words))
        }
    });
    if kind.faults.is_empty() {
        return things.next().is_some();
    }
    let faults: Vec<(usize, usize)> = places(text, kind.faults).collect();
    let is_near = |from: usize, to: usize| {
        let gap = text.get(from..to);
        gap.is_some_and(|gap| {
            let gap = gap.replace("...", "");
            gap.len() <= NEAR_BYTES && ![". ", "; ", "! "].iter().any(|end| gap.contains(end))
        })
    };
    let is_of_them =
        |fault: usize, ends: usize| kind.blame != Blame::Reader || is_of_reader(text, fault, ends, false);
    things.any(|(at, end)| {
        let mut near = faults.iter().filter(|(fault, ends)| is_near(end, *fault) || is_near(*ends, at));
        near.any(|(fault, ends)| is_of_them(*fault, *ends))
    })
}

/// Where words begin that start with one of these stems, and where the stems end.
pub(super) fn places<'a>(text: &'a str, stems: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    stems.split('|').flat_map(move |stem| {
        let begins = move |at: usize| {
            // Not all scripts have gaps between words.
            !stem.starts_with(|c: char| c.is_ascii_alphanumeric())
                || !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric())
        };
        let found = text.match_indices(stem).map(|(at, _)| at);
        found.filter(move |at| begins(*at)).take(MOST_PLACES).map(move |at| (at, at + stem.len()))
    })
}

/// `a*b` asks for both, in this order and near each other.
fn has(text: &str, words: &str) -> bool {
    let Some((first, rest)) = words.split_once('*') else { return text.contains(words) };
    let near = |at: usize| {
        let after = &text[at + first.len()..];
        has(start(after, GAP_BYTES + rest.len()), rest)
    };
    text.match_indices(first).take(20).any(|(at, _)| near(at))
}

/// The part of a transcript that tells of the last server: what was said by
/// others before is no verdict.
pub(super) fn of_last_host(words: &str) -> &str {
    words.rfind("hile talking to").map_or(words, |at| &words[at..])
}

/// Words without the paragraphs that scanners and lawyers put below every
/// mail: a report that was "scanned for viruses" tells of none.
pub(super) fn without_footers(words: &str) -> String {
    const FOOTERS: [&str; 12] = [
        "scanned for",
        "scanned by",
        "been scanned",
        "virus scanned",
        "virus-free",
        "virus free",
        "checked by avg",
        "checked for virus",
        "auf viren",
        "antivirus",
        "anti-virus",
        "intended only for",
    ];
    const VERDICTS: [&str; 7] =
        ["rejected", "refused", "infected", "blocked", "contained", "was found", "quarantined"];
    let mut out = String::with_capacity(words.len());
    let mut paragraph = String::new();
    let is_rule = |line: &str| line.len() < 3 || line.chars().all(|c| "_-=*+# \t".contains(c));
    let mut close = |paragraph: &mut String| {
        let lower = paragraph.to_lowercase();
        let says = |list: &[&str]| list.iter().any(|words| lower.contains(words));
        if !says(&FOOTERS) || says(&VERDICTS) {
            out.push_str(paragraph);
        }
        paragraph.clear();
    };
    for line in cut(words).split_inclusive('\n') {
        if is_rule(line.trim()) {
            close(&mut paragraph);
        }
        paragraph.push_str(line);
    }
    close(&mut paragraph);
    out
}

/// Lower case, Latin letters without their marks, each white space one space.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars().flat_map(char::to_lowercase) {
            match c {
                '\u{2019}' | '\u{00b4}' | '`' => out.push('\''),
                'ß' => out.push_str("ss"),
                'æ' => out.push_str("ae"),
                'ø' => out.push('o'),
                'ł' => out.push('l'),
                'đ' => out.push('d'),
                'ı' => out.push('i'),
                // Of `to_lowercase` of a letter with a mark.
                '\u{0300}'..='\u{036f}' => {}
                c if c.is_ascii() => out.push(c),
                c => {
                    let base = std::iter::once(c).nfd().next();
                    out.push(base.filter(char::is_ascii_alphabetic).unwrap_or(c));
                }
            }
        }
    }
    out
}

/// What is said, without the names in it: `nospam@example.org` and
/// `mx.antispam.example.org` say nothing of spam.
fn without_names(text: &str) -> String {
    const LISTS: [&str; 5] = ["spamhaus", "barracudacentral", "spamcop", "sorbs", "openspf"];
    let is_in_name = |c: char| c.is_alphanumeric() || "@.-_+=".contains(c);
    // `kim@example.org...User unknown` is a name and what is said of it.
    let text = text.replace("...", " ... ");
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

/// The reply that a gateway gives back in quotes behind words of its own, as
/// `5.1.0 - Unknown address error 550-'5.7.1 Relaying denied'`: it tells more.
pub(super) fn reply_within(text: &str) -> &str {
    let text = cut(text);
    let code = |at: usize| {
        let code = text.get(at.checked_sub(3)?..at)?;
        let is_refusal = code.starts_with(['4', '5']) && code.bytes().all(|b| b.is_ascii_digit());
        is_refusal.then_some(at - 3)
    };
    let begin = text.match_indices("-'").find_map(|(at, _)| code(at));
    begin.map_or(text, |begin| text[begin..].trim_end().trim_end_matches('\''))
}

pub(super) fn cut(text: &str) -> &str {
    start(text, TEXT_BYTES)
}

fn start(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
