//! Mails that come back: what they are, and whom they are about. Bytes in, a
//! report out; what is not understood is `None` and names nobody.

mod answer;
mod complaint;
mod dsn;
mod fields;
mod free;
mod languages;
mod original;
mod parts;
mod said;
mod text;

use std::collections::HashSet;

use serde::Serialize;

use super::Class;
use crate::domain::refusal::{self, Reported};
use crate::mail::LEAVE_BY_MAIL;
pub use complaint::Feedback;
use parts::Pieces;

/// Recipients that one report may name; a mail of ours has one.
pub const MOST_RECIPIENTS: usize = 500;
/// Kept of what the other side said of a recipient.
const DIAGNOSTIC_BYTES: usize = 1_000;

/// What a mail turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A mail of ours was not delivered, or not yet.
    Bounce,
    /// A feedback report (RFC 5965) or its like; what it says is told beside.
    Complaint,
    /// A program answered for a reader, who is there (RFC 3834).
    Autoreply,
    /// Something else, such as a person's mail.
    None,
}

/// One reader that a bounce or complaint is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recipient {
    /// As the report writes it: not checked, and not to be trusted.
    pub address: String,
    /// Who is to blame.
    pub class: Class,
    /// The status by RFC 3463, where there is one.
    pub status: Option<String>,
    /// What the other side said, in one line.
    pub diagnostic: String,
}

/// What a raw mail says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What the mail is.
    pub kind: Kind,
    /// Whom it is about; empty unless it is a bounce or complaint.
    pub recipients: Vec<Recipient>,
    /// Addresses one of which may be our envelope sender with its token.
    pub sent_to: Vec<String>,
    /// `Message-ID` of our mail, without brackets.
    pub original_message_id: Option<String>,
    /// What a feedback report says; a reader's "this is no spam" is no complaint
    /// and names nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    /// Whether it says what the `mailto:` of our `List-Unsubscribe` says.
    #[serde(skip)]
    pub asks_to_leave: bool,
}

/// Reads a raw mail. Never fails and never panics; time and memory are
/// bounded by the mail's size.
#[must_use]
pub fn read(raw: &[u8]) -> Report {
    let pieces = parts::take_apart(raw);
    let original = original::read(&pieces);
    let (kind, feedback, recipients) = match complaint::read(&pieces, &original) {
        Some((Feedback::NotSpam, _)) => (Kind::None, Some(Feedback::NotSpam), Vec::new()),
        Some((feedback, about)) => (Kind::Complaint, Some(feedback), about),
        None => {
            let (kind, recipients) = understand(&pieces, &original);
            (kind, None, recipients)
        }
    };
    let recipients = fields::without_doubles(recipients, |recipient| &recipient.address);
    let is_report = !pieces.status.is_empty() || pieces.feedback.is_some();
    let asks_to_leave = !is_report && pieces.subject.trim().eq_ignore_ascii_case(LEAVE_BY_MAIL);
    Report {
        kind,
        recipients,
        sent_to: original.sent_to,
        original_message_id: original.message_id,
        feedback,
        asks_to_leave,
    }
}

fn understand(pieces: &Pieces, original: &original::Original) -> (Kind, Vec<Recipient>) {
    if answer::is_receipt(pieces) {
        return (Kind::Autoreply, Vec::new());
    }
    if !pieces.status.is_empty() || free::is_bounce(pieces, original) {
        // A gateway may wrap the report that it got in one of its own.
        let inner = || pieces.inner.as_deref().and_then(|inner| from_blocks(inner, original));
        let found = from_blocks(pieces, original).or_else(inner);
        return (Kind::Bounce, found.unwrap_or_else(|| free::recipients(pieces, original)));
    }
    if answer::is_automatic(pieces) { (Kind::Autoreply, Vec::new()) } else { (Kind::None, Vec::new()) }
}

/// By the machine-readable blocks, if there are any.
fn from_blocks(pieces: &Pieces, original: &original::Original) -> Option<Vec<Recipient>> {
    let source = [&pieces.status, &pieces.words].into_iter().find(|text| dsn::has_blocks(text))?;
    let blocks = dsn::blocks(source, MOST_RECIPIENTS);
    if blocks.is_empty() {
        return None;
    }
    let lone = blocks.len() == 1;
    let filtered = refused_after_data(&pieces.words);
    // RFC 3464 §2.2.2 asks for the name of the server that reports. Without it
    // nobody knows who said what at which step.
    let names_a_server = pieces.status.is_empty() || dsn::names_a_server(source);
    let about = |block: dsn::Block| {
        let mut words =
            if lone { pieces.words.clone() } else { text_about(&pieces.words, &block.address).to_owned() };
        let said = refusal::enhanced_in(&block.diagnostic);
        if !lone && said.is_some_and(|status| filtered.contains(status)) {
            words.push_str(" (in reply to end of DATA)");
        }
        let judgement = refusal::of_report(&Reported {
            status: block.status.as_deref(),
            host: &block.host,
            diagnostic: &block.diagnostic,
            words: &words,
            senders: &original.senders_beside(&block.address),
        });
        let status = judgement.status.or(block.status);
        let is_told = names_a_server || status.as_deref().is_some_and(|status| !status.ends_with(".0.0"));
        Recipient {
            class: spared(judgement.class, block.action.starts_with("delay") || !is_told),
            status,
            diagnostic: one_line(if block.diagnostic.is_empty() { &words } else { &block.diagnostic }),
            address: block.address,
        }
    };
    let is_failure = |block: &dsn::Block| {
        !["delivered", "relayed", "expanded"].iter().any(|good| block.action.starts_with(good))
    };
    Some(blocks.into_iter().filter(is_failure).map(about).collect())
}

/// A class that gives up nobody, where there is reason to.
fn spared(class: Class, is_spared: bool) -> Class {
    if is_spared && class == Class::Hard { Class::Soft } else { class }
}

/// With which statuses `DATA` was refused, in a transcript of several
/// recipients; it may name them otherwise than their blocks do.
fn refused_after_data(words: &str) -> HashSet<&str> {
    let lines = words.lines().skip_while(|line| !line.starts_with(">>> DATA"));
    let answers = lines.filter(|line| line.starts_with("<<<"));
    answers.filter_map(refusal::enhanced_in).take(MOST_RECIPIENTS).collect()
}

/// The paragraph that starts with the address.
fn text_about<'a>(words: &'a str, address: &str) -> &'a str {
    // Bounded: a hostile report names many, and each search reads the words.
    const SEARCHED: usize = 16 * 1024;
    let words = words.get(..SEARCHED).unwrap_or(words);
    let words = if words.len() > SEARCHED { "" } else { words };
    let Some(at) = words.find(address) else { return "" };
    let rest = &words[at..];
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if end > 0 && (line.trim().is_empty() || free::at_front(line).is_some()) {
            break;
        }
        end += line.len();
    }
    &rest[..end]
}

fn one_line(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if out.len() + word.len() >= DIAGNOSTIC_BYTES {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests;
