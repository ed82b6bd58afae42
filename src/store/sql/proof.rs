//! The proof of a mailing, equal on both databases.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::blocks::{BLOCK, Block, BlockRow, block_columns};
use super::by_domain::ByDomain;
use super::dialect::{in_numbers, numbers};
use super::lacking::{count_text, lacking, list_text, may_get, missing, placed};
use super::rows::{Place, at, count};
use crate::domain::{DeliveryKind, DeliveryStatus, MailingId, Reason, Reply, SubscriptionId, Timestamp};
use crate::store::{
    Breakdown, DeliveryCounts, Lack, MissedReader, Proof, Result, Retried, RetryStep, StoreError,
};

/// Rows of one page of [`Proof::break_down`].
const PAGE: i64 = 20_000;

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

#[async_trait]
impl Proof for SqlStore {
    async fn count_deliveries(&self, id: MailingId) -> Result<DeliveryCounts> {
        // What was sent singly is what is left: counting it would read every row.
        let (total, queued, failed, withheld, open, sent, cancelled): (i64, i64, i64, i64, i64, i64, i64) =
            sqlx::query_as(
                "SELECT (SELECT COUNT(*) FROM singles WHERE mailing_id = $1), \
                 (SELECT COUNT(*) FROM singles WHERE mailing_id = $1 AND status = 'queued'), \
                 (SELECT COUNT(*) FROM singles WHERE mailing_id = $1 AND status = 'failed'), \
                 (SELECT COUNT(*) FROM singles WHERE mailing_id = $1 AND status = 'withheld'), \
                 CAST(COALESCE(SUM(open), 0) AS BIGINT), CAST(COALESCE(SUM(sent), 0) AS BIGINT), \
                 CAST(COALESCE(SUM(length(states) - length(replace(states, 'c', ''))), 0) AS BIGINT) \
                 FROM blocks WHERE mailing_id = $1",
            )
            .bind(id.0)
            .fetch_one(&self.reader)
            .await?;
        Ok(DeliveryCounts {
            queued: queued + open,
            sent: total - queued - failed - withheld + sent,
            failed,
            withheld: withheld + cancelled,
        })
    }

    async fn break_down(&self, id: MailingId, since: Timestamp) -> Result<Breakdown> {
        let mut found = ByDomain::new(since);
        let mut after = (i64::MIN, 0_i64);
        loop {
            let page: Vec<(i64, i64, String, Option<i64>, String)> = sqlx::query_as(
                "SELECT d.subscription_id, d.copy, d.status, d.settled_at, b.address \
                 FROM singles d JOIN subscriptions s ON s.id = d.subscription_id \
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
                let status = place.need("status", DeliveryStatus::parse(&status))?;
                found.add(&address, status, settled_at);
            }
        }
        let mut after = i64::MIN;
        loop {
            let page: Vec<BlockRow> = sqlx::query_as(concat!(
                "SELECT ",
                block_columns!(),
                " FROM blocks k WHERE k.mailing_id = $1 AND k.first_subscription_id > $2 \
                 ORDER BY k.first_subscription_id LIMIT $3"
            ))
            .bind(id.0)
            .bind(after)
            .bind(PAGE / BLOCK as i64)
            .fetch_all(&self.reader)
            .await?;
            let page = page.into_iter().map(Block::try_from).collect::<Result<Vec<Block>>>()?;
            let Some(last) = page.last() else { break };
            after = last.first_subscription_id;
            let readers = page.iter().flat_map(|block| block.readers.iter().copied());
            let addresses: Vec<(i64, String)> = sqlx::query_as(concat!(
                "SELECT s.id, b.address FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id WHERE s.id ",
                in_numbers!("$1")
            ))
            .bind(numbers(readers))
            .fetch_all(&self.reader)
            .await?;
            let addresses: HashMap<i64, String> = addresses.into_iter().collect();
            for block in &page {
                found.add_block(block, &addresses);
            }
        }
        Ok(found.done())
    }

    async fn count_missed(&self, id: MailingId, lack: Lack, now: Timestamp) -> Result<i64> {
        let count = |text| sqlx::query_scalar(text).bind(id.0).bind(now.as_millis());
        if lack != Lack::Missing {
            return Ok(count(count_text(lack)).fetch_one(&self.reader).await?);
        }
        let (mut missing, mut after) = (0, i64::MIN);
        loop {
            let page = self.without_delivery(id, after, PAGE).await?;
            let some: i64 = count(count_text(lack)).bind(numbers(page.ids)).fetch_one(&self.reader).await?;
            missing += some;
            match page.next {
                Some(next) => after = next,
                None => return Ok(missing),
            }
        }
    }

    async fn list_missed(
        &self,
        id: MailingId,
        lack: Lack,
        after: Option<SubscriptionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<MissedReader>> {
        let mut after = after.map_or(i64::MIN, |after| after.0);
        let list = || sqlx::query_as(list_text(lack)).bind(id.0).bind(now.as_millis());
        if lack != Lack::Missing {
            let rows: Vec<MissedRow> =
                list().bind(after).bind(i64::from(limit)).fetch_all(&self.reader).await?;
            return rows.into_iter().map(MissedReader::try_from).collect();
        }
        let mut missed = Vec::new();
        while missed.len() < limit as usize {
            let page = self.without_delivery(id, after, PAGE).await?;
            let room = i64::from(limit) - i64::try_from(missed.len()).unwrap_or_default();
            let rows: Vec<MissedRow> =
                list().bind(numbers(page.ids)).bind(room).fetch_all(&self.reader).await?;
            for row in rows {
                missed.push(MissedReader::try_from(row)?);
            }
            let Some(next) = page.next else { break };
            after = next;
        }
        Ok(missed)
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
        let page = self.without_delivery(id, after, i64::from(limit)).await?;
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
        // Who left meanwhile makes room for others: they are the next step's.
        let last = page.next.map_or(last, |next| next.min(last));
        let failed = sqlx::query(concat!(
            "UPDATE singles SET status = 'queued', attempts = 0, queued_at = $2, next_attempt_at = $2, \
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
            "INSERT INTO singles (kind, priority, mailing_id, blog_id, subscription_id, status, queued_at, next_attempt_at) \
             SELECT $3, $4, m.id, m.blog_id, s.id, 'queued', $2, $2",
            missing!("$5"),
            "AND s.id <= $6 ORDER BY s.id ON CONFLICT DO NOTHING"
        ))
        .bind(id.0)
        .bind(now.as_millis())
        .bind(DeliveryKind::Post.as_str())
        .bind(DeliveryKind::Post.priority())
        .bind(numbers(page.ids))
        .bind(last)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if failed + missing > 0 {
            sqlx::query(
                // That it reached nobody is looked at anew.
                "UPDATE mailings SET status = 'sending', finished_at = NULL, reason = NULL, is_folded = 0, folded_to = 0 \
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

/// Followers of a page that have no delivery, as it seems: whoever writes one
/// looks again.
struct Page {
    ids: Vec<i64>,
    /// Where the next page begins.
    next: Option<i64>,
}

impl SqlStore {
    /// Two lists in order that are laid beside each other: asking the blocks for
    /// each follower would read every block 256 times.
    async fn without_delivery(&self, id: MailingId, after: i64, limit: i64) -> Result<Page> {
        let mut ids: Vec<i64> = sqlx::query_scalar(
            "SELECT s.id FROM mailings m JOIN subscriptions s ON s.blog_id = m.blog_id AND s.status = 'active' \
             WHERE m.id = $1 AND s.id > $2 ORDER BY s.id LIMIT $3",
        )
        .bind(id.0)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        let Some(last) = ids.last().copied() else { return Ok(Page { ids, next: None }) };
        let next = (i64::try_from(ids.len()) == Ok(limit)).then_some(last);
        let blocks: Vec<String> = sqlx::query_scalar(
            "SELECT readers FROM blocks WHERE mailing_id = $1 AND first_subscription_id <= $3 \
             AND last_subscription_id > $2 ORDER BY first_subscription_id",
        )
        .bind(id.0)
        .bind(after)
        .bind(last)
        .fetch_all(&self.reader)
        .await?;
        let have: HashSet<i64> =
            blocks.iter().flat_map(|readers| readers.split(',')).filter_map(|id| id.parse().ok()).collect();
        ids.retain(|id| !have.contains(id));
        Ok(Page { ids, next })
    }
}
