//! A mail's `DKIM-Signature` fields, one for each key: relaxed/relaxed, no
//! `l=`, no `x=`.
//!
//! Canonical forms, the field's text and the keys are mail-auth's. Its own
//! `sign` is not used: it reads the machine's clock and hashes the body again
//! for each key. There is no `x=`: a relay may hold a mail for five days and
//! a reader's server longer, and who replays a public post gains nothing.

use mail_auth::common::crypto::{HashContext as _, HashImpl as _, Sha256, SigningKey as _};
use mail_auth::common::headers::{Writable, Writer};
use mail_auth::dkim::canonicalize::BodyHasher;
use mail_auth::dkim::{Canonicalization, Signature};

use super::DkimSettings;
use crate::domain::Timestamp;

/// Fields that are signed, and whether they are signed once more than they
/// occur.
///
/// The second makes a signature fail when somebody adds such a field on the
/// way: readers are shown the first `From` or `Subject`, a checker takes the
/// last, and a second `Content-Type` with another boundary shows other text
/// (RFC 6376 §8.15). `Reply-To` and `Cc` are so even when there is none.
/// `List-*` and `Feedback-ID` are not: a forwarding list adds its own,
/// and its members should still see a good signature.
const FIELDS: &[(&str, bool)] = &[
    ("From", true),
    ("To", true),
    ("Cc", true),
    ("Subject", true),
    ("Date", true),
    ("Message-ID", true),
    ("Reply-To", true),
    ("In-Reply-To", false),
    ("References", false),
    ("MIME-Version", true),
    ("Content-Type", true),
    ("List-Id", false),
    ("List-Unsubscribe", false),
    ("List-Unsubscribe-Post", false),
    ("Feedback-ID", false),
];

/// Why a mail could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mail cannot be signed: {0}")]
pub struct DkimError(pub String);

/// The fields to put on top of this mail (RFC 5322, CRLF).
///
/// # Errors
/// When it has no `From`, or a key refuses.
pub fn sign(settings: &DkimSettings, mail: &[u8], now: Timestamp) -> Result<Vec<u8>, DkimError> {
    let (head, body) = split(mail);
    let all: Vec<_> = fields(head).collect();

    let mut signed = Vec::new();
    let mut names = Vec::with_capacity(2 * FIELDS.len());
    for (name, once_more) in FIELDS {
        // From the bottom up, as a checker takes them (RFC 6376 §5.4.2).
        let own = all.iter().rev().filter(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes()));
        signed.extend(own.inspect(|_| names.push((*name).to_owned())));
        if *once_more {
            names.push((*name).to_owned());
        }
    }
    if !all.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"From")) {
        return Err(DkimError("it has no From".to_owned()));
    }
    let mut canonical = Vec::with_capacity(1_024);
    Canonicalization::Relaxed.canonicalize_headers(signed.into_iter().copied(), &mut canonical);
    let mut hasher = BodyHasher::new(Sha256::hasher(), Canonicalization::Relaxed, 0);
    hasher.write(body);
    let body_hash = hasher.finish().0.complete();

    let mut signature = Signature {
        v: 1,
        d: settings.domain.clone(),
        h: names,
        bh: body_hash.as_ref().to_vec(),
        t: u64::try_from(now.as_millis() / 1_000).unwrap_or(0),
        ..Signature::default()
    };
    let mut out = Vec::with_capacity(2_048);
    for key in &settings.keys {
        signature.a = key.secret().algorithm();
        signature.s = key.selector().to_owned();
        signature.b = Vec::new();
        let input = Unsigned { canonical: &canonical, signature: &signature };
        signature.b = key.secret().sign(input).map_err(|error| DkimError(error.to_string()))?;
        signature.write(&mut out, true);
    }
    Ok(out)
}

/// Head, with the end of its last line, and body.
fn split(mail: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(mail, b"\r\n\r\n") {
        Some(at) => (&mail[..at + 2], &mail[at + 4..]),
        None => (mail, &[]),
    }
}

/// Name and value, folds and line end included, of each field on top of a mail.
pub(super) fn fields(mail: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = split(mail).0;
    std::iter::from_fn(move || {
        let ends = memchr::memmem::find_iter(rest, b"\r\n").map(|at| at + 2);
        let end = ends.into_iter().find(|end| !matches!(rest.get(*end), Some(b' ' | b'\t')))?;
        let (field, after) = rest.split_at(end);
        rest = after;
        let colon = memchr::memchr(b':', field)?;
        Some((&field[..colon], &field[colon + 1..]))
    })
}

/// What a signature is made over: the fields, then itself with `b=` empty.
struct Unsigned<'a> {
    canonical: &'a [u8],
    signature: &'a Signature,
}

impl Writable for Unsigned<'_> {
    fn write(self, writer: &mut impl Writer) {
        writer.write(self.canonical);
        self.signature.write(writer, false);
    }
}
