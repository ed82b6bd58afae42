//! Who asks: the client's address, from configured proxies only (S11).

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, Uri, header};

use super::csrf::{Comes, comes};
use super::state::Web;
use crate::domain::{client_behind, tells_of_a_proxy};
use crate::signup::Visitor;

/// The client's address: the peer's, or what a trusted proxy says of it.
pub(super) fn ip(web: &Web, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.ip().to_canonical();
    if !is_trusted(web, peer) {
        warn_of_proxy(peer, headers);
    }
    let lines: Vec<&[u8]> =
        headers.get_all("x-forwarded-for").iter().map(axum::http::HeaderValue::as_bytes).collect();
    client_behind(peer, lines.into_iter(), &web.policy.trusted_proxies)
}

/// Whether a peer is one of the configured proxies.
pub(super) fn is_trusted(web: &Web, peer: IpAddr) -> bool {
    web.policy.trusted_proxies.iter().any(|network| network.contains(&peer))
}

/// Tells once about a private peer that forwards for somebody and is not
/// configured: all sign-ups would count for its one address.
fn warn_of_proxy(peer: IpAddr, headers: &HeaderMap) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    let is_private = match peer {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    let is_forwarded = headers.keys().any(|name| tells_of_a_proxy(name.as_str()));
    if is_private && is_forwarded && !TOLD.swap(true, Ordering::Relaxed) {
        let line = format!("http.trusted_proxies = [\"{peer}\"]");
        tracing::warn!(line, "a proxy forwards requests but is not trusted; if it is yours, add this line");
    }
}

/// Who asks, for the flows. What the relay takes is not asked here: most
/// addresses don't need to know.
pub(super) fn visitor(web: &Web, peer: SocketAddr, headers: &HeaderMap) -> Visitor {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Visitor {
        ip: ip(web, peer, headers),
        user_agent: user_agent.map(str::to_owned),
        smtputf8: false,
        is_hosted: comes(web, headers) == Comes::FromUs,
    }
}

/// Whether a request comes from this machine, to this machine, through
/// nobody: what `/mailbox` and an open `/metrics` ask for. Where links lead
/// elsewhere there is a proxy in front, and a bare one adds no header: its
/// visitors would look like this machine. Of several hosts one may be its own.
pub(super) fn is_local(web: &Web, peer: SocketAddr, uri: &Uri, headers: &HeaderMap) -> bool {
    let own = url::Url::parse(&web.policy.public_url).ok();
    let own_host = own.as_ref().and_then(url::Url::host_str).unwrap_or("");
    let mut hosts = headers.get_all(header::HOST).iter();
    let asked = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or(""),
        _ => "",
    };
    let asked_host = match asked.split_once(']') {
        Some((host, _)) => host,
        None => asked.split(':').next().unwrap_or(""),
    };
    let is_forwarded = headers.keys().any(|name| tells_of_a_proxy(name.as_str()));
    peer.ip().to_canonical().is_loopback()
        && is_loopback_name(own_host)
        && is_loopback_name(asked_host)
        && uri.host().is_none_or(is_loopback_name)
        && !is_forwarded
}

/// `localhost`, or a loopback address, in brackets or without.
fn is_loopback_name(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}
