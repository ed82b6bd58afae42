//! A rest: a relay, or one receiving domain behind it, refuses us, and is
//! left alone until it is probed again (R17).

use serde::{Deserialize, Serialize};

use super::refusal::{Blame, Ours, blame};
use super::streak::unknown_domain;
use super::{MINUTE_MS, Reply, Timestamp};

/// How soon a mail is tried again whose sender is refused, and that belongs to
/// no mailing which could be paused.
pub const REFUSED_SENDER_AGAIN_MS: i64 = 5 * MINUTE_MS;
/// A sender that was not refused for so long is well, or has no mails left.
pub const REFUSED_SENDER_MS: i64 = 3 * REFUSED_SENDER_AGAIN_MS;

/// Why it rests, with the words of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestCause {
    /// What of us is refused, where the words tell.
    pub ours: Option<Ours>,
    /// Reply code.
    pub code: Option<u16>,
    /// Enhanced status.
    pub enhanced: Option<String>,
    /// The server's words, without addresses of readers.
    pub said: String,
}

impl RestCause {
    /// Of a reply.
    pub fn of(reply: &Reply) -> Self {
        let ours = match blame(reply.code, reply.enhanced.as_deref(), &reply.text) {
            Blame::Us(ours) => Some(ours),
            _ => None,
        };
        let word = |word: &str| if word.contains('@') { "…".to_owned() } else { word.to_owned() };
        let said = reply.text.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
        Self { ours, code: reply.code, enhanced: reply.enhanced.clone(), said }
    }

    /// Of a reply that refuses our sender, in whatever words.
    pub fn of_sender(reply: &Reply) -> Self {
        Self { ours: Some(Ours::Sender), ..Self::of(reply) }
    }

    /// Whether it says that a domain is unknown: of many, the server's DNS is.
    pub fn finds_no_domain(&self) -> bool {
        let Self { code, enhanced, said, .. } = self.clone();
        self.ours.is_none() && unknown_domain(&Reply { code, enhanced, text: said }).is_some()
    }

    /// Whether it is the same refusal, whatever it says of its reader.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.ours, self.code, &self.enhanced) == (other.ours, other.code, &other.enhanced)
    }

    /// Code, status and words on one line.
    pub fn line(&self) -> String {
        let code = self.code.map(|code| code.to_string());
        let parts = [code.as_deref(), self.enhanced.as_deref(), Some(self.said.as_str())];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// What refuses us, since when, and until when it is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rest {
    /// The relay: `host:port`.
    pub relay: String,
    /// The receiving domain behind it; `None`: the relay as a whole.
    pub domain: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it refused last.
    pub refused_at: Timestamp,
    /// When it is probed again.
    pub until: Timestamp,
    /// When it took mail again; within a day it is the same rest.
    pub ended_at: Option<Timestamp>,
    /// Why.
    pub cause: RestCause,
}

impl Rest {
    /// Whether mail waits for it now.
    pub const fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_names_no_reader() {
        let text = "<kim@example.org>: Relay access denied".to_owned();
        let cause = RestCause::of(&Reply { code: Some(554), enhanced: Some("5.7.1".into()), text });
        assert_eq!(cause.ours, Some(Ours::Relaying));
        assert_eq!(cause.line(), "554 5.7.1 … Relay access denied");
    }
}
