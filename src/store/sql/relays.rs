//! What is known of each relay.

use async_trait::async_trait;

use super::SqlStore;
use super::rows::{at, count, ms};
use crate::domain::Timestamp;
use crate::store::{RelayState, Relays, Result};

#[async_trait]
impl Relays for SqlStore {
    async fn relay_state(&self, relay: &str) -> Result<RelayState> {
        let row: Option<(i64, Option<i64>, Option<i64>)> =
            sqlx::query_as("SELECT offers_smtputf8, careful_until, most_mails FROM relays WHERE name = $1")
                .bind(relay)
                .fetch_optional(&self.reader)
                .await?;
        Ok(row.map_or_else(RelayState::default, |(offers, until, most)| RelayState {
            offers_smtputf8: offers != 0,
            careful_until: until.map(at),
            most_mails: most.map(count),
        }))
    }

    async fn record_relay(&self, relay: &str, state: &RelayState, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO relays (name, offers_smtputf8, careful_until, most_mails, updated_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET \
             offers_smtputf8 = excluded.offers_smtputf8, careful_until = excluded.careful_until, \
             most_mails = excluded.most_mails, updated_at = excluded.updated_at",
        )
        .bind(relay)
        .bind(i64::from(state.offers_smtputf8))
        .bind(ms(state.careful_until))
        .bind(state.most_mails.map(i64::from))
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
