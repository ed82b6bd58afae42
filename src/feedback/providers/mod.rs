//! What mail providers report by webhook, and how each proves who it is.
//! Pure: a request goes in, events or a refusal come out; nothing is fetched,
//! stored or remembered here.

mod envelope;
mod field;
mod form;
mod generic;
mod mailgun;
mod postmark;
pub mod proof;
mod sendgrid;
mod ses;
mod shapes;
mod verdict;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::Class;
use crate::domain::{EmailAddress, Timestamp};

/// Largest request that is read. SendGrid's batches end below 1 MB; a bounce
/// from Postmark may hold the whole mail. Read, JSON takes some 16 times that.
pub const BODY_MAX_BYTES: usize = 2 * 1024 * 1024;
/// Most events in one request.
pub const EVENTS_MAX: usize = 10_000;

/// Who is behind `/hooks/bounces/{provider}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Amazon SES, through SNS.
    Ses,
    /// Twilio SendGrid.
    Sendgrid,
    /// Postmark.
    Postmark,
    /// Mailgun.
    Mailgun,
    /// Brevo.
    Brevo,
    /// Mailjet.
    Mailjet,
    /// Resend.
    Resend,
    /// MailerSend.
    Mailersend,
    /// Mailtrap.
    Mailtrap,
    /// SparkPost.
    Sparkpost,
    /// SMTP2GO.
    Smtp2go,
    /// Scaleway Transactional Email, through its Topics and Events.
    Scaleway,
    /// Anything that speaks our own shape (docs/webhooks.md).
    Generic,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Ses,
        Self::Sendgrid,
        Self::Postmark,
        Self::Mailgun,
        Self::Brevo,
        Self::Mailjet,
        Self::Resend,
        Self::Mailersend,
        Self::Mailtrap,
        Self::Sparkpost,
        Self::Smtp2go,
        Self::Scaleway,
        Self::Generic,
    ];

    /// As it stands in the URL and the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ses => "ses",
            Self::Sendgrid => "sendgrid",
            Self::Postmark => "postmark",
            Self::Mailgun => "mailgun",
            Self::Brevo => "brevo",
            Self::Mailjet => "mailjet",
            Self::Resend => "resend",
            Self::Mailersend => "mailersend",
            Self::Mailtrap => "mailtrap",
            Self::Sparkpost => "sparkpost",
            Self::Smtp2go => "smtp2go",
            Self::Scaleway => "scaleway",
            Self::Generic => "generic",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == text)
            .ok_or_else(|| format!("a provider is one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What came over HTTP.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The `Content-Type` header; empty when there was none.
    pub content_type: &'a str,
    /// Names and values; names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, byte for byte: signatures cover it.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let named = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim())
    }
}

/// What happened to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It came back; the event has a class.
    Bounced,
    /// Its reader called it spam.
    Complained,
    /// Its reader wants no more.
    Unsubscribed,
    /// Not yet; the provider tries again.
    Deferred,
    /// The provider did not send it at all.
    Rejected,
    /// The reader's server took it.
    Delivered,
}

/// One thing that a provider reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// To whom; `None` when the provider does not say, or says no address.
    #[serde(serialize_with = "as_text")]
    pub address: Option<EmailAddress>,
    /// Whom a bounce, a refusal or a delay blames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Of a mail that the provider did not send: what put the reader on a list
    /// of the provider's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<Kind>,
    /// The enhanced status code (RFC 3463), like `5.1.1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What the server or the provider said, cut to a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<String>,
    /// Our `Message-ID`, without angle brackets, where the provider tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// When it happened, by the provider's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Event {
    fn new(kind: Kind, address: Option<EmailAddress>) -> Self {
        Self {
            kind,
            address,
            class: None,
            listed: None,
            status: None,
            diagnostic: None,
            message_id: None,
            at: None,
        }
    }
}

fn as_text<S: Serializer>(address: &Option<EmailAddress>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(address.as_ref().map_or("", EmailAddress::as_str))
}

/// Why a request is not acted on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be understood; the same again will not be either.
    #[error("the request cannot be read: {0}")]
    Malformed(String),
    /// Larger than the bounds.
    #[error("the request is larger than {BODY_MAX_BYTES} bytes or has more than {EVENTS_MAX} events")]
    TooLarge,
    /// There is no secret to check this provider by.
    #[error("{0} is not set up here; give its secret in the settings")]
    NotConfigured(Provider),
    /// The proof of origin is missing or wrong.
    #[error("the proof of origin does not hold: {0}")]
    Forged(&'static str),
    /// The proof is good and too old, or from the future.
    #[error("the proof of origin is out of its time: look at this machine's clock")]
    Stale,
}

/// What a provider's request reports. Says nothing about who sent it: that is
/// [`proof::prove`]. What is no news of a mail gives no events.
///
/// # Errors
/// Too large, or not in the provider's form.
pub fn read(provider: Provider, request: &Request<'_>) -> Result<Vec<Event>, Refusal> {
    if request.body.len() > BODY_MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    let events = match provider {
        Provider::Ses => ses::read(request),
        Provider::Sendgrid => sendgrid::read(request),
        Provider::Postmark => postmark::read(request),
        Provider::Mailgun => mailgun::read(request),
        Provider::Generic => generic::read(request),
        _ => shapes::read(provider, request).unwrap_or(Err(Refusal::NotConfigured(provider))),
    }?;
    if events.len() > EVENTS_MAX { Err(Refusal::TooLarge) } else { Ok(events) }
}

#[cfg(test)]
mod test;
