//! Mails on their way back: a mailbox that is looked into by IMAP, mail
//! servers that hand over by LMTP, and the whole circle with real ones.

mod circle;
mod lmtp;
mod mailbox;
mod settings;

use crate::support::fault_smtp::{Accepted, FaultSmtp};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, until};
use crate::support::process::Process;

/// Where bounces go.
const BOUNCES: (&str, &str) = ("MAIL__BOUNCE_ADDRESS", "bounces@mail.example.org");
const READERS: [&str; 3] = ["ann@example.com", "bob@example.com", "cid@example.com"];

/// A house that has mailed a post to three readers, still serving, and what
/// the server took.
struct Mailed {
    house: House,
    process: Process,
    taken: Vec<Accepted>,
}

/// With these settings on top.
async fn mailed(more: &[(&'static str, &str)]) -> Mailed {
    let (server, site) = (FaultSmtp::start(&[]), FeedSite::start());
    let settings: Vec<(&'static str, &str)> = [BOUNCES].iter().chain(more).copied().collect();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &settings).await;
    house.add_blog(&site.url());
    house.import(&READERS.map(str::to_owned), "active");
    let process = house.serve();
    site.publish("News");
    until("every mail is there", || server.accepted().len() == READERS.len()).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
    let taken = server.accepted();
    Mailed { house, process, taken }
}

impl Mailed {
    /// What was sent to this reader.
    fn to(&self, who: &str) -> &Accepted {
        self.taken.iter().find(|mail| mail.rcpt.starts_with(who)).expect("a mail to this reader")
    }

    /// Addresses that get no mail any more.
    fn suppressed(&self) -> Vec<String> {
        suppressed(&self.house)
    }
}

fn suppressed(house: &House) -> Vec<String> {
    let list = house.json(&["suppression", "list"]);
    let mut all: Vec<String> =
        list.as_array().unwrap().iter().map(|entry| entry["address"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

/// A delivery report (RFC 3464) that says that there is no such reader.
fn report(to: &str, about: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nSubject: Undelivered Mail\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\n<{about}>: 550 5.1.1 user unknown\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {about}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n--b--\r\n"
    )
    .into_bytes()
}

/// What a person writes.
const LETTER: &[u8] = b"From: kim@example.com\r\nTo: bounces@mail.example.org\r\nSubject: Hello\r\n\r\nWhen is the next post?\r\n";

/// Holds the database of a house, so that nobody else can write.
async fn hold(house: &House) -> sqlx::SqliteConnection {
    use sqlx::{ConnectOptions as _, Executor as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(house.database());
    let mut connection = options.connect().await.unwrap();
    // Its owner writes a moment at a time.
    while connection.execute("BEGIN IMMEDIATE").await.is_err() {}
    connection
}
