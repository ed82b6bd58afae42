//! The mail of ours that a report gives back: to whom it went, and by which
//! of our envelope senders.

use super::fields::{Fields, addresses, first_address, without_doubles};
use super::parts::Pieces;

/// Fields that name the reader; the first is Microsoft's, in complaints.
const RECIPIENT: [&str; 5] =
    ["x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "envelope-to", "x-envelope-to"];
/// Addresses that are kept.
const MOST: usize = 20;

/// What is known of our mail.
#[derive(Debug, Default)]
pub(super) struct Original {
    /// To whom it went, the surest first.
    pub(super) recipients: Vec<String>,
    /// From whom it came: never the reader that a report is about.
    pub(super) senders: Vec<String>,
    pub(super) sent_to: Vec<String>,
    pub(super) message_id: Option<String>,
    /// Whether a mail is given back as it travelled: what people quote has
    /// neither its id nor its way.
    pub(super) is_whole: bool,
}

impl Original {
    /// Of the addresses that may be our sender, of the envelope or in the
    /// mail's head, those that this reader, or
    /// one at the same domain, is not.
    pub(super) fn senders_beside(&self, reader: &str) -> Vec<&str> {
        let domain = |address: &str| address.rsplit('@').next().unwrap_or_default().to_lowercase();
        let own = domain(reader);
        let ours = self.sent_to.iter().chain(&self.senders);
        let senders = ours.filter(|address| address.contains('@') && domain(address) != own);
        senders.map(String::as_str).collect()
    }
}

pub(super) fn read(pieces: &Pieces) -> Original {
    let header = Fields::of_header(pieces.original.trim_start());
    let list = |fields: &Fields, names: &[&str]| -> Vec<String> {
        let values = names.iter().flat_map(|name| fields.all(name).collect::<Vec<_>>());
        values.flat_map(|value| addresses(value).take(MOST)).map(str::to_owned).take(MOST).collect()
    };
    let mut recipients = list(&header, &RECIPIENT);
    recipients.extend(list(&header, &["to"]));
    recipients.extend(header.all("received").filter_map(for_whom).map(str::to_owned).take(MOST));
    let senders = list(&header, &["from", "return-path", "sender", "reply-to", "errors-to"]);
    let names = ["to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "apparently-to"];
    let mut sent_to = list(&pieces.header, &names);
    sent_to.extend(list(&header, &["return-path", "x-envelope-from", "sender", "errors-to"]));
    let blocks = Fields::of_header(pieces.status.trim_start());
    let feedback = Fields::of_header(pieces.feedback.as_deref().unwrap_or_default().trim_start());
    sent_to.extend(list(&blocks, &["original-envelope-id"]));
    sent_to.extend(list(&feedback, &["original-mail-from"]));
    let message_id = header.get("message-id").and_then(|value| {
        let value = value.trim().trim_start_matches('<');
        let end = value.find(['>', ' ']).unwrap_or(value.len());
        (end > 0).then(|| value[..end].to_owned())
    });
    let is_whole = ["message-id", "received", "return-path"].iter().any(|name| header.get(name).is_some());
    let unique = |list: Vec<String>| without_doubles(list, String::as_str);
    Original {
        recipients: unique(recipients),
        senders: unique(senders),
        sent_to: unique(sent_to),
        message_id,
        is_whole,
    }
}

/// `Received: … for <kim@example.org>; …`
fn for_whom(received: &str) -> Option<&str> {
    let at = received.find(" for ")?;
    first_address(received[at + 5..].split([';', ' ']).find(|word| !word.is_empty())?)
}
