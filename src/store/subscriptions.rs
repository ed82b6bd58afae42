//! Subscribers, their subscriptions and the record of consent.

use async_trait::async_trait;
use serde::Serialize;

use super::Result;
use crate::domain::{
    BlogId, ConsentKind, EmailAddress, Evidence, Flow, Frequency, Seal, SealedRow, SignUpFacts, SignUpStep,
    SubscriberId, Subscription, SubscriptionId, SubscriptionStatus, SuppressionReason, Timestamp, Transition,
};

/// Limits on well-formed requests of one flow in an hour; 0: none.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignUpLimits {
    /// From one IP address.
    pub per_ip: u32,
    /// From one /24 or /64; wider networks may do some times as much.
    pub per_network: u32,
    /// In this instance, before it asks to go on from its own pages.
    pub per_instance: u32,
}

/// Who asks for a mail, as far as limits go.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    /// The client's IP address.
    pub ip: String,
    /// What it asks for.
    pub flow: Flow,
    /// Whether it comes from a page of ours, which is heard under pressure too.
    pub is_hosted: bool,
    /// Limits to hold.
    pub limits: SignUpLimits,
}

/// Whether somebody may ask now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Yes.
    Taken,
    /// The place where it comes from had enough this hour.
    Limited {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// The whole instance had enough this hour: only its own pages are heard.
    Pressed {
        /// When that is over.
        retry_after_seconds: u32,
    },
}

/// One well-formed sign-up.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// At which blog.
    pub blog_id: BlogId,
    /// Which address.
    pub address: EmailAddress,
    /// How often.
    pub frequency: Frequency,
    /// From where.
    pub evidence: Evidence,
    /// A sign-up, or the same once more.
    pub flow: Flow,
    /// Whether it comes from a page of ours.
    pub is_hosted: bool,
    /// When it expires unless it is confirmed.
    pub expires_at: Timestamp,
    /// Limits to hold.
    pub limits: SignUpLimits,
    /// What the record says: requested by the form, or asked by an import.
    pub kind: ConsentKind,
}

/// What became of a sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedUp {
    /// Written down, with its mail queued or withheld.
    Accepted {
        /// The row.
        subscription_id: SubscriptionId,
        /// What its links carry.
        seal: Seal,
    },
    /// Over a limit; nothing was written but the counting.
    Limited {
        /// When the visitor may try again.
        retry_after_seconds: u32,
    },
    /// As [`Asked::Pressed`]; nothing was written but the counting.
    Pressed {
        /// When that is over.
        retry_after_seconds: u32,
    },
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscriber {
    /// Its row.
    pub id: SubscriberId,
    /// The address as it is mailed.
    pub address: String,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// What manage links carry.
    #[serde(skip)]
    pub seal: Seal,
    /// Manage links of an earlier one no longer work.
    #[serde(skip)]
    pub generation: i64,
}

impl Subscriber {
    /// What manage links are made of.
    pub fn sealed(&self) -> SealedRow {
        SealedRow { id: self.id.0, seal: self.seal, generation: self.generation }
    }
}

/// Which subscribers to list.
#[derive(Debug, Clone, Default)]
pub struct SubscriberFilter {
    /// Only of this blog.
    pub blog_id: Option<BlogId>,
    /// Only with this status.
    pub status: Option<SubscriptionStatus>,
    /// Only addresses that contain this.
    pub text: Option<String>,
    /// Only rows after this subscription (cursor).
    pub after: Option<SubscriptionId>,
}

/// One entry of the record of consent.
#[derive(Debug, Clone, Serialize)]
pub struct ConsentRecord {
    /// When.
    pub at: Timestamp,
    /// At which blog.
    pub blog_id: BlogId,
    /// What.
    pub kind: ConsentKind,
    /// Who, as far as a request shows it.
    #[serde(flatten)]
    pub evidence: Evidence,
}

/// One row of an import.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Which address.
    pub address: EmailAddress,
    /// Which status it shall have, unless it is gone.
    pub status: SubscriptionStatus,
    /// Whether an active one begins with a pause.
    pub is_paused: bool,
    /// It left, bounced or complained elsewhere: it gets no subscription, but
    /// a suppression of this blog.
    pub gone: Option<SuppressionReason>,
    /// When it was asked for, confirmed or left, if the file says it.
    pub at: Option<Timestamp>,
    /// Where it came from.
    pub source: String,
}

/// What became of one row of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// A new subscription.
    Added,
    /// A pending one that became active.
    Activated,
    /// It is there already, at least as far.
    Unchanged,
    /// The same, and the row has the date that an import before it did not.
    Dated,
    /// It is pending already, as the row is.
    Waiting,
    /// It is gone, and the suppression of this blog says so.
    Noted,
    /// It left elsewhere, and its owner confirmed here since.
    FollowsHere,
    /// It left before; an import never revives.
    LeftBefore,
    /// It gets no mail.
    Suppressed,
}

/// What `upkeep` removed in one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Pending subscriptions that expired long ago.
    pub pending: u64,
    /// Ended subscriptions that nobody needs any more.
    pub ended: u64,
    /// Counters and settled notices past their time.
    pub log: u64,
}

/// Subscribers and subscriptions.
#[async_trait]
pub trait Subscriptions: Send + Sync {
    /// One sign-up: limits, facts, the rule `decide`, then subscriber,
    /// subscription, record of consent, ledger and mail, all in one
    /// transaction that does the same statements whoever signs up (S1).
    async fn sign_up(
        &self,
        sign_up: &SignUp,
        decide: &(dyn for<'a> Fn(&'a SignUpFacts) -> SignUpStep + Send + Sync),
        now: Timestamp,
    ) -> Result<SignedUp>;

    /// Sign-ups that wait at the same time, with an answer for each, in
    /// order: as [`Subscriptions::sign_up`] for one after the other, in one
    /// transaction where the database gains by it. One that cannot be written
    /// stops no other.
    async fn sign_up_all(
        &self,
        sign_ups: &[SignUp],
        decide: &(dyn for<'a> Fn(&'a SignUpFacts) -> SignUpStep + Send + Sync),
        now: Timestamp,
    ) -> Vec<Result<SignedUp>> {
        let mut answers = Vec::with_capacity(sign_ups.len());
        for sign_up in sign_ups {
            answers.push(self.sign_up(sign_up, decide, now).await);
        }
        answers
    }

    /// Applies what `rule` answers for the subscription as it is inside the
    /// transaction; `None` from the rule changes nothing. Answers the
    /// subscription as it was before and as it is now; `None` when there is
    /// none. Activating also lifts an `unsubscribed` suppression of this
    /// blog; ending withholds what is queued for it, but for a goodbye.
    async fn transition(
        &self,
        id: SubscriptionId,
        rule: &(dyn for<'a> Fn(&'a Subscription) -> Option<Transition> + Send + Sync),
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<Option<(Subscription, Subscription)>>;

    /// One subscription.
    async fn get_subscription(&self, id: SubscriptionId) -> Result<Option<Subscription>>;

    /// Every subscription of a person, by blog title.
    async fn list_subscriptions(&self, subscriber: SubscriberId) -> Result<Vec<Subscription>>;

    /// The person of this address.
    async fn find_subscriber(&self, address: &EmailAddress) -> Result<Option<Subscriber>>;

    /// The person of this row.
    async fn get_subscriber(&self, id: SubscriberId) -> Result<Option<Subscriber>>;

    /// A page of subscriptions by row, at most `limit`.
    async fn page_subscriptions(&self, filter: &SubscriberFilter, limit: u32) -> Result<Vec<Subscription>>;

    /// The record of consent of a person, oldest first.
    async fn list_consents(&self, subscriber: SubscriberId) -> Result<Vec<ConsentRecord>>;

    /// Imports rows (at most 2,000) in one transaction; sends no mail. Every
    /// row gets its outcome, in order. `kind` is what the record says.
    async fn import(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        kind: ConsentKind,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>>;

    /// What `import` would answer for these rows now; writes nothing.
    async fn preview_import(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>>;

    /// Asks for the manage link: queues one mail to this address when
    /// something was once confirmed and the bound allows it, else withholds
    /// it; the same statements either way. Over a limit it does nothing else.
    async fn request_manage_link(
        &self,
        address: &EmailAddress,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Asked>;

    /// A manage link, mailed at this moment or later, was used: one mail that
    /// was asked for before that gives its place back.
    async fn use_manage_link(
        &self,
        address: &EmailAddress,
        mailed_until: Timestamp,
        now: Timestamp,
    ) -> Result<()>;

    /// Counts one who asks for something that is bounded by place alone.
    async fn count_visit(&self, asker: &Asker, now: Timestamp) -> Result<Asked>;

    /// Removes the person: address, subscriptions, record of consent, kept
    /// mails. Their deliveries stay without a name; a keyed hash stays in
    /// the suppressions (`unsubscribed` for each blog), so that no import
    /// brings them back. `false` when there was nobody.
    async fn erase_subscriber(&self, address: &EmailAddress, now: Timestamp) -> Result<bool>;

    /// Removes, in steps of at most `limit` rows, pending subscriptions that
    /// expired before `pending_before`, ended ones before `ended_before`
    /// (their address goes to the suppressions as a hash), counters and
    /// settled one-off deliveries before `log_before`, and subscribers left
    /// with nothing.
    async fn purge(
        &self,
        pending_before: Timestamp,
        ended_before: Timestamp,
        log_before: Timestamp,
        limit: u32,
    ) -> Result<Purged>;
}
