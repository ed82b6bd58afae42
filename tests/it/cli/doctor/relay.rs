//! Mail servers that cannot be used, each for a reason of its own.

use super::clinic::Clinic;
use crate::support::authority::Authority;
use crate::support::fault_smtp::FaultSmtp;

#[test]
fn a_mail_server_that_cannot_be_used_is_told_with_its_reason() {
    let clinic = Clinic::new();
    let url = |port: u16, rest: &str| format!("smtp.url=smtp://kim:sesame@localhost:{port}{rest}");
    let good = clinic.relay.port;

    let wrong = format!("smtp.url=smtp://kim:wrong@localhost:{good}?tls=required");
    clinic.fails_with(
        &["--set", &wrong],
        "the server refuses the login: 535 5.7.8",
        &["check user and password"],
    );
    let nobody = url(9, "?tls=required");
    clinic.fails_with(&["--set", &nobody], "the server cannot be reached", &["check host and port"]);
    let nameless = "smtp.url=smtp://kim:sesame@smtp.invalid:25";
    clinic.fails_with(&["--set", nameless], "smtp.invalid has no address", &["check the host"]);

    let stranger = Authority::new().server(&[("tls", "starttls"), ("login", "kim:sesame")]);
    let set = url(stranger.port, "?tls=required");
    clinic.fails_with(&["--set", &set], "certificate", &["smtp.ca_file"]);
    let plain = Authority::new().server(&[("login", "kim:sesame")]);
    let set = url(plain.port, "?tls=required");
    clinic.fails_with(&["--set", &set], "offers no STARTTLS", &["?tls=none"]);
    let set = format!("smtp.url=smtps://kim:sesame@localhost:{}", plain.port);
    clinic.fails_with(&["--set", &set], "no TLS", &["speaks TLS"]);
    let closed = FaultSmtp::start(&[("greet554", "1")]);
    let set = url(closed.port, "");
    clinic.fails_with(&["--set", &set], "the server refuses us: 554 5.7.1", &["ask who runs the server"]);
    // None of these was sent a mail.
    assert!(clinic.relay.recipients().is_empty() && stranger.recipients().is_empty());
}

#[test]
fn a_certificate_that_has_ended_or_soon_does_is_told() {
    let clinic = Clinic::new();
    for (tls, scheme, rest) in [("starttls", "smtp", "?tls=required"), ("implicit", "smtps", "")] {
        for (days, status, line, next) in [
            ("-1", "fault", "xpired", "renewed"),
            ("5", "warning", "the certificate is good, for ", "renewed in time"),
            ("40", "ok", "the certificate is good, for ", ""),
        ] {
            let authority = Authority::lasting(days);
            let server = authority.server(&[("tls", tls), ("login", "kim:sesame")]);
            let set = format!("smtp.url={scheme}://kim:sesame@localhost:{}{rest}", server.port);
            let ca = format!("smtp.ca_file={}", authority.file("ca.pem").display());
            let code = i32::from(status == "fault");
            let next: &[&str] = if next.is_empty() { &[] } else { &[next] };
            clinic.says(&["--set", &set, "--set", &ca], (status, code), line, next);
        }
    }
}
