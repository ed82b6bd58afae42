//! Deliveries with a row of their own, as they leave their block.

use super::Tx;
use super::dialect::{each, for_update};
use crate::store::Result;

/// A row of its own for a delivery of a block.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Single {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) priority: i64,
    pub(super) mailing_id: i64,
    pub(super) blog_id: i64,
    pub(super) subscription_id: Option<i64>,
    pub(super) status: &'static str,
    pub(super) attempts: i64,
    pub(super) queued_at: i64,
    pub(super) next_attempt_at: Option<i64>,
    pub(super) settled_at: Option<i64>,
    pub(super) code: Option<i64>,
    pub(super) enhanced: Option<String>,
    pub(super) text: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) is_hard: i64,
}

/// Writes the rows of those that were taken out of their blocks.
pub(super) async fn write_singles(tx: &mut Tx, singles: &[Single]) -> Result<()> {
    if singles.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "INSERT INTO singles (id, kind, priority, mailing_id, blog_id, subscription_id, status, attempts, queued_at, \
         next_attempt_at, settled_at, code, enhanced, text, reason, is_hard) \
         SELECT CAST(value ->> 'id' AS BIGINT), value ->> 'kind', CAST(value ->> 'priority' AS BIGINT), CAST(value ->> 'mailing_id' AS BIGINT), \
         CAST(value ->> 'blog_id' AS BIGINT), \
         /* somebody who was removed meanwhile */ \
         (SELECT s.id FROM subscriptions s WHERE s.id = CAST(value ->> 'subscription_id' AS BIGINT)",
        for_update!(key share),
        "), \
         value ->> 'status', CAST(value ->> 'attempts' AS BIGINT), CAST(value ->> 'queued_at' AS BIGINT), CAST(value ->> 'next_attempt_at' AS BIGINT), \
         CAST(value ->> 'settled_at' AS BIGINT), CAST(value ->> 'code' AS BIGINT), value ->> 'enhanced', value ->> 'text', value ->> 'reason', \
         CAST(value ->> 'is_hard' AS BIGINT) FROM ",
        each!("$1")
    ))
    .bind(serde_json::to_string(singles).expect("numbers and texts are JSON"))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
