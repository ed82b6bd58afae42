//! Scaleway's messages: signed by whom its own authorities signed.

use serde_json::Value;

use super::super::{AHEAD_MAX_MS, Proofs};
use super::*;
use crate::domain::HOUR_MS;
use crate::feedback::providers::{Provider::Scaleway, proof};

const TOPIC: &str = "arn:scw:sns:fr-par:project-6f9f0d1c-2b3a-4c5d-8e6f-7a8b9c0d1e2f:bounces";
/// When the samples were signed: 2027-01-15T08:00:00Z.
const SIGNED: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Made by `openssl`, below authorities of their own; the keys were thrown away.
fn sample(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../samples/scaleway.json")).expect("a sample");
    all[name].clone()
}

fn pem(name: &str) -> String {
    sample(name).as_str().expect("a sample").to_owned()
}

fn of(authorities: String) -> TopicProof {
    TopicProof { house: House::Scaleway(authorities), ..TopicProof::scaleway(TOPIC) }
}

fn ask_with(
    topic: TopicProof,
    message: &Value,
    certificate: &str,
    now: Timestamp,
) -> Result<Proven, Refusal> {
    let body = message.to_string();
    let request = Request { content_type: "text/plain", headers: &[], body: body.as_bytes() };
    let proofs = Proofs { scaleway: Some(topic), ..Proofs::default() };
    proof::prove(Scaleway, &request, &proofs, Some(certificate), now)
}

fn ask(message: &Value) -> Result<Proven, Refusal> {
    ask_with(of(pem("authorities")), message, &pem("certificate"), SIGNED)
}

fn forged(answer: &Result<Proven, Refusal>) -> bool {
    matches!(answer, Err(Refusal::Forged(_)))
}

#[test]
fn its_messages_are_proven_in_both_versions_and_nobody_can_change_them() {
    for name in ["gone", "gone_v1", "spam"] {
        let proven = ask(&sample(name)).expect("a sample");
        assert!(proven.once.is_some() && proven.confirm_url.is_none(), "{name}");
        for field in ["Message", "MessageId", "Timestamp"] {
            let mut changed = sample(name);
            changed[field] = Value::from("other");
            assert!(forged(&ask(&changed)), "{name} {field}");
        }
    }
    let confirm = ask(&sample("subscribe")).expect("a sample").confirm_url.expect("a sample");
    assert!(confirm.starts_with("https://sns.mnq.fr-par.scaleway.com/?Action=ConfirmSubscription&"));
    assert!(forged(&ask(&sample("of_another_topic"))));
}

#[test]
fn a_certificate_counts_when_an_authority_of_scaleways_signed_it_and_both_hold() {
    let stranger = pem("certificate_of_a_stranger");
    assert!(forged(&ask_with(of(pem("authorities")), &sample("by_a_stranger"), &stranger, SIGNED)));
    for authorities in [String::new(), "no PEM".to_owned(), pem("certificate")] {
        assert!(forged(&ask_with(of(authorities), &sample("gone"), &pem("certificate"), SIGNED)));
    }
    // Its own authorities signed nothing here.
    let real = TopicProof::scaleway(TOPIC);
    assert!(forged(&ask_with(real, &sample("gone"), &pem("certificate"), SIGNED)));
    for bad in ["", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"] {
        assert!(forged(&ask_with(of(pem("authorities")), &sample("gone"), bad, SIGNED)));
    }
    let late = SIGNED.plus_ms(21 * 366 * 24 * HOUR_MS);
    assert!(forged(&ask_with(of(pem("authorities")), &sample("gone"), &pem("certificate"), late)));
}

/// Without a certificate of Scaleway's to hold, what it publishes is at least
/// read as it stands: its second authority is signed by its first.
#[test]
fn the_authorities_that_scaleway_publishes_are_read() {
    let House::Scaleway(own) = TopicProof::scaleway(TOPIC).house else { panic!("Scaleway's") };
    let second = &own[own.rfind("-----BEGIN").expect("a sample")..];
    let public_key = |house: House, now| certificate::public_key(second, &house, now);
    assert!(public_key(House::Scaleway(own.clone()), SIGNED).is_ok());
    assert!(public_key(House::Scaleway(second.to_owned()), SIGNED).is_err());
    assert!(public_key(House::Amazon, SIGNED).is_err());
    assert!(public_key(House::Scaleway(own.clone()), SIGNED.plus_ms(366 * 24 * HOUR_MS)).is_err());
}

#[test]
fn a_message_is_good_for_eight_hours() {
    for (age_ms, is_good) in
        [(-AHEAD_MAX_MS - 1, false), (-AHEAD_MAX_MS, true), (8 * HOUR_MS, true), (8 * HOUR_MS + 1, false)]
    {
        let now = SIGNED.plus_ms(age_ms);
        let answer = ask_with(of(pem("authorities")), &sample("gone"), &pem("certificate"), now);
        assert_eq!(answer.is_ok(), is_good, "{age_ms}");
        assert!(is_good || answer == Err(Refusal::Stale));
    }
}

#[test]
fn addresses_are_scaleways_only() {
    let url_of = |url: &str| {
        let mut message = sample("gone");
        message["SigningCertURL"] = Value::from(url);
        let body = message.to_string();
        let request = Request { content_type: "", headers: &[], body: body.as_bytes() };
        certificate_url(&request, &TopicProof::scaleway(TOPIC))
    };
    for good in [
        "https://messaging.s3.fr-par.scw.cloud/fr-par/sns/sns-1.pem",
        "https://messaging.s3.nl-ams.scw.cloud:443/x.pem",
    ] {
        assert!(url_of(good).expect("a sample").is_some(), "{good}");
    }
    for bad in [
        "",
        "http://messaging.s3.fr-par.scw.cloud/x.pem",
        "https://messaging.s3.fr-par.scw.cloud/x.txt",
        "https://messaging.s3.fr-par.scw.cloud:8443/x.pem",
        "https://a@messaging.s3.fr-par.scw.cloud/x.pem",
        "https://other.s3.fr-par.scw.cloud/x.pem",
        "https://messaging.s3.fr-par.scw.cloud.example.org/x.pem",
        "https://messaging.s3.example.scw.cloud/x.pem",
        "https://x.messaging.s3.fr-par.scw.cloud/x.pem",
        "https://sns.eu-central-1.amazonaws.com/x.pem",
        "https://127.0.0.1/x.pem",
    ] {
        assert!(matches!(url_of(bad), Err(Refusal::Forged(_))), "{bad}");
    }
}
