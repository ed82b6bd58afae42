//! Rows of deliveries: as a sender claims them, and as the operator sees them.

use sqlx::FromRow;

use super::rows::{Place, at, count};
use crate::domain::{
    BlogId, ConfirmedBy, DeliveryId, DeliveryKind, DeliveryStatus, MailingId, Reason, Reply, Seal,
    SubscriberId, SubscriptionId, SubscriptionStatus, SuppressionReason, Timestamp,
};
use crate::store::{Claimed, DeliveryRecord, Result, StoreError};

/// Reads [`ClaimedRow`]s: the facts by which these deliveries `d` are judged
/// and composed.
macro_rules! facts {
    ($deliveries:literal) => {
        concat!(
            "SELECT d.id, d.kind, d.mailing_id, d.blog_id, d.subscription_id, \
         COALESCE(d.subscriber_id, s.subscriber_id) AS subscriber_id, \
         COALESCE(b.address, d.to_address) AS address, d.attempts, d.queued_at, d.payload, s.status, \
         s.paused_at, s.paused_until, s.confirmed_at, s.confirmed_by, s.expires_at, d.next_attempt_at, \
         s.seal AS subscription_seal, b.seal AS subscriber_seal, b.generation, \
         /* the strongest reason: 'unsubscribed' is the only weak one */ \
         (SELECT x.reason FROM suppressions x WHERE x.address_hash = COALESCE(b.address_hash, d.to_hash) \
          AND COALESCE(x.blog_id, 0) IN (0, COALESCE(d.blog_id, 0)) \
          ORDER BY CASE WHEN x.reason = 'unsubscribed' THEN 1 ELSE 0 END, x.id LIMIT 1) AS suppressed \
         FROM ",
            $deliveries,
            " LEFT JOIN subscriptions s ON s.id = d.subscription_id \
         LEFT JOIN subscribers b ON b.id = COALESCE(d.subscriber_id, s.subscriber_id) "
        )
    };
}
pub(in crate::store) use facts;

/// A delivery with its facts.
#[derive(FromRow, serde::Deserialize)]
pub(in crate::store) struct ClaimedRow {
    pub(in crate::store) id: i64,
    kind: String,
    mailing_id: Option<i64>,
    blog_id: Option<i64>,
    subscription_id: Option<i64>,
    subscriber_id: Option<i64>,
    address: Option<String>,
    attempts: i64,
    queued_at: i64,
    payload: Option<String>,
    status: Option<String>,
    paused_at: Option<i64>,
    paused_until: Option<i64>,
    confirmed_at: Option<i64>,
    confirmed_by: Option<String>,
    expires_at: Option<i64>,
    next_attempt_at: Option<i64>,
    subscription_seal: Option<i64>,
    subscriber_seal: Option<i64>,
    generation: Option<i64>,
    suppressed: Option<String>,
}

impl ClaimedRow {
    pub fn into_claimed(self, now: Timestamp) -> Result<Claimed> {
        let place = Place { table: "deliveries", row: self.id };
        let status = self.status.map(|word| place.need("subscription", SubscriptionStatus::parse(&word)));
        let suppressed =
            self.suppressed.map(|word| place.need("suppression", SuppressionReason::parse(&word)));
        let confirmed_by =
            self.confirmed_by.map(|word| place.need("confirmed_by", ConfirmedBy::parse(&word)));
        Ok(Claimed {
            id: DeliveryId(self.id),
            kind: place.need("kind", DeliveryKind::parse(&self.kind))?,
            mailing_id: self.mailing_id.map(MailingId),
            blog_id: self.blog_id.map(BlogId),
            subscription_id: self.subscription_id.map(SubscriptionId),
            subscriber_id: self.subscriber_id.map(SubscriberId),
            // Without an address it fails when it is composed, and alone; an
            // error here would stop those claimed with it.
            address: self.address.unwrap_or_default(),
            attempts: count(self.attempts),
            queued_at: at(self.queued_at),
            payload: self.payload,
            status: status.transpose()?,
            is_paused: self.paused_at.is_some() && self.paused_until.is_none_or(|until| now < at(until)),
            suppressed: suppressed.transpose()?,
            confirmed_at: self.confirmed_at.map(at),
            confirmed_by: confirmed_by.transpose()?.unwrap_or_default(),
            expires_at: self.expires_at.map(at),
            leased_until: at(place.need("next_attempt_at", self.next_attempt_at)?),
            subscription_seal: self.subscription_seal.map(Seal),
            subscriber_seal: self.subscriber_seal.map(Seal),
            generation: self.generation.unwrap_or_default(),
        })
    }
}

/// A delivery as it is listed.
#[derive(FromRow)]
pub(super) struct RecordRow {
    id: i64,
    kind: String,
    mailing_id: Option<i64>,
    blog_id: Option<i64>,
    title: Option<String>,
    status: String,
    reason: Option<String>,
    attempts: i64,
    queued_at: i64,
    next_attempt_at: Option<i64>,
    settled_at: Option<i64>,
    code: Option<i64>,
    enhanced: Option<String>,
    text: Option<String>,
}

impl TryFrom<RecordRow> for DeliveryRecord {
    type Error = StoreError;

    fn try_from(row: RecordRow) -> Result<Self> {
        let place = Place { table: "deliveries", row: row.id };
        let code = row.code.map(|code| place.need("code", u16::try_from(code).ok()));
        Ok(Self {
            id: DeliveryId(row.id),
            kind: place.need("kind", DeliveryKind::parse(&row.kind))?,
            mailing_id: row.mailing_id.map(MailingId),
            blog_id: row.blog_id.map(BlogId),
            title: row.title,
            status: place.need("status", DeliveryStatus::parse(&row.status))?,
            reason: row.reason.as_deref().map(Reason::from_stored),
            attempts: count(row.attempts),
            queued_at: at(row.queued_at),
            next_attempt_at: row.next_attempt_at.map(at),
            settled_at: row.settled_at.map(at),
            reply: Reply {
                code: code.transpose()?,
                enhanced: row.enhanced,
                text: row.text.unwrap_or_default(),
            },
        })
    }
}
