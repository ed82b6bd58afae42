//! The real process killed while it takes back what it had blamed on readers.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::feed_site::FeedSite;
use crate::support::house::{House, until};
use crate::support::stores::{DATABASE, Database};

crate::for_each_database!(a_process_killed_while_it_takes_a_row_back_queues_each_reader_once_and_tells_once,);

const OWNER: &str = "owner@example.org";

/// R17, R1
async fn a_process_killed_while_it_takes_a_row_back_queues_each_reader_once_and_tells_once() {
    // Before anything of it is written down, and with most of it written in a
    // transaction that is still open.
    join_all([("INSERT", "rest_shapes"), ("DELETE", "suppressions")].map(killed_at)).await;
}

async fn killed_at((write, table): (&str, &str)) {
    let server = FaultSmtp::obedient();
    // Nobody's words, with the status of an unknown mailbox: it suppresses.
    let refuse = "550 5.1.1 Fnord {id}: <{rcpt}> wibbles beyond its frobnication";
    server.order(&json!({"refuse": refuse, "spare": [OWNER]}));
    let site = FeedSite::start();
    let house = House::here(&format!("smtp://127.0.0.1:{}", server.port), &[]).await;
    house.run(&["blog", "add", &site.url(), "--slug", "kim", "--owner", OWNER]);
    let readers: Vec<String> = (0..60).map(|n| format!("r{n}@d{}.example", n % 6)).collect();
    house.import(&readers, "active");
    let raw = house.raw().await;
    raw.stall(write, table).await;
    site.publish("News");
    let mut process = house.serve();
    // Other writes hold the database for a moment; this one for good.
    let mut looks = 0;
    wait("it takes the row back", async || {
        looks = if raw.is_stalled().await { looks + 1 } else { 0 };
        looks > 20
    })
    .await;
    process.kill();
    if DATABASE.get() == Database::Postgres {
        house.break_connections().await;
    }
    raw.go_on(table).await;
    let blamed = raw.count("suppressions").await;
    assert!(blamed >= 10, "{blamed} readers were blamed: {}", process.output());

    // The server still refuses; what the killed process left is taken back all the same.
    let mut process = house.serve();
    let queued = "deliveries WHERE mailing_id IS NOT NULL AND status = 'queued' AND attempts = 0";
    wait("all are queued again", async || {
        raw.count("suppressions").await == 0 && raw.count(queued).await == readers.len()
    })
    .await;
    assert_eq!(raw.count("deliveries WHERE mailing_id IS NOT NULL").await, readers.len(), "once each");
    assert_eq!(raw.count("feedback WHERE taken_back IS NULL").await, 0);
    until("the owner is told", || !server.accepted().is_empty()).await;
    process.terminate();

    server.order(&json!({}));
    let process = house.serve();
    until("every mail is there", || server.judge(&readers, Some("News")).lost.is_empty()).await;
    until("the mailing is done", || house.mailing_status() == "done").await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{}", process.output());
    assert_eq!(server.recipients().iter().filter(|to| *to == OWNER).count(), 1, "told once");
    assert_eq!(house.json(&["mailing", "show", "1"])["deliveries"], all_sent(readers.len()));
}

fn all_sent(count: usize) -> serde_json::Value {
    json!({"queued": 0, "sent": count, "failed": 0, "withheld": 0})
}

/// Looks again and again until it is so.
async fn wait(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(180);
    while !is_so().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
