//! The relays: name, connection, TLS, login, and what they offer.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::database::Opened;
use super::report::{Area, Finding};
use crate::clock::Clock;
use crate::config::{Config, RelayConfig};
use crate::domain::{DAY_MS, Reply, Rest, Timestamp};
use crate::mail::smtp::{Offers, Probe, Reached, SmtpSettings, SmtpTls, SmtpTransport};
use crate::store::RefusedSender;
use crate::templates::rests;

/// For the name.
const NAME: Duration = Duration::from_secs(10);
/// A certificate that ends sooner is told.
const SOON_DAYS: i64 = 14;

pub(super) async fn look(config: &Config, opened: Option<&Opened>, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    if config.smtp.is_empty() {
        let area = Area::new("relay", "");
        return vec![
            area.warning(
                "relay",
                "no SMTP server is set: mails go to the built-in mailbox and never leave the machine",
            )
            .advise("set smtp.url, like smtp://USER:PASSWORD@smtp.example.org:587"),
        ];
    }
    let looks = config.smtp.iter().map(|relay| one(relay, clock));
    let mut findings = futures_util::future::join_all(looks).await.concat();
    if let Some(opened) = opened {
        findings.extend(rests(opened, clock.now()).await);
    }
    findings
}

/// Who refuses us at this moment: a connection alone does not show it.
async fn rests(opened: &Opened, now: Timestamp) -> Vec<Finding> {
    let known = match opened.store.list_rests(now).await {
        Ok(known) => known,
        Err(error) => return vec![Area::new("relay", "").fault("rest", error.to_string())],
    };
    let open = known.into_iter().map(|known| known.rest).filter(Rest::is_open);
    open.map(|rest| {
        let area = Area::new("relay", rest.relay.clone());
        let text = format!("{}: {}", rests::sentence_of(&rest), rest.cause.line());
        let finding = match rest.domain {
            None => area.fault("rest", text),
            Some(_) => area.warning("rest", text),
        };
        finding.advise(rests::advice(&rest.cause))
    })
    .chain(senders(opened, now).await)
    .collect()
}

/// Whose confirmations and the like wait, as their sender is refused.
async fn senders(opened: &Opened, now: Timestamp) -> Vec<Finding> {
    let refused = opened.store.list_refused_senders(now).await.unwrap_or_default();
    let told = refused.into_iter().map(|RefusedSender { blog_id, rest }| {
        let blog = opened.blogs.iter().find(|blog| Some(blog.id) == blog_id);
        let whose = blog.map(|blog| format!(" of blog {}", blog.slug)).unwrap_or_default();
        let text = format!(
            "{}: {}; confirmations and the like{whose} wait for it",
            rests::sentence_of(&rest),
            rest.cause.line()
        );
        Area::new("relay", rest.relay).fault("sender", text).advise(rests::advice(&rest.cause))
    });
    told.collect()
}

async fn one(relay: &RelayConfig, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    let settings = &relay.settings;
    let transport = match SmtpTransport::new(settings.clone(), clock.clone()) {
        Ok(transport) => transport,
        Err(fault) => {
            let area = Area::new("relay", settings.host.clone());
            return vec![
                area.fault("tls", fault).advise("check smtp.ca_file and the certificates of this machine"),
            ];
        }
    };
    use crate::mail::Transport as _;
    let area = Area::new("relay", transport.name());
    let mut findings = Vec::new();
    if settings.host.parse::<std::net::IpAddr>().is_err() {
        match addresses(settings).await {
            Ok(shown) => findings.push(area.ok("name", shown)),
            Err(fault) => {
                let fault = area.fault("name", format!("{} has no address: {fault}", settings.host));
                findings.push(fault.advise("check the host of smtp.url, and this machine's DNS"));
                return findings;
            }
        }
    }
    let probe = transport.probe().await;
    findings.extend(judge(&area, settings, &probe, clock.now()));
    findings
}

/// As a send finds them: by the machine's own resolver.
async fn addresses(settings: &SmtpSettings) -> Result<String, String> {
    let found = timeout(NAME, tokio::net::lookup_host((settings.host.as_str(), settings.port))).await;
    let found = found.map_err(|_| "no answer in time".to_owned())?.map_err(|error| error.to_string())?;
    let mut shown: Vec<String> = found.map(|at| at.ip().to_string()).collect();
    shown.dedup();
    Ok(shown.join(", "))
}

fn judge(area: &Area, settings: &SmtpSettings, probe: &Probe, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let reached = probe.reached;
    match &probe.outcome {
        Ok(offers) => {
            findings.push(area.ok("connection", "it answers"));
            findings.push(tls(area, settings, offers, now));
            findings.extend(login(area, settings));
            findings.push(self::offers(area, offers));
        }
        Err(error) => {
            let said = said(error.reply());
            if reached >= Reached::Greeted {
                findings.push(area.ok("connection", "it answers"));
            }
            if reached >= Reached::Protected && settings.tls != SmtpTls::None {
                findings.push(area.ok("tls", "the connection is protected as asked"));
            }
            let is_tls = said.contains("certificate")
                || (reached == Reached::Greeted)
                || (reached == Reached::Connected
                    && settings.tls == SmtpTls::Implicit
                    && said.contains("TLS"));
            findings.push(match reached {
                _ if is_tls => broken_tls(area, &said),
                Reached::Protected => area
                    .fault("login", format!("the server refuses the login: {said}"))
                    .advise("check user and password in smtp.url, special characters of the password as %XX"),
                Reached::LoggedIn => area
                    .fault("connection", format!("it broke behind the login: {said}"))
                    .advise("ask who runs the server"),
                _ if error.reply().code.is_some() => area
                    .fault("connection", format!("the server refuses us: {said}"))
                    .advise("ask who runs the server; it may not know this machine, or not like its address"),
                _ => area
                    .fault("connection", format!("the server cannot be reached: {said}"))
                    .advise("check host and port of smtp.url; many networks block port 25, try 587 or 465"),
            });
        }
    }
    findings
}

fn said(reply: &Reply) -> String {
    let code = reply.code.map(|code| format!("{code} ")).unwrap_or_default();
    let enhanced = reply.enhanced.as_ref().map(|status| format!("{status} ")).unwrap_or_default();
    // The mail library says this once for each of its layers.
    format!("{code}{enhanced}{}", reply.text.replace("Connection error: ", ""))
}

fn broken_tls(area: &Area, said: &str) -> Finding {
    let low = said.to_ascii_lowercase();
    let advice = if low.contains("expired") {
        "the server's certificate has to be renewed there; check this machine's clock too"
    } else if low.contains("issuer") || low.contains("badsignature") {
        "name the root that signed it in smtp.ca_file, a PEM file"
    } else if low.contains("valid for name") {
        "write the host name in smtp.url that stands in the certificate"
    } else if low.contains("certificate") {
        "ask who runs the server for a certificate that can be checked"
    } else if low.contains("offers no") {
        "use the port with TLS, 587 or smtps:// on 465; ?tls=none sends unprotected"
    } else {
        "check that the port speaks TLS as written: smtp:// begins plain, smtps:// does not"
    };
    area.fault("tls", said.to_owned()).advise(advice)
}

fn tls(area: &Area, settings: &SmtpSettings, offers: &Offers, now: Timestamp) -> Finding {
    if !offers.is_protected {
        let is_here = settings.host == "localhost"
            || settings.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
        return match (is_here, settings.credentials.is_some()) {
            (true, _) => area.ok("tls", "none, and none is needed on this machine"),
            (false, true) => area
                .warning("tls", "the password crosses the network unprotected")
                .advise("use smtps:// or take ?tls=none away"),
            (false, false) => area
                .warning("tls", "mails cross the network unprotected")
                .advise("use smtps://, or a server that offers STARTTLS"),
        };
    }
    let is_checked = matches!(settings.tls, SmtpTls::Required | SmtpTls::Implicit);
    let checked = if is_checked { "the certificate is good" } else { "the certificate is not checked" };
    let Some(ends) = offers.certificate_ends else { return area.ok("tls", checked) };
    let days = ends.since_ms(now).div_euclid(DAY_MS);
    let text = match days {
        ..0 => format!("{checked}; it ended on {}", ends.date()),
        0..2 => format!("{checked}, for no more than two days, to {}", ends.date()),
        days => format!("{checked}, for {days} more days, to {}", ends.date()),
    };
    if is_checked && days < SOON_DAYS {
        return area.warning("tls", text).advise("see that the server's certificate is renewed in time");
    }
    area.ok("tls", text)
}

fn login(area: &Area, settings: &SmtpSettings) -> Option<Finding> {
    // Some services take a secret for the user's name: it is not shown.
    settings.credentials.as_ref()?;
    Some(area.ok("login", "user and password are taken"))
}

fn offers(area: &Area, offers: &Offers) -> Finding {
    let mut all = Vec::new();
    let size = offers.max_bytes.map(|bytes| format!("SIZE {bytes}"));
    for (is_offered, name) in
        [(offers.pipelining, "PIPELINING"), (offers.eight_bit, "8BITMIME"), (offers.smtputf8, "SMTPUTF8")]
    {
        all.extend(is_offered.then(|| name.to_owned()));
    }
    all.extend(size);
    if offers.max_bytes.is_some_and(|bytes| bytes < 200_000) {
        return area
            .warning("offers", format!("{}: larger posts will be refused", all.join(", ")))
            .advise("raise the size limit of the server, or use --body excerpt");
    }
    area.ok(
        "offers",
        if all.is_empty() { "no extensions; it works without".to_owned() } else { all.join(", ") },
    )
}
