//! Complaints: a reader's provider says that our mail was called spam
//! (RFC 5965).

use super::fields::{Fields, addresses};
use super::original::Original;
use super::parts::Pieces;
use super::{MOST_RECIPIENTS, Recipient, one_line};
use crate::domain::refusal::plain;
use crate::feedback::Class;

/// Said by a program, not by a reader: mail of ours looked forged (RFC 6591)
/// or infected.
const OF_PROGRAMS: [&str; 3] = ["auth-failure", "dmarc", "virus"];

/// Whom a complaint is from; `None` when the mail is none.
pub(super) fn read(pieces: &Pieces, original: &Original) -> Option<Vec<Recipient>> {
    let Some(report) = pieces.feedback.as_deref() else {
        return of_former_hotmail(pieces, original).or_else(|| leaving(pieces));
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
    if kind == "not-spam" {
        return None;
    }
    let diagnostic = one_line(&format!("feedback report: {kind}"));
    let is_of_reader = !OF_PROGRAMS.contains(&kind.as_str());
    let class = if is_of_reader { Class::Hard } else { Class::Sender };
    let about = about.into_iter().map(|address| recipient(address, &diagnostic));
    Some(about.map(|about| Recipient { class, ..about }).collect())
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
