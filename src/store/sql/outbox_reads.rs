//! What is read of the outbox beside claim and settlement; equal on both
//! databases.

use super::SqlStore;
use super::deliveries::RecordRow;
use super::rows::{all, at};
use crate::domain::{DeliveryId, DeliveryKind, SubscriberId, Timestamp};
use crate::store::{DeliveryRecord, Result};

/// The mailing of `d`, if it has one, is not held up. A set that is looked up,
/// not a join: PostgreSQL would take a join's condition for one that hardly
/// any row meets, and sort the whole queue instead of walking the index.
macro_rules! not_halted {
    () => {
        "AND COALESCE(d.mailing_id, 0) NOT IN (SELECT id FROM mailings WHERE status IN ('paused', 'cancelled')) "
    };
}

pub(super) use not_halted;

impl SqlStore {
    pub(super) async fn read_next_due(&self) -> Result<Option<Timestamp>> {
        let mut next: Option<i64> = None;
        // One priority at a time: its first entry is one seek.
        for priority in DeliveryKind::PRIORITIES {
            let due: Option<i64> = sqlx::query_scalar(concat!(
                "SELECT d.next_attempt_at FROM deliveries d WHERE d.status = 'queued' AND d.priority = $1 ",
                not_halted!(),
                "ORDER BY d.next_attempt_at, d.id LIMIT 1"
            ))
            .bind(priority)
            .fetch_optional(self.outbox())
            .await?;
            next = next.into_iter().chain(due).min();
        }
        Ok(next.map(at))
    }

    pub(super) async fn read_deliveries(
        &self,
        subscriber: SubscriberId,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>> {
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

    pub(super) async fn read_delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>> {
        let row: Option<RecordRow> = sqlx::query_as(
            "SELECT d.*, m.title FROM deliveries d LEFT JOIN mailings m ON m.id = d.mailing_id WHERE d.id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        row.map(DeliveryRecord::try_from).transpose()
    }
}
