//! What links are compared with.

use async_trait::async_trait;

use super::SqlStore;
use super::blocks::block_of;
use super::rows::Place;
use crate::domain::{DeliveryId, DeliveryKind, DeliveryRow, Seal, Sealed};
use crate::store::{Result, Seals};

#[async_trait]
impl Seals for SqlStore {
    async fn find_delivery_row(&self, id: DeliveryId) -> Result<Option<DeliveryRow>> {
        // Blocks first: what leaves one between the two has its row by then.
        let placed: Option<(String, Option<i64>, Option<i64>)> = sqlx::query_as(concat!(
            "SELECT d.kind, m.seal, COALESCE(s.seal, g.seal) FROM placed d \
             LEFT JOIN mailings m ON m.id = d.mailing_id LEFT JOIN subscriptions s ON s.id = d.subscription_id \
             LEFT JOIN blogs g ON g.id = d.blog_id WHERE d.block_id = ",
            block_of!("$1"),
            " AND d.id = $1"
        ))
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        let row = if placed.is_some() {
            placed
        } else {
            sqlx::query_as(
                "SELECT d.kind, m.seal, COALESCE(s.seal, b.seal, g.seal) FROM singles d \
                 LEFT JOIN mailings m ON m.id = d.mailing_id LEFT JOIN subscriptions s ON s.id = d.subscription_id \
                 LEFT JOIN subscribers b ON b.id = d.subscriber_id LEFT JOIN blogs g ON g.id = d.blog_id \
                 WHERE d.id = $1",
            )
            .bind(id.0)
            .fetch_optional(&self.reader)
            .await?
        };
        let Some((kind, mailing, about)) = row else { return Ok(None) };
        let kind = Place { table: "deliveries", row: id.0 }.need("kind", DeliveryKind::parse(&kind))?;
        Ok(Some(DeliveryRow { id, kind, mailing: mailing.map(Seal), about: about.map(Seal) }))
    }

    async fn last_unsealed(&self, what: Sealed) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT last_id FROM unsealed WHERE what = $1")
            .bind(what.as_str())
            .fetch_one(&self.reader)
            .await?)
    }
}
