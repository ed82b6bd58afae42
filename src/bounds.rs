//! Bounds that hold in sum, whoever asks at the doors: how much is held for
//! all and for one client, the least rate at which a client may move bytes, and
//! how often the log tells of them (S20). Work in memory; the doors say what is
//! counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use crate::domain::{MINUTE_MS, Timestamp};

/// As whom an address is counted: itself, or its /56 for IPv6, since that is
/// what one line at home has, all 256 networks of it (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// The client that this address belongs to.
    pub fn of(ip: IpAddr) -> Self {
        const NETWORK: u128 = u128::MAX << (128 - 56);
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(ip.into()),
            IpAddr::V6(ip) => Self(Ipv6Addr::from(u128::from(ip) & NETWORK).into()),
        }
    }
}

/// How much may be held at the same time, in all and by one client.
#[derive(Debug, Clone)]
pub struct Sum {
    most: usize,
    most_of_one: usize,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    /// Of each client that holds something; the others are not in it.
    by_client: HashMap<Client, usize>,
}

impl Sum {
    /// Nothing is held yet.
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, held: Arc::default() }
    }

    /// A share of nothing, to be grown. `None` counts for nobody but the sum.
    pub fn share(&self, client: Option<Client>) -> Share {
        Share { sum: self.clone(), client, size: 0 }
    }

    /// Held now.
    pub fn held(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock()
    }
}

/// What one holds of a sum; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    sum: Sum,
    client: Option<Client>,
    size: usize,
}

impl Share {
    /// Another of the same sum and client, of nothing.
    #[must_use]
    pub fn sibling(&self) -> Self {
        self.sum.share(self.client)
    }

    /// Takes so much more; `false`, and nothing is taken, when that would be
    /// over a bound.
    #[must_use]
    pub fn grow(&mut self, by: usize) -> bool {
        let mut held = self.sum.lock();
        let own = self.client.map_or(0, |client| held.by_client.get(&client).copied().unwrap_or(0));
        let is_over = held.all.saturating_add(by) > self.sum.most
            || self.client.is_some() && own.saturating_add(by) > self.sum.most_of_one;
        if is_over {
            return false;
        }
        held.all += by;
        if let Some(client) = self.client {
            held.by_client.insert(client, own + by);
        }
        self.size += by;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.sum.lock();
        held.all -= self.size;
        if let Some(client) = self.client
            && let Some(own) = held.by_client.get_mut(&client)
        {
            *own -= self.size;
            if *own == 0 {
                held.by_client.remove(&client);
            }
        }
    }
}

/// Lines of the log that strangers can cause as often as they like: of each
/// kind one is told in a while, with how many were not.
#[derive(Debug, Default)]
pub struct Lines(Mutex<HashMap<&'static str, Told>>);

#[derive(Debug)]
struct Told {
    at: Timestamp,
    untold: u64,
}

/// How long nothing more of a kind is told.
const TOLD_EVERY_MS: i64 = MINUTE_MS;

impl Lines {
    /// Whether one of this kind is to be told now: how many were not since the
    /// last one.
    pub fn tell(&self, kind: &'static str, now: Timestamp) -> Option<u64> {
        let mut kinds = self.0.lock();
        let Some(told) = kinds.get_mut(kind) else {
            kinds.insert(kind, Told { at: now, untold: 0 });
            return Some(0);
        };
        // After a clock was moved back the last one seems to lie ahead.
        if (0..TOLD_EVERY_MS).contains(&now.since_ms(told.at)) {
            told.untold += 1;
            return None;
        }
        told.at = now;
        Some(std::mem::take(&mut told.untold))
    }
}

/// The least that must move in so much waiting.
#[derive(Debug, Clone, Copy)]
pub struct LeastRate {
    /// Time that may be waited for the other side before it is judged.
    pub window: Duration,
    /// Bytes that must have moved by then.
    pub bytes: usize,
}

impl Default for LeastRate {
    /// 500 bytes a second over 30 s, as Apache's mod_reqtimeout has it
    /// (`body=20,MinRate=500`): the slowest phone is faster.
    fn default() -> Self {
        Self { window: Duration::from_secs(30), bytes: 15_000 }
    }
}

/// How fast one client moves bytes. Only the time in which we wait for it
/// counts, and what it did long ago does not excuse it.
#[derive(Debug, Clone)]
pub struct Pace {
    rate: LeastRate,
    waited: Duration,
    bytes: usize,
}

impl Pace {
    /// Nobody was waited for yet.
    pub fn new(rate: LeastRate) -> Self {
        Self { rate, waited: Duration::ZERO, bytes: 0 }
    }

    /// How long may be waited before [`Pace::waited`] is to be asked again.
    pub fn patience(&self) -> Duration {
        self.rate.window.saturating_sub(self.waited)
    }

    /// So many bytes moved.
    pub fn moved(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// So long was waited; `false`: it is too slow.
    #[must_use]
    pub fn waited(&mut self, time: Duration) -> bool {
        self.waited += time;
        if self.waited < self.rate.window {
            return true;
        }
        let is_fast_enough = self.bytes >= self.rate.bytes;
        (self.waited, self.bytes) = (Duration::ZERO, 0);
        is_fast_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(ip: &str) -> Option<Client> {
        Some(Client::of(ip.parse().unwrap()))
    }

    #[test]
    fn a_sum_is_bounded_for_all_and_for_one_and_given_back() {
        let sum = Sum::new(100, 60);
        let (mut one, mut again) = (sum.share(client("192.0.2.7")), sum.share(client("192.0.2.7")));
        assert!(one.grow(40) && again.grow(20));
        assert!(!again.grow(1), "it has its part");
        let mut other = sum.share(client("192.0.2.8"));
        assert!(!other.grow(41) && other.grow(40));
        assert!(!sum.share(None).grow(1), "all is held");
        drop(one);
        assert!(again.grow(40) && !again.grow(1));
        drop((again, other));
        assert_eq!(sum.held(), 0);
        assert!(sum.lock().by_client.is_empty());
        assert!(sum.share(None).grow(100), "nobody's own part counts");
    }

    #[test]
    fn neighbours_in_a_56_are_one_client() {
        assert_eq!(client("2001:db8:0:1::1"), client("2001:db8:0:1:ffff::2"));
        assert_eq!(client("2001:db8:0:100::1"), client("2001:db8:0:1ff::1"));
        assert_ne!(client("2001:db8:0:100::1"), client("2001:db8:0:200::1"));
        assert_eq!(client("::ffff:192.0.2.7"), client("192.0.2.7"));
        assert_ne!(client("192.0.2.7"), client("192.0.2.8"));
    }

    #[test]
    fn who_is_slower_than_the_least_rate_is_found_out_within_a_window() {
        let second = Duration::from_secs(1);
        let mut pace = Pace::new(LeastRate { window: 10 * second, bytes: 1_000 });
        for _ in 0..100 {
            pace.moved(100);
            assert!(pace.waited(second), "100 bytes a second is enough");
        }
        // A burst does not excuse a silence that comes later.
        pace.moved(1_000_000);
        assert!(pace.waited(10 * second));
        assert_eq!(pace.patience(), 10 * second);
        assert!(pace.waited(9 * second));
        pace.moved(999);
        assert!(!pace.waited(second));
    }

    #[test]
    fn a_line_of_each_kind_is_told_once_a_minute_with_how_many_were_not() {
        let (lines, begin) = (Lines::default(), Timestamp::from_millis(1_000_000));
        assert_eq!(lines.tell("one", begin), Some(0));
        for n in 0..600 {
            assert_eq!(lines.tell("one", begin.plus_ms(n * 99)), None);
        }
        assert_eq!(lines.tell("other", begin), Some(0));
        assert_eq!(lines.tell("one", begin.plus_ms(60_000)), Some(600));
        assert_eq!(lines.tell("one", begin), Some(0), "the clock was moved back");
    }
}
