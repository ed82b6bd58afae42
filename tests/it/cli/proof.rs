//! `mailing show`, `post missed`, `post retry`: the proof of a send.

use serde_json::{Value, json};

use super::home::Home;
use super::site::Site;
use crate::support::fault_smtp::FaultSmtp;
use crate::support::process::Process;

const READERS: [&str; 4] =
    ["ann@example.org", "bob@example.org", "bad@example.net", "bad-leaver@example.net"];

/// A post that was mailed to four, two of whom were refused for good.
fn mailed() -> (Home, FaultSmtp) {
    let relay = FaultSmtp::start(&[("rcpt550", "1"), ("only", "bad")]);
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(relay.port);
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    for reader in READERS {
        home.ok(&["subscriber", "add", reader]);
    }
    site.publish(&["second", "first"]);
    home.ok(&["blog", "check", "toast"]);
    home.ok(&["post", "approve", "2"]);
    let _serving = Process::start(home.path(), &["serve"], &[]);
    home.wait_until("it is done", || home.json(&["mailing", "show", "1", "--json"])["status"] == "done");
    (home, relay)
}

fn counts(home: &Home) -> Value {
    home.json(&["post", "missed", "toast", "2", "--json"])["counts"].clone()
}

#[test]
fn who_did_not_get_a_post_is_named_with_the_servers_words() {
    let (home, _relay) = mailed();
    let missed = home.json(&["post", "missed", "toast", "2", "--json"]);
    assert_eq!(missed["counts"], json!({"sent": 2, "missing": 0, "failed": 2, "withheld": 0, "queued": 0}));
    assert_eq!((&missed["post"], &missed["mailing"], &missed["unnamed"]), (&json!(2), &json!(1), &json!(0)));
    let first = &missed["readers"][0];
    assert_eq!((&first["address"], &first["state"]), (&json!("bad@example.net"), &json!("failed")));
    assert_eq!((&first["code"], &first["attempts"]), (&json!(550), &json!(1)));
    let table = home.ok(&["post", "missed", "toast", "2"]);
    assert!(table.trim_start().starts_with("DELIVERIES"), "counts come first: {table}");
    assert!(table.contains("bad@example.net") && table.contains("550"), "{table}");
    assert!(!table.contains("ann@example.org"), "{table}");
    let few = home.json(&["post", "missed", "toast", "2", "--limit", "1", "--json"]);
    assert_eq!((few["readers"].as_array().unwrap().len(), &few["unnamed"]), (1, &json!(1)));

    assert!(home.fails(&["post", "missed", "toast", "9"]).contains("`postbell post list toast`"));
    assert!(home.fails(&["post", "missed", "toast", "1"]).contains("was not mailed"));
    assert!(home.fails(&["post", "retry", "toast", "1"]).contains("was not mailed"));
    home.fails(&["post", "missed", "nowhere", "2"]);
}

#[test]
fn a_retry_reaches_those_who_still_follow_and_nobody_twice() {
    let (home, relay) = mailed();
    let port = relay.port;
    drop(relay);
    home.ok(&["subscriber", "remove", "bad-leaver@example.net"]);
    // Their server said that there is no such reader: only the operator knows better.
    let would = home.json(&["post", "retry", "toast", "2", "--dry-run", "--json"]);
    assert_eq!(would, json!({"failed": 0, "missing": 0, "dry_run": true}));
    home.ok(&["suppression", "lift", "bad@example.net"]);
    let would = home.json(&["post", "retry", "toast", "2", "--dry-run", "--json"]);
    assert_eq!(would, json!({"failed": 1, "missing": 0, "dry_run": true}));
    assert_eq!(counts(&home)["queued"], 0, "a dry run queues nothing");
    let said = home.ok(&["post", "retry", "toast", "2"]);
    assert_eq!(said.trim(), "Queued 1 that failed and 0 that were missing.");
    let again = home.json(&["post", "retry", "toast", "2", "--json"]);
    assert_eq!(again, json!({"failed": 0, "missing": 0, "dry_run": false}));

    let relay = FaultSmtp::start_on(port, &[]);
    let _serving = Process::start(home.path(), &["serve"], &[]);
    relay.wait_for(1);
    home.wait_until("it is done", || home.json(&["mailing", "show", "1", "--json"])["status"] == "done");
    assert_eq!(relay.recipients(), ["bad@example.net"]);
    assert_eq!(counts(&home), json!({"sent": 3, "missing": 0, "failed": 1, "withheld": 0, "queued": 0}));
}

#[test]
fn a_mailing_shows_how_far_it_is_and_by_domain() {
    let (home, _relay) = mailed();
    let shown = home.json(&["mailing", "show", "1", "--json"]);
    assert_eq!(shown["deliveries"], json!({"queued": 0, "sent": 2, "failed": 2, "withheld": 0}));
    assert_eq!(shown["progress"]["percent"], 100.0);
    assert_eq!(shown["progress"]["seconds_left"], 0);
    assert!(shown["progress"]["per_second"].as_f64().unwrap() > 0.0, "{shown}");
    assert_eq!(
        shown["domains"],
        json!([
            {"domain": "example.net", "queued": 0, "sent": 0, "failed": 2, "withheld": 0},
            {"domain": "example.org", "queued": 0, "sent": 2, "failed": 0, "withheld": 0},
        ])
    );
    assert_eq!(shown["other_domains"]["domains"], 0);
    let table = home.ok(&["mailing", "show", "1"]);
    assert!(table.contains("100 %  4 of 4") && table.contains("example.net"), "{table}");
    let followed = home.ok(&["mailing", "show", "1", "--follow"]);
    assert_eq!(followed.lines().count(), 1, "it is over: {followed}");
    assert!(followed.starts_with("done") && followed.contains("4 of 4"), "{followed}");
}

#[test]
fn beyond_twenty_domains_the_rest_is_summed() {
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(1);
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    let readers: String = (0..25).map(|n| format!("r@d{n:02}.example\n")).collect();
    home.write("readers.csv", format!("email\n{readers}"));
    home.ok(&["import", "readers.csv", "--blog", "toast", "--status", "active"]);
    site.publish(&["second", "first"]);
    home.ok(&["blog", "check", "toast"]);
    home.ok(&["post", "approve", "2"]);
    let _serving = Process::start(home.path(), &["serve"], &[]);
    let show = || home.json(&["mailing", "show", "1", "--json"]);
    home.wait_until("it is filled", || show()["status"] == "sending");
    let shown = show();
    assert_eq!(shown["domains"].as_array().unwrap().len(), 20);
    assert_eq!(
        (&shown["other_domains"]["domains"], &shown["other_domains"]["queued"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(shown["progress"]["seconds_left"], Value::Null, "nothing moves");
    assert!(home.ok(&["mailing", "show", "1"]).contains("5 other domains"));
    home.ok(&["mailing", "cancel", "1", "--yes"]);
    assert!(home.fails(&["post", "retry", "toast", "2"]).contains("was cancelled"));
}
