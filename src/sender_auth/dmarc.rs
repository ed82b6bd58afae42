//! DMARC (RFC 9989, before it RFC 7489): a domain's policy, found by walking up
//! the tree, and whether another domain aligns with it. Records are read by
//! mail-auth.

use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::dmarc::{Alignment, Dmarc, Policy, Psd};

use crate::dns::{Dns, DnsFault};

/// Names that a walk asks for at most (§4.10).
const MOST_STEPS: usize = 8;

/// What stands at one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Level {
    Nothing,
    Record(Dmarc, String),
    /// More than one record counts as none.
    Several(Vec<String>),
    /// It begins like a record and cannot be read.
    Unreadable(String),
}

/// What stands at a domain and above it, from the bottom up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Walk {
    domain: String,
    levels: Vec<(String, Level)>,
}

/// A policy that holds for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held<'a> {
    /// Where it stands.
    pub(crate) at: &'a str,
    pub(crate) record: &'a str,
    pub(crate) policy: Policy,
    pub(crate) dkim: Alignment,
    pub(crate) spf: Alignment,
}

/// Asks for `_dmarc` at the domain and above it (§4.10).
pub(crate) async fn walk(dns: &dyn Dns, domain: &str) -> Result<Walk, DnsFault> {
    let mut levels = Vec::new();
    for name in steps(domain) {
        let texts = match dns.texts(&format!("_dmarc.{name}")).await {
            Ok(texts) => texts,
            Err(DnsFault::NoSuchName) => Vec::new(),
            Err(fault) => return Err(fault),
        };
        let level = level(&texts);
        let is_end = matches!(&level, Level::Record(record, _) if record.psd != Psd::Default);
        levels.push((name.to_owned(), level));
        if is_end {
            break;
        }
    }
    Ok(Walk { domain: domain.to_owned(), levels })
}

/// The domain, then those above it; of a very long name the middle is left out.
fn steps(domain: &str) -> Vec<&str> {
    let labels = domain.split('.').count();
    let mut steps = vec![domain];
    let mut rest = domain;
    let mut left = labels;
    while let Some((_, above)) = rest.split_once('.') {
        rest = above;
        left -= 1;
        if left < MOST_STEPS {
            steps.push(rest);
        }
    }
    steps
}

fn level(texts: &[Vec<u8>]) -> Level {
    let is_dmarc = |text: &&Vec<u8>| text.starts_with(b"v=DMARC1") || text.starts_with(b"v = DMARC1");
    let texts: Vec<&Vec<u8>> = texts.iter().filter(is_dmarc).collect();
    let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    match texts.as_slice() {
        [] => Level::Nothing,
        [one] => match Dmarc::parse(one) {
            Ok(record) => Level::Record(record, shown(one)),
            Err(_) => Level::Unreadable(shown(one)),
        },
        several => Level::Several(several.iter().map(|text| shown(text)).collect()),
    }
}

impl Walk {
    /// The organisational domain (§4.10.2): the one below a public suffix,
    /// else the uppermost with a record, else the domain itself.
    pub(crate) fn organisation(&self) -> &str {
        let records = self.levels.iter().enumerate().filter_map(|(at, (name, level))| match level {
            Level::Record(record, _) => Some((at, name, record)),
            _ => None,
        });
        let mut uppermost = self.domain.as_str();
        for (at, name, record) in records {
            match record.psd {
                Psd::No => return name,
                Psd::Yes if at > 0 => return &self.levels[at - 1].0,
                _ => uppermost = name,
            }
        }
        uppermost
    }

    /// The policy that holds: the domain's own, else the organisation's.
    pub(crate) fn held(&self) -> Option<Held<'_>> {
        let organisation = self.organisation();
        self.levels.iter().find_map(|(name, level)| match level {
            Level::Record(record, text) if *name == self.domain || name == organisation => Some(Held {
                at: name,
                record: text,
                policy: if *name == self.domain { record.p } else { record.sp },
                dkim: record.adkim,
                spf: record.aspf,
            }),
            _ => None,
        })
    }

    /// The lowest name whose records are no good, when none holds.
    pub(crate) fn bad(&self) -> Option<(&str, &Level)> {
        let bad =
            self.levels.iter().find(|(_, level)| matches!(level, Level::Several(_) | Level::Unreadable(_)));
        bad.map(|(name, level)| (name.as_str(), level))
    }
}

/// Whether a domain that was proved counts for the one in `From` (§4.4).
pub(crate) fn is_aligned(proved: &Walk, from: &Walk, how: Alignment) -> bool {
    let (a, b) = (proved.domain.as_str(), from.domain.as_str());
    let is_above = |upper: &str, lower: &str| {
        upper.contains('.') && lower.strip_suffix(upper).is_some_and(|rest| rest.ends_with('.'))
    };
    match how {
        _ if a.eq_ignore_ascii_case(b) => true,
        Alignment::Strict => false,
        Alignment::Relaxed => {
            proved.organisation() == from.organisation()
                // Without any record nobody knows where the organisation begins.
                || (from.held().is_none() && (is_above(a, b) || is_above(b, a)))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dns::zone::Zone;

    #[test]
    fn a_walk_goes_up_and_leaves_out_the_middle_of_a_long_name() {
        assert_eq!(steps("a.example.org"), ["a.example.org", "example.org", "org"]);
        assert_eq!(steps("org"), ["org"]);
        // RFC 9989 §4.10: a name of more than eight labels goes on with seven.
        let long = steps("a.b.c.d.e.f.g.h.i.example.org");
        assert_eq!(long[..2], ["a.b.c.d.e.f.g.h.i.example.org", "e.f.g.h.i.example.org"]);
        assert_eq!(long.len(), MOST_STEPS);
    }

    #[tokio::test]
    async fn the_organisation_is_found_by_its_records() {
        // RFC 9989 §4.10.2.
        for (records, domain, organisation, policy) in [
            (
                &[("example.org", "v=DMARC1; p=reject")][..],
                "a.example.org",
                "example.org",
                Some(Policy::Reject),
            ),
            (
                &[("example.org", "v=DMARC1; p=reject; sp=none")],
                "a.example.org",
                "example.org",
                Some(Policy::None),
            ),
            (
                &[("example.org", "v=DMARC1; p=reject"), ("a.example.org", "v=DMARC1; p=none")],
                "a.example.org",
                "example.org",
                Some(Policy::None),
            ),
            (
                &[("example.org", "v=DMARC1; p=reject"), ("a.example.org", "v=DMARC1; p=none; psd=n")],
                "b.a.example.org",
                "a.example.org",
                Some(Policy::None),
            ),
            (&[("co.uk", "v=DMARC1; p=reject; psd=y")], "a.example.co.uk", "example.co.uk", None),
            (&[], "a.example.org", "a.example.org", None),
        ] {
            let zone = records
                .iter()
                .fold(Zone::new(), |zone, (name, record)| zone.txt(&format!("_dmarc.{name}"), record));
            let walk = walk(&zone, domain).await.unwrap();
            assert_eq!(walk.organisation(), organisation, "{records:?}");
            assert_eq!(walk.held().map(|held| held.policy), policy, "{records:?}");
        }
    }

    #[tokio::test]
    async fn alignment_is_strict_or_relaxed() {
        let zone = Zone::new().txt("_dmarc.example.org", "v=DMARC1; p=none");
        for (proved, from, strict, relaxed) in [
            ("example.org", "example.org", true, true),
            ("mail.example.org", "example.org", false, true),
            ("example.org", "news.example.org", false, true),
            ("mail.example.org", "news.example.org", false, true),
            ("example.net", "example.org", false, false),
            ("badexample.org", "example.org", false, false),
            ("org", "example.org", false, false),
            // No record anywhere.
            ("mail.example.com", "example.com", false, true),
            ("mail.example.com", "news.example.com", false, false),
        ] {
            let (a, b) = (walk(&zone, proved).await.unwrap(), walk(&zone, from).await.unwrap());
            assert_eq!(is_aligned(&a, &b, Alignment::Strict), strict, "{proved} {from}");
            assert_eq!(is_aligned(&a, &b, Alignment::Relaxed), relaxed, "{proved} {from}");
        }
    }

    #[tokio::test]
    async fn records_that_count_as_none_are_told() {
        let zone = Zone::new()
            .txt("_dmarc.example.org", "v=DMARC1; p=none")
            .txt("_dmarc.example.org", "v=DMARC1; p=reject")
            .txt("_dmarc.example.net", "v=DMARC1; p=nothing")
            .txt("_dmarc.example.com", "hello");
        let of = |domain: &'static str| walk(&zone, domain);
        assert!(
            matches!(of("example.org").await.unwrap().bad(), Some((_, Level::Several(two))) if two.len() == 2)
        );
        assert!(matches!(of("example.net").await.unwrap().bad(), Some((_, Level::Unreadable(_)))));
        assert_eq!(of("example.com").await.unwrap().bad(), None);
        assert!(walk(&Zone::silent(), "example.org").await.is_err());
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), text in "v=DMARC1;( ?(p|sp|adkim|aspf|rua|psd|t|pct|fo)=[a-z:@!0-9,]{0,12};?){0,6}") {
            let _ = level(&[bytes, text.into_bytes()]);
        }

        #[test]
        fn no_name_makes_it_panic(name in "[a-z.]{0,60}") {
            prop_assert!(steps(&name).len() <= MOST_STEPS);
        }
    }
}
