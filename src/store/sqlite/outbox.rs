//! The outbox in SQLite: claim by lease, judge elsewhere, settle.

use async_trait::async_trait;

use super::SqliteStore;
use super::deliveries::{ClaimedRow, RecordRow, facts};
use super::dialect::json_numbers;
use super::health_counts::{Counted, count_settled};
use super::rows::{Birth, all, at};
use crate::domain::{DeliveryId, DeliveryStatus, Reply, SubscriberId, Timestamp};
use crate::store::{Claimed, DeliveryRecord, NewDelivery, Outbox, Result, Settled, Settlement};

/// The priorities that have something queued, each found by one seek.
macro_rules! levels {
    () => {
        "WITH RECURSIVE levels (p) AS ( \
           SELECT MIN(priority) FROM deliveries WHERE status = 'queued' \
           UNION ALL \
           SELECT (SELECT MIN(d.priority) FROM deliveries d WHERE d.status = 'queued' AND d.priority > levels.p) \
           FROM levels WHERE levels.p IS NOT NULL) "
    };
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn enqueue(&self, delivery: &NewDelivery, now: Timestamp) -> Result<DeliveryId> {
        let to_hash = delivery.to.as_ref().map(|to| self.keys.address_hash(&to.key()));
        let mut tx = self.write().await?;
        let id = Birth { delivery, withheld: None, to_hash, now }.insert(&mut tx).await?;
        tx.commit().await?;
        Ok(DeliveryId(id))
    }

    async fn claim(&self, node: &str, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Claimed>> {
        let mut tx = self.write().await?;
        let levels: Vec<i64> =
            sqlx::query_scalar(concat!(levels!(), "SELECT p FROM levels WHERE p IS NOT NULL ORDER BY p"))
                .fetch_all(&mut *tx)
                .await?;
        let mut ids: Vec<i64> = Vec::new();
        for level in levels {
            let room = i64::from(limit) - i64::try_from(ids.len()).unwrap_or(i64::MAX);
            if room <= 0 {
                break;
            }
            // One level at a time: over all of them at once the index would be
            // walked through everything of a level that is not due yet.
            let due: Vec<i64> = sqlx::query_scalar(
                "SELECT d.id FROM deliveries d LEFT JOIN mailings m ON m.id = d.mailing_id \
                 WHERE d.status = 'queued' AND d.priority = $1 AND d.next_attempt_at <= $2 \
                 AND COALESCE(m.status, '') NOT IN ('paused', 'cancelled') \
                 ORDER BY d.next_attempt_at, d.id LIMIT $3",
            )
            .bind(level)
            .bind(now.as_millis())
            .bind(room)
            .fetch_all(&mut *tx)
            .await?;
            ids.extend(due);
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let list = json_numbers(ids.iter().copied());
        sqlx::query(
            "UPDATE deliveries SET lease_owner = $2, next_attempt_at = $3 \
             WHERE id IN (SELECT value FROM json_each($1)) AND status = 'queued'",
        )
        .bind(&list)
        .bind(node)
        .bind(until.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        // Read beside the writer, who has settlements waiting.
        let rows: Vec<ClaimedRow> = sqlx::query_as(concat!(
            facts!(),
            "JOIN json_each($1) e ON e.value = d.id WHERE d.status = 'queued' AND d.lease_owner = $2 ORDER BY e.key"
        ))
        .bind(&list)
        .bind(node)
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(|row| row.into_claimed(now)).collect()
    }

    async fn recheck(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<Vec<Claimed>> {
        let rows: Vec<ClaimedRow> = sqlx::query_as(concat!(
            facts!(),
            "WHERE d.id IN (SELECT value FROM json_each($1)) AND d.status = 'queued' AND d.lease_owner = $2 \
             AND NOT EXISTS (SELECT 1 FROM mailings m \
                 WHERE m.id = d.mailing_id AND m.status IN ('paused', 'cancelled'))"
        ))
        .bind(json_numbers(ids.iter().map(|id| id.0)))
        .bind(node)
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(|row| row.into_claimed(now)).collect()
    }

    async fn renew(&self, node: &str, ids: &[DeliveryId], until: Timestamp) -> Result<Vec<DeliveryId>> {
        let mut tx = self.write().await?;
        let held: Vec<i64> = sqlx::query_scalar(
            "UPDATE deliveries SET next_attempt_at = $3 WHERE id IN (SELECT value FROM json_each($1)) \
             AND status = 'queued' AND lease_owner = $2 RETURNING id",
        )
        .bind(json_numbers(ids.iter().map(|id| id.0)))
        .bind(node)
        .bind(until.as_millis())
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(held.into_iter().map(DeliveryId).collect())
    }

    async fn settle(&self, node: &str, settlements: &[Settlement], now: Timestamp) -> Result<u64> {
        let mut tx = self.write().await?;
        // One statement whatever the number; a fact is a JSON list of columns.
        let rows: Vec<(i64, String, Option<i64>)> = sqlx::query_as(
            "UPDATE deliveries SET status = f.status, next_attempt_at = f.at, \
             settled_at = CASE WHEN f.at IS NULL THEN $3 END, attempts = attempts + f.is_try, \
             reason = f.reason, lease_owner = NULL, \
             /* what was not tried keeps what the server said before */ \
             code = CASE WHEN f.is_try = 1 THEN f.code ELSE deliveries.code END, \
             enhanced = CASE WHEN f.is_try = 1 THEN f.enhanced ELSE deliveries.enhanced END, \
             text = CASE WHEN f.is_try = 1 THEN f.text ELSE deliveries.text END \
             FROM (SELECT value ->> 0 AS id, value ->> 1 AS status, value ->> 2 AS at, value ->> 3 AS is_try, \
                 value ->> 4 AS reason, value ->> 5 AS code, value ->> 6 AS enhanced, value ->> 7 AS text \
                 FROM json_each($1)) AS f \
             WHERE deliveries.id = f.id AND deliveries.status = 'queued' AND deliveries.lease_owner = $2 \
             RETURNING deliveries.id, deliveries.status, \
                 CASE WHEN deliveries.mailing_id IS NOT NULL THEN deliveries.blog_id END",
        )
        .bind(json_facts(settlements, now))
        .bind(node)
        .bind(now.as_millis())
        .fetch_all(&mut *tx)
        .await?;
        let with = |status: DeliveryStatus| {
            i64::try_from(rows.iter().filter(|(_, word, _)| word == status.as_str()).count())
                .unwrap_or(i64::MAX)
        };
        let (sent, failed) = (with(DeliveryStatus::Sent), with(DeliveryStatus::Failed));
        for (blog, counted) in Counted::by_blog(settlements, &rows) {
            count_settled(&mut tx, blog, counted, now).await?;
        }
        if sent + failed > 0 {
            sqlx::query(
                "UPDATE tallies SET count = count + CASE status WHEN 'sent' THEN $1 ELSE $2 END \
                 WHERE status IN ('sent', 'failed')",
            )
            .bind(sent)
            .bind(failed)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }

    async fn free_leases(&self, node: Option<&str>, now: Timestamp) -> Result<u64> {
        let mut tx = self.write().await?;
        let freed = sqlx::query(
            "UPDATE deliveries SET lease_owner = NULL, \
             /* back to its old place in the queue, not behind those that came later */ \
             next_attempt_at = CASE WHEN attempts = 0 AND queued_at < $2 THEN queued_at ELSE $2 END \
             WHERE status = 'queued' AND lease_owner IS NOT NULL AND ($1 IS NULL OR lease_owner = $1)",
        )
        .bind(node)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        if node.is_none() {
            // A look or a mailing that was cut off is due again at once, not
            // when its lease of minutes runs out.
            for statement in [
                "UPDATE blogs SET next_check_at = $1, is_claimed = 0 WHERE is_claimed = 1 AND next_check_at > $1",
                "UPDATE posts SET due_at = $1, is_claimed = 0 WHERE is_claimed = 1 AND due_at > $1",
            ] {
                sqlx::query(statement).bind(now.as_millis()).execute(&mut *tx).await?;
            }
        }
        tx.commit().await?;
        Ok(freed.rows_affected())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        let due: Option<i64> = sqlx::query_scalar(concat!(
            levels!(),
            "SELECT MIN(due) FROM (SELECT (SELECT d.next_attempt_at FROM deliveries d \
             LEFT JOIN mailings m ON m.id = d.mailing_id \
             WHERE d.status = 'queued' AND d.priority = levels.p \
             AND COALESCE(m.status, '') NOT IN ('paused', 'cancelled') \
             ORDER BY d.next_attempt_at, d.id LIMIT 1) AS due FROM levels WHERE levels.p IS NOT NULL) AS each_level"
        ))
        .fetch_one(&self.reader)
        .await?;
        Ok(due.map(at))
    }

    async fn list_deliveries(&self, subscriber: SubscriberId, limit: u32) -> Result<Vec<DeliveryRecord>> {
        let rows: Vec<RecordRow> = sqlx::query_as(
            "SELECT d.*, m.title FROM deliveries d LEFT JOIN mailings m ON m.id = d.mailing_id \
             WHERE d.id IN ( \
                 SELECT id FROM deliveries WHERE subscriber_id = $1 \
                 UNION \
                 SELECT o.id FROM deliveries o JOIN subscriptions s ON s.id = o.subscription_id \
                 WHERE s.subscriber_id = $1) \
             ORDER BY d.id LIMIT $2",
        )
        .bind(subscriber.0)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn get_delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>> {
        let row: Option<RecordRow> = sqlx::query_as(
            "SELECT d.*, m.title FROM deliveries d LEFT JOIN mailings m ON m.id = d.mailing_id WHERE d.id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        row.map(DeliveryRecord::try_from).transpose()
    }
}

/// A settlement as columns. A try that counts is one with a reply.
struct Fact<'a> {
    status: DeliveryStatus,
    next_attempt_at: Option<Timestamp>,
    reason: Option<&'static str>,
    reply: Option<&'a Reply>,
}

impl<'a> Fact<'a> {
    fn of(settled: &'a Settled, now: Timestamp) -> Self {
        let over = Self { status: DeliveryStatus::Sent, next_attempt_at: None, reason: None, reply: None };
        match settled {
            Settled::Sent { reply } => Self { reply: Some(reply), ..over },
            Settled::Failed { reply, .. } => {
                Self { status: DeliveryStatus::Failed, reply: Some(reply), ..over }
            }
            Settled::Withheld { reason } => {
                Self { status: DeliveryStatus::Withheld, reason: Some(reason), ..over }
            }
            Settled::Retry { at, reply } => Self {
                status: DeliveryStatus::Queued,
                next_attempt_at: Some((*at).max(now)),
                reply: Some(reply),
                ..over
            },
            Settled::GivenBack { at } => {
                Self { status: DeliveryStatus::Queued, next_attempt_at: Some(*at), ..over }
            }
        }
    }
}

/// Settlements as a JSON list of lists.
fn json_facts(settlements: &[Settlement], now: Timestamp) -> String {
    let facts = settlements.iter().map(|Settlement { id, settled }| {
        let fact = Fact::of(settled, now);
        let reply = fact.reply;
        (
            id.0,
            fact.status.as_str(),
            fact.next_attempt_at.map(Timestamp::as_millis),
            u8::from(reply.is_some()),
            fact.reason,
            reply.and_then(|reply| reply.code),
            reply.and_then(|reply| reply.enhanced.as_deref()),
            reply.map(|reply| reply.text.as_str()),
        )
    });
    serde_json::to_string(&facts.collect::<Vec<_>>()).expect("numbers and texts are JSON")
}
