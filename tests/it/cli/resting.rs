//! What is told while a relay refuses us (R17): to the owner, by the commands,
//! in public.

use serde_json::json;

use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, client, until};
use crate::support::process::Process;

crate::for_each_database!(
    a_relay_that_refuses_us_is_told_everywhere_and_a_restart_asks_it_anew,
    a_relay_that_refuses_its_owner_too_is_told_over_the_next,
    a_relay_that_refuses_everything_is_told_by_the_log_and_the_doctor,
    a_mailing_that_reached_nobody_is_shown_by_the_commands,
    a_refused_sender_of_confirmations_is_told_by_the_doctor,
);

pub const OWNER: &str = "owner@example.org";

/// A blog with an owner, thirty readers and a new post.
async fn ready(server: &FaultSmtp) -> (House, Vec<String>, FeedSite) {
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &[]).await;
    house.run(&["blog", "add", &site.url(), "--slug", "kim", "--owner", OWNER]);
    let readers: Vec<String> = (0..30).map(|n| format!("r{n}@d{}.example", n % 4)).collect();
    house.import(&readers, "active");
    site.publish("News");
    (house, readers, site)
}

pub async fn get(process: &Process, path: &str) -> String {
    let answer = client().get(format!("{}{path}", process.url())).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// R17
async fn a_relay_that_refuses_its_owner_too_is_told_over_the_next() {
    let (first, second) = (FaultSmtp::obedient(), FaultSmtp::start(&[]));
    first.order(
        &json!({"refuse": "550 5.7.1 Your account has been suspended, write to support", "at": "dot"}),
    );
    let (house, readers, _site) = ready(&first).await;
    let next = format!("[[smtp.relay]]\nurl = \"smtp://127.0.0.1:{}\"\n", second.port);
    std::fs::write(house.folder().join("postbell.toml"), next).expect("a file in a folder of ours");
    let process = house.serve();
    until("every mail is there", || second.judge(&readers, Some("News")).lost.is_empty()).await;
    until("the owner is told", || second.recipients().iter().any(|to| to == OWNER)).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
    assert_eq!(second.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(second.recipients().iter().filter(|to| *to == OWNER).count(), 1, "once");
    assert!(first.accepted().is_empty());
    assert!(get(&process, "/readyz").await.contains("relay_refuses_us"));
    assert!(get(&process, "/metrics").await.contains("postbell_relays_resting 1"));
    let doctor = house.may_fail(&["doctor"]);
    for part in ["has closed our account", "since 20", "write to support", "Ask the service why"] {
        assert!(doctor.contains(part), "{part}: {doctor}");
    }
}

/// R17
async fn a_relay_that_refuses_everything_is_told_by_the_log_and_the_doctor() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": "550 relay not permitted"}));
    let (house, readers, _site) = ready(&server).await;
    let mut process = house.serve();
    until("the log tells", || process.output().contains("the relay refuses us")).await;
    let said = process.output();
    let line = said.lines().find(|line| line.contains("the relay refuses us")).unwrap();
    assert!(line.contains("relay not permitted") && line.contains("`postbell doctor`"), "{line}");
    let doctor = house.run_to_end(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "a send would fail");
    let number = house.json(&["mailing", "list"])[0]["id"].to_string();
    let shown = [
        String::from_utf8_lossy(&doctor.stdout).into_owned(),
        house.run(&["mailing", "list"]),
        house.run(&["mailing", "show", &number]),
    ];
    for shown in shown {
        for part in [
            "does not take mails of ours to others",
            "since 20",
            "relay not permitted",
            "Use the server that",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
    assert!(server.accepted().is_empty());
    server.order(&json!({}));
    process.terminate();
    let _process = house.serve();
    until("every mail is there", || server.judge(&readers, Some("News")).lost.is_empty()).await;
    until("the owner is told", || server.recipients().iter().any(|to| to == OWNER)).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(server.recipients().iter().filter(|to| *to == OWNER).count(), 1, "once");
}

async fn a_relay_that_refuses_us_is_told_everywhere_and_a_restart_asks_it_anew() {
    let server = FaultSmtp::obedient();
    server.order(
        &json!({"refuse": "550 5.4.5 Daily user sending limit exceeded", "spare": ["owner@example.org"]}),
    );
    let (house, readers, _site) = ready(&server).await;
    let mut process = house.serve();
    until("the owner is told", || !server.accepted().is_empty()).await;
    assert_eq!(server.recipients(), ["owner@example.org"]);

    let ready: serde_json::Value = serde_json::from_str(&get(&process, "/readyz").await).unwrap();
    assert_eq!(ready["codes"], json!(["relay_refuses_us"]));
    assert!(!ready.to_string().contains("limit exceeded"), "no words of a server in public");
    assert!(get(&process, "/metrics").await.contains("postbell_relays_resting 1"));

    let all = house.json(&["mailing", "list"]);
    assert_eq!(all[0]["reason_code"]["code"], "relay_refuses_us");
    assert_eq!(all[0]["reason_code"]["cause"]["ours"], "quota");
    let number = all[0]["id"].to_string();
    for shown in [house.run(&["mailing", "list"]), house.run(&["mailing", "show", &number])] {
        for part in ["quota is used up", "since 20", "Daily user sending limit exceeded", "goes on by itself"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
    assert_eq!(house.mailing_status(), "sending");
    let doctor = house.may_fail(&["doctor", "--json"]);
    assert!(doctor.contains("quota is used up"), "{doctor}");

    server.order(&json!({}));
    process.terminate();
    let _process = house.serve();
    until("every mail is there", || server.judge(&readers, Some("News")).lost.is_empty()).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    until("the mailing is done", || house.mailing_status() == "done").await;
    assert_eq!(server.recipients().iter().filter(|to| *to == "owner@example.org").count(), 1);
}

/// R17: three readers at one domain are no row.
async fn a_mailing_that_reached_nobody_is_shown_by_the_commands() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": "550 5.7.1 Fnord wibbles"}));
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &[]).await;
    house.run(&["blog", "add", &site.url(), "--slug", "kim", "--owner", OWNER]);
    house.import(&(0..3).map(|n| format!("r{n}@d1.example")).collect::<Vec<_>>(), "active");
    site.publish("News");
    let process = house.serve();
    until("it is noted", || process.output().contains("reached nobody")).await;
    assert_eq!(house.mailing_status(), "done");
    let all = house.json(&["mailing", "list"]);
    assert_eq!(all[0]["reason_code"]["code"], "reached_nobody");
    assert_eq!((&all[0]["reason_code"]["failed"], &all[0]["reason_code"]["sent"]), (&json!(3), &json!(0)));
    let number = all[0]["id"].to_string();
    for shown in [
        house.run(&["mailing", "list"]),
        house.run(&["mailing", "show", &number]),
        house.may_fail(&["doctor", "--json"]),
    ] {
        for part in ["nobody got it", "3 readers", "since 20", "Fnord wibbles", "ask who runs the server"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}

/// R17, R7
async fn a_refused_sender_of_confirmations_is_told_by_the_doctor() {
    let server = FaultSmtp::obedient();
    let refuse = "550 5.7.60 SMTP; Client does not have permissions to send as this sender";
    server.order(&json!({"refuse": refuse, "at": "dot", "spare": [OWNER]}));
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &[]).await;
    house.run(&["blog", "add", &site.url(), "--slug", "kim", "--owner", OWNER]);
    let process = house.serve();
    let asked = client()
        .post(format!("{}/b/kim/follow", process.url()))
        .header("content-type", "application/json")
        .body(json!({"email": "ali@d1.example"}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), 202);
    until("the owner is told", || server.recipients().iter().any(|to| to == OWNER)).await;
    let doctor = house.run_to_end(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "a send would fail");
    let shown = String::from_utf8_lossy(&doctor.stdout).into_owned();
    for part in ["does not believe our sender", "of blog kim", "since 20", "Check mail.from"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(get(&process, "/readyz").await.contains("sender_refused"));
}
