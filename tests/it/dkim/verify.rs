//! dkimpy checks what a peer got: straight, and behind a real Postfix.

use std::sync::Arc;
use std::time::Duration;

use postbell::clock::ManualClock;
use postbell::domain::{DeliveryKind, Timestamp};
use postbell::mail::dkim::Signer;
use postbell::mail::smtp::{Pipelining, SmtpSettings, SmtpTls, SmtpTransport};
use postbell::mail::{Parcel, Transport};
use serde_json::Value;

use super::dkim;
use crate::mails::one_of_each;
use crate::support::house::until;
use crate::support::postfix::Postfix;
use crate::support::python::verify_dkim;
use crate::support::smtp_sink::SmtpSink;

const HEAD: &str = "From: Kim <kim@example.org>\r\nTo: reader@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
                    Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <odd.1@example.org>\r\n\
                    MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n\tcharset=us-ascii\r\n";

/// When it is signed: dkimpy refuses a time that is to come.
const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);

/// Bodies that are easy to get wrong.
const ODD_BODIES: &[&str] = &[
    "one line\r\n",
    "blank lines at the end\r\n\r\n\r\n\r\n",
    "\r\n\r\nblank lines at the beginning\r\n",
    ".a dot\r\n..two dots\r\n.\r\n...\r\nafter dots\r\n",
    "spaces  within \t and at the end   \r\n\t a tab before\r\n \t \r\nand more\r\n",
    "a line of one word\r\n.\r\n",
];

fn odd_mails() -> Vec<Vec<u8>> {
    let long = format!("{}\r\n{} {}\r\n", "x".repeat(998), "y".repeat(500), "z".repeat(497));
    let bodies = ODD_BODIES.iter().map(|body| (*body).to_owned()).chain([long]);
    bodies.map(|body| format!("{HEAD}\r\n{body}").into_bytes()).collect()
}

fn over(port: u16) -> SmtpTransport {
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: SmtpTls::None,
        credentials: None,
        ca_pem: None,
        connections: 1,
        data_timeout: Duration::from_secs(30),
        pipelining: Pipelining::Auto,
    };
    SmtpTransport::new(settings, Arc::new(ManualClock::at(NOW))).unwrap()
}

/// Hands the mails over to `port`, and gives what the sink got.
async fn caught(mails: &[Vec<u8>], port: u16, sink: &SmtpSink) -> Vec<Vec<u8>> {
    let signer = Signer::start(dkim()).unwrap();
    let mut session = over(port).session();
    for mail in mails {
        let parcel = Parcel {
            delivery_id: None,
            kind: DeliveryKind::Test,
            sender: "kim@example.org".to_owned(),
            recipient: "reader@example.com".to_owned(),
            bytes: signer.sign(mail.clone(), NOW).await.unwrap(),
        };
        session.send(&parcel, None).await.unwrap();
    }
    session.close().await;
    until("the mails have arrived", || sink.mails().len() == mails.len()).await;
    sink.mails().into_iter().map(|mail| mail.raw).collect()
}

fn check(mails: &[Vec<u8>]) -> Vec<Value> {
    let records: Vec<_> = dkim().records().collect();
    verify_dkim(&records, mails.iter().map(Vec::as_slice))
}

fn assert_both_hold(mails: &[Vec<u8>], received: u64) {
    for (mail, seen) in mails.iter().zip(check(mails)) {
        let shown = String::from_utf8_lossy(mail);
        let signatures = seen["signatures"].as_array().unwrap();
        let of: Vec<_> = signatures.iter().map(|s| s["tags"]["a"].as_str().unwrap()).collect();
        assert_eq!(of, ["rsa-sha256", "ed25519-sha256"], "{shown}");
        for signature in signatures {
            assert_eq!(signature["is_valid"], true, "{signature}\n{shown}");
        }
        assert_eq!(seen["received"], received);
    }
}

async fn every_mail() -> Vec<Vec<u8>> {
    let (_server, mails) = one_of_each().await;
    mails.into_iter().map(|mail| mail.raw).chain(odd_mails()).collect()
}

/// D2
#[tokio::test]
async fn both_signatures_of_every_mail_hold_at_the_peer() {
    let sink = SmtpSink::start();
    let caught = caught(&every_mail().await, sink.port(), &sink).await;
    assert_both_hold(&caught, 0);
}

/// D2
#[tokio::test]
async fn both_signatures_of_every_mail_hold_behind_a_real_postfix() {
    let sink = SmtpSink::start();
    let postfix = Postfix::start(sink.port());
    let caught = caught(&every_mail().await, postfix.port(), &sink).await;
    assert_both_hold(&caught, 1);
}

async fn signed(mail: &[u8]) -> Vec<u8> {
    Signer::start(dkim()).unwrap().sign(mail.to_vec(), NOW).await.unwrap()
}

/// D2
#[tokio::test]
async fn the_signature_covers_what_it_should_and_says_when_it_was_made() {
    let (_server, mails) = one_of_each().await;
    let post = mails.iter().find(|mail| mail.head.kind == "post").unwrap();
    let notice = mails.iter().find(|mail| mail.head.kind == "confirm").unwrap();
    let seen = check(&[signed(&post.raw).await, signed(&notice.raw).await]);
    let twice = "From:From:To:To:Cc:Subject:Subject:Date:Date:Message-ID:Message-ID:Reply-To:\
                 MIME-Version:MIME-Version:Content-Type:Content-Type";
    let list = "List-Id:List-Unsubscribe:List-Unsubscribe-Post:Feedback-ID";
    for (seen, fields) in seen.iter().zip([format!("{twice}:{list}"), twice.to_owned()]) {
        for signature in seen["signatures"].as_array().unwrap() {
            let tags = &signature["tags"];
            let unfolded: String = tags["h"].as_str().unwrap().split_whitespace().collect();
            assert_eq!(unfolded, fields);
            assert_eq!(tags["t"], (NOW.as_millis() / 1_000).to_string());
            assert_eq!((&tags["d"], &tags["c"]), (&"example.org".into(), &"relaxed/relaxed".into()));
            assert!(tags.get("x").is_none() && tags.get("l").is_none(), "{tags}");
        }
    }
}

/// D2
#[tokio::test]
async fn a_mail_that_was_touched_fails() {
    let mail = format!(
        "Reply-To: kim@example.org\r\nList-Unsubscribe: <https://x.example/u>\r\n{HEAD}\r\nA line.\r\nAnother.\r\n"
    );
    let good = String::from_utf8(signed(mail.as_bytes()).await).unwrap();
    let touched = [
        good.replace("From: Kim", "From: Tim"),
        good.replace("Subject: =", "Subject: Re: ="),
        good.replace("To: reader@", "To: another@"),
        good.replace("Reply-To: kim@", "Reply-To: tim@"),
        good.replace("<https://x.", "<https://y."),
        good.replace("10:00:00", "10:00:01"),
        good.replace("us-ascii", "utf-8"),
        good.replace("A line.", "A lime."),
        good.replace("Another.\r\n", "Another.\r\nA third.\r\n"),
        // Fields that were not there when it was signed.
        format!("From: Tim <tim@example.org>\r\n{good}"),
        format!("Subject: Another\r\n{good}"),
        format!("Cc: tim@example.org\r\n{good}"),
        good.replace("MIME-Version", "Content-Type: text/html\r\nMIME-Version"),
    ];
    let mut all = vec![good.clone()];
    all.extend(touched);
    // What a list on the way may do.
    let passed_on = format!("List-Id: <list.example>\r\nReceived: from x by y\r\n{good}");
    all.push(passed_on.replace("Subject: =", "Subject:   ="));
    let all: Vec<Vec<u8>> = all.into_iter().map(String::into_bytes).collect();
    let seen = check(&all);
    let last = seen.len() - 1;
    for (at, seen) in seen.iter().enumerate() {
        for signature in seen["signatures"].as_array().unwrap() {
            let shown = String::from_utf8_lossy(&all[at]);
            assert_eq!(signature["is_valid"], at == 0 || at == last, "{at}: {signature}\n{shown}");
        }
        assert_eq!(seen["signatures"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_mail_without_a_sender_is_not_signed() {
    let signer = Signer::start(dkim()).unwrap();
    let error = signer.sign(b"Subject: x\r\n\r\nbody\r\n".to_vec(), NOW).await.unwrap_err();
    assert!(error.to_string().contains("no From"), "{error}");
}
