//! A kept mail, taken apart again for people to look at.

use mail_parser::{MessageParser, MimeHeaders};

/// The parts of a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailParts {
    /// `Name <address>` of the sender.
    pub from: String,
    /// Decoded subject.
    pub subject: String,
    /// Name and value, unfolded; encoded words stay as they went over the wire.
    pub headers: Vec<(String, String)>,
    /// The HTML part.
    pub html: Option<String>,
    /// The text part.
    pub text: Option<String>,
}

impl MailParts {
    /// Takes a mail apart; empty parts for what is no mail.
    pub fn of(raw: &[u8]) -> Self {
        let Some(message) = MessageParser::default().parse(raw) else { return Self::default() };
        let headers = message
            .headers_raw()
            .map(|(name, value)| (name.to_owned(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        let from = message.from().and_then(|from| from.first()).map_or_else(String::new, |from| {
            let address = from.address().unwrap_or("");
            match from.name() {
                Some(name) => format!("{name} <{address}>"),
                None => address.to_owned(),
            }
        });
        let part = |kind: &str| {
            message.parts.iter().find_map(|part| {
                let is_kind = part.content_type().is_some_and(|c| c.subtype() == Some(kind));
                is_kind.then(|| part.text_contents().map(str::to_owned)).flatten()
            })
        };
        Self {
            from,
            subject: message.subject().unwrap_or("").to_owned(),
            headers,
            html: part("html"),
            text: part("plain"),
        }
    }
}
