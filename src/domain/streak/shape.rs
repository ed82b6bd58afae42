//! What is the same in the refusals of many readers.

use crate::domain::Reply;
use crate::domain::refusal::{Blame, blame, is_unknown_by_phrase};

/// Kept of a shape.
const SHAPE_BYTES: usize = 160;
/// Longer words are ids.
const LONGEST_WORD: usize = 24;
/// Words of so many of the letters a to f are ids in hexadecimal.
const HEX_ID: usize = 8;

/// A refusal without what differs from reader to reader: addresses, hosts,
/// numbers and ids are cut out.
pub fn shape_of(reply: &Reply, recipient: &str) -> String {
    let local = recipient.rsplit_once('@').map_or(recipient, |(local, _)| local).to_lowercase();
    let mut shape = reply.code.map_or_else(String::new, |code| code.to_string());
    if let Some(status) = &reply.enhanced {
        shape.push(' ');
        shape.push_str(status);
    }
    // Words may be glued: `<kim@example.org>:rejected`, `id=1F/reason=policy`.
    let glue = |c: char| c.is_whitespace() || "<>()[]{}\"',;:=/|\\".contains(c);
    for word in reply.text.split(glue).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())) {
        if is_own(word) || word.to_lowercase() == local {
            continue;
        }
        if shape.len() + word.len() >= SHAPE_BYTES {
            break;
        }
        shape.push(' ');
        shape.extend(word.chars().flat_map(char::to_lowercase));
    }
    shape
}

/// An address, a host, a number, an id.
fn is_own(word: &str) -> bool {
    let has_inner_capital =
        word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    word.is_empty()
        || word.len() > LONGEST_WORD
        || word.contains(['@', '.', '_', '+'])
        || word.chars().any(|c| c.is_ascii_digit())
        || (word.len() >= HEX_ID && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || has_inner_capital
}

/// Whether status and words both say that there is no such mailbox: then the
/// reader is dead, however many there are. Where a server gives no status by
/// RFC 3463, its reply code stands for one.
pub fn is_unknown_mailbox(reply: &Reply) -> bool {
    let says_so = match reply.enhanced.as_deref() {
        Some("5.1.0" | "5.1.1" | "5.1.2" | "5.1.6" | "5.1.10") => true,
        // Generic, or of a server that means the mailbox all the same.
        Some("5.0.0" | "5.2.1" | "5.4.1" | "5.5.0") | None => {
            matches!(reply.code, Some(550 | 551 | 553 | 556))
        }
        Some(_) => false,
    };
    says_so
        && !names_no_mailbox(&reply.text)
        && is_unknown_by_phrase(&reply.text)
        && blame(reply.code, reply.enhanced.as_deref(), &reply.text) == Blame::Reader
}

/// Words about how an address is written, or routed: a relay that routes
/// nothing outward says them of everybody.
fn names_no_mailbox(text: &str) -> bool {
    const ELSE: &[&str] = &["unrouteable", "unroutable", "syntax", "malformed", "invalid"];
    const MAILBOX: &[&str] = &["user", "mailbox", "account", "person", "inbox", "alias", "username"];
    let text = text.to_lowercase();
    let has = |words: &[&str]| text.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
    has(ELSE) && !has(MAILBOX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, enhanced: Option<&str>, text: &str) -> Reply {
        Reply { code: Some(code), enhanced: enhanced.map(str::to_owned), text: text.to_owned() }
    }

    #[test]
    fn what_differs_from_reader_to_reader_is_cut_out() {
        for (one, other) in [
            ("<kim@a.example>: no relay, id 4bXyZQ2zQx", "<ali@b.example>: no relay, id 9cAbCdEfGh"),
            ("refused, ref fdabbcdadd", "refused, ref fa240fbead"),
            ("User kim refused (ref 17/03)", "User ali refused (ref 18/03)"),
            ("mx1.a.example says no to kim@a.example", "mx7.b.example says no to ali@b.example"),
            ("blocked kJhGfDsA https://x.example/?e=kim", "blocked qWeRtZuI https://x.example/?e=ali"),
            ("[kim] Fnord wibble", "[ali]  fnord Wibble!"),
        ] {
            let one = shape_of(&reply(550, Some("5.7.1"), one), "kim@a.example");
            let other = shape_of(&reply(550, Some("5.7.1"), other), "ali@b.example");
            assert_eq!(one, other);
            assert!(one.len() > "550 5.7.1".len(), "{one}: something is left");
        }
        let of = |code, text| shape_of(&reply(code, None, text), "kim@a.example");
        assert_ne!(of(550, "no relay"), of(554, "no relay"));
        assert_ne!(of(550, "no relay"), of(550, "no mailbox"));
        assert!(of(550, &"many words ".repeat(60)).len() <= SHAPE_BYTES);
    }

    #[test]
    fn a_mailbox_is_unknown_where_status_and_words_say_so() {
        for (code, enhanced, text, expected) in [
            (550, Some("5.1.1"), "<kim@a.example>: Recipient address rejected: User unknown", true),
            (550, None, "No such user here", true),
            (550, Some("5.1.10"), "RESOLVER.ADR.RecipientNotFound; not found", true),
            (550, Some("5.1.1"), "fnord", false),
            (550, Some("5.7.1"), "no such user", false),
            (550, None, "fnord", false),
            (450, None, "no such user", false),
            (550, Some("5.1.1"), "Daily sending quota exceeded", false),
            (554, None, "no such user", false),
            // Of how an address is written or routed.
            (501, Some("5.1.3"), "Bad recipient address syntax", false),
            (550, None, "Unrouteable address", false),
            (550, None, "Invalid recipient", false),
            (550, Some("5.1.1"), "No such user in this domain", true),
            // Near it, and maybe said of our own account.
            (550, None, "This account is not registered for sending mail", false),
        ] {
            assert_eq!(
                is_unknown_mailbox(&reply(code, enhanced, text)),
                expected,
                "{code} {enhanced:?} {text}"
            );
        }
    }
}
