//! Cookies for the length of one fetch: some sites answer only to who brings
//! back what their redirect gave.

use reqwest::header::{HeaderMap, SET_COOKIE};
use url::Url;

/// Cookies that are kept, and the bytes of one.
const MOST_COOKIES: usize = 20;
const LONGEST_BYTES: usize = 4_000;

/// What the answers of one fetch gave.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    /// Scheme and host that gave it.
    scheme: String,
    host: String,
    /// `name=value`.
    pair: String,
}

impl Cookies {
    /// Keeps what this answer gives, in the place of an earlier one of its name.
    pub fn keep(&mut self, at: &Url, headers: &HeaderMap) {
        let host = at.host_str().unwrap_or_default();
        for value in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let pair = value.split(';').next().unwrap_or_default().trim();
            let Some((name, _)) = pair.split_once('=') else { continue };
            let is_same = |kept: &Cookie| {
                kept.host == host && kept.pair.split_once('=').is_some_and(|(n, _)| n == name)
            };
            self.0.retain(|kept| !is_same(kept));
            if self.0.len() < MOST_COOKIES && pair.len() <= LONGEST_BYTES {
                self.0.push(Cookie { scheme: at.scheme().into(), host: host.into(), pair: pair.into() });
            }
        }
    }

    /// What the same host gets back, and over https only what https gave.
    pub fn of(&self, at: &Url) -> Option<String> {
        let is_its = |cookie: &&Cookie| {
            at.host_str() == Some(cookie.host.as_str()) && (cookie.scheme == "http" || at.scheme() == "https")
        };
        let pairs: Vec<&str> = self.0.iter().filter(is_its).map(|cookie| cookie.pair.as_str()).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}
