//! What is told while a relay refuses us (R17): to the owner, by the commands,
//! in public.

use serde_json::json;

use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, client, until};

crate::for_each_database!(a_relay_that_refuses_us_is_told_everywhere_and_a_restart_asks_it_anew,);

async fn a_relay_that_refuses_us_is_told_everywhere_and_a_restart_asks_it_anew() {
    let server = FaultSmtp::obedient();
    server.order(
        &json!({"refuse": "550 5.4.5 Daily user sending limit exceeded", "spare": ["owner@example.org"]}),
    );
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &[]).await;
    house.run(&["blog", "add", &site.url(), "--slug", "kim", "--owner", "owner@example.org"]);
    let readers: Vec<String> = (0..30).map(|n| format!("r{n}@d{}.example", n % 4)).collect();
    house.import(&readers, "active");
    site.publish("News");
    let mut process = house.serve();
    until("the owner is told", || !server.accepted().is_empty()).await;
    assert_eq!(server.recipients(), ["owner@example.org"]);

    let ready = client().get(format!("{}/readyz", process.url())).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let ready: serde_json::Value = serde_json::from_str(&ready.text().await.unwrap()).unwrap();
    assert_eq!(ready["codes"], json!(["relay_refuses_us"]));
    assert!(!ready.to_string().contains("limit exceeded"), "no words of a server in public");
    let metrics = client().get(format!("{}/metrics", process.url())).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("postbell_relays_resting 1"));

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
