//! Addresses that carry a secret: a login before the host, or a token in the
//! query, in what follows it or behind a `;` of the path. Both are for the request alone; nobody is shown them (S18).

use serde::Serializer;
use url::Url;

/// What an operator sees in place of a secret.
const MASK: &str = "***";

/// Names in a query that stand before a secret, as letters and digits only.
const SECRET_NAMES: &[&str] = &["authorization", "code", "private", "pw", "sas", "sid"];
/// Ends of such names.
const SECRET_ENDS: &[&str] = &["auth", "hash", "jwt", "key", "pass", "pwd", "sessid", "sig"];
/// Parts of such names.
const SECRET_PARTS: &[&str] =
    &["token", "secret", "passw", "passphrase", "signature", "credential", "session", "authkey", "apikey"];
/// Short names, which stand before the number of a page as well.
const SHORT_NAMES: &[&str] = &["cred", "k", "otp", "pin", "sign", "t", "tk", "tok"];
/// What a database calls the name of a file; a mistake in it must be seen.
const FILE_NAMES: &[&str] = &["sslkey"];

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
    // Elsewhere than on the web no path holds an `@`, and a password that
    // nobody escaped may end in what looks like a host.
    if !url.has_host() || !matches!(url.scheme(), "http" | "https") {
        return unparsed(address, mask);
    }
    let mut is_changed = has_login(&url);
    if is_changed {
        set_login(&mut url, mask.unwrap_or_default());
    }
    if let Some(path) = rest_of_path(url.path(), mask) {
        url.set_path(&path);
        is_changed = true;
    }
    let rest = |part: Option<&str>| rest_of(part?, mask);
    if let Some(rest) = rest(url.query()) {
        url.set_query(Some(rest.as_str()).filter(|rest| !rest.is_empty()));
        is_changed = true;
    }
    if let Some(rest) = rest(url.fragment()) {
        url.set_fragment(Some(rest.as_str()).filter(|rest| !rest.is_empty()));
        is_changed = true;
    }
    if is_changed { url.into() } else { address.to_owned() }
}

/// A query without the values that are secret; `None` when there are none.
fn rest_of(query: &str, mask: Option<&str>) -> Option<String> {
    let mut rest = String::with_capacity(query.len());
    let (mut is_changed, mut goes_on) = (false, false);
    for piece in query.split_inclusive(SEPARATORS) {
        // A `;` may part two pairs or stand in a value.
        let is_secret = secret_pair(piece).is_some() || goes_on && !piece.contains('=');
        goes_on = is_secret && piece.ends_with(';');
        is_changed |= is_secret;
        if !is_secret {
            rest.push_str(piece);
        } else if let (Some(mask), Some((name, _))) = (mask, piece.split_once('=')) {
            let end = if piece.ends_with(SEPARATORS) { &piece[piece.len() - 1..] } else { "" };
            rest.extend([name, "=", mask, end]);
        }
    }
    if mask.is_none() {
        rest.truncate(rest.trim_end_matches(SEPARATORS).len());
    }
    is_changed.then_some(rest)
}

/// The same of a path, whose segments may have pairs behind a `;` (RFC 3986 §3.3).
fn rest_of_path(path: &str, mask: Option<&str>) -> Option<String> {
    let mut is_changed = false;
    let segments = path.split('/').map(|segment| {
        let rest = segment.split_once(';').and_then(|(name, pairs)| Some((name, rest_of(pairs, mask)?)));
        is_changed |= rest.is_some();
        match rest {
            Some((name, pairs)) if pairs.is_empty() => name.to_owned(),
            Some((name, pairs)) => format!("{name};{pairs}"),
            None => segment.to_owned(),
        }
    });
    let path = segments.collect::<Vec<_>>().join("/");
    is_changed.then_some(path)
}

/// What parts the pairs of a query; browsers know `&` only.
const SEPARATORS: [char; 2] = ['&', ';'];

/// The value of a pair of a query whose name says that it is secret.
fn secret_pair(piece: &str) -> Option<&str> {
    let (name, value) = piece.trim_end_matches(SEPARATORS).split_once('=')?;
    let (name, _) = url::form_urlencoded::parse(name.as_bytes()).next()?;
    let is_short = SHORT_NAMES.iter().any(|short| name.eq_ignore_ascii_case(short));
    let is_number = value.len() < LEAST_SECRET_BYTES && value.bytes().all(|b| b.is_ascii_digit());
    (is_secret_name(&name) || is_short && !is_number).then_some(value)
}

fn is_secret_name(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    !FILE_NAMES.contains(&name.as_str())
        && (SECRET_NAMES.contains(&name.as_str())
            || SECRET_ENDS.iter().any(|end| name.ends_with(end))
            || SECRET_PARTS.iter().any(|part| name.contains(part)))
}

/// Whether stars stand where a secret was: somebody copied what was shown.
pub fn is_masked(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (place, query) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
    let login = place.split('/').next().and_then(|host| host.rsplit_once('@')).map_or("", |(login, _)| login);
    let is_login = login.split(':').any(|part| part == MASK);
    let of_path = place.split('/').filter_map(|segment| segment.split_once(';')).map(|(_, pairs)| pairs);
    let mut pieces = of_path.chain([query]).flat_map(|pairs| pairs.split(['&', ';', '#', '?']));
    is_login || pieces.any(|piece| secret_pair(piece) == Some(MASK))
}

/// Shorter values may stand in a text for another reason.
const LEAST_SECRET_BYTES: usize = 8;

/// A text of a feed without the secrets of the feed's own address: a server
/// may write its login and its token into the links of the posts.
pub fn without_secrets_of(address: &str, text: &str) -> String {
    let place = address.split_once("://").map_or("", |(_, place)| place);
    let host = place.split(['/', '?', '#']).next().unwrap_or_default();
    let mut text = match host.rsplit_once('@') {
        Some((login, _)) => text.replace(&format!("//{login}@"), "//"),
        None => text.to_owned(),
    };
    let query = address.split_once('?').map_or("", |(_, query)| query);
    for value in query.split(['&', ';', '#']).filter_map(secret_pair) {
        let meant = url::form_urlencoded::parse(format!("x={value}").as_bytes())
            .next()
            .map_or_else(String::new, |(_, meant)| meant.into_owned());
        for secret in [value, &meant].into_iter().filter(|secret| secret.len() >= LEAST_SECRET_BYTES) {
            text = without_value(&text, &format!("={secret}"));
        }
    }
    text
}

/// Without this behind the name of a pair; a longer value is another one.
fn without_value(text: &str, value: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some((before, behind)) = rest.split_once(value) {
        let is_longer =
            behind.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '%'));
        out.extend([before, if is_longer { value } else { "=" }]);
        rest = behind;
    }
    out.push_str(rest);
    out
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
    let (place, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let mut rest = rest_of_path(place, mask).unwrap_or_else(|| place.to_owned());
    // A query and what is behind it, each with the sign it begins with.
    let end = query.find('#').unwrap_or(query.len());
    for part in [&query[..end], &query[end..]] {
        let (sign, pairs) = part.split_at(part.len().min(1));
        match rest_of(pairs, mask) {
            Some(pairs) if pairs.is_empty() => {}
            Some(pairs) => rest.extend([sign, pairs.as_str()]),
            None => rest.push_str(part),
        }
    }
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
            (
                "https://a.example/f?x=1;token=a;b&y=2#sid=3",
                "https://a.example/f?x=1;token=***;y=2#sid=***",
                "https://a.example/f?x=1;y=2",
            ),
            (
                "https://a.example/f?x=1&token=a",
                "https://a.example/f?x=1&token=***",
                "https://a.example/f?x=1",
            ),
            ("https://a.example/f#token=s", "https://a.example/f#token=***", "https://a.example/f"),
            ("https://a.example/f;token=s/x", "https://a.example/f;token=***/x", "https://a.example/f/x"),
            ("a.example/f;a=1;key=s?sid=s", "a.example/f;a=1;key=***?sid=***", "a.example/f;a=1"),
            // Nothing secret: as it was written.
            ("https://a.example/key=s/?#", "https://a.example/key=s/?#", "https://a.example/key=s/?#"),
            ("https://a.example/?code", "https://a.example/?code", "https://a.example/?code"),
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
            "smtp_pass",
            "code",
            "private",
            "hash",
            "http-auth",
            "k",
            "t",
            "tok",
            "pw",
            "pin",
            "sign",
        ] {
            let address = format!("https://a.example/f?{name}=sesame");
            assert!(!masked(&address).contains("sesame"), "{name}");
            assert_eq!(public_address(&address), None, "{name}");
        }
        // A short name before a number is that of a page.
        let thread = "https://a.example/feed?t=1234&k=7";
        assert_eq!(public_address(thread).as_deref(), Some(thread));
        let login = "https://kim:sesame@a.example/feed?format=rss";
        assert_eq!(public_address(login).as_deref(), Some("https://a.example/feed?format=rss"));
    }

    #[test]
    fn a_feeds_own_token_is_cut_out_of_its_texts() {
        let feed = "https://a.example/feed?format=rss&token=open%2Fsesame&key=short";
        for (text, cut) in [
            ("https://a.example/p?token=open%2Fsesame", "https://a.example/p?token="),
            ("<a href='/p?x=1&amp;t=open/sesame&amp;y=2'>p</a>", "<a href='/p?x=1&amp;t=&amp;y=2'>p</a>"),
            ("<img src=/i.png?auth=open%2fsesame>", "<img src=/i.png?auth=open%2fsesame>"),
            ("say open/sesame, a=open/sesames, b=short", "say open/sesame, a=open/sesames, b=short"),
        ] {
            assert_eq!(without_secrets_of(feed, text), cut);
        }
        assert_eq!(without_secrets_of("https://a.example/feed?format=rss", "a=rss"), "a=rss");
        let text = "https://kim:sesame@a.example/p, kim:sesame@c.example";
        let cut = "https://a.example/p, kim:sesame@c.example";
        assert_eq!(without_secrets_of("https://kim:sesame@a.example/feed", text), cut);
    }

    #[test]
    fn stars_where_a_secret_was_are_seen() {
        for address in [
            "https://kim:sesame@a.example/f?token=s",
            "https://kim@a.example/",
            "https://:s@a.example/#key=1",
            "kim:sesame@a.example/feed",
            "a.example/feed?x=1;token=s",
            "https://a.example/f;token=s/x",
            "postgres://h/d?sslpassword=s",
        ] {
            assert!(!is_masked(address), "{address}");
            assert!(is_masked(&masked(address)), "{address}");
        }
        // One of two was written again.
        assert!(
            is_masked("https://kim:sesame@a.example/f?token=***") && is_masked("https://kim:***@a.example/")
        );
        for address in
            ["https://a.example/***", "https://a.example/?q=***", "", "***", "https://a.example/***@x"]
        {
            assert!(!is_masked(address), "{address}");
        }
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
