//! `smtp.url`: a mail relay as one line.

use secrecy::SecretString;

use crate::mail::smtp::SmtpTls;

/// What the line says.
pub(super) struct RelayUrl {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    pub credentials: Option<(String, SecretString)>,
}

const ADVICE: &str = "write smtp://USER:PASSWORD@HOST:587, smtps://USER:PASSWORD@HOST:465 or smtp://HOST:25, \
                      special characters of the password as %XX";

/// Reads it. No sentence of a fault shows any part of the line: it may hold a
/// password.
///
/// # Errors
/// What to write instead.
pub(super) fn parse(text: &str) -> Result<RelayUrl, String> {
    let url = url::Url::parse(text.trim()).map_err(|_| ADVICE.to_owned())?;
    let is_implicit = match url.scheme() {
        "smtp" => false,
        "smtps" => true,
        _ => return Err(ADVICE.to_owned()),
    };
    if url.fragment().is_some() || !matches!(url.path(), "" | "/") {
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
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        ("", Some(_)) => return Err(format!("the user name is missing; {ADVICE}")),
        (_, None | Some("")) => return Err(format!("the password is missing; {ADVICE}")),
        (user, Some(password)) => {
            let user = decode(user).ok_or(ADVICE)?;
            Some((user, SecretString::from(decode(password).ok_or(ADVICE)?)))
        }
    };
    let mut asked = None;
    for (key, value) in url.query_pairs() {
        asked = match (key.as_ref(), value.as_ref()) {
            ("tls", "required") => Some(SmtpTls::Required),
            ("tls", "none") => Some(SmtpTls::None),
            ("tls", _) => return Err("?tls= is required or none".to_owned()),
            _ => return Err("the only option of the address is ?tls=required or ?tls=none".to_owned()),
        };
    }
    let tls = match (is_implicit, asked) {
        (true, Some(SmtpTls::None)) => {
            return Err("smtps:// is TLS from the first byte; write smtp:// for ?tls=none".to_owned());
        }
        (true, _) => SmtpTls::Implicit,
        (false, Some(tls)) => tls,
        // A password goes to nobody but the host it is meant for.
        (false, None) if credentials.is_some() && !is_loopback(&host) => SmtpTls::Required,
        (false, None) => SmtpTls::Opportunistic,
    };
    let default_port = match (is_implicit, &credentials) {
        (true, _) => 465,
        (false, Some(_)) => 587,
        (false, None) => 25,
    };
    let port = url.port().unwrap_or(default_port);
    if port == 0 {
        return Err(format!("port 0 is none; {ADVICE}"));
    }
    Ok(RelayUrl { host, port, tls, credentials })
}

pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Percent-decoding (RFC 3986 §2.1); a lone `%` stands for itself.
pub(super) fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair =
            bytes.get(at + 1..at + 3).and_then(|pair| data_encoding::HEXLOWER_PERMISSIVE.decode(pair).ok());
        match (bytes[at], pair) {
            (b'%', Some(byte)) => {
                out.extend(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    // A line end in a name or password would become a command of its own.
    String::from_utf8(out).ok().filter(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_relay_is_reached_as_its_address_says() {
        use SmtpTls::{Implicit, None as Plain, Opportunistic, Required};
        for (text, host, port, tls) in [
            ("smtp://mail.example.org", "mail.example.org", 25, Opportunistic),
            ("smtp://mail.example.org:2525/", "mail.example.org", 2525, Opportunistic),
            ("smtp://kim:x@mail.example.org", "mail.example.org", 587, Required),
            ("smtp://kim:x@127.0.0.1:2525", "127.0.0.1", 2525, Opportunistic),
            ("smtp://kim:x@localhost", "localhost", 587, Opportunistic),
            ("smtp://kim:x@[::1]:25", "::1", 25, Opportunistic),
            ("smtp://kim:x@localhost?tls=required", "localhost", 587, Required),
            ("smtp://kim:x@mail.example.org?tls=none", "mail.example.org", 587, Plain),
            ("smtp://mail.example.org?tls=required", "mail.example.org", 25, Required),
            ("smtps://kim:x@mail.example.org", "mail.example.org", 465, Implicit),
            ("smtps://mail.example.org:10465?tls=required", "mail.example.org", 10465, Implicit),
        ] {
            let relay = parse(text).unwrap_or_else(|advice| panic!("{text}: {advice}"));
            assert_eq!((relay.host.as_str(), relay.port, relay.tls), (host, port, tls), "{text}");
        }
    }

    #[test]
    fn user_and_password_are_percent_decoded() {
        let relay = parse("smtp://kim%40example.org:p%23s%2Fs%25%C3%A9@mail.example.org").unwrap();
        let (user, password) = relay.credentials.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("kim@example.org", "p#s/s%é"));
    }

    #[test]
    fn what_is_no_relay_is_refused_without_showing_it() {
        for text in [
            "mail.example.org:25",
            "http://mail.example.org",
            "smtp://",
            "smtp://kim@mail.example.org",
            "smtp://:sesame@mail.example.org",
            "smtp://kim:ses#ame@mail.example.org",
            "smtp://kim:ses/ame@mail.example.org",
            "smtps://mail.example.org?tls=none",
            "smtp://mail.example.org?tls=maybe",
            "smtp://mail.example.org?x=1",
            "smtp://mail.example.org:0",
            "smtp://kim:ses%0d%0aame@mail.example.org",
            "smtp://mail.example.org/path",
        ] {
            let advice = parse(text).err().unwrap_or_else(|| panic!("{text} was taken"));
            assert!(!advice.contains("ses"), "{advice}");
        }
    }
}
