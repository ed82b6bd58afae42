//! STARTTLS, TLS from the first byte, and logging in.

use std::path::{Path, PathBuf};
use std::process::Command;

use postbell::mail::SendError;
use postbell::mail::smtp::{SmtpSettings, SmtpTls, SmtpTransport};

use super::{parcel_to, session, settings};
use crate::support::fault_smtp::FaultSmtp;

/// A certificate authority of the test's own, with one certificate for
/// 127.0.0.1 and localhost.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("leaf.ext"),
            "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
        )
        .unwrap();
        let authority = Self { folder };
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        authority.openssl(
            &[
                &[
                    "req",
                    "-x509",
                    "-days",
                    "2",
                    "-subj",
                    "/CN=Test CA",
                    "-keyout",
                    "ca.key",
                    "-out",
                    "ca.pem",
                ],
                &key[..],
            ]
            .concat(),
        );
        authority.openssl(
            &[&["req", "-subj", "/CN=localhost", "-keyout", "leaf.key", "-out", "leaf.csr"], &key[..]]
                .concat(),
        );
        authority.openssl(&[
            "x509",
            "-req",
            "-days",
            "2",
            "-in",
            "leaf.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "leaf.ext",
            "-out",
            "leaf.pem",
        ]);
        authority
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl runs; without it: apt-get install openssl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    fn pem(&self) -> Vec<u8> {
        std::fs::read(self.file("ca.pem")).unwrap()
    }

    fn server(&self, faults: &[(&str, &str)]) -> FaultSmtp {
        let (cert, key) = (self.file("leaf.pem"), self.file("leaf.key"));
        let mut all = vec![("cert", cert.to_str().unwrap()), ("key", key.to_str().unwrap())];
        all.extend(faults);
        FaultSmtp::start(&all)
    }
}

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
