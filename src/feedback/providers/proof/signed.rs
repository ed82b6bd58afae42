//! Signatures over the body with a shared key (HMAC-SHA256), as MailerSend,
//! Mailtrap and, through Svix, Resend make them.

use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use secrecy::{ExposeSecret as _, SecretString};

use super::super::{Provider, Refusal, Request};
use super::{Once, Proven, fresh, named, unix_seconds};
use crate::domain::{MINUTE_MS, Timestamp};

/// Svix signs each try anew; its own libraries allow as much.
pub const SVIX_WINDOW_MS: i64 = 5 * MINUTE_MS;
/// Time and signature of Svix.
pub(super) const SVIX_HEADERS: [&str; 2] = ["svix-timestamp", "svix-signature"];
/// Signatures in one header, while a key is exchanged.
const MOST_SIGNATURES: usize = 10;

/// The header with the signature in hexadecimal.
pub(super) fn header_of(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::Mailersend => Some("Signature"),
        Provider::Mailtrap => Some("Mailtrap-Signature"),
        _ => None,
    }
}

/// Neither time nor number is signed: the same report again is the same to
/// us, and another needs the key.
pub(super) fn prove_body(
    request: &Request<'_>,
    header: &str,
    keys: &[&SecretString],
) -> Result<Proven, Refusal> {
    let signature = request.header(header).ok_or(Refusal::Forged("there is no signature"))?;
    let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes());
    let signature = signature.map_err(|_| Refusal::Forged("the signature is wrong"))?;
    let fits = |key: &&&SecretString| holds(key.expose_secret().as_bytes(), &[request.body], &signature);
    if keys.iter().filter(fits).count() > 0 {
        Ok(Proven::default())
    } else {
        Err(Refusal::Forged("the signature is wrong"))
    }
}

/// <https://docs.svix.com/receiving/verifying-payloads/how-manual>
pub(super) fn prove_svix(
    request: &Request<'_>,
    keys: &[&SecretString],
    now: Timestamp,
) -> Result<Proven, Refusal> {
    let header = |name| request.header(name).ok_or(Refusal::Forged("a header of Svix is missing"));
    let (id, time, signatures) = (header("svix-id")?, header(SVIX_HEADERS[0])?, header(SVIX_HEADERS[1])?);
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", request.body];
    let signatures = || {
        let words = signatures.split(' ').take(MOST_SIGNATURES);
        words.filter_map(|word| BASE64.decode(word.strip_prefix("v1,")?.as_bytes()).ok())
    };
    let fits = |key: &&&SecretString| {
        let key = key.expose_secret();
        let Ok(key) = BASE64.decode(key.strip_prefix("whsec_").unwrap_or(key).as_bytes()) else {
            return false;
        };
        signatures().filter(|signature| holds(&key, &parts, signature)).count() > 0
    };
    if keys.iter().filter(fits).count() == 0 {
        return Err(Refusal::Forged("the signature is wrong"));
    }
    let at = unix_seconds(time).ok_or(Refusal::Forged("the time is not seconds since 1970"))?;
    let until = fresh(at, SVIX_WINDOW_MS, now)?;
    Ok(Proven { once: Some(Once { key: named(&parts), until }), confirm_url: None })
}

fn holds(key: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
    // An empty key is a setting forgotten, and anybody can sign with it.
    if key.is_empty() || signature.len() != 32 {
        return false;
    }
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    aws_lc_rs::constant_time::verify_slices_are_equal(context.sign().as_ref(), signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::test::{SIGNED_S, ask, later};
    use super::*;
    use crate::feedback::providers::Provider::{Mailersend, Mailtrap, Resend};

    fn sign(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &parts.concat()).as_ref().to_vec()
    }

    #[test]
    fn a_signature_over_the_body_is_for_that_body_and_key() {
        for (provider, header) in [(Mailersend, "signature"), (Mailtrap, "mailtrap-signature")] {
            let good = HEXLOWER_PERMISSIVE.encode(&sign(b"key", &[b"{}"]));
            assert_eq!(ask(provider, &[(header, &good)], b"{}", later(0)), Ok(Proven::default()));
            let other = HEXLOWER_PERMISSIVE.encode(&sign(b"other", &[b"{}"]));
            for (signature, body) in
                [(good.as_str(), "{ }"), (&other, "{}"), ("", "{}"), ("zz", "{}"), ("00", "{}")]
            {
                let answer = ask(provider, &[(header, signature)], body.as_bytes(), later(0));
                assert!(matches!(answer, Err(Refusal::Forged(_))), "{provider} {signature} {body}");
            }
            assert!(ask(provider, &[], b"{}", later(0)).is_err());
        }
    }

    #[test]
    fn svix_signs_its_number_the_time_and_the_body() {
        let time = SIGNED_S.to_string();
        let of = |id: &str, time: &str, body: &[u8]| {
            let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body];
            format!("v1,AAAA v1,{}", BASE64.encode(&sign(b"svix key", &parts)))
        };
        let good = of("msg_1", &time, b"{}");
        let ask = |id: &str, time: &str, signature: &str, body: &[u8], late| {
            ask(
                Resend,
                &[("svix-id", id), ("svix-timestamp", time), ("svix-signature", signature)],
                body,
                later(late),
            )
        };
        assert!(ask("msg_1", &time, &good, b"{}", 0).unwrap().once.is_some());
        assert!(matches!(ask("msg_2", &time, &good, b"{}", 0), Err(Refusal::Forged(_))));
        assert!(matches!(ask("msg_1", &time, &good, b"{ }", 0), Err(Refusal::Forged(_))));
        assert!(matches!(ask("msg_1", &time, "v1,", b"{}", 0), Err(Refusal::Forged(_))));
        assert_eq!(ask("msg_1", &time, &good, b"{}", 301), Err(Refusal::Stale));
    }
}
