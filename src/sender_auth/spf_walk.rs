//! An SPF record with all that it names (RFC 7208 §4.6.4, §5): asked from the
//! DNS once, then judged for any address without asking again.

use std::net::IpAddr;

use super::spf::{Mechanism, Qualifier, Spf, is_spf, is_within, parse, shown};
use crate::dns::{Answer, Dns, DnsFault};

/// Lookups that a receiver makes at most (§4.6.4).
pub(crate) const MOST_LOOKUPS: usize = 10;
/// Of these, how many may give nothing.
pub(crate) const MOST_VOID: usize = 2;
/// Nobody is told more than "more than this".
const GIVE_UP: usize = 30;
/// Names of one `mx` that are looked up (§4.6.4).
const MOST_EXCHANGERS: usize = 10;

/// What stops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpfFault {
    /// The domain has no record.
    Missing,
    /// It has several, which count as none (§4.5).
    Several(Vec<String>),
    /// A receiver gives up (permerror), for this reason.
    Broken(String),
    /// The DNS did not answer.
    NoAnswer(String),
}

/// A record whose names are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) record: String,
    directives: Vec<(Qualifier, Node)>,
    redirect: Option<Box<Tree>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    All,
    Network(IpAddr, u8),
    Hosts(Vec<IpAddr>, u8, u8),
    Include(Box<Tree>),
    Opaque,
}

/// A record and what asking cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) tree: Tree,
    pub(crate) lookups: usize,
    pub(crate) void: usize,
    /// Domains that it names, its own aside.
    pub(crate) names: Vec<String>,
}

/// What a receiver makes of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Fail,
    SoftFail,
    Neutral,
    /// Only a mail can tell: the record has macros.
    Unknown,
}

#[derive(Default)]
struct Cost {
    lookups: usize,
    void: usize,
    names: Vec<String>,
}

/// Asks for a domain's record and all that it names.
pub(crate) async fn walk(dns: &dyn Dns, domain: &str) -> Result<Walked, SpfFault> {
    let mut cost = Cost::default();
    let tree = tree(dns, domain, &mut cost).await?;
    if cost.lookups > MOST_LOOKUPS {
        let count =
            if cost.lookups >= GIVE_UP { format!("{GIVE_UP} or more") } else { cost.lookups.to_string() };
        return Err(SpfFault::Broken(format!(
            "it needs {count} lookups, and receivers give up after {MOST_LOOKUPS}"
        )));
    }
    Ok(Walked { tree, lookups: cost.lookups, void: cost.void, names: cost.names })
}

async fn tree(dns: &dyn Dns, domain: &str, cost: &mut Cost) -> Result<Tree, SpfFault> {
    let texts = match dns.texts(domain).await {
        Ok(texts) => texts,
        Err(DnsFault::NoSuchName) => Vec::new(),
        Err(fault) => return Err(SpfFault::NoAnswer(fault.to_string())),
    };
    let records: Vec<String> = texts
        .iter()
        .filter(|text| is_spf(text))
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect();
    let record = match records.as_slice() {
        [] => return Err(SpfFault::Missing),
        [one] => one.clone(),
        _ => return Err(SpfFault::Several(records)),
    };
    let Spf { directives, redirect } = parse(&record).map_err(SpfFault::Broken)?;
    let has_all = directives.iter().any(|(_, mechanism)| *mechanism == Mechanism::All);
    let mut nodes = Vec::new();
    for (qualifier, mechanism) in directives {
        if cost.lookups >= GIVE_UP {
            break;
        }
        nodes.push((qualifier, node(dns, domain, mechanism, cost).await?));
    }
    // Behind `all` a redirect is not followed (§6.1).
    let redirect = match redirect.filter(|_| !has_all) {
        Some(to) if to.contains('%') => {
            nodes.push((Qualifier::Pass, Node::Opaque));
            cost.lookups += 1;
            None
        }
        Some(to) => Some(named(dns, &to, cost).await?),
        None => None,
    };
    Ok(Tree { record, directives: nodes, redirect })
}

async fn node(dns: &dyn Dns, own: &str, mechanism: Mechanism, cost: &mut Cost) -> Result<Node, SpfFault> {
    match mechanism {
        Mechanism::All => Ok(Node::All),
        Mechanism::Network(ip, prefix) => Ok(Node::Network(ip, prefix)),
        Mechanism::Opaque(_) => {
            cost.lookups += 1;
            Ok(Node::Opaque)
        }
        Mechanism::Include(domain) => Ok(Node::Include(named(dns, &domain, cost).await?)),
        Mechanism::Hosts { is_mx, domain, prefix4, prefix6 } => {
            cost.lookups += 1;
            let name = domain.as_deref().unwrap_or(own);
            if let Some(domain) = &domain {
                cost.names.push(domain.clone());
            }
            let hosts = if is_mx {
                let exchangers = found(dns.exchangers(name).await, cost)?;
                exchangers.into_iter().map(|mx| mx.host).take(MOST_EXCHANGERS).collect()
            } else {
                vec![name.to_owned()]
            };
            let (mut addresses, mut uncounted) = (Vec::new(), Cost::default());
            for host in hosts.iter().filter(|host| !host.is_empty()) {
                let answer = dns.addresses(host).await;
                // Of an exchanger nothing counts as void (§4.6.4).
                addresses.extend(found(answer, if is_mx { &mut uncounted } else { cost })?);
            }
            Ok(Node::Hosts(addresses, prefix4, prefix6))
        }
    }
}

/// The record of a domain that another one names.
async fn named(dns: &dyn Dns, domain: &str, cost: &mut Cost) -> Result<Box<Tree>, SpfFault> {
    cost.lookups += 1;
    cost.names.push(domain.to_owned());
    // Also the way out of a record that includes itself.
    if cost.lookups >= GIVE_UP {
        return Ok(Box::new(Tree { record: String::new(), directives: Vec::new(), redirect: None }));
    }
    match Box::pin(tree(dns, domain, cost)).await {
        Ok(tree) => Ok(Box::new(tree)),
        Err(SpfFault::Missing) => {
            Err(SpfFault::Broken(format!("it names {}, which has no SPF record", shown(domain))))
        }
        Err(SpfFault::Several(_)) => {
            Err(SpfFault::Broken(format!("it names {}, which has several SPF records", shown(domain))))
        }
        Err(SpfFault::Broken(why)) if why.contains("the term") => {
            Err(SpfFault::Broken(format!("in the record of {}, {why}", shown(domain))))
        }
        Err(fault) => Err(fault),
    }
}

/// An answer without records counts as void (§4.6.4).
fn found<T>(answer: Answer<T>, cost: &mut Cost) -> Result<Vec<T>, SpfFault> {
    let records = match answer {
        Ok(records) => records,
        Err(DnsFault::NoSuchName) => Vec::new(),
        Err(fault) => return Err(SpfFault::NoAnswer(fault.to_string())),
    };
    cost.void += usize::from(records.is_empty());
    Ok(records)
}

impl Tree {
    /// `check_host()` (§4.6, §5.2) for an address.
    pub(crate) fn verdict(&self, ip: IpAddr) -> Verdict {
        let mut is_unsure = false;
        for (qualifier, node) in &self.directives {
            let matches = match node {
                Node::All => true,
                Node::Network(network, prefix) => is_within(ip, *network, *prefix),
                Node::Hosts(hosts, prefix4, prefix6) => hosts
                    .iter()
                    .any(|host| is_within(ip, *host, if host.is_ipv4() { *prefix4 } else { *prefix6 })),
                Node::Include(tree) => match tree.verdict(ip) {
                    Verdict::Pass => true,
                    Verdict::Unknown => {
                        is_unsure = true;
                        false
                    }
                    _ => false,
                },
                Node::Opaque => {
                    is_unsure = true;
                    false
                }
            };
            if matches {
                return match qualifier {
                    Qualifier::Pass => Verdict::Pass,
                    _ if is_unsure => Verdict::Unknown,
                    Qualifier::Fail => Verdict::Fail,
                    Qualifier::SoftFail => Verdict::SoftFail,
                    Qualifier::Neutral => Verdict::Neutral,
                };
            }
        }
        match &self.redirect {
            _ if is_unsure => Verdict::Unknown,
            Some(tree) => tree.verdict(ip),
            None => Verdict::Neutral,
        }
    }

    /// Whether everybody may send: `+all`.
    pub(crate) fn lets_all(&self) -> bool {
        self.directives.iter().any(|(qualifier, node)| *qualifier == Qualifier::Pass && *node == Node::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::zone::Zone;

    async fn verdict(zone: &Zone, ip: &str) -> Result<Verdict, SpfFault> {
        walk(zone, "example.org").await.map(|walked| walked.tree.verdict(ip.parse().unwrap()))
    }

    #[tokio::test]
    async fn each_mechanism_matches_what_it_should() {
        // RFC 7208 §5 and §6.1.
        let zone = |record: &str| {
            Zone::new()
                .txt("example.org", record)
                .a("example.org", "192.0.2.10")
                .mx("example.org", 10, "mail.example.org")
                .a("mail.example.org", "192.0.2.129")
                .txt("spf.example.net", "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/32 -all")
        };
        for (record, ip, expected) in [
            ("v=spf1 a -all", "192.0.2.10", Verdict::Pass),
            ("v=spf1 a -all", "192.0.2.11", Verdict::Fail),
            ("v=spf1 a/24 -all", "192.0.2.11", Verdict::Pass),
            ("v=spf1 mx ~all", "192.0.2.129", Verdict::Pass),
            ("v=spf1 mx ~all", "192.0.2.10", Verdict::SoftFail),
            ("v=spf1 a:mail.example.org ?all", "192.0.2.129", Verdict::Pass),
            ("v=spf1 include:spf.example.net -all", "198.51.100.7", Verdict::Pass),
            ("v=spf1 include:spf.example.net -all", "2001:db8::7", Verdict::Pass),
            ("v=spf1 include:spf.example.net ?all", "192.0.2.1", Verdict::Neutral),
            ("v=spf1 redirect=spf.example.net", "198.51.100.7", Verdict::Pass),
            ("v=spf1 redirect=spf.example.net", "192.0.2.1", Verdict::Fail),
            ("v=spf1 -a ip4:192.0.2.0/24", "192.0.2.10", Verdict::Fail),
            ("v=spf1", "192.0.2.1", Verdict::Neutral),
            ("v=spf1 exists:%{i}.example.org -all", "192.0.2.1", Verdict::Unknown),
            ("v=spf1 exists:%{i}.example.org a -all", "192.0.2.10", Verdict::Pass),
        ] {
            assert_eq!(verdict(&zone(record), ip).await, Ok(expected), "{record} {ip}");
        }
    }

    #[tokio::test]
    async fn what_makes_receivers_give_up_is_told() {
        let broken = |zone: Zone| async move {
            match walk(&zone, "example.org").await {
                Err(SpfFault::Broken(why)) => why,
                other => panic!("{other:?}"),
            }
        };
        let lookups: String = (0..11).map(|n| format!(" a:h{n}.example.org")).collect();
        let why = broken(Zone::new().txt("example.org", &format!("v=spf1{lookups} -all"))).await;
        assert!(why.contains("11 lookups"), "{why}");
        let endless: String = (0..400).map(|n| format!(" mx:h{n}.example.org")).collect();
        let why = broken(Zone::new().txt("example.org", &format!("v=spf1{endless} -all"))).await;
        assert!(why.contains("30 or more"), "{why}");
        let why = broken(Zone::new().txt("example.org", "v=spf1 include:example.org -all")).await;
        assert!(why.contains("30 or more"), "{why}");
        let why = broken(Zone::new().txt("example.org", "v=spf1 include:none.example.org -all")).await;
        assert!(why.contains("none.example.org, which has no SPF record"), "{why}");
        let nested = Zone::new()
            .txt("example.org", "v=spf1 include:spf.example.net -all")
            .txt("spf.example.net", "v=spf1 ipv4:192.0.2.1 -all");
        let why = broken(nested).await;
        assert!(why.contains("spf.example.net") && why.contains("write ip4:"), "{why}");
        let two = Zone::new().txt("example.org", "v=spf1 a").txt("example.org", "v=spf1 mx");
        assert!(matches!(walk(&two, "example.org").await, Err(SpfFault::Several(all)) if all.len() == 2));
        let other = Zone::new().txt("example.org", "hello");
        assert_eq!(walk(&other, "example.org").await, Err(SpfFault::Missing));
        assert_eq!(walk(&Zone::new(), "example.org").await, Err(SpfFault::Missing));
        let silent = walk(&Zone::silent(), "example.org").await;
        assert!(matches!(silent, Err(SpfFault::NoAnswer(_))));
        let void =
            Zone::new().txt("example.org", "v=spf1 a:x.example.org mx:y.example.org a:z.example.org -all");
        assert_eq!(walk(&void, "example.org").await.unwrap().void, 3);
    }
}
