//! Mails by LMTP: what a mail server may say, and what a stranger may not.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use sqlx::Executor as _;

use super::{BOUNCES, LETTER, Mailed, hold, mailed, report};
use crate::support::house::{House, until};
use crate::support::ports;
use crate::support::process::{self, peak_mb};

crate::for_each_database!(each_recipient_has_an_answer_of_its_own);

/// A conversation, line by line.
struct Talk<S> {
    stream: BufReader<S>,
}

impl Talk<TcpStream> {
    /// Behind the greeting.
    fn tcp(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut talk = Self { stream: BufReader::new(stream) };
        assert!(talk.hear().starts_with("220 mail.example.org LMTP"));
        talk
    }
}

impl<S: std::io::Read + std::io::Write> Talk<S> {
    fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// The last line of an answer.
    fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes());
        self.hear()
    }

    /// The first word of the answer to each.
    fn codes(&mut self, lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| self.say(line).split(' ').next().unwrap().to_owned()).collect()
    }

    /// What is left until the other side closes.
    fn rest(&mut self) -> String {
        let mut rest = String::new();
        let _ = self.stream.read_to_string(&mut rest);
        rest
    }
}

/// Speaks a whole mail to these; gives the answers to the dot.
fn deliver<S: std::io::Read + std::io::Write>(talk: &mut Talk<S>, to: &[&str], mail: &[u8]) -> Vec<String> {
    assert_eq!(talk.codes(&["LHLO relay.test", "MAIL FROM:<>"]), ["250", "250"]);
    for address in to {
        assert!(talk.say(&format!("RCPT TO:<{address}>")).starts_with("250 2.1.5"));
    }
    assert!(talk.say("DATA").starts_with("354 "));
    talk.write(mail);
    talk.write(b".\r\n");
    to.iter().map(|_| talk.hear()).collect()
}

async fn with_door(more: &[(&'static str, &str)]) -> (Mailed, u16) {
    let port = ports::free();
    let listen = format!("127.0.0.1:{port}");
    let settings: Vec<(&'static str, &str)> =
        [("BOUNCES__LMTP_LISTEN", listen.as_str())].iter().chain(more).copied().collect();
    (mailed(&settings).await, port)
}

/// D9
async fn each_recipient_has_an_answer_of_its_own() {
    let (mailed, port) = with_door(&[]).await;
    let (ann, bob) = (mailed.to("ann").from.clone(), mailed.to("bob").from.to_uppercase());
    let mut talk = Talk::tcp(port);
    assert!(talk.say("LHLO relay.test").starts_with("250 SIZE "));
    assert_eq!(
        talk.codes(&["MAIL FROM:<> SIZE=900 BODY=8BITMIME", "NOOP", "VRFY ann"]),
        ["250", "250", "252"]
    );
    let forged = ann.replace("bounces+", "bounces+a");
    for stranger in
        ["ann@example.com", "bounces@elsewhere.example", &forged, "bounces+@mail.example.org", "postmaster"]
    {
        assert_eq!(talk.say(&format!("RCPT TO:<{stranger}>")), "550 5.1.1 no such address here");
    }
    // All at once, as PIPELINING allows; both readers are told of by one mail.
    let mail = report("undisclosed", "somebody@mx.example");
    let before = format!("RCPT TO:<{ann}>\r\nRCPT TO:<{bob}>\r\nDATA\r\n");
    talk.write(before.as_bytes());
    talk.write(&mail);
    talk.write(b".\r\nQUIT\r\n");
    let said: Vec<String> = (0..6).map(|_| talk.hear()).collect();
    let codes: Vec<&str> = said.iter().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "354", "250", "250", "221"], "{said:?}");
    // They are answered once it is durable.
    assert_eq!(mailed.suppressed(), ["ann@example.com", "bob@example.com"]);

    // In words alone, from a name that says nothing: the empty sender tells.
    let cid = mailed.to("cid").from.clone();
    let words = b"From: Kim <kim@mx.example>\r\nSubject: Undeliverable\r\n\r\nThere is no such user:\r\n\r\n<cid@example.com>: 550 5.1.1 no such user\r\n";
    assert_eq!(deliver(&mut Talk::tcp(port), &[&cid], words), ["250 2.0.0 taken"]);
    assert_eq!(mailed.suppressed(), ["ann@example.com", "bob@example.com", "cid@example.com"]);

    // A letter to the bare address is taken and changes nothing.
    assert_eq!(deliver(&mut Talk::tcp(port), &["Bounces@mail.example.org"], LETTER), ["250 2.0.0 taken"]);
    assert_eq!(mailed.suppressed().len(), 3);
    // The same mail again, as after an answer that was lost.
    assert_eq!(deliver(&mut Talk::tcp(port), &[&ann], &mail), ["250 2.0.0 taken"]);
    let why = mailed.house.json(&["subscriber", "why", "ann@example.com"]);
    assert_eq!(why["feedback"].as_array().unwrap().len(), 1, "{why}");
}

#[tokio::test]
async fn commands_out_of_order_and_strange_ones_are_refused() {
    let (mailed, port) = with_door(&[]).await;
    let ann = &mailed.to("ann").from;
    let (to, begin) = (format!("RCPT TO:<{ann}>"), "MAIL FROM:<>");
    let mut talk = Talk::tcp(port);
    assert_eq!(talk.codes(&["EHLO x", begin, "LHLO", "LHLO x"]), ["500", "503", "501", "250"]);
    assert_eq!(talk.codes(&[&to, "DATA", begin, begin, "DATA"]), ["503", "503", "250", "503", "503"]);
    assert_eq!(talk.codes(&[&to, "RSET", "DATA", begin, &to]), ["250", "250", "503", "250", "250"]);
    assert_eq!(
        talk.codes(&["LHLO again", "DATA", "TURN", "MAIL FROM:<> RET=FULL"]),
        ["250", "503", "500", "555"]
    );
    assert_eq!(
        talk.codes(&["MAIL FROM:<> SIZE=99999999", &"x".repeat(5_000), "QUIT"]),
        ["552", "500", "221"]
    );
    assert_eq!(talk.rest(), "");

    let mut talk = Talk::tcp(port);
    talk.say("LHLO x");
    let answers: Vec<String> = (0..21).map(|_| talk.say("TURN")).collect();
    assert!(answers[19].starts_with("500") && answers[20].starts_with("421 4.7.0"), "{answers:?}");

    // A page in a browser may make it speak to this machine.
    let mut talk = Talk::tcp(port);
    talk.write(
        format!("POST / HTTP/1.1\r\nHost: x\r\n\r\nLHLO x\r\n{begin}\r\n{to}\r\nDATA\r\nx\r\n.\r\n")
            .as_bytes(),
    );
    assert_eq!(talk.hear(), "500 5.5.1 this is LMTP");
    assert_eq!(talk.rest(), "");

    let mut talk = Talk::tcp(port);
    talk.say("LHLO x");
    talk.say(begin);
    let said: Vec<String> = (0..51).map(|_| talk.say(&to)).collect();
    assert!(said[49].starts_with("250") && said[50].starts_with("452 4.5.3"), "{said:?}");

    // Broken off in the middle of a mail: nothing was said of it, and nothing is taken.
    let mut talk = Talk::tcp(port);
    assert_eq!(talk.codes(&["LHLO x", begin, &to, "DATA"]), ["250", "250", "250", "354"]);
    talk.write(&report(ann, "ann@example.com"));
    drop(talk);
    let mut talk = Talk::tcp(port);
    talk.write(&[0xff; 200_000]);
    drop(talk);
    assert_eq!(deliver(&mut Talk::tcp(port), &[ann], LETTER), ["250 2.0.0 taken"]);
    assert!(mailed.suppressed().is_empty());
}

#[tokio::test]
async fn a_mail_that_is_too_large_is_refused_and_the_next_one_taken() {
    let (mailed, port) = with_door(&[]).await;
    let ann = mailed.to("ann").from.clone();
    let mut talk = Talk::tcp(port);
    let line = [b'x'; 998];
    let mut large = LETTER.to_vec();
    while large.len() < 26 * 1_024 * 1_024 {
        large.extend_from_slice(&line);
        large.extend_from_slice(b"\r\n");
    }
    assert_eq!(deliver(&mut talk, &[&ann], &large), ["552 5.3.4 the mail is too large"]);
    // What gives a whole mail back is understood by its front.
    let mut report = report(&ann, "ann@example.com");
    report.extend_from_slice(&large[..6 * 1_024 * 1_024]);
    report.extend_from_slice(b"\r\n");
    assert_eq!(deliver(&mut talk, &[&ann], &report), ["250 2.0.0 taken"]);
    assert_eq!(mailed.suppressed(), ["ann@example.com"]);
}

#[tokio::test]
async fn while_the_database_takes_nothing_the_mail_server_keeps_the_mail() {
    let (mailed, port) = with_door(&[]).await;
    let ann = mailed.to("ann").from.clone();
    let mail = report(&ann, "ann@example.com");
    let mut held = hold(&mailed.house).await;
    let mut talk = Talk::tcp(port);
    assert_eq!(deliver(&mut talk, &[&ann], &mail), ["451 4.3.0 not now; bring it again later"]);
    held.execute("ROLLBACK").await.unwrap();
    assert!(mailed.suppressed().is_empty());
    assert_eq!(deliver(&mut talk, &[&ann], &mail), ["250 2.0.0 taken"]);
    assert_eq!(mailed.suppressed(), ["ann@example.com"]);
}

#[tokio::test]
async fn a_stop_lets_a_mail_that_is_on_its_way_in_and_says_goodbye_to_the_others() {
    let (mut mailed, port) = with_door(&[]).await;
    let ann = mailed.to("ann").from.clone();
    let (mut idle, mut busy) = (Talk::tcp(port), Talk::tcp(port));
    let to = format!("RCPT TO:<{ann}>");
    assert_eq!(busy.codes(&["LHLO x", "MAIL FROM:<>", &to, "DATA"]), ["250", "250", "250", "354"]);
    let stopping = std::thread::spawn(move || {
        let ended = mailed.process.terminate();
        (mailed, ended)
    });
    assert_eq!(idle.hear(), "421 4.3.2 stopping; come again later");
    busy.write(&report(&ann, "ann@example.com"));
    busy.write(b".\r\n");
    assert_eq!(busy.hear(), "250 2.0.0 taken");
    assert!(busy.hear().starts_with("421 "));
    let (mailed, (status, took)) = stopping.join().unwrap();
    assert!(status.success() && took < Duration::from_secs(10), "{took:?}");
    assert_eq!(mailed.suppressed(), ["ann@example.com"]);
}

#[tokio::test]
async fn a_socket_in_the_file_system_belongs_to_its_group_and_goes_with_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp.sock");
    // Left behind by a process that was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let listen = format!("unix:{}", path.display());
    let mut mailed = mailed(&[("BOUNCES__LMTP_LISTEN", &listen)]).await;
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut talk = Talk { stream: BufReader::new(UnixStream::connect(&path).unwrap()) };
    assert!(talk.hear().starts_with("220 "));
    let ann = mailed.to("ann").from.clone();
    assert_eq!(deliver(&mut talk, &[&ann], &report(&ann, "ann@example.com")), ["250 2.0.0 taken"]);
    assert_eq!(mailed.suppressed(), ["ann@example.com"]);

    // Somebody has it: the second process says so and ends.
    let other = House::new("smtp://127.0.0.1:1", &[BOUNCES, ("BOUNCES__LMTP_LISTEN", &listen)]);
    let env = [("HTTP__LISTEN", "127.0.0.1:0"), BOUNCES, ("BOUNCES__LMTP_LISTEN", listen.as_str())];
    let output = process::run(other.folder(), &["serve"], &env);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("cannot be listened on"), "{said}");
    assert!(mailed.process.terminate().0.success());
    until("the socket is gone", || !path.exists()).await;
}

/// S20: what took 948 MB.
#[tokio::test]
async fn twenty_mails_of_many_small_parts_stay_small() {
    /// Of them 20 × 4 MB come in, and two at a time are taken to pieces.
    const MOST_MB: u64 = 260;
    let (mailed, port) = with_door(&[]).await;
    let ann = mailed.to("ann").from.clone();
    let before = peak_mb(&mailed.process);
    let (began, mut is_any_refused) = (Instant::now(), false);
    for (head, piece) in [
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n"),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "a:\r\n"),
        ("Subject: x\r\n", "a:\r\n"),
    ] {
        let mut mail = head.as_bytes().to_vec();
        while mail.len() < 4 * 1_024 * 1_024 {
            mail.extend_from_slice(piece.as_bytes());
        }
        let mail = std::sync::Arc::new(mail);
        let talks: Vec<_> = (0..20)
            .map(|_| {
                let (mail, ann) = (mail.clone(), ann.clone());
                std::thread::spawn(move || deliver(&mut Talk::tcp(port), &[&ann], &mail).remove(0))
            })
            .collect();
        let said: Vec<String> = talks.into_iter().map(|talk| talk.join().unwrap()).collect();
        let is_answered = |said: &&String| said.starts_with("250 ") || said.starts_with("452 4.3.1");
        assert_eq!(said.iter().filter(is_answered).count(), 20, "{said:?}");
        is_any_refused |= said.iter().any(|said| said.starts_with("452"));
        let after = peak_mb(&mailed.process);
        println!("{piece:?}: {before} MB before, {after} MB at most");
        assert!(after < MOST_MB, "{piece:?}: {before} MB before, {after} MB at most");
    }
    let told = mailed.process.output().matches("too many mails come by LMTP at once").count() as u64;
    assert!(told <= 1 + began.elapsed().as_secs() / 60 && (told > 0) == is_any_refused, "{told} times");
    // There is room again.
    assert_eq!(deliver(&mut Talk::tcp(port), &[&ann], LETTER), ["250 2.0.0 taken"]);
}

/// S20
#[tokio::test]
async fn one_peer_has_so_many_seats() {
    let (_mailed, port) = with_door(&[]).await;
    let seats: Vec<_> = (0..20).map(|_| Talk::tcp(port)).collect();
    let mut over = Talk { stream: BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap()) };
    assert_eq!(over.hear(), "421 4.7.0 too many conversations at once");
    drop(seats);
    until("a seat is free", || {
        let mut talk =
            Talk { stream: BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap()) };
        talk.hear().starts_with("220 ")
    })
    .await;
}
