//! A subscription: one subscriber at one blog, and the rule of signing up.

use serde::{Deserialize, Serialize};

use super::blog::words;
use super::{
    BlogId, DeliveryKind, MailCounts, QUESTION, Seal, SealedRow, SubscriberId, SubscriptionId,
    SuppressionReason, Timestamp,
};

/// Where a subscription stands. A paused one is active with `paused_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// Asked for, not confirmed; gets nothing but its confirmation.
    Pending,
    /// Confirmed.
    Active,
    /// Over.
    Ended,
}

words!(SubscriptionStatus { Pending = "pending", Active = "active", Ended = "ended" });

/// How often a reader wants mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// Each post, as it appears.
    #[default]
    Instant,
    /// Once a day.
    Daily,
    /// Once a week.
    Weekly,
}

words!(Frequency { Instant = "instant", Daily = "daily", Weekly = "weekly" });

/// What an entry of the record of consent says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentKind {
    /// Somebody typed the address.
    Requested,
    /// Its owner confirmed.
    Confirmed,
    /// Its owner left.
    Left,
    /// Its owner took leaving back.
    Undone,
    /// Its owner paused.
    Paused,
    /// Its owner ended the pause.
    Resumed,
    /// It came from a file, by the operator.
    Imported,
    /// The operator let its owner be asked, after an import.
    Asked,
    /// The operator added it.
    Added,
    /// The operator removed it.
    Removed,
    /// Its owner called a mail spam.
    Complained,
}

words!(ConsentKind {
    Requested = "requested",
    Confirmed = "confirmed",
    Left = "left",
    Undone = "undone",
    Paused = "paused",
    Resumed = "resumed",
    Imported = "imported",
    Asked = "asked",
    Added = "added",
    Removed = "removed",
    Complained = "complained",
});

/// What a subscription's `confirmed_at` rests on: no mail or page states a
/// consent that nobody gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ConfirmedBy {
    /// Its owner confirmed here, then.
    #[default]
    Reader,
    /// A file says that they follow since then.
    File,
    /// The file has no date: it is the moment of the import.
    Import,
    /// The operator added them then.
    Operator,
}

words!(ConfirmedBy { Reader = "reader", File = "file", Import = "import", Operator = "operator" });

/// Who did something, as far as a request shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The client's IP address.
    pub ip: Option<String>,
    /// Its user agent, cut to 200 bytes.
    pub user_agent: Option<String>,
    /// Where the form stood, or the file or command.
    pub source: Option<String>,
}

/// One subscriber at one blog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Its row.
    pub id: SubscriptionId,
    /// The blog.
    pub blog_id: BlogId,
    /// The person.
    pub subscriber_id: SubscriberId,
    /// The person's address as it is mailed.
    pub address: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// When the pause ends by itself.
    pub paused_until: Option<Timestamp>,
    /// How often.
    pub frequency: Frequency,
    /// Where it came from.
    pub source: Option<String>,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// When a pending one expires.
    pub expires_at: Option<Timestamp>,
    /// Since when it is a follow; what that rests on says `confirmed_by`.
    pub confirmed_at: Option<Timestamp>,
    /// What the date rests on.
    pub confirmed_by: ConfirmedBy,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What its links carry.
    #[serde(skip)]
    pub seal: Seal,
}

impl Subscription {
    /// What its links are made of.
    pub fn sealed(&self) -> SealedRow {
        SealedRow { id: self.id.0, seal: self.seal, generation: 0 }
    }

    /// Whether mail is held back at the reader's wish.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_at.is_some() && self.paused_until.is_none_or(|until| now < until)
    }

    /// Whether a pending one has waited too long.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.status == SubscriptionStatus::Pending && self.expires_at.is_some_and(|at| now >= at)
    }
}

/// What is known of an address when it signs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignUpFacts {
    /// Where its subscription stands, if there is one.
    pub status: Option<SubscriptionStatus>,
    /// Why it gets no mail, if so.
    pub suppressed: Option<SuppressionReason>,
    /// Mails that strangers caused to its canonical form.
    pub counts: MailCounts,
}

/// What signing up leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignUpStep {
    /// The status to write.
    pub status: SubscriptionStatus,
    /// Which mail the address's owner gets.
    pub mail: DeliveryKind,
    /// Whether that mail goes out at all.
    pub send: bool,
}

/// The rule of signing up (S2). Whatever it says, the visitor sees one answer.
pub fn sign_up_step(facts: &SignUpFacts) -> SignUpStep {
    // Who follows and left by a list has left.
    let follows = facts.suppressed != Some(SuppressionReason::Unsubscribed);
    let (status, mail) = match facts.status {
        Some(SubscriptionStatus::Active) if follows => (SubscriptionStatus::Active, DeliveryKind::Reminder),
        _ => (SubscriptionStatus::Pending, DeliveryKind::Confirm),
    };
    let may_receive = matches!(facts.suppressed, None | Some(SuppressionReason::Unsubscribed));
    SignUpStep { status, mail, send: QUESTION.allows(&facts.counts) && may_receive }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: SignUpFacts = SignUpFacts {
        status: None,
        suppressed: None,
        counts: MailCounts { within: [0, 0], all_together: 0 },
    };

    #[test]
    fn signing_up_asks_a_new_reader_and_reminds_a_follower() {
        use SubscriptionStatus::{Active, Ended, Pending};
        for (status, mail) in [
            (None, DeliveryKind::Confirm),
            (Some(Pending), DeliveryKind::Confirm),
            (Some(Ended), DeliveryKind::Confirm),
            (Some(Active), DeliveryKind::Reminder),
        ] {
            let step = sign_up_step(&SignUpFacts { status, ..NEW });
            assert_eq!((step.mail, step.send), (mail, true), "{status:?}");
            assert_eq!(step.status == Active, status == Some(Active));
        }
    }

    #[test]
    fn the_suppressed_and_those_over_a_limit_get_nothing() {
        for facts in [
            SignUpFacts { suppressed: Some(SuppressionReason::Bounced), ..NEW },
            SignUpFacts { suppressed: Some(SuppressionReason::Complained), ..NEW },
            SignUpFacts { suppressed: Some(SuppressionReason::Manual), ..NEW },
            SignUpFacts { counts: MailCounts { within: [1, 1], all_together: 1 }, ..NEW },
            SignUpFacts { counts: MailCounts { within: [0, 3], all_together: 0 }, ..NEW },
            SignUpFacts { counts: MailCounts { within: [0, 0], all_together: 5 }, ..NEW },
        ] {
            assert!(!sign_up_step(&facts).send, "{facts:?}");
        }
        let left = SignUpFacts { suppressed: Some(SuppressionReason::Unsubscribed), ..NEW };
        assert!(sign_up_step(&left).send);
        let by_a_list = SignUpFacts { status: Some(SubscriptionStatus::Active), ..left };
        let step = sign_up_step(&by_a_list);
        assert_eq!(
            (step.status, step.mail, step.send),
            (SubscriptionStatus::Pending, DeliveryKind::Confirm, true)
        );
    }
}
