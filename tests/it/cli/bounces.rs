//! `bounce ingest`: from a mail that left through a real server to its bounce,
//! and to who gets no mail any more.

use serde_json::json;

use super::home::{Home, good, lines};
use super::site::Site;
use crate::support::fault_smtp::{Accepted, FaultSmtp};
use crate::support::process::Process;

const READERS: [&str; 3] = ["ann@example.org", "bob@example.org", "cid@example.org"];

/// A post that was mailed to three, and what the server took, with envelope senders of their own.
fn mailed(bounce_address: &str) -> (Home, Vec<Accepted>) {
    let relay = FaultSmtp::start(&[]);
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(relay.port);
    let settings = std::fs::read_to_string(home.path().join("postbell.toml")).unwrap();
    home.write("postbell.toml", format!("{settings}{bounce_address}"));
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    for reader in READERS {
        home.ok(&["subscriber", "add", reader]);
    }
    site.publish(&["second", "first"]);
    home.ok(&["blog", "check", "toast"]);
    home.ok(&["post", "approve", "2"]);
    let serving = Process::start(home.path(), &["serve"], &[]);
    relay.wait_for(3);
    home.wait_until("it is done", || home.json(&["mailing", "show", "1", "--json"])["status"] == "done");
    drop(serving);
    (home, relay.accepted())
}

/// What a server sends back about a mail (RFC 3464).
fn dsn(to: &str, about: &str, status: &str, said: &str, message_id: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nMessage-ID: <{about}.{status}@mx.example>\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n\r\n<{about}>: {said}\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {about}\r\nAction: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nTo: {about}\r\n--b--\r\n"
    )
    .into_bytes()
}

fn ingest(home: &Home, raw: &[u8], args: &[&str]) -> serde_json::Value {
    let args: Vec<&str> = ["bounce", "ingest", "--json"].iter().chain(args).copied().collect();
    lines(&good(&home.feed(&args, raw), &args)).remove(0)
}

fn suppressed(home: &Home) -> Vec<String> {
    let list = home.json(&["suppression", "list", "--json"]);
    list.as_array().unwrap().iter().map(|entry| entry["address"].as_str().unwrap().to_owned()).collect()
}

/// D9 B4 B6
#[test]
fn a_bounce_finds_its_delivery_by_the_senders_address_and_a_forged_one_suppresses_nobody() {
    let (home, taken) = mailed("bounce_address = \"bounces@mail.example.org\"\n");
    let mail = |who: &str| taken.iter().find(|mail| mail.rcpt.starts_with(who)).unwrap();
    for mail in &taken {
        assert!(
            mail.from.starts_with("bounces+") && mail.from.ends_with("@mail.example.org"),
            "{}",
            mail.from
        );
    }
    let (ann, bob, cid) = (mail("ann"), mail("bob"), mail("cid"));
    assert_ne!(ann.from, bob.from);
    let gone = "550 5.1.1 user unknown";

    // A forger knows the address and how bounces look.
    let forged = dsn("bounces@mail.example.org", "bob@example.org", "5.1.1", gone, "<1.x@example.org>");
    assert_eq!(ingest(&home, &forged, &[])["outcome"], "kept");
    let guessed = ann.from.replace("bounces+a", "bounces+b").replace("aa", "ab");
    let guessed = if guessed == ann.from { ann.from.replace('@', "a@") } else { guessed };
    let forged = dsn(&guessed, "bob@example.org", "5.1.1", gone, "<1.x@example.org>");
    assert_eq!(ingest(&home, &forged, &[])["outcome"], "kept");
    assert_eq!(ingest(&home, b"Subject: hello\r\n\r\nWhen is the next post?\r\n", &[])["outcome"], "kept");
    assert!(suppressed(&home).is_empty());

    // The true one counts for its reader, whatever address its server writes.
    let upper = ann.from.to_uppercase();
    let told = ingest(&home, &dsn(&upper, "alias@mx.example", "5.1.1", gone, "<x@y>"), &[]);
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("suppressed"), &json!("bounced")));
    assert_eq!(suppressed(&home), ["ann@example.org"]);
    let again = ingest(&home, &dsn(&upper, "alias@mx.example", "5.1.1", gone, "<x@y>"), &[]);
    assert_eq!(again["outcome"], "known");
    // From the envelope of the pipe, when the mail itself lost it.
    let spam = dsn(
        "someone@mail.example.org",
        "bob@example.org",
        "5.7.1",
        "550 5.7.1 message looks like spam",
        "<x@y>",
    );
    let told = ingest(&home, &spam, &["--to", &bob.from]);
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("noted"), &json!(null)), "the reader is good");
    let away = format!(
        "From: {}\r\nTo: {}\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.\r\n",
        cid.rcpt, cid.from
    );
    assert_eq!(ingest(&home, away.as_bytes(), &[])["outcome"], "ignored");
    assert_eq!(suppressed(&home), ["ann@example.org"]);
    let why = home.json(&["subscriber", "why", "ann@example.org", "--json"]);
    let back = &why["feedback"][0];
    assert_eq!(
        (&back["kind"], &back["class"], &back["source"], &back["blog"]),
        (&json!("bounced"), &json!("hard"), &json!("mail"), &json!("toast"))
    );
    assert!(home.ok(&["subscriber", "why", "ann@example.org"]).contains("What came back"));
}

#[test]
fn without_an_address_of_its_own_a_bounce_is_known_by_our_message_id() {
    let (home, taken) = mailed("");
    let mail = &taken[0];
    assert_eq!(mail.from, "kim@example.org");
    let id = mail.message_id.as_deref().unwrap();
    let full = |id: &str| dsn("kim@example.org", &mail.rcpt, "5.1.1", "550 5.1.1 no such user", id);
    assert_eq!(
        ingest(&home, &full(&id.replacen(id.char_indices().nth(9).map_or('a', |(_, c)| c), "z", 9)), &[])["outcome"],
        "kept"
    );
    assert_eq!(ingest(&home, &full(id), &[])["outcome"], "suppressed");
    assert_eq!(suppressed(&home), std::slice::from_ref(&mail.rcpt));
}

#[test]
fn a_maildirs_new_mails_are_taken_and_what_is_not_understood_stays() {
    let (home, taken) = mailed("bounce_address = \"bounces@mail.example.org\"\n");
    let new = home.path().join("Maildir/new");
    std::fs::create_dir_all(&new).unwrap();
    let gone = |mail: &Accepted| dsn(&mail.from, &mail.rcpt, "5.1.1", "550 5.1.1 user unknown", "<x@y>");
    std::fs::write(new.join("1.a"), gone(&taken[0])).unwrap();
    std::fs::write(new.join("2.b"), "Subject: hi\r\n\r\nhi\r\n").unwrap();
    std::fs::write(new.join("3.c"), gone(&taken[1])).unwrap();
    let said = home.ok(&["bounce", "ingest", "Maildir"]);
    assert!(said.starts_with("2 understood and moved to cur/, 1 not understood"), "{said}");
    let names = |folder: &str| {
        let entries = std::fs::read_dir(home.path().join("Maildir").join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(
        (names("new"), names("cur")),
        (vec!["2.b".to_owned()], vec!["1.a:2,S".to_owned(), "3.c:2,S".to_owned()])
    );
    let said = home.ok(&["bounce", "ingest", "Maildir"]);
    assert!(said.starts_with("0 understood"), "{said}");
    assert_eq!(suppressed(&home).len(), 2);
}

#[test]
fn a_mail_that_cannot_be_taken_now_is_to_be_brought_again() {
    let home = Home::new();
    home.write("postbell.toml", "[database]\nurl = \"postgres://nobody@127.0.0.1:1/none\"\n");
    let output = home.feed(&["bounce", "ingest"], b"Subject: x\r\n\r\nx\r\n");
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("bring it again later"), "{said}");
}
