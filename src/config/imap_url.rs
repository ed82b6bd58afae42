//! `bounces.imap_url`: a mailbox as one line.

use secrecy::SecretString;

use super::relay_url::{decode, is_loopback};
use crate::inbound::imap::ImapTls;

/// What the line says.
pub(super) struct ImapUrl {
    pub host: String,
    pub port: u16,
    pub tls: ImapTls,
    pub user: String,
    pub password: SecretString,
    pub mailbox: String,
}

const ADVICE: &str = "write imaps://USER:PASSWORD@HOST/INBOX or imap://USER:PASSWORD@HOST/INBOX, special \
                      characters of user and password as %XX";

/// Reads it. No sentence of a fault shows any part of the line: it holds a
/// password.
///
/// # Errors
/// What to write instead.
pub(super) fn parse(text: &str) -> Result<ImapUrl, String> {
    let url = url::Url::parse(text.trim()).map_err(|_| ADVICE.to_owned())?;
    let is_implicit = match url.scheme() {
        "imap" => false,
        "imaps" => true,
        _ => return Err(ADVICE.to_owned()),
    };
    if url.fragment().is_some() {
        return Err(ADVICE.to_owned());
    }
    let host = match url.host() {
        Some(url::Host::Ipv6(ip)) => ip.to_string(),
        Some(url::Host::Ipv4(ip)) => ip.to_string(),
        Some(url::Host::Domain(name)) if !name.is_empty() => {
            idna::domain_to_ascii(name).map_err(|_| format!("the host name is none; {ADVICE}"))?
        }
        _ => return Err(format!("the host is missing; {ADVICE}")),
    };
    let user = decode(url.username()).filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| format!("the user name is missing; {ADVICE}"))?;
    let password = url.password().and_then(decode).filter(|password| !password.is_empty());
    let password = password.ok_or_else(|| format!("the password is missing; {ADVICE}"))?;
    let mailbox = match decode(url.path().trim_matches('/')) {
        Some(name) if name.is_empty() => "INBOX".to_owned(),
        Some(name) => folder(&name)?,
        None => return Err(ADVICE.to_owned()),
    };
    let mut asked = None;
    for (key, value) in url.query_pairs() {
        asked = match (key.as_ref(), value.as_ref()) {
            ("tls", "required") => Some(true),
            ("tls", "none") => Some(false),
            ("tls", _) => return Err("?tls= is required or none".to_owned()),
            _ => return Err("the only option of the address is ?tls=required or ?tls=none".to_owned()),
        };
    }
    let tls = match (is_implicit, asked) {
        (true, Some(false)) => {
            return Err("imaps:// is TLS from the first byte; write imap:// for ?tls=none".to_owned());
        }
        (true, _) => ImapTls::Implicit,
        (false, Some(true)) => ImapTls::StartTls,
        (false, Some(false)) => ImapTls::None,
        // A password crosses no network in the clear.
        (false, None) if is_loopback(&host) => ImapTls::None,
        (false, None) => ImapTls::StartTls,
    };
    let port = url.port().unwrap_or(if is_implicit { 993 } else { 143 });
    if port == 0 {
        return Err(format!("port 0 is none; {ADVICE}"));
    }
    Ok(ImapUrl { host, port, tls, user, password: SecretString::from(password), mailbox })
}

/// The name of a mailbox.
///
/// # Errors
/// When it would have to be spelt in IMAP's own alphabet (RFC 3501 §5.1.3).
pub(super) fn folder(name: &str) -> Result<String, String> {
    let name = name.trim();
    let is_plain =
        name.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'*' | b'%'));
    if name.is_empty() || name.len() > 200 || !is_plain {
        return Err("write the name of a folder in plain letters, like Postbell or INBOX.Postbell".to_owned());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_mailbox_is_reached_as_its_address_says() {
        use ImapTls::{Implicit, None as Plain, StartTls};
        for (text, host, port, tls, mailbox) in [
            ("imaps://kim:x@imap.example.org", "imap.example.org", 993, Implicit, "INBOX"),
            ("imaps://kim:x@imap.example.org/", "imap.example.org", 993, Implicit, "INBOX"),
            (
                "imaps://kim:x@imap.example.org:1993/INBOX/Bounces",
                "imap.example.org",
                1993,
                Implicit,
                "INBOX/Bounces",
            ),
            ("imap://kim:x@imap.example.org/My%20mails", "imap.example.org", 143, StartTls, "My mails"),
            ("imap://kim:x@imap.example.org?tls=none", "imap.example.org", 143, Plain, "INBOX"),
            ("imap://kim:x@127.0.0.1:2143/INBOX", "127.0.0.1", 2143, Plain, "INBOX"),
            ("imap://kim:x@[::1]/INBOX?tls=required", "::1", 143, StartTls, "INBOX"),
        ] {
            let url = parse(text).unwrap_or_else(|advice| panic!("{text}: {advice}"));
            assert_eq!(
                (url.host.as_str(), url.port, url.tls, url.mailbox.as_str()),
                (host, port, tls, mailbox),
                "{text}"
            );
        }
    }

    #[test]
    fn user_and_password_are_percent_decoded() {
        let url = parse("imaps://bounces%40example.org:p%23s%2Fs%25%C3%A9@imap.example.org").unwrap();
        assert_eq!((url.user.as_str(), url.password.expose_secret()), ("bounces@example.org", "p#s/s%é"));
    }

    #[test]
    fn what_is_no_mailbox_is_refused_without_showing_it() {
        for text in [
            "imap.example.org",
            "https://kim:sesame@imap.example.org",
            "imaps://",
            "imaps://imap.example.org",
            "imaps://kim@imap.example.org",
            "imaps://:sesame@imap.example.org",
            "imaps://kim:ses#ame@imap.example.org",
            "imaps://kim:ses%0d%0aame@imap.example.org",
            "imaps://kim:sesame@imap.example.org?tls=none",
            "imap://kim:sesame@imap.example.org?tls=maybe",
            "imap://kim:sesame@imap.example.org?x=1",
            "imap://kim:sesame@imap.example.org:0",
            "imaps://kim:sesame@imap.example.org/Zur%C3%BCck",
            "imaps://kim:sesame@imap.example.org/IN%0d%0aBOX",
            "imaps://kim:sesame@imap.example.org/%2A",
        ] {
            let advice = parse(text).err().unwrap_or_else(|| panic!("{text} was taken"));
            assert!(!advice.contains("ses"), "{advice}");
        }
    }
}
