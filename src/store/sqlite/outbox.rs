//! The outbox in SQLite: claim by lease, judge elsewhere, settle.

use async_trait::async_trait;

use super::deliveries::{ClaimedRow, facts};
use super::dialect::json_numbers;
use super::journal::Fact;
use super::outbox_reads::not_halted;
use super::rows::stored;
use super::{BUSY, SqliteStore};
use crate::domain::{DeliveryId, DeliveryKind, DeliveryStatus, Reply, SubscriberId, Timestamp};
use crate::store::{
    Applied, Claimed, DeliveryRecord, NewDelivery, Outbox, Result, Settled, Settlement, StoreError,
};

/// Writes the batch into its deliveries.
const APPLY: &str = "UPDATE deliveries SET status = f.status, next_attempt_at = f.next_attempt_at, \
    settled_at = CASE WHEN f.next_attempt_at IS NULL THEN f.at END, attempts = attempts + f.is_try, \
    reason = f.reason, is_hard = f.is_hard, lease_owner = NULL, \
    /* what was not tried keeps what the server said before */ \
    code = CASE WHEN f.is_try = 1 THEN f.code ELSE deliveries.code END, \
    enhanced = CASE WHEN f.is_try = 1 THEN f.enhanced ELSE deliveries.enhanced END, \
    text = CASE WHEN f.is_try = 1 THEN f.text ELSE deliveries.text END \
    FROM settlements AS f WHERE deliveries.id = f.delivery_id \
    /* says the same again: from the few notes to their rows, never through all rows */ \
    AND deliveries.id IN (SELECT delivery_id FROM settlements) \
    AND deliveries.status = 'queued' AND deliveries.lease_owner = f.node";

#[async_trait]
impl Outbox for SqliteStore {
    async fn enqueue(&self, delivery: &NewDelivery, now: Timestamp) -> Result<DeliveryId> {
        let mut tx = self.write().await?;
        let id = self.insert_delivery(&mut tx, delivery, now).await?;
        tx.commit().await?;
        Ok(DeliveryId(id))
    }

    async fn claim(&self, node: &str, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Claimed>> {
        let ids = self.due(now, limit).await?;
        let ids = self.journal.unsettled(ids).await;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // The writer, who has settlements waiting, does no more than to take
        // what is still free; all else is read beside it.
        let list = json_numbers(ids);
        sqlx::query(
            "UPDATE deliveries SET lease_owner = $2, next_attempt_at = $3 \
             WHERE id IN (SELECT value FROM json_each($1)) AND status = 'queued' AND next_attempt_at <= $4",
        )
        .bind(&list)
        .bind(node)
        .bind(until.as_millis())
        .bind(now.as_millis())
        .execute(&self.writer)
        .await?;
        let rows: String = sqlx::query_scalar(concat!(
            "SELECT json_group_array(json_array(id, kind, mailing_id, blog_id, subscription_id, subscriber_id, \
             address, attempts, queued_at, payload, status, paused_at, paused_until, confirmed_at, confirmed_by, \
             expires_at, next_attempt_at, subscription_seal, subscriber_seal, generation, suppressed)) FROM (",
            facts!("json_each($1) e CROSS JOIN deliveries d ON d.id = e.value"),
            "WHERE d.status = 'queued' AND d.lease_owner = $2 \
             AND d.next_attempt_at = $3 ORDER BY e.key)"
        ))
        .bind(&list)
        .bind(node)
        .bind(until.as_millis())
        .fetch_one(&self.reader)
        .await?;
        let mut rows = from_json::<Vec<ClaimedRow>>(&rows)?;
        // A late holder may have noted what became of one meanwhile.
        let open = self.journal.unsettled(rows.iter().map(|row| row.id).collect()).await;
        rows.retain(|row| open.contains(&row.id));
        rows.into_iter().map(|row| row.into_claimed(now)).collect()
    }

    async fn recheck(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<Vec<Claimed>> {
        let rows: Vec<ClaimedRow> = sqlx::query_as(concat!(
            facts!("json_each($1) e CROSS JOIN deliveries d ON d.id = e.value"),
            "WHERE d.status = 'queued' AND d.lease_owner = $2 ",
            not_halted!()
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

    async fn note_settlements(&self, node: &str, settlements: &[Settlement], now: Timestamp) -> Result<()> {
        let fact = |one: &Settlement| Fact {
            key: (one.id.0, node.to_owned()),
            json: serde_json::to_string(&columns_of(one, node, now)).expect("numbers and texts are JSON"),
        };
        self.journal.append(settlements.iter().map(fact).collect()).await
    }

    async fn apply_settlements(&self, _node: &str, limit: u32) -> Result<Applied> {
        let held = self.journal.hold_if_long().await;
        let facts = self.journal.first(if held.is_some() { usize::MAX } else { limit as usize }).await?;
        if facts.is_empty() {
            return Ok(Applied { taken: 0, written: 0 });
        }
        let lines: Vec<&str> = facts.iter().map(|fact| fact.json.as_str()).collect();
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO settlements (delivery_id, node, at, status, next_attempt_at, is_try, reason, code, \
             enhanced, text, is_hard) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
             value ->> 7, value ->> 8, value ->> 9, value ->> 10 FROM json_each($1)",
        )
        .bind(format!("[{}]", lines.join(",")))
        .execute(&mut *tx)
        .await?;
        for statement in [
            "INSERT INTO tallies (status, count) \
             SELECT f.status, COUNT(*) FROM settlements f CROSS JOIN deliveries d ON d.id = f.delivery_id \
             WHERE f.status IN ('sent', 'failed') \
             AND d.status = 'queued' AND d.lease_owner = f.node GROUP BY f.status \
             ON CONFLICT (status) DO UPDATE SET count = count + excluded.count",
            "INSERT INTO blog_days (blog_id, day, attempts, accepted, hard) \
             SELECT d.blog_id, f.at / 86400000, COUNT(*), SUM(f.status = 'sent'), SUM(f.is_hard) \
             FROM settlements f CROSS JOIN deliveries d ON d.id = f.delivery_id \
             WHERE f.status IN ('sent', 'failed') \
             AND d.status = 'queued' AND d.lease_owner = f.node \
             AND d.mailing_id IS NOT NULL AND d.blog_id IS NOT NULL GROUP BY 1, 2 \
             ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET attempts = attempts + excluded.attempts, \
             accepted = accepted + excluded.accepted, hard = hard + excluded.hard",
        ] {
            sqlx::query(statement).execute(&mut *tx).await?;
        }
        let written = sqlx::query(APPLY).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM settlements").execute(&mut *tx).await?;
        tx.commit().await?;
        self.journal.forget(&facts).await?;
        Ok(Applied {
            taken: u32::try_from(facts.len()).unwrap_or(u32::MAX),
            written: written.rows_affected(),
        })
    }

    async fn free_leases(&self, node: Option<&str>, now: Timestamp) -> Result<u64> {
        if node.is_none() {
            // Without its notes, what a killed process had sent would be sent again.
            self.journal.take_over(BUSY).await?;
        }
        self.apply_all_settlements("").await?;
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
        self.read_next_due().await
    }

    async fn list_deliveries(&self, subscriber: SubscriberId, limit: u32) -> Result<Vec<DeliveryRecord>> {
        self.read_deliveries(subscriber, limit).await
    }

    async fn get_delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>> {
        self.read_delivery(id).await
    }
}

impl SqliteStore {
    /// What is due, in order.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<i64>> {
        let mut ids: Vec<i64> = Vec::new();
        for priority in DeliveryKind::PRIORITIES {
            let room = i64::from(limit) - i64::try_from(ids.len()).unwrap_or(i64::MAX);
            if room <= 0 {
                break;
            }
            // One priority at a time: over all of them at once the index would be
            // walked through everything of one that is not due yet. Many
            // rows as one: each by itself would wake two threads.
            let due: String = sqlx::query_scalar(concat!(
                "SELECT json_group_array(id) FROM (SELECT d.id FROM deliveries d \
                 WHERE d.status = 'queued' AND d.priority = $1 AND d.next_attempt_at <= $2 ",
                not_halted!(),
                "ORDER BY d.next_attempt_at, d.id LIMIT $3)",
            ))
            .bind(priority)
            .bind(now.as_millis())
            .bind(room)
            .fetch_one(&self.reader)
            .await?;
            ids.extend(from_json::<Vec<i64>>(&due)?);
        }
        Ok(ids)
    }
}

/// A settlement as columns: number, node, moment, state, next try, whether it was a try,
/// reason, reply (code, enhanced status, text), whether the reader is at fault.
type Columns<'a> = (
    i64,
    &'a str,
    i64,
    &'static str,
    Option<i64>,
    u8,
    Option<String>,
    Option<u16>,
    Option<&'a str>,
    Option<&'a str>,
    u8,
);

fn columns_of<'a>(settlement: &'a Settlement, node: &'a str, now: Timestamp) -> Columns<'a> {
    use DeliveryStatus::{Failed, Queued, Sent, Withheld};
    let (status, next, reason, reply): (_, Option<Timestamp>, _, Option<&Reply>) = match &settlement.settled {
        Settled::Sent { reply } => (Sent, None, None, Some(reply)),
        Settled::Failed { reply, .. } => (Failed, None, None, Some(reply)),
        Settled::Withheld { reason } => (Withheld, None, Some(stored(reason)), None),
        Settled::Retry { at, reply } => (Queued, Some((*at).max(now)), None, Some(reply)),
        Settled::GivenBack { at } => (Queued, Some(*at), None, None),
    };
    (
        settlement.id.0,
        node,
        now.as_millis(),
        status.as_str(),
        next.map(Timestamp::as_millis),
        // A try that counts is one with a reply.
        u8::from(reply.is_some()),
        reason,
        reply.and_then(|reply| reply.code),
        reply.and_then(|reply| reply.enhanced.as_deref()),
        reply.map(|reply| reply.text.as_str()),
        u8::from(matches!(settlement.settled, Settled::Failed { is_hard: true, .. })),
    )
}

/// What SQLite wrote as JSON a moment ago.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Broken(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Keys;

    #[tokio::test]
    async fn a_batch_finds_its_rows_by_number_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = SqliteStore::open(&path, Keys::new(&[vec![7; 32]]).unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {APPLY}")))
                .fetch_all(&store.writer)
                .await
                .unwrap();
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        let by_number = "SEARCH deliveries USING INTEGER PRIMARY KEY (rowid=?)";
        assert!(steps.contains(&by_number), "{steps:?}");
    }
}
