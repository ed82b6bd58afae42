//! Blocks that a transaction holds, and what is done to them.

use super::Tx;
use super::blocks::{Block, BlockRow, block_columns, blocks_of_subscriptions, state};
use super::dialect::{for_update, in_numbers, in_texts, in_these, numbers, texts};
use super::singles::write_singles;
use crate::store::Result;

/// Blocks by their numbers, held until the transaction ends.
pub(super) async fn hold_blocks(tx: &mut Tx, ids: impl IntoIterator<Item = i64>) -> Result<Vec<Block>> {
    let rows: Vec<BlockRow> = sqlx::query_as(concat!(
        "SELECT ",
        block_columns!(),
        " FROM blocks k WHERE k.id ",
        in_numbers!("$1"),
        " ORDER BY k.id",
        for_update!()
    ))
    .bind(numbers(ids))
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Block::try_from).collect()
}

/// Blocks that these nodes have leased, held until the transaction ends.
pub(in crate::store) async fn hold_blocks_of(tx: &mut Tx, nodes: &[&str]) -> Result<Vec<Block>> {
    let rows: Vec<BlockRow> = sqlx::query_as(concat!(
        "SELECT ",
        block_columns!(),
        // They are few: never through all blocks.
        " FROM blocks k WHERE k.id ",
        in_these!(
            "SELECT id FROM blocks WHERE lease_owner IS NOT NULL AND lease_owner ",
            in_texts!("$1"),
            ""
        ),
        " ORDER BY k.id",
        for_update!()
    ))
    .bind(texts(nodes.to_vec()))
    .fetch_all(&mut **tx)
    .await?;
    let mut blocks = rows.into_iter().map(Block::try_from).collect::<Result<Vec<Block>>>()?;
    blocks.retain(|block| block.lease_owner.as_deref().is_some_and(|owner| nodes.contains(&owner)));
    Ok(blocks)
}

/// Writes blocks that are held; who their readers are stays as it is.
pub(super) async fn save_blocks(tx: &mut Tx, blocks: &[Block]) -> Result<()> {
    for block in blocks {
        sqlx::query(
            "UPDATE blocks SET open = $2, sent = $3, next_attempt_at = $4, lease_owner = $5, again_at = $6, \
             settled_at = $7, states = $8, said = $9 WHERE id = $1",
        )
        .bind(block.id)
        .bind(block.count(&[state::QUEUED, state::GIVEN_BACK]))
        .bind(block.count(&[state::SENT]))
        .bind(block.next_attempt_at)
        .bind(&block.lease_owner)
        .bind(block.again_at)
        .bind(block.settled_at)
        .bind(String::from_utf8_lossy(&block.states).into_owned())
        .bind(&block.said)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Gives what is open for these subscriptions in blocks that nobody holds, or
/// in any, a row of its own, where it is dealt with as every other.
pub(super) async fn part_with(tx: &mut Tx, subscriptions: &[i64], also_held: bool) -> Result<()> {
    let found: Vec<i64> = sqlx::query_scalar(concat!(
        "SELECT DISTINCT k.id FROM ",
        blocks_of_subscriptions!(),
        " WHERE s.id ",
        in_numbers!("$1"),
        // Of the many mailings that are over none is looked into.
        " AND k.open > 0 AND m.id IN (SELECT mailing_id FROM blocks WHERE open > 0)"
    ))
    .bind(numbers(subscriptions.iter().copied()))
    .fetch_all(&mut **tx)
    .await?;
    if found.is_empty() {
        return Ok(());
    }
    let (mut singles, mut changed) = (Vec::new(), Vec::new());
    for mut block in hold_blocks(tx, found).await? {
        if block.lease_owner.is_some() && !also_held {
            continue;
        }
        let before = singles.len();
        for place in 0..block.readers.len() {
            if block.is_open_at(place) && subscriptions.contains(&block.readers[place]) {
                singles.push(block.take_out(place));
            }
        }
        if singles.len() > before {
            block.close_if_done();
            changed.push(block);
        }
    }
    write_singles(tx, &singles).await?;
    save_blocks(tx, &changed).await
}

/// Takes the name of these subscriptions out of all blocks, and what was said of
/// them. Answers the numbers of their deliveries.
pub(super) async fn forget_readers(tx: &mut Tx, subscriptions: &[i64]) -> Result<Vec<i64>> {
    let found: Vec<i64> = sqlx::query_scalar(concat!(
        "SELECT DISTINCT k.id FROM ",
        blocks_of_subscriptions!(),
        " WHERE s.id ",
        in_numbers!("$1")
    ))
    .bind(numbers(subscriptions.iter().copied()))
    .fetch_all(&mut **tx)
    .await?;
    let (mut forgotten, mut changed) = (Vec::new(), Vec::new());
    for mut block in hold_blocks(tx, found).await? {
        let is_theirs = |id: &i64| subscriptions.contains(id);
        let places: Vec<usize> = block
            .readers
            .iter()
            .enumerate()
            .filter(|(_, id)| is_theirs(id))
            .map(|(place, _)| place)
            .collect();
        if places.is_empty() {
            continue;
        }
        let mut replies = block.replies();
        replies.retain(|said| !places.contains(&said.place));
        block.set_replies(&replies);
        for place in places {
            block.readers[place] = 0;
            forgotten.push(block.number(place));
        }
        changed.push(block);
    }
    save_blocks(tx, &changed).await?;
    for block in &changed {
        let readers: Vec<String> = block.readers.iter().map(i64::to_string).collect();
        sqlx::query("UPDATE blocks SET readers = $2 WHERE id = $1")
            .bind(block.id)
            .bind(readers.join(","))
            .execute(&mut **tx)
            .await?;
    }
    Ok(forgotten)
}
