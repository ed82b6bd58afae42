//! The outbox: every mail is a row here before it is anything else.

use async_trait::async_trait;

use super::Result;
use crate::domain::{
    BlogId, ConfirmedBy, DeliveryId, DeliveryKind, DeliveryStatus, EmailAddress, MailingId, Reason, Reply,
    Seal, SubscriberId, SubscriptionId, SubscriptionStatus, SuppressionReason, Timestamp,
};

/// A mail to be queued that belongs to no mailing.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// What it carries.
    pub kind: DeliveryKind,
    /// Which blog it is about.
    pub blog_id: Option<BlogId>,
    /// Which subscription it is about.
    pub subscription_id: Option<SubscriptionId>,
    /// To whom, where there is no subscription: a manage link.
    pub subscriber_id: Option<SubscriberId>,
    /// To whom, where there is no subscriber either: the blog's owner, a test.
    pub to: Option<EmailAddress>,
    /// What the template needs and no other row holds, as JSON; at most 64 KB.
    pub payload: Option<String>,
}

/// A delivery under lease, with what is needed to judge and compose it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its row.
    pub id: DeliveryId,
    /// What it carries.
    pub kind: DeliveryKind,
    /// Its mailing.
    pub mailing_id: Option<MailingId>,
    /// Its blog.
    pub blog_id: Option<BlogId>,
    /// Its subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Its subscriber.
    pub subscriber_id: Option<SubscriberId>,
    /// Where it goes.
    pub address: String,
    /// Tries that were counted before this one.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// What the template needs and no other row holds.
    pub payload: Option<String>,
    /// Where the subscription stands now.
    pub status: Option<SubscriptionStatus>,
    /// Whether the reader paused.
    pub is_paused: bool,
    /// Why the address gets no mail, if so.
    pub suppressed: Option<SuppressionReason>,
    /// Since when the reader follows.
    pub confirmed_at: Option<Timestamp>,
    /// What that rests on.
    pub confirmed_by: ConfirmedBy,
    /// When a pending subscription expires.
    pub expires_at: Option<Timestamp>,
    /// When somebody else may take it.
    pub leased_until: Timestamp,
    /// What the subscription's links carry.
    pub subscription_seal: Option<Seal>,
    /// What the subscriber's links carry.
    pub subscriber_seal: Option<Seal>,
    /// The generation of the subscriber's links.
    pub generation: i64,
}

/// What became of a claimed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The server took it.
    Sent {
        /// What the server said.
        reply: Reply,
    },
    /// Again later; the try is counted.
    Retry {
        /// When.
        at: Timestamp,
        /// What the server said.
        reply: Reply,
    },
    /// Over.
    Failed {
        /// What the server said.
        reply: Reply,
        /// Whether there is no such reader (D12 counts these).
        is_hard: bool,
    },
    /// Not handed over, for a reason of ours.
    Withheld {
        /// Why.
        reason: Reason,
    },
    /// Given back as if it had never been claimed; the try is not counted. Those
    /// of a block that are given back to one later moment stay in it: they are
    /// free when its node holds none of it any more.
    GivenBack {
        /// When it may be claimed again.
        at: Timestamp,
    },
}

/// One fact about one claimed delivery.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which delivery.
    pub id: DeliveryId,
    /// What became of it.
    pub settled: Settled,
}

/// Settlements that are applied in one transaction.
pub const SETTLED_AT_ONCE: u32 = 250;

/// What [`Outbox::apply_settlements`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Settlements that it took; fewer than asked for: none are left.
    pub taken: u32,
    /// Deliveries that were written.
    pub written: u64,
}

/// A delivery as the operator sees it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DeliveryRecord {
    /// Its row.
    pub id: DeliveryId,
    /// What it carries.
    pub kind: DeliveryKind,
    /// Its mailing.
    pub mailing_id: Option<MailingId>,
    /// Its blog.
    pub blog_id: Option<BlogId>,
    /// Title of the post it carries.
    pub title: Option<String>,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Why it is withheld.
    #[serde(rename = "reason_code")]
    pub reason: Option<Reason>,
    /// Tries.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When it found its end.
    pub settled_at: Option<Timestamp>,
    /// What the server said last.
    pub reply: Reply,
}

/// The outbox.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Queues one mail.
    async fn enqueue(&self, delivery: &NewDelivery, now: Timestamp) -> Result<DeliveryId>;

    /// Leases due deliveries to `node` until `until`, in order of priority and
    /// then age, up to `limit`, or more by a part of a block: a block is claimed
    /// as a whole, and several go together. Those of paused or cancelled mailings
    /// stay. What ran out of its lease is free again.
    async fn claim(&self, node: &str, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Claimed>>;

    /// The same of those alone that have a row of their own and go before any
    /// block: what cannot wait behind a block that is held already.
    async fn claim_singles(
        &self,
        node: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>>;

    /// The same facts about claimed deliveries, read again right before the
    /// hand-over, in any order; without those that `node` no longer holds and
    /// those whose mailing was paused or cancelled.
    async fn recheck(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<Vec<Claimed>>;

    /// Extends the lease of those that `node` still holds; answers which.
    async fn renew(&self, node: &str, ids: &[DeliveryId], until: Timestamp) -> Result<Vec<DeliveryId>>;

    /// Gives back what `node` claimed and did not begin, to its old place.
    async fn give_back(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<()>;

    /// Makes durable what became of claimed deliveries, all in one transaction
    /// and with as little writing as can be. From here on nobody claims them;
    /// what else is read of them follows with [`Outbox::apply_settlements`].
    /// Of several facts about one delivery the first counts.
    async fn note_settlements(&self, node: &str, settlements: &[Settlement], now: Timestamp) -> Result<()>;

    /// How many calls of [`Outbox::note_settlements`] are quicker side by side
    /// than one after the other.
    fn notes_side_by_side(&self) -> usize {
        1
    }

    /// Writes noted settlements of any node into their deliveries, `limit` or
    /// more where there are so many, in one transaction; the counts are kept where `node` counts.
    /// A row that the settlement's node no longer holds stays as it is.
    async fn apply_settlements(&self, node: &str, limit: u32) -> Result<Applied>;

    /// Notes and applies at once. Answers how many rows were written.
    async fn settle(&self, node: &str, settlements: &[Settlement], now: Timestamp) -> Result<u64> {
        self.note_settlements(node, settlements, now).await?;
        self.apply_all_settlements(node).await
    }

    /// Applies whatever is noted, by whomever. Answers how many rows were
    /// written.
    async fn apply_all_settlements(&self, node: &str) -> Result<u64> {
        let mut written = 0;
        loop {
            let applied = self.apply_settlements(node, SETTLED_AT_ONCE).await?;
            written += applied.written;
            if applied.taken < SETTLED_AT_ONCE {
                return Ok(written);
            }
        }
    }

    /// Frees whatever deliveries `node` holds; for `None`, whatever anybody
    /// holds, looks at feeds and posts that are being mailed too. Answers how
    /// many deliveries were freed.
    async fn free_leases(&self, node: Option<&str>, now: Timestamp) -> Result<u64>;

    /// When the next queued delivery is due; leased ones count with the end
    /// of their lease.
    async fn next_due(&self) -> Result<Option<Timestamp>>;

    /// Every mail to a subscriber, oldest first, at most `limit`.
    async fn list_deliveries(&self, subscriber: SubscriberId, limit: u32) -> Result<Vec<DeliveryRecord>>;

    /// One delivery.
    async fn get_delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>>;
}
