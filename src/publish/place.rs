//! Which place an address names, beside all that is spelled otherwise from one
//! look to the next: counters of visits, sessions, percent signs.

use percent_encoding::percent_decode_str;

use super::ping::place;

/// Parameters that say how a reader came, or who they are, and never what is read.
const COUNTERS: &[&str] = &[
    "at_campaign",
    "at_medium",
    "cmpid",
    "fbclid",
    "gclid",
    "mc_cid",
    "mc_eid",
    "msclkid",
    "pk_campaign",
    "pk_kwd",
    "pk_source",
    "xtor",
];
const COUNTER_STARTS: &[&str] = &["utm_", "mtm_"];
/// Names of sessions and of what opens a place for a while, in a query or behind
/// a `;` of the path.
const SESSIONS: &[&str] = &[
    "cfid",
    "cftoken",
    "expires",
    "jsessionid",
    "oscsid",
    "phpsessid",
    "sessionid",
    "sig",
    "signature",
    "token",
    "zenid",
];
/// Names of parameters whose value may say that a feed led there.
const ORIGINS: &[&str] = &["from", "ref", "source", "src"];

/// The place of a post; none where its address is that of the home, or the
/// root of a site, which no post has to itself.
pub(super) fn of_post(link: &str, home: Option<&str>) -> Option<String> {
    let at = spelled_once(link);
    let is_page = at.contains(['/', '?', '#']);
    (is_page && home.is_none_or(|home| spelled_once(home) != at)).then_some(at)
}

fn spelled_once(link: &str) -> String {
    let (link, fragment) = link.split_once('#').unwrap_or((link, ""));
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let path = match path.rsplit_once(';') {
        Some((before, pair)) if is_counter(pair) => before,
        _ => path,
    };
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !is_counter(pair)).collect::<Vec<_>>();
    let mut at = place(path);
    let fragment = if is_counter(fragment) { "" } else { fragment };
    for (sign, rest) in [('?', kept.join("&").as_str()), ('#', fragment)] {
        if !rest.is_empty() {
            at.push(sign);
            at.push_str(rest);
        }
    }
    percent_decode_str(&at).decode_utf8_lossy().into_owned()
}

/// Whether `name=value` is none of the address of what is read.
fn is_counter(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    COUNTERS.contains(&name.as_str())
        || COUNTER_STARTS.iter().any(|start| name.starts_with(start))
        || SESSIONS.contains(&name.as_str())
        || ORIGINS.contains(&name.as_str()) && ["rss", "feed"].iter().any(|sign| value.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_place_are_one() {
        for (one, other) in [
            ("https://a.example/p?utm_source=rss&utm_campaign=3", "http://www.a.example/p/"),
            ("https://a.example/p?id=4&fbclid=x", "https://a.example/p?utm_medium=feed&id=4"),
            ("https://a.example/p;jsessionid=0AB1", "https://a.example/p;jsessionid=77"),
            ("https://a.example/p?PHPSESSID=1", "https://a.example/p?PHPSESSID=2"),
            ("https://a.example/p?token=1&expires=5", "https://a.example/p?token=2&expires=6"),
            ("https://a.example/caf%C3%A9", "https://A.example/caf%c3%a9"),
            ("https://a.example/café", "https://a.example/caf%c3%a9"),
            ("https://a.example/p?source=rss----9---2", "https://a.example/p?source=rss----9---3"),
            ("https://a.example/p#xtor=RSS-3208", "https://a.example/p"),
        ] {
            assert_eq!(of_post(one, None), of_post(other, None), "{one}");
            assert!(of_post(one, None).is_some());
        }
        for (one, other) in [
            ("https://a.example/?p=1", "https://a.example/?p=2"),
            ("https://a.example/p#one", "https://a.example/p#two"),
            ("https://a.example/p;v=1", "https://a.example/p;v=2"),
            ("https://a.example/p?source=kim", "https://a.example/p?source=lee"),
            ("https://a.example/P", "https://a.example/p"),
        ] {
            assert_ne!(of_post(one, None), of_post(other, None), "{one}");
        }
    }

    #[test]
    fn a_home_is_the_place_of_no_post() {
        let home = Some("https://a.example/blog/");
        assert_eq!(of_post("http://www.a.example/blog?utm_source=rss", home), None);
        assert_eq!(of_post("https://a.example/", home), None);
        assert!(of_post("https://a.example/blog/#one", home).is_some());
        assert!(of_post("https://a.example/?p=1", home).is_some());
    }
}
