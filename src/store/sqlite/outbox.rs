//! The outbox in SQLite: claim by lease, judge elsewhere, settle.

use async_trait::async_trait;

use super::dialect::json_numbers;
use super::journal;
use super::sql::deliveries::{ClaimedRow, facts};
use super::sql::facts::{Fact, apply_facts, noted};
use super::sql::leases::{EXPIRED, MOST_BLOCKS, free_all, free_expired, give_back_all, renew_all};
use super::sql::outbox_reads::{not_halted, oldest_block};
use super::{BUSY, SqliteStore};
use crate::domain::{DeliveryId, DeliveryKind, SubscriberId, Timestamp};
use crate::store::{Applied, Claimed, DeliveryRecord, NewDelivery, Outbox, Result, Settlement, StoreError};

/// [`ClaimedRow`]s as one text: each row by itself would wake two threads.
macro_rules! as_json {
    () => {
        "SELECT json_group_array(json_array(id, kind, mailing_id, blog_id, subscription_id, subscriber_id, \
         address, attempts, queued_at, payload, status, paused_at, paused_until, confirmed_at, confirmed_by, \
         expires_at, next_attempt_at, subscription_seal, subscriber_seal, generation, suppressed)) FROM ("
    };
}

const TAKE_SINGLES: &str = "UPDATE singles SET lease_owner = $2, next_attempt_at = $3 \
    WHERE id IN (SELECT value FROM json_each($1)) AND status = 'queued' AND lease_owner IS NULL \
    AND next_attempt_at <= $4";
const READ_SINGLES: &str = concat!(
    as_json!(),
    facts!("json_each($1) e CROSS JOIN singles d ON d.id = e.value"),
    "WHERE d.status = 'queued' AND d.lease_owner = $2 AND d.next_attempt_at = $3 ORDER BY e.key)"
);
const TAKE_BLOCKS: &str = "UPDATE blocks SET lease_owner = $2, next_attempt_at = $3 \
    WHERE id IN (SELECT value FROM json_each($1)) AND open > 0 AND lease_owner IS NULL AND next_attempt_at <= $4";
const READ_BLOCKS: &str = concat!(
    as_json!(),
    facts!("json_each($1) e CROSS JOIN placed d ON d.block_id = e.value"),
    "WHERE d.status = 'queued' AND d.lease_owner = $2 AND d.next_attempt_at = $3 ORDER BY e.key, d.id)"
);

#[async_trait]
impl Outbox for SqliteStore {
    async fn enqueue(&self, delivery: &NewDelivery, now: Timestamp) -> Result<DeliveryId> {
        let mut tx = self.write().await?;
        let id = self.insert_delivery(&mut tx, delivery, now).await?;
        tx.commit().await?;
        Ok(DeliveryId(id))
    }

    async fn claim(&self, node: &str, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Claimed>> {
        self.free_expired_leases(now).await?;
        let mut room = i64::from(limit);
        let singles = self.due(now, room, true).await?;
        room -= i64::try_from(singles.len()).unwrap_or(i64::MAX);
        let blocks = self.due_blocks(now, &mut room).await?;
        let mut others = Vec::new();
        if !blocks.is_empty() && room > 0 {
            // Those that were found before are still due.
            others = self.due(now, i64::from(limit), false).await?;
            others.retain(|id| !singles.contains(id));
            others.truncate(usize::try_from(room).unwrap_or_default());
        }
        let parts = [
            (singles, TAKE_SINGLES, READ_SINGLES),
            (blocks, TAKE_BLOCKS, READ_BLOCKS),
            (others, TAKE_SINGLES, READ_SINGLES),
        ];
        self.take(parts, node, now, until).await
    }

    async fn claim_singles(
        &self,
        node: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>> {
        self.free_expired_leases(now).await?;
        let singles = self.due(now, i64::from(limit), true).await?;
        self.take([(singles, TAKE_SINGLES, READ_SINGLES)], node, now, until).await
    }

    async fn recheck(&self, node: &str, ids: &[DeliveryId], now: Timestamp) -> Result<Vec<Claimed>> {
        let list = json_numbers(ids.iter().map(|id| id.0));
        let mut rows: Vec<ClaimedRow> = Vec::new();
        for statement in [
            concat!(
                as_json!(),
                facts!("json_each($1) e CROSS JOIN singles d ON d.id = e.value"),
                "WHERE d.status = 'queued' AND d.lease_owner = $2 ",
                not_halted!(),
                ")"
            ),
            concat!(
                as_json!(),
                facts!("blocks held CROSS JOIN placed d ON d.block_id = held.id"),
                "WHERE held.lease_owner IS NOT NULL AND held.lease_owner = $2 \
                 AND d.id IN (SELECT value FROM json_each($1)) AND d.status = 'queued' AND d.lease_owner = $2 ",
                not_halted!(),
                ")"
            ),
        ] {
            let some: String =
                sqlx::query_scalar(statement).bind(&list).bind(node).fetch_one(&self.reader).await?;
            rows.extend(from_json::<Vec<ClaimedRow>>(&some)?);
        }
        rows.into_iter().map(|row| row.into_claimed(now)).collect()
    }

    async fn renew(&self, node: &str, ids: &[DeliveryId], until: Timestamp) -> Result<Vec<DeliveryId>> {
        let mut tx = self.write().await?;
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
        let fact = |one: &Settlement| journal::Fact {
            key: (one.id.0, node.to_owned()),
            json: noted(one, node, now),
        };
        self.journal.append(settlements.iter().map(fact).collect()).await
    }

    async fn apply_settlements(&self, _node: &str, limit: u32) -> Result<Applied> {
        let _alone = self.journal.apply_alone().await;
        let held = self.journal.hold_if_long().await;
        let facts = self.journal.first(if held.is_some() { usize::MAX } else { limit as usize }).await?;
        let facts = facts.unwrap_or_default();
        if facts.is_empty() {
            return Ok(Applied { taken: 0, written: 0 });
        }
        let mut tx = self.write().await?;
        let written = apply_facts(&mut tx, facts_of(&facts)?, 0).await?;
        tx.commit().await?;
        self.journal.forget(&facts).await?;
        Ok(Applied { taken: u32::try_from(facts.len()).unwrap_or(u32::MAX), written })
    }

    async fn free_leases(&self, node: Option<&str>, now: Timestamp) -> Result<u64> {
        if node.is_none() {
            // Without its notes, what a killed process had sent would be sent again.
            self.journal.take_over(BUSY).await?;
        }
        self.apply_all_settlements("").await?;
        let mut tx = self.write().await?;
        let freed = free_all(&mut tx, node, now).await?;
        tx.commit().await?;
        Ok(freed)
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
    /// Leases what was found due: the writer, who has settlements waiting, does
    /// no more than to take what is still free; all else is read beside it.
    async fn take(
        &self,
        parts: impl IntoIterator<Item = (Vec<i64>, &'static str, &'static str)> + Send,
        node: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Claimed>> {
        let mut rows = Vec::new();
        for (ids, take, read) in parts.into_iter().collect::<Vec<_>>() {
            if ids.is_empty() {
                continue;
            }
            let list = json_numbers(ids);
            sqlx::query(take)
                .bind(&list)
                .bind(node)
                .bind(until.as_millis())
                .bind(now.as_millis())
                .execute(&self.writer)
                .await?;
            let some: String = sqlx::query_scalar(read)
                .bind(&list)
                .bind(node)
                .bind(until.as_millis())
                .fetch_one(&self.reader)
                .await?;
            rows.extend(from_json::<Vec<ClaimedRow>>(&some)?);
        }
        // A late holder may have noted what became of one meanwhile.
        let open = self.journal.unsettled(rows.iter().map(|row| row.id).collect()).await;
        rows.retain(|row| open.contains(&row.id));
        rows.into_iter().map(|row| row.into_claimed(now)).collect()
    }

    pub(super) async fn free_expired_leases(&self, now: Timestamp) -> Result<()> {
        let owners: Vec<String> =
            sqlx::query_scalar(EXPIRED).bind(now.as_millis()).fetch_all(&self.reader).await?;
        if owners.is_empty() {
            return Ok(());
        }
        // Nothing is noted between what is written here and the end of the lease.
        let _alone = self.journal.apply_alone().await;
        let _held = self.journal.hold().await;
        // Who has the notes frees what it holds by itself.
        let Some(noted) = self.journal.first(usize::MAX).await? else { return Ok(()) };
        let mut tx = self.write().await?;
        apply_facts(&mut tx, facts_of(&noted)?, 0).await?;
        free_expired(&mut tx, &owners, now).await?;
        tx.commit().await?;
        self.journal.forget(&noted).await
    }

    /// What is due one by one, in order: what has been for longer than any block
    /// of its priority, or all.
    async fn due(&self, now: Timestamp, limit: i64, is_before_blocks: bool) -> Result<Vec<i64>> {
        // What is written and not yet out of the notes is passed over below: it
        // hides nothing that stands behind it, or a younger block would go first.
        let noted = i64::try_from(self.journal.len().await).unwrap_or(i64::MAX);
        let mut ids: Vec<i64> = Vec::new();
        for priority in DeliveryKind::PRIORITIES {
            let room = limit.saturating_add(noted) - i64::try_from(ids.len()).unwrap_or(i64::MAX);
            if room <= 0 {
                break;
            }
            // One priority at a time: over all of them at once the index would be
            // walked through everything of one that is not due yet. Many
            // rows as one: each by itself would wake two threads.
            let due: String = sqlx::query_scalar(concat!(
                "SELECT json_group_array(id) FROM (SELECT d.id FROM singles d \
                 WHERE d.status = 'queued' AND d.lease_owner IS NULL AND d.priority = $1 AND d.next_attempt_at <= COALESCE(",
                oldest_block!("$1", "$2", "$4"),
                ", $2) ",
                not_halted!(),
                "ORDER BY d.next_attempt_at, d.id LIMIT $3)",
            ))
            .bind(priority)
            .bind(now.as_millis())
            .bind(room)
            .bind(is_before_blocks)
            .fetch_one(&self.reader)
            .await?;
            ids.extend(from_json::<Vec<i64>>(&due)?);
        }
        let mut due = self.journal.unsettled(ids).await;
        due.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(due)
    }

    /// Blocks that are due, in order, until they have so many deliveries.
    async fn due_blocks(&self, now: Timestamp, room: &mut i64) -> Result<Vec<i64>> {
        let mut ids = Vec::new();
        for priority in DeliveryKind::PRIORITIES {
            if *room <= 0 {
                break;
            }
            let due: Vec<(i64, i64)> = sqlx::query_as(concat!(
                "SELECT d.id, d.open FROM blocks d \
                 WHERE d.open > 0 AND d.lease_owner IS NULL AND d.priority = $1 AND d.next_attempt_at <= $2 ",
                not_halted!(),
                "ORDER BY d.next_attempt_at, d.id LIMIT $3"
            ))
            .bind(priority)
            .bind(now.as_millis())
            .bind(MOST_BLOCKS)
            .fetch_all(&self.reader)
            .await?;
            for (id, open) in due {
                if *room > 0 {
                    ids.push(id);
                    *room -= open;
                }
            }
        }
        Ok(ids)
    }
}

fn facts_of(noted: &[journal::Fact]) -> Result<Vec<Fact>> {
    noted.iter().map(|fact| from_json(&fact.json)).collect()
}

/// What was written as JSON.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Broken(error.into()))
}

#[cfg(test)]
mod tests {
    use super::super::dialect::apply_singles;
    use super::*;
    use crate::domain::Keys;

    #[tokio::test]
    async fn a_batch_finds_its_rows_by_number_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = SqliteStore::open(&path, Keys::new(&[vec![7; 32]]).unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(concat!("EXPLAIN QUERY PLAN ", apply_singles!()))
                .fetch_all(&store.writer)
                .await
                .unwrap();
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        let by_number = "SEARCH singles USING INTEGER PRIMARY KEY (rowid=?)";
        assert!(steps.contains(&by_number), "{steps:?}");
    }
}
