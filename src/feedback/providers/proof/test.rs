//! What the tests of all proofs share, and what holds for every provider.

use secrecy::SecretString;

use super::{Password, Proofs, Proven, TopicProof, prove};
use crate::domain::{SECOND_MS, Timestamp};
use crate::feedback::providers::{BODY_MAX_BYTES, Provider, Refusal, Request};

/// The moment when the samples were signed.
pub(super) const SIGNED_S: i64 = 1_795_514_401;
/// The topic of the samples.
pub(super) const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:postbell";

/// So many seconds behind the moment of signing.
pub(super) fn later(seconds: i64) -> Timestamp {
    Timestamp::from_millis((SIGNED_S + seconds) * SECOND_MS)
}

pub(super) fn basic(user: &str, password: &str) -> Password {
    Password::Basic { user: user.to_owned(), password: SecretString::from(password) }
}

/// All set up, SendGrid with what is no key.
pub(super) fn all() -> Proofs {
    Proofs {
        ses: Some(TopicProof::amazon(TOPIC)),
        scaleway: Some(TopicProof::scaleway("arn:scw:sns:fr-par:project-1:postbell")),
        sendgrid_keys: vec!["AAAA".to_owned()],
        postmark: vec![basic("postmark", "secret")],
        mailgun_keys: vec![SecretString::from("old key"), SecretString::from("key")],
        generic_keys: vec![SecretString::from("key")],
        passwords: [Provider::Brevo, Provider::Mailjet, Provider::Sparkpost, Provider::Smtp2go]
            .map(|provider| (provider, basic("postmark", "secret")))
            .into(),
        keys: [
            (Provider::Mailersend, "key"),
            (Provider::Mailtrap, "key"),
            (Provider::Resend, "whsec_c3ZpeCBrZXk="),
        ]
        .map(|(provider, key)| (provider, SecretString::from(key)))
        .into(),
    }
}

/// Proves with all set up; whatever it says, it does not panic.
pub(in super::super) fn survive(provider: Provider, request: &Request<'_>) {
    let pem = include_str!("samples/sns.pem");
    let _ = prove(provider, request, &all(), Some(pem), later(0));
}

pub(super) fn ask(
    provider: Provider,
    headers: &[(&str, &str)],
    body: &[u8],
    now: Timestamp,
) -> Result<Proven, Refusal> {
    prove(provider, &Request { content_type: "application/json", headers, body }, &all(), None, now)
}

#[test]
fn a_provider_without_a_secret_is_not_set_up() {
    for provider in Provider::ALL {
        let request = Request { content_type: "", headers: &[], body: b"{}" };
        let refusal = prove(provider, &request, &Proofs::default(), None, later(0));
        assert_eq!(refusal, Err(Refusal::NotConfigured(provider)));
    }
}

#[test]
fn an_empty_secret_proves_nothing() {
    let proofs = Proofs {
        ses: Some(TopicProof::amazon("")),
        scaleway: Some(TopicProof::scaleway("")),
        sendgrid_keys: vec![String::new()],
        postmark: vec![Password::Header(SecretString::from("")), basic("", "")],
        mailgun_keys: vec![SecretString::from("")],
        generic_keys: vec![SecretString::from("")],
        passwords: vec![(Provider::Brevo, Password::Header("".into())), (Provider::Mailjet, basic("", ""))],
        keys: [Provider::Resend, Provider::Mailersend, Provider::Mailtrap].map(|of| (of, "".into())).into(),
    };
    let time = super::test::SIGNED_S.to_string();
    let signature = super::keyed::sign_for_test("", &[time.as_bytes(), b".", b"{}"]);
    let headers = [
        ("Authorization", "Basic Og=="),
        (super::SECRET_HEADER, ""),
        ("X-Postbell-Timestamp", time.as_str()),
        ("X-Postbell-Signature", signature.as_str()),
    ];
    for provider in Provider::ALL.into_iter().filter(|provider| {
        !matches!(
            provider,
            Provider::Ses | Provider::Sendgrid | Provider::Mailgun | Provider::Sparkpost | Provider::Smtp2go
        )
    }) {
        let request = Request { content_type: "", headers: &headers, body: b"{}" };
        let refusal = prove(provider, &request, &proofs, None, later(0));
        assert!(matches!(refusal, Err(Refusal::Forged(_))), "{provider}: {refusal:?}");
    }
}

#[test]
fn a_body_beyond_the_bounds_is_refused_unread() {
    let large = vec![b' '; BODY_MAX_BYTES + 1];
    for provider in Provider::ALL {
        assert_eq!(ask(provider, &[], &large, later(0)), Err(Refusal::TooLarge));
    }
}

#[test]
fn what_is_printed_for_debugging_has_no_secrets() {
    let text = format!("{:?}", all());
    assert!(!text.contains("secret\"") && !text.contains("\"key\""), "{text}");
}
