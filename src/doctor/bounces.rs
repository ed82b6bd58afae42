//! The mailbox that bounces come to: whether it can be reached, logged into
//! and opened. Nothing in it is read.

#[cfg(feature = "imap")]
use super::report::Area;
use super::report::Finding;
use crate::config::Config;

#[cfg(feature = "imap")]
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    use crate::inbound::imap::{ImapFault, ImapTls, probe};
    let Some(settings) = &config.bounces.imap else { return Vec::new() };
    let area = Area::new("bounces", format!("{}:{}", settings.host, settings.port));
    let (said, advice) = match probe(settings).await {
        Ok(()) => {
            let is_bare = settings.tls == ImapTls::None && !is_here(&settings.host);
            let opened =
                area.ok("mailbox", format!("user and password are taken, {} is there", settings.mailbox));
            let bare = is_bare.then(|| {
                area.warning("tls", "the password crosses the network unprotected")
                    .advise("use imaps:// or take ?tls=none away")
            });
            return std::iter::once(opened).chain(bare).collect();
        }
        Err(ImapFault::RefusesUs(said)) => {
            (said, "check user, password and mailbox in bounces.imap_url, special characters as %XX")
        }
        Err(fault) => {
            (fault.to_string(), "check host and port in bounces.imap_url, and bounces.imap_ca_file")
        }
    };
    // Mails go out all the same.
    vec![area.warning("mailbox", format!("bounces cannot be read: {said}")).advise(advice)]
}

/// Built without IMAP, the settings name no mailbox.
#[cfg(not(feature = "imap"))]
pub(super) async fn look(_: &Config) -> Vec<Finding> {
    Vec::new()
}

#[cfg(feature = "imap")]
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}
