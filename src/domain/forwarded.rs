//! What proxies say of a request: who asked, and that they stand between (S11).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// Headers that only a proxy, or what stands behind one, puts on a request;
/// with them come all of `X-Forwarded-…`. The names that large networks use
/// stand beside those of RFC 7239 and RFC 9110 §7.6.3.
const OF_PROXIES: &[&str] = &[
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "x-original-url",
    "x-rewrite-url",
    "x-envoy-external-address",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "fly-client-ip",
    "fastly-client-ip",
];

/// Whether a header of this name, in lower case, tells of a proxy.
pub fn tells_of_a_proxy(name: &str) -> bool {
    name.starts_with("x-forwarded-") || name == "x-forwarded" || OF_PROXIES.contains(&name)
}

/// The client behind `peer`: the peer itself unless it is trusted, else what
/// the `X-Forwarded-For` lines say, read from the right. Each entry was
/// written by the hop after it, so the first one that no trusted proxy could
/// have written for itself is the client. An entry that cannot be read ends
/// the walk: what stands left of it may come from anybody.
pub fn client_behind<'a>(
    peer: IpAddr,
    lines: impl DoubleEndedIterator<Item = &'a [u8]>,
    trusted: &[IpNet],
) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(&ip));
    let mut client = peer.to_canonical();
    // Empty entries are none (RFC 9110 §5.6.1.2).
    let entries = lines.rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for entry in entries.map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty()) {
        if !is_trusted(client) {
            break;
        }
        let Some(ip) = std::str::from_utf8(entry).ok().and_then(read_ip) else { break };
        client = ip.to_canonical();
    }
    client
}

/// `192.0.2.7`, `192.0.2.7:1234`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:1234`, each also in quotation marks. `unknown` and
/// `_hidden` (RFC 7239 §6) are nobody.
fn read_ip(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let in_brackets = || bare.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    bare.parse()
        .ok()
        .or_else(|| bare.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| in_brackets().map(IpAddr::V6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_own_addresses_only() {
        for (network, peer, is_within) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("127.0.0.1/32", "127.0.0.1", true),
            ("127.0.0.1/32", "127.0.0.2", false),
        ] {
            let said: &[u8] = b"198.51.100.7";
            let client =
                client_behind(peer.parse().unwrap(), [said].into_iter(), &[network.parse().unwrap()]);
            assert_eq!(client.to_string() == "198.51.100.7", is_within, "{peer} in {network}");
        }
    }

    fn client(peer: &str, lines: &[&[u8]]) -> String {
        let trusted =
            ["127.0.0.1/32", "10.0.0.0/8", "2001:db8:ff::/48"].map(|network| network.parse().unwrap());
        client_behind(peer.parse().unwrap(), lines.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn the_client_is_the_first_from_the_right_that_is_no_proxy_of_ours() {
        let lines: [(&[&[u8]], &str); 22] = [
            (&[], "127.0.0.1"),
            (&[b""], "127.0.0.1"),
            (&[b"203.0.113.5"], "203.0.113.5"),
            (&[b"1.2.3.4, 203.0.113.5"], "203.0.113.5"),
            (&[b"1.2.3.4,203.0.113.5,10.1.1.1"], "203.0.113.5"),
            (&[b"1.2.3.4", b"203.0.113.5"], "203.0.113.5"),
            (&[b"1.2.3.4", b"203.0.113.5, 10.1.1.1"], "203.0.113.5"),
            (&[b"203.0.113.5", b""], "203.0.113.5"),
            (&[b"203.0.113.5,, ,10.1.1.1,"], "203.0.113.5"),
            (&[b"203.0.113.5:4711"], "203.0.113.5"),
            (&[b"::ffff:203.0.113.5"], "203.0.113.5"),
            (&[b"[::ffff:203.0.113.5]:80"], "203.0.113.5"),
            (&[b"2001:db8::7"], "2001:db8::7"),
            (&[b"[2001:db8::7]"], "2001:db8::7"),
            (&[b"\"[2001:db8::7]:80\""], "2001:db8::7"),
            (&[b"203.0.113.5, 2001:db8:ff::1"], "203.0.113.5"),
            // All of them ours: the one that is furthest away.
            (&[b"10.0.0.2, 10.0.0.1"], "10.0.0.2"),
            // What cannot be read ends the walk at the last good one.
            (&[b"1.2.3.4, unknown, 10.0.0.1"], "10.0.0.1"),
            (&[b"1.2.3.4, _hidden"], "127.0.0.1"),
            (&[b"1.2.3.4, 203.0.113.5 10.0.0.1"], "127.0.0.1"),
            (&[b"1.2.3.4\xff, 203.0.113.5"], "203.0.113.5"),
            (&[b"1.2.3.4", b"\xff", b"10.0.0.1"], "10.0.0.1"),
        ];
        for (lines, expected) in lines {
            assert_eq!(client("127.0.0.1", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_stranger_is_not_believed() {
        for lines in [&[&b"10.0.0.1"[..]][..], &[b"127.0.0.1", b"1.2.3.4"]] {
            assert_eq!(client("192.0.2.9", lines), "192.0.2.9");
            assert_eq!(client("::ffff:192.0.2.9", lines), "192.0.2.9");
        }
    }

    #[test]
    fn what_proxies_add_is_known() {
        for name in ["via", "forwarded", "x-real-ip", "x-forwarded-for", "x-forwarded-", "x-forwarded-ssl"] {
            assert!(tells_of_a_proxy(name), "{name}");
        }
        for name in ["host", "x-request-id", "user-agent", "accept", "viaduct", "forwarding"] {
            assert!(!tells_of_a_proxy(name), "{name}");
        }
    }
}
