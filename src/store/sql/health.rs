//! Health of blogs; equal on both databases.

use super::dialect::for_update;
use super::rows::stored;
use super::{SqlStore, Tx};
use crate::domain::{BlogId, DAY_MS, MailingId, Reason, Timestamp};
use crate::store::{HEALTH_DAYS, Health, Healths, NewDelivery, Paused, Result};
use async_trait::async_trait;

/// Paused mailings that are looked at.
const MOST_PAUSED: i64 = 1_000;

/// Whether a mailing has something left to send.
macro_rules! has_mails {
    ($mailing:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM blocks k WHERE k.mailing_id = ",
            $mailing,
            ".id AND k.open > 0) OR EXISTS (SELECT 1 FROM singles d WHERE d.mailing_id = ",
            $mailing,
            ".id AND d.status = 'queued'))"
        )
    };
}
pub(super) use has_mails;

#[async_trait]
impl Healths for SqlStore {
    async fn list_unwell(&self, now: Timestamp) -> Result<Vec<(BlogId, Health)>> {
        let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT b.blog_id, CAST(SUM(b.attempts) AS BIGINT), CAST(SUM(b.accepted) AS BIGINT), \
             CAST(SUM(b.hard) AS BIGINT), CAST(SUM(b.complaints) AS BIGINT) FROM blog_days b \
             WHERE b.is_pardoned = 0 AND b.day > $1 AND b.day <= $2 AND b.blog_id IN \
                 (SELECT m.blog_id FROM mailings m WHERE m.status IN ('filling', 'sending')) \
             GROUP BY b.blog_id HAVING SUM(b.hard) + SUM(b.complaints) > 0 ORDER BY b.blog_id",
        )
        .bind(day_of(now) - HEALTH_DAYS)
        .bind(day_of(now))
        .fetch_all(&self.reader)
        .await?;
        let health = |(blog, attempts, accepted, hard, complaints)| {
            (BlogId(blog), Health { attempts, accepted, hard, complaints })
        };
        Ok(rows.into_iter().map(health).collect())
    }

    async fn accepted_today(&self, now: Timestamp) -> Result<i64> {
        let sum: Option<i64> =
            sqlx::query_scalar("SELECT CAST(SUM(accepted) AS BIGINT) FROM blog_days WHERE day = $1")
                .bind(day_of(now))
                .fetch_one(&self.reader)
                .await?;
        Ok(sum.unwrap_or(0))
    }

    async fn brake(
        &self,
        blog: BlogId,
        reason: &Reason,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<Vec<MailingId>> {
        let mut tx = self.write().await?;
        let mut paused: Vec<i64> = sqlx::query_scalar(concat!(
            "UPDATE mailings SET status = 'paused', reason = $2 \
             WHERE blog_id = $1 AND (status = 'filling' OR status = 'sending' AND ",
            has_mails!("mailings"),
            ") RETURNING id"
        ))
        .bind(blog.0)
        .bind(stored(reason))
        .fetch_all(&mut *tx)
        .await?;
        paused.sort_unstable();
        if let Some(delivery) = notice.filter(|_| !paused.is_empty()) {
            self.insert_delivery(&mut tx, delivery, now).await?;
        }
        tx.commit().await?;
        Ok(paused.into_iter().map(MailingId).collect())
    }

    async fn end_sent(
        &self,
        blog: BlogId,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<Vec<MailingId>> {
        let mut tx = self.write().await?;
        let mut ended: Vec<i64> = sqlx::query_scalar(concat!(
            "UPDATE mailings SET status = 'done', finished_at = $2 WHERE blog_id = $1 AND status = 'sending' AND NOT ",
            has_mails!("mailings"),
            " RETURNING id"
        ))
        .bind(blog.0)
        .bind(now.as_millis())
        .fetch_all(&mut *tx)
        .await?;
        ended.sort_unstable();
        if let Some(delivery) = notice.filter(|_| !ended.is_empty()) {
            self.insert_delivery(&mut tx, delivery, now).await?;
        }
        tx.commit().await?;
        Ok(ended.into_iter().map(MailingId).collect())
    }

    async fn list_paused(&self) -> Result<Vec<Paused>> {
        let rows: Vec<(i64, i64, String, i64)> = sqlx::query_as(concat!(
            "SELECT id, blog_id, reason, CAST(CASE WHEN filled_at IS NULL OR ",
            has_mails!("mailings"),
            " THEN 0 ELSE 1 END AS BIGINT) FROM mailings WHERE status = 'paused' AND reason IS NOT NULL ORDER BY id LIMIT $1"
        ))
        .bind(MOST_PAUSED)
        .fetch_all(&self.reader)
        .await?;
        let paused = |(mailing, blog, reason, is_over): (i64, i64, String, i64)| Paused {
            mailing: MailingId(mailing),
            blog: BlogId(blog),
            reason: Reason::from_stored(&reason),
            is_over: is_over == 1,
        };
        Ok(rows.into_iter().map(paused).collect())
    }

    async fn let_go(&self, mailing: MailingId, reason: &Reason, now: Timestamp) -> Result<bool> {
        let mut tx = self.write().await?;
        let gone = sqlx::query(concat!(
            "UPDATE mailings SET finished_at = CASE WHEN filled_at IS NULL OR ",
            has_mails!("mailings"),
            " THEN finished_at ELSE $3 END, status = CASE WHEN filled_at IS NULL THEN 'filling' WHEN ",
            has_mails!("mailings"),
            " THEN 'sending' ELSE 'done' END, reason = NULL WHERE id = $1 AND status = 'paused' AND reason = $2"
        ))
        .bind(mailing.0)
        .bind(stored(reason))
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.hint();
        Ok(gone.rows_affected() > 0)
    }
}

/// What was taken back, each with its moment and whether it was hard, is no
/// longer in the figures of the brake's reason.
pub(super) async fn recount(tx: &mut Tx, blog: i64, back: &[(i64, i64)]) -> Result<()> {
    let rows: Vec<(i64, String)> = sqlx::query_as(concat!(
        "SELECT id, reason FROM mailings WHERE blog_id = $1 AND status = 'paused' AND reason IS NOT NULL \
         ORDER BY id",
        for_update!()
    ))
    .bind(blog)
    .fetch_all(&mut **tx)
    .await?;
    for (id, reason) in rows {
        let Reason::Braked { mut hard, mut attempts, since } = Reason::from_stored(&reason) else {
            continue;
        };
        // What was on its way when the brake was pulled is in no figure.
        for (_, is_hard) in back.iter().filter(|(at, _)| *at <= since.as_millis()) {
            attempts -= 1;
            hard -= is_hard;
        }
        let now = Reason::Braked { hard: hard.max(0), attempts: attempts.max(0), since };
        sqlx::query("UPDATE mailings SET reason = $2 WHERE id = $1")
            .bind(id)
            .bind(stored(&now))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Days since 1970, UTC.
pub(super) const fn day_of(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(DAY_MS)
}

/// Counts a complaint for every blog (or the one) that its author follows or
/// followed, as the mail that was complained of is not always known.
pub(super) async fn count_complaint(
    tx: &mut Tx,
    address_hash: &str,
    blog: Option<BlogId>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO blog_days (blog_id, day, complaints) \
         SELECT s.blog_id, $3, 1 FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id \
         WHERE b.address_hash = $1 AND s.active_since IS NOT NULL AND ($2 IS NULL OR s.blog_id = $2) \
         ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET \
         complaints = blog_days.complaints + excluded.complaints",
    )
    .bind(address_hash)
    .bind(blog.map(|id| id.0))
    .bind(day_of(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lets what was counted so far no longer count: the operator has seen it.
pub(super) async fn pardon(tx: &mut Tx, blog: i64) -> Result<()> {
    for statement in [
        "INSERT INTO blog_days (blog_id, day, slot, is_pardoned, attempts, accepted, hard, complaints) \
         SELECT blog_id, day, slot, 1, attempts, accepted, hard, complaints FROM blog_days \
         WHERE blog_id = $1 AND is_pardoned = 0 \
         ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET \
         attempts = blog_days.attempts + excluded.attempts, accepted = blog_days.accepted + excluded.accepted, \
         hard = blog_days.hard + excluded.hard, complaints = blog_days.complaints + excluded.complaints",
        "DELETE FROM blog_days WHERE blog_id = $1 AND is_pardoned = 0",
    ] {
        sqlx::query(statement).bind(blog).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Counts a mail that was taken and came back because there is no such reader.
pub(super) async fn count_hard(tx: &mut Tx, blog: i64, day: i64) -> Result<()> {
    add_to_day(tx, blog, day, 0, &Health { hard: 1, ..Health::default() }).await
}

/// Adds to what is counted of a blog's day, in one of its rows.
pub(super) async fn add_to_day(tx: &mut Tx, blog: i64, day: i64, slot: i64, counted: &Health) -> Result<()> {
    sqlx::query(
        "INSERT INTO blog_days (blog_id, day, slot, attempts, accepted, hard, complaints) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (blog_id, is_pardoned, day, slot) DO UPDATE SET \
         attempts = blog_days.attempts + excluded.attempts, accepted = blog_days.accepted + excluded.accepted, \
         hard = blog_days.hard + excluded.hard, complaints = blog_days.complaints + excluded.complaints",
    )
    .bind(blog)
    .bind(day)
    .bind(slot)
    .bind(counted.attempts)
    .bind(counted.accepted)
    .bind(counted.hard)
    .bind(counted.complaints)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
