//! SPF records (RFC 7208): reading one, naming the term that is wrong, adding
//! to one. Pure; `spf_walk` asks the DNS.
//!
//! mail-auth has a reader too, but takes a term that it does not know, such as
//! `ipv4:192.0.2.1`, for one to pass over, and does not say which term is
//! wrong; those are the slips that people make.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What a match means (§4.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Qualifier {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

/// What may match (§5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mechanism {
    All,
    Include(String),
    /// `a`, or `mx` when `is_mx`; without a domain the record's own.
    Hosts {
        is_mx: bool,
        domain: Option<String>,
        prefix4: u8,
        prefix6: u8,
    },
    Network(IpAddr, u8),
    /// Cannot be judged without a mail: macros, `exists`, `ptr`; costs a lookup.
    Opaque(String),
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spf {
    pub(crate) directives: Vec<(Qualifier, Mechanism)>,
    pub(crate) redirect: Option<String>,
}

/// Whether a TXT record is one of SPF (§4.5).
pub(crate) fn is_spf(record: &[u8]) -> bool {
    let head = record.get(..6).is_some_and(|head| head.eq_ignore_ascii_case(b"v=spf1"));
    head && record.get(6).is_none_or(|next| *next == b' ')
}

/// Reads a record (§4.6, §12).
///
/// # Errors
/// The term that is wrong and why, as a sentence without its end.
pub(crate) fn parse(record: &str) -> Result<Spf, String> {
    let mut spf = Spf { directives: Vec::new(), redirect: None };
    let mut has_exp = false;
    for term in record.split(' ').skip(1).filter(|term| !term.is_empty()) {
        let wrong = |why: &str| format!("the term \"{}\" {why}", shown(term));
        if !term.is_ascii() || term.bytes().any(|b| b.is_ascii_control()) {
            return Err(wrong("has letters that may not be there"));
        }
        if let Some((name, value)) = modifier(term) {
            match name.to_ascii_lowercase().as_str() {
                "redirect" if spf.redirect.is_some() => return Err(wrong("stands there twice")),
                "redirect" => spf.redirect = Some(domain(value).ok_or_else(|| wrong("names no domain"))?),
                "exp" if has_exp => return Err(wrong("stands there twice")),
                "exp" => has_exp = true,
                _ => {}
            }
            continue;
        }
        let (qualifier, rest) = match term.split_at(1) {
            ("+", rest) => (Qualifier::Pass, rest),
            ("-", rest) => (Qualifier::Fail, rest),
            ("~", rest) => (Qualifier::SoftFail, rest),
            ("?", rest) => (Qualifier::Neutral, rest),
            _ => (Qualifier::Pass, term),
        };
        spf.directives.push((qualifier, mechanism(rest).map_err(wrong)?));
    }
    Ok(spf)
}

/// `name=value`; a mechanism has `:` or `/` before any `=`.
fn modifier(term: &str) -> Option<(&str, &str)> {
    let at = term.find(['=', ':', '/'])?;
    let (name, value) = term.split_at(at);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    value.strip_prefix('=').filter(|_| is_name).map(|value| (name, value))
}

fn mechanism(text: &str) -> Result<Mechanism, &'static str> {
    let at = text.find([':', '/']).unwrap_or(text.len());
    let (name, rest) = text.split_at(at);
    let argument = rest.strip_prefix(':');
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "all" if rest.is_empty() => Ok(Mechanism::All),
        "all" => Err("takes nothing behind \"all\""),
        "include" | "exists" => {
            let domain = argument.and_then(domain).ok_or("names no domain")?;
            let is_known = name == "include" && !domain.contains('%');
            Ok(if is_known { Mechanism::Include(domain) } else { Mechanism::Opaque(text.to_owned()) })
        }
        "ptr" => match argument {
            Some(name) if domain(name).is_none() => Err("names no domain"),
            None if !rest.is_empty() => Err("takes a domain only, like ptr:example.org"),
            _ => Ok(Mechanism::Opaque(text.to_owned())),
        },
        "a" | "mx" => hosts(&name, text, rest),
        "ip4" => network(argument, 32, |text| text.parse::<Ipv4Addr>().ok().map(IpAddr::V4))
            .ok_or("is no IPv4 network; write it like ip4:192.0.2.7 or ip4:192.0.2.0/24"),
        "ip6" => network(argument, 128, |text| text.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
            .ok_or("is no IPv6 network; write it like ip6:2001:db8::7 or ip6:2001:db8::/32"),
        "ip" | "ipv4" => Err("is unknown to SPF; write ip4:"),
        "ipv6" => Err("is unknown to SPF; write ip6:"),
        _ => Err("is unknown to SPF"),
    }
}

fn hosts(name: &str, text: &str, rest: &str) -> Result<Mechanism, &'static str> {
    const WRONG: &str = "is not well-formed; write it like a:mail.example.org or mx/24";
    let (domain_text, prefixes) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let domain = match domain_text.strip_prefix(':') {
        Some(text) => Some(domain(text).ok_or("names no domain")?),
        None if domain_text.is_empty() => None,
        None => return Err(WRONG),
    };
    // `/24`, `//64` or `/24//64` (§5.6).
    let (prefix4, prefix6) = match prefixes.split_once("//") {
        Some((four, six)) => (four, Some(six)),
        None => (prefixes, None),
    };
    let prefix4 = match prefix4.strip_prefix('/') {
        Some(text) => prefix(text, 32).ok_or(WRONG)?,
        None if prefix4.is_empty() => 32,
        None => return Err(WRONG),
    };
    let prefix6 = six(prefix6).ok_or(WRONG)?;
    if domain.as_ref().is_some_and(|domain| domain.contains('%')) {
        return Ok(Mechanism::Opaque(text.to_owned()));
    }
    Ok(Mechanism::Hosts { is_mx: name == "mx", domain, prefix4, prefix6 })
}

fn six(text: Option<&str>) -> Option<u8> {
    text.map_or(Some(128), |text| prefix(text, 128))
}

fn prefix(text: &str, longest: u8) -> Option<u8> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|prefix| is_number && *prefix <= longest)
}

fn network(text: Option<&str>, longest: u8, address: impl Fn(&str) -> Option<IpAddr>) -> Option<Mechanism> {
    let text = text?;
    let (ip, length) = match text.split_once('/') {
        Some((ip, length)) => (ip, prefix(length, longest)?),
        None => (text, longest),
    };
    Some(Mechanism::Network(address(ip)?, length))
}

/// A domain, or a text with macros (§7) that stands for one.
fn domain(text: &str) -> Option<String> {
    let text = text.trim_end_matches('.');
    let is_name = text.contains('%')
        || (text.contains('.')
            && text.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            }));
    (is_name && text.len() <= 253).then(|| text.to_ascii_lowercase())
}

/// Whether two addresses lie in one network.
pub(crate) fn is_within(ip: IpAddr, network: IpAddr, prefix: u8) -> bool {
    IpNet::new(network, prefix).is_ok_and(|network| network.contains(&ip.to_canonical()))
}

/// The record with further terms in it, before the first term that may refuse
/// and what ends it (§4.6.2, §5.1, §6.1): behind those nobody reads them.
pub(crate) fn with_terms(record: &str, terms: &[String]) -> String {
    let mut all: Vec<&str> = record.split(' ').filter(|term| !term.is_empty()).collect();
    let is_end = |term: &&str| {
        term.starts_with(['-', '~', '?'])
            || is_all(term)
            || term.to_ascii_lowercase().starts_with("redirect=")
    };
    let mut at = all.iter().position(is_end).unwrap_or(all.len());
    for term in terms {
        if !all[..at].contains(&term.as_str()) {
            all.retain(|other| other != term);
            all.insert(at, term);
            at += 1;
        }
    }
    all.join(" ")
}

/// The record without the leave for everybody.
pub(crate) fn softened(record: &str) -> String {
    let is_open = |term: &str| term.eq_ignore_ascii_case("all") || term.eq_ignore_ascii_case("+all");
    let terms: Vec<&str> = record.split(' ').map(|term| if is_open(term) { "~all" } else { term }).collect();
    terms.join(" ")
}

/// `all`, whatever a match means.
fn is_all(term: &str) -> bool {
    term.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all")
}

/// One record that says what several said; more than one is none at all (§4.5).
pub(crate) fn merged(records: &[String]) -> String {
    let terms: Vec<&str> = records.iter().flat_map(|record| record.split(' ').skip(1)).collect();
    let mut one = vec!["v=spf1"];
    for term in terms.iter().filter(|term| !term.is_empty() && !is_all(term)) {
        if !one.contains(term) {
            one.push(term);
        }
    }
    one.extend(terms.iter().rev().find(|term| is_all(term)));
    one.join(" ")
}

/// The address as a term.
pub(crate) fn term_of(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => format!("ip4:{ip}"),
        IpAddr::V6(ip) => format!("ip6:{ip}"),
    }
}

/// Text of strangers, short and printable.
pub(crate) fn shown(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).take(200).collect();
    text.replace('"', "'")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_is_known_by_its_version() {
        // RFC 7208 §4.5.
        for (text, is) in [
            ("v=spf1", true),
            ("V=SPF1 -all", true),
            ("v=spf1 ", true),
            ("v=spf10", false),
            ("v=spf1-all", false),
            (" v=spf1", false),
            ("v=spf", false),
            ("", false),
        ] {
            assert_eq!(is_spf(text.as_bytes()), is, "{text:?}");
        }
    }

    #[test]
    fn every_term_is_read() {
        use Mechanism::{All, Hosts, Include, Network, Opaque};
        use Qualifier::{Fail, Neutral, Pass, SoftFail};
        let a = |domain: Option<&str>, prefix4, prefix6| Hosts {
            is_mx: false,
            domain: domain.map(str::to_owned),
            prefix4,
            prefix6,
        };
        // RFC 7208 §5, with the forms of §12.
        for (term, qualifier, mechanism) in [
            ("-all", Fail, All),
            ("~ALL", SoftFail, All),
            ("?include:_spf.Example.org", Neutral, Include("_spf.example.org".into())),
            ("a", Pass, a(None, 32, 128)),
            ("a/24", Pass, a(None, 24, 128)),
            ("a//64", Pass, a(None, 32, 64)),
            ("+a:b.example/24//64", Pass, a(Some("b.example"), 24, 64)),
            ("mx", Pass, Hosts { is_mx: true, domain: None, prefix4: 32, prefix6: 128 }),
            ("ip4:192.0.2.0/24", Pass, Network("192.0.2.0".parse().unwrap(), 24)),
            ("ip6:2001:db8::1", Pass, Network("2001:db8::1".parse().unwrap(), 128)),
            ("ptr", Pass, Opaque("ptr".into())),
            ("exists:%{ir}.sbl.example", Pass, Opaque("exists:%{ir}.sbl.example".into())),
            ("include:%{d}.x.example", Pass, Opaque("include:%{d}.x.example".into())),
        ] {
            let spf = parse(&format!("v=spf1  {term}")).unwrap_or_else(|why| panic!("{term}: {why}"));
            assert_eq!(spf.directives, [(qualifier, mechanism)], "{term}");
        }
        let spf = parse("v=spf1 redirect=_spf.example.org exp=why.%{d} x-y=z").unwrap();
        assert_eq!((spf.directives.len(), spf.redirect.as_deref()), (0, Some("_spf.example.org")));
    }

    #[test]
    fn the_term_that_is_wrong_is_named() {
        for (term, why) in [
            ("ipv4:192.0.2.1", "write ip4:"),
            ("ip4:192.0.2.256", "no IPv4 network"),
            ("ip4:192.0.2.0/33", "no IPv4 network"),
            ("ip4", "no IPv4 network"),
            ("ip6:192.0.2.1", "no IPv6 network"),
            ("include:", "names no domain"),
            ("include", "names no domain"),
            ("inculde:x.example", "unknown"),
            ("a:b.example/99", "not well-formed"),
            ("all:x", "takes nothing"),
            ("-all.", "unknown"),
        ] {
            let said = parse(&format!("v=spf1 mx {term} -all")).expect_err(term);
            assert!(said.contains(why) && said.contains(term), "{term}: {said}");
        }
        assert!(parse("v=spf1 redirect=a.example redirect=b.example").is_err());
    }

    #[test]
    fn a_term_is_added_before_the_end() {
        let add = |record: &str| with_terms(record, &["ip4:192.0.2.7".to_owned()]);
        assert_eq!(add("v=spf1 mx ~all"), "v=spf1 mx ip4:192.0.2.7 ~all");
        assert_eq!(add("v=spf1 redirect=x.example"), "v=spf1 ip4:192.0.2.7 redirect=x.example");
        assert_eq!(add("v=spf1"), "v=spf1 ip4:192.0.2.7");
        assert_eq!(add("v=spf1 ip4:192.0.2.7 -all"), "v=spf1 ip4:192.0.2.7 -all");
        assert_eq!(add("v=spf1 mx ~all ip4:192.0.2.7"), "v=spf1 mx ip4:192.0.2.7 ~all");
        assert_eq!(
            add("v=spf1 a -ip4:192.0.2.0/24 mx ~all"),
            "v=spf1 a ip4:192.0.2.7 -ip4:192.0.2.0/24 mx ~all"
        );
        let both = ["v=spf1 mx ~all".to_owned(), "v=spf1 mx include:x.example -all".to_owned()];
        assert_eq!(merged(&both), "v=spf1 mx include:x.example -all");
        assert_eq!(softened("v=spf1 a:all.example +ALL"), "v=spf1 a:all.example ~all");
    }

    #[test]
    fn networks_are_compared_by_their_prefix() {
        for (ip, network, prefix, is) in [
            ("192.0.2.7", "192.0.2.0", 24, true),
            ("192.0.3.7", "192.0.2.0", 24, false),
            ("192.0.2.7", "10.0.0.0", 0, true),
            ("::ffff:192.0.2.7", "192.0.2.7", 32, true),
            ("2001:db8::1", "2001:db8::", 32, true),
            ("2001:db9::1", "2001:db8::", 32, false),
            ("2001:db9::1", "::", 0, true),
            ("192.0.2.7", "2001:db8::", 0, false),
        ] {
            let (a, b) = (ip.parse().unwrap(), network.parse().unwrap());
            assert_eq!(is_within(a, b, prefix), is, "{ip} {network}/{prefix}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(text in "v=spf1 \\PC{0,80}|\\PC{0,80}|v=spf1( [+~?-]?(a|mx|ip4|ip6|include|all|ptr)[:/=.0-9a-f%{}]{0,12}){0,6}") {
            let _ = (is_spf(text.as_bytes()), parse(&text), merged(std::slice::from_ref(&text)));
            let _ = with_terms(&text, &["a".to_owned()]);
        }
    }
}
