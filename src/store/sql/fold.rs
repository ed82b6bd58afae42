//! Mailings that are over and old take little room: of what was sent there
//! remains who got it. Equal on both databases.

use std::collections::BTreeMap;

use super::Tx;
use super::blocks::{BLOCK, block_of, state};
use super::dialect::{for_update, in_numbers, numbers};
use super::held::{hold_blocks, save_blocks};
use crate::domain::{DeliveryKind, Timestamp};
use crate::store::Result;

/// Fewer rows than this are not worth a block.
const LEAST: usize = 8;

/// A delivery with a row of its own that was sent.
#[derive(sqlx::FromRow)]
struct SentRow {
    id: i64,
    subscription_id: i64,
    blog_id: i64,
    queued_at: i64,
    settled_at: Option<i64>,
    kind: String,
    block: Option<i64>,
}

/// A step of folding, of the oldest mailing that is to be: so many rows, or the
/// replies of so many blocks. Answers how many.
pub(super) async fn fold_step(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64> {
    let mailing: Option<(i64, i64)> = sqlx::query_as(concat!(
        "SELECT id, folded_to FROM mailings WHERE is_folded = 0 AND status IN ('done', 'cancelled') \
         AND finished_at < $1 ORDER BY finished_at LIMIT 1",
        for_update!(skip locked)
    ))
    .bind(before.as_millis())
    .fetch_optional(&mut **tx)
    .await?;
    let Some((mailing, after)) = mailing else { return Ok(0) };
    let forgotten = sqlx::query(concat!(
        "UPDATE blocks SET said = NULL WHERE id IN (SELECT id FROM blocks WHERE mailing_id = $1 AND said IS NOT NULL \
         ORDER BY id LIMIT $2",
        for_update!(),
        ")"
    ))
    .bind(mailing)
    .bind(limit)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    let rows: Vec<SentRow> = sqlx::query_as(concat!(
        "SELECT d.id, d.subscription_id, d.blog_id, d.queued_at, d.settled_at, d.kind, ",
        block_of!("d.id"),
        " AS block FROM singles d WHERE d.mailing_id = $1 AND d.subscription_id > $2 AND d.copy = 0 \
         AND d.status = 'sent' ORDER BY d.subscription_id LIMIT $3",
        for_update!(of "d")
    ))
    .bind(mailing)
    .bind(after)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await?;
    let is_last = i64::try_from(rows.len()).unwrap_or(limit) < limit;
    let last = rows.last().map_or(after, |row| row.subscription_id);
    let mut folded = back_into_blocks(tx, &rows).await?;
    folded.extend(into_new_blocks(tx, mailing, rows, &folded).await?);
    sqlx::query(concat!("DELETE FROM singles WHERE id ", in_numbers!("$1")))
        .bind(numbers(folded.iter().copied()))
        .execute(&mut **tx)
        .await?;
    let is_over = is_last && i64::try_from(forgotten).unwrap_or(limit) < limit;
    sqlx::query("UPDATE mailings SET folded_to = $2, is_folded = $3 WHERE id = $1")
        .bind(mailing)
        .bind(last)
        .bind(i64::from(is_over))
        .execute(&mut **tx)
        .await?;
    // A mailing that had nothing to fold is no end: there may be another.
    Ok(forgotten + folded.len() as u64 + 1)
}

/// Those that left a block to be tried again, and were sent.
async fn back_into_blocks(tx: &mut Tx, rows: &[SentRow]) -> Result<Vec<i64>> {
    let mut by_block: BTreeMap<i64, Vec<&SentRow>> = BTreeMap::new();
    for row in rows {
        if let Some(block) = row.block {
            by_block.entry(block).or_default().push(row);
        }
    }
    let mut folded = Vec::new();
    let mut blocks = hold_blocks(tx, by_block.keys().copied()).await?;
    for block in &mut blocks {
        for row in &by_block[&block.id] {
            let place = block.place_of(row.id).filter(|place| block.states[*place] == state::ELSEWHERE);
            if let Some(place) = place {
                block.states[place] = state::SENT;
                block.settled_at = block.settled_at.max(row.settled_at);
                folded.push(row.id);
            }
        }
    }
    save_blocks(tx, &blocks).await?;
    Ok(folded)
}

/// Those of a version before the blocks, where numbers and subscriptions
/// follow one another.
async fn into_new_blocks(tx: &mut Tx, mailing: i64, rows: Vec<SentRow>, but: &[i64]) -> Result<Vec<i64>> {
    let mut runs: Vec<Vec<SentRow>> = Vec::new();
    for row in rows {
        match runs.last_mut() {
            Some(run) if run.len() < BLOCK && run.last().is_some_and(|last| last.id + 1 == row.id) => {
                run.push(row)
            }
            _ => runs.push(vec![row]),
        }
    }
    let mut folded = Vec::new();
    for run in runs.into_iter().filter(|run| run.len() >= LEAST) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        if run.iter().any(|row| but.contains(&row.id)) || is_within_a_block(tx, mailing, first, last).await? {
            continue;
        }
        let readers: Vec<String> = run.iter().map(|row| row.subscription_id.to_string()).collect();
        sqlx::query(
            "INSERT INTO blocks (id, kind, priority, mailing_id, blog_id, first_subscription_id, \
             last_subscription_id, open, sent, queued_at, settled_at, states, readers) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $12)",
        )
        .bind(first.id)
        .bind(&first.kind)
        .bind(DeliveryKind::Post.priority())
        .bind(mailing)
        .bind(first.blog_id)
        .bind(first.subscription_id)
        .bind(last.subscription_id)
        .bind(i64::try_from(run.len()).unwrap_or_default())
        .bind(first.queued_at)
        .bind(run.iter().filter_map(|row| row.settled_at).max())
        .bind("s".repeat(run.len()))
        .bind(readers.join(","))
        .execute(&mut **tx)
        .await?;
        folded.extend(run.iter().map(|row| row.id));
    }
    Ok(folded)
}

/// Blocks of a mailing follow one another: a reader is sought in the one in
/// whose reach they are.
async fn is_within_a_block(tx: &mut Tx, mailing: i64, first: &SentRow, last: &SentRow) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM blocks WHERE mailing_id = $1 AND first_subscription_id <= $3 \
         AND last_subscription_id >= $2)",
    )
    .bind(mailing)
    .bind(first.subscription_id)
    .bind(last.subscription_id)
    .fetch_one(&mut **tx)
    .await?)
}
