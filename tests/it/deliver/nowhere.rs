//! "Host unknown" said of everybody is about the relay, not about dead
//! domains (R17): its name server is broken, or it routes nothing outward.

use postbell::clock::Clock as _;
use postbell::domain::{DeliveryStatus, HOUR_MS, MINUTE_MS};
use serde_json::json;

use super::refusals::{blog_of, blog_of_domains, notices};
use super::{Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};

crate::for_each_database!(
    a_relay_that_finds_no_server_for_anybody_loses_nobody,
    a_relay_that_finds_every_other_server_loses_nobody,
    domains_that_wait_count_where_two_others_are_left,
    dead_domains_of_an_old_list_are_suppressed_and_rest_no_relay,
    dead_domains_amid_such_an_hour_hold_up_nobody_afterwards,
    a_small_mailing_to_no_known_host_is_about_the_relay,
);

const PEOPLE: usize = 300;

pub const NOWHERE: &[&str] = &[
    "550 5.1.2 <{rcpt}>: Host unknown (Name server: host not found)",
    "550 5.1.2 <{rcpt}>: Recipient address rejected: Domain not found",
    "550 5.4.4 unable to route: no mail hosts for domain",
    "553 5.1.1 the domain of <{rcpt}> does not exist",
    "550 Unrouteable address",
    "550 No such domain at this location ({rcpt})",
];

/// R17, from the first mail and from the 100th.
async fn a_relay_that_finds_no_server_for_anybody_loses_nobody() {
    let server = FaultSmtp::obedient();
    let mut rig = Rig::over_smtp(settings(server.port, 3)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 7).await;
    for (told, text) in NOWHERE.iter().enumerate() {
        let after = if told % 2 == 0 { 0 } else { 100 };
        let title = format!("T{told}e");
        server.order(&json!({"refuse": text, "after": after}));
        rig.post(&blog, &title).await;
        rig.work().await;
        let seen = format!("{text} after {after}");
        assert!(rig.rests().await, "{seen}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
        let failed = rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await;
        assert_eq!(failed, 0, "{seen}");
        rig.run_for(3 * HOUR_MS).await;
        server.order(&json!({}));
        rig.run_for(3 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some(&title)), Judgement::default(), "{seen}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
        assert_eq!(notices(&server).values().sum::<usize>(), told + 1, "{seen}");
        rig.clock.advance_ms(48 * HOUR_MS);
    }
    assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1);
}

/// R17: half of the last 50.
async fn a_relay_that_finds_every_other_server_loses_nobody() {
    let server = FaultSmtp::obedient();
    let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 7).await;
    let odd: Vec<&String> = readers.iter().skip(1).step_by(2).collect();
    server.order(&json!({"refuse": NOWHERE[0], "only": odd}));
    rig.post(&blog, "News").await;
    rig.run_for(HOUR_MS).await;
    assert_eq!(rig.opened.rows("suppressions").await, 0);
    assert_eq!(rig.readers_with(&readers, DeliveryStatus::Failed).await.len(), 0);
    server.order(&json!({}));
    rig.run_for(6 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(notices(&server).values().sum::<usize>(), 1);
}

/// R17: five domains of seven rest, and then the relay finds none at all.
async fn domains_that_wait_count_where_two_others_are_left() {
    let server = FaultSmtp::obedient();
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 7).await;
    let is_left = |to: &&String| to.ends_with("@d0.example") || to.ends_with("@d1.example");
    let (left, others): (Vec<&String>, Vec<&String>) = readers.iter().partition(is_left);
    server.order(&json!({"refuse": NOWHERE[0], "only": others}));
    rig.post(&blog, "News").await;
    rig.run_for(2 * HOUR_MS).await;
    let left: Vec<String> = left.into_iter().cloned().collect();
    assert_eq!(server.judge(&left, Some("News")), Judgement::default(), "two domains are served");
    server.order(&json!({"refuse": NOWHERE[0]}));
    rig.post(&blog, "More").await;
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(rig.opened.rows("suppressions").await, 0);
    let failed = rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await;
    assert_eq!(failed, 0);
    server.order(&json!({}));
    rig.run_for(12 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(server.judge(&readers, Some("More")), Judgement::default());
}

/// R17, B6: one of twenty.
async fn dead_domains_of_an_old_list_are_suppressed_and_rest_no_relay() {
    for text in NOWHERE {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "only": [".gone.example"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 3)).await;
        let (readers, dead) = old_list(400);
        let blog = blog_of(&rig, "first", &readers).await;
        rig.post(&blog, "News").await;
        rig.run_for(HOUR_MS).await;
        let lost = server.judge(&readers, Some("News")).lost;
        assert_eq!(lost.len(), dead.len(), "{text}: {lost:?}");
        assert_eq!(rig.readers_with(&dead, DeliveryStatus::Failed).await.len(), 20, "{text}");
        assert_eq!(rig.opened.rows("suppressions").await, 20, "{text}");
        assert_eq!(rig.opened.rows("rests").await, 0, "{text}");
    }
}

/// So many readers, every twentieth of them at a domain of its own that is gone.
fn old_list(count: usize) -> (Vec<String>, Vec<String>) {
    let reader = |n: usize| match n % 20 {
        7 => format!("r{n}@d{n}.gone.example"),
        _ => format!("r{n}@d{}.example", n % 9),
    };
    let readers: Vec<String> = (0..count).map(reader).collect();
    let dead = readers.iter().filter(|to| to.ends_with(".gone.example")).cloned().collect();
    (readers, dead)
}

/// R17: what was taken back with the row comes again together, and is no row.
async fn dead_domains_amid_such_an_hour_hold_up_nobody_afterwards() {
    let server = FaultSmtp::obedient();
    server.order(&json!([
        {"refuse": NOWHERE[0], "only": [".gone.example"]},
        {"refuse": NOWHERE[0], "after": 700},
    ]));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (readers, dead) = old_list(1_000);
    let blog = blog_of(&rig, "first", &readers).await;
    rig.post(&blog, "News").await;
    rig.work().await;
    assert!(rig.rests().await);
    rig.run_for(HOUR_MS).await;
    server.order(&json!({"refuse": NOWHERE[0], "only": [".gone.example"]}));
    rig.run_for(24 * HOUR_MS).await;
    let judged = server.judge(&readers, Some("News"));
    assert!(judged.lost.iter().all(|to| dead.contains(to)), "{:?}", judged.lost);
    assert!(!rig.rests().await, "the relay serves everybody else");
    // Who follows now is asked at once.
    let other = blog_of(&rig, "other", &["kim@d5.example".to_owned()]).await;
    rig.post(&other, "Else").await;
    rig.work().await;
    assert_eq!(server.judge(&["kim@d5.example".to_owned()], Some("Else")), Judgement::default());
}

/// R17: of fewer readers than make a row.
async fn a_small_mailing_to_no_known_host_is_about_the_relay() {
    for text in NOWHERE {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "spare": ["owner@example.org"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", 12, 4).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
        rig.sender.renew().await.unwrap();
        assert!(rig.rests().await, "{text}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{text}");
        rig.run_for(2 * HOUR_MS).await;
        server.order(&json!({}));
        rig.run_for(2 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{text}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{text}");
    }
    // A blog whose few readers are all at domains that are gone: others go on.
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": NOWHERE[0], "only": [".gone.example"], "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let dead: Vec<String> = (0..4).map(|n| format!("r{n}@d{n}.gone.example")).collect();
    let blog = blog_of(&rig, "first", &dead).await;
    rig.post(&blog, "News").await;
    rig.work().await;
    rig.sender.renew().await.unwrap();
    rig.sender.rouse();
    rig.run_for(MINUTE_MS).await;
    let served = ["kim@d5.example".to_owned()];
    let other = blog_of(&rig, "other", &served).await;
    rig.post(&other, "Else").await;
    // Each of the four may be asked first: after 5, 10, 20, 40, 60 minutes.
    rig.run_for(4 * HOUR_MS).await;
    assert_eq!(server.judge(&served, Some("Else")), Judgement::default());
    for _ in 0..3 {
        rig.sender.renew().await.unwrap();
        rig.sender.rouse();
        rig.run_for(HOUR_MS).await;
        assert!(!rig.rests().await, "once was enough");
    }
}
