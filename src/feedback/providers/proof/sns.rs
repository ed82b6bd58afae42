//! Messages of Amazon SNS: where their certificate is, what they sign, and
//! which topic they are of.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use data_encoding::BASE64;
use serde::Deserialize;
use url::Url;

use super::super::{BODY_MAX_BYTES, Refusal, Request};
use super::{Once, Proven, SesProof, basic, certificate, fresh, named};
use crate::domain::{HOUR_MS, Timestamp};

/// SNS gives up on a web address within an hour.
pub const SNS_WINDOW_MS: i64 = HOUR_MS;

/// What SNS wraps around a message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: Option<String>,
    message: Option<String>,
    message_id: Option<String>,
    subject: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    timestamp: Option<String>,
    token: Option<String>,
    topic_arn: Option<String>,
    signature_version: Option<String>,
    signature: Option<String>,
    #[serde(rename = "SigningCertURL", alias = "SigningCertUrl")]
    signing_cert_url: Option<String>,
}

/// Where the certificate of a message is to be fetched, once and then kept:
/// https on one of Amazon's own hosts. `None` for raw delivery, which has no
/// signature. Of a message that says another topic nothing is fetched.
///
/// # Errors
/// Not a message, of another topic, or with a certificate from elsewhere.
pub fn certificate_url(request: &Request<'_>, proof: &SesProof) -> Result<Option<String>, Refusal> {
    let Some(envelope) = Envelope::read(request)? else { return Ok(None) };
    envelope.check_topic(proof)?;
    envelope.certificate_url().map(Some)
}

pub(super) fn prove(
    request: &Request<'_>,
    proof: &SesProof,
    pem: Option<&str>,
    now: Timestamp,
) -> Result<Proven, Refusal> {
    let Some(envelope) = Envelope::read(request)? else {
        let Some(password) = &proof.raw else {
            return Err(Refusal::Forged(
                "raw delivery has no signature; switch it off for this subscription",
            ));
        };
        return basic::prove(request, std::slice::from_ref(password));
    };
    envelope.check_topic(proof)?;
    envelope.certificate_url()?;
    let pem = pem.ok_or(Refusal::Forged("Amazon's certificate is not there"))?;
    let key = certificate::public_key(pem, now)?;
    let text = envelope.text_to_sign()?;
    envelope.check_signature(key, text.as_bytes())?;
    let at = envelope.timestamp.as_deref().and_then(Timestamp::parse_rfc3339);
    let until = fresh(at.ok_or(Refusal::Forged("the Timestamp is none"))?, SNS_WINDOW_MS, now)?;
    let confirm_url = match envelope.r#type.as_deref() {
        Some("SubscriptionConfirmation") => Some(envelope.subscribe_url()?),
        _ => None,
    };
    Ok(Proven { once: Some(Once { key: named(&[text.as_bytes()]), until }), confirm_url })
}

impl Envelope {
    /// `None` when it is an object without `Type`: raw delivery.
    fn read(request: &Request<'_>) -> Result<Option<Self>, Refusal> {
        if request.body.len() > BODY_MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        let envelope: Self = serde_json::from_slice(request.body)
            .map_err(|error| Refusal::Malformed(format!("not a message of SNS: {error}")))?;
        Ok(envelope.r#type.is_some().then_some(envelope))
    }

    fn check_topic(&self, proof: &SesProof) -> Result<(), Refusal> {
        let is_ours = !proof.topic_arn.is_empty() && self.topic_arn.as_deref() == Some(&proof.topic_arn);
        if is_ours {
            Ok(())
        } else {
            Err(Refusal::Forged("it is of another topic than the one in the settings"))
        }
    }

    fn certificate_url(&self) -> Result<String, Refusal> {
        let url =
            self.signing_cert_url.as_deref().and_then(amazon_url).filter(|url| url.path().ends_with(".pem"));
        url.map(String::from).ok_or(Refusal::Forged("its certificate is not on one of Amazon's hosts"))
    }

    fn subscribe_url(&self) -> Result<String, Refusal> {
        let asks = |url: &Url| {
            url.query_pairs().any(|(name, value)| name == "Action" && value == "ConfirmSubscription")
        };
        let url = self.subscribe_url.as_deref().and_then(amazon_url).filter(asks);
        url.map(String::from).ok_or(Refusal::Forged("its SubscribeURL is not on one of Amazon's hosts"))
    }

    /// Names and values, each on a line, in the order of Amazon's page.
    fn text_to_sign(&self) -> Result<String, Refusal> {
        let fields: &[(&str, &Option<String>)] = match self.r#type.as_deref() {
            Some("Notification") => &[
                ("Message", &self.message),
                ("MessageId", &self.message_id),
                ("Subject", &self.subject),
                ("Timestamp", &self.timestamp),
                ("TopicArn", &self.topic_arn),
                ("Type", &self.r#type),
            ],
            Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => &[
                ("Message", &self.message),
                ("MessageId", &self.message_id),
                ("SubscribeURL", &self.subscribe_url),
                ("Timestamp", &self.timestamp),
                ("Token", &self.token),
                ("TopicArn", &self.topic_arn),
                ("Type", &self.r#type),
            ],
            _ => return Err(Refusal::Malformed("an SNS envelope of an unknown Type".to_owned())),
        };
        let mut text = String::new();
        for (name, value) in fields {
            match value {
                Some(value) => {
                    for part in [name, "\n", value.as_str(), "\n"] {
                        text.push_str(part);
                    }
                }
                None if *name == "Subject" => {}
                None => return Err(Refusal::Forged("a part of what is signed is missing")),
            }
        }
        Ok(text)
    }

    fn check_signature(&self, key: Vec<u8>, text: &[u8]) -> Result<(), Refusal> {
        let method: &'static RsaParameters = match self.signature_version.as_deref() {
            Some("1") => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Some("2") => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Refusal::Forged("its SignatureVersion is neither 1 nor 2")),
        };
        let signature = self.signature.as_deref().filter(|text| text.len() <= 2_048);
        let signature = signature.and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let signature = signature.ok_or(Refusal::Forged("the signature is missing or unreadable"))?;
        UnparsedPublicKey::new(method, key)
            .verify(text, &signature)
            .map_err(|_| Refusal::Forged("the signature is wrong"))
    }
}

/// An address on `sns.<region>.amazonaws.com` or `….com.cn`, over https at the
/// usual port, with nobody's name in it.
fn amazon_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= 2_048)?;
    let host = url.host_str()?;
    let stem = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    let is_plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    let is_sns = stem.strip_prefix("sns.").is_some_and(is_region);
    (is_plain && url.password().is_none() && is_sns).then_some(url)
}

/// Like `eu-central-1` or `us-gov-west-1`. No laxer: `sns.s3-us-west-2` and
/// `sns.s3` are a bucket by the name of `sns`, and anybody's.
pub(super) fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let words = text.matches('-').count();
    text.len() <= 40
        && (2..=4).contains(&words)
        && parts.next().is_some_and(is_number)
        && parts.all(is_word)
        && text.find('-') == Some(2)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test::{TOPIC, basic, later};
    use super::super::{AHEAD_MAX_MS, Proofs};
    use super::*;
    use crate::feedback::providers::{Provider::Ses, proof};

    /// Made by `openssl`; the key was thrown away.
    const PEM: &str = include_str!("samples/sns.pem");

    fn sample(name: &str) -> Value {
        let all: Value = serde_json::from_str(include_str!("samples/messages.json")).unwrap();
        all[name].clone()
    }

    fn changed(name: &str, field: &str, value: &str) -> Value {
        let mut message = sample(name);
        message[field] = Value::from(value);
        message
    }

    fn ask(message: &Value, pem: Option<&str>, now: Timestamp) -> Result<Proven, Refusal> {
        ask_with(&SesProof { topic_arn: TOPIC.to_owned(), raw: None }, message, pem, now)
    }

    fn ask_with(
        proof: &SesProof,
        message: &Value,
        pem: Option<&str>,
        now: Timestamp,
    ) -> Result<Proven, Refusal> {
        let body = message.to_string();
        let headers = [("Authorization", "Basic YTpi")];
        let request = Request { content_type: "text/plain", headers: &headers, body: body.as_bytes() };
        let proofs = Proofs { ses: Some(proof.clone()), ..Proofs::default() };
        proof::prove(Ses, &request, &proofs, pem, now)
    }

    fn forged(answer: &Result<Proven, Refusal>) -> bool {
        matches!(answer, Err(Refusal::Forged(_)))
    }

    #[test]
    fn each_kind_of_message_is_proven_in_both_versions() {
        for name in ["notification_v1", "notification_v2", "unsubscribe"] {
            let proven = ask(&sample(name), Some(PEM), later(0)).unwrap();
            assert!(proven.once.is_some() && proven.confirm_url.is_none(), "{name}");
        }
        let confirm = ask(&sample("subscribe"), Some(PEM), later(0)).unwrap().confirm_url.unwrap();
        assert!(confirm.starts_with("https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&"));
    }

    #[test]
    fn whatever_is_signed_cannot_be_changed() {
        for (name, fields) in [
            ("notification_v1", ["Message", "MessageId", "Timestamp", "Subject"]),
            ("notification_v2", ["Message", "MessageId", "Timestamp", "Subject"]),
            ("subscribe", ["Message", "Token", "Timestamp", "SubscribeURL"]),
        ] {
            for field in fields {
                assert!(forged(&ask(&changed(name, field, "other"), Some(PEM), later(0))), "{name} {field}");
            }
            let mut bare = sample(name);
            bare.as_object_mut().unwrap().remove("Timestamp");
            assert!(forged(&ask(&bare, Some(PEM), later(0))), "{name}");
        }
        for (field, value) in [
            ("SignatureVersion", "2"),
            ("SignatureVersion", "3"),
            ("Signature", ""),
            ("Signature", "AAAA"),
            ("Signature", "no base64"),
            ("Type", "UnsubscribeConfirmation"),
        ] {
            assert!(forged(&ask(&changed("notification_v1", field, value), Some(PEM), later(0))), "{field}");
        }
        let unknown = ask(&changed("notification_v1", "Type", "Other"), Some(PEM), later(0));
        assert!(matches!(unknown, Err(Refusal::Malformed(_))));
    }

    #[test]
    fn another_topic_is_not_heard_though_its_signature_holds() {
        let proof = SesProof { topic_arn: format!("{TOPIC}2"), raw: None };
        let message = sample("notification_v2");
        assert!(forged(&ask_with(&proof, &message, Some(PEM), later(0))));
        let body = message.to_string();
        let request = Request { content_type: "", headers: &[], body: body.as_bytes() };
        assert!(certificate_url(&request, &proof).is_err(), "nothing is fetched for it either");
    }

    #[test]
    fn the_certificate_is_amazons_and_in_its_time() {
        let message = sample("notification_v2");
        assert!(ask(&message, Some(include_str!("samples/common.pem")), later(0)).is_ok());
        for pem in [
            None,
            Some(""),
            Some("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"),
            Some(include_str!("samples/other.pem")),
        ] {
            assert!(forged(&ask(&message, pem, later(0))), "{pem:?}");
        }
        let too_late = ask(&message, Some(PEM), later(21 * 366 * 86_400));
        assert_eq!(too_late, Err(Refusal::Forged("Amazon's certificate is out of its time")));
        assert_eq!(ask(&message, Some(PEM), later(-5 * 86_400)), too_late);
        assert_eq!(
            ask(&message, Some(&PEM.replace('\n', "\r\n")), later(0)),
            ask(&message, Some(PEM), later(0))
        );
    }

    #[test]
    fn a_message_is_good_for_an_hour() {
        let message = sample("notification_v1");
        for (age_ms, is_good) in [
            (-AHEAD_MAX_MS - 1, false),
            (-AHEAD_MAX_MS, true),
            (SNS_WINDOW_MS, true),
            (SNS_WINDOW_MS + 1, false),
        ] {
            let answer = ask(&message, Some(PEM), later(0).plus_ms(age_ms));
            assert_eq!(answer.is_ok(), is_good, "{age_ms}");
            assert!(is_good || answer == Err(Refusal::Stale));
        }
    }

    #[test]
    fn addresses_are_amazons_only() {
        let proof = SesProof { topic_arn: TOPIC.to_owned(), raw: None };
        let url_of = |url: &str| {
            let body = changed("notification_v1", "SigningCertURL", url).to_string();
            certificate_url(&Request { content_type: "", headers: &[], body: body.as_bytes() }, &proof)
        };
        for good in [
            "https://sns.eu-central-1.amazonaws.com/x.pem",
            "https://SNS.us-gov-west-1.amazonaws.com:443/x.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
        ] {
            assert!(url_of(good).unwrap().is_some(), "{good}");
        }
        for bad in [
            "",
            "http://sns.eu-central-1.amazonaws.com/x.pem",
            "https://sns.eu-central-1.amazonaws.com/x.txt?x.pem",
            "https://sns.eu-central-1.amazonaws.com:8443/x.pem",
            "https://a@sns.eu-central-1.amazonaws.com/x.pem",
            "https://sns.eu-central-1.amazonaws.com@example.org/x.pem",
            "https://sns.eu-central-1.amazonaws.com.example.org/x.pem",
            "https://sns.example.org/x.pem?.amazonaws.com",
            "https://sns.amazonaws.com.cn.example.org/x.pem",
            "https://evil.sns.eu-central-1.amazonaws.com/x.pem",
            "https://sns.s3.amazonaws.com/x.pem",
            "https://sns.s3-us-west-2.amazonaws.com/x.pem",
            "https://sns.s3.eu-central-1.amazonaws.com/x.pem",
            "https://sns.eu-central-1.amazonaws.com./x.pem",
            "https://127.0.0.1/x.pem",
        ] {
            let answer = url_of(bad);
            assert!(matches!(answer, Err(Refusal::Forged(_))), "{bad}: {answer:?}");
            let message = changed("notification_v1", "SigningCertURL", bad);
            assert!(ask(&message, Some(PEM), later(0)).is_err(), "{bad}");
        }
        assert!(forged(&ask(&sample("subscribe_elsewhere"), Some(PEM), later(0))));
    }

    #[test]
    fn raw_delivery_is_heard_with_a_password_only() {
        let raw = json!({"eventType": "Bounce"});
        assert!(forged(&ask(&raw, Some(PEM), later(0))));
        let with = |password| SesProof { topic_arn: TOPIC.to_owned(), raw: Some(basic("a", password)) };
        assert_eq!(ask_with(&with("b"), &raw, None, later(0)), Ok(Proven::default()));
        assert!(forged(&ask_with(&with("c"), &raw, None, later(0))));
        // The password does not stand in for a signature.
        assert!(forged(&ask_with(
            &with("b"),
            &changed("notification_v1", "Message", "x"),
            Some(PEM),
            later(0)
        )));
        let body = raw.to_string();
        let request = Request { content_type: "", headers: &[], body: body.as_bytes() };
        assert_eq!(certificate_url(&request, &with("b")), Ok(None));
    }

    #[test]
    fn a_field_said_twice_is_no_message() {
        let body = sample("notification_v1").to_string().replacen('{', r#"{"Message":"x","#, 1);
        let request = Request { content_type: "", headers: &[], body: body.as_bytes() };
        let proof = SesProof { topic_arn: TOPIC.to_owned(), raw: None };
        assert!(matches!(certificate_url(&request, &proof), Err(Refusal::Malformed(_))));
    }
}
