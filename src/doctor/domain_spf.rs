//! SPF of one domain: the record, and whether the way that mails leave is in it.

use std::net::IpAddr;

use super::address::Way;
use super::domain::silent;
use super::report::{Area, Finding, Record};
use crate::dns::Dns;
use crate::sender_auth::spf::{merged, shown, softened, term_of, with_terms};
use crate::sender_auth::spf_walk::{MOST_LOOKUPS, MOST_VOID, SpfFault, Verdict, Walked, walk};

/// Services, by the end of their relay's name, and what they ask for.
const SERVICES: &[(&str, &str)] = &[
    ("amazonaws.com", "amazonses.com"),
    ("brevo.com", "spf.brevo.com"),
    ("fastmail.com", "spf.messagingengine.com"),
    ("gmail.com", "_spf.google.com"),
    ("google.com", "_spf.google.com"),
    ("mailgun.org", "mailgun.org"),
    ("mailjet.com", "spf.mailjet.com"),
    ("messagingengine.com", "spf.messagingengine.com"),
    ("office365.com", "spf.protection.outlook.com"),
    ("postmarkapp.com", "spf.mtasv.net"),
    ("sendgrid.net", "sendgrid.net"),
];

pub(super) async fn look(dns: &dyn Dns, area: &Area, domain: &str, ways: &[Way]) -> Vec<Finding> {
    let publish = |text: String| Record::txt(domain, text);
    let walked = match walk(dns, domain).await {
        Ok(walked) => walked,
        Err(SpfFault::NoAnswer(why)) => return vec![silent(area, "spf", &why)],
        Err(SpfFault::Missing) => {
            let missing = area.fault("spf", "there is no SPF record, and large receivers refuse such mails");
            return vec![first_record(missing, publish, ways)];
        }
        Err(SpfFault::Several(records)) => {
            let several = format!("there are {} SPF records, which count as none (RFC 7208)", records.len());
            let one = area.fault("spf", several).publish(publish(merged(&records)));
            return vec![one.advise("keep this one and take the others away")];
        }
        Err(SpfFault::Broken(why)) => {
            let advice = if why.contains("lookups") {
                "take out what is no longer used, and write addresses (ip4:, ip6:) where they rarely change"
            } else {
                "correct the record; receivers give up at it"
            };
            return vec![area.fault("spf", format!("the record cannot be used: {why}")).advise(advice)];
        }
    };
    let mut findings: Vec<Finding> = ways.iter().map(|way| judge(area, domain, &walked, way)).collect();
    if walked.tree.lets_all() {
        let all = area.warning("spf", "the record ends with +all and lets everybody send in its name");
        findings.push(all.publish(publish(softened(&walked.tree.record))));
    }
    if walked.void > MOST_VOID {
        let void =
            format!("{} names in the record lead nowhere, and receivers may give up at it", walked.void);
        findings.push(area.warning("spf", void).advise("take the names out that are gone"));
    }
    findings
}

/// For a domain without a record.
fn first_record(finding: Finding, publish: impl Fn(String) -> Record, ways: &[Way]) -> Finding {
    let mut terms = Vec::new();
    let mut advice = Vec::new();
    for way in ways {
        match way {
            Way::Known(ips) => terms.extend(ips.iter().map(|ip| term_of(*ip))),
            Way::Here => {
                terms.push("ip4:ADDRESS".to_owned());
                advice.push("ADDRESS is the public address that mails leave from".to_owned());
            }
            Way::Relay { host, addresses } => match service_of(host) {
                Some(include) => terms.push(format!("include:{include}")),
                None => {
                    terms.extend(outer(addresses).map(term_of));
                    advice.push(format!(
                        "ask who runs {host} for the include: that belongs there, and write that instead"
                    ));
                }
            },
        }
    }
    let record = with_terms("v=spf1 ~all", &terms);
    advice.into_iter().fold(finding.publish(publish(record)), Finding::advise)
}

fn judge(area: &Area, domain: &str, walked: &Walked, way: &Way) -> Finding {
    let tree = &walked.tree;
    let cost = format!("{} of {MOST_LOOKUPS} lookups", walked.lookups);
    let with = |terms: &[String]| Record::txt(domain, with_terms(&tree.record, terms));
    match way {
        Way::Known(ips) => {
            let refused: Vec<(IpAddr, Verdict)> = ips
                .iter()
                .map(|ip| (*ip, tree.verdict(*ip)))
                .filter(|(_, verdict)| *verdict != Verdict::Pass)
                .collect();
            let Some((ip, verdict)) = refused.first() else {
                let all: Vec<String> = ips.iter().map(ToString::to_string).collect();
                return area.ok("spf", format!("lets {} send ({cost})", all.join(" and ")));
            };
            if refused.iter().all(|(_, verdict)| *verdict == Verdict::Unknown) {
                return area
                    .not_checked(
                        "spf",
                        format!("whether {ip} may send, only a mail can tell: the record has macros"),
                    )
                    .run("postbell mail test YOUR-ADDRESS")
                    .advise("then look for spf=pass in its headers");
            }
            let word = match verdict {
                Verdict::Fail => "forbids",
                Verdict::SoftFail => "does not list (~all)",
                _ => "does not list",
            };
            let terms: Vec<String> = refused.iter().map(|(ip, _)| term_of(*ip)).collect();
            area.fault("spf", format!("the record {word} {ip}, which mails leave from")).publish(with(&terms))
        }
        Way::Here => area
            .not_checked(
                "spf",
                format!(
                    "there is a record ({cost}), but the public address that mails leave from is not known"
                ),
            )
            .run("postbell doctor --ip ADDRESS"),
        Way::Relay { host, addresses } => relay(area, walked, host, addresses, &cost, with),
    }
}

fn relay(
    area: &Area,
    walked: &Walked,
    host: &str,
    addresses: &[IpAddr],
    cost: &str,
    with: impl Fn(&[String]) -> Record,
) -> Finding {
    let includes = |name: &str| walked.names.iter().find(|own| is_of_one_house(own, name));
    if let Some(include) = service_of(host) {
        return match includes(include) {
            Some(own) => area.ok("spf", format!("names {} for {host} ({cost})", shown(own))),
            None => area
                .warning("spf", format!("the record does not name {include}, which {host} asks for"))
                .publish(with(&[format!("include:{include}")]))
                .advise("not needed if the service puts its own domain into the envelope"),
        };
    }
    if let Some(own) = includes(host) {
        return area.ok("spf", format!("names {} for {host} ({cost})", shown(own)));
    }
    let is_in = |ip: &IpAddr| walked.tree.verdict(*ip) == Verdict::Pass;
    if !addresses.is_empty() && addresses.iter().all(is_in) {
        return area.ok("spf", format!("lets the addresses of {host} send ({cost})"));
    }
    area.not_checked(
        "spf",
        format!("there is a record ({cost}); whether it lets {host} send cannot be known from here: relays send from other addresses"),
    )
    .run("postbell mail test YOUR-ADDRESS")
    .advise(format!("then look for spf=pass in its headers, or ask who runs {host} for the include: that belongs there"))
}

fn outer(addresses: &[IpAddr]) -> impl Iterator<Item = IpAddr> {
    addresses.iter().copied().filter(|ip| !ip.is_loopback())
}

fn service_of(host: &str) -> Option<&'static str> {
    let host = host.to_ascii_lowercase();
    let is_of = |end: &str| host == end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
    SERVICES.iter().find(|(end, _)| is_of(end)).map(|(_, include)| *include)
}

/// Whether the last two labels are the same. Too kind under a suffix such as
/// `co.uk`; it only decides over a guess that is told as one.
fn is_of_one_house(a: &str, b: &str) -> bool {
    let last_two = |domain: &str| {
        let labels: Vec<String> = domain.rsplit('.').take(2).map(str::to_ascii_lowercase).collect();
        labels.join(".")
    };
    last_two(a) == last_two(b)
}

#[cfg(test)]
mod tests {
    use super::super::report::{Status, Step};
    use super::*;
    use crate::dns::zone::Zone;

    async fn one(record: &str, way: Way) -> Finding {
        let zone = Zone::new()
            .txt("example.org", record)
            .txt("sendgrid.net", "v=spf1 ip4:198.51.100.0/24 ~all")
            .txt("_spf.relay.example", "v=spf1 ip4:203.0.113.0/24 ~all");
        let area = Area::new("domain", "example.org");
        let mut findings = look(&zone, &area, "example.org", &[way]).await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    }

    fn record(finding: &Finding) -> Option<&str> {
        finding.next.iter().find_map(|step| match step {
            Step::Publish(record) => Some(record.value.as_str()),
            _ => None,
        })
    }

    #[tokio::test]
    async fn each_way_is_judged_and_the_record_to_add_is_whole() {
        let known = || Way::Known(vec!["203.0.113.7".parse().unwrap()]);
        let via =
            |host: &str| Way::Relay { host: host.into(), addresses: vec!["203.0.113.9".parse().unwrap()] };
        for (text, way, status, add) in [
            ("v=spf1 ip4:203.0.113.7 -all", known(), Status::Ok, None),
            ("v=spf1 mx -all", known(), Status::Fault, Some("v=spf1 mx ip4:203.0.113.7 -all")),
            ("v=spf1 mx", known(), Status::Fault, Some("v=spf1 mx ip4:203.0.113.7")),
            ("v=spf1 exists:%{i}.x.example -all", known(), Status::NotChecked, None),
            ("v=spf1 -all", Way::Here, Status::NotChecked, None),
            ("v=spf1 include:sendgrid.net ~all", via("smtp.sendgrid.net"), Status::Ok, None),
            (
                "v=spf1 ~all",
                via("smtp.sendgrid.net"),
                Status::Warning,
                Some("v=spf1 include:sendgrid.net ~all"),
            ),
            ("v=spf1 include:_spf.relay.example ~all", via("smtp.relay.example"), Status::Ok, None),
            ("v=spf1 ip4:203.0.113.0/24 ~all", via("smtp.other.example"), Status::Ok, None),
            ("v=spf1 ~all", via("smtp.other.example"), Status::NotChecked, None),
            ("hello", known(), Status::Fault, Some("v=spf1 ip4:203.0.113.7 ~all")),
            ("hello", via("smtp.sendgrid.net"), Status::Fault, Some("v=spf1 include:sendgrid.net ~all")),
            ("hello", via("smtp.other.example"), Status::Fault, Some("v=spf1 ip4:203.0.113.9 ~all")),
            ("hello", Way::Here, Status::Fault, Some("v=spf1 ip4:ADDRESS ~all")),
        ] {
            let finding = one(text, way).await;
            assert_eq!((finding.status, record(&finding)), (status, add), "{text}: {finding:?}");
        }
    }
}
