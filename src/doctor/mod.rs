//! What `postbell doctor` looks at: settings, files, database, feeds, relays,
//! mailings, the mailbox of bounces, the DNS of every sender, pages and clock. It changes nothing, sends
//! nothing, and works beside a running `serve`.
//!
//! `spf`, `dkim`, `dmarc` are pure readers; `domain` asks the DNS and judges;
//! the others look at one area each.

mod address;
mod bounces;
mod clock;
mod database;
mod domain;
mod domain_dmarc;
mod domain_spf;
mod feeds;
mod files;
mod mailings;
mod relay;
mod report;
mod settings;
mod signature;
mod web;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};

use crate::clock::Clock;
use crate::config::{self, Config, Sources};
use crate::dns::Dns;
use crate::dns::hickory::HickoryDns;
use crate::feeds::http::DateNotes;
use crate::mail::dkim::DkimSettings;
use crate::templates::Templates;

pub use report::{Finding, Record, Report, Status, Step};

use address::Way;
use report::Area;

/// Domains whose records are asked for at the same time.
const SIDE_BY_SIDE: usize = 8;

/// What the operator asks.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The name server to ask, in place of the machine's own.
    pub resolver: Option<SocketAddr>,
    /// Public addresses that mails leave from.
    pub addresses: Vec<IpAddr>,
}

/// Looks at everything.
pub async fn examine(sources: &Sources, asked: Asked, clock: Arc<dyn Clock>) -> Report {
    let config = match config::load(sources) {
        Ok(config) => config,
        Err(faults) => return Report(settings::unusable(&faults)),
    };
    let dns = HickoryDns::new(asked.resolver);
    let notes = DateNotes::default();
    let (database, opened) = database::look(&config, &clock).await;
    let ways = address::ways(&config, &asked.addresses).await;
    let blogs = opened.as_ref().map(|opened| opened.blogs.as_slice()).unwrap_or_default();
    let (feeds, relays, mailings, bounces, senders, web) = tokio::join!(
        feeds::look(&config, opened.as_ref(), &clock, &notes),
        relay::look(&config, opened.as_ref(), &clock),
        mailings::look(opened.as_ref(), clock.now()),
        bounces::look(&config),
        async {
            match &dns {
                _ if config.smtp.is_empty() => {
                    unasked("no SMTP server is set, and no mail leaves the machine", "set smtp.url first")
                }
                Err(fault) => {
                    unasked(&fault.to_string(), "name a resolver: postbell doctor --resolver 9.9.9.9")
                }
                Ok(dns) => senders(dns, &config, blogs, &ways).await,
            }
        },
        web::look(&config, &notes),
    );
    let ahead_of_database = opened.as_ref().and_then(|opened| opened.clock_ahead_ms);
    let findings = [
        settings::look(&config),
        files::look(&config, sources),
        database,
        feeds,
        relays,
        mailings,
        bounces,
        senders,
        templates(&config),
        web,
        clock::look(&notes.all(), ahead_of_database, &*clock),
    ];
    Report(findings.concat())
}

/// Every domain that mails are from, the keys that sign them, and the
/// addresses that they leave from.
async fn senders(
    dns: &dyn Dns,
    config: &Config,
    blogs: &[crate::domain::Blog],
    ways: &[Way],
) -> Vec<Finding> {
    let senders = domain::senders(config, blogs);
    let looks = senders.iter().map(|sender| domain::look(dns, sender, config.dkim.as_ref(), ways));
    let looked: Vec<Vec<Finding>> = stream::iter(looks).buffered(SIDE_BY_SIDE).collect().await;
    let mut findings = looked.concat();
    findings.extend(signature::look(dns, config.dkim.as_ref()).await);
    findings.extend(address::look(dns, config, ways).await);
    findings
}

/// One domain as a sender: what the DNS shows of it when its mails leave from
/// `ip`, signed as `dkim` says.
pub async fn look_at_sender(dns: &dyn Dns, domain: &str, ip: IpAddr, dkim: &DkimSettings) -> Report {
    let ways = [Way::Known(vec![ip])];
    let mut findings = domain::look(dns, &domain::SenderDomain::alone(domain), Some(dkim), &ways).await;
    findings.extend(signature::look(dns, Some(dkim)).await);
    Report(findings)
}

fn unasked(why: &str, next: &str) -> Vec<Finding> {
    let area = Area::new("domain", "");
    let unasked =
        area.not_checked("dns", format!("SPF, DKIM, DMARC, MX and reverse DNS were not asked for: {why}"));
    vec![unasked.advise(next)]
}

/// As `template check` does.
fn templates(config: &Config) -> Vec<Finding> {
    let area = Area::new("templates", "");
    let shown = config.templates_dir.as_ref().map(|dir| dir.display().to_string());
    let broken = |problem: String| {
        area.fault("templates", problem)
            .run("postbell template check")
            .advise("mend the file, or take it away to have the built-in text again")
    };
    let problems = match Templates::load(config.templates_dir.as_deref()) {
        Ok(templates) => templates.check(),
        Err(problem) => vec![problem],
    };
    if !problems.is_empty() {
        return problems.iter().map(|problem| broken(problem.to_string())).collect();
    }
    let whose = shown.map_or("built in".to_owned(), |dir| format!("with the files of {dir}"));
    vec![area.ok("templates", format!("all {} render, {whose}", Templates::names().len()))]
}
