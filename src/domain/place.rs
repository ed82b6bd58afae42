//! Where a request comes from, as far as limits go. Each flow counts for
//! itself, so that a full one closes no other.

use std::net::IpAddr;

use super::blog::words;

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flow {
    /// To follow.
    #[default]
    SignUp,
    /// The same once more, from a link that expired.
    AskAgain,
    /// The link to one's own follows.
    Manage,
    /// A follow back, or a pause, by the link of a mail. Confirming and leaving are
    /// never limited: a mail provider leaves for thousands from one address.
    Change,
}

words!(Flow { SignUp = "follow", AskAgain = "again", Manage = "manage", Change = "change" });

/// An IPv6 subscriber has a /64 at least, and often a whole /56 or /48 of
/// them: these may do so many times what one network may.
const WIDER: [(u32, u32); 2] = [(56, 2), (48, 4)];

/// The places that an address belongs to, the nearest first, each with what
/// may come from it; without those that have no limit.
pub fn places_of(ip: IpAddr, per_ip: u32, per_network: u32) -> Vec<(String, u32)> {
    let ip = ip.to_canonical();
    let mut places = vec![(format!("ip:{ip}"), per_ip), (network(ip, 24, 64), per_network)];
    if ip.is_ipv6() {
        places.extend(
            WIDER.map(|(prefix, times)| (network(ip, 24, prefix), per_network.saturating_mul(times))),
        );
    }
    places.retain(|(_, limit)| *limit > 0);
    places
}

fn network(ip: IpAddr, v4: u32, v6: u32) -> String {
    match ip {
        IpAddr::V4(ip) => format!("net:{:x}/{v4}", ip.to_bits() >> (32 - v4)),
        IpAddr::V6(ip) => format!("net:{:x}/{v6}", ip.to_bits() >> (128 - v6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<(String, u32)> {
        places_of(text.parse().unwrap(), 30, 300)
    }

    #[test]
    fn neighbours_share_a_network_and_each_wider_one_may_do_more() {
        let shared = |a: &str, b: &str| {
            let a = places(a);
            places(b)
                .into_iter()
                .filter(|place| a.contains(place))
                .map(|(_, limit)| limit)
                .collect::<Vec<_>>()
        };
        assert_eq!(shared("192.0.2.7", "192.0.2.200"), [300]);
        assert_eq!(shared("192.0.2.7", "192.0.3.7"), [0u32; 0]);
        assert_eq!(shared("::ffff:192.0.2.7", "192.0.2.7"), [30, 300]);
        assert_eq!(shared("2001:db8::1", "2001:db8::ffff:1"), [300, 600, 1200]);
        assert_eq!(shared("2001:db8:0:1::1", "2001:db8:0:2::1"), [600, 1200]);
        assert_eq!(shared("2001:db8:0:1::1", "2001:db8:0:ff00::1"), [1200]);
        assert_eq!(shared("2001:db8:0:1::1", "2001:db8:1:1::1"), [0u32; 0]);
    }

    #[test]
    fn what_has_no_limit_is_not_counted() {
        let ip = "2001:db8::1".parse().unwrap();
        assert_eq!(places_of(ip, 0, 0), []);
        assert_eq!(places_of(ip, 1, 0).len(), 1);
        assert_eq!(places_of(ip, 0, u32::MAX).len(), 3);
    }
}
