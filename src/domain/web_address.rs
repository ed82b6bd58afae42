//! Addresses that carry a secret: a login before the host, or a token in the
//! query. Both are for the request alone; nobody is shown them (S18).

use serde::Serializer;
use url::Url;

/// What an operator sees in place of a secret.
const MASK: &str = "***";

/// Names in a query that stand before a secret, as letters and digits only.
const SECRET_NAMES: &[&str] = &["auth", "authorization", "jwt", "pass", "pw", "pwd", "sig", "sid"];
/// Parts of such names; what ends with `key` is one, too.
const SECRET_PARTS: &[&str] =
    &["token", "secret", "passw", "passphrase", "signature", "credential", "session", "authkey", "apikey"];

/// An address as an operator sees it: that there is a secret, but not which.
pub fn masked(address: &str) -> String {
    rewritten(address, Some(MASK))
}

/// The same for a field of JSON.
///
/// # Errors
/// The serializer's.
pub fn serialize_masked<S: Serializer>(address: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&masked(address))
}

/// An address without login and tokens; others stay as they are written.
pub fn without_secrets(address: &str) -> String {
    rewritten(address, None)
}

/// An address without its login; others stay as they are written.
pub fn without_login(address: &str) -> String {
    match Url::parse(address.trim()) {
        Ok(mut url) if has_login(&url) => {
            set_login(&mut url, "");
            url.into()
        }
        _ => address.to_owned(),
    }
}

/// What may be shown to everybody; nothing, when the place cannot be named
/// without its token.
pub fn public_address(address: &str) -> Option<String> {
    let named = without_login(address);
    (without_secrets(&named) == named).then_some(named)
}

/// An address with the login of the one that led to it, where that may go:
/// to the same server, or to its https. One that has a login keeps it.
pub fn with_login_of(to: &str, from: &str) -> String {
    let (Ok(mut url), Ok(from)) = (Url::parse(to), Url::parse(from)) else { return to.to_owned() };
    if lend_login(&mut url, &from) { url.into() } else { to.to_owned() }
}

/// The same for parsed ones; whether the login went.
pub fn lend_login(to: &mut Url, from: &Url) -> bool {
    let is_default = |url: &Url| url.port().is_none();
    let is_upgrade = from.scheme() == "http" && to.scheme() == "https" && is_default(from) && is_default(to);
    let may_go = to.origin() == from.origin() || is_upgrade && to.host() == from.host();
    if !may_go || !has_login(from) || has_login(to) {
        return false;
    }
    to.set_username(from.username()).is_ok() && to.set_password(from.password()).is_ok()
}

fn has_login(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn set_login(url: &mut Url, name: &str) {
    // Both fail only where there is no host, and so no login.
    let _ = url.set_password(None);
    let _ = url.set_username(name);
}

fn rewritten(address: &str, mask: Option<&str>) -> String {
    let Ok(mut url) = Url::parse(address.trim()) else { return unparsed(address, mask) };
    if !url.has_host() {
        return unparsed(address, mask);
    }
    let mut is_changed = has_login(&url);
    if is_changed {
        set_login(&mut url, mask.unwrap_or_default());
    }
    if let Some(query) = url.query()
        && let Some(rest) = rest_of(query, mask)
    {
        url.set_query(Some(rest.as_str()).filter(|rest| !rest.is_empty()));
        is_changed = true;
    }
    if is_changed { url.into() } else { address.to_owned() }
}

/// A query without the values that are secret; `None` when there are none.
fn rest_of(query: &str, mask: Option<&str>) -> Option<String> {
    let name_of = |part: &str| {
        let name = part.split_once('=').map_or(part, |(name, _)| name);
        url::form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name.into_owned())
    };
    let is_secret =
        |part: &&str| part.contains('=') && name_of(part).is_some_and(|name| is_secret_name(&name));
    if !query.split('&').any(|part| is_secret(&part)) {
        return None;
    }
    let rest = query.split('&').filter_map(|part| match (is_secret(&part), mask) {
        (false, _) => Some(part.to_owned()),
        (true, Some(mask)) => part.split_once('=').map(|(name, _)| format!("{name}={mask}")),
        (true, None) => None,
    });
    Some(rest.collect::<Vec<_>>().join("&"))
}

fn is_secret_name(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    name.ends_with("key")
        || SECRET_NAMES.contains(&name.as_str())
        || SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// What no address can be made of may still hold a login: typed without its
/// scheme, or with signs in the password that end a host.
fn unparsed(address: &str, mask: Option<&str>) -> String {
    let (scheme, rest) = match address.find("://") {
        Some(at) => address.split_at(at + 3),
        None => ("", address),
    };
    let rest = match (rest.rfind('@'), mask) {
        (Some(at), Some(mask)) => format!("{mask}{}", &rest[at..]),
        (Some(at), None) => rest[at + 1..].to_owned(),
        (None, _) => rest.to_owned(),
    };
    let rest = match rest.split_once('?') {
        Some((place, query)) => match rest_of(query, mask) {
            Some(query) if query.is_empty() => place.to_owned(),
            Some(query) => format!("{place}?{query}"),
            None => rest,
        },
        None => rest,
    };
    format!("{scheme}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_to_nobody() {
        for (address, to_operators, to_all) in [
            ("http://kim:sesame@a.example/feed", "http://***@a.example/feed", "http://a.example/feed"),
            ("https://kim@a.example", "https://***@a.example/", "https://a.example/"),
            ("https://:sesame@a.example/", "https://***@a.example/", "https://a.example/"),
            ("https://k%C3%AFm:s%40s%2Fme@a.example/", "https://***@a.example/", "https://a.example/"),
            ("https://kïm:sésame@a.example/ü", "https://***@a.example/%C3%BC", "https://a.example/%C3%BC"),
            ("https://a:b@c@a.example/", "https://***@a.example/", "https://a.example/"),
            ("http:kim:sesame@a.example/", "http://***@a.example/", "http://a.example/"),
            ("http:\\\\kim:sesame@a.example\\x", "http://***@a.example/x", "http://a.example/x"),
            ("http://kim:sesame@[::1]:8080/x", "http://***@[::1]:8080/x", "http://[::1]:8080/x"),
            // What is no address.
            ("kim:sesame@a.example/feed", "***@a.example/feed", "a.example/feed"),
            ("http://kim:ses/ame@a.example/", "http://***@a.example/", "http://a.example/"),
            ("http://kim:sesame@[bad/x", "http://***@[bad/x", "http://[bad/x"),
            ("a.example/feed?token=sesame", "a.example/feed?token=***", "a.example/feed"),
            // Tokens.
            ("https://a.example/f?token=s", "https://a.example/f?token=***", "https://a.example/f"),
            (
                "https://a.example/f?feed=rss2&Api_Key=s&x=1#y",
                "https://a.example/f?feed=rss2&Api_Key=***&x=1#y",
                "https://a.example/f?feed=rss2&x=1#y",
            ),
            ("https://a.example/f?t%6Fken=s", "https://a.example/f?t%6Fken=***", "https://a.example/f"),
            // Nothing secret: as it was written.
            (
                "HTTPS://A.example/@kim/feed?q=a@b",
                "HTTPS://A.example/@kim/feed?q=a@b",
                "HTTPS://A.example/@kim/feed?q=a@b",
            ),
            (
                "https://a.example/?feed=rss2&p=7&paged=2",
                "https://a.example/?feed=rss2&p=7&paged=2",
                "https://a.example/?feed=rss2&p=7&paged=2",
            ),
            ("", "", ""),
        ] {
            assert_eq!(masked(address), to_operators);
            assert_eq!(without_secrets(address), to_all);
        }
        for name in [
            "key",
            "auth",
            "password",
            "sig",
            "access_token",
            "rsskey",
            "X-Amz-Signature",
            "private_token",
            "pwd",
        ] {
            let address = format!("https://a.example/f?{name}=sesame");
            assert!(!masked(&address).contains("sesame"), "{name}");
            assert_eq!(public_address(&address), None, "{name}");
        }
        let login = "https://kim:sesame@a.example/feed?format=rss";
        assert_eq!(public_address(login).as_deref(), Some("https://a.example/feed?format=rss"));
    }

    #[test]
    fn a_login_goes_to_its_own_server_only() {
        let from = "http://kim:sesame@a.example/feed";
        for (to, with) in [
            ("http://a.example/other", "http://kim:sesame@a.example/other"),
            ("https://a.example/feed", "https://kim:sesame@a.example/feed"),
            ("http://b:c@a.example/", "http://b:c@a.example/"),
            ("http://a.example:8080/", "http://a.example:8080/"),
            ("https://www.a.example/", "https://www.a.example/"),
            ("http://b.example/", "http://b.example/"),
            ("no address", "no address"),
        ] {
            assert_eq!(with_login_of(to, from), with);
        }
        // Not into the clear.
        assert_eq!(with_login_of("http://a.example/", "https://k:s@a.example/"), "http://a.example/");
    }
}
