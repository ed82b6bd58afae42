//! A step of a fan-out: who gets the mailing, and their deliveries; equal on
//! both databases.

use std::collections::HashMap;

use super::Tx;
use super::blocks::BLOCK;
use super::dialect::{block_number, each, joined, keep_numbers};
use crate::domain::{DeliveryKind, Reason, Timestamp};
use crate::store::Result;

/// Subscriptions of one step of a fan-out that get the mailing.
macro_rules! audience {
    () => {
        "SELECT s.id FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id \
         WHERE s.blog_id = $1 AND s.status = 'active' AND s.id > $2 AND s.id <= $3 \
         /* who came after the post was mailed does not get it; who came in the \
            future came before a clock was moved back */ \
         AND (s.active_since <= $4 OR s.active_since > $5) \
         AND (s.paused_at IS NULL OR s.paused_until <= $5) \
         AND NOT EXISTS (SELECT 1 FROM suppressions x \
             WHERE x.address_hash = b.address_hash AND COALESCE(x.blog_id, 0) IN (0, $1)) "
    };
}

/// Deliveries of one block of a mailing that is written in one step: several
/// processes share it, and one that dies holds up few of its readers.
const SMALL_BLOCK: i64 = 64;

/// The followers that a step of a fan-out is about.
pub(super) struct Step {
    pub(super) mailing: i64,
    pub(super) blog: i64,
    pub(super) after: i64,
    pub(super) last: i64,
    /// Whether this step is the whole mailing.
    pub(super) is_all: bool,
    pub(super) created_at: i64,
    pub(super) now: Timestamp,
}

/// Writes the deliveries of a step by the block.
pub(super) async fn fill_blocks(tx: &mut Tx, step: &Step) -> Result<u64> {
    let written: Vec<i64> = sqlx::query_scalar(concat!(
        "INSERT INTO blocks (id, kind, priority, mailing_id, blog_id, first_subscription_id, last_subscription_id, \
         open, queued_at, next_attempt_at, states, readers) SELECT ",
        block_number!("n"),
        ", $6, $7, $8, $1, MIN(id), MAX(id), COUNT(*), $5, $5, substr($9, 1, CAST(COUNT(*) AS INTEGER)), ",
        joined!("id"),
        " FROM (SELECT id, (ROW_NUMBER() OVER (ORDER BY id) - 1) / $10 AS n FROM (",
        audience!(),
        ") AS audience) AS numbered GROUP BY n ORDER BY n RETURNING open"
    ))
    .bind(step.blog)
    .bind(step.after)
    .bind(step.last)
    .bind(step.created_at)
    .bind(step.now.as_millis())
    .bind(DeliveryKind::Post.as_str())
    .bind(DeliveryKind::Post.priority())
    .bind(step.mailing)
    .bind("q".repeat(BLOCK))
    .bind(if step.is_all { SMALL_BLOCK } else { BLOCK as i64 })
    .fetch_all(&mut **tx)
    .await?;
    keep_numbers(tx).await?;
    Ok(written.into_iter().sum::<i64>().unsigned_abs())
}

/// Writes the deliveries of a correction, which answer each reader's own mail
/// and are therefore written one by one: to whom the original was sent, whom it
/// did not reach because it was cancelled, and, where it was never complete, who
/// has none.
pub(super) async fn answer(tx: &mut Tx, step: &Step, original: i64, is_for_all: bool) -> Result<u64> {
    let audience: Vec<i64> = sqlx::query_scalar(concat!(audience!(), "ORDER BY s.id"))
        .bind(step.blog)
        .bind(step.after)
        .bind(step.last)
        .bind(step.created_at)
        .bind(step.now.as_millis())
        .fetch_all(&mut **tx)
        .await?;
    let had: Vec<(i64, Option<i64>, i64)> = sqlx::query_as(
        "SELECT subscription_id, MAX(CASE WHEN status = 'sent' THEN id END), \
         CAST(MAX(CASE WHEN status = 'sent' OR reason IN ($4, $5) THEN 1 ELSE 0 END) AS BIGINT) FROM ( \
             SELECT subscription_id, status, reason, id FROM singles \
             WHERE mailing_id = $1 AND subscription_id > $2 AND subscription_id <= $3 \
             UNION ALL SELECT subscription_id, status, reason, id FROM placed \
             WHERE mailing_id = $1 AND first_subscription_id <= $3 AND last_subscription_id > $2 \
             AND subscription_id > $2 AND subscription_id <= $3) AS had GROUP BY subscription_id",
    )
    .bind(original)
    .bind(step.after)
    .bind(step.last)
    .bind(Reason::MailingCancelled.to_stored())
    .bind(Reason::OLD_CANCELLED)
    .fetch_all(&mut **tx)
    .await?;
    let had: HashMap<i64, (Option<i64>, bool)> =
        had.into_iter().map(|(id, sent, is_meant)| (id, (sent, is_meant == 1))).collect();
    let answer = |id: i64| match had.get(&id) {
        None => is_for_all.then(|| serde_json::json!([id, null])),
        Some((sent, true)) => {
            // Whose mail it answers.
            Some(serde_json::json!([id, sent.map(|sent| format!("{sent} {original}"))]))
        }
        Some(_) => None,
    };
    let rows: Vec<serde_json::Value> = audience.into_iter().filter_map(answer).collect();
    let step = sqlx::query(concat!(
        "INSERT INTO singles (kind, priority, mailing_id, blog_id, subscription_id, status, queued_at, \
         next_attempt_at, payload) SELECT $2, $3, $4, $5, CAST(value ->> 0 AS BIGINT), 'queued', $6, $6, value ->> 1 \
         FROM ",
        each!("$1"),
        " WHERE $2 = $2 ORDER BY position ON CONFLICT DO NOTHING"
    ))
    .bind(serde_json::Value::from(rows).to_string())
    .bind(DeliveryKind::Post.as_str())
    .bind(DeliveryKind::Post.priority())
    .bind(step.mailing)
    .bind(step.blog)
    .bind(step.now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(step.rows_affected())
}
