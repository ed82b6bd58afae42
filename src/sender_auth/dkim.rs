//! DKIM records (RFC 6376 §3.6.1, RFC 8463 §4): reading what is published and
//! comparing it with a key of ours. Pure.

use data_encoding::BASE64;

/// Bytes of the shortest RSA public key of 2048 bits: what is shorter than its
/// modulus is not ours cut to its core (PKCS#1 in place of SubjectPublicKeyInfo).
const RSA_2048_BYTES: usize = 256;

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) is_rsa: bool,
    pub(crate) key: Vec<u8>,
    /// `t=y`: receivers may take the signature for none.
    pub(crate) is_testing: bool,
}

/// How a published record compares with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compared {
    Same,
    /// The same, but `t=y`.
    Testing,
    /// The key was taken back: `p=` is empty.
    Revoked,
    /// The public half of another key.
    Other,
    /// It cannot be read, and why.
    Unreadable(String),
}

/// Compares a record of the DNS with the one that belongs there.
pub(crate) fn compare(published: &[u8], own: &str) -> Compared {
    let (Ok(text), Ok(Some(own))) = (std::str::from_utf8(published), parse(own)) else {
        return Compared::Unreadable("it is no text".to_owned());
    };
    match parse(text) {
        Err(why) => Compared::Unreadable(why),
        Ok(None) => Compared::Revoked,
        Ok(Some(there)) if there.is_rsa != own.is_rsa || !is_same(&there.key, &own) => Compared::Other,
        Ok(Some(there)) if there.is_testing => Compared::Testing,
        Ok(Some(_)) => Compared::Same,
    }
}

/// The bare key (PKCS#1), which RFC 6376 asks for, is the end of the
/// SubjectPublicKeyInfo that all the world publishes.
fn is_same(key: &[u8], own: &Published) -> bool {
    key == own.key || (own.is_rsa && key.len() > RSA_2048_BYTES && own.key.ends_with(key))
}

/// Reads a record; `None`: the key was taken back.
///
/// # Errors
/// What is wrong with it, as a sentence without its end.
pub(crate) fn parse(text: &str) -> Result<Option<Published>, String> {
    let tags = tags(text)?;
    let of = |name: &str| tags.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str());
    let lists = |value: &str, word: &str| value.split(':').any(|own| own.trim().eq_ignore_ascii_case(word));
    if tags.iter().position(|(name, _)| *name == "v").is_some_and(|at| at > 0)
        || of("v").is_some_and(|version| version != "DKIM1")
    {
        return Err("it must begin with v=DKIM1".to_owned());
    }
    let is_rsa = match of("k") {
        None => true,
        Some(kind) if kind.eq_ignore_ascii_case("rsa") => true,
        Some(kind) if kind.eq_ignore_ascii_case("ed25519") => false,
        Some(_) => return Err("k= is neither rsa nor ed25519".to_owned()),
    };
    if of("h").is_some_and(|hashes| !lists(hashes, "sha256")) {
        return Err("h= does not allow sha256".to_owned());
    }
    if of("s").is_some_and(|services| !lists(services, "*") && !lists(services, "email")) {
        return Err("s= does not allow email".to_owned());
    }
    let key: String = of("p").ok_or("p= is missing")?.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if key.is_empty() {
        return Ok(None);
    }
    let key =
        BASE64.decode(key.as_bytes()).map_err(|_| "p= is no base64; it was cut or changed on the way")?;
    Ok(Some(Published { is_rsa, key, is_testing: of("t").is_some_and(|flags| lists(flags, "y")) }))
}

/// A list of `name=value`, semicolons between (RFC 6376 §3.2).
fn tags(text: &str) -> Result<Vec<(&str, String)>, String> {
    let mut tags: Vec<(&str, String)> = Vec::new();
    for tag in text.split(';').map(str::trim).filter(|tag| !tag.is_empty()) {
        let (name, value) = tag.split_once('=').ok_or("a part of it has no =")?;
        let name = name.trim();
        if tags.iter().any(|(own, _)| *own == name) {
            return Err("a tag stands there twice".to_owned());
        }
        tags.push((name, value.trim().to_owned()));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 8463 §A.2.
    const ED25519: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    #[test]
    fn a_record_is_compared_with_the_key() {
        use Compared::{Other, Revoked, Same, Testing};
        for (record, expected) in [
            (ED25519, Same),
            ("k=ed25519;p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", Same),
            ("v=DKIM1;k = ed25519 ; p=11qYAYKxCrfVS/7T yWQHOg7hcvPapiMlrwIaaPcHURo= ;", Same),
            (
                "v=DKIM1; k=ed25519; h=sha1:sha256; s=email; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
                Same,
            ),
            ("v=DKIM1; t=s:y; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", Testing),
            // RFC 6376 §3.6.1: an empty p= means that the key was taken back.
            ("v=DKIM1; k=ed25519; p=", Revoked),
            ("v=DKIM1; k=ed25519; p=AAqYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", Other),
            ("v=DKIM1; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", Other),
        ] {
            assert_eq!(compare(record.as_bytes(), ED25519), expected, "{record}");
        }
    }

    #[test]
    fn what_receivers_refuse_cannot_be_read() {
        for (record, why) in [
            ("v=DKIM2; p=AAAA", "v=DKIM1"),
            ("p=AAAA; v=DKIM1", "begin"),
            ("v=DKIM1; k=dsa; p=AAAA", "k="),
            ("v=DKIM1; h=sha1; p=AAAA", "sha256"),
            ("v=DKIM1; s=other; p=AAAA", "email"),
            ("v=DKIM1", "p= is missing"),
            ("v=DKIM1; p=AA\"A", "base64"),
            ("v=DKIM1; p=AAAA; p=AAAA", "twice"),
            ("v=DKIM1; oh", "no ="),
        ] {
            let Compared::Unreadable(said) = compare(record.as_bytes(), ED25519) else {
                panic!("{record} was read")
            };
            assert!(said.contains(why), "{record}: {said}");
        }
        assert!(matches!(compare(b"\xff", ED25519), Compared::Unreadable(_)));
    }

    #[test]
    fn an_rsa_key_may_be_published_without_its_wrapping() {
        let whole: Vec<u8> = (0..294).map(|n| (n % 251) as u8).collect();
        let record = |key: &[u8]| format!("v=DKIM1; k=rsa; p={}", BASE64.encode(key));
        let own = record(&whole);
        assert_eq!(compare(record(&whole[24..]).as_bytes(), &own), Compared::Same);
        assert_eq!(compare(record(&whole[100..]).as_bytes(), &own), Compared::Other);
        assert_eq!(compare(record(&whole[..200]).as_bytes(), &own), Compared::Other);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(v=DKIM1;)?( ?[vkpts]=[A-Za-z0-9+/=: ]{0,20};?){0,5}") {
            let _ = (compare(&bytes, ED25519), compare(text.as_bytes(), ED25519));
        }
    }
}
