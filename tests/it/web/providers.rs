//! The doors of the providers: what each proof lets in, and that one which is
//! replayed, wrong, missing or old reports nothing.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::{BASE64, HEXLOWER};
use postbell::clock::Clock as _;
use postbell::feedback::providers::Provider;
use postbell::feedback::providers::proof::{House, Password, Proofs, TopicProof};
use serde_json::Value;

use crate::support::server::TestServer;

crate::for_each_database!(
    each_providers_report_counts_once_and_only_with_its_proof,
    a_topic_is_confirmed_and_only_a_topic_of_ours,
    a_provider_is_heard_when_it_proves_who_it_is_and_each_report_counts_once,
    a_mailgun_signature_that_somebody_saw_reports_nothing_else,
    who_stands_on_a_providers_list_gets_no_mail_for_what_put_them_there,
);

const SECRET: &str = "a secret of sixteen or more";
const AMAZON: &str = "arn:aws:sns:eu-central-1:123456789012:postbell";
const SCALEWAY: &str = "arn:scw:sns:fr-par:project-6f9f0d1c-2b3a-4c5d-8e6f-7a8b9c0d1e2f:bounces";
const HOUR_S: i64 = 3_600;

/// Messages of topics, signed at the moment when a test begins.
fn sample(provider: &str, name: &str) -> Value {
    let all = match provider {
        "ses" => include_str!("../../../src/feedback/providers/proof/samples/ses.json"),
        _ => include_str!("../../../src/feedback/providers/proof/samples/scaleway.json"),
    };
    serde_json::from_str::<Value>(all).unwrap()[name].clone()
}

fn words(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Who signs, and with what.
struct Signer {
    sendgrid: EcdsaKeyPair,
    secret: &'static str,
}

impl Signer {
    fn new(secret: &'static str) -> Self {
        Self { sendgrid: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(), secret }
    }

    /// What Postbell knows of it.
    fn proofs(&self) -> Proofs {
        let key: PublicKeyX509Der<'_> = self.sendgrid.public_key().as_der().unwrap();
        let basic = || Password::Basic { user: "postbell".to_owned(), password: SECRET.to_owned().into() };
        let house = House::Scaleway(words(&sample("scaleway", "authorities")));
        Proofs {
            ses: Some(TopicProof::amazon(AMAZON)),
            scaleway: Some(TopicProof { house, ..TopicProof::scaleway(SCALEWAY) }),
            sendgrid_keys: vec![BASE64.encode(key.as_ref())],
            postmark: vec![Password::Header(SECRET.to_owned().into())],
            mailgun_keys: vec![SECRET.to_owned().into()],
            generic_keys: vec![SECRET.to_owned().into()],
            passwords: vec![
                (Provider::Brevo, basic()),
                (Provider::Mailjet, basic()),
                (Provider::Sparkpost, basic()),
                (Provider::Smtp2go, Password::Header(SECRET.to_owned().into())),
            ],
            keys: vec![
                (Provider::Mailersend, SECRET.to_owned().into()),
                (Provider::Mailtrap, SECRET.to_owned().into()),
                (Provider::Resend, format!("whsec_{}", BASE64.encode(SECRET.as_bytes())).into()),
            ],
        }
    }

    fn hmac(&self, parts: &[&str]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        hmac::sign(&key, parts.concat().as_bytes()).as_ref().to_vec()
    }

    fn hex(&self, parts: &[&str]) -> String {
        HEXLOWER.encode(&self.hmac(parts))
    }

    /// The headers that prove a body, as of a time.
    fn headers(&self, provider: Provider, body: &str, time: &str) -> Vec<(&'static str, String)> {
        let secret = self.secret;
        let basic = || format!("Basic {}", BASE64.encode(format!("postbell:{secret}").as_bytes()));
        match provider {
            Provider::Brevo | Provider::Mailjet | Provider::Sparkpost => vec![("authorization", basic())],
            Provider::Smtp2go => vec![("authorization", format!("Bearer {secret}"))],
            Provider::Postmark => vec![("x-postbell-secret", secret.to_owned())],
            Provider::Mailersend => vec![("signature", self.hex(&[body]))],
            Provider::Mailtrap => vec![("mailtrap-signature", self.hex(&[body]))],
            Provider::Resend => vec![
                ("svix-id", "msg_1".to_owned()),
                ("svix-timestamp", time.to_owned()),
                ("svix-signature", format!("v1,{}", BASE64.encode(&self.hmac(&["msg_1.", time, ".", body])))),
            ],
            Provider::Generic => vec![
                ("x-postbell-timestamp", time.to_owned()),
                ("x-postbell-signature", self.hex(&[time, ".", body])),
            ],
            Provider::Sendgrid => {
                let text = format!("{time}{body}");
                let signature = self.sendgrid.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
                vec![
                    ("x-twilio-email-event-webhook-timestamp", time.to_owned()),
                    ("x-twilio-email-event-webhook-signature", BASE64.encode(signature.as_ref())),
                ]
            }
            Provider::Ses | Provider::Scaleway | Provider::Mailgun => Vec::new(),
        }
    }

    /// What a provider says of a reader who wants no more.
    fn body(&self, provider: Provider, reader: &str, time: &str) -> String {
        let text = match provider {
            Provider::Brevo | Provider::Mailjet => r#"{"event":"spam","email":"WHO"}"#,
            Provider::Sparkpost => {
                r#"[{"msys":{"message_event":{"type":"spam_complaint","rcpt_to":"WHO"}}}]"#
            }
            Provider::Smtp2go => r#"{"event":"spam","rcpt":"WHO"}"#,
            Provider::Postmark => {
                r#"{"RecordType":"SpamComplaint","ID":42,"Type":"SpamComplaint","TypeCode":512,"Email":"WHO"}"#
            }
            Provider::Mailersend => {
                r#"{"type":"activity.spam_complaint","data":{"email":{"recipient":{"email":"WHO"}}}}"#
            }
            Provider::Mailtrap => r#"{"events":[{"event":"spam","email":"WHO"}]}"#,
            Provider::Resend => r#"{"type":"email.complained","data":{"to":["WHO"]}}"#,
            Provider::Generic => r#"{"type":"complained","address":"WHO"}"#,
            Provider::Sendgrid => r#"[{"event":"spamreport","email":"WHO"}]"#,
            Provider::Mailgun => {
                r#"{"signature":{"timestamp":"TIME","token":"WHO","signature":"PROOF"},"event-data":{"event":"complained","recipient":"WHO"}}"#
            }
            Provider::Ses => return sample("ses", "complaint").to_string().replace("ses@", &at(reader)),
            Provider::Scaleway => {
                return sample("scaleway", "gone").to_string().replace("scaleway@", &at(reader));
            }
        };
        text.replace("TIME", time).replace("PROOF", &self.hex(&[time, reader])).replace("WHO", reader)
    }
}

/// `kim@` of `kim@example.org`.
fn at(reader: &str) -> String {
    reader.split_inclusive('@').next().unwrap().to_owned()
}

fn seconds(server: &TestServer, late: i64) -> String {
    (server.clock.now().as_millis() / 1000 - late).to_string()
}

async fn post(server: &TestServer, provider: Provider, headers: &[(&str, String)], body: &str) -> u16 {
    let mut ask = server.ask("POST", &format!("/hooks/bounces/{provider}"));
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    ask.body("application/json", body.to_owned()).send().await.status
}

/// B5
async fn each_providers_report_counts_once_and_only_with_its_proof() {
    let ours = Signer::new(SECRET);
    let other = Signer::new("a guess of sixteen letters");
    let server = TestServer::with(|setup| setup.proofs = ours.proofs()).await;
    server.fed_blog("tea", "Tea").await;
    for provider in ["ses", "scaleway"] {
        let message = sample(provider, if provider == "ses" { "complaint" } else { "gone" });
        server.feeds.put(&words(&message["SigningCertURL"]), &words(&sample(provider, "certificate")));
    }
    let rows = async || server.opened.rows("feedback").await;
    for (index, provider) in Provider::ALL.into_iter().enumerate() {
        let reader = format!("{provider}@example.org");
        server.follower("tea", &reader).await;
        let now = seconds(&server, 0);
        let is_topic = matches!(provider, Provider::Ses | Provider::Scaleway);
        let good = ours.body(provider, &reader, &now);
        let headers = ours.headers(provider, &good, &now);
        let before = i64::try_from(index).unwrap();

        // Wrong: with another secret, and for another reader.
        let guessed = other.body(provider, if is_topic { "guess@example.org" } else { &reader }, &now);
        let status = post(&server, provider, &other.headers(provider, &guessed, &now), &guessed).await;
        assert_eq!(status, 403, "{provider}: a guessed secret");
        let has_signature = !matches!(
            provider,
            Provider::Brevo
                | Provider::Mailjet
                | Provider::Sparkpost
                | Provider::Smtp2go
                | Provider::Postmark
        );
        if has_signature && provider != Provider::Mailgun {
            let changed = good.replace(&at(&reader), "other@");
            assert_eq!(post(&server, provider, &headers, &changed).await, 403, "{provider}: a changed body");
        }
        // Missing.
        let bare = match provider {
            Provider::Ses | Provider::Scaleway => {
                let mut message: Value = serde_json::from_str(&good).unwrap();
                message.as_object_mut().unwrap().remove("Signature");
                message.to_string()
            }
            Provider::Mailgun => good.replace("signature", "other"),
            _ => good.clone(),
        };
        assert_eq!(post(&server, provider, &[], &bare).await, 403, "{provider}: no proof");
        // Old, where a time is signed.
        let old = seconds(&server, 26 * HOUR_S);
        if matches!(provider, Provider::Resend | Provider::Generic | Provider::Sendgrid | Provider::Mailgun) {
            let late = ours.body(provider, &reader, &old);
            let status = post(&server, provider, &ours.headers(provider, &late, &old), &late).await;
            assert_eq!(status, 403, "{provider}: of yesterday");
        }
        assert_eq!(rows().await, before, "{provider} was heard without its proof");
        // Good, and then again.
        for _ in 0..2 {
            assert_eq!(post(&server, provider, &headers, &good).await, 200, "{provider}");
            assert_eq!(rows().await, before + 1, "{provider}: it counts once");
        }
        let list = server.opened.store.list_suppressions(None, 100).await.unwrap();
        assert_eq!(list.len(), index + 1, "{provider}: nobody else");
        assert!(list.iter().any(|entry| entry.address.as_deref() == Some(&reader)), "{provider}");
    }
    // What somebody kept of a topic: its certificate holds, its time is over.
    server.clock.advance_seconds(9 * HOUR_S);
    for provider in [Provider::Ses, Provider::Scaleway] {
        let kept = ours.body(provider, &format!("{provider}@example.org"), "");
        assert_eq!(post(&server, provider, &[], &kept).await, 403, "{provider}: of this morning");
    }
}

async fn a_topic_is_confirmed_and_only_a_topic_of_ours() {
    let server = TestServer::with(|setup| setup.proofs = Signer::new(SECRET).proofs()).await;
    let message = sample("scaleway", "subscribe");
    let ask = async |message: &Value| post(&server, Provider::Scaleway, &[], &message.to_string()).await;
    assert_eq!(ask(&message).await, 429, "its certificate is not there yet: it comes again");
    server.feeds.put(&words(&message["SigningCertURL"]), &words(&sample("scaleway", "certificate")));
    assert_eq!(ask(&message).await, 429, "nor what says yes");
    server.feeds.put(&words(&message["SubscribeURL"]), "<ConfirmSubscriptionResponse/>");
    assert_eq!(ask(&message).await, 200);
    assert_eq!(ask(&sample("scaleway", "of_another_topic")).await, 403);
    assert_eq!(ask(&sample("scaleway", "by_a_stranger")).await, 403);
}

/// B5: proven, once, and to the right reader.
async fn a_provider_is_heard_when_it_proves_who_it_is_and_each_report_counts_once() {
    const SECRET: &str = "a secret of sixteen or more";
    let server = TestServer::with(|setup| {
        setup.proofs = Proofs {
            generic_keys: vec![SECRET.to_owned().into()],
            postmark: vec![Password::Header("another secret".to_owned().into())],
            ..Proofs::default()
        };
    })
    .await;
    server.fed_blog("tea", "Tea").await;
    for reader in ["ann@example.org", "bob@example.org"] {
        server.follower("tea", reader).await;
    }
    let report = async |body: &str, secret: &str, late: i64| {
        let time = (server.clock.now().as_millis() / 1000 - late).to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = HEXLOWER.encode(hmac::sign(&key, format!("{time}.{body}").as_bytes()).as_ref());
        server
            .ask("POST", "/hooks/bounces/generic")
            .header("x-postbell-timestamp", &time)
            .header("x-postbell-signature", &signature)
            .body("application/json", body.to_owned())
            .send()
            .await
            .status
    };
    let reasons = async || {
        let list = server.opened.store.list_suppressions(None, 10).await.unwrap();
        list.into_iter().map(|entry| (entry.address.unwrap(), entry.reason.as_str())).collect::<Vec<_>>()
    };
    let gone = r#"{"type": "bounced", "address": "ann@example.org", "status": "5.1.1", "diagnostic": "no such user"}"#;
    assert_eq!(report(gone, "guessed secret, sixteen", 0).await, 403);
    assert_eq!(report(gone, SECRET, 3_600).await, 403, "an old report that somebody kept");
    assert_eq!(report("no json", SECRET, 0).await, 400);
    assert_eq!(
        server.ask("POST", "/hooks/bounces/generic").body("application/json", gone).send().await.status,
        403
    );
    for silent in ["mailgun", "sendgrid", "ses", "nobody"] {
        let path = format!("/hooks/bounces/{silent}");
        assert_eq!(
            server.ask("POST", &path).body("application/json", gone).send().await.status,
            404,
            "{silent}"
        );
    }
    assert!(reasons().await.is_empty());

    for _ in 0..2 {
        assert_eq!(report(gone, SECRET, 0).await, 200);
    }
    assert_eq!(reasons().await, [("ann@example.org".to_owned(), "bounced")]);
    assert_eq!(server.opened.rows("feedback").await, 1);
    let spam = r#"{"RecordType": "SpamComplaint", "ID": 42, "Type": "SpamComplaint", "TypeCode": 512,
        "Email": "bob@example.org", "BouncedAt": "2026-11-22T10:00:00Z"}"#;
    let postmark = async |secret: &str| {
        let ask = server.ask("POST", "/hooks/bounces/postmark").header("x-postbell-secret", secret);
        ask.body("application/json", spam).send().await.status
    };
    assert_eq!(postmark("a guess").await, 403);
    assert_eq!(postmark("another secret").await, 200);
    assert_eq!(reasons().await[0], ("bob@example.org".to_owned(), "complained"));
    let followers = server.get("/b/tea/followers").await.body;
    assert!(followers.contains("\"count\":0"), "{followers}");
}

/// Mailgun signs a time and a token, not what it reports.
async fn a_mailgun_signature_that_somebody_saw_reports_nothing_else() {
    const KEY: &str = "a signing key of sixteen or more";
    let server = TestServer::with(|setup| {
        setup.proofs = Proofs { mailgun_keys: vec![KEY.to_owned().into()], ..Proofs::default() };
    })
    .await;
    server.fed_blog("tea", "Tea").await;
    for reader in ["ann@example.org", "bob@example.org"] {
        server.follower("tea", reader).await;
    }
    let report = async |reader: &str, token: &str| {
        let time = (server.clock.now().as_millis() / 1000).to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
        let signature = HEXLOWER.encode(hmac::sign(&key, format!("{time}{token}").as_bytes()).as_ref());
        let body = format!(
            r#"{{"signature": {{"timestamp": "{time}", "token": "{token}", "signature": "{signature}"}},
            "event-data": {{"event": "complained", "recipient": "{reader}"}}}}"#
        );
        server.ask("POST", "/hooks/bounces/mailgun").body("application/json", body).send().await.status
    };
    assert_eq!(report("ann@example.org", "one").await, 200);
    assert_eq!(report("ann@example.org", "one").await, 200, "the same again is Mailgun's second try");
    assert_eq!(report("bob@example.org", "one").await, 406, "a token that was seen");
    let list = server.opened.store.list_suppressions(None, 10).await.unwrap();
    assert_eq!(list.len(), 1, "{list:?}");
    assert_eq!(report("bob@example.org", "two").await, 200);
    assert_eq!(server.opened.store.list_suppressions(None, 10).await.unwrap().len(), 2);
}

/// B5: what a provider does not send is no bounce of this mail, and tells of one before.
async fn who_stands_on_a_providers_list_gets_no_mail_for_what_put_them_there() {
    let ours = Signer::new(SECRET);
    let server = TestServer::with(|setup| setup.proofs = ours.proofs()).await;
    server.fed_blog("tea", "Tea").await;
    let dropped = r#"[{"event":"dropped","email":"WHO","reason":"WHY"}]"#;
    let blocked = r#"{"event":"blocked","email":"WHO","error_related_to":"recipient","error":"WHY"}"#;
    for (number, (provider, body, why, reason)) in [
        (Provider::Sendgrid, dropped, "Bounced Address", Some("bounced")),
        (Provider::Sendgrid, dropped, "Invalid", Some("bounced")),
        (Provider::Sendgrid, dropped, "Spam Reporting Address", Some("complained")),
        (Provider::Sendgrid, dropped, "Unsubscribed Address", Some("unsubscribed")),
        (Provider::Sendgrid, dropped, "Recipient List over Package Quota", None),
        (Provider::Sendgrid, dropped, "Spam Content", None),
        (Provider::Mailjet, blocked, "user unknown", Some("bounced")),
        (Provider::Mailjet, blocked, "spam reporter", Some("complained")),
        (Provider::Mailjet, blocked, "preblocked", None),
        (Provider::Mailjet, blocked, "duplicate in campaign", None),
    ]
    .into_iter()
    .enumerate()
    {
        let reader = format!("r{number}@example.org");
        server.follower("tea", &reader).await;
        let (body, now) = (body.replace("WHO", &reader).replace("WHY", why), seconds(&server, 0));
        assert_eq!(post(&server, provider, &ours.headers(provider, &body, &now), &body).await, 200, "{why}");
        let list = server.opened.store.list_suppressions(None, 100).await.unwrap();
        let entry = list.iter().find(|entry| entry.address.as_deref() == Some(&reader));
        assert_eq!(entry.map(|entry| entry.reason.as_str()), reason, "{provider}: {why}");
    }
}
