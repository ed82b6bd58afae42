//! `blog add` and `check`, `post`, `mail test`, against a feed and a mail server.

use serde_json::{Value, json};

use super::home::Home;
use super::site::Site;
use crate::support::fault_smtp::FaultSmtp;
use crate::support::process::Process;

/// A blog `toast` with two old posts and one that is held.
fn with_a_held_post(relay: &FaultSmtp) -> (Home, Site) {
    let (home, site) = (Home::new(), Site::start(&["second", "first"]));
    home.send_to(relay.port);
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    site.publish(&["third", "second", "first"]);
    assert_eq!(home.json(&["blog", "check", "toast", "--json"]), json!({"slug": "toast", "new_posts": 1}));
    (home, site)
}

fn decisions(home: &Home) -> Vec<(i64, String, String)> {
    let posts = home.json(&["post", "list", "toast", "--json"]);
    let text = |post: &Value, key: &str| post[key].as_str().unwrap().to_owned();
    let posts = posts.as_array().unwrap().iter();
    posts.map(|p| (p["id"].as_i64().unwrap(), text(p, "title"), text(p, "decision"))).collect()
}

fn number_of(home: &Home, title: &str) -> String {
    decisions(home).into_iter().find(|(_, known, _)| known == title).unwrap().0.to_string()
}

/// R13, R14
#[test]
fn a_blog_is_added_with_its_posts_as_seen_and_checked_by_hand() {
    let (home, site) = (Home::new(), Site::start(&["second", "first"]));
    let said = home.fails(&["blog", "add", &site.url()]);
    assert!(said.contains("feeds.allow_private = true"), "{said}");
    home.send_to(1);
    let added = home.json(&[
        "blog",
        "add",
        &site.url(),
        "--reply-to",
        "kim@example.org",
        "--body",
        "excerpt",
        "--json",
    ]);
    assert_eq!(
        (&added["slug"], &added["title"], &added["body"]),
        (&json!("toast"), &json!("Toast"), &json!("excerpt"))
    );
    assert_eq!((&added["followers"], &added["held_posts"]), (&json!(0), &json!(0)));
    assert!(decisions(&home).iter().all(|(_, _, decision)| decision == "skipped"), "{:?}", decisions(&home));
    let said = home.fails(&["blog", "add", &site.url()]);
    assert!(said.contains("is already blog toast") && said.contains("--again"), "{said}");
    assert!(home.ok(&["blog", "check", "toast"]).contains("No new posts."));
    site.publish(&["third", "second", "first"]);
    assert!(home.ok(&["blog", "check", "toast"]).contains("1 new post."));
    assert_eq!(decisions(&home)[0].1, "third");
    let seen = &home.json(&["post", "list", "toast", "--json"])[1];
    let there = (&json!("already there when the blog was added"), &json!({"code": "already_there"}));
    assert_eq!((&seen["reason"], &seen["reason_code"]), there);
    site.fail();
    let said = home.fails(&["blog", "check", "toast"]);
    assert!(said.contains("503") && said.contains("blog edit toast --feed"), "{said}");
    assert!(home.ok(&["blog", "show", "toast"]).contains("503"), "the last error stays to be seen");
    assert!(home.fails(&["blog", "add", &site.url(), "--slug", "b"]).contains("check the address"));
}

#[test]
fn the_same_feed_twice_is_said() {
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(1);
    home.ok(&["blog", "add", &site.url(), "--slug", "tide"]);
    let said = home.fails(&["blog", "add", &site.url()]);
    assert!(said.contains("is already blog tide") && said.contains("--again"), "{said}");
    assert_eq!(home.json(&["blog", "list", "--json"]).as_array().unwrap().len(), 1);
    // Whoever gives it a name of its own means it, and is told.
    let said = home.ok(&["blog", "add", &site.url(), "--slug", "ebb"]);
    assert!(said.contains("the same feed as blog tide"), "{said}");
    let added = home.json(&["blog", "add", &site.url(), "--again", "--json"]);
    assert_eq!((&added["slug"], &added["same_feed_as"]), (&json!("toast"), &json!(["ebb", "tide"])));
}

#[test]
fn the_next_look_and_the_last_error_are_listed() {
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(1);
    home.ok(&["blog", "add", &site.url()]);
    site.fail();
    home.fails(&["blog", "check", "toast"]);
    let listed = home.ok(&["blog", "list"]);
    assert!(listed.contains("NEXT LOOK (UTC)") && listed.contains("503"), "{listed}");
    let listed = &home.json(&["blog", "list", "--json"])[0];
    assert!(listed["next_check_at"].is_string() && listed["failing_since"].is_string(), "{listed}");
}

#[test]
fn a_held_post_is_approved_or_skipped_once() {
    let relay = FaultSmtp::start(&[]);
    let (home, site) = with_a_held_post(&relay);
    site.publish(&["fourth", "third", "second", "first"]);
    home.ok(&["blog", "check", "toast"]);
    assert_eq!(home.json(&["blog", "list", "--json"])[0]["held_posts"], 2);
    let (third, fourth) = (number_of(&home, "third"), number_of(&home, "fourth"));
    assert!(home.ok(&["post", "list", "--held"]).contains("fourth"));
    assert!(home.ok(&["post", "skip", &fourth]).contains("is not mailed: fourth"));
    let said = home.fails(&["post", "skip", &fourth]);
    assert_eq!(said.matches("post ").count(), 1, "{said}");
    assert!(home.ok(&["post", "approve", &third]).contains("is mailed: third"));
    assert!(home.fails(&["post", "approve", &third]).contains("was mailed already"));
    assert!(home.fails(&["post", "skip", &third]).contains("was mailed already"));
    for verb in ["approve", "skip", "show", "preview"] {
        assert!(home.fails(&["post", verb, "99"]).contains("`postbell post list` names them"), "{verb}");
    }
    let shown = home.json(&["post", "show", &third, "--json"]);
    assert_eq!((&shown["decision"], &shown["blog"]), (&json!("sent"), &json!("toast")));
    assert!(shown["known_by"].as_str().unwrap().contains("/third"), "{shown}");
    assert_eq!(home.json(&["mailing", "list", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_post_is_looked_at_and_sent_as_a_test_without_any_follower() {
    let relay = FaultSmtp::start(&[]);
    let (home, _site) = with_a_held_post(&relay);
    let third = number_of(&home, "third");
    let mail = home.json(&["post", "preview", &third, "--json"]);
    assert_eq!(mail.as_object().unwrap().len(), 3);
    assert!(mail["subject"].as_str().unwrap().contains("third"), "{mail}");
    assert!(home.ok(&["post", "preview", &third]).contains("<html"));
    assert!(home.ok(&["post", "preview", &third, "--text"]).contains("About third."));
    let said = home.ok(&["post", "preview", &third, "--to", "me@example.org"]);
    assert!(said.contains(&format!("127.0.0.1:{}", relay.port)) && said.contains("250"), "{said}");
    assert_eq!(relay.recipients(), ["me@example.org"]);
    assert_eq!(decisions(&home)[0].2, "held", "a preview decides nothing");
}

#[test]
fn the_day_in_a_mail_is_that_of_the_blog() {
    let relay = FaultSmtp::start(&[]);
    let (home, site) = with_a_held_post(&relay);
    let third = number_of(&home, "third");
    site.edit("<title>third", "<pubDate>Sun, 29 Nov 2026 23:40:18 -0300</pubDate><title>third");
    let shows = |day: &str| {
        let mail = home.json(&["post", "preview", &third, "--json"]);
        let has = |part: &str| mail[part].as_str().unwrap().contains(day);
        assert!(has("html") && has("text"), "{day}: {mail}");
    };
    shows("29 November 2026");
    let shown = home.json(&["blog", "edit", "toast", "--time-zone", "asia/tokyo", "--json"]);
    assert_eq!(shown["time_zone"], "Asia/Tokyo");
    shows("30 November 2026");
    home.ok(&["blog", "edit", "toast", "--time-zone", "-0800"]);
    assert!(home.ok(&["blog", "show", "toast"]).contains("-08:00"));
    site.edit("-0300", "+0000");
    shows("29 November 2026");
    home.ok(&["blog", "edit", "toast", "--time-zone", ""]);
    assert_eq!(home.json(&["blog", "show", "toast", "--json"])["time_zone"], Value::Null);
}

#[test]
fn the_way_to_the_mail_server_is_tried_and_its_answer_told() {
    let relay = FaultSmtp::start(&[]);
    let home = Home::new();
    home.send_to(relay.port);
    let said = home.ok(&["mail", "test", "me@example.org"]);
    assert!(said.contains(&format!("127.0.0.1:{}", relay.port)) && said.contains("250"), "{said}");
    assert_eq!(relay.recipients(), ["me@example.org"]);
    for (fault, part) in
        [("rcpt550", "550"), ("mail550", "550"), ("dot554", "554"), ("greet554", "554"), ("greylist", "451")]
    {
        let relay = FaultSmtp::start(&[(fault, "1")]);
        home.send_to(relay.port);
        let said = home.fails(&["mail", "test", "me@example.org"]);
        assert!(said.contains(part) && said.contains("check smtp.url and mail.from"), "{fault}: {said}");
        assert!(relay.recipients().is_empty());
    }
    drop(relay);
    home.send_to(1);
    assert!(home.fails(&["mail", "test", "me@example.org"]).contains("Nothing was sent"));
}

#[test]
fn a_post_is_sent_once_more_to_one_follower() {
    let relay = FaultSmtp::start(&[]);
    let (home, _site) = with_a_held_post(&relay);
    for name in ["ann", "bob"] {
        home.ok(&["subscriber", "add", &format!("{name}@example.org")]);
    }
    let third = number_of(&home, "third");
    let to_ann = ["post", "resend", &third, "--to", "ann@example.org"];
    assert!(home.fails(&to_ann).contains("post approve"), "it was not mailed yet");
    home.ok(&["post", "approve", &third]);
    assert!(home.fails(&["post", "resend", &third, "--to", "eve@example.org"]).contains("post preview"));
    let serving = Process::start(home.path(), &["serve"], &[]);
    relay.wait_for(2);
    assert!(home.ok(&to_ann).contains("is queued once more"));
    relay.wait_for(3);
    let mut to = relay.recipients();
    to.sort_unstable();
    assert_eq!(to, ["ann@example.org", "ann@example.org", "bob@example.org"], "{}", serving.output());
    let why = home.json(&["subscriber", "why", "ann@example.org", "--json"]);
    assert_eq!(why["mails"].as_array().unwrap().len(), 2, "{why}");
}

#[test]
fn a_second_process_does_not_serve_the_same_database() {
    let home = Home::new();
    home.send_to(1);
    let _serving = Process::start(home.path(), &["serve"], &[]);
    let said = home.fails(&["serve"]);
    assert!(said.contains("another process serves this database already; stop it first"), "{said}");
    assert_eq!(said.matches("another process").count(), 1, "{said}");
    // Every other command works beside it.
    assert_eq!(home.json(&["blog", "list", "--json"]), json!([]));
}
