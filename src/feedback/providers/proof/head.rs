//! What the head of a request tells already: whoever has no right by it is
//! answered before the body is read.

use super::keyed::{self, GENERIC_WINDOW_MS};
use super::sendgrid::{self, SENDGRID_WINDOW_MS};
use super::signed::{SVIX_HEADERS, SVIX_WINDOW_MS, header_of};
use super::{Proofs, fresh, prove, unix_seconds};
use crate::domain::Timestamp;
use crate::feedback::providers::{Provider, Refusal, Request};

/// Judges a request by its head alone; what this lets in is still to be
/// proven with its body.
///
/// # Errors
/// Not set up, or no body could make it good.
pub fn judge_head(
    provider: Provider,
    head: &Request<'_>,
    proofs: &Proofs,
    now: Timestamp,
) -> Result<(), Refusal> {
    let verdict = prove(provider, &Request { body: b"", ..*head }, proofs, None, now);
    match (provider, verdict) {
        (_, Err(refusal @ Refusal::NotConfigured(_))) => Err(refusal),
        // A password is all the proof there is.
        (
            Provider::Postmark
            | Provider::Brevo
            | Provider::Mailjet
            | Provider::Sparkpost
            | Provider::Smtp2go,
            verdict,
        ) => verdict.map(drop),
        (Provider::Resend, _) => signed(head, SVIX_HEADERS, SVIX_WINDOW_MS, now),
        (Provider::Mailersend | Provider::Mailtrap, _) => {
            let signature = header_of(provider).and_then(|name| head.header(name));
            let is_one = signature.is_some_and(|signature| signature.len() == 64);
            if is_one { Ok(()) } else { Err(Refusal::Forged("there is no signature")) }
        }
        (Provider::Sendgrid, _) => signed(head, sendgrid::HEADERS, SENDGRID_WINDOW_MS, now),
        (Provider::Generic, _) => signed(head, keyed::HEADERS, GENERIC_WINDOW_MS, now),
        // Their proof stands in the body.
        (Provider::Ses | Provider::Scaleway | Provider::Mailgun, _) => Ok(()),
    }
}

/// Whether the time is there and near, and a signature is there.
fn signed(head: &Request<'_>, names: [&str; 2], window_ms: i64, now: Timestamp) -> Result<(), Refusal> {
    let [time, signature] = names.map(|name| head.header(name));
    if signature.is_none_or(str::is_empty) {
        return Err(Refusal::Forged("there is no signature"));
    }
    let at = time.and_then(unix_seconds).ok_or(Refusal::Forged("the time is not seconds since 1970"))?;
    fresh(at, window_ms, now).map(drop)
}
