//! What a server says of our sender, in words that are said of readers too (R17).

use futures_util::StreamExt as _;
use futures_util::stream;
use postbell::clock::Clock as _;
use postbell::deliver::Pacing;
use postbell::domain::{DeliveryStatus, HOUR_MS, MINUTE_MS, MailingStatus};
use serde_json::json;

use super::refusals::{blog_of_domains, notices};
use super::taken_back::held;
use super::{Rig, plan, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::NOW;

crate::for_each_database!(
    what_is_said_of_our_sender_at_rcpt_cuts_off_nobody,
    a_sender_that_one_relay_refuses_goes_over_the_next,
    an_owners_notice_that_is_refused_in_odd_words_is_tried_again,
    a_login_that_is_asked_for_amid_a_mailing_is_told_within_a_minute,
);

const PEOPLE: usize = 300;

/// Our sender is `post@example.org`; none of these says whom it means by "user".
const SAID: &[&str] = &[
    "550 <post@example.org>: user unknown",
    "550 5.1.1 <POST@example.org>: Recipient address rejected: User unknown",
    "550 Domain example.org does not exist",
    "550-Verification failed for <post@example.org>\r\n550-No such user here\r\n550 sender verify failed",
    "553 sorry, there is no such host as example.org (#5.1.8)",
];

/// R17: 300 readers, from the first mail and from the 100th.
async fn what_is_said_of_our_sender_at_rcpt_cuts_off_nobody() {
    let all = stream::iter(SAID).map(|text| async move { refuses_with(text).await });
    all.buffer_unordered(4).collect::<()>().await;
}

async fn refuses_with(text: &str) {
    for after in [0, 100] {
        let seen = format!("{text} after {after}");
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "after": after, "spare": ["owner@example.org"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 7).await;
        let mailing = rig.post(&blog, "News").await;
        rig.run_for(HOUR_MS).await;
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
        assert_eq!(rig.readers_with(&readers, DeliveryStatus::Failed).await.len(), 0, "{seen}");
        let paused = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(paused.status, MailingStatus::Paused, "{seen}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{seen}");

        server.order(&json!({}));
        let (from, to) = (MailingStatus::Paused, MailingStatus::Sending);
        let now = rig.clock.now();
        assert!(rig.opened.store.set_mailing_status(mailing, from, to, None, now).await.unwrap());
        rig.sender.rouse();
        rig.run_for(HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{seen}");
        assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1, "{seen}");
    }
}

/// R17: only what no relay takes waits for the operator.
async fn a_sender_that_one_relay_refuses_goes_over_the_next() {
    let (first, second) = (FaultSmtp::obedient(), FaultSmtp::start(&[]));
    let refuse = "550 5.7.60 SMTP; Client does not have permissions to send as this sender";
    first.order(&json!({"refuse": refuse, "at": "dot"}));
    let clock = std::sync::Arc::new(postbell::clock::ManualClock::at(NOW));
    let plans = vec![plan(&first, 2, &clock), plan(&second, 2, &clock)];
    let mut rig = Rig::paced(plans, Pacing::NONE, clock).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 30, 5).await;
    let mailing = rig.post(&blog, "News").await;
    rig.run_for(MINUTE_MS).await;
    assert_eq!(Judgement::of(second.accepted(), &readers, Some("News")), Judgement::default());
    assert_eq!(notices(&second).values().sum::<usize>(), 1);
    let sent = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
    assert_ne!(sent.status, MailingStatus::Paused);
}

/// R17: the owner hears of what was held up, whatever a server says to the first try.
async fn an_owners_notice_that_is_refused_in_odd_words_is_tried_again() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": "550 5.7.1 frob zonk"}));
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, _) = blog_of_domains(&rig, "first", 2, 2).await;
    rig.opened.store.enqueue(&held(&blog), rig.clock.now()).await.unwrap();
    rig.run_for(HOUR_MS).await;
    server.order(&json!({}));
    rig.run_for(6 * HOUR_MS).await;
    assert_eq!(notices(&server).values().sum::<usize>(), 1);
}

/// R17: many connections that are each refused at once are the relay.
async fn a_login_that_is_asked_for_amid_a_mailing_is_told_within_a_minute() {
    let server = FaultSmtp::obedient();
    let refuse = "530 5.7.0 Authentication required";
    server.order(&json!({"refuse": refuse, "after": 50, "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 10)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 100, 7).await;
    rig.post(&blog, "News").await;
    rig.run_for(MINUTE_MS).await;
    let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
    assert_eq!(gauges.resting_relays, 1, "{} taken", server.accepted().len());
    server.order(&json!({}));
    rig.run_for(HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
}
