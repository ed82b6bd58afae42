//! Whom a bounce blames, where a provider's own types are too coarse: a
//! mailbox that is full and a relay that is blocked are "permanent" to many.

use super::super::Class;
use crate::domain::refusal;

/// The class of a bounce. `is_permanent` is the provider's own verdict and
/// holds where neither status nor text is more exact.
pub(super) fn class_of(is_permanent: bool, status: Option<&str>, diagnostic: Option<&str>) -> Class {
    refusal::of_provider(is_permanent, status, diagnostic.unwrap_or_default())
}

/// The first enhanced status code (RFC 3463) in a text.
pub(super) fn status_in(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map(|word| word.trim_end_matches('.'))
        .find(|word| is_status(word))
        .map(str::to_owned)
}

/// Whether a text is `class.subject.detail`.
fn is_status(word: &str) -> bool {
    let mut parts = word.split('.');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(parts.next(), Some("2" | "4" | "5"))
        && number(parts.next())
        && number(parts.next())
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_words_are_more_exact_than_permanent() {
        for (is_permanent, status, text, class) in [
            (true, "5.1.1", "550 5.1.1 no such account", Class::Hard),
            (true, "5.1.10", "", Class::Hard),
            (true, "", "550 user unknown, see our policy", Class::Hard),
            (true, "5.2.2", "552 5.2.2 mailbox full", Class::Soft),
            (true, "5.7.1", "550 5.7.1 not from you", Class::Sender),
            (true, "5.0.0", "554 your IP is on a blacklist", Class::Sender),
            (true, "5.3.4", "too big", Class::Sender),
            (true, "5.1.8", "bad sender", Class::Sender),
            (true, "", "550 over quota", Class::Soft),
            (true, "", "", Class::Hard),
            (false, "", "", Class::Soft),
            (false, "4.1.1", "user unknown, perhaps", Class::Soft),
            (false, "4.7.0", "slow down", Class::Sender),
            (false, "", "listed as spam", Class::Sender),
        ] {
            assert_eq!(class_of(is_permanent, Some(status), Some(text)), class, "{status} {text}");
        }
        assert_eq!(class_of(true, None, None), Class::Hard);
    }

    #[test]
    fn a_status_is_found_in_a_text() {
        assert_eq!(status_in("smtp; 550 5.1.1 The account"), Some("5.1.1".to_owned()));
        assert_eq!(status_in("550-5.7.26. This"), Some("5.7.26".to_owned()));
        for text in ["", "550 no", "from 5.1.1.9", "10.5.1.1", "5..1", "5.1.1234"] {
            assert_eq!(status_in(text), None, "{text}");
        }
    }
}
