//! Servers that misbehave: each answer is judged, the next mail goes on, and
//! no answer is ever taken for another mail's (R3, R5, R6, R7).

use std::time::Duration;

use postbell::domain::Reply;
use postbell::mail::smtp::SmtpSettings;
use postbell::mail::{SendError, Session, Transport as _};

use super::{parcel_to, session, settings, transport};
use crate::support::fault_smtp::{FaultSmtp, Judgement};

async fn send(session: &mut Box<dyn Session>, reader: &str) -> Result<Reply, SendError> {
    session.send(&parcel_to(reader), None).await
}

/// Sends a good mail, one to `bad@…`, and a good one again over one session;
/// the good ones arrive, each once, and what became of the bad one is returned.
async fn struck(faults: &[(&str, &str)]) -> Result<Reply, SendError> {
    let mut faults = faults.to_vec();
    faults.push(("only", "bad"));
    let server = FaultSmtp::start(&faults);
    let mut session = session(settings(server.port));
    send(&mut session, "first@example.com").await.expect("the first mail");
    let struck = send(&mut session, "bad@example.com").await;
    send(&mut session, "last@example.com").await.expect("the mail after the fault");
    session.close().await;
    let mut got = server.recipients();
    got.retain(|reader| !reader.starts_with("bad"));
    assert_eq!(got, ["first@example.com", "last@example.com"]);
    struck
}

#[tokio::test]
async fn a_mail_that_is_taken_is_answered_for() {
    let reply = struck(&[]).await.unwrap();
    assert_eq!((reply.code, reply.enhanced.as_deref()), (Some(250), Some("2.0.0")));
    assert!(reply.text.starts_with("queued as"));
}

#[tokio::test]
async fn refusals_concern_one_mail_and_the_connection_goes_on() {
    let Err(SendError::BadRecipient(reply)) = struck(&[("rcpt550", "1")]).await else { panic!("rcpt550") };
    assert_eq!((reply.code, reply.enhanced.as_deref()), (Some(550), Some("5.1.1")));
    assert!(reply.text.contains("nobody of that name"));
    for fault in ["rcpt450", "greylist", "dot451"] {
        let error = struck(&[(fault, "1")]).await.unwrap_err();
        assert!(matches!(error, SendError::Later(_)), "{fault}: {error:?}");
        assert!(error.reply().code.is_some(), "{fault}");
    }
    let Err(SendError::BadMessage(reply)) = struck(&[("dot554", "1")]).await else { panic!("dot554") };
    assert_eq!((reply.code, reply.enhanced.as_deref()), (Some(554), Some("5.7.1")));
}

#[tokio::test]
async fn refusals_keep_the_connection() {
    // A second connection would be greeted with 554.
    for fault in ["rcpt550", "rcpt450", "mail550", "dot554", "dot451"] {
        let server = FaultSmtp::start(&[(fault, "1"), ("only", "bad"), ("connections", "1")]);
        let mut session = session(settings(server.port));
        send(&mut session, "a@example.com").await.unwrap();
        let mut bad = parcel_to("bad@example.com");
        bad.sender = "bad@example.org".to_owned();
        session.send(&bad, None).await.unwrap_err();
        send(&mut session, "b@example.com").await.unwrap_or_else(|e| panic!("{fault}: {e:?}"));
    }
}

#[tokio::test]
async fn a_greylisted_reader_is_taken_at_the_second_try() {
    let server = FaultSmtp::start(&[("greylist", "1")]);
    let mut session = session(settings(server.port));
    assert!(matches!(send(&mut session, "a@example.com").await, Err(SendError::Later(_))));
    send(&mut session, "a@example.com").await.unwrap();
    assert_eq!(server.recipients(), ["a@example.com"]);
}

#[tokio::test]
async fn a_server_that_closes_at_data_is_asked_once_more_at_once() {
    struck(&[("data421", "1"), ("times", "1")]).await.expect("the second connection takes it");
    let error = struck(&[("data421", "1")]).await.unwrap_err();
    assert!(matches!(&error, SendError::Later(reply) if reply.code == Some(421)), "{error:?}");
}

#[tokio::test]
async fn a_limit_of_mails_on_a_connection_costs_a_new_connection() {
    let server = FaultSmtp::start(&[("limit", "2")]);
    let mut session = session(settings(server.port));
    let readers: Vec<String> = (0..7).map(|i| format!("r{i}@example.com")).collect();
    for reader in &readers {
        send(&mut session, reader).await.unwrap();
    }
    assert_eq!(server.recipients(), readers);
}

#[tokio::test]
async fn a_connection_that_was_closed_between_two_mails_is_opened_again() {
    let server = FaultSmtp::start(&[("closeafter", "1")]);
    let mut session = session(settings(server.port));
    let readers: Vec<String> = (0..5).map(|i| format!("r{i}@example.com")).collect();
    for reader in &readers {
        send(&mut session, reader).await.unwrap();
    }
    assert_eq!(server.judge(&readers, Some("A post")), Judgement::default());
}

#[tokio::test]
async fn a_cut_after_the_dot_leaves_the_outcome_open() {
    for fault in ["cutbefore", "cutafter"] {
        let error = struck(&[(fault, "1")]).await.unwrap_err();
        let SendError::Later(reply) = &error else { panic!("{fault}: {error:?}") };
        assert_eq!(reply.code, None);
        assert!(reply.text.contains("may arrive twice"), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_cut_costs_at_most_one_extra_copy() {
    let server = FaultSmtp::start(&[("cutafter", "1"), ("times", "1")]);
    let mut session = session(settings(server.port));
    send(&mut session, "a@example.com").await.unwrap_err();
    send(&mut session, "a@example.com").await.unwrap();
    let judged = server.judge(&["a@example.com"], None);
    assert_eq!((judged.extra_copies, judged.lost.len(), judged.new_ids.len()), (1, 0, 0));
}

#[tokio::test]
async fn an_unanswered_dot_is_given_up_and_its_connection_never_used_again() {
    let server = FaultSmtp::start(&[("stalldot", "1"), ("only", "bad")]);
    let mut session = session(SmtpSettings { data_timeout: Duration::from_secs(1), ..settings(server.port) });
    send(&mut session, "a@example.com").await.unwrap();
    let error = send(&mut session, "bad@example.com").await.unwrap_err();
    assert!(
        matches!(&error, SendError::Later(r) if r.code.is_none() && r.text.contains("within 1 s")),
        "{error:?}"
    );
    assert_eq!(send(&mut session, "b@example.com").await.unwrap().text, "queued as 2");
    assert_eq!(server.recipients(), ["a@example.com", "b@example.com"]);
}

#[tokio::test]
async fn a_send_that_is_cancelled_at_any_moment_poisons_nothing() {
    let server = FaultSmtp::start(&[("slow", "0.02")]);
    let mut session = session(settings(server.port));
    for wait_us in (0..40).map(|i| i * 1_000) {
        let reader = format!("cancelled{wait_us}@example.com");
        let _ = tokio::time::timeout(Duration::from_micros(wait_us), send(&mut session, &reader)).await;
        let reader = format!("kept{wait_us}@example.com");
        let before = server.recipients().len();
        let reply = send(&mut session, &reader).await.unwrap();
        assert!(reply.text.starts_with("queued as"), "{reply:?}");
        let got = server.recipients();
        assert!(got[before.min(got.len())..].contains(&reader), "{reader} was answered for and is not there");
    }
}

#[tokio::test]
async fn an_answer_out_of_step_ends_the_connection() {
    let error = struck(&[("confused", "1")]).await.unwrap_err();
    assert!(matches!(&error, SendError::Later(reply) if reply.text.contains("354")), "{error:?}");
}

#[tokio::test]
async fn a_refused_sender_is_not_the_readers_fault() {
    let server = FaultSmtp::start(&[("mail550", "1"), ("only", "other")]);
    let mut session = session(settings(server.port));
    let mut parcel = parcel_to("a@example.com");
    parcel.sender = "other@example.org".to_owned();
    assert!(
        matches!(session.send(&parcel, None).await, Err(SendError::SenderRefused(r)) if r.code == Some(550))
    );
    send(&mut session, "a@example.com").await.unwrap();
    assert_eq!(server.recipients(), ["a@example.com"]);
}

#[tokio::test]
async fn a_closed_door_is_told_from_a_shut_one() {
    let server = FaultSmtp::start(&[("greet554", "1"), ("times", "1")]);
    let mut refused = session(settings(server.port));
    let error = send(&mut refused, "a@example.com").await.unwrap_err();
    assert!(matches!(&error, SendError::RelayRefusesUs(r) if r.code == Some(554)), "{error:?}");
    send(&mut refused, "a@example.com").await.expect("the relay has changed its mind");

    let server = FaultSmtp::start(&[("greet421", "1"), ("times", "1")]);
    let mut busy = session(settings(server.port));
    let error = send(&mut busy, "a@example.com").await.unwrap_err();
    assert!(matches!(&error, SendError::RelayDown(r) if r.code == Some(421)), "{error:?}");
    send(&mut busy, "a@example.com").await.expect("the relay is back");

    let port = server.port;
    drop(server);
    let mut down = session(settings(port));
    let error = send(&mut down, "a@example.com").await.unwrap_err();
    assert!(matches!(&error, SendError::RelayDown(r) if r.code.is_none()), "{error:?}");
}

#[tokio::test]
async fn a_relay_that_goes_and_comes_back_is_used_again() {
    let server = FaultSmtp::start(&[]);
    let port = server.port;
    let mut session = session(settings(port));
    send(&mut session, "a@example.com").await.unwrap();
    drop(server);
    assert!(matches!(send(&mut session, "b@example.com").await, Err(SendError::RelayDown(_))));
    let server = FaultSmtp::start_on(port, &[]);
    send(&mut session, "b@example.com").await.unwrap();
    assert_eq!(server.recipients(), ["b@example.com"]);
}

#[tokio::test]
async fn the_mail_arrives_with_its_envelope_and_its_headers() {
    let server = FaultSmtp::start(&[]);
    let mut session = session(settings(server.port));
    let parcel = parcel_to("a@example.com");
    session.send(&parcel, None).await.unwrap();
    let got = &server.accepted()[0];
    assert_eq!((got.from.as_str(), got.rcpt.as_str()), ("bounces@example.org", "a@example.com"));
    assert_eq!(got.message_id.as_deref(), Some("<m1.d7@example.org>"));
    assert_eq!(got.subject.as_deref(), Some("A post"));
    assert!(got.list_unsub.as_deref().is_some_and(|link| link.starts_with("<https://")));
    assert_eq!(got.bytes, parcel.bytes.len());
    assert!(got.t > 0.0);
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_relay_that_takes_it() {
    let server = FaultSmtp::start(&[]);
    let relay = transport(settings(server.port));
    let mut able = relay.session();
    assert_eq!(relay.lessons().offers_smtputf8, None);
    send(&mut able, "josé@example.com").await.unwrap();
    assert_eq!(relay.lessons().offers_smtputf8, Some(true));
    assert_eq!(server.recipients(), ["josé@example.com"]);

    let server = FaultSmtp::start(&[("noutf8", "1")]);
    let relay = transport(settings(server.port));
    let mut unable = relay.session();
    let error = send(&mut unable, "josé@example.com").await.unwrap_err();
    assert!(matches!(&error, SendError::BadRecipient(r) if r.text.contains("SMTPUTF8")), "{error:?}");
    assert_eq!(relay.lessons().offers_smtputf8, Some(false));
    send(&mut unable, "jose@example.com").await.unwrap();
}

#[tokio::test]
async fn a_mail_over_the_relays_size_is_not_begun() {
    let server = FaultSmtp::start(&[("size", "300")]);
    let mut session = session(settings(server.port));
    let error = send(&mut session, "a@example.com").await.unwrap_err();
    assert!(matches!(&error, SendError::BadMessage(r) if r.text.contains("300")), "{error:?}");
    assert!(server.recipients().is_empty());
}

#[tokio::test]
async fn a_lone_line_feed_never_reaches_the_wire() {
    let server = FaultSmtp::start(&[]);
    let mut session = session(settings(server.port));
    let mut parcel = parcel_to("a@example.com");
    parcel.bytes = b"Subject: x\r\n\r\na\n.\r\nMAIL FROM:<evil@example.org>\r\n".to_vec();
    assert!(matches!(session.send(&parcel, None).await, Err(SendError::BadMessage(_))));
    send(&mut session, "b@example.com").await.unwrap();
    assert_eq!(server.recipients(), ["b@example.com"]);
}

#[tokio::test]
async fn a_bare_code_and_foreign_letters_are_understood() {
    let server = FaultSmtp::start(&[("terse", "1"), ("latin", "1")]);
    let mut session = session(settings(server.port));
    let reply = send(&mut session, "a@example.com").await.unwrap();
    assert_eq!(reply, Reply { code: Some(250), enhanced: None, text: String::new() });
    send(&mut session, "b@example.com").await.unwrap();
    assert_eq!(server.recipients(), ["a@example.com", "b@example.com"]);
}

#[tokio::test]
async fn a_server_whose_answer_never_ends_is_hung_up_on() {
    use tokio::io::AsyncWriteExt as _;
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    let said = tokio::spawn(async move {
        let (mut client, _) = server.accept().await.unwrap();
        let mut said = 0;
        while client.write_all(&[b'2'; 64 * 1024]).await.is_ok() && said < 64 * 1024 * 1024 {
            said += 64 * 1024;
        }
        said
    });
    let error = send(&mut session(settings(port)), "a@example.com").await.unwrap_err();
    assert!(matches!(&error, SendError::RelayDown(r) if r.text.contains("does not end")), "{error:?}");
    // What was read, and what the kernel holds for both.
    assert!(said.await.unwrap() < 32 * 1024 * 1024);
}
