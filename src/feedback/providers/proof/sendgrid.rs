//! SendGrid's signed Event Webhook: ECDSA on P-256 with SHA-256, over a time
//! and the body as it came.
//! <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use data_encoding::BASE64;

use super::super::{Refusal, Request};
use super::{Once, Proven, fresh, named, unix_seconds};
use crate::domain::{HOUR_MS, Timestamp};

/// SendGrid tries again for 24 hours.
pub const SENDGRID_WINDOW_MS: i64 = 25 * HOUR_MS;

const TIMESTAMP_HEADER: &str = "X-Twilio-Email-Event-Webhook-Timestamp";
const SIGNATURE_HEADER: &str = "X-Twilio-Email-Event-Webhook-Signature";

/// Where time and signature stand.
pub(super) const HEADERS: [&str; 2] = [TIMESTAMP_HEADER, SIGNATURE_HEADER];

pub(super) fn prove(request: &Request<'_>, keys: &[String], now: Timestamp) -> Result<Proven, Refusal> {
    let missing = Refusal::Forged("there is no signature; switch on the Signed Event Webhook");
    let (Some(time), Some(signature)) = (request.header(TIMESTAMP_HEADER), request.header(SIGNATURE_HEADER))
    else {
        return Err(missing);
    };
    // In DER a signature of this curve has at most 72 bytes.
    let wrong = Refusal::Forged("the signature is wrong");
    let signature = Some(signature)
        .filter(|text| text.len() <= 128)
        .and_then(|text| BASE64.decode(text.as_bytes()).ok())
        .ok_or_else(|| wrong.clone())?;
    let parts = [time.as_bytes(), request.body];
    let message = parts.concat();
    if !keys.iter().any(|key| fits(key, &message, &signature)) {
        return Err(wrong);
    }
    let at = unix_seconds(time).ok_or(Refusal::Forged("the time is not seconds since 1970"))?;
    let until = fresh(at, SENDGRID_WINDOW_MS, now)?;
    Ok(Proven { once: Some(Once { key: named(&parts), until }), confirm_url: None })
}

fn fits(key: &str, message: &[u8], signature: &[u8]) -> bool {
    // As it is copied from the page, perhaps with line ends in it.
    let key: String = key.split_whitespace().collect();
    BASE64.decode(key.as_bytes()).is_ok_and(|key| {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, signature).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::super::test::{SIGNED_S, later};
    use super::super::{AHEAD_MAX_MS, Proofs, prove};
    use super::*;
    use crate::feedback::providers::Provider::Sendgrid;

    struct Pair(EcdsaKeyPair);

    impl Pair {
        fn new() -> Self {
            Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
        }

        fn public(&self) -> String {
            let der: PublicKeyX509Der = self.0.public_key().as_der().unwrap();
            BASE64.encode(der.as_ref())
        }

        fn sign(&self, text: &str) -> String {
            BASE64.encode(self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref())
        }
    }

    fn ask(
        keys: &[String],
        time: &str,
        signature: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<Proven, Refusal> {
        let headers = [
            ("x-twilio-email-event-webhook-timestamp", time),
            ("x-twilio-email-event-webhook-signature", signature),
        ];
        let proofs = Proofs { sendgrid_keys: keys.to_vec(), ..Proofs::default() };
        let request = Request { content_type: "application/json", headers: &headers, body: body.as_bytes() };
        prove(Sendgrid, &request, &proofs, None, now)
    }

    #[test]
    fn the_signature_covers_the_time_and_the_body() {
        let (pair, other) = (Pair::new(), Pair::new());
        let keys = [other.public(), format!(" {}\n", pair.public())];
        let time = SIGNED_S.to_string();
        let signature = pair.sign(&format!("{time}[]\r\n"));
        let once = ask(&keys, &time, &signature, "[]\r\n", later(0)).unwrap().once.unwrap();
        // Each signature of the same is another one; what comes twice is the same.
        let again = pair.sign(&format!("{time}[]\r\n"));
        assert_ne!(again, signature);
        assert_eq!(ask(&keys, &time, &again, "[]\r\n", later(9)).unwrap().once.unwrap(), once);

        let forged = |answer| matches!(answer, Err(Refusal::Forged(_)));
        assert!(forged(ask(&keys, &time, &signature, "[]", later(0))));
        assert!(forged(ask(&keys, "1795514402", &signature, "[]\r\n", later(0))));
        assert!(forged(ask(&keys[..1], &time, &signature, "[]\r\n", later(0))));
        for bad in ["", "AA==", "no base64", &"A".repeat(10_000)] {
            assert!(forged(ask(&keys, &time, bad, "[]\r\n", later(0))), "{bad}");
        }
        for no_key in ["", "AAAA", "no base64"] {
            assert!(forged(ask(&[no_key.to_owned()], &time, &signature, "[]\r\n", later(0))), "{no_key}");
        }
        let nonsense = pair.sign("soon[]");
        assert!(forged(ask(&keys, "soon", &nonsense, "[]", later(0))));
    }

    #[test]
    fn a_signature_is_good_within_its_window_only() {
        let pair = Pair::new();
        let time = SIGNED_S.to_string();
        let signature = pair.sign(&format!("{time}[]"));
        for (age_ms, is_good) in [
            (-AHEAD_MAX_MS - 1, false),
            (-AHEAD_MAX_MS, true),
            (SENDGRID_WINDOW_MS, true),
            (SENDGRID_WINDOW_MS + 1, false),
        ] {
            let answer = ask(&[pair.public()], &time, &signature, "[]", later(0).plus_ms(age_ms));
            assert_eq!(answer.is_ok(), is_good, "{age_ms}");
            assert!(is_good || answer == Err(Refusal::Stale));
        }
    }
}
