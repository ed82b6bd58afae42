//! Complaints: a reader's provider says that our mail was called spam
//! (RFC 5965).

use super::fields::{Fields, addresses};
use super::original::Original;
use super::parts::Pieces;
use super::{MOST_RECIPIENTS, Recipient, one_line};
use crate::feedback::Class;

/// Whom a complaint is from; `None` when the mail is none.
pub(super) fn read(pieces: &Pieces, original: &Original) -> Option<Vec<Recipient>> {
    let report = pieces.feedback.as_deref()?;
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
