//! Who sent a request: each provider's proof of origin, checked before a word
//! of the request is believed. Pure: `now` and a topic's certificate are
//! arguments, and what must not come twice is handed back for the caller to
//! remember.

mod basic;
mod certificate;
mod head;
mod keyed;
mod sendgrid;
mod signed;
pub mod sns;
mod topic;

pub use basic::bearer;
pub use head::judge_head;
pub use topic::{House, TopicProof};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use secrecy::SecretString;

use super::{BODY_MAX_BYTES, Provider, Refusal, Request};
use crate::domain::{MINUTE_MS, Timestamp};

/// How far ahead of ours a sender's clock may be.
pub const AHEAD_MAX_MS: i64 = 5 * MINUTE_MS;

/// The secrets of each provider, as far as they are set up. A list holds more
/// than one while a secret is being exchanged; any of them is taken.
#[derive(Debug, Clone, Default)]
pub struct Proofs {
    /// The topic that SES reports to.
    pub ses: Option<TopicProof>,
    /// The topic that Scaleway reports to.
    pub scaleway: Option<TopicProof>,
    /// SendGrid's verification keys: base64 of a DER SubjectPublicKeyInfo.
    pub sendgrid_keys: Vec<String>,
    /// What Postmark sends along.
    pub postmark: Vec<Password>,
    /// Mailgun's HTTP webhook signing keys.
    pub mailgun_keys: Vec<SecretString>,
    /// Secrets of our own shape.
    pub generic_keys: Vec<SecretString>,
    /// What other providers send along that sign nothing.
    pub passwords: Vec<(Provider, Password)>,
    /// What other providers sign with.
    pub keys: Vec<(Provider, SecretString)>,
}

impl Proofs {
    /// The topic of a provider that reports by one.
    pub fn topic(&self, provider: Provider) -> Option<&TopicProof> {
        match provider {
            Provider::Ses => self.ses.as_ref(),
            Provider::Scaleway => self.scaleway.as_ref(),
            _ => None,
        }
    }
}

/// A secret that comes with the request itself.
#[derive(Debug, Clone)]
pub enum Password {
    /// HTTP Basic (RFC 7617), as in `https://user:password@host/`.
    Basic {
        /// Before the colon.
        user: String,
        /// Behind it.
        password: SecretString,
    },
    /// The header [`SECRET_HEADER`].
    Header(SecretString),
}

/// Carries a secret from providers that can send headers of our choice.
pub const SECRET_HEADER: &str = "X-Postbell-Secret";

/// A request that comes from whom it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proven {
    /// What must not come a second time.
    pub once: Option<Once>,
    /// A topic asks whether it is wanted: fetch this address to say yes. It is
    /// on one of the provider's own hosts.
    pub confirm_url: Option<String>,
}

/// Names a signed request. The caller remembers it once the events are
/// recorded, so that a provider's second try after a failure of ours counts,
/// and answers the same again without acting on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// At most 64 letters of hexadecimal.
    pub key: String,
    /// From here on the signature is too old, and the key can be forgotten.
    pub until: Timestamp,
}

/// Checks that a request comes from the provider. `certificate` is the PEM
/// text behind [`sns::certificate_url`]; the others need none.
///
/// # Errors
/// Not set up, not in the provider's form, not from it, or out of its time.
pub fn prove(
    provider: Provider,
    request: &Request<'_>,
    proofs: &Proofs,
    certificate: Option<&str>,
    now: Timestamp,
) -> Result<Proven, Refusal> {
    if request.body.len() > BODY_MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    let Proofs { sendgrid_keys, postmark, mailgun_keys, generic_keys, passwords, keys, .. } = proofs;
    let passwords: Vec<&Password> = of(provider, passwords);
    let keys: Vec<&SecretString> = of(provider, keys);
    match (provider, proofs.topic(provider)) {
        (_, Some(proof)) => sns::prove(request, proof, certificate, now),
        (Provider::Sendgrid, _) if !sendgrid_keys.is_empty() => sendgrid::prove(request, sendgrid_keys, now),
        (Provider::Postmark, _) if !postmark.is_empty() => basic::prove(request, postmark),
        (Provider::Resend, _) if !keys.is_empty() => signed::prove_svix(request, &keys, now),
        (Provider::Mailgun, _) if !mailgun_keys.is_empty() => {
            keyed::prove_mailgun(request, mailgun_keys, now)
        }
        (Provider::Generic, _) if !generic_keys.is_empty() => {
            keyed::prove_generic(request, generic_keys, now)
        }
        _ => match signed::header_of(provider) {
            Some(header) if !keys.is_empty() => signed::prove_body(request, header, &keys),
            None if !passwords.is_empty() => basic::prove(request, passwords),
            _ => Err(Refusal::NotConfigured(provider)),
        },
    }
}

fn of<T>(provider: Provider, secrets: &[(Provider, T)]) -> Vec<&T> {
    secrets.iter().filter(|(own, _)| *own == provider).map(|(_, secret)| secret).collect()
}

/// Whether `signed_at` is at most `window_ms` old, and when it will not be.
fn fresh(signed_at: Timestamp, window_ms: i64, now: Timestamp) -> Result<Timestamp, Refusal> {
    let age_ms = now.since_ms(signed_at);
    if (-AHEAD_MAX_MS..=window_ms).contains(&age_ms) {
        Ok(signed_at.plus_ms(window_ms + 1))
    } else {
        Err(Refusal::Stale)
    }
}

/// Seconds since 1970, digits only: a sign or a space would let two texts
/// mean one moment.
fn unix_seconds(text: &str) -> Option<Timestamp> {
    let is_plain = (1..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = if is_plain { text.parse().ok()? } else { return None };
    Some(Timestamp::from_millis(seconds * 1_000))
}

/// A short name for what was signed. The signature itself will not do: some
/// can be written in more than one way.
fn named(parts: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    HEXLOWER.encode(context.finish().as_ref())
}

#[cfg(test)]
mod test;
#[cfg(test)]
pub(super) use test::survive;
