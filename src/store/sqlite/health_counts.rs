//! What found its end, counted by blog: SQLite's part of the settlement.
//! PostgreSQL counts in the statement that settles.

use std::collections::BTreeMap;

use super::Tx;
use super::health::day_of;
use crate::domain::{DeliveryId, DeliveryStatus, Timestamp};
use crate::store::{Result, Settled, Settlement};

/// What became of a blog's mails in one group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted {
    attempts: i64,
    accepted: i64,
    hard: i64,
}

impl Counted {
    /// From the rows that were written: number, state, and the blog where it
    /// belongs to a mailing.
    pub(super) fn by_blog(
        settlements: &[Settlement],
        rows: &[(i64, String, Option<i64>)],
    ) -> BTreeMap<i64, Self> {
        let mut blogs: BTreeMap<i64, Self> = BTreeMap::new();
        for (id, status, blog) in rows {
            let is_sent = status == DeliveryStatus::Sent.as_str();
            let is_over = is_sent || status == DeliveryStatus::Failed.as_str();
            let Some(blog) = blog.filter(|_| is_over) else { continue };
            let counted = blogs.entry(blog).or_default();
            counted.attempts += 1;
            counted.accepted += i64::from(is_sent);
            counted.hard += i64::from(!is_sent && is_hard(settlements, DeliveryId(*id)));
        }
        blogs
    }
}

fn is_hard(settlements: &[Settlement], id: DeliveryId) -> bool {
    let found = settlements.iter().find(|settlement| settlement.id == id);
    found.is_some_and(|one| matches!(one.settled, Settled::Failed { is_hard: true, .. }))
}

/// Adds a group's counts to the day's.
pub(super) async fn count_settled(tx: &mut Tx, blog: i64, counted: Counted, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO blog_days (blog_id, day, attempts, accepted, hard) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET \
         attempts = blog_days.attempts + excluded.attempts, accepted = blog_days.accepted + excluded.accepted, \
         hard = blog_days.hard + excluded.hard",
    )
    .bind(blog)
    .bind(day_of(now))
    .bind(counted.attempts)
    .bind(counted.accepted)
    .bind(counted.hard)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
