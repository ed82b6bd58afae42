//! A mailing that reached nobody, or nearly nobody, is told (R17): its owner
//! once, and where mailings are shown.

use postbell::clock::Clock as _;
use postbell::domain::{HOUR_MS, MINUTE_MS, MailingId, MailingStatus, Reason};
use postbell::templates::sentence;
use serde_json::json;

use super::refusals::{blog_of, blog_of_domains, notices};
use super::streaks::UNKNOWN;
use super::{Rig, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};

crate::for_each_database!(
    a_mailing_that_reached_nobody_is_told_once,
    a_mailing_that_is_taken_back_is_not_told_as_lost,
    whom_a_retry_reaches_is_shown_as_reached,
    a_refused_sender_of_mails_to_one_is_told_once_a_day,
);

/// As the scheduler does each five seconds.
async fn look(rig: &Rig) -> Vec<MailingId> {
    let now = rig.clock.now();
    rig.opened.store.finish_mailings(now).await.unwrap();
    rig.opened.store.note_unreached(now.plus_ms(-MINUTE_MS), now).await.unwrap()
}

/// R17
async fn a_mailing_that_reached_nobody_is_told_once() {
    let varying = |n: usize| json!({"refuse": format!("550 5.7.1 Policy {} says no", ["fig", "plum", "pear"][n % 3]), "only": [format!("{n}@d{}.example", n % 2)]});
    for (what, orders, readers, domains, is_told) in [
        ("one domain", json!({"refuse": UNKNOWN[0], "spare": ["owner@example.org"]}), 12, 1, true),
        ("two domains", json!({"refuse": UNKNOWN[0], "spare": ["owner@example.org"]}), 12, 2, true),
        ("words that vary", json!((0..10).map(varying).collect::<Vec<_>>()), 10, 2, true),
        (
            "all are dead",
            json!({"refuse": "550 5.1.1 User unknown", "spare": ["owner@example.org"]}),
            5,
            4,
            true,
        ),
        (
            "one of ten is served",
            json!({"refuse": UNKNOWN[0], "spare": ["owner@example.org", "r0@d0.example"]}),
            10,
            2,
            true,
        ),
        ("two readers", json!({"refuse": UNKNOWN[0], "spare": ["owner@example.org"]}), 2, 2, false),
        ("some are served", json!({"refuse": UNKNOWN[0], "only": ["@d0.example"]}), 10, 2, false),
    ] {
        let server = FaultSmtp::obedient();
        server.order(&orders);
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let (blog, _) = blog_of_domains(&rig, "first", readers, domains).await;
        let mailing = rig.post(&blog, "News").await;
        rig.work().await;
        assert_eq!(look(&rig).await, if is_told { vec![mailing] } else { Vec::new() }, "{what}");
        assert_eq!(look(&rig).await, [], "{what}: once");
        rig.sender.rouse();
        rig.run_for(HOUR_MS).await;
        let told = notices(&server);
        assert_eq!(told.values().sum::<usize>(), usize::from(is_told), "{what}: {told:?}");
        assert!(told.keys().all(|subject| subject.contains("Refused")), "{what}: {told:?}");
        let shown = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(shown.status, MailingStatus::Done, "{what}");
        let said = shown.reason.as_ref().map(sentence).unwrap_or_default();
        assert_eq!(said.contains("readers") && said.contains("550"), is_told, "{what}: {said}");
        // Another one on the same day is shown, and its owner knows.
        if is_told {
            let next = rig.post(&blog, "More").await;
            rig.work().await;
            let noted = look(&rig).await;
            assert!(noted.is_empty() || noted == [next], "{what}");
            rig.run_for(HOUR_MS).await;
            assert_eq!(notices(&server).values().sum::<usize>(), 1, "{what}");
        }
    }
}

/// R17: what is found to be about us within a moment waits, and that is told.
async fn a_mailing_that_is_taken_back_is_not_told_as_lost() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": UNKNOWN[0], "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 12, 4).await;
    let mailing = rig.post(&blog, "News").await;
    rig.work().await;
    assert_eq!(look(&rig).await, [mailing]);
    rig.sender.renew().await.unwrap();
    let again = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
    assert_eq!((again.status, again.reason), (MailingStatus::Sending, None::<Reason>));
    rig.sender.rouse();
    rig.run_for(2 * HOUR_MS).await;
    server.order(&json!({}));
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    let told = notices(&server);
    assert!(told.len() == 1 && told.keys().all(|subject| subject.contains("wait")), "{told:?}");
}

/// R17
async fn whom_a_retry_reaches_is_shown_as_reached() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": "550 5.7.1 Fnord wibbles", "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 12, 2).await;
    let mailing = rig.post(&blog, "News").await;
    rig.work().await;
    assert_eq!(look(&rig).await, [mailing]);
    server.order(&json!({}));
    let now = rig.clock.now();
    assert_eq!(rig.opened.store.retry_missed(mailing, None, 100, now).await.unwrap().retried.failed, 12);
    let see = async |rig: &Rig| rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
    assert_eq!(see(&rig).await.reason, None);
    rig.sender.rouse();
    rig.run_for(MINUTE_MS).await;
    assert_eq!(look(&rig).await, []);
    let done = see(&rig).await;
    assert_eq!((done.status, done.reason), (MailingStatus::Done, None));
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
}

/// R17, R7: a confirmation whose sender is refused is told beside the log.
async fn a_refused_sender_of_mails_to_one_is_told_once_a_day() {
    let server = FaultSmtp::obedient();
    let refuse = "550 5.7.60 SMTP; Client does not have permissions to send as this sender";
    server.order(&json!({"refuse": refuse, "at": "dot", "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let blog = blog_of(&rig, "first", &[]).await;
    for to in ["kim@d1.example", "ali@d2.example"] {
        rig.opened.sign_up(&blog, to, rig.clock.now()).await;
    }
    rig.sender.rouse();
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(notices(&server).values().sum::<usize>(), 1, "{:?}", notices(&server));
    let store = rig.opened.store.clone();
    let refused = store.list_refused_senders(rig.clock.now()).await.unwrap();
    assert_eq!(refused.iter().map(|one| one.blog_id).collect::<Vec<_>>(), [Some(blog.id)]);
    assert_eq!(refused[0].rest.cause.code, Some(550));
    assert_eq!(store.gauges(rig.clock.now()).await.unwrap().sender_refused, 1);
    server.order(&json!({}));
    rig.run_for(HOUR_MS).await;
    assert_eq!(rig.queued().await, 0);
    // Nobody says that it is well: what was not refused for a while is.
    rig.clock.advance_ms(20 * MINUTE_MS);
    assert_eq!(store.gauges(rig.clock.now()).await.unwrap().sender_refused, 0);
}
