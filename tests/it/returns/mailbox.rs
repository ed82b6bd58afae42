//! A real Dovecot, looked into by the real program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::Executor as _;

use super::{LETTER, Mailed, hold, mailed, report};
use crate::support::authority::Authority;
use crate::support::dovecot::Dovecot;
use crate::support::house::{client, until};

crate::for_each_database!(bounces_are_understood_and_moved_and_the_rest_stays_and_is_read_once);

/// B4 D9
async fn bounces_are_understood_and_moved_and_the_rest_stays_and_is_read_once() {
    let dovecot = Dovecot::start();
    let url = dovecot.url();
    let mailed = mailed(&[("BOUNCES__IMAP_URL", &url)]).await;
    let forged = report("bounces+aaaaaaaaaaaaaaaaaaaaaaaa@mail.example.org", "bob@example.com");
    dovecot.deliver("1.letter", LETTER);
    dovecot.deliver("2.forged", &forged);
    dovecot.deliver("3.bounce", &report(&mailed.to("ann").from, "ann@example.com"));
    until("the reader is suppressed", || mailed.suppressed() == ["ann@example.com"]).await;
    until("the bounce is put away", || dovecot.mails("Postbell").len() == 1).await;
    assert!(dovecot.mails("Postbell")[0].contains("550 5.1.1 user unknown"));

    // The server tells of the next one, and nothing that was read is read again.
    dovecot.deliver("4.bounce", &report(&mailed.to("cid").from, "cid@example.com"));
    until("the next one is put away too", || dovecot.mails("Postbell").len() == 2).await;
    until("its reader is suppressed", || mailed.suppressed() == ["ann@example.com", "cid@example.com"]).await;
    let left = dovecot.mails("");
    assert!(left.len() == 2 && left[0].contains("When is the next post?"), "{left:?}");
    // One keyword, and not seen.
    assert_eq!(dovecot.flags(""), ["a", "a"]);
    let why = mailed.house.run(&["subscriber", "why", "ann@example.com"]);
    assert!(why.contains("What came back") && why.contains("5.1.1"), "{why}");

    // Nor by the next process.
    let mut process = mailed.process;
    let (status, took) = process.terminate();
    assert!(status.success() && took.as_secs() < 10, "{took:?}");
    let process = mailed.house.serve();
    dovecot.deliver("5.letter", LETTER);
    until("the new letter is marked", || dovecot.flags("") == ["a", "a", "a"]).await;
    assert!(
        !process.output().contains("WARN") && !process.output().contains("ERROR"),
        "{}",
        process.output()
    );
}

#[tokio::test]
async fn a_server_that_can_neither_move_nor_tell_is_asked_each_second() {
    // Without UIDPLUS what was copied stays, flagged, and is not read again.
    for capabilities in ["IMAP4rev1 UIDPLUS", "IMAP4rev1"] {
        let dovecot = Dovecot::start_with(capabilities);
        let url = dovecot.url();
        let settings = [
            ("BOUNCES__IMAP_URL", url.as_str()),
            ("BOUNCES__IMAP_EVERY_SECONDS", "1"),
            ("BOUNCES__IMAP_DONE_FOLDER", "Read bounces"),
        ];
        let mailed = mailed(&settings).await;
        for who in ["ann", "bob"] {
            let mail = mailed.to(who);
            dovecot.deliver(who, &report(&mail.from, &mail.rcpt));
            until("it is put away", || {
                dovecot.mails("Read bounces").len() == mailed.suppressed().len()
                    && dovecot.flags("").iter().all(|flags| flags == "T")
            })
            .await;
        }
        until("both are suppressed", || mailed.suppressed() == ["ann@example.com", "bob@example.com"]).await;
        assert_eq!(dovecot.mails("").is_empty(), capabilities.contains("UIDPLUS"));
        assert_eq!(dovecot.mails("Read bounces").len(), 2);
    }
}

/// Without UIDPLUS an EXPUNGE takes every mail that is flagged: somebody
/// else's stays, and so does ours, flagged.
#[tokio::test]
async fn a_mail_that_another_program_has_flagged_is_not_removed_with_ours() {
    let dovecot = Dovecot::start_with("IMAP4rev1");
    // As Maildir writes that it waits to be removed.
    dovecot.deliver("1.other", LETTER);
    let new = dovecot.maildir().join("new/1.other");
    std::fs::rename(new, dovecot.maildir().join("cur/1.other:2,T")).unwrap();
    let url = dovecot.url();
    let mailed = mailed(&[("BOUNCES__IMAP_URL", &url), ("BOUNCES__IMAP_EVERY_SECONDS", "1")]).await;
    dovecot.deliver("2.bounce", &report(&mailed.to("ann").from, "ann@example.com"));
    until("the bounce is copied and flagged", || {
        dovecot.mails("Postbell").len() == 1
            && dovecot.flags("").iter().filter(|flags| *flags == "T").count() == 2
    })
    .await;
    assert_eq!(dovecot.mails("").len(), 2);
    assert_eq!(mailed.suppressed(), ["ann@example.com"]);
}

#[tokio::test]
async fn tls_is_checked_and_a_stranger_gets_no_password() {
    let authority = Authority::new();
    let dovecot = Dovecot::start_protected(&authority);
    let other = Authority::new();
    let file = |authority: &Authority| authority.file("ca.pem").to_string_lossy().into_owned();
    let mut read = 0;
    for url in [format!("{}?tls=required", dovecot.url()), dovecot.tls_url()] {
        let root = file(&authority);
        let mailed = mailed(&[("BOUNCES__IMAP_URL", &url), ("BOUNCES__IMAP_CA_FILE", &root)]).await;
        read += 1;
        dovecot.deliver(&read.to_string(), &report(&mailed.to("ann").from, "ann@example.com"));
        until("the bounce is put away", || dovecot.mails("Postbell").len() == read).await;
        drop(mailed);

        let logins = || dovecot.log().lines().filter(|line| line.contains("Login: ")).count();
        assert_eq!(
            dovecot.log().lines().filter(|line| line.contains("Login: ") && line.contains("TLS")).count(),
            logins()
        );
        let (before, root) = (logins(), file(&other));
        let stranger = super::mailed(&[("BOUNCES__IMAP_URL", &url), ("BOUNCES__IMAP_CA_FILE", &root)]).await;
        until("the certificate is refused", || stranger.process.output().contains("no TLS")).await;
        assert_eq!(logins(), before);
    }
}

/// S15
#[tokio::test]
async fn a_server_that_says_anything_at_all_ends_neither_the_process_nor_its_pages() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("imap://kim:sesame@127.0.0.1:{}", listener.local_addr().unwrap().port());
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    std::thread::spawn(move || {
        for (number, peer) in listener.incoming().enumerate() {
            let Ok(mut peer) = peer else { continue };
            count.store(number + 1, Ordering::SeqCst);
            // Each fails when the other side has heard enough.
            let _ = misbehave(&mut peer, number);
        }
    });
    let settings = [("BOUNCES__IMAP_URL", url.as_str()), ("BOUNCES__IMAP_EVERY_SECONDS", "1")];
    let mut mailed = mailed(&settings).await;
    until("each kind was tried", || served.load(Ordering::SeqCst) > 5).await;
    assert!(mailed.process.is_running());
    let page = client().get(format!("{}/b/kim", mailed.process.url())).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let said = mailed.process.output();
    assert!(said.contains("cannot be read now") && !said.contains("XXXX"), "what came is not logged: {said}");
    assert!(mailed.suppressed().is_empty());
}

/// Another fault for each connection.
fn misbehave(peer: &mut TcpStream, number: usize) -> std::io::Result<()> {
    let flood = [b'X'; 65_536];
    let pour = |peer: &mut TcpStream| -> std::io::Result<()> {
        loop {
            peer.write_all(&flood)?;
        }
    };
    match number {
        0 => peer.write_all(b"220 mail.example.org ESMTP\r\n"),
        1 => pour(peer),
        2 => peer.write_all(b"* BYE \xff\x00 go away\r\n"),
        _ => {
            peer.write_all(b"* OK hello\r\n")?;
            let mut lines = BufReader::new(peer.try_clone()?);
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let (tag, rest) = line.split_once(' ').unwrap_or((&line, ""));
                if rest.starts_with("SELECT") {
                    peer.write_all(b"* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 9] x\r\n")?;
                } else if rest.starts_with("UID SEARCH") {
                    peer.write_all(b"* SEARCH 4294967295 0 7 7\r\n")?;
                } else if rest.starts_with("UID FETCH") && number == 3 {
                    peer.write_all(b"* 1 FETCH (UID 7 BODY[]<0> {4000000000}\r\n")?;
                    return pour(peer);
                } else if rest.starts_with("UID FETCH") && number == 4 {
                    return Ok(());
                } else if rest.starts_with("UID FETCH") {
                    peer.write_all(b"* 1 FETCH (UID 7 BODY[]<0> NIL)\r\n")?;
                }
                peer.write_all(format!("{tag} OK done\r\n").as_bytes())?;
            }
        }
    }
}

/// S15
#[tokio::test]
async fn a_wrong_password_is_told_and_shown_nowhere_and_the_house_goes_on() {
    let dovecot = Dovecot::start();
    let url = dovecot.url().replace(":secret@", ":open%20sesame@");
    let Mailed { process, .. } = mailed(&[("BOUNCES__IMAP_URL", &url), ("LOG__FILTER", "trace")]).await;
    until("the refusal is told", || process.output().contains("the login is refused")).await;
    let said = process.output();
    assert!(said.contains("check bounces.imap_url"), "{said}");
    assert!(!said.contains("sesame"), "a log shows the password");
}

/// Nothing is lost while the database is away.
#[tokio::test]
async fn while_the_database_takes_nothing_a_bounce_stays_in_its_mailbox() {
    let dovecot = Dovecot::start();
    let url = dovecot.url();
    let mailed = mailed(&[("BOUNCES__IMAP_URL", &url)]).await;
    let mut held = hold(&mailed.house).await;
    dovecot.deliver("1.bounce", &report(&mailed.to("ann").from, "ann@example.com"));
    until("it is told", || mailed.process.output().contains("bounces stay in their mailbox")).await;
    assert_eq!((dovecot.mails("").len(), dovecot.mails("Postbell").len()), (1, 0));
    held.execute("ROLLBACK").await.unwrap();
    until("the bounce is put away", || dovecot.mails("Postbell").len() == 1).await;
    assert_eq!(mailed.suppressed(), ["ann@example.com"]);
}
