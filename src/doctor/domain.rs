//! A domain that mails are from: SPF, DMARC, and whether answers and bounces
//! can reach it.

use super::address::Way;
use super::report::{Area, Finding, Record};
use super::{domain_dmarc, domain_spf};
use crate::config::Config;
use crate::dns::{Dns, DnsFault};
use crate::domain::Blog;
use crate::mail::Originator;
use crate::mail::dkim::DkimSettings;

/// Exchangers that are tried before a domain counts as out of reach.
const MOST_EXCHANGERS: usize = 10;

/// A domain and who uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SenderDomain {
    /// As A-labels, lower-case.
    pub(super) domain: String,
    /// Like `mail.from`, `blog kim`.
    pub(super) used_by: Vec<String>,
    /// Whether it stands in a `From`, which DMARC asks about.
    is_from: bool,
    /// The domain of the envelope sender of mails from here, which SPF asks
    /// about.
    envelope: String,
}

impl SenderDomain {
    /// One that stands in a `From` and is its own envelope sender.
    pub(super) fn alone(domain: &str) -> Self {
        let domain = domain.to_ascii_lowercase();
        Self { envelope: domain.clone(), domain, used_by: Vec::new(), is_from: true }
    }
}

/// Every domain in a `From`, and that of `mail.bounce_address`. Without such
/// an address the envelope sender is the one in `From`.
pub(super) fn senders(config: &Config, blogs: &[Blog]) -> Vec<SenderDomain> {
    let own = |sender: &Option<Originator>| sender.as_ref().map(|sender| sender.address.domain().to_owned());
    let of_blog = |blog: &Blog| {
        let sender = Originator::parse(blog.mail_from.as_deref()?).ok()?;
        Some((format!("blog {}", blog.slug), sender.address.domain().to_owned()))
    };
    let settings =
        [("mail.from", own(&config.mail.from)), ("mail.notice_from", own(&config.mail.notice_from))];
    let settings = settings.into_iter().filter_map(|(key, domain)| Some((key.to_owned(), domain?)));
    let bounces = config.mail.return_path.as_ref().map(|path| path.domain().to_ascii_lowercase());
    let mut all: Vec<SenderDomain> = Vec::new();
    for (user, domain) in settings.chain(blogs.iter().filter_map(of_blog)) {
        let domain = domain.to_ascii_lowercase();
        match all.iter_mut().find(|known| known.domain == domain) {
            Some(known) => known.used_by.push(user),
            None => {
                let envelope = bounces.clone().unwrap_or_else(|| domain.clone());
                all.push(SenderDomain { domain, used_by: vec![user], is_from: true, envelope });
            }
        }
    }
    if let Some(domain) = bounces {
        let user = "mail.bounce_address".to_owned();
        match all.iter_mut().find(|known| known.domain == domain) {
            Some(known) => known.used_by.push(user),
            None => {
                let envelope = domain.clone();
                all.push(SenderDomain { domain, used_by: vec![user], is_from: false, envelope });
            }
        }
    }
    all
}

/// All checks of one domain.
pub(super) async fn look(
    dns: &dyn Dns,
    sender: &SenderDomain,
    dkim: Option<&DkimSettings>,
    ways: &[Way],
) -> Vec<Finding> {
    let area = Area::new("domain", &*sender.domain).used_by(&sender.used_by);
    let domain = sender.domain.as_str();
    let (spf, dmarc, mx) = tokio::join!(
        async {
            match sender.envelope == domain {
                true => domain_spf::look(dns, &area, domain, ways).await,
                false => Vec::new(),
            }
        },
        async {
            match sender.is_from {
                true => domain_dmarc::look(dns, &area, domain, &sender.envelope, dkim).await,
                false => Vec::new(),
            }
        },
        reachable(dns, &area, domain),
    );
    [spf, dmarc, vec![mx]].concat()
}

/// What to say when the DNS is silent.
pub(super) fn silent(area: &Area, check: &'static str, why: &str) -> Finding {
    area.not_checked(check, why).run("postbell doctor --resolver 9.9.9.9")
}

/// Whether bounces and answers arrive: MX, else an address (RFC 5321 §5.1).
async fn reachable(dns: &dyn Dns, area: &Area, domain: &str) -> Finding {
    let mx = |host: &str| Record { name: domain.to_owned(), kind: "MX", value: format!("10 {host}.") };
    let exchangers = match dns.exchangers(domain).await {
        Ok(exchangers) => exchangers,
        Err(DnsFault::NoSuchName) => {
            return area
                .fault("mx", format!("there is no domain {domain}; receivers refuse mails from it"))
                .advise("correct the sender's address, or register the domain");
        }
        Err(fault) => return silent(area, "mx", &fault.to_string()),
    };
    if exchangers.iter().any(|mx| mx.host.is_empty()) {
        return area
            .fault(
                "mx",
                "the domain says that it takes no mail (null MX, RFC 7505); receivers refuse mails from it",
            )
            .publish(mx(&format!("mail.{domain}")))
            .advise("name the server that takes its mail, or send from another domain");
    }
    if exchangers.is_empty() {
        return match dns.addresses(domain).await {
            Ok(addresses) if !addresses.is_empty() => area
                .warning("mx", "it has no MX record; mail goes to its address, if anything takes it there")
                .publish(mx(&format!("mail.{domain}"))),
            Err(fault @ DnsFault::NoAnswer(_)) => silent(area, "mx", &fault.to_string()),
            _ => area
                .fault("mx", "it has neither MX nor address: no bounce or answer arrives, and receivers refuse its mails")
                .publish(mx(&format!("mail.{domain}"))),
        };
    }
    let mut is_silent = None;
    for exchanger in exchangers.iter().take(MOST_EXCHANGERS) {
        match dns.addresses(&exchanger.host).await {
            Ok(addresses) if !addresses.is_empty() => {
                return area
                    .ok("mx", format!("{} takes its mail", crate::sender_auth::spf::shown(&exchanger.host)));
            }
            Err(fault @ DnsFault::NoAnswer(_)) => is_silent = Some(fault.to_string()),
            _ => {}
        }
    }
    match is_silent {
        Some(why) => silent(area, "mx", &why),
        None => area
            .fault(
                "mx",
                format!(
                    "{} has no address: no bounce or answer arrives",
                    crate::sender_auth::spf::shown(&exchangers[0].host)
                ),
            )
            .advise("correct the MX record, or give that name an A record"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;
    use crate::dns::zone::Zone;

    #[tokio::test]
    async fn a_domain_must_take_mail_itself() {
        let area = Area::new("domain", "example.org");
        let null = || Zone::new().mx("example.org", 0, "");
        for (zone, status) in [
            (
                Zone::new().mx("example.org", 10, "mx.example.net").a("mx.example.net", "192.0.2.1"),
                Status::Ok,
            ),
            (Zone::new().mx("example.org", 10, "mx.example.net"), Status::Fault),
            (null(), Status::Fault),
            (Zone::new().a("example.org", "192.0.2.1"), Status::Warning),
            (Zone::new().txt("example.org", "x"), Status::Fault),
            (Zone::new(), Status::Fault),
            (Zone::silent(), Status::NotChecked),
        ] {
            let finding = reachable(&zone, &area, "example.org").await;
            assert_eq!(finding.status, status, "{finding:?}");
            assert_eq!(finding.next.is_empty(), status == Status::Ok, "{finding:?}");
        }
    }
}
