//! Complaints: a reader's provider says that our mail was called spam
//! (RFC 5965).

use super::fields::{Fields, addresses};
use super::original::Original;
use super::parts::Pieces;
use super::{MOST_RECIPIENTS, Recipient, one_line};
use crate::feedback::Class;

/// Whom a complaint is from; `None` when the mail is none.
pub(super) fn read(pieces: &Pieces, original: &Original) -> Option<Vec<Recipient>> {
    let Some(report) = pieces.feedback.as_deref() else { return leaving(pieces) };
    let fields = Fields::of_header(report.trim_start());
    let named = ["original-rcpt-to", "removal-recipient"]
        .iter()
        .flat_map(|name| fields.all(name).collect::<Vec<_>>())
        .flat_map(addresses)
        .map(str::to_owned);
    let mut about: Vec<String> = named.take(MOST_RECIPIENTS).collect();
    if about.is_empty() {
        about.extend(original.recipients.first().cloned());
    }
    let kind = fields.get("feedback-type").unwrap_or("abuse").to_owned();
    // A complaint ends the subscription, whatever class it is given.
    let recipient = |address| Recipient {
        address,
        class: Class::Hard,
        status: None,
        diagnostic: one_line(&format!("feedback report: {kind}")),
    };
    Some(about.into_iter().map(recipient).collect())
}

/// A mail program that leaves for its reader by the `mailto:` of our
/// `List-Unsubscribe` (RFC 2369 §3.2), as Apple's does.
fn leaving(pieces: &Pieces) -> Option<Vec<Recipient>> {
    let is_automatic =
        pieces.header.get("auto-submitted").is_some_and(|value| !value.trim().starts_with("no"));
    let is_leaving = pieces.subject.trim().eq_ignore_ascii_case("unsubscribe")
        && pieces.words.contains("sent this email to unsubscribe");
    let from = pieces.header.get("from").and_then(|from| addresses(from).last());
    (is_automatic && is_leaving).then_some(())?;
    Some(vec![Recipient {
        address: from?.to_owned(),
        class: Class::Hard,
        status: None,
        diagnostic: "the reader's mail program asked to unsubscribe".to_owned(),
    }])
}
