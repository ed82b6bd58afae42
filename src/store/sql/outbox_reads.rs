//! What is read of the outbox beside claim and settlement; equal on both
//! databases.

use sqlx::FromRow;

use super::SqlStore;
use super::blocks::{Block, BlockRow, block_columns, block_of, blocks_of_subscriptions};
use super::deliveries::RecordRow;
use super::rows::{all, at};
use crate::domain::{DeliveryId, SubscriberId, Timestamp};
use crate::store::{DeliveryRecord, Result};

/// The mailing of `d`, if it has one, is not held up. A set that is looked up,
/// not a join: PostgreSQL would take a join's condition for one that hardly
/// any row meets, and sort the whole queue instead of walking the index.
macro_rules! not_halted {
    () => {
        "AND COALESCE(d.mailing_id, 0) NOT IN (SELECT id FROM mailings WHERE status IN ('paused', 'cancelled')) "
    };
}

/// Since when the oldest block of this priority is due, where that is asked for.
macro_rules! oldest_block {
    ($priority:literal, $now:literal, $is_asked:literal) => {
        concat!(
            "(SELECT d.next_attempt_at FROM blocks d WHERE ",
            $is_asked,
            " AND d.open > 0 AND d.lease_owner IS NULL AND d.priority = ",
            $priority,
            " AND d.next_attempt_at <= ",
            $now,
            " ",
            not_halted!(),
            "ORDER BY d.next_attempt_at LIMIT 1)"
        )
    };
}

pub(in crate::store) use {not_halted, oldest_block};

impl SqlStore {
    pub(in crate::store) async fn read_next_due(&self) -> Result<Option<Timestamp>> {
        let mut next: Option<i64> = None;
        for statement in [
            concat!("SELECT MIN(d.next_attempt_at) FROM singles d WHERE d.status = 'queued' ", not_halted!()),
            concat!("SELECT MIN(d.next_attempt_at) FROM blocks d WHERE d.open > 0 ", not_halted!()),
        ] {
            let due: Option<i64> = sqlx::query_scalar(statement).fetch_one(&self.reader).await?;
            next = next.into_iter().chain(due).min();
        }
        Ok(next.map(at))
    }

    pub(in crate::store) async fn read_deliveries(
        &self,
        subscriber: SubscriberId,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>> {
        // Blocks first: what leaves one between the two has its row by then.
        let placed: Vec<PlacedRow> = sqlx::query_as(concat!(
            "SELECT ",
            block_columns!(),
            ", s.id AS subscription_id, m.title FROM ",
            blocks_of_subscriptions!(),
            " WHERE s.subscriber_id = $1 ORDER BY k.queued_at, k.id LIMIT $2"
        ))
        .bind(subscriber.0)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        let mut in_blocks: Vec<DeliveryRecord> = Vec::new();
        for PlacedRow { block, subscription_id, title } in placed {
            let block = Block::try_from(block)?;
            let place = block.readers.iter().position(|id| *id == subscription_id);
            if let Some(place) = place {
                in_blocks.extend(block.record(place, Some(title))?);
            }
        }
        let rows: Vec<RecordRow> = sqlx::query_as(
            "SELECT d.*, m.title FROM singles d LEFT JOIN mailings m ON m.id = d.mailing_id \
             WHERE d.id IN ( \
                 SELECT id FROM singles WHERE subscriber_id = $1 \
                 UNION \
                 SELECT o.id FROM singles o JOIN subscriptions s ON s.id = o.subscription_id \
                 WHERE s.subscriber_id = $1) \
             ORDER BY d.queued_at, d.id LIMIT $2",
        )
        .bind(subscriber.0)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        let mut all: Vec<DeliveryRecord> = all(rows)?;
        in_blocks.retain(|one| all.iter().all(|own| own.id != one.id));
        all.extend(in_blocks);
        all.sort_by_key(|one| (one.queued_at, one.id));
        all.truncate(limit as usize);
        Ok(all)
    }

    pub(in crate::store) async fn read_delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>> {
        // Blocks first: what leaves one between the two has its row by then.
        let placed: Option<PlacedRow> = sqlx::query_as(concat!(
            "SELECT ",
            block_columns!(),
            ", m.title FROM blocks k JOIN mailings m ON m.id = k.mailing_id \
             WHERE k.id = ",
            block_of!("$1")
        ))
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        if let Some(PlacedRow { block, title, .. }) = placed {
            let block = Block::try_from(block)?;
            if let Some(place) = block.place_of(id.0)
                && let Some(found) = block.record(place, Some(title))?
            {
                return Ok(Some(found));
            }
        }
        let row: Option<RecordRow> = sqlx::query_as(
            "SELECT d.*, m.title FROM singles d LEFT JOIN mailings m ON m.id = d.mailing_id WHERE d.id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        row.map(DeliveryRecord::try_from).transpose()
    }
}

/// A block, for one of its readers.
#[derive(FromRow)]
struct PlacedRow {
    #[sqlx(flatten)]
    block: BlockRow,
    /// Where it was sought by reader.
    #[sqlx(default)]
    subscription_id: i64,
    title: String,
}
