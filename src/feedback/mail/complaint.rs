//! Feedback reports (RFC 5965): a reader's provider says that our mail was
//! called spam, or something else.

use serde::Serialize;

use super::fields::{Fields, addresses};
use super::original::Original;
use super::parts::Pieces;
use super::{MOST_RECIPIENTS, Recipient, one_line};
use crate::domain::refusal::plain;
use crate::feedback::Class;

/// What a feedback report says, by its `Feedback-Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feedback {
    /// A reader calls our mail spam, or fraud (RFC 5965 §7.3).
    Abuse,
    /// A reader wants no more: a type of the drafts of RFC 5965 that is still
    /// sent, and Apple's mails.
    OptOut,
    /// A reader takes a complaint back (RFC 6430).
    NotSpam,
    /// Nobody who reads complains: a program found our mail forged (RFC 6591)
    /// or infected, or the type is unknown.
    NoComplaint,
}

impl Feedback {
    fn of_type(kind: &str) -> Self {
        match kind {
            "abuse" | "fraud" => Self::Abuse,
            "opt-out" | "opt-out-list" => Self::OptOut,
            "not-spam" => Self::NotSpam,
            _ => Self::NoComplaint,
        }
    }
}

/// What a feedback report says, and of whom; `None` when the mail is none.
pub(super) fn read(pieces: &Pieces, original: &Original) -> Option<(Feedback, Vec<Recipient>)> {
    let Some(report) = pieces.feedback.as_deref() else {
        let hotmail = of_former_hotmail(pieces, original).map(|about| (Feedback::Abuse, about));
        return hotmail.or_else(|| Some((Feedback::OptOut, leaving(pieces)?)));
    };
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
    let kind = fields.get("feedback-type").unwrap_or("abuse").trim().to_ascii_lowercase();
    let feedback = Feedback::of_type(&kind);
    let diagnostic = one_line(&format!("feedback report: {kind}"));
    let class = if feedback == Feedback::NoComplaint { Class::Sender } else { Class::Hard };
    let about = about.into_iter().map(|address| recipient(address, &diagnostic));
    Some((feedback, about.map(|about| Recipient { class, ..about }).collect()))
}

/// A complaint ends the subscription, whatever class it is given.
fn recipient(address: String, diagnostic: &str) -> Recipient {
    Recipient { address, class: Class::Hard, status: None, diagnostic: diagnostic.to_owned() }
}

/// Microsoft's of the years before RFC 5965 reached it: our mail alone, below
/// a field that names the reader.
fn of_former_hotmail(pieces: &Pieces, original: &Original) -> Option<Vec<Recipient>> {
    let is_one = plain(&pieces.subject).starts_with("complaint about message from");
    let from = pieces.header.get("from").and_then(|from| addresses(from).last())?.to_ascii_lowercase();
    let is_theirs = ["@hotmail.com", "@outlook.com", "@microsoft.com"].iter().any(|own| from.ends_with(own));
    let reader = Fields::of_header(&pieces.original);
    let named = reader.get("x-hmxmroriginalrecipient").and_then(|value| addresses(value).next());
    let about = named.map(str::to_owned).or_else(|| original.recipients.first().cloned());
    (is_one && is_theirs).then_some(())?;
    Some(about.into_iter().map(|address| recipient(address, "feedback report: abuse")).collect())
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
    Some(vec![recipient(from?.to_owned(), "the reader's mail program asked to unsubscribe")])
}
