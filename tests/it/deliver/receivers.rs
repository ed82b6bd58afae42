//! What one receiver says of us is not the relay's word (R17), and who is told
//! of a rest that goes on.

use postbell::clock::Clock as _;
use postbell::deliver::Pacing;
use postbell::domain::{HOUR_MS, MINUTE_MS};
use serde_json::json;

use super::refusals::{blog_of, blog_of_domains, notices};
use super::{Rig, plan, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::NOW;

crate::for_each_database!(
    what_one_receiver_says_of_us_rests_it_alone,
    what_two_receivers_say_of_us_is_about_us_and_told_once,
    whose_post_comes_amid_a_rest_hears_of_it_at_once,
    a_sender_that_is_refused_in_unknown_words_is_told_as_a_sender,
);

const BLOCKED: &[&str] = &[
    "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org",
    "550-5.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP\r\n550 5.7.28 address. {id} - gsmtp",
    "550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass",
];

/// R17: also over a restart, in a list that is sorted by domain.
async fn what_one_receiver_says_of_us_rests_it_alone() {
    for text in BLOCKED {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "only": ["@d3.example"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let readers: Vec<String> = (0..60).map(|n| format!("r{n}@d{}.example", 3 + n / 10)).collect();
        let blog = blog_of(&rig, "first", &readers).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        for restarts in 0..3 {
            let lost = server.judge(&readers, Some("News")).lost;
            assert!(
                lost.len() == 10 && lost.iter().all(|to| to.ends_with("@d3.example")),
                "{text}: {lost:?}"
            );
            let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
            assert_eq!(
                (gauges.resting_relays, gauges.resting_domains),
                (0, 1),
                "{text}, restarts: {restarts}"
            );
            rig.restart(settings(server.port, 2)).await;
            rig.run_for(HOUR_MS).await;
        }
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{text}");
        server.order(&json!({}));
        rig.run_for(3 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{text}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{text}");
        assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1, "{text}");
    }
}

/// R17: no third reader is tried, and the owner reads of the relay.
async fn what_two_receivers_say_of_us_is_about_us_and_told_once() {
    for text in BLOCKED {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "spare": ["owner@example.org"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", 30, 5).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        assert!(rig.rests().await, "{text}");
        rig.run_for(2 * HOUR_MS).await;
        server.order(&json!({}));
        rig.run_for(3 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{text}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{text}");
        assert_eq!(rig.opened.number("SELECT COUNT(*) FROM rests WHERE ended_at IS NULL").await, 0, "{text}");
    }
}

/// R17: not with the next probe, which may be hours away.
async fn whose_post_comes_amid_a_rest_hears_of_it_at_once() {
    let server = FaultSmtp::obedient();
    let refuse = "550 5.4.5 Daily user sending limit exceeded";
    server.order(&json!({"refuse": refuse, "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 1)).await;
    let (first, _) = blog_of_domains(&rig, "first", 4, 4).await;
    rig.post(&first, "News").await;
    rig.work().await;
    assert_eq!(notices(&server).values().sum::<usize>(), 1);
    let second = blog_of(&rig, "second", &["kim@d1.example".to_owned()]).await;
    rig.post(&second, "Else").await;
    for _ in 0..3 {
        rig.sender.renew().await.unwrap();
        rig.work().await;
        assert_eq!(notices(&server).values().sum::<usize>(), 2, "each owner once");
    }
    rig.run_for(24 * HOUR_MS).await;
    assert_eq!(notices(&server).values().sum::<usize>(), 2, "each owner once");
}

/// R17: what the words do not say is known from where they were said.
async fn a_sender_that_is_refused_in_unknown_words_is_told_as_a_sender() {
    let (first, second) = (FaultSmtp::obedient(), FaultSmtp::start(&[]));
    first.order(&json!({"refuse": "550 <post@example.org>: user unknown"}));
    let clock = std::sync::Arc::new(postbell::clock::ManualClock::at(NOW));
    let plans = vec![plan(&first, 1, &clock), plan(&second, 1, &clock)];
    let mut rig = Rig::paced(plans, Pacing::NONE, clock).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 6, 3).await;
    rig.post(&blog, "News").await;
    rig.run_for(MINUTE_MS).await;
    assert_eq!(second.judge(&readers, Some("News")), Judgement::default());
    let rests = rig.opened.store.list_rests(rig.clock.now()).await.unwrap();
    let ours = rests[0].rest.cause.ours;
    assert_eq!(ours, Some(postbell::domain::refusal::Ours::Sender), "{:?}", rests[0].rest);
}
