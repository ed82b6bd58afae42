//! A refusal of us is never a reader's fault (R17): blogs with fewer readers
//! than make a row.

use postbell::clock::Clock as _;
use postbell::domain::{DeliveryStatus, HOUR_MS, MailingStatus};
use serde_json::json;

use super::refusals::{blog_of, blog_of_domains, notices};
use super::streaks::UNKNOWN;
use super::{Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};

crate::for_each_database!(
    a_small_mailing_whose_readers_are_all_refused_alike_is_about_us,
    what_may_be_the_readers_rests_no_relay,
);

/// R17
async fn a_small_mailing_whose_readers_are_all_refused_alike_is_about_us() {
    for (text, at, is_restarted) in
        [(UNKNOWN[0], "rcpt", false), (UNKNOWN[1], "dot", false), (UNKNOWN[3], "rcpt", true)]
    {
        let seen = format!("{text} at {at}, restarted: {is_restarted}");
        let server = FaultSmtp::obedient();
        // Who is known to be dead stays so, and the owner's mail proves nothing.
        server.order(&json!([
            {"refuse": "550 5.1.1 <{rcpt}>: User unknown", "only": ["gone@d9.example"]},
            {"refuse": text, "at": at, "spare": ["owner@example.org"]},
        ]));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let mut readers: Vec<String> = (0..12).map(|n| format!("r{n}@d{}.example", n % 4)).collect();
        readers.push("gone@d9.example".to_owned());
        let blog = blog_of(&rig, "first", &readers).await;
        let mailing = rig.post(&blog, "News").await;
        rig.work().await;
        rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
        if is_restarted {
            rig.restart(settings(server.port, 2)).await;
        } else {
            rig.sender.renew().await.unwrap();
        }
        assert!(rig.rests().await, "{seen}");
        assert_eq!(rig.readers_with(&readers, DeliveryStatus::Failed).await, ["gone@d9.example"], "{seen}");
        assert_eq!(rig.opened.rows("suppressions").await, 1, "{seen}");
        let again = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(again.status, MailingStatus::Sending, "{seen}");
        rig.sender.rouse();
        rig.run_for(3 * HOUR_MS).await;
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{seen}");
        server.order(&json!({}));
        rig.run_for(3 * HOUR_MS).await;
        readers.pop();
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{seen}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{seen}");
        assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1, "{seen}");
    }
}

/// R17: the bound of the third shape.
async fn what_may_be_the_readers_rests_no_relay() {
    let all = |text: &str| json!([{"refuse": text}]);
    let but_one = json!([{"refuse": UNKNOWN[0], "spare": ["r11@d3.example"]}]);
    let two_texts = json!([
        {"refuse": UNKNOWN[0], "only": ["r1@d1.example"]},
        {"refuse": UNKNOWN[1]},
    ]);
    for (what, orders, readers, domains) in [
        ("two domains", all(UNKNOWN[0]), 12, 2),
        ("two readers", all(UNKNOWN[0]), 2, 2),
        ("one is served", but_one, 12, 4),
        ("each has words of its own", two_texts, 12, 4),
        ("all are dead", all("550 5.1.1 <{rcpt}>: User unknown"), 12, 4),
    ] {
        let server = FaultSmtp::obedient();
        server.order(&orders);
        let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", readers, domains).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        rig.sender.renew().await.unwrap();
        assert!(!rig.rests().await, "{what}");
        let failed = rig.readers_with(&readers, DeliveryStatus::Failed).await.len();
        assert_eq!(failed, readers.len() - usize::from(what == "one is served"), "{what}");
    }
    // Others are served since.
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": UNKNOWN[0], "only": ["@d0.example", "@d1.example", "@d2.example"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 9, 3).await;
    let other = blog_of(&rig, "other", &["kim@d5.example".to_owned()]).await;
    rig.post(&blog, "News").await;
    rig.post(&other, "Else").await;
    rig.work().await;
    rig.sender.renew().await.unwrap();
    assert!(!rig.rests().await, "others are served");
    assert_eq!(rig.readers_with(&readers, DeliveryStatus::Failed).await.len(), 9);
}
