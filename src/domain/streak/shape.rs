//! What is the same in the refusals of many readers.

use crate::domain::Reply;
use crate::domain::refusal::{Blame, Missing, blame, is_unknown_by_phrase, what_is_missing};

/// Kept of a shape.
const SHAPE_BYTES: usize = 160;
/// Longer words are ids.
const LONGEST_WORD: usize = 24;
/// Words of so many of the letters a to f are ids in hexadecimal.
const HEX_ID: usize = 8;
/// Behind the code, the shape of all that is said of a domain that is not
/// there; the signs stand in no other shape. SQL knows it as
/// `names_domain!`.
const UNKNOWN_DOMAIN: &str = "(unknown domain)";
/// The shape of all that is said so of domains that are there.
pub const KNOWN_DOMAIN: &str = "(known domain)";

/// A refusal without what differs from reader to reader: addresses, hosts,
/// numbers and ids are cut out.
pub fn shape_of(reply: &Reply, recipient: &str) -> String {
    let local = recipient.rsplit_once('@').map_or(recipient, |(local, _)| local).to_lowercase();
    let mut shape = reply.code.map_or_else(String::new, |code| code.to_string());
    if let Some(status) = &reply.enhanced {
        shape.push(' ');
        shape.push_str(status);
    }
    for word in words(&reply.text) {
        if word.to_lowercase() == local {
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

/// The words that are no reader's own.
fn words(text: &str) -> impl Iterator<Item = &str> {
    // They may be glued: `<kim@example.org>:rejected`, `id=1F/reason=policy`.
    let glue = |c: char| c.is_whitespace() || "<>()[]{}\"',;:=/|\\".contains(c);
    text.split(glue)
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !is_own(word))
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
    is_of_address(reply)
        && (what_is_missing(&reply.text) == Some(Missing::Mailbox) || !has_word(&reply.text, HOW_WRITTEN))
        && !is_unknown_domain(reply)
        && is_unknown_by_phrase(&reply.text)
        && blames_reader(reply)
}

/// The shape of a refusal that says that there is no such domain, or no way to
/// it. Within a domain it is dead; where it is said of everybody, the relay
/// finds nobody, or routes nothing outward.
pub fn unknown_domain(reply: &Reply) -> Option<String> {
    let code = reply.code?;
    is_unknown_domain(reply).then(|| format!("{code} {UNKNOWN_DOMAIN}"))
}

/// Whether a shape is [`unknown_domain`]'s.
pub fn names_domain(shape: &str) -> bool {
    shape.ends_with(UNKNOWN_DOMAIN)
}

fn is_unknown_domain(reply: &Reply) -> bool {
    let says_so = || match what_is_missing(&reply.text) {
        Some(Missing::Domain) => true,
        Some(Missing::Mailbox) => false,
        Some(Missing::Address) | None => is_of_domain(reply) && is_unknown_by_phrase(&reply.text),
    };
    (is_of_address(reply) || reply.enhanced.as_deref() == Some("5.4.4")) && says_so() && blames_reader(reply)
}

fn is_of_address(reply: &Reply) -> bool {
    match reply.enhanced.as_deref() {
        Some("5.1.0" | "5.1.1" | "5.1.2" | "5.1.6" | "5.1.10") => true,
        // Generic, or of a server that means the mailbox all the same.
        Some("5.0.0" | "5.2.1" | "5.4.1" | "5.5.0") | None => {
            matches!(reply.code, Some(550 | 551 | 553 | 556))
        }
        Some(_) => false,
    }
}

/// RFC 3463 §3.2 and §3.5: no such system, no way to it.
fn is_of_domain(reply: &Reply) -> bool {
    matches!(reply.enhanced.as_deref(), Some("5.1.2" | "5.4.4"))
}

fn blames_reader(reply: &Reply) -> bool {
    blame(reply.code, reply.enhanced.as_deref(), &reply.text) == Blame::Reader
}

/// Words about how an address is written: a relay that takes none outward says
/// them of everybody.
const HOW_WRITTEN: &[&str] = &["syntax", "malformed", "invalid"];

fn has_word(text: &str, begins: &[&str]) -> bool {
    words(text).any(|word| begins.iter().any(|begin| word.to_lowercase().starts_with(begin)))
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
        let mut wrong = Vec::new();
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
            // Of a domain.
            (550, Some("5.1.2"), "Host unknown (Name server: host not found)", false),
            (550, None, "Domain not found", false),
            // Near it, and maybe said of our own account.
            (550, None, "This account is not registered for sending mail", false),
        ] {
            if is_unknown_mailbox(&reply(code, enhanced, text)) != expected {
                wrong.push(text);
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn a_domain_is_unknown_where_its_words_name_no_mailbox() {
        let mut wrong = Vec::new();
        for (code, enhanced, text, expected) in [
            (
                550,
                Some("5.1.2"),
                "<kim@a.example>: Host unknown (Name server: a.example.: host not found)",
                true,
            ),
            (550, Some("5.1.2"), "<user@a.example>: Recipient address rejected: Domain not found", true),
            (550, Some("5.4.4"), "unable to route: no mail hosts for domain", true),
            (550, None, "Unrouteable address", true),
            (550, None, "domain does not exist", true),
            (553, Some("5.1.1"), "No such domain at this location", true),
            (550, Some("5.1.2"), "Die Domain gibt es nicht, unbekannte Domain", true),
            (550, Some("5.1.2"), "domaine inconnu", true),
            (550, None, "No MX record found for domain=a.example", true),
            (550, None, "Zieldomain existiert nicht", true),
            (550, Some("5.1.1"), "user unknown, domain a.example has no mail exchanger", true),
            // What stands next to the fault is meant, and in a compound its last word.
            (550, Some("5.1.2"), "<kim@a.example>: user domain does not exist", true),
            (550, None, "unknown user domain", true),
            (550, Some("5.1.2"), "The mailbox host could not be found", true),
            (550, None, "the domain of this user does not exist", true),
            (550, Some("5.1.1"), "account's domain unknown", true),
            (550, Some("5.1.2"), "le domaine de l'utilisateur est inconnu", true),
            (550, Some("5.1.2"), "El dominio del usuario no existe", true),
            (550, None, "Benutzerdomain existiert nicht", true),
            (550, Some("5.1.2"), "Empfängerdomain unbekannt", true),
            (550, Some("5.1.2"), "il dominio dell'utente è inesistente", true),
            (550, None, "Invalid address: domain not found", true),
            (550, Some("5.1.2"), "Bad destination mailbox address: host not found", true),
            (550, None, "Unknown recipient domain", true),
            (550, None, "host not found for user", true),
            (550, Some("5.1.2"), "受信者のドメインが存在しません", true),
            (550, Some("5.1.2"), "домен пользователя не существует", true),
            // Of a mailbox, whatever else they name.
            (550, Some("5.1.1"), "User unknown in virtual mailbox table", false),
            (550, Some("5.1.2"), "no such user at this host", false),
            (550, Some("5.1.1"), "host mx.a.example said: no such user", false),
            (550, Some("5.1.1"), "The email account that you tried to reach does not exist", false),
            (550, Some("5.1.10"), "Recipient kim@domain.example not found by SMTP address lookup", false),
            (550, Some("5.1.1"), "Recipient not found in domain", false),
            (550, None, "no such user in this domain", false),
            (550, Some("5.1.1"), "unknown user of domain a.example", false),
            (550, Some("5.1.1"), "domain user does not exist", false),
            (550, Some("5.1.1"), "This domain has no mailbox by that name", false),
            (550, Some("5.1.1"), "user not found on this host", false),
            (550, Some("5.1.1"), "user kimberly not found at domain a.example", false),
            (550, Some("5.1.1"), "Benutzer kimberly wurde bei Domain a.example nicht gefunden", false),
            (550, Some("5.1.1"), "Bad destination mailbox: kim is not known at this host", false),
            (550, None, "utilisateur du domaine inconnu", false),
            (550, Some("5.1.1"), "User doesn't exist: host said no", false),
            // Of us, of the moment, of nothing that is known.
            (553, Some("5.7.1"), "sorry, that domain isn't in my list of allowed rcpthosts", false),
            (450, Some("4.1.2"), "Domain not found", false),
            (550, Some("5.1.8"), "Sender address rejected: Domain not found", false),
            (550, Some("5.1.2"), "Fnord wibble", false),
        ] {
            let said = reply(code, enhanced, text);
            if unknown_domain(&said).is_some() != expected || (expected && is_unknown_mailbox(&said)) {
                wrong.push(text);
            }
        }
        assert_eq!(wrong, [""; 0]);
        let shape = unknown_domain(&reply(550, None, "Domain not found")).unwrap_or_default();
        assert!(names_domain(&shape) && !names_domain(&shape_of(&reply(550, None, &shape), "kim@a.example")));
    }
}
