//! Where mails leave from, and whether that address has a name that leads
//! back to it, which large receivers ask for.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::time::timeout;

use super::report::{Area, Finding, Record};
use crate::config::Config;
use crate::dns::{Dns, DnsFault};
use crate::feeds::http::is_private;

/// For a relay's name.
const NAME: Duration = Duration::from_secs(10);
/// Names of one address that are followed (RFC 7208 §4.6.4 has the same bound).
const MOST_NAMES: usize = 10;

/// How mails leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// From these public addresses.
    Known(Vec<IpAddr>),
    /// Through somebody else's server; where it sends from only he knows.
    Relay { host: String, addresses: Vec<IpAddr> },
    /// Through a server on this machine, whose public address is not known.
    Here,
}

/// The ways of all relays, each once; `asked` wins.
pub(super) async fn ways(config: &Config, asked: &[IpAddr]) -> Vec<Way> {
    if !asked.is_empty() {
        return vec![Way::Known(asked.iter().map(IpAddr::to_canonical).collect())];
    }
    let own = own_addresses();
    let mut ways = Vec::new();
    for relay in &config.smtp {
        let host = &relay.settings.host;
        let found = timeout(NAME, tokio::net::lookup_host((host.as_str(), relay.settings.port))).await;
        let found = found.ok().and_then(Result::ok).into_iter().flatten();
        let mut addresses: Vec<IpAddr> = found.map(|at| at.ip().to_canonical()).collect();
        addresses.sort();
        addresses.dedup();
        let way = way(host, addresses, &own);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

fn way(host: &str, addresses: Vec<IpAddr>, own: &[IpAddr]) -> Way {
    let is_here = addresses.iter().any(|ip| ip.is_loopback() || own.contains(ip));
    let public: Vec<IpAddr> = own.iter().copied().filter(|ip| !is_private(*ip)).collect();
    match (is_here, public.is_empty()) {
        (false, _) => Way::Relay { host: host.to_owned(), addresses },
        (true, true) => Way::Here,
        (true, false) => Way::Known(public),
    }
}

/// The addresses that connections to the outside begin at. No packet is sent:
/// connecting a datagram socket only chooses the way.
fn own_addresses() -> Vec<IpAddr> {
    // Root servers of the DNS; any outer address would do.
    let outer: [(SocketAddr, SocketAddr); 2] = [
        (SocketAddr::from(([0, 0, 0, 0], 0)), SocketAddr::from(([198, 41, 0, 4], 53))),
        (
            SocketAddr::from(([0_u16; 8], 0)),
            SocketAddr::from(([0x2001, 0x503, 0xba3e, 0, 0, 0, 0x2, 0x30], 53)),
        ),
    ];
    let own = outer.iter().filter_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    });
    own.collect()
}

/// Reverse DNS of what is known (RFC 8601 §2.7.3 calls it iprev).
pub(super) async fn look(dns: &dyn Dns, config: &Config, ways: &[Way]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for way in ways {
        match way {
            Way::Known(ips) => {
                for ip in ips {
                    findings.push(reverse(dns, config, *ip).await);
                }
            }
            Way::Relay { host, .. } => {
                let area = Area::new("address", "");
                findings.push(
                    area.not_checked(
                        "reverse_dns",
                        format!("mails leave from addresses of {host}, which its owner looks after"),
                    )
                    .advise("tell the owner if mails are refused for it"),
                );
            }
            Way::Here => {
                let area = Area::new("address", "");
                let unknown = "the public address that mails leave from is not known on this machine";
                findings.push(area.not_checked("reverse_dns", unknown).run("postbell doctor --ip ADDRESS"));
            }
        }
    }
    findings
}

async fn reverse(dns: &dyn Dns, config: &Config, ip: IpAddr) -> Finding {
    let area = Area::new("address", ip.to_string());
    let owner = "who gave you the address sets its reverse DNS: in the hoster's panel, or by a mail to it";
    let wished = wished_name(config);
    let record = Record { name: reverse_name(ip), kind: "PTR", value: format!("{wished}.") };
    let names = match dns.names(ip).await {
        Ok(names) => names,
        Err(DnsFault::NoSuchName) => Vec::new(),
        Err(fault) => {
            return area
                .not_checked("reverse_dns", fault.to_string())
                .run("postbell doctor --resolver 9.9.9.9");
        }
    };
    if names.is_empty() {
        let missing =
            area.fault("reverse_dns", "the address has no name, and large receivers refuse such mails");
        return missing.advise(owner).publish(record);
    }
    let mut is_unsure = false;
    for name in names.iter().take(MOST_NAMES) {
        match dns.addresses(name).await {
            Ok(back) if back.iter().any(|own| own.to_canonical() == ip) => {
                return area.ok("reverse_dns", format!("its name is {name}, and {name} leads back to it"));
            }
            Err(DnsFault::NoAnswer(_)) => is_unsure = true,
            _ => {}
        }
    }
    let named =
        names.iter().take(3).map(|name| crate::sender_auth::spf::shown(name)).collect::<Vec<_>>().join(", ");
    if is_unsure {
        return area
            .not_checked(
                "reverse_dns",
                format!("its name is {named}; whether that leads back the DNS did not say"),
            )
            .run("postbell doctor --resolver 9.9.9.9");
    }
    let kind = if ip.is_ipv4() { "A" } else { "AAAA" };
    area.fault(
        "reverse_dns",
        format!("its name is {named}, which does not lead back to it; large receivers refuse such mails"),
    )
    .publish(Record { name: names[0].clone(), kind, value: ip.to_string() })
    .advise(format!("or {owner}"))
}

/// The best name for the machine that mails leave from.
fn wished_name(config: &Config) -> String {
    let host = config.http.public_url.as_deref().and_then(|url| url::Url::parse(url).ok());
    host.and_then(|url| url.domain().map(str::to_owned))
        .or_else(|| config.mail.from.as_ref().map(|from| format!("mail.{}", from.address.domain())))
        .unwrap_or_else(|| "mail.example.org".to_owned())
}

/// `7.2.0.192.in-addr.arpa` (RFC 1035 §3.5), `…ip6.arpa` (RFC 3596 §2.5).
fn reverse_name(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            let bits = u128::from(ip);
            let nibbles: String = (0..32).map(|n| format!("{:x}.", (bits >> (4 * n)) & 0xf)).collect();
            format!("{nibbles}ip6.arpa")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;
    use crate::dns::zone::Zone;

    #[test]
    fn names_for_reverse_dns_are_spelled_backwards() {
        assert_eq!(reverse_name("192.0.2.7".parse().unwrap()), "7.2.0.192.in-addr.arpa");
        assert_eq!(
            reverse_name("2001:db8::567:89ab".parse().unwrap()),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }

    #[test]
    fn a_relay_of_this_machine_sends_from_its_own_address() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let (loopback, outer, inner) = (ip("127.0.0.1"), ip("9.9.9.9"), ip("10.0.0.2"));
        assert_eq!(way("localhost", vec![loopback], &[outer, inner]), Way::Known(vec![outer]));
        assert_eq!(way("localhost", vec![loopback], &[inner]), Way::Here);
        assert_eq!(way("me.example.org", vec![outer], &[outer]), Way::Known(vec![outer]));
        let relay = Way::Relay { host: "smtp.example.org".into(), addresses: vec![ip("8.8.8.8")] };
        assert_eq!(way("smtp.example.org", vec![ip("8.8.8.8")], &[outer]), relay);
    }

    #[tokio::test]
    async fn an_address_needs_a_name_that_leads_back() {
        let config = crate::config::load(&crate::config::Sources::default()).unwrap();
        let there = || Zone::new().ptr("192.0.2.7", "mail.example.org");
        for (zone, status) in [
            (there().a("mail.example.org", "192.0.2.7"), Status::Ok),
            (there().a("mail.example.org", "192.0.2.8"), Status::Fault),
            (there(), Status::Fault),
            (Zone::new(), Status::Fault),
            (Zone::silent(), Status::NotChecked),
        ] {
            let finding = reverse(&zone, &config, "192.0.2.7".parse().unwrap()).await;
            assert_eq!(finding.status, status, "{finding:?}");
            assert_eq!(finding.next.is_empty(), status == Status::Ok);
        }
    }
}
