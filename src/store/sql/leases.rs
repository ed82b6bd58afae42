//! Leases of blocks, and what is done when one ran out; equal on both databases.

use std::collections::HashSet;

use super::Tx;
use super::blocks::state;
use super::dialect::{for_update, in_numbers, in_texts, in_these, numbers, texts};
use super::held::{hold_blocks_of, save_blocks};
use crate::domain::{DeliveryId, Timestamp};
use crate::store::Result;

/// Those of these numbers that have a row of their own, held, in their order.
/// What they have to be is asked afterwards: with it in the same question an
/// index of all leases would fit too.
macro_rules! held_singles {
    () => {
        concat!(
            "WITH asked AS MATERIALIZED (SELECT id, status, lease_owner FROM singles WHERE id ",
            in_numbers!("$1"),
            " ORDER BY id",
            for_update!(),
            ")"
        )
    };
}

/// Blocks that are looked at in one claim.
pub(in crate::store) const MOST_BLOCKS: i64 = 16;

/// Who holds something whose lease ran out.
pub(in crate::store) const EXPIRED: &str = "SELECT DISTINCT lease_owner FROM ( \
    SELECT lease_owner FROM singles WHERE status = 'queued' AND lease_owner IS NOT NULL AND next_attempt_at <= $1 \
    UNION ALL SELECT lease_owner FROM blocks WHERE lease_owner IS NOT NULL AND next_attempt_at <= $1) AS expired \
    ORDER BY lease_owner";

/// Frees what these hold and whose lease ran out. What they noted of it must be
/// written before.
pub(in crate::store) async fn free_expired(tx: &mut Tx, owners: &[String], now: Timestamp) -> Result<()> {
    let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
    let mut blocks = hold_blocks_of(tx, &owners).await?;
    blocks.retain(|block| block.next_attempt_at.is_none_or(|end| end <= now.as_millis()));
    for block in &mut blocks {
        // Back to its old place in the queue, not behind those that came later.
        block.free(block.queued_at.min(now.as_millis()));
    }
    save_blocks(tx, &blocks).await?;
    sqlx::query(concat!(
        "WITH held AS MATERIALIZED (SELECT id FROM singles WHERE id ",
        in_these!("SELECT id FROM singles WHERE status = 'queued' AND lease_owner IS NOT NULL AND next_attempt_at <= $2"),
        " AND status = 'queued' AND next_attempt_at <= $2 AND lease_owner ",
        in_texts!("$1"),
        " ORDER BY id",
        for_update!(),
        ") UPDATE singles SET lease_owner = NULL WHERE id ",
        in_these!("SELECT id FROM held")
    ))
    .bind(texts(owners))
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Frees every lease of a node, or of all. Answers how many deliveries.
pub(in crate::store) async fn free_all(tx: &mut Tx, node: Option<&str>, now: Timestamp) -> Result<u64> {
    let owners: Vec<String> = match node {
        Some(node) => vec![node.to_owned()],
        None => {
            sqlx::query_scalar("SELECT DISTINCT lease_owner FROM blocks WHERE lease_owner IS NOT NULL")
                .fetch_all(&mut **tx)
                .await?
        }
    };
    let mut blocks = hold_blocks_of(tx, &owners.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let mut freed = 0;
    for block in &mut blocks {
        freed += (0..block.states.len()).filter(|place| block.is_open_at(*place)).count() as u64;
        block.free(block.queued_at.min(now.as_millis()));
    }
    save_blocks(tx, &blocks).await?;
    let singles = sqlx::query(concat!(
        "WITH held AS MATERIALIZED (SELECT id FROM singles WHERE status = 'queued' AND lease_owner IS NOT NULL \
         AND ($1 IS NULL OR lease_owner = $1) ORDER BY id",
        for_update!(),
        ") UPDATE singles SET lease_owner = NULL, \
         next_attempt_at = CASE WHEN attempts = 0 AND queued_at < $2 THEN queued_at ELSE $2 END \
         WHERE id ",
        in_these!("SELECT id FROM held")
    ))
    .bind(node)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    if node.is_none() {
        // A look or a mailing that was cut off is due again at once, not
        // when its lease of minutes runs out.
        for statement in [
            "UPDATE blogs SET next_check_at = $1, is_claimed = 0 WHERE is_claimed = 1 AND next_check_at > $1",
            "UPDATE posts SET due_at = $1, is_claimed = 0 WHERE is_claimed = 1 AND due_at > $1",
        ] {
            sqlx::query(statement).bind(now.as_millis()).execute(&mut **tx).await?;
        }
    }
    Ok(freed + singles.rows_affected())
}

/// Extends the lease of those of these that the node still holds, with that of
/// their blocks. Answers which they are.
pub(in crate::store) async fn renew_all(
    tx: &mut Tx,
    node: &str,
    ids: &[DeliveryId],
    until: Timestamp,
) -> Result<Vec<DeliveryId>> {
    let asked: HashSet<i64> = ids.iter().map(|id| id.0).collect();
    let mut held = Vec::new();
    for block in hold_blocks_of(tx, &[node]).await? {
        let before = held.len();
        let queued = block.states.iter().enumerate().filter(|(_, at)| **at == state::QUEUED);
        held.extend(queued.map(|(place, _)| block.number(place)).filter(|id| asked.contains(id)));
        if held.len() > before {
            sqlx::query("UPDATE blocks SET next_attempt_at = $2 WHERE id = $1")
                .bind(block.id)
                .bind(until.as_millis())
                .execute(&mut **tx)
                .await?;
        }
    }
    let singles: Vec<i64> = sqlx::query_scalar(concat!(
        held_singles!(),
        " UPDATE singles SET next_attempt_at = $3 WHERE id ",
        in_these!("SELECT id FROM asked WHERE status = 'queued' AND lease_owner = $2"),
        " RETURNING id"
    ))
    .bind(numbers(asked))
    .bind(node)
    .bind(until.as_millis())
    .fetch_all(&mut **tx)
    .await?;
    held.extend(singles);
    Ok(held.into_iter().map(DeliveryId).collect())
}

/// Gives back what a node did not begin.
pub(in crate::store) async fn give_back_all(
    tx: &mut Tx,
    node: &str,
    ids: &[DeliveryId],
    now: Timestamp,
) -> Result<()> {
    let given: HashSet<i64> = ids.iter().map(|id| id.0).collect();
    let mut changed = Vec::new();
    for mut block in hold_blocks_of(tx, &[node]).await? {
        let places: Vec<usize> = (0..block.states.len())
            .filter(|place| block.states[*place] == state::QUEUED && given.contains(&block.number(*place)))
            .collect();
        if places.is_empty() {
            continue;
        }
        for place in places {
            block.states[place] = state::GIVEN_BACK;
        }
        block.again_at = Some(block.queued_at.min(now.as_millis()));
        block.close_if_done();
        changed.push(block);
    }
    save_blocks(tx, &changed).await?;
    sqlx::query(concat!(
        held_singles!(),
        " UPDATE singles SET lease_owner = NULL, next_attempt_at = CASE WHEN queued_at < $3 THEN queued_at ELSE $3 END \
         WHERE id ",
        in_these!("SELECT id FROM asked WHERE status = 'queued' AND lease_owner = $2")
    ))
    .bind(numbers(given))
    .bind(node)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
