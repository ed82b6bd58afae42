//! What is known of a delivery that somebody reports on, and whether mail
//! arrives at an address; equal on both databases.

use super::Tx;
use super::blocks::{Block, BlockRow, block_columns, block_of, blocks_of_subscriptions};
use super::dialect::{in_numbers, numbers};
use super::rows::count;
use crate::domain::{DAY_MS, DeliveryId, SOFT_DAYS, Timestamp};
use crate::store::Result;

/// Blog, address and tries of a delivery.
type Found = (Option<i64>, Option<String>, i64);

pub(super) async fn delivery_of(tx: &mut Tx, id: DeliveryId) -> Result<Option<Found>> {
    // Blocks first: what leaves one between the two has its row by then.
    let placed: Option<Found> = sqlx::query_as(concat!(
        "SELECT d.blog_id, b.address, d.attempts FROM placed d \
         LEFT JOIN subscriptions s ON s.id = d.subscription_id LEFT JOIN subscribers b ON b.id = s.subscriber_id \
         WHERE d.block_id = ",
        block_of!("$1"),
        " AND d.id = $1"
    ))
    .bind(id.0)
    .fetch_optional(&mut **tx)
    .await?;
    if placed.is_some() {
        return Ok(placed);
    }
    Ok(sqlx::query_as(
        "SELECT d.blog_id, b.address, d.attempts FROM singles d \
         LEFT JOIN subscriptions s ON s.id = d.subscription_id \
         LEFT JOIN subscribers b ON b.id = COALESCE(s.subscriber_id, d.subscriber_id) WHERE d.id = $1",
    )
    .bind(id.0)
    .fetch_optional(&mut **tx)
    .await?)
}

/// Soft bounces of a week since the last mail that arrived.
pub(super) async fn soft_in_a_row(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<u32> {
    let week_ago = now.plus_ms(-SOFT_DAYS * DAY_MS).as_millis();
    let arrived: Option<i64> = sqlx::query_scalar(
        "SELECT MAX(d.settled_at) FROM subscribers b \
         JOIN subscriptions s ON s.subscriber_id = b.id JOIN singles d ON d.subscription_id = s.id \
         WHERE b.address_hash = $1 AND d.status = 'sent' AND d.settled_at > $2 \
         /* what was taken and came back did not arrive */ \
         AND NOT EXISTS (SELECT 1 FROM feedback x WHERE x.delivery_id = d.id)",
    )
    .bind(hash)
    .bind(week_ago)
    .fetch_one(&mut **tx)
    .await?;
    let arrived = arrived.max(arrived_in_blocks(tx, hash, week_ago).await?).unwrap_or(0);
    let soft: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM feedback f WHERE f.address_hash = $1 AND f.class = 'soft' AND f.at > $2 AND f.at > $3",
    )
    .bind(hash)
    .bind(week_ago)
    .bind(arrived)
    .fetch_one(&mut **tx)
    .await?;
    Ok(count(soft))
}

/// When the last mail of a block arrived at this address, after that moment.
async fn arrived_in_blocks(tx: &mut Tx, hash: &str, after: i64) -> Result<Option<i64>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT s.id FROM subscribers b JOIN subscriptions s ON s.subscriber_id = b.id WHERE b.address_hash = $1",
    )
    .bind(hash)
    .fetch_all(&mut **tx)
    .await?;
    let rows: Vec<BlockRow> = sqlx::query_as(concat!(
        "SELECT ",
        block_columns!(),
        " FROM ",
        blocks_of_subscriptions!(),
        " WHERE s.id ",
        in_numbers!("$1"),
        " AND k.sent > 0 AND k.settled_at > $2"
    ))
    .bind(numbers(ids.iter().copied()))
    .bind(after)
    .fetch_all(&mut **tx)
    .await?;
    let mut sent = Vec::new();
    for row in rows {
        let block = Block::try_from(row)?;
        let theirs = |place: usize| ids.contains(&block.readers[place]);
        let replies = block.replies().into_iter().filter(|said| theirs(said.place) && said.at > after);
        sent.extend(replies.map(|said| (block.number(said.place), said.at)));
    }
    let returned: Vec<i64> =
        sqlx::query_scalar(concat!("SELECT delivery_id FROM feedback WHERE delivery_id ", in_numbers!("$1")))
            .bind(numbers(sent.iter().map(|(number, _)| *number)))
            .fetch_all(&mut **tx)
            .await?;
    Ok(sent.into_iter().filter(|(number, _)| !returned.contains(number)).map(|(_, at)| at).max())
}
