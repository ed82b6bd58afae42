//! A refusal of us is never a reader's fault (R17): by words.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;
use postbell::clock::Clock as _;
use postbell::deliver::Pacing;
use postbell::domain::{DAY_MS, DeliveryStatus, HOUR_MS, MINUTE_MS, MailingStatus, SubscriptionStatus};
use serde_json::json;

use super::refusal_texts::texts;
use super::{Rig, plan, settings};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::{NOW, import_row};

crate::for_each_database!(
    whatever_refuses_us_loses_nobody_blames_nobody_and_is_told_once,
    the_next_relay_takes_over_and_carries_the_notice,
    a_relay_that_takes_mail_for_its_own_people_alone_gets_the_notice_and_rests_on,
    one_domain_that_names_us_holds_up_no_other,
    who_may_not_send_as_another_is_paused_and_his_owner_told,
);

const PEOPLE: usize = 300;

/// A blog with readers at so many domains in turn.
pub async fn blog_of_domains(
    rig: &Rig,
    slug: &str,
    readers: usize,
    domains: usize,
) -> (postbell::domain::Blog, Vec<String>) {
    let readers: Vec<String> = (0..readers).map(|n| format!("r{n}@d{}.example", n % domains)).collect();
    (blog_of(rig, slug, &readers).await, readers)
}

/// A blog with these readers.
pub async fn blog_of(rig: &Rig, slug: &str, readers: &[String]) -> postbell::domain::Blog {
    let blog = rig.opened.blog(slug).await;
    let rows: Vec<_> = readers.iter().map(|to| import_row(to, SubscriptionStatus::Active)).collect();
    let imported = postbell::domain::ConsentKind::Imported;
    rig.opened.store.import(blog.id, &rows, imported, NOW).await.unwrap();
    blog
}

/// How many notices an owner got of each subject.
pub fn notices(server: &FaultSmtp) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for mail in server.accepted().into_iter().filter(|mail| mail.rcpt == "owner@example.org") {
        *all.entry(mail.subject.unwrap_or_default()).or_default() += 1;
    }
    all
}

/// R17, R7: 300 readers, from the first mail and from the 100th, at RCPT and at the dot.
async fn whatever_refuses_us_loses_nobody_blames_nobody_and_is_told_once() {
    let all = stream::iter(texts(20)).map(|text| async move { refuses_with(&text).await });
    all.buffer_unordered(4).collect::<()>().await;
}

async fn refuses_with(text: &str) {
    let server = FaultSmtp::obedient();
    let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", PEOPLE, 7).await;
    for (told, (at, after)) in [("rcpt", 0), ("dot", 0), ("rcpt", 100), ("dot", 100)].into_iter().enumerate()
    {
        let title = format!("T{told}e");
        server.order(&json!({"refuse": text, "at": at, "after": after}));
        rig.post(&blog, &title).await;
        rig.work().await;
        let seen = format!("{text} at {at} after {after}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
        let lost = server.judge(&readers, Some(&title)).lost.len();
        assert!((PEOPLE - after - 1..=PEOPLE - after + 1).contains(&lost), "{lost} of {seen}");
        let tries = rig.opened.number(
            "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM deliveries WHERE status = 'queued'",
        );
        assert_eq!(tries.await, 0, "no try is counted: {seen}");
        let failed = rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE status = 'failed'").await;
        assert_eq!(failed, 0, "{seen}");
        let open = rig.opened.store.list_rests(rig.clock.now()).await.unwrap();
        assert!(open.iter().any(|known| known.rest.is_open() && known.rest.domain.is_none()), "{seen}");
        let said = &open[0].rest.cause.said;
        assert!(!said.is_empty() && !said.contains("@d"), "{said}");

        // It stays so for three hours, and then it relents.
        rig.run_for(3 * HOUR_MS).await;
        server.order(&json!({}));
        rig.run_for(7 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some(&title)), Judgement::default(), "{seen}");
        assert_eq!(notices(&server).values().sum::<usize>(), told + 1, "{seen}");
        rig.clock.advance_ms(2 * DAY_MS);
    }
    assert!(notices(&server).keys().all(|subject| subject.contains("mails wait")), "{:?}", notices(&server));
    assert_eq!(rig.opened.number("SELECT MAX(attempts) FROM deliveries").await, 1, "{text}");
    assert_eq!(rig.opened.number("SELECT COUNT(*) FROM rests WHERE ended_at IS NULL").await, 0, "{text}");
}

/// R17
async fn the_next_relay_takes_over_and_carries_the_notice() {
    let (first, second) = (FaultSmtp::obedient(), FaultSmtp::start(&[]));
    first.order(&json!({"refuse": "550 5.4.5 Daily user sending limit exceeded", "at": "dot", "after": 5}));
    let clock = std::sync::Arc::new(postbell::clock::ManualClock::at(NOW));
    let plans = vec![plan(&first, 2, &clock), plan(&second, 2, &clock)];
    let mut rig = Rig::paced(plans, Pacing::NONE, clock).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 30, 5).await;
    rig.post(&blog, "News").await;
    rig.run_for(MINUTE_MS).await;
    let both: Vec<_> = first.accepted().into_iter().chain(second.accepted()).collect();
    assert_eq!(Judgement::of(both, &readers, Some("News")), Judgement::default());
    assert_eq!(notices(&second).values().sum::<usize>(), 1);
    assert!(first.accepted().len() >= 5);
}

/// R17
async fn a_relay_that_takes_mail_for_its_own_people_alone_gets_the_notice_and_rests_on() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": "550 relay not permitted", "spare": ["owner@example.org"]}));
    let mut rig = Rig::over_smtp(settings(server.port, 3)).await;
    let (blog, readers) = blog_of_domains(&rig, "first", 20, 5).await;
    let mailing = rig.post(&blog, "News").await;
    rig.work().await;
    assert_eq!(notices(&server).values().sum::<usize>(), 1, "at once");
    let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
    assert_eq!(gauges.resting_relays, 1, "what it takes for its own says nothing of others");
    // The probes grow: 5, 10, 20, 40, 60 minutes in the first three hours.
    rig.run_for(3 * HOUR_MS).await;
    let refused = rig.opened.number("SELECT (refused_at - since) / 60000 FROM rests").await;
    assert_eq!(refused, 135);
    assert_eq!(notices(&server).values().sum::<usize>(), 1, "and once");
    server.order(&json!({}));
    rig.run_for(2 * HOUR_MS).await;
    assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
    rig.opened.store.finish_mailings(rig.clock.now()).await.unwrap();
    assert_eq!(rig.opened.store.get_mailing(mailing).await.unwrap().unwrap().status, MailingStatus::Done);
}

/// R17, R7
async fn one_domain_that_names_us_holds_up_no_other() {
    // As people sign up, and as a list comes that is sorted by domain.
    for is_sorted in [false, true] {
        let server = FaultSmtp::obedient();
        let refuse = "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)";
        server.order(&json!({"refuse": refuse, "only": ["@d3.example"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let domain = |n: usize| if is_sorted { 3 + n / 10 } else { n % 6 };
        let readers: Vec<String> = (0..60).map(|n| format!("r{n}@d{}.example", domain(n))).collect();
        let blog = blog_of(&rig, "first", &readers).await;
        rig.post(&blog, "News").await;
        // The first one rests the relay; its probe is for others, and from then
        // on that domain rests alone, however often it is asked again.
        for hours in [0, 24] {
            rig.run_for(hours * HOUR_MS + 10 * MINUTE_MS).await;
            let lost = server.judge(&readers, Some("News")).lost;
            let seen = format!("sorted: {is_sorted}, after {hours} hours: {lost:?}");
            assert!(lost.len() == 10 && lost.iter().all(|reader| reader.ends_with("@d3.example")), "{seen}");
            let gauges = rig.opened.store.gauges(rig.clock.now()).await.unwrap();
            assert_eq!((gauges.resting_relays, gauges.resting_domains), (0, 1), "{seen}");
            assert_eq!(rig.opened.rows("suppressions").await, 0);
        }
        server.order(&json!({}));
        rig.run_for(12 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default());
        assert_eq!(rig.opened.store.gauges(rig.clock.now()).await.unwrap().resting_domains, 0);
        let told = notices(&server);
        assert_eq!(told.values().sum::<usize>(), 1, "the relay's rest and the domain's are one: {told:?}");
    }
}

/// R7, R17
async fn who_may_not_send_as_another_is_paused_and_his_owner_told() {
    for refuse in [
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "554 5.2.252 SendAsDenied; post@example.org not allowed to send as other@example.org",
        "553 5.7.1 <post@example.org>: Sender address rejected: not owned by user kim",
    ] {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": refuse, "at": "dot", "spare": ["owner@example.org"]}));
        let mut rig = Rig::over_smtp(settings(server.port, 2)).await;
        let (blog, readers) = blog_of_domains(&rig, "first", 10, 5).await;
        let mailing = rig.post(&blog, "News").await;
        rig.run_for(HOUR_MS).await;
        let paused = rig.opened.store.get_mailing(mailing).await.unwrap().unwrap();
        assert_eq!(paused.status, MailingStatus::Paused, "{refuse}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{refuse}");
        assert_eq!(rig.opened.store.gauges(rig.clock.now()).await.unwrap().resting_relays, 0);
        server.order(&json!({}));
        let (from, to) = (MailingStatus::Paused, MailingStatus::Sending);
        let now = rig.clock.now();
        assert!(rig.opened.store.set_mailing_status(mailing, from, to, None, now).await.unwrap());
        rig.sender.rouse();
        rig.run_for(HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{refuse}");
        for reader in &readers {
            let row = rig.delivery(reader).await;
            assert_eq!((row.status, row.attempts), (DeliveryStatus::Sent, 1), "never as a bounce");
        }
    }
}
