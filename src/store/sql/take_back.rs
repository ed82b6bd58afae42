//! Taking back what was blamed on readers and was about us; equal on both
//! databases.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::FromRow;

use super::dialect::{hold, in_numbers, in_texts, numbers, one_tally, texts};
use super::health::{add_to_day, day_of, recount};
use super::rows::{Place, at};
use super::suspects::names_domain;
use super::unreached::withdraw_notices;
use super::{SqlStore, Tx};
use crate::domain::{DeliveryKind, HOUR_MS, SECOND_MS, Timestamp};
use crate::store::{Health, Result};

/// The rests that speak for a refusal `r`: its shape was found to be about us,
/// or it fell into the time of a row that was: `$2` before and `$3` after the
/// relay refused us last, so that another process has heard of it.
macro_rules! rests_of {
    ($select:literal) => {
        concat!(
            "SELECT ",
            $select,
            " FROM rest_shapes h JOIN rests x ON x.relay = h.relay AND x.domain = h.domain \
              WHERE h.relay = r.relay AND (h.shape = r.shape AND h.domain IN ('', r.domain) AND NOT ",
            names_domain!("h.shape"),
            " OR h.domain = '' AND r.at >= x.refused_at - $2 AND r.at <= x.refused_at + $3) LIMIT 1"
        )
    };
}

/// What a relay refused so long before it was found to refuse us is part of
/// it, in whatever words.
const BEFORE_MS: i64 = HOUR_MS;
/// And what other processes were refused until they heard of it.
const AFTER_MS: i64 = 10 * SECOND_MS;

/// A refusal that is taken back, with its delivery.
#[derive(FromRow)]
struct BackRow {
    delivery_id: i64,
    kind: String,
    mark: String,
    address_hash: String,
    is_suppressed: i64,
    cause: String,
    blog_id: Option<i64>,
    mailing_id: Option<i64>,
    settled_at: Option<i64>,
    is_hard: i64,
}

impl BackRow {
    fn kind(&self) -> Result<DeliveryKind> {
        let place = Place { table: "deliveries", row: self.delivery_id };
        place.need("kind", DeliveryKind::parse(&self.kind))
    }
}

impl SqlStore {
    pub(super) async fn take_back_step(&self, limit: u32, now: Timestamp) -> Result<Vec<DeliveryKind>> {
        let mut tx = self.write().await?;
        hold(&mut tx, "take back").await?;
        let rows: Vec<BackRow> = sqlx::query_as(concat!(
            "SELECT r.delivery_id, d.kind, r.mark, r.address_hash, r.is_suppressed, d.blog_id, d.mailing_id, \
             d.settled_at, d.is_hard, (",
            rests_of!("x.cause"),
            ") AS cause FROM refusals r JOIN singles d ON d.id = r.delivery_id \
             WHERE d.status = 'failed' AND d.attempts = r.tries + 1 AND EXISTS (",
            rests_of!("1"),
            ") /* somebody who was erased is gone */ \
             AND COALESCE(d.subscription_id, d.subscriber_id) IS NOT NULL \
             ORDER BY r.delivery_id LIMIT $1"
        ))
        .bind(i64::from(limit))
        .bind(BEFORE_MS)
        .bind(AFTER_MS)
        .fetch_all(&mut *tx)
        .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids = || numbers(rows.iter().map(|row| row.delivery_id));
        sqlx::query(concat!(
            "UPDATE singles SET status = 'queued', attempts = attempts - 1, next_attempt_at = $2, \
             settled_at = NULL, is_hard = 0, lease_owner = NULL WHERE status = 'failed' AND id ",
            in_numbers!("$1")
        ))
        .bind(ids())
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        count_back(&mut tx, &rows).await?;
        self.unsay(&mut tx, &rows).await?;
        sqlx::query(concat!("DELETE FROM refusals WHERE delivery_id ", in_numbers!("$1")))
            .bind(ids())
            .execute(&mut *tx)
            .await?;
        let mailings: BTreeSet<i64> = rows.iter().filter_map(|row| row.mailing_id).collect();
        sqlx::query(concat!(
            "UPDATE mailings SET status = 'sending', finished_at = NULL, reason = NULL, is_folded = 0, folded_to = 0 \
             WHERE status = 'done' AND id ",
            in_numbers!("$1")
        ))
        .bind(numbers(mailings.iter().copied()))
        .execute(&mut *tx)
        .await?;
        withdraw_notices(&mut tx, &mailings).await?;
        tx.commit().await?;
        rows.iter().map(BackRow::kind).collect()
    }

    /// The feedback says why it does not count, and what it alone suppressed
    /// is lifted.
    async fn unsay(&self, tx: &mut Tx, rows: &[BackRow]) -> Result<()> {
        let mut by_cause: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in rows {
            by_cause.entry(&row.cause).or_default().push(&row.mark);
        }
        for (cause, marks) in by_cause {
            sqlx::query(concat!(
                // The next refusal of this try is another one.
                "UPDATE feedback SET taken_back = $2, class = 'sender', \
                 mark = mark || ':' || CAST(id AS TEXT) WHERE mark ",
                in_texts!("$1")
            ))
            .bind(texts(marks))
            .bind(cause)
            .execute(&mut **tx)
            .await?;
        }
        let lifted = rows.iter().filter(|row| row.is_suppressed == 1);
        sqlx::query(concat!(
            "DELETE FROM suppressions WHERE blog_id IS NULL AND reason = 'bounced' AND address_hash ",
            in_texts!("$1"),
            " AND NOT EXISTS (SELECT 1 FROM feedback f WHERE f.address_hash = suppressions.address_hash \
              AND f.class = 'hard')"
        ))
        .bind(texts(lifted.map(|row| row.address_hash.as_str()).collect()))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// They are no attempts any more for the brake (D12), and did not fail.
async fn count_back(tx: &mut Tx, rows: &[BackRow]) -> Result<()> {
    sqlx::query(concat!("UPDATE tallies SET count = count - $1 WHERE ", one_tally!("'failed'")))
        .bind(i64::try_from(rows.len()).unwrap_or(i64::MAX))
        .execute(&mut **tx)
        .await?;
    let mut days: BTreeMap<(i64, i64), Health> = BTreeMap::new();
    let mut blogs: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.mailing_id.is_some()) {
        let (Some(blog), Some(settled_at)) = (row.blog_id, row.settled_at) else { continue };
        let day = days.entry((blog, day_of(at(settled_at)))).or_default();
        day.attempts -= 1;
        day.hard -= row.is_hard;
        blogs.entry(blog).or_default().push((settled_at, row.is_hard));
    }
    for (blog, back) in blogs {
        recount(tx, blog, &back).await?;
    }
    for ((blog, day), counted) in days {
        add_to_day(tx, blog, day, 0, &counted).await?;
    }
    Ok(())
}
