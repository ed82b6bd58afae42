//! Who asks: the client's address, from configured proxies only (S11).

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, header};

use super::state::Web;
use crate::signup::Visitor;

/// The client's address: the peer's, or what a trusted proxy says of it.
pub(super) fn ip(web: &Web, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.ip().to_canonical();
    let is_trusted = |ip: IpAddr| web.policy.trusted_proxies.iter().any(|network| network.contains(ip));
    if !is_trusted(peer) {
        warn_of_proxy(peer, headers);
        return peer;
    }
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let said: Vec<&str> = said.flat_map(|value| value.split(',')).collect();
    // From the right: each entry was written by the hop after it, so the
    // first one that no proxy of ours could have written is the client.
    let mut client = peer;
    for entry in said.iter().rev() {
        let Some(ip) = parse_ip(entry.trim()) else { break };
        client = ip.to_canonical();
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// `192.0.2.7`, `192.0.2.7:1234`, `[2001:db8::1]:1234`.
fn parse_ip(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Tells once about a private peer that forwards for somebody and is not
/// configured: all sign-ups would count for its one address.
fn warn_of_proxy(peer: IpAddr, headers: &HeaderMap) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    let is_private = match peer {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    if is_private && headers.contains_key("x-forwarded-for") && !TOLD.swap(true, Ordering::Relaxed) {
        let line = format!("http.trusted_proxies = [\"{peer}\"]");
        tracing::warn!(line, "a proxy forwards requests but is not trusted; if it is yours, add this line");
    }
}

/// Who asks, for the flows. What the relay takes is not asked here: most
/// addresses don't need to know.
pub(super) fn visitor(web: &Web, peer: SocketAddr, headers: &HeaderMap) -> Visitor {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Visitor { ip: ip(web, peer, headers), user_agent: user_agent.map(str::to_owned), smtputf8: false }
}

/// Whether a request comes from this machine, to this machine, through
/// nobody: what `/mailbox` and an open `/metrics` ask for.
pub(super) fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    let is_loopback_name = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    let is_forwarded =
        headers.keys().any(|name| name.as_str() == "forwarded" || name.as_str().starts_with("x-forwarded-"));
    peer.ip().to_canonical().is_loopback() && is_loopback_name && !is_forwarded
}
