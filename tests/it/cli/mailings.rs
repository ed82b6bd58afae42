//! `mailing`: how far, pause, resume, cancel.

use serde_json::{Value, json};

use super::home::Home;
use super::site::Site;
use crate::support::fault_smtp::FaultSmtp;
use crate::support::process::Process;

const READERS: [&str; 3] = ["ann@example.org", "bob@example.org", "cat@example.org"];

/// A blog with three followers and one post that was just approved.
fn with_a_mailing(port: u16) -> Home {
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(port);
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    for reader in READERS {
        home.ok(&["subscriber", "add", reader]);
    }
    site.publish(&["second", "first"]);
    home.ok(&["blog", "check", "toast"]);
    home.ok(&["post", "approve", "2"]);
    home
}

fn status(home: &Home) -> Value {
    home.json(&["mailing", "show", "1", "--json"])["status"].clone()
}

#[test]
fn a_mailing_is_paused_resumed_and_cancelled_by_hand() {
    let home = with_a_mailing(1);
    let shown = home.json(&["mailing", "show", "1", "--json"]);
    assert_eq!(
        (&shown["blog"], &shown["title"], &shown["status"]),
        (&json!("toast"), &json!("second"), &json!("filling"))
    );
    assert_eq!(shown["deliveries"], json!({"queued": 0, "sent": 0, "failed": 0, "withheld": 0}));
    assert!(home.fails(&["mailing", "resume", "1"]).contains("is not paused"));
    assert!(home.ok(&["mailing", "pause", "1"]).contains("mailing resume 1"));
    let shown = home.json(&["mailing", "list", "--json"]);
    assert_eq!(
        (&shown[0]["status"], &shown[0]["reason"]),
        (&json!("paused"), &json!("paused by the operator"))
    );
    assert!(home.fails(&["mailing", "pause", "1"]).contains("is paused already"));
    home.ok(&["mailing", "resume", "1"]);
    assert_eq!(status(&home), "filling", "its deliveries are not all written yet");
    assert!(home.fails(&["mailing", "cancel", "1"]).contains("--yes"));
    home.ok(&["mailing", "cancel", "1", "--yes"]);
    assert_eq!(status(&home), "cancelled");
    for verb in ["pause", "resume", "cancel"] {
        assert!(home.fails(&["mailing", verb, "1"]).contains("is cancelled already"), "{verb}");
        assert!(home.fails(&["mailing", verb, "9"]).contains("`postbell mailing list` names them"), "{verb}");
    }
    let said = home.fails(&["post", "resend", "2", "--to", READERS[0]]);
    assert!(said.contains("was cancelled"), "{said}");
}

/// R7
#[test]
fn a_mailing_whose_sender_is_refused_waits_and_goes_out_after_resume() {
    let relay = FaultSmtp::start(&[("mail550", "1")]);
    let port = relay.port;
    let home = with_a_mailing(port);
    let serving = Process::start(home.path(), &["serve"], &[]);
    home.wait_until("the mailing is paused", || status(&home) == "paused");
    let shown = home.ok(&["mailing", "show", "1"]);
    assert!(shown.contains("the relay refuses this sender: 550"), "{shown}");
    assert!(relay.recipients().is_empty(), "nobody is lost and nobody got it: {}", serving.output());
    let counts = &home.json(&["mailing", "show", "1", "--json"])["deliveries"];
    assert_eq!(counts, &json!({"queued": 3, "sent": 0, "failed": 0, "withheld": 0}));
    drop(relay);
    let relay = FaultSmtp::start_on(port, &[]);
    home.ok(&["mailing", "resume", "1"]);
    relay.wait_for(3);
    assert_eq!(relay.judge(&READERS, Some("second")), Default::default());
    home.wait_until("the mailing is done", || status(&home) == "done");
    let shown = home.ok(&["mailing", "show", "1"]);
    assert!(shown.contains("DELIVERIES") && shown.contains("SENT"), "{shown}");
    assert!(home.fails(&["mailing", "cancel", "1"]).contains("is done already"));
}

#[test]
fn a_cancelled_mailing_leaves_nothing_in_the_queue() {
    let relay = FaultSmtp::start(&[("rcpt450", "1")]);
    let home = with_a_mailing(relay.port);
    let serving = Process::start(home.path(), &["serve"], &[]);
    let counts = || home.json(&["mailing", "show", "1", "--json"])["deliveries"].clone();
    home.wait_until("the deliveries are written", || counts()["queued"] == 3);
    home.ok(&["mailing", "cancel", "1", "--yes"]);
    let end = json!({"queued": 0, "sent": 0, "failed": 0, "withheld": 3});
    home.wait_until("nothing is queued", || counts() == end);
    let why = home.json(&["subscriber", "why", READERS[0], "--json"]);
    assert_eq!(why["mails"][0]["reason"], "the mailing was cancelled", "{}", serving.output());
    assert_eq!(why["mails"][0]["reason_code"], json!({"code": "mailing_cancelled"}));
}
