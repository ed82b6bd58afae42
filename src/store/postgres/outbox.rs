//! The outbox in PostgreSQL: claim by lease, judge elsewhere, settle. Each is
//! one statement, apart from SQLite's: a batch of a sender costs one way to
//! the server, and nobody waits for another node's rows (`SKIP LOCKED`).

use async_trait::async_trait;

use super::deliveries::{ClaimedRow, facts};
use super::dialect::{not_noted, text};
use super::outbox_reads::not_halted;
use super::rows::stored;
use super::{NOTE_CONNECTIONS, PostgresStore};
use crate::domain::{DeliveryId, DeliveryKind, DeliveryStatus, Reply, SubscriberId, Timestamp};
use crate::store::{Applied, Claimed, DeliveryRecord, NewDelivery, Outbox, Result, Settled, Settlement};

/// The tallies are kept in so many rows, or nodes would wait for each other
/// there; a node always writes the same one.
const TALLY_SLOTS: u64 = 64;

#[async_trait]
impl Outbox for PostgresStore {
    async fn enqueue(&self, delivery: &NewDelivery, now: Timestamp) -> Result<DeliveryId> {
        let mut connection = self.writer.acquire().await?;
        let id = self.insert_delivery(&mut connection, delivery, now).await?;
        self.hint();
        Ok(DeliveryId(id))
    }

    async fn claim(&self, node: &str, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Claimed>> {
        let rows: Vec<ClaimedRow> = sqlx::query_as(concat!(
            // One priority at a time: over all of them at once the index would be
            // walked through everything of one that is not due yet. What
            // another node is claiming is passed over, not waited for.
            "WITH picked AS MATERIALIZED (SELECT due.id, ROW_NUMBER() OVER () AS place FROM ( \
                 SELECT d.id FROM unnest($5) AS levels (p) CROSS JOIN LATERAL ( \
                     SELECT d.id FROM deliveries d \
                     WHERE d.status = 'queued' AND d.priority = levels.p AND d.next_attempt_at <= $2 ",
            not_halted!(),
            not_noted!("d"),
            " ORDER BY d.next_attempt_at, d.id LIMIT $4 FOR NO KEY UPDATE OF d SKIP LOCKED) AS d LIMIT $4) AS due), \
             leased AS (UPDATE deliveries SET lease_owner = $1, next_attempt_at = $3 \
                 WHERE id = ANY(ARRAY(SELECT id FROM picked))) ",
            facts!("picked CROSS JOIN LATERAL (SELECT * FROM deliveries WHERE id = picked.id OFFSET 0) AS d"),
            "ORDER BY picked.place"
        ))
        .bind(node)
        .bind(now.as_millis())
        .bind(until.as_millis())
        .bind(i64::from(limit))
        .bind(DeliveryKind::PRIORITIES)
        .fetch_all(&self.sender)
        .await?;
        let claimed = rows.into_iter().map(|row| row.into_claimed(now));
        // The statement reads rows as they were before its own update.
        claimed.map(|claimed| claimed.map(|claimed| Claimed { leased_until: until, ..claimed })).collect()
    }

    async fn recheck(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<Vec<Claimed>> {
        let rows: Vec<ClaimedRow> = sqlx::query_as(concat!(
            facts!("unnest($1) AS asked (id) CROSS JOIN LATERAL (SELECT * FROM deliveries WHERE id = asked.id OFFSET 0) AS d"),
            "WHERE d.status = 'queued' AND d.lease_owner = $2 ",
            not_halted!()
        ))
        .bind(numbers(ids))
        .bind(node)
        .fetch_all(&self.sender)
        .await?;
        rows.into_iter().map(|row| row.into_claimed(now)).collect()
    }

    async fn renew(&self, node: &str, ids: &[DeliveryId], until: Timestamp) -> Result<Vec<DeliveryId>> {
        let held: Vec<i64> = sqlx::query_scalar(
            "WITH held AS MATERIALIZED (SELECT d.id FROM (SELECT id FROM unnest($1) AS asked (id) ORDER BY id) AS asked \
                 CROSS JOIN LATERAL (SELECT id, status, lease_owner FROM deliveries \
                     WHERE id = asked.id FOR NO KEY UPDATE) AS d \
                 WHERE d.status = 'queued' AND d.lease_owner = $2) \
             UPDATE deliveries SET next_attempt_at = $3 WHERE id = ANY(ARRAY(SELECT id FROM held)) RETURNING id",
        )
        .bind(numbers(ids))
        .bind(node)
        .bind(until.as_millis())
        .fetch_all(&self.sender)
        .await?;
        Ok(held.into_iter().map(DeliveryId).collect())
    }

    async fn note_settlements(&self, node: &str, settlements: &[Settlement], now: Timestamp) -> Result<()> {
        let mut facts = Facts::default();
        for Settlement { id, settled } in settlements {
            facts.add(*id, settled, now);
        }
        sqlx::query(
            "INSERT INTO settlements (node, at, delivery_id, status, next_attempt_at, is_try, reason, code, \
             enhanced, text, is_hard) \
             SELECT $1, $2, * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        )
        .bind(node)
        .bind(now.as_millis())
        .bind(facts.ids)
        .bind(facts.statuses)
        .bind(facts.next_attempts)
        .bind(facts.tries)
        .bind(facts.reasons)
        .bind(facts.codes)
        .bind(facts.enhanced)
        .bind(facts.texts)
        .bind(facts.hard)
        .execute(&self.notes)
        .await?;
        Ok(())
    }

    fn notes_side_by_side(&self) -> usize {
        NOTE_CONNECTIONS as usize
    }

    async fn apply_settlements(&self, node: &str, limit: u32) -> Result<Applied> {
        let (taken, written): (i64, i64) = sqlx::query_as(
            "WITH taken AS MATERIALIZED (SELECT ctid FROM settlements \
                 ORDER BY delivery_id, node LIMIT $1 FOR UPDATE SKIP LOCKED), \
             fact AS (DELETE FROM settlements WHERE ctid = ANY(ARRAY(SELECT ctid FROM taken)) RETURNING *), \
             held AS MATERIALIZED (SELECT d.id, one.* FROM (SELECT * FROM fact ORDER BY delivery_id) AS one \
                 CROSS JOIN LATERAL (SELECT id, status, lease_owner FROM deliveries \
                     WHERE id = one.delivery_id FOR NO KEY UPDATE) AS d \
                 WHERE d.status = 'queued' AND d.lease_owner = one.node), \
             done AS (UPDATE deliveries d SET status = held.status, next_attempt_at = held.next_attempt_at, \
                 settled_at = CASE WHEN held.next_attempt_at IS NULL THEN held.at END, \
                 attempts = d.attempts + held.is_try, reason = held.reason, is_hard = held.is_hard, lease_owner = NULL, \
                 /* what was not tried keeps what the server said before */ \
                 code = CASE WHEN held.is_try = 1 THEN held.code ELSE d.code END, \
                 enhanced = CASE WHEN held.is_try = 1 THEN held.enhanced ELSE d.enhanced END, \
                 text = CASE WHEN held.is_try = 1 THEN held.text ELSE d.text END \
                 FROM held WHERE d.id = held.id \
                 RETURNING d.status, d.blog_id, d.mailing_id, held.is_hard AS hard, held.at / 86400000 AS day), \
             tally AS (INSERT INTO tallies (status, slot, count) \
                 SELECT status, $2, COUNT(*) FROM done WHERE status IN ('sent', 'failed') GROUP BY status \
                 ORDER BY status \
                 ON CONFLICT (status, slot) DO UPDATE SET count = tallies.count + excluded.count), \
             health AS (INSERT INTO blog_days (blog_id, day, slot, attempts, accepted, hard) \
                 SELECT blog_id, day, $2, COUNT(*), COUNT(*) FILTER (WHERE status = 'sent'), \
                     CAST(SUM(hard) AS BIGINT) FROM done \
                 WHERE status IN ('sent', 'failed') AND mailing_id IS NOT NULL AND blog_id IS NOT NULL \
                 GROUP BY blog_id, day ORDER BY blog_id, day \
                 ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET \
                 attempts = blog_days.attempts + excluded.attempts, \
                 accepted = blog_days.accepted + excluded.accepted, hard = blog_days.hard + excluded.hard) \
             SELECT (SELECT COUNT(*) FROM taken), (SELECT COUNT(*) FROM done)",
        )
        .bind(i64::from(limit))
        .bind(tally_slot(node))
        .fetch_one(&self.sender)
        .await?;
        Ok(Applied { taken: u32::try_from(taken).unwrap_or(u32::MAX), written: written.unsigned_abs() })
    }

    async fn free_leases(&self, node: Option<&str>, now: Timestamp) -> Result<u64> {
        self.apply_all_settlements("").await?;
        let mut tx = self.write().await?;
        let freed = sqlx::query(
            "WITH held AS MATERIALIZED (SELECT id FROM deliveries WHERE status = 'queued' \
                 AND lease_owner IS NOT NULL AND ($1 IS NULL OR lease_owner = $1) ORDER BY id FOR NO KEY UPDATE) \
             UPDATE deliveries SET lease_owner = NULL, \
             /* back to its old place in the queue, not behind those that came later */ \
             next_attempt_at = CASE WHEN attempts = 0 AND queued_at < $2 THEN queued_at ELSE $2 END \
             FROM held WHERE deliveries.id = held.id",
        )
        .bind(node)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        if node.is_none() {
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

fn numbers(ids: &[DeliveryId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}

fn tally_slot(node: &str) -> i64 {
    let sum = node.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    i64::try_from(sum % TALLY_SLOTS).unwrap_or_default()
}

/// Settlements as columns. A try that counts is one with a reply.
#[derive(Default)]
struct Facts {
    ids: Vec<i64>,
    statuses: Vec<&'static str>,
    next_attempts: Vec<Option<i64>>,
    tries: Vec<i64>,
    reasons: Vec<Option<String>>,
    codes: Vec<Option<i64>>,
    enhanced: Vec<Option<String>>,
    texts: Vec<Option<String>>,
    hard: Vec<i64>,
}

impl Facts {
    fn add(&mut self, id: DeliveryId, settled: &Settled, now: Timestamp) {
        use DeliveryStatus::{Failed, Queued, Sent};
        let (status, next, reason, reply): (_, _, _, Option<&Reply>) = match settled {
            Settled::Sent { reply } => (Sent, None, None, Some(reply)),
            Settled::Failed { reply, .. } => (Failed, None, None, Some(reply)),
            Settled::Withheld { reason } => (DeliveryStatus::Withheld, None, Some(stored(reason)), None),
            Settled::Retry { at, reply } => (Queued, Some((*at).max(now)), None, Some(reply)),
            Settled::GivenBack { at } => (Queued, Some(*at), None, None),
        };
        self.ids.push(id.0);
        self.statuses.push(status.as_str());
        self.next_attempts.push(next.map(Timestamp::as_millis));
        self.tries.push(i64::from(reply.is_some()));
        self.reasons.push(reason);
        self.codes.push(reply.and_then(|reply| reply.code).map(i64::from));
        // A server may answer anything.
        let clean = |said: &String| text(said).into_owned();
        self.enhanced.push(reply.and_then(|reply| reply.enhanced.as_ref().map(clean)));
        self.hard.push(i64::from(matches!(settled, Settled::Failed { is_hard: true, .. })));
        self.texts.push(reply.map(|reply| clean(&reply.text)));
    }
}
