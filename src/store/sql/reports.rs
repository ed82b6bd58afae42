//! Numbers.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::outbox_reads::not_halted;
use super::rows::at;
use crate::domain::{BlogId, DAY_MS, Halt, Timestamp};
use crate::store::{FollowerCounts, Gauges, GrowthDay, Healths as _, Reports, Result, SourceCount};

/// Active subscriptions (of blog `$1`, or of all for NULL) whose address gets
/// no mail. The cross joins make it start from the suppressions, which are
/// few beside the followers; left alone SQLite reads all followers (PostgreSQL
/// chooses for itself).
macro_rules! suppressed_followers {
    () => {
        "SELECT DISTINCT s.id, s.source, s.paused_at, s.paused_until FROM suppressions x \
         CROSS JOIN subscribers b CROSS JOIN subscriptions s \
         WHERE b.address_hash = x.address_hash AND s.subscriber_id = b.id AND s.status = 'active' \
         AND ($1 IS NULL OR s.blog_id = $1) AND COALESCE(x.blog_id, 0) IN (0, s.blog_id)"
    };
}

#[derive(FromRow)]
struct CountsRow {
    active: i64,
    paused: i64,
    pending: i64,
    ended: i64,
    suppressed: i64,
    suppressed_paused: i64,
}

#[derive(FromRow)]
struct GaugesRow {
    followers: i64,
    queued: i64,
    oldest_due_at: Option<i64>,
    failed: i64,
    sent: i64,
    held_posts: i64,
    failing_blogs: i64,
    resting_relays: i64,
    resting_domains: i64,
}

#[async_trait]
impl Reports for SqlStore {
    async fn count_followers(&self, blog: BlogId) -> Result<i64> {
        Ok(sqlx::query_scalar(concat!(
            "SELECT (SELECT COUNT(*) FROM subscriptions WHERE blog_id = $1 AND status = 'active') \
             - (SELECT COUNT(*) FROM (",
            suppressed_followers!(),
            ") AS silent)"
        ))
        .bind(blog.0)
        .fetch_one(&self.reader)
        .await?)
    }

    async fn follower_counts(&self, blog: BlogId, now: Timestamp) -> Result<FollowerCounts> {
        let row: CountsRow = sqlx::query_as(concat!(
            "WITH silent AS (",
            suppressed_followers!(),
            ") SELECT \
             (SELECT COUNT(*) FROM subscriptions WHERE blog_id = $1 AND status = 'active') AS active, \
             (SELECT COUNT(*) FROM subscriptions WHERE blog_id = $1 AND status = 'active' \
              AND paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > $2)) AS paused, \
             (SELECT COUNT(*) FROM subscriptions WHERE blog_id = $1 AND status = 'pending' \
              AND (expires_at IS NULL OR expires_at > $2)) AS pending, \
             (SELECT COUNT(*) FROM subscriptions WHERE blog_id = $1 AND status = 'ended') AS ended, \
             (SELECT COUNT(*) FROM silent) AS suppressed, \
             (SELECT COUNT(*) FROM silent \
              WHERE paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > $2)) AS suppressed_paused"
        ))
        .bind(blog.0)
        .bind(now.as_millis())
        .fetch_one(&self.reader)
        .await?;
        Ok(FollowerCounts {
            followers: row.active - row.suppressed,
            paused: row.paused - row.suppressed_paused,
            pending: row.pending,
            ended: row.ended,
            suppressed: row.suppressed,
        })
    }

    async fn growth(&self, blog: BlogId, days: u32, now: Timestamp) -> Result<Vec<GrowthDay>> {
        let today = now.as_millis().div_euclid(DAY_MS);
        let first = today - i64::from(days) + 1;
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT day, SUM(confirmed), SUM(ended) FROM ( \
                 SELECT confirmed_at / 86400000 AS day, 1 AS confirmed, 0 AS ended FROM subscriptions \
                 WHERE blog_id = $1 AND confirmed_at >= $2 AND confirmed_at < $3 \
                 UNION ALL \
                 SELECT ended_at / 86400000, 0, 1 FROM subscriptions \
                 WHERE blog_id = $1 AND ended_at >= $2 AND ended_at < $3) AS events GROUP BY day",
        )
        .bind(blog.0)
        .bind(first * DAY_MS)
        .bind((today + 1) * DAY_MS)
        .fetch_all(&self.reader)
        .await?;
        let by_day: HashMap<i64, (i64, i64)> =
            rows.into_iter().map(|(day, up, down)| (day, (up, down))).collect();
        let day = |day: i64| {
            let (confirmed, ended) = by_day.get(&day).copied().unwrap_or_default();
            GrowthDay { date: at(day * DAY_MS).date(), confirmed, ended }
        };
        Ok((first..=today).map(day).collect())
    }

    async fn sources(&self, blog: BlogId) -> Result<Vec<SourceCount>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(concat!(
            "WITH silent AS (",
            suppressed_followers!(),
            ") SELECT COALESCE(NULLIF(source, ''), 'form') AS place, COUNT(*) AS followers FROM subscriptions \
             WHERE blog_id = $1 AND status = 'active' AND id NOT IN (SELECT id FROM silent) \
             GROUP BY place ORDER BY followers DESC, place LIMIT 20"
        ))
        .bind(blog.0)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(source, followers)| SourceCount { source, followers }).collect())
    }

    async fn gauges(&self, now: Timestamp) -> Result<Gauges> {
        let row: GaugesRow = sqlx::query_as(concat!(
            "SELECT (SELECT COUNT(*) FROM subscriptions WHERE status = 'active') - (SELECT COUNT(*) FROM (",
            suppressed_followers!(),
            ") AS silent) AS followers, \
             (SELECT COUNT(*) FROM singles WHERE status = 'queued') \
             + (SELECT CAST(COALESCE(SUM(open), 0) AS BIGINT) FROM blocks WHERE open > 0) AS queued, \
             (SELECT MIN(due) FROM ( \
                 SELECT MIN(d.next_attempt_at) AS due FROM singles d WHERE d.status = 'queued' AND d.next_attempt_at <= $2 ",
            not_halted!(),
            "UNION ALL SELECT MIN(d.next_attempt_at) FROM blocks d WHERE d.open > 0 AND d.next_attempt_at <= $2 ",
            not_halted!(),
            ") AS both_kinds) AS oldest_due_at, \
             (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM tallies WHERE status = 'failed') AS failed, \
             (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM tallies WHERE status = 'sent') AS sent, \
             (SELECT COUNT(*) FROM posts WHERE decision = 'held') AS held_posts, \
             (SELECT COUNT(*) FROM blogs WHERE failures > 0) AS failing_blogs, \
             (SELECT COUNT(*) FROM rests WHERE domain = '' AND ended_at IS NULL) AS resting_relays, \
             (SELECT COUNT(*) FROM rests WHERE domain <> '' AND ended_at IS NULL) AS resting_domains"
        ))
        .bind(None::<i64>)
        .bind(now.as_millis())
        .fetch_one(&self.reader)
        .await?;
        let paused = self.list_paused().await?;
        let held_up_by = |halt| {
            let held_up = paused.iter().filter(|paused| Halt::of(&paused.reason) == Some(halt)).count();
            i64::try_from(held_up).unwrap_or(i64::MAX)
        };
        let senders = i64::try_from(self.read_refused_senders(now).await?.len()).unwrap_or(i64::MAX);
        Ok(Gauges {
            followers: row.followers,
            queued: row.queued,
            oldest_due_at: row.oldest_due_at.map(at),
            failed: row.failed,
            sent: row.sent,
            held_posts: row.held_posts,
            failing_blogs: row.failing_blogs,
            resting_relays: row.resting_relays,
            resting_domains: row.resting_domains,
            sender_refused: held_up_by(Halt::SenderRefused) + senders,
            braked: held_up_by(Halt::Braked),
            mail_too_large: held_up_by(Halt::MailTooLarge),
        })
    }

    async fn probe(&self) -> Result<()> {
        let mut tx = self.write().await?;
        // Only a commit reaches the disk, and a row that is set to what it is
        // is not written: one that comes and goes is, and nothing is changed.
        for statement in [
            "INSERT INTO limits (bucket, window_start, count) VALUES ('probe', 0, 0)",
            "DELETE FROM limits WHERE bucket = 'probe'",
        ] {
            sqlx::query(statement).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        let _: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tallies").fetch_one(&self.reader).await?;
        Ok(())
    }
}
