//! A step of a fan-out: who gets the mailing, and their deliveries; equal on
//! both databases.

use std::collections::HashMap;

use super::Tx;
use super::blocks::BLOCK;
use super::dialect::{block_number, each, joined, keep_numbers};
use crate::domain::{DeliveryKind, Reason, Timestamp};
use crate::store::{Result, StoreError};

/// The next followers of a blog: how many, the last of them, and who of them get
/// the mailing. How the suppressed are known is said last.
macro_rules! step {
    ($is_suppressed:expr) => {
        concat!(
            "SELECT COUNT(*), MAX(id), ",
            joined!("id"),
            " FILTER (WHERE is_meant) FROM (SELECT s.id, \
             /* who came after the post was mailed does not get it; who came in the \
                future came before a clock was moved back */ \
             ((s.active_since <= $4 OR s.active_since > $5) \
             AND (s.paused_at IS NULL OR s.paused_until <= $5) AND NOT ",
            $is_suppressed,
            ") AS is_meant FROM (SELECT id, subscriber_id, active_since, paused_at, paused_until FROM subscriptions \
             WHERE blog_id = $1 AND status = 'active' AND id > $2 ORDER BY id LIMIT $3) AS s) AS step"
        )
    };
}

/// Where all blogs have fewer suppressions than this share of a step, whom they
/// name is found first; else those of each follower are.
const FEW_SUPPRESSIONS: u32 = 25;
const STEP_OF_FEW: &str = step!(
    "s.subscriber_id IN (SELECT b.id FROM suppressions x JOIN subscribers b ON b.address_hash = x.address_hash \
     WHERE COALESCE(x.blog_id, 0) IN (0, $1))"
);
const STEP_OF_MANY: &str = step!(
    "EXISTS (SELECT 1 FROM subscribers b JOIN suppressions x ON x.address_hash = b.address_hash \
     WHERE b.id = s.subscriber_id AND COALESCE(x.blog_id, 0) IN (0, $1))"
);

/// A mailing of fewer followers has small blocks: several processes share it,
/// and one that dies holds up few of its readers.
const SMALL_MAILING: i64 = 5_000;
const SMALL_BLOCK: usize = 64;

/// A mailing that is being filled.
pub(super) struct Filled {
    pub(super) mailing: i64,
    pub(super) blog: i64,
    /// The last follower of the step before.
    pub(super) after: i64,
    pub(super) created_at: i64,
    pub(super) now: Timestamp,
}

/// Followers that a step of a fan-out is about.
pub(super) struct Step {
    pub(super) followers: i64,
    pub(super) last: i64,
    /// Those who get the mailing, in order.
    pub(super) readers: Vec<i64>,
}

pub(super) async fn next_step(tx: &mut Tx, filled: &Filled, limit: u32) -> Result<Step> {
    let few = i64::from(limit / FEW_SUPPRESSIONS);
    let suppressions: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT 1 AS n FROM suppressions LIMIT $1) AS few")
            .bind(few + 1)
            .fetch_one(&mut **tx)
            .await?;
    let (followers, last, readers): (i64, Option<i64>, Option<String>) =
        sqlx::query_as(if suppressions <= few { STEP_OF_FEW } else { STEP_OF_MANY })
            .bind(filled.blog)
            .bind(filled.after)
            .bind(i64::from(limit))
            .bind(filled.created_at)
            .bind(filled.now.as_millis())
            .fetch_one(&mut **tx)
            .await?;
    let mut readers: Vec<i64> = serde_json::from_str(&format!("[{}]", readers.unwrap_or_default()))
        .map_err(|fault| StoreError::Broken(Box::new(fault)))?;
    readers.sort_unstable();
    Ok(Step { followers, last: last.unwrap_or(filled.after), readers })
}

/// Writes the deliveries of a step by the block.
pub(super) async fn fill_blocks(tx: &mut Tx, filled: &Filled, step: &Step) -> Result<()> {
    let is_small = filled.after == 0 && step.followers < SMALL_MAILING;
    let blocks: Vec<serde_json::Value> = step
        .readers
        .chunks(if is_small { SMALL_BLOCK } else { BLOCK })
        .map(|block| {
            let readers: Vec<String> = block.iter().map(i64::to_string).collect();
            serde_json::json!([block.first(), block.last(), block.len(), readers.join(",")])
        })
        .collect();
    sqlx::query(concat!(
        "INSERT INTO blocks (id, kind, priority, mailing_id, blog_id, first_subscription_id, \
         last_subscription_id, open, queued_at, next_attempt_at, states, readers) SELECT ",
        block_number!("position"),
        ", $2, $3, $4, $5, CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), \
         $6, $6, substr($7, 1, CAST(value ->> 2 AS INTEGER)), value ->> 3 FROM ",
        each!("$1"),
        " WHERE $2 = $2 ORDER BY position"
    ))
    .bind(serde_json::Value::from(blocks).to_string())
    .bind(DeliveryKind::Post.as_str())
    .bind(DeliveryKind::Post.priority())
    .bind(filled.mailing)
    .bind(filled.blog)
    .bind(filled.now.as_millis())
    .bind("q".repeat(BLOCK))
    .execute(&mut **tx)
    .await?;
    keep_numbers(tx).await
}

/// Writes the deliveries of a correction, which answer each reader's own mail
/// and are therefore written one by one: to whom the original was sent, whom it
/// did not reach because it was cancelled, and, where it was never complete, who
/// has none.
pub(super) async fn answer(
    tx: &mut Tx,
    filled: &Filled,
    step: &Step,
    original: i64,
    is_for_all: bool,
) -> Result<u64> {
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
    .bind(filled.after)
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
    let rows: Vec<serde_json::Value> = step.readers.iter().copied().filter_map(answer).collect();
    let written = sqlx::query(concat!(
        "INSERT INTO singles (kind, priority, mailing_id, blog_id, subscription_id, status, queued_at, \
         next_attempt_at, payload) SELECT $2, $3, $4, $5, CAST(value ->> 0 AS BIGINT), 'queued', $6, $6, value ->> 1 \
         FROM ",
        each!("$1"),
        " WHERE $2 = $2 ORDER BY position ON CONFLICT DO NOTHING"
    ))
    .bind(serde_json::Value::from(rows).to_string())
    .bind(DeliveryKind::Post.as_str())
    .bind(DeliveryKind::Post.priority())
    .bind(filled.mailing)
    .bind(filled.blog)
    .bind(filled.now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}
