//! "Host unknown" is looked up by ourselves (R17): a domain that the DNS does
//! not know is dead and rests nobody, one that it knows loses no reader.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::{BrakePolicy, Pacing};
use postbell::dns::{Answer, Dns, DnsFault, Exchanger};
use postbell::domain::{DAY_MS, DeliveryStatus, HOUR_MS, MINUTE_MS};
use serde_json::json;

use super::nowhere::NOWHERE;
use super::refusals::{blog_of, notices};
use super::{Rig, plan};
use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::stores::NOW;

crate::for_each_database!(
    dead_domains_in_a_row_are_suppressed_and_rest_nobody,
    a_relay_that_finds_no_living_domain_loses_nobody,
    a_small_mailing_to_living_domains_waits_and_is_told,
    one_living_domain_that_the_relay_never_finds_costs_nobody_else,
    a_resolver_that_proves_nothing_changes_nothing,
);

/// Every domain is there but those below `gone.net`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resolver {
    Sees,
    DeniesAll,
    Fails,
    Hangs,
}

#[async_trait]
impl Dns for Resolver {
    async fn texts(&self, _: &str) -> Answer<Vec<u8>> {
        Ok(Vec::new())
    }

    async fn exchangers(&self, name: &str) -> Answer<Exchanger> {
        let addresses = self.addresses(name).await?;
        Ok(addresses.iter().map(|_| Exchanger { preference: 10, host: format!("mx.{name}") }).collect())
    }

    async fn addresses(&self, name: &str) -> Answer<IpAddr> {
        match self {
            Self::Sees if name.ends_with(".gone.net") || name.ends_with(".invalid") => {
                Err(DnsFault::NoSuchName)
            }
            Self::Sees => Ok(vec![IpAddr::from([192, 0, 2, 1])]),
            Self::DeniesAll => Err(DnsFault::NoSuchName),
            Self::Fails => Err(DnsFault::NoAnswer("refused".to_owned())),
            Self::Hangs => std::future::pending().await,
        }
    }

    async fn names(&self, _: IpAddr) -> Answer<String> {
        Ok(Vec::new())
    }
}

async fn rig(server: &FaultSmtp, connections: usize, resolver: Resolver, pacing: Pacing) -> Rig {
    let clock = Arc::new(ManualClock::at(NOW));
    let plans = vec![plan(server, connections, &clock)];
    Rig::asking(Some(Arc::new(resolver)), plans, pacing, clock).await
}

/// Moves the clock in steps of ten minutes: what is tried again is due at
/// moments of its own.
async fn pass(rig: &mut Rig, ms: i64) {
    let end = rig.clock.now().plus_ms(ms);
    while rig.clock.now() < end && rig.queued().await > 0 {
        rig.clock.advance_ms(10 * MINUTE_MS);
        rig.sender.rouse();
        rig.work().await;
    }
}

fn living(readers: std::ops::Range<usize>) -> Vec<String> {
    readers.map(|n| format!("r{n}@d{}.net", n % 9)).collect()
}

/// Two at each of so many domains.
fn dead(domains: usize) -> Vec<String> {
    (0..2 * domains).map(|n| format!("old{n}@d{}.gone.net", n / 2)).collect()
}

/// R17, B6, D12: in the midst of a list, and left over at its end.
async fn dead_domains_in_a_row_are_suppressed_and_rest_nobody() {
    for (at, text) in NOWHERE.iter().enumerate() {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "only": [".gone.net"]}));
        let mut rig = rig(&server, 3, Resolver::Sees, Pacing::NONE).await;
        let (alive, dead) = (living(0..140), dead(30));
        let (before, after) = alive.split_at(if at % 2 == 0 { 70 } else { 140 });
        let blog = blog_of(&rig, "first", &[before, &dead, after].concat()).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        assert_eq!(server.judge(&alive, Some("News")), Judgement::default(), "at once: {text}");
        assert_eq!(rig.readers_with(&dead, DeliveryStatus::Failed).await.len(), 60, "{text}");
        assert_eq!(rig.opened.rows("suppressions").await, 60, "{text}");
        assert_eq!(rig.opened.rows("rests").await, 0, "{text}");
        assert_eq!(rig.queued().await, 0, "{text}");
        // The brake sees them.
        let unwell = rig.opened.store.list_unwell(rig.clock.now()).await.unwrap();
        assert_eq!((unwell[0].1.attempts, unwell[0].1.hard), (200, 60), "{text}");
    }
}

/// R17: said of everybody at one or two large domains, which closed domains
/// look like by the words alone.
async fn a_relay_that_finds_no_living_domain_loses_nobody() {
    for (text, domains) in NOWHERE.iter().zip([1, 2, 2, 5, 1, 2]) {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "spare": ["owner@example.org"]}));
        let pacing = Pacing { brake: BrakePolicy::default(), ..Pacing::NONE };
        let mut rig = rig(&server, 3, Resolver::Sees, pacing).await;
        let readers: Vec<String> = (0..200).map(|n| format!("r{n}@large{}.net", n % domains)).collect();
        let blog = blog_of(&rig, "first", &readers).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        pass(&mut rig, 3 * HOUR_MS).await;
        let seen = format!("{text} of {domains}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
        assert_eq!(rig.readers_with(&readers, DeliveryStatus::Failed).await.len(), 0, "{seen}");
        let told = notices(&server).values().sum::<usize>();
        assert!((1..=2).contains(&told), "{told} for {seen}");
        server.order(&json!({}));
        pass(&mut rig, 6 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{seen}");
        assert_eq!(notices(&server).values().sum::<usize>(), told, "{seen}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{seen}");
    }
}

/// R17: of fewer readers than make a row.
async fn a_small_mailing_to_living_domains_waits_and_is_told() {
    for text in NOWHERE {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": text, "spare": ["owner@example.org"]}));
        let mut rig = rig(&server, 2, Resolver::Sees, Pacing::NONE).await;
        let readers = living(0..12);
        let blog = blog_of(&rig, "first", &readers).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        assert!(rig.rests().await, "{text}");
        pass(&mut rig, 2 * HOUR_MS).await;
        server.order(&json!({}));
        pass(&mut rig, 6 * HOUR_MS).await;
        assert_eq!(server.judge(&readers, Some("News")), Judgement::default(), "{text}");
        assert_eq!(notices(&server).values().sum::<usize>(), 1, "{text}");
        assert_eq!(rig.opened.rows("suppressions").await, 0, "{text}");
    }
}

/// R17: their own name servers may be out of order for some.
async fn one_living_domain_that_the_relay_never_finds_costs_nobody_else() {
    let server = FaultSmtp::obedient();
    server.order(&json!({"refuse": NOWHERE[0], "only": ["@odd.net"]}));
    let mut rig = rig(&server, 3, Resolver::Sees, Pacing::NONE).await;
    let (alive, odd) = (living(0..100), ["kim@odd.net".to_owned(), "ali@odd.net".to_owned()]);
    let blog = blog_of(&rig, "first", &[&alive[..50], &odd, &alive[50..]].concat()).await;
    rig.post(&blog, "News").await;
    rig.work().await;
    assert_eq!(server.judge(&alive, Some("News")), Judgement::default(), "at once");
    assert_eq!(rig.opened.rows("rests").await, 0);
    pass(&mut rig, 6 * DAY_MS).await;
    assert_eq!(rig.readers_with(&odd, DeliveryStatus::Failed).await.len(), 2, "after five days");
    assert_eq!(rig.opened.rows("suppressions").await, 0, "they are there");
    assert_eq!(rig.opened.number("SELECT COUNT(*) FROM deliveries WHERE is_hard = 1").await, 0);
}

/// R17: as by the words alone.
async fn a_resolver_that_proves_nothing_changes_nothing() {
    for resolver in [Resolver::DeniesAll, Resolver::Fails, Resolver::Hangs] {
        let server = FaultSmtp::obedient();
        server.order(&json!({"refuse": NOWHERE[0], "only": [".gone.net"]}));
        let mut rig = rig(&server, 3, resolver, Pacing::NONE).await;
        let (alive, dead) = (living(0..40), dead(30));
        let blog = blog_of(&rig, "first", &[&alive[..], &dead].concat()).await;
        rig.post(&blog, "News").await;
        rig.work().await;
        assert!(rig.rests().await, "20 in a row");
        assert_eq!(rig.opened.rows("suppressions").await, 0);
        rig.run_for(MINUTE_MS).await;
        assert_eq!(server.judge(&alive, Some("News")), Judgement::default());
    }
}
