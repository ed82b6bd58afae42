//! The outbox in PostgreSQL: claim by lease, judge elsewhere, settle. Who
//! claims waits for nobody's rows (`SKIP LOCKED`), and what ended together is
//! noted as one row.

use async_trait::async_trait;
use sqlx::FromRow;

use super::sql::again::again;
use super::sql::deliveries::{ClaimedRow, facts};
use super::sql::facts::{Fact, apply_facts, noted};
use super::sql::held::hold_blocks_of;
use super::sql::leases::{EXPIRED, MOST_BLOCKS, free_all, free_expired, give_back_all, renew_all};
use super::sql::outbox_reads::{not_halted, oldest_block};
use super::{NOTE_CONNECTIONS, PostgresStore, Tx};
use crate::domain::{DeliveryId, DeliveryKind, SubscriberId, Timestamp};
use crate::store::{Applied, Claimed, DeliveryRecord, NewDelivery, Outbox, Result, Settlement, StoreError};

/// The tallies are kept in so many rows, or nodes would wait for each other
/// there; a node always writes the same one.
const TALLY_SLOTS: u64 = 64;

/// Who holds anything.
const OWNERS: &str = "SELECT lease_owner FROM singles WHERE status = 'queued' AND lease_owner IS NOT NULL \
    UNION SELECT lease_owner FROM blocks WHERE lease_owner IS NOT NULL ORDER BY 1";

/// What ended together.
#[derive(FromRow)]
struct NoteRow {
    id: i64,
    facts: String,
}

#[async_trait]
impl Outbox for PostgresStore {
    async fn enqueue(&self, delivery: &NewDelivery, now: Timestamp) -> Result<DeliveryId> {
        let mut connection = self.writer.acquire().await?;
        let id = self.insert_delivery(&mut connection, delivery, now).await?;
        self.hint();
        Ok(DeliveryId(id))
    }

    async fn claim(&self, node: &str, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Claimed>> {
        self.free_expired_leases(now).await?;
        let room = |rows: &[ClaimedRow]| i64::from(limit) - i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let mut rows = self.take_singles(node, now, until, i64::from(limit), true).await?;
        if room(&rows) > 0 {
            let in_blocks = self.take_blocks(node, now, until, room(&rows)).await?;
            let has_passed = !in_blocks.is_empty();
            rows.extend(in_blocks);
            if has_passed && room(&rows) > 0 {
                rows.extend(self.take_singles(node, now, until, room(&rows), false).await?);
            }
        }
        claimed_of(rows, now, until)
    }

    async fn claim_singles(
        &self,
        node: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>> {
        self.free_expired_leases(now).await?;
        claimed_of(self.take_singles(node, now, until, i64::from(limit), true).await?, now, until)
    }

    async fn recheck(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<Vec<Claimed>> {
        let rows: Vec<ClaimedRow> = sqlx::query_as(concat!(
            facts!("unnest($1) AS asked (id) CROSS JOIN LATERAL (SELECT * FROM singles WHERE id = asked.id OFFSET 0) AS d"),
            "WHERE d.status = 'queued' AND d.lease_owner = $2 ",
            not_halted!(),
            "UNION ALL ",
            facts!(
                "(SELECT id FROM blocks WHERE lease_owner IS NOT NULL AND lease_owner = $2) AS held CROSS JOIN LATERAL \
                 (SELECT * FROM placed WHERE block_id = held.id OFFSET 0) AS d"
            ),
            "WHERE d.id = ANY($1) AND d.status = 'queued' AND d.lease_owner = $2 ",
            not_halted!()
        ))
        .bind(numbers(ids))
        .bind(node)
        .fetch_all(&self.sender)
        .await?;
        rows.into_iter().map(|row| row.into_claimed(now)).collect()
    }

    async fn renew(&self, node: &str, ids: &[DeliveryId], until: Timestamp) -> Result<Vec<DeliveryId>> {
        let mut tx = self.sender.begin().await?;
        let held = renew_all(&mut tx, node, ids, until).await?;
        tx.commit().await?;
        Ok(held)
    }

    async fn give_back(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        give_back_all(&mut tx, node, ids, now).await?;
        tx.commit().await?;
        self.hint();
        Ok(())
    }

    async fn note_settlements(&self, node: &str, settlements: &[Settlement], now: Timestamp) -> Result<()> {
        let facts: Vec<String> = settlements.iter().map(|one| noted(one, node, now)).collect();
        sqlx::query("INSERT INTO notes (node, facts) VALUES ($1, $2)")
            .bind(node)
            .bind(format!("[{}]", facts.join(",")))
            .execute(&self.notes)
            .await?;
        Ok(())
    }

    fn notes_side_by_side(&self) -> usize {
        NOTE_CONNECTIONS as usize
    }

    async fn apply_settlements(&self, node: &str, limit: u32) -> Result<Applied> {
        again(|| self.apply_some(node, limit)).await
    }

    async fn free_leases(&self, node: Option<&str>, now: Timestamp) -> Result<u64> {
        again(|| async {
            let owners: Vec<String> = match node {
                Some(node) => vec![node.to_owned()],
                None => sqlx::query_scalar(OWNERS).fetch_all(&self.writer).await?,
            };
            let mut tx = self.write().await?;
            apply_notes_of(&mut tx, &owners).await?;
            let freed = free_all(&mut tx, node, now).await?;
            tx.commit().await?;
            Ok(freed)
        })
        .await
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

impl PostgresStore {
    async fn apply_some(&self, node: &str, limit: u32) -> Result<Applied> {
        let mut tx = self.sender.begin().await?;
        let notes: Vec<NoteRow> = sqlx::query_as(
            "DELETE FROM notes WHERE id = ANY(ARRAY(SELECT id FROM notes ORDER BY id LIMIT $1 \
             FOR UPDATE SKIP LOCKED)) RETURNING id, facts",
        )
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
        if notes.is_empty() {
            return Ok(Applied { taken: 0, written: 0 });
        }
        let facts = facts_of(notes)?;
        let taken = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        let written = apply_facts(&mut tx, facts, tally_slot(node)).await?;
        tx.commit().await?;
        Ok(Applied { taken, written })
    }

    /// What was not freed now is, at a later claim.
    pub(super) async fn free_expired_leases(&self, now: Timestamp) -> Result<()> {
        let owners: Vec<String> =
            sqlx::query_scalar(EXPIRED).bind(now.as_millis()).fetch_all(&self.sender).await?;
        if owners.is_empty() {
            return Ok(());
        }
        let freed = again(|| async {
            let mut tx = self.sender.begin().await?;
            free_noted(&mut tx, &owners, now).await?;
            Ok(tx.commit().await?)
        });
        match freed.await {
            Ok(()) => Ok(()),
            // Somebody stands still in the middle of it; others are not to wait.
            Err(StoreError::Unavailable(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Those that have been due for longer than any block of their priority, or all.
    async fn take_singles(
        &self,
        node: &str,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
        is_before_blocks: bool,
    ) -> Result<Vec<ClaimedRow>> {
        Ok(sqlx::query_as(concat!(
            // One priority at a time: over all of them at once the index would be
            // walked through everything of one that is not due yet. What
            // another node is claiming is passed over, not waited for.
            "WITH picked AS MATERIALIZED (SELECT due.id, ROW_NUMBER() OVER () AS place FROM ( \
                 SELECT d.id FROM unnest($5) AS levels (p) CROSS JOIN LATERAL ( \
                     SELECT d.id FROM singles d WHERE d.status = 'queued' AND d.lease_owner IS NULL \
                     AND d.priority = levels.p AND d.next_attempt_at <= COALESCE(",
            oldest_block!("levels.p", "$2", "$6"),
            ", $2) ",
            not_halted!(),
            " ORDER BY d.next_attempt_at, d.id LIMIT $4 FOR NO KEY UPDATE OF d SKIP LOCKED) AS d LIMIT $4) AS due), \
             leased AS (UPDATE singles SET lease_owner = $1, next_attempt_at = $3 \
                 WHERE id = ANY(ARRAY(SELECT id FROM picked))) ",
            facts!("picked CROSS JOIN LATERAL (SELECT * FROM singles WHERE id = picked.id OFFSET 0) AS d"),
            "ORDER BY picked.place"
        ))
        .bind(node)
        .bind(now.as_millis())
        .bind(until.as_millis())
        .bind(limit)
        .bind(DeliveryKind::PRIORITIES)
        .bind(is_before_blocks)
        .fetch_all(&self.sender)
        .await?)
    }

    /// Blocks until there are so many deliveries. Leased first and read then: a
    /// statement reads what was there when it began.
    async fn take_blocks(
        &self,
        node: &str,
        now: Timestamp,
        until: Timestamp,
        room: i64,
    ) -> Result<Vec<ClaimedRow>> {
        let ids: Vec<i64> = sqlx::query_scalar(concat!(
            "WITH due AS MATERIALIZED (SELECT d.id, d.open FROM unnest($5) AS levels (p) CROSS JOIN LATERAL ( \
                 SELECT d.id, d.open FROM blocks d WHERE d.open > 0 AND d.lease_owner IS NULL \
                 AND d.priority = levels.p AND d.next_attempt_at <= $2 ",
            not_halted!(),
            " ORDER BY d.next_attempt_at, d.id LIMIT $6 FOR NO KEY UPDATE OF d SKIP LOCKED) AS d LIMIT $6), \
             picked AS MATERIALIZED (SELECT id, place FROM (SELECT id, ROW_NUMBER() OVER () AS place, \
                 SUM(open) OVER (ROWS UNBOUNDED PRECEDING) - open AS before FROM due) AS s WHERE before < $4), \
             leased AS (UPDATE blocks SET lease_owner = $1, next_attempt_at = $3 \
                 WHERE id = ANY(ARRAY(SELECT id FROM picked))) \
             SELECT id FROM picked ORDER BY place",
        ))
        .bind(node)
        .bind(now.as_millis())
        .bind(until.as_millis())
        .bind(room)
        .bind(DeliveryKind::PRIORITIES)
        .bind(MOST_BLOCKS)
        .fetch_all(&self.sender)
        .await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(sqlx::query_as(concat!(
            facts!(
                "unnest($1) WITH ORDINALITY AS asked (id, place) CROSS JOIN LATERAL \
                 (SELECT * FROM placed WHERE block_id = asked.id OFFSET 0) AS d"
            ),
            "WHERE d.status = 'queued' AND d.lease_owner = $2 ORDER BY asked.place, d.id"
        ))
        .bind(ids)
        .bind(node)
        .fetch_all(&self.sender)
        .await?)
    }
}

/// The statement reads rows as they were before its own update.
fn claimed_of(rows: Vec<ClaimedRow>, now: Timestamp, until: Timestamp) -> Result<Vec<Claimed>> {
    let claimed = rows.into_iter().map(|row| row.into_claimed(now));
    claimed.map(|claimed| claimed.map(|claimed| Claimed { leased_until: until, ..claimed })).collect()
}

/// What the holders noted is written first, and nobody else is writing it.
async fn free_noted(tx: &mut Tx, owners: &[String], now: Timestamp) -> Result<()> {
    sqlx::query("SET LOCAL lock_timeout = '1s'").execute(&mut **tx).await?;
    apply_notes_of(tx, owners).await?;
    free_expired(tx, owners, now).await
}

/// Writes what these noted, and nobody else is writing it.
async fn apply_notes_of(tx: &mut Tx, owners: &[String]) -> Result<()> {
    let notes: Vec<NoteRow> =
        sqlx::query_as("SELECT id, facts FROM notes WHERE node = ANY($1) ORDER BY id FOR UPDATE")
            .bind(owners)
            .fetch_all(&mut **tx)
            .await?;
    let ids: Vec<i64> = notes.iter().map(|note| note.id).collect();
    // All of theirs at once, in the order of their numbers.
    hold_blocks_of(tx, &owners.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    apply_facts(tx, facts_of(notes)?, 0).await?;
    sqlx::query("DELETE FROM notes WHERE id = ANY($1)").bind(ids).execute(&mut **tx).await?;
    Ok(())
}

/// Facts in the order in which they were noted.
fn facts_of(mut notes: Vec<NoteRow>) -> Result<Vec<Fact>> {
    notes.sort_by_key(|note| note.id);
    let mut facts = Vec::new();
    for note in notes {
        let some: Vec<Fact> =
            serde_json::from_str(&note.facts).map_err(|error| StoreError::Broken(error.into()))?;
        facts.extend(some);
    }
    Ok(facts)
}

fn numbers(ids: &[DeliveryId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}

fn tally_slot(node: &str) -> i64 {
    let sum = node.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    i64::try_from(sum % TALLY_SLOTS).unwrap_or_default()
}
