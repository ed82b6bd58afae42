//! Signatures with a shared key (HMAC-SHA256): Mailgun's, over a time and a
//! token, and our own, over a time and the body.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use data_encoding::HEXLOWER_PERMISSIVE;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::{Refusal, Request, mailgun};
use super::{Once, Proven, fresh, named, unix_seconds};
use crate::domain::{HOUR_MS, MINUTE_MS, Timestamp};

/// Mailgun tries again for eight hours, and signs the time of the event.
pub const MAILGUN_WINDOW_MS: i64 = 9 * HOUR_MS;
/// Whoever signs our own shape signs each try anew.
pub const GENERIC_WINDOW_MS: i64 = 5 * MINUTE_MS;

/// Seconds since 1970 when a request of our own shape was signed.
pub const TIMESTAMP_HEADER: &str = "X-Postbell-Timestamp";
/// HMAC-SHA256 of the time, a dot and the body, in hexadecimal.
pub const SIGNATURE_HEADER: &str = "X-Postbell-Signature";

/// Where time and signature of our own shape stand.
pub(super) const HEADERS: [&str; 2] = [TIMESTAMP_HEADER, SIGNATURE_HEADER];

/// Mailgun's tokens have 50 letters.
const TOKEN_MAX_BYTES: usize = 200;

/// The signature does not cover the body: TLS does, and the token comes once.
pub(super) fn prove_mailgun(
    request: &Request<'_>,
    keys: &[SecretString],
    now: Timestamp,
) -> Result<Proven, Refusal> {
    let signed = mailgun::signed(request).ok_or(Refusal::Forged("there is no signature"))?;
    if !(1..=TOKEN_MAX_BYTES).contains(&signed.token.len()) {
        return Err(Refusal::Forged("the token is empty or too long"));
    }
    let parts = [signed.timestamp.as_bytes(), signed.token.as_bytes()];
    verify(keys, &parts, &signed.signature)?;
    // Time and token are signed without anything between; digits moved from
    // one to the other make a time that is centuries away.
    let at = unix_seconds(&signed.timestamp).ok_or(Refusal::Forged("the time is none"))?;
    let until = fresh(at, MAILGUN_WINDOW_MS, now)?;
    Ok(Proven { once: Some(Once { key: named(&parts), until }), confirm_url: None })
}

pub(super) fn prove_generic(
    request: &Request<'_>,
    keys: &[SecretString],
    now: Timestamp,
) -> Result<Proven, Refusal> {
    let missing = Refusal::Forged("X-Postbell-Timestamp or X-Postbell-Signature is missing");
    let (Some(time), Some(signature)) = (request.header(TIMESTAMP_HEADER), request.header(SIGNATURE_HEADER))
    else {
        return Err(missing);
    };
    let parts = [time.as_bytes(), b".", request.body];
    verify(keys, &parts, signature.strip_prefix("sha256=").unwrap_or(signature))?;
    let at = unix_seconds(time).ok_or(Refusal::Forged("the time is not seconds since 1970"))?;
    let until = fresh(at, GENERIC_WINDOW_MS, now)?;
    Ok(Proven { once: Some(Once { key: named(&parts), until }), confirm_url: None })
}

fn verify(keys: &[SecretString], parts: &[&[u8]], signature: &str) -> Result<(), Refusal> {
    let wrong = Refusal::Forged("the signature is wrong");
    if signature.len() != 64 {
        return Err(wrong);
    }
    let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).map_err(|_| wrong.clone())?;
    let fits = |key: &&SecretString| {
        let key = key.expose_secret().as_bytes();
        // Piece by piece: put together they would be the body once more.
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        parts.iter().for_each(|part| context.update(part));
        // An empty key is a setting forgotten, and anybody can sign with it.
        !key.is_empty() && verify_slices_are_equal(context.sign().as_ref(), &signature).is_ok()
    };
    if keys.iter().filter(fits).count() > 0 { Ok(()) } else { Err(wrong) }
}

/// As the other side signs.
#[cfg(test)]
pub(super) fn sign_for_test(key: &str, parts: &[&[u8]]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    HEXLOWER_PERMISSIVE.encode(hmac::sign(&key, &parts.concat()).as_ref())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test::{SIGNED_S, all, ask, later};
    use super::super::{AHEAD_MAX_MS, prove};
    use super::sign_for_test as sign;
    use super::*;
    use crate::feedback::providers::Provider::{Generic, Mailgun};

    fn mailgun(time: &str, token: &str, signature: &str) -> Vec<u8> {
        let signature = json!({"timestamp": time, "token": token, "signature": signature});
        json!({"event-data": {"event": "opened"}, "signature": signature}).to_string().into_bytes()
    }

    fn forged(answer: &Result<Proven, Refusal>) -> bool {
        matches!(answer, Err(Refusal::Forged(_)))
    }

    #[test]
    fn mailguns_signature_holds_for_its_time_and_its_token() {
        let time = SIGNED_S.to_string();
        let good = sign("key", &[time.as_bytes(), b"token"]);
        let ask = |time: &str, token: &str, signature: &str, seconds| {
            ask(Mailgun, &[], &mailgun(time, token, signature), later(seconds))
        };
        let once = ask(&time, "token", &good, 0).unwrap().once.unwrap();
        assert_eq!(once.key.len(), 64);
        assert_eq!(once, ask(&time, "token", &good.to_uppercase(), 60).unwrap().once.unwrap());
        let with_old = sign("old key", &[time.as_bytes(), b"token"]);
        assert!(ask(&time, "token", &with_old, 0).is_ok());

        let as_number = json!({"signature": {"timestamp": SIGNED_S, "token": "token", "signature": good}});
        assert!(super::super::test::ask(Mailgun, &[], as_number.to_string().as_bytes(), later(0)).is_ok());

        assert!(forged(&ask(&time, "token2", &good, 0)));
        assert!(forged(&ask("1795514400", "token", &good, 0)));
        for bad in ["", "00", &good[1..], &"0".repeat(64), &"x".repeat(64)] {
            assert!(forged(&ask(&time, "token", bad, 0)), "{bad}");
        }
        assert!(forged(&ask(&time, "token", &sign("other", &[time.as_bytes(), b"token"]), 0)));
        assert!(forged(&ask(&time, "", &sign("key", &[time.as_bytes()]), 0)));
    }

    #[test]
    fn a_signature_is_good_within_its_window_only() {
        let time = SIGNED_S.to_string();
        let body = mailgun(&time, "token", &sign("key", &[time.as_bytes(), b"token"]));
        let signature = sign("key", &[time.as_bytes(), b".", b"[]"]);
        let headers = [(TIMESTAMP_HEADER, time.as_str()), (SIGNATURE_HEADER, signature.as_str())];
        for (window_ms, ask) in [
            (
                MAILGUN_WINDOW_MS,
                &(|now| ask(Mailgun, &[], &body, now)) as &dyn Fn(Timestamp) -> Result<Proven, Refusal>,
            ),
            (GENERIC_WINDOW_MS, &|now| ask(Generic, &headers, b"[]", now)),
        ] {
            let signed_at = later(0);
            let until = ask(signed_at).unwrap().once.unwrap().until;
            for (now, is_good) in [
                (signed_at.plus_ms(-AHEAD_MAX_MS - 1), false),
                (signed_at.plus_ms(-AHEAD_MAX_MS), true),
                (signed_at.plus_ms(window_ms), true),
                (signed_at.plus_ms(window_ms + 1), false),
                (Timestamp::from_millis(i64::MAX), false),
                (Timestamp::from_millis(i64::MIN), false),
            ] {
                assert_eq!(ask(now).is_ok(), is_good, "{}", now.as_millis());
                // What may be forgotten is never good any more.
                assert!(now < until || !is_good);
                assert!(is_good || ask(now) == Err(Refusal::Stale));
            }
        }
    }

    #[test]
    fn digits_cannot_move_between_mailguns_time_and_token() {
        let time = SIGNED_S.to_string();
        let signature = sign("key", &[time.as_bytes(), b"77abc"]);
        for (time, token) in [("179551440", "177abc"), ("17955144017", "7abc")] {
            let answer = ask(Mailgun, &[], &mailgun(time, token, &signature), later(0));
            assert_eq!(answer, Err(Refusal::Stale), "{time}");
        }
        let longer = ask(Mailgun, &[], &mailgun("179551440177", "abc", &signature), later(0));
        assert!(forged(&longer));
    }

    #[test]
    fn mailguns_old_forms_are_signed_alike() {
        let time = SIGNED_S.to_string();
        let signature = sign("key", &[time.as_bytes(), b"t"]);
        let body = format!("event=bounced&token=mine&token=t&timestamp={time}&signature={signature}");
        let request =
            |body| Request { content_type: "application/x-www-form-urlencoded", headers: &[], body };
        assert!(prove(Mailgun, &request(body.as_bytes()), &all(), None, later(0)).is_ok());
        let other = body.replace("token=t", "token=u");
        assert!(forged(&prove(Mailgun, &request(other.as_bytes()), &all(), None, later(0))));
        assert!(forged(&prove(Mailgun, &request(b"event=bounced"), &all(), None, later(0))));
    }

    #[test]
    fn our_own_signature_covers_the_time_and_the_body() {
        let time = SIGNED_S.to_string();
        let good = sign("key", &[time.as_bytes(), b".", b"[]"]);
        let ask = |time: &str, signature: &str, body: &[u8]| {
            ask(
                Generic,
                &[("x-postbell-timestamp", time), ("x-postbell-signature", signature)],
                body,
                later(0),
            )
        };
        assert!(ask(&time, &good, b"[]").unwrap().once.is_some());
        assert_eq!(ask(&time, &format!("sha256={good}"), b"[]"), ask(&time, &good, b"[]"));
        assert!(forged(&ask(&time, &good, b"[ ]")));
        assert!(forged(&ask("1795514402", &good, b"[]")));
        assert!(forged(&ask(&time, "", b"[]")));
        let signed_nonsense = sign("key", &[b"+1", b".", b"[]"]);
        assert!(forged(&ask("+1", &signed_nonsense, b"[]")));
    }
}
