//! Sentences about what refuses us, and what pauses mailings: why, since when,
//! what to do.

use crate::domain::refusal::Ours;
use crate::domain::{MAX_MAIL_BYTES, Reason, Rest, RestCause, Timestamp};

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
        None if cause.finds_no_domain() => "does not find the mail servers of readers",
        None => "refuses many readers in the same words",
    };
    format!("{who} {what}")
}

/// The same of a rest, with its beginning.
pub fn sentence_of(rest: &Rest) -> String {
    let sentence = sentence(&rest.relay, rest.domain.as_deref(), &rest.cause);
    sentence + &since_when(rest.since)
}

/// What to do.
pub fn advice(cause: &RestCause) -> &'static str {
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
        None if cause.finds_no_domain() => {
            "Ask who runs the server whether its DNS works, and whether it takes mail to everywhere."
        }
        None => "Ask who runs the server what these words mean.",
    }
}

/// What to do when the brake was pulled.
const MEND_LIST: &str = "Find out where these addresses come from, then run postbell mailing resume or postbell \
                         mailing cancel.";

/// What the brake counted, in its own words; nothing for other reasons.
pub fn counted(reason: &Reason) -> String {
    match reason {
        Reason::Braked { hard, attempts, .. } => format!("{hard} of {attempts} addresses do not exist"),
        Reason::BrakedByComplaints { complaints, accepted, .. } => {
            format!("{complaints} of {accepted} readers called a mail spam")
        }
        _ => String::new(),
    }
}

/// Why a mailing is paused, since when, and what to do; `None` of a reason
/// that pauses none, and where the operator paused it.
pub fn of_paused(reason: &Reason) -> Option<(String, &'static str)> {
    let (why, since, advice) = match reason {
        Reason::SenderRefused { smtp_code, said, since } => {
            let code = smtp_code.map_or_else(String::new, |code| format!("{code} "));
            let advice = "Mend mail.from or the sender of the blog, then run postbell mailing resume.";
            (format!("the relay refuses this sender: {code}{said}"), *since, advice)
        }
        Reason::Braked { since, .. } | Reason::BrakedByComplaints { since, .. } => {
            (format!("{}{}", Reason::OLD_BRAKED, counted(reason)), Some(*since), MEND_LIST)
        }
        Reason::Said { text } if text.starts_with(Reason::OLD_BRAKED) => (text.clone(), None, MEND_LIST),
        Reason::MailTooLarge { bytes, since: Some(since) } => {
            let advice = "Make it smaller in templates.dir, start postbell serve anew, and run postbell \
                          mailing resume.";
            (too_large(*bytes), Some(*since), advice)
        }
        _ => return None,
    };
    Some((why + &since.map(since_when).unwrap_or_default(), advice))
}

/// How few a mailing reached.
pub fn unreached(failed: i64, sent: i64) -> String {
    match sent {
        0 => format!("nobody got it: the mails to all {failed} readers were refused"),
        _ => format!("only {sent} of {} readers got it: the other mails were refused", failed + sent),
    }
}

/// What to do then.
pub fn advice_unreached(cause: &RestCause) -> &'static str {
    match cause.ours {
        Some(_) => advice(cause),
        None => {
            "If these readers are real, ask who runs the server what its words mean; else find out where their addresses come from."
        }
    }
}

fn since_when(since: Timestamp) -> String {
    format!(", since {}", since.rfc3339())
}

/// What is wrong with a template.
pub(super) fn too_large(bytes: u64) -> String {
    format!(
        "a template makes a mail of {} KB, and none has more than {}",
        bytes / 1_000,
        MAX_MAIL_BYTES / 1_000
    )
}
