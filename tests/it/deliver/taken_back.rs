//! What else a row of refusals did (R17): notices to owners come all the same,
//! and what the brake counted is taken back.

use std::sync::Arc;

use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::{Brake, BrakePolicy, Pacing};
use postbell::domain::{Blog, DeliveryKind, HOUR_MS, MINUTE_MS, MailingId, MailingStatus, Reason};
use postbell::store::NewDelivery;
use serde_json::json;

use super::refusals::{blog_of, blog_of_domains, notices};
use super::streaks::UNKNOWN;
use super::{Rig, plan};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::{NOW, address};

crate::for_each_database!(
    a_notice_that_was_refused_before_the_rest_began_comes_once,
    a_mailing_that_was_braked_for_refusals_of_us_goes_on,
    a_row_that_a_notice_ends_is_taken_back,
    a_brake_with_nothing_left_to_stop_is_told_and_pauses_nothing,
    who_resumes_a_braked_mailing_is_not_stopped_for_the_same_dead,
);

/// What an owner is told of a post that is held.
pub fn held(blog: &Blog) -> NewDelivery {
    let payload = json!({"posts": [{"title": "Held", "link": null, "reason": "a test"}]});
    NewDelivery {
        kind: DeliveryKind::Notice,
        blog_id: Some(blog.id),
        subscription_id: None,
        subscriber_id: None,
        to: Some(address("owner@example.org")),
        payload: Some(payload.to_string()),
    }
}

/// R17
async fn a_notice_that_was_refused_before_the_rest_began_comes_once() {
    for has_next in [false, true] {
        let (server, next) = (FaultSmtp::obedient(), FaultSmtp::start(&[]));
        server.order(&json!({"refuse": UNKNOWN[0]}));
        let clock = Arc::new(ManualClock::at(NOW));
        let mut plans = vec![plan(&server, 2, &clock)];
        plans.extend(has_next.then(|| plan(&next, 2, &clock)));
        let mut rig = Rig::paced(plans, Pacing::NONE, clock).await;
        let (blog, readers) = blog_of_domains(&rig, "first", 30, 5).await;
        rig.opened.store.enqueue(&held(&blog), NOW).await.unwrap();
        rig.post(&blog, "News").await;
        rig.run_for(MINUTE_MS).await;
        let failed = rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await;
        assert_eq!(failed, 0, "next: {has_next}");
        if !has_next {
            rig.run_for(2 * HOUR_MS).await;
            assert!(server.accepted().is_empty());
            server.order(&json!({}));
            rig.run_for(2 * HOUR_MS).await;
        }
        let taker = if has_next { &next } else { &server };
        assert_eq!(taker.judge(&readers, Some("News")), Judgement::default(), "next: {has_next}");
        let told = notices(taker);
        assert_eq!(told.len(), 2, "of the post that is held, and of the rest: {told:?}");
        assert!(told.values().all(|count| *count == 1), "{told:?}");
    }
}

/// R17: the owner's domain is the third, or the last reader of a row.
async fn a_row_that_a_notice_ends_is_taken_back() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": UNKNOWN[0]}));
    let clock = Arc::new(ManualClock::at(NOW));
    let mut rig = Rig::paced(vec![plan(&server, 1, &clock)], Pacing::NONE, clock).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 19, 2).await;
    rig.post(&blog, "News").await;
    rig.work().await;
    assert_eq!(rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await, 19);
    rig.opened.store.enqueue(&held(&blog), rig.clock.now()).await.unwrap();
    rig.sender.rouse();
    rig.run_for(MINUTE_MS).await;
    assert!(rig.rests().await);
    assert_eq!(rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await, 0);
    server.order(&json!({}));
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(rig.opened.rows("suppressions").await, 0);
}

const DEAD: &str = "550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown";

/// D12: the dead come last.
async fn a_brake_with_nothing_left_to_stop_is_told_and_pauses_nothing() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": DEAD, "only": [".gone.example"]}));
    let clock = Arc::new(ManualClock::at(NOW));
    let pacing = Pacing { brake: BrakePolicy::default(), ..Pacing::NONE };
    let mut rig = Rig::paced(vec![plan(&server, 1, &clock)], pacing, clock).await;
    let readers: Vec<String> = (0..210)
        .map(|n| if n < 199 { format!("r{n}@d{}.example", n % 5) } else { format!("r{n}@d{n}.gone.example") })
        .collect();
    let blog = blog_of(&rig, "first", &readers).await;
    let mailing = rig.post(&blog, "News").await;
    rig.work().await;
    let brake =
        Brake { store: rig.opened.store.clone(), clock: rig.clock.clone(), policy: BrakePolicy::default() };
    for _ in 0..2 {
        brake.tick().await.unwrap();
        rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
    }
    let done = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
    assert_eq!((done.status, done.reason), (MailingStatus::Done, None));
    rig.sender.rouse();
    rig.run_for(MINUTE_MS).await;
    let told = notices(&server);
    assert_eq!(told.values().sum::<usize>(), 1, "{told:?}");
    assert!(told.keys().all(|subject| subject.contains("addresses do not exist")), "{told:?}");
}

/// D12
async fn who_resumes_a_braked_mailing_is_not_stopped_for_the_same_dead() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": DEAD, "only": [".gone.example"]}));
    let clock = Arc::new(ManualClock::at(NOW));
    let pacing = Pacing { brake: BrakePolicy::default(), ..Pacing::NONE };
    let mut rig = Rig::paced(vec![plan(&server, 1, &clock)], pacing, clock).await;
    let alive: Vec<String> = (0..800).map(|n| format!("r{n}@d{}.example", n % 5)).collect();
    let dead: Vec<String> = (0..20).map(|n| format!("r{n}@d{}.gone.example", n % 5)).collect();
    let blog = blog_of(&rig, "first", &[&alive[..300], &dead, &alive[300..]].concat()).await;
    let mailing = rig.post(&blog, "News").await;
    let brake =
        Brake { store: rig.opened.store.clone(), clock: rig.clock.clone(), policy: BrakePolicy::default() };
    rig.work().await;
    brake.tick().await.unwrap();
    let see = async |rig: &Rig| rig.opened.store.get_mailing(mailing).await.unwrap().unwrap().status;
    assert_eq!(see(&rig).await, MailingStatus::Paused);
    let (from, to, now) = (MailingStatus::Paused, MailingStatus::Sending, rig.clock.now());
    assert!(rig.opened.store.set_mailing_status(mailing, from, to, None, now).await.unwrap());
    rig.sender.rouse();
    rig.run_for(MINUTE_MS).await;
    brake.tick().await.unwrap();
    rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
    assert_eq!(see(&rig).await, MailingStatus::Done);
    assert_eq!(server.judge(&alive, Some("News")), Judgement::default());
    assert_eq!(rig.opened.rows("suppressions").await, 20);
    let told = notices(&server);
    assert_eq!(told.values().sum::<usize>(), 1, "{told:?}");
}

/// R17, D12
async fn a_mailing_that_was_braked_for_refusals_of_us_goes_on() {
    let server = FaultSmtp::obedient();
    let clock = Arc::new(ManualClock::at(NOW));
    let pacing = Pacing { brake: BrakePolicy::default(), ..Pacing::NONE };
    let mut rig = Rig::paced(vec![plan(&server, 1, &clock)], pacing, clock).await;
    // Every other reader of the last ones: the brake is pulled before a shape shows.
    let reader = |n: usize| match n {
        180..214 if n.is_multiple_of(2) => format!("odd{n}@d{}.example", n % 5),
        _ => format!("r{n}@d{}.example", n % 5),
    };
    let readers: Vec<String> = (0..600).map(reader).collect();
    let odd: Vec<&String> = readers.iter().filter(|to| to.starts_with("odd")).collect();
    server.order(&json!({"refuse": UNKNOWN[0], "only": odd}));
    let blog = blog_of(&rig, "first", &readers).await;
    let mailing = rig.post(&blog, "News").await;
    rig.work().await;
    let see = async |rig: &Rig, id: MailingId| rig.opened.store.get_mailing(id).await.unwrap().unwrap();
    let braked = see(&rig, mailing).await;
    assert_eq!(braked.status, MailingStatus::Paused);
    assert!(matches!(braked.reason, Some(Reason::Braked { hard: 10.., .. })), "{:?}", braked.reason);
    let brake =
        Brake { store: rig.opened.store.clone(), clock: rig.clock.clone(), policy: BrakePolicy::default() };
    // D12: days in which nothing is said lift no brake.
    rig.clock.advance_ms(10 * MINUTE_MS);
    brake.tick().await.unwrap();
    assert_eq!(see(&rig, mailing).await.status, MailingStatus::Paused);
    // Another blog's mail shows what it was.
    server.order(&json!({"refuse": UNKNOWN[0]}));
    let others: Vec<String> = (0..40).map(|n| format!("o{n}@d{}.example", n % 5)).collect();
    let other = blog_of(&rig, "other", &others).await;
    rig.post(&other, "Else").await;
    rig.work().await;
    assert!(rig.rests().await);
    brake.tick().await.unwrap();
    let again = see(&rig, mailing).await;
    assert_eq!((again.status, again.reason), (MailingStatus::Sending, None));
    server.order(&json!({}));
    rig.sender.rouse();
    rig.run_for(3 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    assert_eq!(server.judge(&others, Some("Else")), Judgement::default());
    assert_eq!(rig.opened.rows("suppressions").await, 0);
}
