//! Deliveries with a row of their own, as they leave their block.

use super::Tx;
use super::dialect::{each, for_update, text};
use crate::store::Result;

/// A row of its own for a delivery of a block.
#[derive(Debug, Default, Clone)]
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
    let rows: Vec<serde_json::Value> = singles.iter().map(Single::to_json).collect();
    sqlx::query(concat!(
        "INSERT INTO singles (id, kind, priority, mailing_id, blog_id, subscription_id, status, attempts, queued_at, \
         next_attempt_at, settled_at, code, enhanced, text, reason, is_hard) \
         SELECT CAST(value ->> 0 AS BIGINT), value ->> 1, CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT), \
         CAST(value ->> 4 AS BIGINT), \
         /* somebody who was removed meanwhile */ \
         (SELECT s.id FROM subscriptions s WHERE s.id = CAST(value ->> 5 AS BIGINT)",
        for_update!(key share),
        "), \
         value ->> 6, CAST(value ->> 7 AS BIGINT), CAST(value ->> 8 AS BIGINT), CAST(value ->> 9 AS BIGINT), \
         CAST(value ->> 10 AS BIGINT), CAST(value ->> 11 AS BIGINT), value ->> 12, value ->> 13, value ->> 14, \
         CAST(value ->> 15 AS BIGINT) FROM ",
        each!("$1")
    ))
    .bind(serde_json::Value::from(rows).to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Single {
    fn to_json(&self) -> serde_json::Value {
        let said = |said: &Option<String>| said.as_deref().map(|said| text(said).into_owned());
        serde_json::json!([
            self.id,
            self.kind,
            self.priority,
            self.mailing_id,
            self.blog_id,
            self.subscription_id,
            self.status,
            self.attempts,
            self.queued_at,
            self.next_attempt_at,
            self.settled_at,
            self.code,
            said(&self.enhanced),
            said(&self.text),
            said(&self.reason),
            self.is_hard
        ])
    }
}
