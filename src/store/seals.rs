//! What links are compared with.

use async_trait::async_trait;

use super::Result;
use crate::domain::{DeliveryId, DeliveryRow, Sealed};

/// Seals that no other row brings along.
#[async_trait]
pub trait Seals: Send + Sync {
    /// What makes the seal of a delivery.
    async fn find_delivery_row(&self, id: DeliveryId) -> Result<Option<DeliveryRow>>;

    /// The last of these rows that was there before links had seals: links of
    /// the first form open it and those before it.
    async fn last_unsealed(&self, what: Sealed) -> Result<i64>;
}
