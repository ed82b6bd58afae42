//! How far a machine's clock is from the database's. The one place that asks
//! the database what time it is: leases are compared across machines.

use super::PostgresStore;
use crate::clock::Clock;
use crate::store::Result;

impl PostgresStore {
    /// Milliseconds that this machine's clock is ahead of the database's;
    /// negative when it is behind. The way to the database counts for nobody.
    ///
    /// # Errors
    /// The store's.
    pub async fn clock_ahead_ms(&self, clock: &dyn Clock) -> Result<i64> {
        let before = clock.now();
        let theirs: i64 =
            sqlx::query_scalar("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)")
                .fetch_one(&self.reader)
                .await?;
        let after = clock.now();
        if (before.as_millis()..=after.as_millis()).contains(&theirs) {
            return Ok(0);
        }
        Ok(before.as_millis() + after.since_ms(before) / 2 - theirs)
    }
}
