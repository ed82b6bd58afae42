//! An email address that can be mailed, and the ways to compare it.
//!
//! Parsed at the door; inside, an address is never a bare `String`. Taken is
//! what a mail server on the open network can be given: a dot-atom before the
//! `@` (RFC 5321 §4.1.2, with UTF-8 by RFC 6531 §3.3) and a domain name with
//! at least one dot behind it (RFC 5890). Quoted local parts, comments,
//! display names and address literals are left out: nobody types them into
//! a form in earnest, and each is a way to smuggle something.

use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use validator::ValidateEmail;

use super::unseen::{is_unseen, trim_unseen};

/// RFC 5321 §4.5.3.1.1.
const LOCAL_MAX_BYTES: usize = 64;
/// A path is at most 256 octets with its angle brackets (RFC 5321 §4.5.3.1.3).
const ADDRESS_MAX_BYTES: usize = 254;

/// Why a text is no address; each sentence tells its typist what to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Nothing was typed.
    #[error("Type an email address, like this: kim@example.org")]
    Empty,
    /// No `@` in it.
    #[error("The @ is missing. Like this: kim@example.org")]
    NoAt,
    /// More than one `@`.
    #[error("There is more than one @. One address, please, like this: kim@example.org")]
    ManyAts,
    /// Nothing before the `@`.
    #[error("The part before the @ is missing. Like this: kim@example.org")]
    NoLocal,
    /// Nothing behind the `@`.
    #[error("The part after the @ is missing. Like this: kim@example.org")]
    NoDomain,
    /// A dot at the start, at the end, or two in a row, before the `@`.
    #[error("A dot stands in the wrong place before the @. Like this: kim.lee@example.org")]
    LocalDots,
    /// A character that cannot stand before the `@`.
    #[error("There is a space or a sign before the @ that cannot be there. Like this: kim@example.org")]
    LocalSign,
    /// No dot behind the `@`.
    #[error("The part after the @ needs a dot and an ending. Like this: kim@example.org")]
    DomainDot,
    /// An IP address in brackets.
    #[error("The part after the @ has to be a name, not a number in brackets. Like this: kim@example.org")]
    Literal,
    /// Not a domain name.
    #[error("The part after the @ is not a domain name. Like this: kim@example.org")]
    Domain,
    /// Longer than mail allows.
    #[error("This address is too long: mail allows 64 bytes before the @ and 254 in all")]
    TooLong,
    /// Any other fault.
    #[error("This is not an email address. Like this: kim@example.org")]
    Malformed,
}

/// An address as it is mailed, with the domain in lower-case A-labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    normalized: String,
}

impl EmailAddress {
    /// Reads an address; what is not seen around it is forgiven, and a `mailto:`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let text = bare(text);
        if text.is_empty() {
            return Err(AddressFault::Empty);
        }
        // As typed too: what is too long for mail should not become short
        // enough by composing, nor a stranger's megabyte be composed at all.
        if text.len() > ADDRESS_MAX_BYTES {
            return Err(AddressFault::TooLong);
        }
        if is_plain(text) {
            return Ok(Self { normalized: text.to_owned() });
        }
        Self::parse_fully(text)
    }

    fn parse_fully(text: &str) -> Result<Self, AddressFault> {
        let (local, domain) = text.split_once('@').ok_or(AddressFault::NoAt)?;
        if domain.contains('@') {
            return Err(AddressFault::ManyAts);
        }
        let local = checked_local(local)?;
        let (domain, shown) = checked_domain(domain)?;
        let normalized = format!("{local}@{domain}");
        // With its domain in UTF-8 it may be the longer one, and relays with
        // SMTPUTF8 may write it so.
        if normalized.len().max(local.len() + 1 + shown.len()) > ADDRESS_MAX_BYTES {
            return Err(AddressFault::TooLong);
        }
        if normalized.is_ascii() && !normalized.validate_email() {
            return Err(AddressFault::Malformed);
        }
        Ok(Self { normalized })
    }

    /// As it is mailed.
    pub fn as_str(&self) -> &str {
        &self.normalized
    }

    /// What makes a subscriber one and the same: case-folded NFC.
    ///
    /// Folded letter by letter, so that a capital sigma is the same at the end
    /// of a word as within it; `ß` stays itself, as `strasse@` and `straße@`
    /// may be two people.
    pub fn key(&self) -> String {
        self.normalized
            .nfc()
            .flat_map(char::to_lowercase)
            .map(|letter| if letter == 'ς' { 'σ' } else { letter })
            .nfc()
            .collect()
    }

    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        self.normalized.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the last `@`, lower-case A-labels.
    pub fn domain(&self) -> &str {
        self.normalized.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether it can only be mailed through a relay with SMTPUTF8 (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        !self.normalized.is_ascii()
    }

    /// For pages that open by a link alone: `k••@example.org`.
    pub fn masked(&self) -> String {
        let first = self.local().chars().next().unwrap_or('•');
        format!("{first}••@{}", self.domain())
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.normalized)
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.normalized)
    }
}

/// An address as somebody pasted it, without what came along: signs that are
/// not seen, and the scheme of a link (RFC 6068), which no local part can hold.
fn bare(text: &str) -> &str {
    let text = trim_unseen(text);
    match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => trim_unseen(&text[7..]),
        _ => text,
    }
}

/// Whether a text is an address at a glance, as nearly all are: the long way
/// would take it and leave it as it is.
fn is_plain(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_word = |word: &str, signs: &[u8]| {
        let bytes = word.as_bytes();
        let ends = [bytes.first(), bytes.last()].into_iter().flatten().filter(|b| b.is_ascii_alphanumeric());
        ends.count() == 2 && bytes.iter().all(|b| b.is_ascii_alphanumeric() || signs.contains(b))
    };
    let is_label = |label: &str| {
        let is_lower = !label.bytes().any(|b| b.is_ascii_uppercase());
        label.len() <= 63 && is_lower && is_word(label, b"-") && !label.contains("--")
    };
    let ending = domain.rsplit('.').next().unwrap_or_default();
    local.len() <= LOCAL_MAX_BYTES
        && local.split('.').all(|atom| is_word(atom, b"-_+"))
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && ending.len() >= 2
        && ending.bytes().all(|b| b.is_ascii_lowercase())
}

/// A dot-atom in NFC. Checked before and after composing: `<` with a
/// combining stroke becomes one innocent letter, a Greek question mark
/// becomes a semicolon.
fn checked_local(local: &str) -> Result<String, AddressFault> {
    if local.is_empty() {
        return Err(AddressFault::NoLocal);
    }
    let composed: String = local.nfc().collect();
    for form in [local, composed.as_str()] {
        if form.starts_with('.') || form.ends_with('.') || form.contains("..") {
            return Err(AddressFault::LocalDots);
        }
        if form.starts_with(is_combining_mark) || !form.chars().all(|c| c == '.' || is_atext(c)) {
            return Err(AddressFault::LocalSign);
        }
    }
    if composed.len() > LOCAL_MAX_BYTES {
        return Err(AddressFault::TooLong);
    }
    Ok(composed)
}

/// RFC 5322 §3.2.3 `atext`, and by RFC 6531 what is not ASCII, but for signs
/// that are not seen, have no meaning of their own, or pose as an `@`.
fn is_atext(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    }
    !c.is_control() && !c.is_whitespace() && !is_unseen(c) && !matches!(c, '﹫' | '@')
}

/// A host name with a dot in it, as lower-case A-labels and as it is shown.
fn checked_domain(domain: &str) -> Result<(String, String), AddressFault> {
    if domain.is_empty() {
        return Err(AddressFault::NoDomain);
    }
    if domain.starts_with('[') {
        return Err(AddressFault::Literal);
    }
    // UTS 46 would drop these silently; an address is not guessed at.
    if domain.chars().any(|c| {
        c.is_control() || c.is_whitespace() || (is_unseen(c) && !matches!(c, '\u{200C}' | '\u{200D}'))
    }) {
        return Err(AddressFault::Domain);
    }
    let rules = Uts46::new();
    let ascii = rules
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify)
        .map_err(|_| AddressFault::Domain)?
        .to_ascii_lowercase();
    let Some((_, ending)) = ascii.rsplit_once('.') else {
        return Err(AddressFault::DomainDot);
    };
    // No top-level domain ends in a digit; an IPv4 address does.
    if !ending.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(AddressFault::Domain);
    }
    let (shown, _) = rules.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    if !shown.chars().all(is_label_letter) {
        return Err(AddressFault::Domain);
    }
    let shown = shown.into_owned();
    Ok((ascii, shown))
}

/// What RFC 5892 lets stand in a name: letters, digits, marks, and the few
/// signs that depend on their neighbours, which the mapping has checked.
fn is_label_letter(c: char) -> bool {
    c.is_alphanumeric()
        || is_combining_mark(c)
        || matches!(c, '-' | '.' | '·' | '͵' | '׳' | '״' | '・' | '\u{200C}' | '\u{200D}' | '་' | '۽' | '۾')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect(text)
    }

    #[test]
    fn the_domain_is_mailed_in_lower_case_a_labels_and_the_rest_as_typed() {
        for (typed, mailed) in [
            (" Kim.Lee@EXAMPLE.org\r\n", "Kim.Lee@example.org"),
            ("kim@Bücher.example", "kim@xn--bcher-kva.example"),
            ("kim@faß.example", "kim@xn--fa-hia.example"),
            ("юзер@екзампл.ком", "юзер@xn--80ajglhfv.xn--j1aef"),
            ("a@example。com", "a@example.com"),
            ("jo\u{308}rg@example.com", "j\u{f6}rg@example.com"),
        ] {
            assert_eq!(parsed(typed).as_str(), mailed);
        }
        assert!(parsed("jörg@example.com").needs_smtputf8());
        assert!(!parsed("kim@bücher.example").needs_smtputf8());
    }

    #[test]
    fn each_fault_has_its_own_sentence() {
        use AddressFault as F;
        for (typed, fault) in [
            ("  ", F::Empty),
            ("kim", F::NoAt),
            ("@example.org", F::NoLocal),
            ("kim@", F::NoDomain),
            ("kim@lee@example.org", F::ManyAts),
            (".kim@example.org", F::LocalDots),
            ("kim lee@example.org", F::LocalSign),
            ("\"kim\"@example.org", F::LocalSign),
            ("<kim@example.org", F::LocalSign),
            ("kim\u{200b}@example.org", F::LocalSign),
            ("kim@example", F::DomainDot),
            ("kim@[127.0.0.1]", F::Literal),
            ("kim@127.0.0.1", F::Domain),
            ("kim@example.org\r\nBcc: x.y", F::Domain),
            ("kim@exa_mple.org", F::Domain),
            ("kim@i❤.ws", F::Domain),
            ("kim@example.org.", F::Domain),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(fault), "{typed:?}");
        }
        let long = format!("{}@example.org", "k".repeat(65));
        assert_eq!(EmailAddress::parse(&long), Err(F::TooLong));
        assert_eq!(EmailAddress::parse(&"k@".repeat(1 << 20)), Err(F::TooLong));
    }

    #[test]
    fn one_person_has_one_key() {
        assert_eq!(parsed("KIM@Example.ORG").key(), parsed("kim@example.org").key());
        assert_eq!(parsed("JO\u{308}RG@example.org").key(), parsed("j\u{f6}rg@example.org").key());
        assert_eq!(parsed("ΟΔΟΣ@example.org").key(), parsed("οδος@example.org").key());
        assert_ne!(parsed("straße@example.org").key(), parsed("strasse@example.org").key());
        assert_ne!(parsed("kim+a@example.org").key(), parsed("kim@example.org").key());
    }

    #[test]
    fn a_mask_shows_one_letter() {
        assert_eq!(parsed("kim@example.org").masked(), "k••@example.org");
        assert_eq!(parsed("юзер@example.org").masked(), "ю••@example.org");
    }

    proptest! {
        #[test]
        fn what_is_plain_at_a_glance_is_so_the_long_way(
            text in "[a-zA-Z0-9._+-]{1,12}@([a-zA-Z0-9-]{1,8}\\.){0,2}[a-z0-9-]{1,6}"
        ) {
            if is_plain(&text) {
                let fully = EmailAddress::parse_fully(&text).map(|address| address.normalized);
                prop_assert_eq!(fully, Ok(text));
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_parsed_parses_to_itself(
            text in prop_oneof![
                "\\PC{0,12}@\\PC{0,12}\\.\\PC{1,6}",
                "[a-zA-Z0-9.+_äßİΣ-]{1,20}@[a-zA-Z0-9äßİΣ-]{1,12}\\.[a-zé]{1,6}",
                any::<String>(),
            ],
        ) {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(&EmailAddress::parse(address.as_str()), &Ok(address.clone()));
                prop_assert!(!address.as_str().chars().any(|c| c.is_control() || c.is_whitespace()));
                prop_assert!(address.as_str().len() <= 254 && address.domain().is_ascii());
                let again = EmailAddress { normalized: address.key() };
                prop_assert_eq!(again.key(), address.key());
                let _ = (address.canonical(), address.masked());
            }
        }
    }
}
