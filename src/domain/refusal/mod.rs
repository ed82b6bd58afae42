//! Who is to blame, from a reply code, a status by RFC 3463 and the words
//! beside them. Pure; also for replies while sending.
//!
//! The most telling evidence counts: what the last server said, then its
//! status, then the words that a report has for people, then the code.

mod guess;
mod phrases;
mod status;
mod text;
mod whom;

use serde::{Deserialize, Serialize};

use super::Class;
use status::{by_code, by_status, is_generic, says_otherwise};
pub(crate) use status::{code_in, enhanced_in};
use text::Text;
pub(crate) use text::{plain, with_own_sender_named};
pub use whom::Missing;

/// Whom a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// There is no such mailbox or domain.
    Reader,
    /// A mailbox that is there and does not take it: full, or closed for now.
    Mailbox,
    /// What we wrote: its content or size.
    Message,
    /// The operator's account, server or sender.
    Us(Ours),
    /// Nobody: the network, a name server, a server that is away.
    Moment,
}

/// What of us is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ours {
    /// Who we are is not known, or not believed.
    Login,
    /// We may not write as this sender, or the sender is not proven.
    Sender,
    /// We sent as much as we may, for an hour, a day or a month.
    Quota,
    /// We are too fast.
    Rate,
    /// The server takes no mail of ours for others.
    Relaying,
    /// Our host or address has a bad name, or none.
    Reputation,
    /// Our account was closed.
    Suspended,
}

impl Ours {
    /// Whether it is one receiver's judgement of us. A login, a quota, an
    /// account, and relaying are the relay's own, whoever the reader is.
    #[must_use]
    pub const fn is_receivers(self) -> bool {
        matches!(self, Self::Reputation | Self::Rate | Self::Sender)
    }
}

impl From<Blame> for Class {
    fn from(blame: Blame) -> Self {
        match blame {
            Blame::Reader => Self::Hard,
            Blame::Mailbox | Blame::Moment => Self::Soft,
            Blame::Message | Blame::Us(_) => Self::Sender,
        }
    }
}

/// Whether a whole phrase says that there is no such reader. Where many are
/// refused alike, words that only come near to it may be said of us.
#[must_use]
pub fn is_unknown_by_phrase(text: &str) -> bool {
    let text = Text::new(text);
    text.particular().or_else(|| text.general()) == Some(Blame::Reader)
}

/// What a refusal says is not there, by what stands next to the fault.
#[must_use]
pub fn what_is_missing(text: &str) -> Option<Missing> {
    Text::new(text).missing()
}

/// What a report says of one recipient.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) class: Class,
    /// The status that counted, or the best there was.
    pub(crate) status: Option<String>,
}

/// Whom a server's reply blames: by its words, which tell more than the
/// status, then by its status, then by its reply code. Nothing known is
/// `Moment`: a reader is given up only for a reason.
#[must_use]
pub fn blame(code: Option<u16>, enhanced: Option<&str>, text: &str) -> Blame {
    // qmail and others write theirs behind the words: `(#5.1.8)`.
    let is_of_code = |status: &&str| code.is_some_and(|code| status.starts_with(&(code / 100).to_string()));
    let enhanced = enhanced.or_else(|| enhanced_in(text).filter(is_of_code));
    let number = code.map(|code| code.to_string()).unwrap_or_default();
    let said = format!("{number} {} {text}", enhanced.unwrap_or_default());
    match weigh(code, enhanced, &Text::new(&said), &Text::default()).or_guessed() {
        // This server has not given up.
        Blame::Reader if code.is_some_and(|code| code < 500) => Blame::Moment,
        blame => blame,
    }
}

/// [`blame`], as what follows from it.
#[must_use]
pub fn classify(code: Option<u16>, enhanced: Option<&str>, text: &str) -> Class {
    blame(code, enhanced, text).into()
}

/// One recipient of a report.
#[derive(Debug, Default)]
pub(crate) struct Reported<'a> {
    /// The report's own field.
    pub(crate) status: Option<&'a str>,
    /// The server that refused.
    pub(crate) host: &'a str,
    /// What that server said.
    pub(crate) diagnostic: &'a str,
    /// What the report says of it to people.
    pub(crate) words: &'a str,
    /// Addresses one of which may be our envelope sender; none is the reader's.
    pub(crate) senders: &'a [&'a str],
}

/// Judges one recipient of a report.
pub(crate) fn of_report(about: &Reported<'_>) -> Judgement {
    let words = text::without_footers(text::of_last_host(about.words));
    let reply = text::reply_within(about.diagnostic);
    let said = enhanced_in(reply);
    let code = code_in(reply).or_else(|| code_in(&words));
    // `Status: 5.0.0` is what a reporting server writes that knows no better.
    let known = [said, about.status, enhanced_in(&words)];
    let best = known.into_iter().flatten().find(|status| !is_generic(status));
    let best = best.or(said).or(about.status);
    let diagnostic = text::with_sender_named(&text::without_footers(reply), about.senders);
    let diagnostic = Text::of_host(about.host, &diagnostic);
    let class = weigh(code, best, &diagnostic, &Text::new(&words)).or_guessed().into();
    Judgement { class, status: best.map(str::to_owned) }
}

/// Judges what a relay's provider reports, which has given up or not. Its own
/// verdict counts where neither the words nor a status tell more.
pub(crate) fn of_provider(has_given_up: bool, status: Option<&str>, diagnostic: &str) -> Class {
    let status = status.or_else(|| enhanced_in(diagnostic)).filter(|status| !is_generic(status));
    let said = Text::new(diagnostic);
    let told = weigh(code_in(diagnostic), status, &said, &Text::default()).told;
    match told.or_else(|| said.weak()).unwrap_or(if has_given_up { Blame::Reader } else { Blame::Moment }) {
        Blame::Reader if !has_given_up => Class::Soft,
        blame => blame.into(),
    }
}

/// What is told, by whole phrases or a status, and what the rest hints at.
struct Weighed {
    told: Option<Blame>,
    guessed: Option<Blame>,
}

impl Weighed {
    fn or_guessed(self) -> Blame {
        self.told.or(self.guessed).unwrap_or(Blame::Moment)
    }
}

fn weigh(code: Option<u16>, enhanced: Option<&str>, said: &Text, around: &Text) -> Weighed {
    if enhanced.is_some_and(|status| matches!(status.get(1..), Some(".1.7" | ".1.8"))) {
        return Weighed { told: Some(Blame::Us(Ours::Sender)), guessed: None };
    }
    // RFC 4954 §6: a "user" there is who logs in.
    if matches!(code, Some(534 | 535 | 538)) {
        return Weighed { told: Some(Blame::Us(Ours::Login)), guessed: None };
    }
    let of_status = enhanced.and_then(|status| by_status(status, code));
    let is_otherwise = enhanced.is_some_and(says_otherwise);
    let is_about_address =
        enhanced.is_some_and(|status| status.get(1..).is_some_and(|rest| rest.starts_with(".1.")));
    // A status of an address tells more than "inactive" or "full" in odd words.
    let kind = |text: &Text| text.kind(is_about_address);
    let particular = said.particular().map(|blame| match said.general() {
        // "Access denied due to your reputation".
        Some(us @ Blame::Us(_)) if blame == Blame::Reader => us,
        _ => blame,
    });
    let told = particular.or_else(|| match said.general().or_else(|| kind(said)) {
        Some(Blame::Reader) if is_otherwise => of_status,
        told => told,
    });
    let told = told.or_else(|| match (of_status, around.particular().or_else(|| around.general())) {
        // Words cut nobody off against a status, but may speak for a reader.
        (Some(status), Some(Blame::Reader)) if is_otherwise => Some(status),
        (Some(status), Some(words)) if status == Blame::Reader || words == Blame::Reader => Some(words),
        (status, words) => status.or(words).or_else(|| kind(around)),
    });
    let guessed = || said.weak().or_else(|| around.weak()).or_else(|| by_code(code?));
    let guessed = if told.is_none() { guessed() } else { None };
    let is_transient = enhanced.map_or(code.is_some_and(|code| code < 500), |status| status.starts_with('4'));
    // "Not now" of a mailbox that is not known is said by servers that were
    // set up to; of a domain it is said while its name servers are away.
    let says_unknown = enhanced == Some("4.1.1");
    let spare = |blame: Blame| match blame {
        Blame::Reader if is_transient && !says_unknown => Blame::Moment,
        // Before a recipient was named, nobody can have been refused but us.
        Blame::Reader if said.is_before_rcpt() || around.is_before_rcpt() => Blame::Us(Ours::Sender),
        // What was found wrong with our sender is mostly told in the words that
        // are said of a reader.
        Blame::Reader if said.is_about_sender() => Blame::Us(Ours::Sender),
        Blame::Reader if said.is_for_now() => Blame::Moment,
        Blame::Reader if is_about_address || said.particular() == Some(Blame::Reader) => blame,
        // Who took RCPT and refuses after the mail has a filter, whatever it
        // says; with a status about the address, what came before DATA was
        // refused.
        Blame::Reader if said.is_after_data() || around.is_after_data() => Blame::Mailbox,
        blame => blame,
    };
    Weighed { told: told.map(spare), guessed: guessed.map(spare) }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod things_tests;
#[cfg(test)]
mod words_tests;
