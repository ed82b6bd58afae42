//! Shared rates; equal on both databases.

use async_trait::async_trait;

use super::SqlStore;
use crate::domain::Timestamp;
use crate::store::{Rates, Result, Slice};

#[async_trait]
impl Rates for SqlStore {
    async fn take(&self, bucket: &str, per_second: u32, want: u32, now: Timestamp) -> Result<Slice> {
        let mut tx = self.write().await?;
        // Writing the old value over itself holds the row until the commit,
        // on every database, also when it is new.
        let spent_until_us: i64 = sqlx::query_scalar(
            "INSERT INTO rates (bucket, spent_until_us) VALUES ($1, 0) \
             ON CONFLICT (bucket) DO UPDATE SET spent_until_us = rates.spent_until_us RETURNING spent_until_us",
        )
        .bind(bucket)
        .fetch_one(&mut *tx)
        .await?;
        let (slice, spent_until_us) = Slice::cut(spent_until_us, per_second, want, now);
        sqlx::query("UPDATE rates SET spent_until_us = $2 WHERE bucket = $1")
            .bind(bucket)
            .bind(spent_until_us)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(slice)
    }
}
