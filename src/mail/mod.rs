//! A mail as a value, and the port through which it leaves the house.

pub mod dkim;
mod encoded_words;
mod kept;
mod letter;
pub mod mailbox;
mod mime;
pub mod smtp;
pub mod tls;
mod weight;

use async_trait::async_trait;

use crate::domain::{DeliveryId, DeliveryKind, EmailAddress, Reply, SendFault, Timestamp};

pub use kept::MailParts;
pub use letter::{Letter, Own};
pub use mime::LEAVE_BY_MAIL;
pub use weight::encoded_bytes;

/// A name and an address, as in a `From` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Originator {
    /// Name for people; may be empty.
    pub name: String,
    /// The address.
    pub address: EmailAddress,
}

impl Originator {
    /// Reads `Name <address>`, `"Name" <address>` or a plain address.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let advice = || "write \"Name <address>\", like \"Kim's blog <kim@example.org>\"".to_owned();
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(advice());
        }
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim(), address),
            None => ("", text),
        };
        let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let name =
            quoted.map_or_else(|| name.to_owned(), |name| name.replace("\\\"", "\"").replace("\\\\", "\\"));
        let address = EmailAddress::parse(address).map_err(|_| advice())?;
        Ok(Self { name, address })
    }
}

/// A mail before anyone thinks of SMTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// `From`.
    pub from: Originator,
    /// `To`: one reader.
    pub to: EmailAddress,
    /// `Reply-To`.
    pub reply_to: Option<EmailAddress>,
    /// `Subject`, any text; line ends and control characters become spaces.
    pub subject: String,
    /// `Date`.
    pub date: Timestamp,
    /// `Message-ID` without the angle brackets; the same at each try.
    pub message_id: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// `In-Reply-To` and `References`: the `Message-ID` of an earlier mail,
    /// without the angle brackets.
    pub in_reply_to: Option<String>,
    /// `List-Unsubscribe` (one https link) and `List-Unsubscribe-Post`, for mass mail.
    pub one_click: Option<String>,
    /// An address beside that link, to which a mail says the same.
    pub leave_by_mail: Option<String>,
    /// `List-Id`: a sentence and an identifier (RFC 2919), for mass mail.
    pub list_id: Option<(String, String)>,
    /// `Feedback-ID`, for mass mail.
    pub feedback_id: Option<String>,
    /// `Auto-Submitted: auto-generated` (RFC 3834).
    pub is_auto: bool,
}

/// Bytes ready for the wire, with their envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The delivery that this is.
    pub delivery_id: Option<DeliveryId>,
    /// What it carries.
    pub kind: DeliveryKind,
    /// Envelope sender.
    pub sender: String,
    /// Envelope recipient.
    pub recipient: String,
    /// The whole mail, CRLF line ends, not dot-stuffed.
    pub bytes: Vec<u8>,
}

impl Email {
    /// As bytes for the wire (RFC 5322): CRLF, lines of at most 998 bytes, 7-bit but
    /// for addresses that need SMTPUTF8.
    ///
    /// # Errors
    /// When a part cannot stand in a mail at all, such as a link with a space.
    pub fn to_bytes(&self) -> Result<Vec<u8>, MimeError> {
        Ok(Letter::of(self, &[])?.fill(&[]))
    }
}

/// Why a mail cannot be written down.
#[derive(Debug, thiserror::Error)]
#[error("the mail cannot be written: {0}")]
pub struct MimeError(pub String);

/// What went wrong with a hand-over, told as what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// Try this mail again later; the others go on.
    Later(Reply),
    /// This reader never.
    BadRecipient(Reply),
    /// This mail never; the reader may be good.
    BadMessage(Reply),
    /// The relay does not take mail from this sender: pause what has it, tell
    /// the operator, count no try.
    SenderRefused(Reply),
    /// No connection to the relay, or it closed the door: rest, give claims
    /// back uncounted.
    RelayDown(Reply),
    /// The relay refuses us as a client (530, 535, 554 at the greeting):
    /// rest, alarm, give claims back uncounted.
    RelayRefusesUs(Reply),
    /// The relay refuses what we send, for what we are and whoever the reader
    /// is (quota, relaying, reputation, R17): the same. It was said where a
    /// reader was named, so it may be what their domain's server says of us.
    RelayRefusesMail(Reply),
    /// The same before any reader was named.
    RelayRefusesAll(Reply),
}

impl SendError {
    /// What concerns this delivery alone; `None` for what concerns more.
    pub fn into_fault(self) -> Result<SendFault, Self> {
        match self {
            Self::Later(reply) => Ok(SendFault::Later(reply)),
            Self::BadRecipient(reply) => Ok(SendFault::BadRecipient(reply)),
            Self::BadMessage(reply) => Ok(SendFault::BadMessage(reply)),
            other => Err(other),
        }
    }

    /// What the server said.
    pub fn reply(&self) -> &Reply {
        match self {
            Self::Later(r) | Self::BadRecipient(r) | Self::BadMessage(r) => r,
            Self::SenderRefused(r) | Self::RelayDown(r) => r,
            Self::RelayRefusesUs(r) | Self::RelayRefusesMail(r) | Self::RelayRefusesAll(r) => r,
        }
    }
}

/// What a relay taught us about itself; worth remembering across restarts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lessons {
    /// Whether its last EHLO offered SMTPUTF8 (RFC 6531); `None` before there was one.
    pub offers_smtputf8: Option<bool>,
    /// Until when nothing is written behind the final dot of a mail.
    pub careful_until: Option<Timestamp>,
    /// How many mails it takes over one connection, where it closed one.
    pub most_mails: Option<u32>,
}

/// A way for mail to leave: an SMTP relay, or the built-in mailbox.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Its name: `host:port`, or `mailbox`.
    fn name(&self) -> &str;

    /// How many sessions may be open at once.
    fn connections(&self) -> usize;

    /// A session that connects when it is first used.
    fn session(&self) -> Box<dyn Session>;

    /// What is known of the relay by now.
    fn lessons(&self) -> Lessons {
        Lessons::default()
    }

    /// What an earlier process had learned.
    fn recall(&self, _lessons: Lessons) {}
}

/// One connection, owned by one task.
///
/// Cancel safety: a session whose `send` was dropped half way has dropped its
/// connection with it and connects anew at the next call.
#[async_trait]
pub trait Session: Send {
    /// Connects, unless it is connected. Calling it first keeps a slow
    /// connect out of the time between the last look at a row and its mail.
    async fn open(&mut self) -> Result<(), SendError> {
        Ok(())
    }

    /// Hands one mail over. `Ok` means that the server has answered for it.
    /// `next` is announced in the same write where the relay allows it
    /// (RFC 2920): nothing of its text goes out before its own `send`, and it
    /// may still be left unsent, which costs the connection.
    async fn send(&mut self, parcel: &Parcel, next: Option<&Parcel>) -> Result<Reply, SendError>;

    /// Says goodbye and closes; the next `send` connects anew.
    async fn close(&mut self);
}
