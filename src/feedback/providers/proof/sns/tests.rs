//! What Amazon SNS signs, and what nobody else can sign for it.

use serde_json::{Value, json};

use super::super::test::{TOPIC, basic, later};
use super::super::{AHEAD_MAX_MS, Proofs};
use super::*;
use crate::domain::HOUR_MS;
use crate::feedback::providers::{Provider::Ses, proof};

/// Made by `openssl`; the key was thrown away.
const PEM: &str = include_str!("../samples/sns.pem");

fn sample(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../samples/messages.json")).expect("a sample");
    all[name].clone()
}

fn changed(name: &str, field: &str, value: &str) -> Value {
    let mut message = sample(name);
    message[field] = Value::from(value);
    message
}

fn ask(message: &Value, pem: Option<&str>, now: Timestamp) -> Result<Proven, Refusal> {
    ask_with(&TopicProof::amazon(TOPIC), message, pem, now)
}

fn ask_with(
    proof: &TopicProof,
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
        let proven = ask(&sample(name), Some(PEM), later(0)).expect("a sample");
        assert!(proven.once.is_some() && proven.confirm_url.is_none(), "{name}");
    }
    let confirm =
        ask(&sample("subscribe"), Some(PEM), later(0)).expect("a sample").confirm_url.expect("a sample");
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
        bare.as_object_mut().expect("a sample").remove("Timestamp");
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
    let proof = TopicProof::amazon(&format!("{TOPIC}2"));
    let message = sample("notification_v2");
    assert!(forged(&ask_with(&proof, &message, Some(PEM), later(0))));
    let body = message.to_string();
    let request = Request { content_type: "", headers: &[], body: body.as_bytes() };
    assert!(certificate_url(&request, &proof).is_err(), "nothing is fetched for it either");
}

#[test]
fn the_certificate_is_amazons_and_in_its_time() {
    let message = sample("notification_v2");
    assert!(ask(&message, Some(include_str!("../samples/common.pem")), later(0)).is_ok());
    for pem in [
        None,
        Some(""),
        Some("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"),
        Some(include_str!("../samples/other.pem")),
    ] {
        assert!(forged(&ask(&message, pem, later(0))), "{pem:?}");
    }
    let too_late = ask(&message, Some(PEM), later(21 * 366 * 86_400));
    assert_eq!(too_late, Err(Refusal::Forged("the certificate is out of its time")));
    assert_eq!(ask(&message, Some(PEM), later(-5 * 86_400)), too_late);
    assert_eq!(ask(&message, Some(&PEM.replace('\n', "\r\n")), later(0)), ask(&message, Some(PEM), later(0)));
}

#[test]
fn a_message_is_good_for_an_hour() {
    let message = sample("notification_v1");
    for (age_ms, is_good) in
        [(-AHEAD_MAX_MS - 1, false), (-AHEAD_MAX_MS, true), (HOUR_MS, true), (HOUR_MS + 1, false)]
    {
        let answer = ask(&message, Some(PEM), later(0).plus_ms(age_ms));
        assert_eq!(answer.is_ok(), is_good, "{age_ms}");
        assert!(is_good || answer == Err(Refusal::Stale));
    }
}

#[test]
fn addresses_are_amazons_only() {
    let proof = TopicProof::amazon(TOPIC);
    let url_of = |url: &str| {
        let body = changed("notification_v1", "SigningCertURL", url).to_string();
        certificate_url(&Request { content_type: "", headers: &[], body: body.as_bytes() }, &proof)
    };
    for good in [
        "https://sns.eu-central-1.amazonaws.com/x.pem",
        "https://SNS.us-gov-west-1.amazonaws.com:443/x.pem",
        "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
    ] {
        assert!(url_of(good).expect("a sample").is_some(), "{good}");
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
    let with = |password| TopicProof { raw: Some(basic("a", password)), ..TopicProof::amazon(TOPIC) };
    assert_eq!(ask_with(&with("b"), &raw, None, later(0)), Ok(Proven::default()));
    assert!(forged(&ask_with(&with("c"), &raw, None, later(0))));
    // The password does not stand in for a signature.
    assert!(forged(&ask_with(&with("b"), &changed("notification_v1", "Message", "x"), Some(PEM), later(0))));
    let body = raw.to_string();
    let request = Request { content_type: "", headers: &[], body: body.as_bytes() };
    assert_eq!(certificate_url(&request, &with("b")), Ok(None));
}

#[test]
fn a_field_said_twice_is_no_message() {
    let body = sample("notification_v1").to_string().replacen('{', r#"{"Message":"x","#, 1);
    let request = Request { content_type: "", headers: &[], body: body.as_bytes() };
    let proof = TopicProof::amazon(TOPIC);
    assert!(matches!(certificate_url(&request, &proof), Err(Refusal::Malformed(_))));
}
