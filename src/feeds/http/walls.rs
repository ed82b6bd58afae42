//! Who keeps programs away from a site: what a bot protection says of itself
//! in the answer that refuses. A feed reader does not get past one, and shall
//! not: the blog's owner lets it in.

use reqwest::header::HeaderMap;

use crate::feeds::Wall;

/// A name in lower case, and what its value then contains.
type Sign = (&'static str, &'static str);

/// Signs of one protection.
struct Traits {
    wall: Wall,
    /// A header with this in its value, which only a refusal has.
    headers: &'static [Sign],
    /// The same of headers that pass with every answer, the site's own too.
    passing: &'static [Sign],
    /// Words of the page, in lower case.
    words: &'static [&'static str],
}

const fn of(name: &'static str, headers: &'static [Sign], words: &'static [&'static str]) -> Traits {
    Traits { wall: Wall(name), headers, passing: &[], words }
}

const fn with_passing(of: Traits, passing: &'static [Sign]) -> Traits {
    Traits { passing, ..of }
}

/// After the pages and headers that each of them sends.
const KNOWN: &[Traits] = &[
    of(
        "Cloudflare",
        &[("cf-mitigated", "")],
        &[
            "cf-chl",
            "cf_chl",
            "challenge-platform",
            "cf-error-",
            "cloudflare ray id",
            "error code: 10",
            "| cloudflare",
        ],
    ),
    with_passing(
        of("Sucuri", &[("x-sucuri-block", "")], &["sucuri website firewall", "sucuri.net"]),
        &[("server", "sucuri")],
    ),
    of(
        "Akamai",
        &[("server", "akamaighost")],
        &["errors.edgesuite.net", "ak-challenge", "akamai bot manager"],
    ),
    with_passing(
        of("Imperva", &[], &["_incapsula_resource", "incapsula incident", "imperva"]),
        &[("x-iinfo", ""), ("x-cdn", "imperva"), ("x-cdn", "incapsula")],
    ),
    with_passing(of("DDoS-Guard", &[], &["ddos-guard"]), &[("server", "ddos-guard")]),
    of("Wordfence", &[], &["wordfence"]),
    of("Anubis", &[], &["anubis_challenge", "/.within.website/", "anubis", "making sure you're not a bot"]),
    of("AWS WAF", &[("x-amzn-waf-action", "")], &["awswaf", "aws-waf"]),
    of("CloudFront", &[], &["request could not be satisfied"]),
    of("DataDome", &[("x-datadome", ""), ("x-dd-b", ""), ("server", "datadome")], &["captcha-delivery.com"]),
    of("HUMAN", &[("x-px", "")], &["px-captcha", "perimeterx"]),
    of("Vercel", &[("x-vercel-mitigated", "")], &["vercel security checkpoint"]),
    of("SiteGround", &[("sg-captcha", "")], &["sgcaptcha"]),
    of("Imunify360", &[("server", "imunify360")], &["imunify360"]),
    of("ModSecurity", &[("server", "mod_security")], &["mod_security", "modsecurity"]),
    of("NinjaFirewall", &[], &["ninjafirewall"]),
    of("CleanTalk", &[], &["cleantalk"]),
    of("BunkerWeb", &[("server", "bunkerweb")], &["bunkerweb"]),
    with_passing(of("Qrator", &[], &["qrator"]), &[("server", "qrator")]),
    of("F5", &[], &["the requested url was rejected. please consult with your administrator"]),
    of("Kasada", &[("x-kpsdk-ct", "")], &["kpsdk"]),
    of("go-away", &[], &["go-away", ".go-away"]),
    // One that does not say its name.
    of(
        "a bot protection",
        &[],
        &[
            "captcha",
            "checking your browser",
            "verify you are human",
            "verifying you are human",
            "verify that you are human",
            "you are a human",
            "not a robot",
            "not a bot",
            "are you a robot",
            "bot detected",
            "bot protection",
            "automated requests",
            "automated access",
            "enable javascript and cookies",
            "web application firewall",
            "your request was blocked",
            "you have been blocked",
        ],
    ),
];

/// What stands in a page that asks a program to prove that it is a browser, and
/// in no page that speaks of one.
const CHALLENGES: &[(&str, &str)] = &[
    ("anubis_challenge", "Anubis"),
    ("_cf_chl_opt", "Cloudflare"),
    ("_incapsula_resource", "Imperva"),
    ("/.well-known/sgcaptcha", "SiteGround"),
    ("vercel security checkpoint", "Vercel"),
    ("awswafintegration", "AWS WAF"),
    ("captcha-delivery.com", "DataDome"),
    ("px-captcha", "HUMAN"),
    ("/.go-away", "go-away"),
];
/// Headers that only such a page has.
const CHALLENGE_HEADERS: &[(Sign, &str)] = &[
    (("cf-mitigated", "challenge"), "Cloudflare"),
    (("x-amzn-waf-action", "challenge"), "AWS WAF"),
    (("x-amzn-waf-action", "captcha"), "AWS WAF"),
    (("x-vercel-mitigated", "challenge"), "Vercel"),
    (("sg-captcha", "challenge"), "SiteGround"),
];
/// A page of a site is longer, or leads to more places, its feed or others.
const CHALLENGE_BYTES: usize = 64 * 1024;
const CHALLENGE_LINKS: usize = 5;

/// The protection that answers as if all were well, with a page of its own.
pub(super) fn challenge_in(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Wall> {
    let has = |(name, part): &Sign| {
        let value = headers.get(*name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        value.is_some_and(|value| value.to_ascii_lowercase().contains(part))
    };
    if let Some((_, name)) = CHALLENGE_HEADERS.iter().find(|(sign, _)| has(sign)) {
        return Some(Wall(name));
    }
    let is_page = matches!(status, 200 | 202) && body.len() <= CHALLENGE_BYTES;
    let page = is_page.then(|| String::from_utf8_lossy(body).to_ascii_lowercase())?;
    let is_html = page.contains("<html") && !page.contains("<rss") && !page.contains("<feed");
    let leads_on = page.contains("alternate") || page.matches("<a ").count() > CHALLENGE_LINKS;
    let (_, name) = CHALLENGES.iter().find(|(sign, _)| is_html && !leads_on && page.contains(sign))?;
    Some(Wall(name))
}

/// Statuses that protections answer with.
pub(super) fn may_be_a_wall(status: u16) -> bool {
    matches!(status, 401 | 403 | 405 | 406 | 429 | 503)
}

/// The protection that speaks in a refusal.
pub(super) fn wall_in(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Wall> {
    let page = String::from_utf8_lossy(body).to_ascii_lowercase();
    let has = |(name, part): &Sign| {
        let named = headers.iter().filter(|(header, _)| {
            if part.is_empty() { header.as_str().starts_with(name) } else { header.as_str() == *name }
        });
        let mut values =
            named.map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
        values.any(|value| value.contains(part))
    };
    let speaks = |one: &&Traits| {
        one.headers.iter().any(has)
            || status == 403 && one.passing.iter().any(has)
            || one.words.iter().any(|words| page.contains(words))
    };
    KNOWN.iter().find(speaks).map(|one| one.wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Option<&'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        wall_in(status, &map, body.as_bytes()).map(|wall| wall.0)
    }

    #[test]
    fn a_protection_is_known_by_its_headers_or_its_page() {
        for (headers, body, name) in [
            (&[("cf-mitigated", "challenge")][..], "", "Cloudflare"),
            (
                &[("server", "cloudflare")],
                "<title>Just a moment...</title><script>window._cf_chl_opt",
                "Cloudflare",
            ),
            (&[("server", "cloudflare")], "<p>error code: 1020</p>", "Cloudflare"),
            (&[("server", "Sucuri/Cloudproxy")], "", "Sucuri"),
            (&[("server", "AkamaiGHost")], "<H1>Access Denied</H1> Reference #18", "Akamai"),
            (&[], "<iframe src=/_Incapsula_Resource?x>", "Imperva"),
            (&[("server", "ddos-guard")], "", "DDoS-Guard"),
            (&[], "<p>Generated by Wordfence at Mon, 30 Nov 2026</p>", "Wordfence"),
            (&[], "<title>Making sure you're not a bot!</title>", "Anubis"),
            (&[], "<div class=g-recaptcha>Are you human?</div>", "a bot protection"),
        ] {
            assert_eq!(named(403, headers, body), Some(name), "{headers:?} {body}");
        }
    }

    #[test]
    fn a_page_that_asks_for_a_browser_is_told_from_one_of_the_site() {
        let named = |headers: &[(&'static str, &'static str)], body: &str| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, value.parse().unwrap());
            }
            challenge_in(200, &map, body.as_bytes()).map(|wall| wall.0)
        };
        let anubis = "<html><script id=\"anubis_challenge\">{}</script></html>";
        assert_eq!(named(&[], anubis), Some("Anubis"));
        let imperva = "<html><META NAME=robots><script src=\"/_Incapsula_Resource?SWJ=7\"></script></html>";
        assert_eq!(named(&[], imperva), Some("Imperva"));
        assert_eq!(named(&[("x-amzn-waf-action", "challenge")], ""), Some("AWS WAF"));
        let links = "<a href=/>x</a>".repeat(6);
        for of_the_site in [
            &format!("<html>{links}<script src=\"/_Incapsula_Resource?SWJ=7\"></script></html>"),
            "<html><link rel=alternate href=/f><script src=\"/_Incapsula_Resource?SWJ=7\"></script></html>",
            "<html><div class=g-recaptcha></div></html>",
            "<rss><item><title>anubis_challenge, or how we met Anubis</title></item></rss>",
            "<html><p>Wordfence and Cloudflare compared</p></html>",
        ] {
            assert_eq!(named(&[("server", "cloudflare")], of_the_site), None, "{of_the_site}");
        }
    }

    #[test]
    fn a_site_that_refuses_by_itself_is_none() {
        for (status, headers, body) in [
            (403, &[("server", "cloudflare"), ("cf-ray", "8f1-FRA")][..], "<h1>403 Forbidden</h1>nginx"),
            (401, &[("www-authenticate", "Basic realm=\"kim\"")], "401 Authorization Required"),
            (403, &[("server", "Apache")], "You don't have permission to access this resource."),
            (503, &[("server", "Sucuri/Cloudproxy"), ("x-sucuri-id", "11005")], "Service Unavailable"),
        ] {
            assert_eq!(named(status, headers, body), None, "{body}");
        }
    }
}
