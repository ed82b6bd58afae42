//! The whole circle with real servers: a post leaves through Postfix, a far
//! server refuses the reader, Postfix reports it to our envelope sender, and
//! the report comes back to us.

use crate::support::dovecot::Dovecot;
use crate::support::fault_smtp::FaultSmtp;
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, until};
use crate::support::ports;
use crate::support::postfix::Postfix;
use crate::support::process::Process;

use super::{BOUNCES, LETTER, suppressed};

crate::for_each_database!(
    a_reader_whom_a_far_server_does_not_know_is_suppressed_by_the_report_in_the_mailbox,
    a_reader_whom_a_far_server_does_not_know_is_suppressed_by_the_report_that_postfix_hands_over,
);

const READERS: [&str; 3] = ["gone@far.example", "ann@far.example", "bob@far.example"];

/// A far server that knows nobody whose name begins with `gone`.
fn far() -> FaultSmtp {
    FaultSmtp::start(&[("rcpt550", "1"), ("only", "gone")])
}

/// A post to everybody; waits until those who exist have it.
async fn send(house: &House, far: &FaultSmtp) -> Process {
    let site = FeedSite::start();
    house.add_blog(&site.url());
    house.import(&READERS.map(str::to_owned), "active");
    let process = house.serve();
    site.publish("News");
    until("the others have the post", || far.accepted().len() == 2).await;
    process
}

/// What the operator is shown of the reader who is gone, and of the others.
async fn check(house: &House) {
    until("the reader is suppressed", || suppressed(house) == ["gone@far.example"]).await;
    let why = house.run(&["subscriber", "why", "gone@far.example"]);
    assert!(why.contains("What came back") && why.contains("550 5.1.1"), "{why}");
    let why = house.json(&["subscriber", "why", "gone@far.example"]);
    let back = &why["feedback"][0];
    assert_eq!(
        (&back["kind"], &back["class"], &back["source"]),
        (&"bounced".into(), &"hard".into(), &"mail".into())
    );
}

/// B4 D9
async fn a_reader_whom_a_far_server_does_not_know_is_suppressed_by_the_report_in_the_mailbox() {
    let (far, dovecot) = (far(), Dovecot::start());
    let maildir = dovecot.maildir().to_string_lossy().into_owned();
    let postfix = Postfix::start_with_domain(far.port, "mail.example.org", &maildir);
    let imap = dovecot.url();
    let house = House::here(&postfix.url(), &[BOUNCES, ("BOUNCES__IMAP_URL", &imap)]).await;
    dovecot.deliver("1.letter", LETTER);
    let process = send(&house, &far).await;
    check(&house).await;
    until("the report is put away", || dovecot.mails("Postbell").len() == 1).await;
    assert!(dovecot.mails("Postbell")[0].contains("Undelivered Mail Returned to Sender"));
    let left = dovecot.mails("");
    assert!(left.len() == 1 && left[0].contains("When is the next post?"), "{left:?}");
    assert!(
        !process.output().contains("WARN") && !process.output().contains("ERROR"),
        "{}",
        process.output()
    );
}

/// D9
async fn a_reader_whom_a_far_server_does_not_know_is_suppressed_by_the_report_that_postfix_hands_over() {
    let (far, port) = (far(), ports::free());
    let whither = format!("lmtp:inet:127.0.0.1:{port}");
    let postfix = Postfix::start_with_domain(far.port, "mail.example.org", &whither);
    let listen = format!("127.0.0.1:{port}");
    let house = House::here(&postfix.url(), &[BOUNCES, ("BOUNCES__LMTP_LISTEN", &listen)]).await;
    let process = send(&house, &far).await;
    check(&house).await;
    assert!(
        !process.output().contains("WARN") && !process.output().contains("ERROR"),
        "{}",
        process.output()
    );
    until("Postfix has its answer", || postfix.log().contains("250 2.0.0 taken")).await;
}
