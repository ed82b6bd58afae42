//! Whether a receiving domain is there, by a question of our own: where a relay
//! says that it is unknown, the domain may be dead, or the relay's name server
//! (R17, decision 0031).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::time::timeout;

use crate::clock::Clock;
use crate::dns::{Answer, Dns, DnsFault};
use crate::domain::{HOUR_MS, MINUTE_MS, Timestamp};

/// The longest that a mail's connection waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of it, for whether the resolver can be asked at all.
const FIRST_PATIENCE: Duration = Duration::from_secs(3);
/// Mail exchangers of a domain that are looked at.
const MOST_HOSTS: usize = 4;
/// Domains that are remembered.
const MOST_KNOWN: usize = 1_024;
/// How long what was found holds.
const FOUND_MS: i64 = HOUR_MS;
/// How long nobody is asked again who could not tell.
const UNTOLD_MS: i64 = MINUTE_MS;

/// Every resolver that sees the world knows it.
const IN_THE_WORLD: &str = "com";
/// Nobody has it (RFC 6761 §6.4); a resolver that gives it an address makes
/// answers up.
const NOWHERE: &str = "nobody-has-this-name.invalid";
/// Names of which no public DNS speaks: RFC 2606, 6761, 6762, 7686, 8375, 9476,
/// and what ICANN keeps for inner networks or will not delegate.
const APART: &[&str] = &[
    "alt",
    "arpa",
    "corp",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "home",
    "internal",
    "invalid",
    "lan",
    "local",
    "localhost",
    "mail",
    "onion",
    "test",
];

/// What the DNS says of a receiving domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A mail exchanger with an address, or an address of its own.
    There,
    /// No such name, a null MX, or nothing that has an address.
    Gone,
    /// No answer, or none that proves anything.
    CannotTell,
}

/// Asks, and remembers for a while.
pub(super) struct Whereabouts {
    dns: Option<Arc<dyn Dns>>,
    clock: Arc<dyn Clock>,
    known: Mutex<HashMap<String, (Found, Timestamp)>>,
    /// Whether the resolver can be believed. Whoever asks holds it, so that a
    /// resolver that hangs is waited for once.
    sight: tokio::sync::Mutex<Option<(bool, Timestamp)>>,
    patience: (Duration, Duration),
}

impl Whereabouts {
    /// Without a DNS nothing can be told.
    pub(super) fn new(dns: Option<Arc<dyn Dns>>, clock: Arc<dyn Clock>) -> Self {
        let patience = (FIRST_PATIENCE, PATIENCE);
        Self { dns, clock, known: Mutex::default(), sight: tokio::sync::Mutex::default(), patience }
    }

    /// Where this domain, in its ASCII form, is.
    pub(super) async fn find(&self, domain: &str) -> Found {
        let Some(dns) = self.dns.as_deref().filter(|_| !is_apart(domain)) else { return Found::CannotTell };
        let now = self.clock.now();
        if let Some((found, _)) = self.known().get(domain).filter(|known| is_fresh(**known, now)) {
            return *found;
        }
        let asked =
            async { if self.sees(dns, now).await { look(dns, domain).await } else { Found::CannotTell } };
        let found = timeout(self.patience.1, asked).await.unwrap_or(Found::CannotTell);
        let mut known = self.known();
        if known.len() >= MOST_KNOWN && !known.contains_key(domain) {
            known.clear();
        }
        known.insert(domain.to_owned(), (found, now));
        found
    }

    /// A resolver of an inner network denies what it does not know, and one
    /// that sells its visitors denies nothing.
    async fn sees(&self, dns: &dyn Dns, now: Timestamp) -> bool {
        let mut sight = self.sight.lock().await;
        if let Some((sees, asked_at)) = *sight {
            let as_found = if sees { Found::There } else { Found::CannotTell };
            if is_fresh((as_found, asked_at), now) {
                return sees;
            }
        }
        let asked = async { tokio::join!(dns.exchangers(IN_THE_WORLD), dns.addresses(NOWHERE)) };
        let sees = match timeout(self.patience.0, asked).await {
            Ok((world, nowhere)) => world.is_ok() && !nowhere.is_ok_and(|addresses| !addresses.is_empty()),
            Err(_) => false,
        };
        *sight = Some((sees, now));
        sees
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Found, Timestamp)>> {
        self.known.lock()
    }
}

fn is_fresh((found, asked_at): (Found, Timestamp), now: Timestamp) -> bool {
    let holds_ms = if found == Found::CannotTell { UNTOLD_MS } else { FOUND_MS };
    (0..holds_ms).contains(&now.since_ms(asked_at))
}

fn is_apart(domain: &str) -> bool {
    let is_below = |name: &&str| {
        domain.strip_suffix(*name).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    domain.starts_with('[') || !domain.contains('.') || APART.iter().any(is_below)
}

/// As a server finds where mail goes (RFC 5321 §5.1).
async fn look(dns: &dyn Dns, domain: &str) -> Found {
    let exchangers = match dns.exchangers(domain).await {
        Ok(exchangers) => exchangers,
        // Some servers deny a name of which they have no record of the kind.
        Err(DnsFault::NoSuchName) => Vec::new(),
        Err(DnsFault::NoAnswer(_)) => return Found::CannotTell,
    };
    if exchangers.is_empty() {
        return has_address(&dns.addresses(domain).await);
    }
    let hosts: Vec<&str> =
        exchangers.iter().map(|one| one.host.as_str()).filter(|host| !host.is_empty()).collect();
    let mut all = if hosts.len() > MOST_HOSTS { Found::CannotTell } else { Found::Gone };
    for host in hosts.iter().take(MOST_HOSTS) {
        match has_address(&dns.addresses(host).await) {
            Found::There => return Found::There,
            Found::Gone => {}
            Found::CannotTell => all = Found::CannotTell,
        }
    }
    all
}

/// An address that leads back to whoever asks is none.
fn has_address(answer: &Answer<std::net::IpAddr>) -> Found {
    match answer {
        Ok(addresses) if addresses.iter().any(|ip| !ip.is_loopback() && !ip.is_unspecified()) => Found::There,
        Ok(_) | Err(DnsFault::NoSuchName) => Found::Gone,
        Err(DnsFault::NoAnswer(_)) => Found::CannotTell,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::clock::ManualClock;
    use crate::dns::Exchanger;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// Name, exchangers, addresses; what is not here is not there. `?`: no answer.
    type Zone = &'static [(&'static str, &'static [&'static str], &'static [&'static str])];

    const WORLD: Zone = &[
        ("com", &[], &[]),
        ("alive.net", &["mx.alive.net"], &[]),
        ("mx.alive.net", &[], &["192.0.2.1"]),
        ("bare.net", &[], &["2001:db8::1"]),
        ("null.net", &[""], &["192.0.2.1"]),
        ("empty.net", &[], &[]),
        ("lost.net", &["mx1.lost.net", "mx2.lost.net"], &["192.0.2.1"]),
        ("second.net", &["mx1.lost.net", "mx.alive.net"], &[]),
        ("home-again.net", &["self.net"], &[]),
        ("self.net", &[], &["127.0.0.1", "0.0.0.0"]),
        ("lame.net", &["?"], &[]),
        ("lame-host.net", &["mx1.lost.net", "mute.net"], &[]),
        ("mute.net", &[], &["?"]),
        ("lame-address.net", &[], &["?"]),
        ("many.net", &["a.gone.net", "b.gone.net", "c.gone.net", "d.gone.net", "mx.alive.net"], &[]),
        ("xn--bcher-kva.net", &["mx.alive.net"], &[]),
    ];

    /// Denies all; an inner one; out of order; one that sells what nobody has.
    const BLIND: &[Zone] = &[
        &[],
        &[("alive.net", &["mx.alive.net"], &[]), ("mx.alive.net", &[], &["192.0.2.1"])],
        &[("com", &["?"], &[])],
        &[("com", &[], &[]), (NOWHERE, &[], &["192.0.2.9"]), ("gone.net", &[], &["192.0.2.9"])],
    ];

    struct Fake {
        zone: Zone,
        asked: AtomicUsize,
        hangs: bool,
    }

    impl Fake {
        fn find(&self, name: &str) -> Result<&(&str, &[&str], &[&str]), DnsFault> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.zone.iter().find(|(own, ..)| *own == name).ok_or(DnsFault::NoSuchName)
        }
    }

    fn texts(all: &[&str]) -> Answer<String> {
        match all {
            ["?"] => Err(DnsFault::NoAnswer("servfail".to_owned())),
            all => Ok(all.iter().map(|text| (*text).to_owned()).collect()),
        }
    }

    #[async_trait::async_trait]
    impl Dns for Fake {
        async fn texts(&self, _: &str) -> Answer<Vec<u8>> {
            Ok(Vec::new())
        }

        async fn exchangers(&self, name: &str) -> Answer<Exchanger> {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            let hosts = texts(self.find(name)?.1)?;
            Ok(hosts.into_iter().map(|host| Exchanger { preference: 10, host }).collect())
        }

        async fn addresses(&self, name: &str) -> Answer<IpAddr> {
            Ok(texts(self.find(name)?.2)?.iter().map(|ip| ip.parse().unwrap()).collect())
        }

        async fn names(&self, _: IpAddr) -> Answer<String> {
            Ok(Vec::new())
        }
    }

    fn over(zone: Zone, hangs: bool) -> (Whereabouts, Arc<Fake>, Arc<ManualClock>) {
        let fake = Arc::new(Fake { zone, asked: AtomicUsize::new(0), hangs });
        let clock = Arc::new(ManualClock::at(NOW));
        (Whereabouts::new(Some(fake.clone()), clock.clone()), fake, clock)
    }

    /// R17
    #[tokio::test]
    async fn a_domain_is_gone_only_where_the_dns_says_so() {
        let (whereabouts, ..) = over(WORLD, false);
        for (domain, expected) in [
            ("alive.net", Found::There),
            ("bare.net", Found::There),
            ("second.net", Found::There),
            ("xn--bcher-kva.net", Found::There),
            ("gone.net", Found::Gone),
            ("null.net", Found::Gone),
            ("empty.net", Found::Gone),
            ("lost.net", Found::Gone),
            ("home-again.net", Found::Gone),
            ("lame.net", Found::CannotTell),
            ("lame-host.net", Found::CannotTell),
            ("lame-address.net", Found::CannotTell),
            ("many.net", Found::CannotTell),
            // No public DNS speaks of these.
            ("gone.example", Found::CannotTell),
            ("example.com", Found::CannotTell),
            ("a.example.org", Found::CannotTell),
            ("printer.local", Found::CannotTell),
            ("localhost", Found::CannotTell),
            ("office", Found::CannotTell),
            ("[192.0.2.1]", Found::CannotTell),
            ("[IPv6:2001:db8::1]", Found::CannotTell),
        ] {
            assert_eq!(whereabouts.find(domain).await, expected, "{domain}");
        }
        assert_eq!(whereabouts.find("my-example.org").await, Found::Gone, "it only ends alike");
    }

    #[tokio::test]
    async fn a_resolver_that_does_not_see_the_world_proves_nothing() {
        for zone in BLIND.iter().copied() {
            let (whereabouts, ..) = over(zone, false);
            for domain in ["gone.net", "alive.net"] {
                assert_eq!(whereabouts.find(domain).await, Found::CannotTell, "{zone:?} {domain}");
            }
        }
        let nobody = Whereabouts::new(None, Arc::new(ManualClock::at(NOW)));
        assert_eq!(nobody.find("gone.net").await, Found::CannotTell);
    }

    #[tokio::test]
    async fn one_that_hangs_is_waited_for_once_a_minute() {
        let (mut whereabouts, fake, clock) = over(WORLD, true);
        whereabouts.patience.0 = Duration::from_millis(20);
        for domain in ["a.net", "b.net", "c.net"] {
            assert_eq!(whereabouts.find(domain).await, Found::CannotTell);
        }
        let asked = || fake.asked.swap(0, Ordering::SeqCst);
        assert_eq!(asked(), 1, "the second question beside the first");
        clock.advance_ms(UNTOLD_MS);
        assert_eq!(whereabouts.find("a.net").await, Found::CannotTell);
        assert_eq!(asked(), 1);
    }

    #[tokio::test]
    async fn what_was_found_is_remembered_within_bounds() {
        let (whereabouts, fake, clock) = over(WORLD, false);
        let asked = || fake.asked.swap(0, Ordering::SeqCst);
        for (domain, holds_ms, questions) in
            [("alive.net", FOUND_MS, 2), ("gone.net", FOUND_MS, 2), ("lame.net", UNTOLD_MS, 1)]
        {
            whereabouts.find(domain).await;
            assert!(asked() >= questions, "{domain}");
            clock.advance_ms(holds_ms - 1);
            whereabouts.find(domain).await;
            assert_eq!(asked(), 0, "{domain}");
            clock.advance_ms(1);
            whereabouts.find(domain).await;
            assert!(asked() >= questions, "{domain}");
        }
        for n in 0..3 * MOST_KNOWN {
            whereabouts.find(&format!("d{n}.net")).await;
            assert!(whereabouts.known().len() <= MOST_KNOWN);
        }
    }
}
