//! Sentences about what refuses us: why, since when, what to do.

use crate::domain::refusal::Ours;
use crate::domain::{Rest, RestCause};

/// Who refuses us, and what of us.
pub fn sentence(relay: &str, domain: Option<&str>, cause: &RestCause) -> String {
    let who = match domain {
        Some(domain) => format!("the mail server of {domain}, behind {relay},"),
        None => format!("the mail server {relay}"),
    };
    let what = match cause.ours {
        Some(Ours::Login) => "wants another login than ours",
        Some(Ours::Sender) => "does not believe our sender address",
        Some(Ours::Quota) => "takes no more mails for now: the quota is used up",
        Some(Ours::Rate) => "finds that we send too fast",
        Some(Ours::Relaying) => "does not take mails of ours to others",
        Some(Ours::Reputation) => "does not like this machine’s address or name",
        Some(Ours::Suspended) => "has closed our account",
        None => "refuses many readers in the same words",
    };
    format!("{who} {what}")
}

/// The same of a rest, with its beginning.
pub fn sentence_of(rest: &Rest) -> String {
    let sentence = sentence(&rest.relay, rest.domain.as_deref(), &rest.cause);
    format!("{sentence}, since {}", rest.since.rfc3339())
}

/// What to do.
pub const fn advice(cause: &RestCause) -> &'static str {
    match cause.ours {
        Some(Ours::Login) => {
            "Check user and password in smtp.url, and whether the service lets programs log in."
        }
        Some(Ours::Sender) => {
            "Check mail.from and the sender of the blog, and SPF, DKIM and DMARC with postbell doctor."
        }
        Some(Ours::Quota) => {
            "Nothing has to be done: it goes on when the quota allows. For more mails a day, change the plan or add a second [[smtp.relay]]."
        }
        Some(Ours::Rate) => "Set smtp.rate_per_second to what the service allows.",
        Some(Ours::Relaying) => {
            "Use the server that your mail service names for sending, with user and password in smtp.url."
        }
        Some(Ours::Reputation) => {
            "Look this machine’s address up on the list that the words name, and check its reverse DNS with postbell doctor; or send through a mail service."
        }
        Some(Ours::Suspended) => "Ask the service why; until then add a second [[smtp.relay]].",
        None => "Ask who runs the server what these words mean.",
    }
}
