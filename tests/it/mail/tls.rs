//! STARTTLS, TLS from the first byte, and logging in.

use postbell::mail::SendError;
use postbell::mail::smtp::{SmtpSettings, SmtpTls, SmtpTransport};

use super::{parcel_to, session, settings};
use crate::support::authority::Authority;
use crate::support::fault_smtp::FaultSmtp;

fn login(settings: SmtpSettings, password: &str) -> SmtpSettings {
    SmtpSettings { credentials: Some(("kim".to_owned(), password.to_owned().into())), ..settings }
}

#[tokio::test]
async fn checked_tls_carries_the_login_and_many_mails() {
    let authority = Authority::new();
    for (tls, server) in [(SmtpTls::Required, "starttls"), (SmtpTls::Implicit, "implicit")] {
        for (host, mechanism) in [("127.0.0.1", "PLAIN"), ("localhost", "LOGIN")] {
            let server =
                authority.server(&[("tls", server), ("login", "kim:pass word"), ("mechanism", mechanism)]);
            let settings = SmtpSettings {
                tls,
                ca_pem: Some(authority.pem()),
                host: host.to_owned(),
                ..login(settings(server.port), "pass word")
            };
            let mut session = session(settings);
            for i in 0..5 {
                let sent = session.send(&parcel_to(&format!("r{i}@example.com")), None).await;
                assert!(sent.is_ok(), "{tls:?} {host} {mechanism}: {sent:?}");
            }
            session.close().await;
            assert_eq!(server.recipients().len(), 5);
        }
    }
}

#[tokio::test]
async fn a_certificate_of_a_stranger_is_refused() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (tls, server) in [(SmtpTls::Required, "starttls"), (SmtpTls::Implicit, "implicit")] {
        for ca_pem in [None, Some(stranger.pem())] {
            let server = authority.server(&[("tls", server)]);
            let mut session = session(SmtpSettings { tls, ca_pem, ..settings(server.port) });
            let error = session.send(&parcel_to("a@example.com"), None).await.unwrap_err();
            assert!(matches!(&error, SendError::RelayDown(r) if r.text.contains("certificate")), "{error:?}");
            assert!(server.recipients().is_empty());
        }
    }
}

#[tokio::test]
async fn opportunistic_tls_takes_any_certificate_and_none() {
    let authority = Authority::new();
    for faults in [&[("tls", "starttls")][..], &[][..]] {
        let server = authority.server(faults);
        let mut session = session(SmtpSettings { tls: SmtpTls::Opportunistic, ..settings(server.port) });
        session.send(&parcel_to("a@example.com"), None).await.unwrap();
        assert_eq!(server.recipients(), ["a@example.com"]);
    }
}

#[tokio::test]
async fn required_tls_that_is_not_offered_sends_nothing() {
    let server = FaultSmtp::start(&[("login", "kim:secret")]);
    let settings = SmtpSettings { tls: SmtpTls::Required, ..login(settings(server.port), "secret") };
    let error = session(settings).send(&parcel_to("a@example.com"), None).await.unwrap_err();
    assert!(matches!(&error, SendError::RelayRefusesUs(r) if r.text.contains("STARTTLS")), "{error:?}");
    assert!(server.recipients().is_empty());
}

#[tokio::test]
async fn answers_forged_before_the_handshake_are_not_believed() {
    let authority = Authority::new();
    let server = authority.server(&[("tls", "starttls"), ("inject", "1")]);
    let settings =
        SmtpSettings { tls: SmtpTls::Required, ca_pem: Some(authority.pem()), ..settings(server.port) };
    let error = session(settings).send(&parcel_to("a@example.com"), None).await.unwrap_err();
    assert!(matches!(error, SendError::RelayDown(_)), "{error:?}");
    assert!(server.recipients().is_empty());
}

#[tokio::test]
async fn a_wrong_password_or_no_way_to_log_in_is_the_operators_to_mend() {
    let server = FaultSmtp::start(&[("login", "kim:secret")]);
    let error = session(login(settings(server.port), "wrong"))
        .send(&parcel_to("a@b.example"), None)
        .await
        .unwrap_err();
    assert!(matches!(&error, SendError::RelayRefusesUs(r) if r.code == Some(535)), "{error:?}");

    let error = session(settings(server.port)).send(&parcel_to("a@b.example"), None).await.unwrap_err();
    assert!(matches!(&error, SendError::RelayRefusesUs(r) if r.code == Some(530)), "{error:?}");

    let refusing = FaultSmtp::start(&[("login", "kim:secret"), ("auth535", "1"), ("times", "1")]);
    let mut session_ = session(login(settings(refusing.port), "secret"));
    assert!(matches!(
        session_.send(&parcel_to("a@b.example"), None).await,
        Err(SendError::RelayRefusesUs(_))
    ));
    session_.send(&parcel_to("a@b.example"), None).await.expect("the account is open again");

    let without = FaultSmtp::start(&[]);
    let error = session(login(settings(without.port), "secret"))
        .send(&parcel_to("a@b.example"), None)
        .await
        .unwrap_err();
    assert!(matches!(&error, SendError::RelayRefusesUs(r) if r.text.contains("login")), "{error:?}");
}

#[test]
fn a_file_that_is_no_certificate_is_named() {
    for tls in [SmtpTls::Required, SmtpTls::Implicit] {
        let pem = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n".to_vec();
        let clock = std::sync::Arc::new(postbell::clock::ManualClock::at(super::NOW));
        let refused = SmtpTransport::new(SmtpSettings { tls, ca_pem: Some(pem), ..settings(1) }, clock).err();
        assert!(refused.is_some_and(|text| text.contains("smtp.ca_file")), "{tls:?}");
    }
}
