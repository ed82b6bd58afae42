//! `doctor` (D3): a whole world on loopback, in which one thing after another
//! is wrong. A real name server, mail servers with TLS, pages, a feed.

mod clinic;
mod database;
mod dns;
mod relay;

use serde_json::json;

use self::clinic::Clinic;
use super::home::Home;
use crate::support::process::Process;

/// Compares with the snapshot, but for what differs from run to run.
fn as_approved(name: &str, text: &str) {
    let filters = [
        (r"localhost:\d+", "localhost:PORT"),
        (r"\d+ MB free", "N MB free"),
        (r"\d{4}-\d\d-\d\dT[0-9:]+Z", "MOMENT"),
        (r"\d{4}-\d\d-\d\d", "DAY"),
        (r"for \d+ more days", "for N more days"),
    ];
    insta::with_settings!({ filters => filters }, { insta::assert_snapshot!(name, text) });
}

#[test]
fn where_all_is_well_every_line_says_ok() {
    let clinic = Clinic::new();
    let output = clinic.doctor(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.trim_end().ends_with(" ok, 0 warnings, 0 faults"), "{text}");
    assert!(output.stderr.is_empty() && !text.contains('\u{1b}'), "{text}");
    // The long record of the RSA key came over TCP.
    assert!(clinic.zone.asked_over_tcp().contains(&"r1._domainkey.example.org".to_owned()));
    as_approved("doctor", &text);
}

#[test]
fn scripts_read_the_same_as_json() {
    let clinic = Clinic::new();
    clinic.zone.remove("example.org").txt("example.org", "v=spf1 -all").mx(
        "example.org",
        10,
        "mx.example.net",
    );
    clinic.zone.remove("_dmarc.example.org");
    let output = clinic.doctor(&["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&all["status"], &all["counts"]["fault"]), (&json!("fault"), &json!(1)));
    let spf = all["checks"].as_array().unwrap().iter().find(|check| check["check"] == "spf").unwrap();
    let record = json!({"name": "example.org", "type": "TXT", "value": "v=spf1 ip4:203.0.113.7 -all"});
    assert_eq!(spf["next"], json!([{ "publish": record }]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "postbell: a send would fail: 1 fault, mended as its line says\n");
    as_approved("doctor-json", &text);
}

#[test]
fn it_changes_nothing_and_makes_nothing() {
    let home = Home::new();
    let output = home.run(&["doctor", "--resolver", "127.0.0.1:9"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("secret file    data/secret.key is not there yet"), "{text}");
    assert!(text.contains("run postbell migrate"), "{text}");
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "it made something");

    let clinic = Clinic::new();
    for is_at_rest in [false, true] {
        if is_at_rest {
            clinic.put_database_to_rest();
        }
        let before = clinic.files();
        assert!(before.len() > 3, "{:?}", before.keys());
        assert_eq!(clinic.doctor(&[]).status.code(), Some(0));
        assert_eq!(clinic.files(), before, "at rest: {is_at_rest}");
    }
}

#[test]
fn it_works_beside_a_running_serve() {
    let clinic = Clinic::new();
    let mut serving = Process::start(clinic.home.path(), &["serve"], &[("HTTP__LISTEN", "127.0.0.1:0")]);
    for _ in 0..3 {
        let output = clinic.doctor(&[]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.contains("it opens and has the form of this version"), "{text}");
    }
    assert!(serving.is_running());
    let (status, _) = serving.terminate();
    assert!(status.success());
    assert!(clinic.relay.recipients().is_empty(), "a mail was sent");
}

#[test]
fn settings_that_cannot_be_used_are_told_all_at_once() {
    let home = Home::new();
    home.write("postbell.toml", "[http]\nlistne = \"x\"\n[smtp]\nconnections = 0\n");
    let output = home.run(&["doctor"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["http.listne", "smtp.connections", "everything else waits"] {
        assert!(text.contains(part), "{text}");
    }
    home.write("postbell.toml", "[http]\nlisten = \"0.0.0.0:0\"\n");
    let output = home.run(&["doctor"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("http.public_url is not right") && text.contains("must be set"), "{text}");
}

#[test]
fn rights_templates_feeds_pages_and_clock_are_looked_at() {
    let clinic = Clinic::new();
    clinic.chmod("data/secret.key", 0o644);
    clinic.warns("others on this machine can read data/secret.key", &["run chmod 600 data/secret.key"]);
    clinic.chmod("data/secret.key", 0o600);
    clinic.chmod("postbell.toml", 0o644);
    clinic.warns(
        "others on this machine can read the password in postbell.toml",
        &["run chmod 600 postbell.toml"],
    );
    clinic.chmod("postbell.toml", 0o600);
    clinic.chmod("rsa.pem", 0o644);
    clinic.warns("others on this machine can read rsa.pem", &["run chmod 600 rsa.pem"]);
    clinic.chmod("rsa.pem", 0o600);

    clinic.site.fail();
    clinic.fails("cannot be read: the server answered 503", &["run postbell blog check toast"]);
    clinic.site.publish(&["One", "Two"]);
    assert!(clinic.text(&[]).contains("toast: 2 posts, 1 new; last look"), "{}", clinic.text(&[]));
    clinic.site.publish(&["One"]);

    std::fs::create_dir(clinic.home.path().join("mine")).unwrap();
    clinic.home.write("mine/post.txt", "mine {{ oh");
    clinic.fails_with(&["--set", "templates.dir=mine"], "post.txt", &["run postbell template check"]);

    clinic.warns_with(
        &["--set", "http.public_url=https://localhost:9"],
        "they cannot be reached from here",
        &["start postbell serve"],
    );
    let ahead = clinic.pages_ahead(3_600);
    let set = format!("http.public_url={}", ahead.url());
    clinic.fails_with(&["--set", &set], "this machine's clock is 60 minutes behind", &["timedatectl"]);
}

#[test]
fn without_a_relay_nothing_is_asked_and_that_is_said() {
    let home = Home::new();
    home.ok(&["migrate"]);
    let text = home.ok(&["doctor", "--resolver", "127.0.0.1:9"]);
    for part in ["no SMTP server is set", "were not asked for", "postbell blog add"] {
        assert!(text.contains(part), "{text}");
    }
}
