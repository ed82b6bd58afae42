//! A refusal of us is never a reader's fault (R17): by shape, where no words tell.

use std::sync::Arc;

use postbell::clock::Clock as _;
use postbell::deliver::{BrakePolicy, Pacing};
use postbell::domain::streak::{Scope, Seen};
use postbell::domain::{
    Class, DeliveryStatus, FeedbackKind, HOUR_MS, MINUTE_MS, MailingStatus, Reply, SubscriptionStatus,
};
use postbell::mail::smtp::SmtpTransport;
use postbell::store::{DeliveryCounts, NewFeedback, NewRest, Refused, Settled, Settlement};
use serde_json::json;

use super::refusals::{blog_of_domains, notices};
use super::{Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::{NOW, address, import_row};

crate::for_each_database!(
    words_that_nobody_knows_lose_nobody_when_many_readers_get_them,
    a_row_that_ends_a_mailing_opens_it_again,
    dead_readers_are_suppressed_and_everybody_else_gets_the_post,
    a_domain_that_refuses_in_unknown_words_rests_alone,
    a_restart_asks_a_domain_at_rest_anew_and_knows_it,
    the_brake_does_not_count_a_row_that_is_about_us,
    a_process_killed_in_the_midst_of_taking_back_loses_nobody,
    a_row_that_two_processes_share_is_found,
);

const PEOPLE: usize = 300;

/// Nobody's words: made up for this test, with what servers put into them.
pub const UNKNOWN: &[&str] = &[
    "550 5.1.1 Fnord {id}: <{rcpt}> wibbles beyond its frobnication (ref {id})",
    "554 Gjørtlig avvisning, kode {id}, for {rcpt}",
    "550 The quux of {rcpt} was tesselated by unit {id}",
    // RFC 5321's own words behind 550: they tell no more than the code.
    "550 Requested action not taken: mailbox unavailable",
];

/// R17
async fn words_that_nobody_knows_lose_nobody_when_many_readers_get_them() {
    let server = FaultSmtp::obedient();
    let mut rig = Rig::over_smtp(settings(server.port, 4)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 7).await;
    let mut told = 0;
    for (text, at, after) in [
        (UNKNOWN[0], "rcpt", 0),
        (UNKNOWN[1], "dot", 100),
        (UNKNOWN[2], "rcpt", 100),
        (UNKNOWN[0], "dot", 0),
        (UNKNOWN[3], "rcpt", 100),
        (UNKNOWN[3], "dot", 0),
    ] {
        let title = format!("T{told}e");
        server.order(&json!({"refuse": text, "at": at, "after": after}));
        let mailing = rig.post(&blog, &title).await;
        rig.work().await;
        let seen = format!("{text} at {at} after {after}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
        let failed = rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await;
        assert_eq!(failed, 0, "{seen}");
        let tries =
            "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM deliveries WHERE status = 'queued'";
        assert_eq!(rig.opened.number(tries).await, 0, "{seen}");
        assert!(rig.rests().await, "{seen}");
        rig.run_for(2 * HOUR_MS).await;
        server.order(&json!({}));
        rig.run_for(2 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some(&title)), Judgement::default(), "{seen}");
        told += 1;
        assert_eq!(notices(&server).values().sum::<usize>(), told, "{seen}");
        rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
        let done = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(done.status, MailingStatus::Done, "{seen}");
        rig.clock.advance_ms(48 * HOUR_MS);
    }
    // What was said of a reader tells that it does not count.
    let said = rig.opened.store.list_feedback(&address(&readers[0]), 10).await.unwrap();
    assert!(said.iter().all(|entry| entry.class == Some(Class::Sender)), "{said:?}");
    assert_eq!(rig.opened.number("SELECT COUNT(*) FROM feedback WHERE taken_back IS NULL").await, 0);
    assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1);
    // All figures add up: who was taken back never failed.
    let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
    let all = i64::try_from(told * (PEOPLE + 1)).unwrap();
    assert_eq!((gauges.failed, gauges.sent), (0, all), "each post and its notice");
    for mailing in rig.opened.store.list_mailings(None, 100).await.unwrap() {
        let counts = rig.opened.store.count_deliveries(mailing.id).await.unwrap();
        assert_eq!(counts, DeliveryCounts { sent: 300, ..DeliveryCounts::default() });
    }
    assert_eq!(
        rig.opened
            .number("SELECT CAST(COALESCE(SUM(attempts - accepted), 0) AS BIGINT) FROM blog_days")
            .await,
        0
    );
}

/// R17
async fn a_row_that_ends_a_mailing_opens_it_again() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": UNKNOWN[0]}));
    let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 20, 4).await;
    let mailing = rig.post(&blog, "News").await;
    for _ in 0..19 {
        rig.connections[0].turn().await;
    }
    rig.connections[0].turn().await;
    rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
    rig.work().await;
    let again = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
    assert_eq!((again.status, again.finished_at), (MailingStatus::Sending, None));
    server.order(&json!({}));
    rig.run_for(HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
}

/// R17, B6, D12: 60 at one closed domain, 60 at a large provider.
async fn dead_readers_are_suppressed_and_everybody_else_gets_the_post() {
    for closed in [
        "550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown in relay recipient table",
        "550 5.1.2 <{rcpt}>: Recipient address rejected: Domain not found",
        "550 sorry, no mailbox here by that name. (#5.7.17)",
    ] {
        let server = FaultSmtp::obedient();
        let large = "550-5.1.1 The email account that you tried to reach does not exist. Please\r\n550 5.1.1 try \
                     double-checking. {id} - gsmtp";
        server.order(&json!([
            {"refuse": closed, "only": ["@closed.example"]},
            {"refuse": large, "only": [".gone@large.example"]},
        ]));
        let mut rig = Rig::over_smtp(settings(server.port, 4)).await;
        let blog = rig.opened.blog("first").await;
        let dead = |n: usize| [format!("r{n}@closed.example"), format!("r{n}.gone@large.example")];
        let dead: Vec<String> = (0..60).flat_map(dead).collect();
        let alive = |n: usize| {
            if n.is_multiple_of(4) {
                format!("k{n}@large.example")
            } else {
                format!("k{n}@d{}.example", n % 9)
            }
        };
        let alive: Vec<String> = (0..400).map(alive).collect();
        // The dead of one domain stand together, as after an import.
        for people in [&alive[..200], &dead[..], &alive[200..]] {
            let rows: Vec<_> = people.iter().map(|to| import_row(to, SubscriptionStatus::Active)).collect();
            let imported = postbell::domain::ConsentKind::Imported;
            rig.opened.store.import(blog.id, &rows, imported, NOW).await.unwrap();
        }
        rig.post(&blog, "News").await;
        rig.run_for(HOUR_MS).await;
        assert_eq!(server.judge(&alive, Some("News")), Judgement::default(), "{closed}");
        assert_eq!(rig.opened.rows("suppressions").await, 120, "{closed}");
        let others = rig.opened.number("SELECT COUNT(*) FROM rests WHERE domain <> 'closed.example'").await;
        assert_eq!(others, 0, "nothing rests but that domain: {closed}");
        assert_eq!(rig.readers_with(&dead, DeliveryStatus::Failed).await.len(), 120, "{closed}");
        // The brake sees them: 120 of 520.
        let unwell = rig.opened.store.list_unwell(rig.clock.now()).await.unwrap();
        assert_eq!((unwell[0].1.attempts, unwell[0].1.hard), (520, 120), "{closed}");
    }
}

/// R17
async fn a_domain_that_refuses_in_unknown_words_rests_alone() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": UNKNOWN[2], "only": ["@d1.example"], "at": "dot"}));
    let mut rig = Rig::over_smtp(settings(server.port, 4)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 5).await;
    rig.post(&blog, "News").await;
    rig.work().await;
    let lost = server.judge(&readers, Some("News")).lost;
    assert_eq!(lost.len(), 60);
    assert!(lost.iter().all(|reader| reader.ends_with("@d1.example")));
    let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
    assert_eq!((gauges.resting_relays, gauges.resting_domains), (0, 1));
    rig.run_for(MINUTE_MS).await;
    server.order(&json!({}));
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(notices(&server).values().sum::<usize>(), 1);
}

/// R17
async fn a_restart_asks_a_domain_at_rest_anew_and_knows_it() {
    let server = FaultSmtp::obedient();
    let refuse = "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)";
    server.order(&json!({"refuse": refuse, "only": ["@d1.example"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 30, 5).await;
    rig.post(&blog, "News").await;
    rig.run_for(HOUR_MS).await;
    let told = notices(&server).values().sum::<usize>();
    for is_mended in [false, true] {
        if is_mended {
            server.order(&json!({}));
        }
        rig.restart(settings(server.port, 2)).await;
        rig.run_for(HOUR_MS).await;
        let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
        assert_eq!((gauges.resting_relays, gauges.resting_domains), (0, i64::from(!is_mended)));
    }
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(notices(&server).values().sum::<usize>(), told, "nothing new");
}

/// R17, D12
async fn the_brake_does_not_count_a_row_that_is_about_us() {
    let server = FaultSmtp::obedient();
    // 10 of 200 would brake the blog before its row is long enough.
    server.order(&json!({"refuse": UNKNOWN[0], "after": 195}));
    let clock = Arc::new(postbell::clock::ManualClock::at(NOW));
    let transport = SmtpTransport::new(settings(server.port, 1), clock.clone()).unwrap();
    let plan = postbell::deliver::RelayPlan { transport: Arc::new(transport), rate_per_second: 0 };
    let pacing = Pacing { brake: BrakePolicy::default(), ..Pacing::NONE };
    let mut rig = Rig::paced(vec![plan], pacing, clock).await;
    let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 6).await;
    let mailing = rig.post(&blog, "News").await;
    rig.work().await;
    let status = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap().status;
    assert_eq!(status, MailingStatus::Sending, "it is not braked");
    server.order(&json!({}));
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
}

/// Writes down what a process would that is refused so often, and then dies:
/// refusals of readers from `from` on, the last of them the end of a row.
async fn refused(rig: &Rig, port: u16, node: &str, readers: &[String], about: Option<Scope>) {
    let store = &rig.opened.store;
    let until = rig.clock.now().plus_ms(15_000);
    let limit = u32::try_from(readers.len()).unwrap();
    let claimed = store.claim(node, rig.clock.now(), until, limit).await.unwrap();
    let claimed_count = claimed.len();
    for (n, claimed) in claimed.iter().enumerate() {
        let run = u32::try_from(n + 1).unwrap();
        let is_last = n + 1 == claimed_count;
        let feedback = NewFeedback {
            mark: format!("smtp:{}", claimed.id),
            kind: FeedbackKind::Bounced,
            class: Some(Class::Hard),
            address: None,
            delivery_id: Some(claimed.id),
            source: "smtp",
            status: Some("5.1.1".to_owned()),
            diagnostic: Some("fnord".to_owned()),
            refused: Some(Refused {
                relay: format!("127.0.0.1:{port}"),
                domain: claimed.address.split('@').next_back().unwrap().to_owned(),
                shape: "550 5.1.1 fnord".to_owned(),
                node: node.to_owned(),
                seen: Seen { run, domain_run: 1, any_run: run, about: about.filter(|_| is_last) },
            }),
        };
        store.record_feedback(&feedback, rig.clock.now()).await.unwrap();
        let reply = Reply { code: Some(550), enhanced: Some("5.1.1".into()), text: "fnord".into() };
        let settled = Settled::Failed { reply, is_hard: true };
        let fact = Settlement { id: claimed.id, settled };
        store.note_settlements(node, &[fact], rig.clock.now()).await.unwrap();
    }
}

async fn assert_taken_back(rig: &mut Rig, server: &FaultSmtp, readers: &[String]) {
    assert_eq!(rig.opened.rows("suppressions").await, 0);
    assert_eq!(rig.queued().await, i64::try_from(readers.len()).unwrap() + 1, "and the notice");
    rig.sender.rouse();
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(server.judge(readers, Some("News")), Judgement::default());
    for reader in readers {
        assert_eq!(rig.delivery(reader).await.attempts, 1);
    }
}

/// R17, R1
async fn a_process_killed_in_the_midst_of_taking_back_loses_nobody() {
    // At which moment it is killed: with the row written down, with the rest
    // written down, with a part taken back.
    for moment in 0..3 {
        let server = FaultSmtp::start(&[]);
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", 25, 5).await;
        let mailing = rig.post(&blog, "News").await;
        refused(&rig, server.port, "killed", &readers, Some(Scope::Relay)).await;
        let now = rig.clock.now();
        let store = rig.opened.store.clone();
        if moment > 0 {
            store.finish_mailings(now).await.unwrap();
            let suspects = store.list_suspects(now).await.unwrap();
            let rest = NewRest {
                relay: suspects[0].relay.clone(),
                domain: None,
                until: now.plus_ms(1),
                cause: suspects[0].cause.clone(),
                shape: Some(suspects[0].shape.clone()),
                blog_id: None,
            };
            // The mailing is done: who else is told?
            store.rest(&NewRest { blog_id: Some(blog.id), ..rest }, now).await.unwrap();
        }
        if moment > 1 {
            assert_eq!(store.take_back(7, now).await.unwrap().len(), 7);
        }
        rig.restart(settings(server.port, 2)).await;
        let again = store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(again.status, MailingStatus::Sending, "{moment}");
        assert_taken_back(&mut rig, &server, &readers).await;
        assert_eq!(store.take_back(100, rig.clock.now()).await.unwrap(), [], "once");
    }
}

/// R17, R12
async fn a_row_that_two_processes_share_is_found() {
    let server = FaultSmtp::start(&[]);
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 24, 4).await;
    rig.post(&blog, "News").await;
    // So that each claims a half.
    rig.opened.write_singly().await;
    refused(&rig, server.port, "one", &readers[..12], None).await;
    rig.sender.renew().await.unwrap();
    assert_eq!(rig.opened.rows("rests").await, 0, "twelve are no row");
    refused(&rig, server.port, "other", &readers[12..], None).await;
    rig.sender.renew().await.unwrap();
    assert_taken_back(&mut rig, &server, &readers).await;
}
