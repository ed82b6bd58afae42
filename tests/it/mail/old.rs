//! Servers that speak as in the last century, or as no other does, and mean well.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use postbell::domain::EmailAddress;
use postbell::mail::smtp::SmtpSettings;
use postbell::mail::{Email, Parcel, SendError};

use super::{parcel_to, post_to, session, settings};

/// A server that answers by `say`, which sees each line and how many came on
/// this connection; gives its port.
fn server(say: impl Fn(&str, usize) -> &'static str + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move |mut stream: TcpStream| {
        let _ = stream.write_all(b"220 old.example\r\n");
        let mut is_mail = false;
        for (number, line) in BufReader::new(stream.try_clone().unwrap()).lines().enumerate() {
            let Ok(line) = line else { break };
            let answer = match line.as_str() {
                "." => "250 taken",
                _ if is_mail => continue,
                line => say(line, number),
            };
            is_mail = line == "DATA";
            if stream.write_all(format!("{answer}\r\n").as_bytes()).is_err() {
                break;
            }
        }
    };
    std::thread::spawn(move || {
        let serve = Arc::new(serve);
        for stream in listener.incoming() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    port
}

fn usual(line: &str) -> &'static str {
    match line {
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        line if line.starts_with("MAIL FROM:<") || line.starts_with("RCPT TO:<") => "250 ok",
        _ => "500 what?",
    }
}

fn with_login(port: u16) -> SmtpSettings {
    SmtpSettings { credentials: Some(("kim".to_owned(), "sesame".to_owned().into())), ..settings(port) }
}

/// RFC 5321 §2.4, and the form that programs of the last century wanted.
#[tokio::test]
async fn the_words_of_ehlo_are_known_in_any_case_and_in_the_form_of_old() {
    for offer in [
        "250-sink\r\n250-auth login plain\r\n250 help",
        "250-sink\r\n250-Auth Plain\r\n250 size 100000",
        "250-sink\r\n250 AUTH=PLAIN LOGIN",
        "250-sink\r\n250-auth=login\r\n250 auth=plain",
    ] {
        // `kim` and `sesame` between zeros.
        let port = server(move |line, _| match line {
            line if line.starts_with("EHLO ") => offer,
            "AUTH PLAIN AGtpbQBzZXNhbWU=" => "235 welcome",
            line => usual(line),
        });
        let sent = session(with_login(port)).send(&parcel_to("a@example.com"), None).await;
        assert!(sent.is_ok(), "{offer:?}: {sent:?}");
    }
}

#[tokio::test]
async fn a_login_is_asked_for_in_any_words() {
    for (first, second) in [
        ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"),
        // `Benutzername`, `Kennwort`; `User`, `Pass`; nothing; no base64.
        ("334 QmVudXR6ZXJuYW1l", "334 S2VubndvcnQ="),
        ("334 VXNlcg==", "334 UGFzcw=="),
        ("334 ", "334"),
        ("334 Username:", "334-Your\r\n334 password, please"),
        ("334 \u{e9}", "334 ===="),
    ] {
        let port = server(move |line, _| match line {
            line if line.starts_with("EHLO ") => "250-sink\r\n250 AUTH LOGIN CRAM-MD5",
            "AUTH LOGIN" => first,
            "a2lt" => second,
            "c2VzYW1l" => "235 welcome",
            line => usual(line),
        });
        let sent = session(with_login(port)).send(&parcel_to("a@example.com"), None).await;
        assert!(sent.is_ok(), "{first:?}: {sent:?}");
    }
    // A wrong password, and one that asks for ever, are about us.
    for last in ["535 5.7.8 no", "334 VXNlcm5hbWU6"] {
        let port = server(move |line, _| match line {
            line if line.starts_with("EHLO ") => "250-sink\r\n250 AUTH LOGIN",
            "c2VzYW1l" => last,
            _ => "334 VXNlcm5hbWU6",
        });
        let refused = session(with_login(port)).send(&parcel_to("a@example.com"), None).await;
        assert!(matches!(refused, Err(SendError::RelayRefusesUs(_))), "{last}: {refused:?}");
    }
}

/// RFC 4954 §4
#[tokio::test]
async fn a_server_that_does_not_know_the_login_that_it_offers_is_asked_for_the_other() {
    for unknown in ["504 5.5.4 unrecognized authentication type", "502 not here", "500 what?"] {
        let port = server(move |line, _| match line {
            line if line.starts_with("EHLO ") => "250-sink\r\n250 AUTH LOGIN PLAIN",
            line if line.starts_with("AUTH PLAIN") => unknown,
            "AUTH LOGIN" => "334 VXNlcm5hbWU6",
            "a2lt" => "334 UGFzc3dvcmQ6",
            "c2VzYW1l" => "235 welcome",
            line => usual(line),
        });
        let sent = session(with_login(port)).send(&parcel_to("a@example.com"), None).await;
        assert!(sent.is_ok(), "{unknown}: {sent:?}");
    }
}

/// RFC 5321 §3.2
#[tokio::test]
async fn a_server_that_knows_no_ehlo_is_greeted_by_helo() {
    for refusal in [
        "500 Command unrecognized",
        "501 what?",
        "502 5.5.1 not here",
        "503 bad sequence",
        "504 not implemented",
        "550 no EHLO here",
        "554 no",
        "555 no",
    ] {
        let port = server(move |line, number| match line {
            line if line.starts_with("EHLO ") => refusal,
            line if line.starts_with("HELO ") && number < 2 => "250 old.example",
            line => usual(line),
        });
        let mut session = session(settings(port));
        for _ in 0..2 {
            session.send(&parcel_to("a@example.com"), None).await.unwrap();
        }
        // It offers no login, and without one nothing is sent.
        let refused = super::session(with_login(port)).send(&parcel_to("a@example.com"), None).await;
        assert!(matches!(refused, Err(SendError::RelayRefusesUs(_))), "{refused:?}");
    }
}

/// RFC 5321 §3.2: what is refused is told in the server's own words.
#[tokio::test]
async fn who_refuses_every_hello_is_heard_and_is_not_asked_twice_at_the_greeting() {
    let port = server(|_, _| "550 Not You, see https://a.example/Why");
    let refused = session(settings(port)).send(&parcel_to("a@example.com"), None).await;
    let Err(SendError::RelayRefusesUs(reply)) = refused else { panic!("{refused:?}") };
    assert!(reply.text.contains("Not You, see https://a.example/Why"), "{reply:?}");

    let (port, hellos) = greeting("554 No Service", "\r\n");
    let refused = session(settings(port)).send(&parcel_to("a@example.com"), None).await;
    assert!(refused.is_err_and(|error| error.reply().text.contains("No Service")));
    assert_eq!(hellos.load(Ordering::Relaxed), 1, "one connection is enough");
}

/// A server that greets so and ends its lines so, whatever else it says; and
/// how often somebody came.
fn greeting(banner: &'static str, end: &'static str) -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let came = Arc::new(AtomicU32::new(0));
    let count = came.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::Relaxed);
            let mut stream = stream.unwrap();
            let _ = write!(stream, "{banner}{end}");
            let mut is_mail = false;
            for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
                let answer = match line.as_str() {
                    "." => "250",
                    _ if is_mail => continue,
                    line if line.starts_with("EHLO ") => "250",
                    line => usual(line),
                };
                is_mail = line == "DATA";
                if write!(stream, "{answer}{end}").is_err() {
                    break;
                }
            }
        }
    });
    (port, came)
}

/// RFC 5321 §4.2, and what no RFC allows but some server does.
#[tokio::test]
async fn answers_of_a_bare_code_and_lines_that_end_in_lf_are_read_at_once() {
    for end in ["\r\n", "\n"] {
        let (port, _) = greeting("220", end);
        let mut session = session(settings(port));
        let sending = async { session.send(&parcel_to("a@example.com"), None).await };
        let sent = tokio::time::timeout(Duration::from_secs(10), sending).await;
        assert!(matches!(sent, Ok(Ok(_))), "{end:?}: {sent:?}");
    }
}

/// RFC 6531: what a sign-up takes can be mailed, whatever signs it is made of.
#[tokio::test]
async fn each_address_that_is_taken_is_mailed_over_a_relay_with_smtputf8() {
    let port = server(|line, _| match line {
        line if line.starts_with("EHLO ") => "250-sink\r\n250 SMTPUTF8",
        line => usual(line),
    });
    let signs = "\u{fe0f}\u{2800}’‿€¡«´×ˆـ≠★₿😀🇩\u{300}\u{5b0}٠\u{e33}・ー·᠆‐―‘“′⁒－＿é–！#'{|}~`^?*";
    let mut taken = 0;
    let mut session = session(settings(port));
    for sign in signs.chars() {
        let Ok(to) = EmailAddress::parse(&format!("w{sign}w@example.com")) else { continue };
        taken += 1;
        let email = Email { reply_to: Some(to.clone()), ..post_to(to.as_str()) };
        let bytes = email.to_bytes().unwrap_or_else(|error| panic!("{to}: {error}"));
        assert!(String::from_utf8_lossy(&bytes).contains(&format!("To: {to}\r\n")), "{to}");
        let sent = session.send(&Parcel { bytes, ..parcel_to(to.as_str()) }, None).await;
        assert!(sent.is_ok(), "{to}: {sent:?}");
    }
    assert!(taken > 35, "{taken} were taken");
}
