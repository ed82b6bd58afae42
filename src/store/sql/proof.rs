//! The proof of a mailing, equal on both databases.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::rows::{Place, at, count};
use crate::domain::{DeliveryKind, DeliveryStatus, MailingId, Reason, Reply, SubscriptionId, Timestamp};
use crate::store::{
    Breakdown, DeliveryCounts, Lack, MissedReader, Proof, Result, Retried, RetryStep, StoreError,
};

/// Rows of one page of [`Proof::break_down`].
const PAGE: i64 = 20_000;

/// Deliveries `d` of mailing $1 in this state that say where their reader
/// stands: of several copies one that was sent, then one that is queued, then
/// the newest. The state stands in the text: the planner must see that the
/// index of that state fits.
macro_rules! lacking {
    ("queued") => {
        lacking!("queued", "o.status = 'sent' OR (o.status = 'queued' AND o.copy > d.copy)")
    };
    ($state:tt) => {
        lacking!($state, "o.status IN ('sent', 'queued') OR o.copy > d.copy")
    };
    ($state:tt, $better:tt) => {
        concat!(
            " FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id \
             JOIN subscribers b ON b.id = s.subscriber_id \
             WHERE d.mailing_id = $1 AND d.status = '",
            $state,
            "' AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.mailing_id = d.mailing_id \
                 AND o.subscription_id = d.subscription_id AND (",
            $better,
            ")) "
        )
    };
}

/// May get mail of this blog at $2: follows, is not paused, not suppressed.
macro_rules! may_get {
    () => {
        "AND s.status = 'active' AND (s.paused_at IS NULL OR s.paused_until <= $2) \
         AND NOT EXISTS (SELECT 1 FROM suppressions x \
             WHERE x.address_hash = b.address_hash AND COALESCE(x.blog_id, 0) IN (0, s.blog_id)) "
    };
}

/// Subscriptions `s` that mailing $1 should have reached and that have no
/// delivery, at $2.
macro_rules! missing {
    () => {
        concat!(
            " FROM mailings m JOIN subscriptions s ON s.blog_id = m.blog_id \
             JOIN subscribers b ON b.id = s.subscriber_id \
             WHERE m.id = $1 AND s.status = 'active' \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.mailing_id = m.id AND d.subscription_id = s.id) \
             /* whom the fan-out has not reached yet is not missed */ \
             AND (m.filled_at IS NOT NULL OR s.id <= m.cursor) \
             AND (s.active_since <= m.created_at OR s.active_since > $2) \
             /* a pause that is over may have covered the fan-out, and so may having left */ \
             AND (s.paused_at IS NULL OR s.paused_at > m.created_at OR s.paused_until <= m.created_at) \
             AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.subscription_id = s.id \
                 AND c.kind IN ('resumed', 'undone') AND c.at >= m.created_at) ",
            may_get!()
        )
    };
}

#[derive(FromRow)]
struct MissedRow {
    subscription_id: i64,
    address: String,
    reason: Option<String>,
    attempts: i64,
    next_attempt_at: Option<i64>,
    code: Option<i64>,
    enhanced: Option<String>,
    text: Option<String>,
}

impl TryFrom<MissedRow> for MissedReader {
    type Error = StoreError;

    fn try_from(row: MissedRow) -> Result<Self> {
        let place = Place { table: "deliveries of subscription", row: row.subscription_id };
        let code = row.code.map(|code| place.need("code", u16::try_from(code).ok())).transpose()?;
        Ok(Self {
            subscription_id: SubscriptionId(row.subscription_id),
            address: row.address,
            reason: row.reason.as_deref().map(Reason::from_stored),
            attempts: count(row.attempts),
            next_attempt_at: row.next_attempt_at.map(at),
            reply: Reply { code, enhanced: row.enhanced, text: row.text.unwrap_or_default() },
        })
    }
}

/// Reads [`MissedRow`]s.
macro_rules! list_lacking {
    ($state:tt) => {
        concat!(
            "SELECT d.subscription_id, b.address, d.reason, d.attempts, d.next_attempt_at, d.code, d.enhanced, d.text",
            lacking!($state),
            "AND d.subscription_id > $3 AND $2 > 0 ORDER BY d.subscription_id LIMIT $4"
        )
    };
}

const fn list_text(lack: Lack) -> &'static str {
    match lack {
        Lack::Failed => list_lacking!("failed"),
        Lack::Withheld => list_lacking!("withheld"),
        Lack::Queued => list_lacking!("queued"),
        Lack::Missing => concat!(
            "SELECT s.id AS subscription_id, b.address, NULL AS reason, CAST(0 AS BIGINT) AS attempts, \
             CAST(NULL AS BIGINT) AS next_attempt_at, CAST(NULL AS BIGINT) AS code, NULL AS enhanced, NULL AS text",
            missing!(),
            "AND s.id > $3 ORDER BY s.id LIMIT $4"
        ),
    }
}

const fn count_text(lack: Lack) -> &'static str {
    match lack {
        Lack::Failed => concat!("SELECT COUNT(*)", lacking!("failed"), "AND $2 > 0"),
        Lack::Withheld => concat!("SELECT COUNT(*)", lacking!("withheld"), "AND $2 > 0"),
        Lack::Queued => concat!("SELECT COUNT(*)", lacking!("queued"), "AND $2 > 0"),
        Lack::Missing => concat!("SELECT COUNT(*)", missing!()),
    }
}

#[async_trait]
impl Proof for SqlStore {
    async fn count_deliveries(&self, id: MailingId) -> Result<DeliveryCounts> {
        // What was sent is what is left: counting it would read every row.
        let (total, queued, failed, withheld): (i64, i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM deliveries WHERE mailing_id = $1), \
             (SELECT COUNT(*) FROM deliveries WHERE mailing_id = $1 AND status = 'queued'), \
             (SELECT COUNT(*) FROM deliveries WHERE mailing_id = $1 AND status = 'failed'), \
             (SELECT COUNT(*) FROM deliveries WHERE mailing_id = $1 AND status = 'withheld')",
        )
        .bind(id.0)
        .fetch_one(&self.reader)
        .await?;
        Ok(DeliveryCounts { queued, sent: total - queued - failed - withheld, failed, withheld })
    }

    async fn break_down(&self, id: MailingId, since: Timestamp) -> Result<Breakdown> {
        let mut counts: HashMap<String, DeliveryCounts> = HashMap::new();
        let mut settled_since = 0;
        let mut after = (i64::MIN, 0_i64);
        loop {
            let page: Vec<(i64, i64, String, Option<i64>, String)> = sqlx::query_as(
                "SELECT d.subscription_id, d.copy, d.status, d.settled_at, b.address \
                 FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id \
                 JOIN subscribers b ON b.id = s.subscriber_id \
                 WHERE d.mailing_id = $1 AND (d.subscription_id, d.copy) > ($2, $3) \
                 ORDER BY d.subscription_id, d.copy LIMIT $4",
            )
            .bind(id.0)
            .bind(after.0)
            .bind(after.1)
            .bind(PAGE)
            .fetch_all(&self.reader)
            .await?;
            let Some(last) = page.last() else { break };
            after = (last.0, last.1);
            for (subscription, _, status, settled_at, address) in page {
                let place = Place { table: "deliveries of subscription", row: subscription };
                let domain = address.rsplit('@').next().unwrap_or_default();
                if !counts.contains_key(domain) {
                    counts.insert(domain.to_owned(), DeliveryCounts::default());
                }
                let Some(own) = counts.get_mut(domain) else { continue };
                match place.need("status", DeliveryStatus::parse(&status))? {
                    DeliveryStatus::Queued => own.queued += 1,
                    DeliveryStatus::Sent => own.sent += 1,
                    DeliveryStatus::Failed => own.failed += 1,
                    DeliveryStatus::Withheld => own.withheld += 1,
                }
                settled_since += i64::from(settled_at.is_some_and(|ms| at(ms) > since));
            }
        }
        let mut domains: Vec<_> = counts.into_iter().collect();
        domains.sort_by(|(a, ours), (b, theirs)| theirs.total().cmp(&ours.total()).then_with(|| a.cmp(b)));
        Ok(Breakdown { domains, settled_since })
    }

    async fn count_missed(&self, id: MailingId, lack: Lack, now: Timestamp) -> Result<i64> {
        let query = sqlx::query_scalar(count_text(lack)).bind(id.0).bind(now.as_millis());
        Ok(query.fetch_one(&self.reader).await?)
    }

    async fn list_missed(
        &self,
        id: MailingId,
        lack: Lack,
        after: Option<SubscriptionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<MissedReader>> {
        let rows: Vec<MissedRow> = sqlx::query_as(list_text(lack))
            .bind(id.0)
            .bind(now.as_millis())
            .bind(after.map_or(i64::MIN, |after| after.0))
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter().map(MissedReader::try_from).collect()
    }

    async fn count_retryable(&self, id: MailingId, now: Timestamp) -> Result<Retried> {
        let failed: i64 = sqlx::query_scalar(concat!("SELECT COUNT(*)", lacking!("failed"), may_get!()))
            .bind(id.0)
            .bind(now.as_millis())
            .fetch_one(&self.reader)
            .await?;
        let missing = self.count_missed(id, Lack::Missing, now).await?;
        Ok(Retried { failed: failed.unsigned_abs(), missing: missing.unsigned_abs() })
    }

    async fn retry_missed(
        &self,
        id: MailingId,
        after: Option<SubscriptionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<RetryStep> {
        let after = after.map_or(i64::MIN, |after| after.0);
        let mut tx = self.write().await?;
        // The step: the next followers, whether or not they lack anything.
        let (examined, last): (i64, Option<i64>) = sqlx::query_as(
            "SELECT COUNT(*), MAX(id) FROM (SELECT s.id FROM mailings m \
             JOIN subscriptions s ON s.blog_id = m.blog_id AND s.status = 'active' \
             WHERE m.id = $1 AND m.status <> 'cancelled' AND s.id > $2 ORDER BY s.id LIMIT $3) AS step",
        )
        .bind(id.0)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_one(&mut *tx)
        .await?;
        let Some(last) = last else { return Ok(RetryStep { retried: Retried::default(), next: None }) };
        let failed = sqlx::query(concat!(
            "UPDATE deliveries SET status = 'queued', attempts = 0, queued_at = $2, next_attempt_at = $2, \
             settled_at = NULL, lease_owner = NULL \
             WHERE status = 'failed' AND id IN (SELECT d.id",
            lacking!("failed"),
            may_get!(),
            "AND d.subscription_id > $3 AND d.subscription_id <= $4)"
        ))
        .bind(id.0)
        .bind(now.as_millis())
        .bind(after)
        .bind(last)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        let missing = sqlx::query(concat!(
            "INSERT INTO deliveries (kind, priority, mailing_id, blog_id, subscription_id, status, queued_at, next_attempt_at) \
             SELECT $5, $6, m.id, m.blog_id, s.id, 'queued', $2, $2",
            missing!(),
            "AND s.id > $3 AND s.id <= $4 ORDER BY s.id ON CONFLICT DO NOTHING"
        ))
        .bind(id.0)
        .bind(now.as_millis())
        .bind(after)
        .bind(last)
        .bind(DeliveryKind::Post.as_str())
        .bind(DeliveryKind::Post.priority())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if failed + missing > 0 {
            sqlx::query(
                // That it reached nobody is looked at anew.
                "UPDATE mailings SET status = 'sending', finished_at = NULL, reason = NULL \
                 WHERE id = $1 AND status = 'done'",
            )
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        let next = (examined == i64::from(limit)).then_some(SubscriptionId(last));
        Ok(RetryStep { retried: Retried { failed, missing }, next })
    }
}
