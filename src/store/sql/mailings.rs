//! Mailings and their fan-out.

use async_trait::async_trait;
use sqlx::FromRow;

use super::again::again;
use super::dialect::{for_update, hold, seal, text};
use super::fan_out::{Filled, answer, fill_blocks, next_step};
use super::health::has_mails;
use super::rows::{Place, all, at, stored};
use super::{SqlStore, Tx};
use crate::domain::{
    Blog, BlogId, DeliveryId, Halt, Mailing, MailingContent, MailingId, MailingKind, MailingStatus, PostId,
    Reason, Seal, SubscriptionId, Timestamp,
};
use crate::store::{DeliveryCounts, FanOut, Mailings, NewDelivery, Outbox, Proof as _, Result, StoreError};

/// A mailing that is being filled, and what it corrects.
#[derive(FromRow)]
struct Filling {
    blog_id: i64,
    cursor: i64,
    created_at: i64,
    status: String,
    corrected: Option<i64>,
    corrected_filled_at: Option<i64>,
}

#[derive(FromRow)]
struct MailingRow {
    id: i64,
    blog_id: i64,
    kind: String,
    post_id: Option<i64>,
    status: String,
    reason: Option<String>,
    content: String,
    created_at: i64,
    finished_at: Option<i64>,
    seal: i64,
}

impl TryFrom<MailingRow> for Mailing {
    type Error = StoreError;

    fn try_from(row: MailingRow) -> Result<Self> {
        let place = Place { table: "mailings", row: row.id };
        Ok(Self {
            id: MailingId(row.id),
            blog_id: BlogId(row.blog_id),
            kind: place.need("kind", MailingKind::parse(&row.kind))?,
            post_id: row.post_id.map(PostId),
            status: place.need("status", MailingStatus::parse(&row.status))?,
            reason: row.reason.as_deref().map(Reason::from_stored),
            content: place.need("content", serde_json::from_str(&row.content).ok())?,
            created_at: at(row.created_at),
            finished_at: row.finished_at.map(at),
            seal: Seal(row.seal),
        })
    }
}

#[async_trait]
impl Mailings for SqlStore {
    async fn get_mailing(&self, id: MailingId) -> Result<Option<Mailing>> {
        let row: Option<MailingRow> = sqlx::query_as("SELECT * FROM mailings WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.reader)
            .await?;
        row.map(Mailing::try_from).transpose()
    }

    async fn list_mailings(&self, blog: Option<&Blog>, limit: u32) -> Result<Vec<Mailing>> {
        let rows: Vec<MailingRow> = sqlx::query_as(
            "SELECT * FROM mailings WHERE $1 IS NULL OR blog_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(blog.map(|blog| blog.id.0))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn list_filling(&self) -> Result<Vec<MailingId>> {
        let ids: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM mailings WHERE status = 'filling' ORDER BY id")
                .fetch_all(&self.reader)
                .await?;
        Ok(ids.into_iter().map(MailingId).collect())
    }

    async fn fan_out(&self, id: MailingId, limit: u32, now: Timestamp) -> Result<FanOut> {
        again(|| async {
            let mut tx = self.write().await?;
            let mailing: Option<Filling> = sqlx::query_as(concat!(
                "SELECT m.blog_id, \
                 /* one that is lost, as with a restored backup, doubles nothing */ \
                 COALESCE((SELECT CASE WHEN k.last_subscription_id > m.cursor THEN k.last_subscription_id END \
                     FROM blocks k WHERE k.mailing_id = m.id ORDER BY k.first_subscription_id DESC LIMIT 1), \
                 m.cursor) AS cursor, \
                 COALESCE(o.created_at, m.created_at) AS created_at, m.status, \
                 o.id AS corrected, o.filled_at AS corrected_filled_at FROM mailings m \
                 LEFT JOIN mailings o ON m.kind = 'correction' AND o.post_id = m.post_id AND o.kind = 'post' \
                 WHERE m.id = $1",
                for_update!(of "m")
            ))
            .bind(id.0)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(Filling { blog_id: blog, cursor, created_at, status, corrected, corrected_filled_at }) =
                mailing
            else {
                return Err(StoreError::Missing("mailing"));
            };
            // Done already, or stopped by the operator: there is nothing to write now.
            if status != MailingStatus::Filling.as_str() {
                return Ok(FanOut { written: 0, is_complete: true });
            }
            let filled = Filled { mailing: id.0, blog, after: cursor, created_at, now };
            let step = next_step(&mut tx, &filled, limit).await?;
            let written = match corrected {
                Some(original) => {
                    let is_for_all = corrected_filled_at.is_none();
                    answer(&mut tx, &filled, &step, original, is_for_all).await?
                }
                None => {
                    fill_blocks(&mut tx, &filled, &step).await?;
                    step.readers.len() as u64
                }
            };
            let is_complete = step.followers < i64::from(limit);
            sqlx::query(
                "UPDATE mailings SET cursor = $2, status = CASE WHEN $3 THEN 'sending' ELSE status END, \
                 filled_at = CASE WHEN $3 THEN $4 END WHERE id = $1",
            )
            .bind(id.0)
            .bind(step.last)
            .bind(is_complete)
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            self.hint();
            Ok(FanOut { written, is_complete })
        })
        .await
    }

    async fn correct_post(
        &self,
        post: PostId,
        after: MailingId,
        content: &MailingContent,
        now: Timestamp,
    ) -> Result<Option<MailingId>> {
        let mut tx = self.write().await?;
        // Two at once would mail the same correction twice.
        hold(&mut tx, "correct").await?;
        let id: Option<i64> = sqlx::query_scalar(concat!(
            "INSERT INTO mailings (blog_id, kind, post_id, status, title, content, created_at, seal) \
             SELECT p.blog_id, 'correction', p.id, 'filling', $3, $4, $5, ",
            seal!(),
            " FROM posts p WHERE p.id = $1 \
             AND (SELECT MAX(m.id) FROM mailings m WHERE m.post_id = p.id) = $2 \
             /* a mail that is still queued would bring the old text after the new one */ \
             AND NOT EXISTS (SELECT 1 FROM mailings m WHERE m.post_id = p.id \
                 AND (m.status NOT IN ('done', 'cancelled') OR ",
            has_mails!("m"),
            ")) \
             RETURNING id",
        ))
        .bind(post.0)
        .bind(after.0)
        .bind(text(&content.title))
        .bind(serde_json::to_string(content).expect("a struct of texts and numbers is always JSON"))
        .bind(now.as_millis())
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(id.map(MailingId))
    }

    async fn list_mailings_of(&self, post: PostId) -> Result<Vec<Mailing>> {
        let rows: Vec<MailingRow> = sqlx::query_as("SELECT * FROM mailings WHERE post_id = $1 ORDER BY id")
            .bind(post.0)
            .fetch_all(&self.reader)
            .await?;
        all(rows)
    }

    async fn delivery_counts(&self, id: MailingId) -> Result<DeliveryCounts> {
        self.count_deliveries(id).await
    }

    async fn finish_mailings(&self, now: Timestamp) -> Result<Vec<MailingId>> {
        // What was sent is not to be counted as withheld.
        self.apply_all_settlements("").await?;
        self.free_expired_leases(now).await?;
        again(|| async {
            let mut tx = self.write().await?;
            withhold_cancelled(&mut tx, now).await?;
            let mut ids: Vec<i64> = sqlx::query_scalar(concat!(
                "UPDATE mailings SET status = 'done', finished_at = $1 WHERE status = 'sending' AND NOT ",
                has_mails!("mailings"),
                " RETURNING id"
            ))
            .bind(now.as_millis())
            .fetch_all(&mut *tx)
            .await?;
            tx.commit().await?;
            ids.sort_unstable();
            Ok(ids.into_iter().map(MailingId).collect())
        })
        .await
    }

    async fn note_unreached(&self, since: Timestamp, now: Timestamp) -> Result<Vec<MailingId>> {
        self.note_all_unreached(since, now).await
    }

    async fn set_mailing_status(
        &self,
        id: MailingId,
        from: MailingStatus,
        to: MailingStatus,
        reason: Option<&Reason>,
        now: Timestamp,
    ) -> Result<bool> {
        if to == MailingStatus::Cancelled {
            // What was sent is not to be counted as withheld.
            self.apply_all_settlements("").await?;
            self.free_expired_leases(now).await?;
        }
        again(|| async {
            let mut tx = self.write().await?;
            if from == MailingStatus::Paused && to == MailingStatus::Sending {
                pardon_braked(&mut tx, id).await?;
            }
            let done = sqlx::query(
                "UPDATE mailings SET reason = $4, \
                 /* one that was paused while it was filled goes on filling, or its last followers would be lost */ \
                 status = CASE WHEN $3 = 'sending' AND filled_at IS NULL THEN 'filling' ELSE $3 END, \
                 finished_at = CASE WHEN $3 IN ('done', 'cancelled') THEN $5 END \
                 WHERE id = $1 AND status = $2",
            )
            .bind(id.0)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(reason.map(stored))
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
            let is_done = done.rows_affected() > 0;
            if is_done && to == MailingStatus::Cancelled {
                withhold_cancelled(&mut tx, now).await?;
            }
            tx.commit().await?;
            // One that was resumed has mail that is due.
            self.hint();
            Ok(is_done)
        })
        .await
    }

    async fn resend(
        &self,
        id: MailingId,
        subscription: SubscriptionId,
        delivery: &NewDelivery,
        now: Timestamp,
    ) -> Result<DeliveryId> {
        let mut tx = self.write().await?;
        // Two at once would take the same number of a copy.
        hold(&mut tx, "resend").await?;
        let row: Option<i64> = sqlx::query_scalar(
            "INSERT INTO singles (kind, priority, mailing_id, blog_id, subscription_id, copy, payload, status, queued_at, next_attempt_at) \
             SELECT $3, $4, m.id, m.blog_id, s.id, \
                 (SELECT COALESCE(MAX(d.copy), 0) + 1 FROM singles d WHERE d.mailing_id = m.id AND d.subscription_id = s.id), \
                 $5, 'queued', $6, $6 \
             FROM mailings m JOIN subscriptions s ON s.blog_id = m.blog_id WHERE m.id = $1 AND s.id = $2 \
             RETURNING id",
        )
        .bind(id.0)
        .bind(subscription.0)
        .bind(delivery.kind.as_str())
        .bind(delivery.kind.priority())
        .bind(&delivery.payload)
        .bind(now.as_millis())
        .fetch_optional(&mut *tx)
        .await?;
        let row = row.ok_or(StoreError::Missing("mailing with this subscription"))?;
        tx.commit().await?;
        self.hint();
        Ok(DeliveryId(row))
    }
}

/// Who resumes a braked mailing has seen why: what was counted so far must not
/// brake it again at once.
async fn pardon_braked(tx: &mut Tx, id: MailingId) -> Result<()> {
    let braked: Option<(i64, Option<String>)> = sqlx::query_as(concat!(
        "SELECT blog_id, reason FROM mailings WHERE id = $1 AND status = 'paused'",
        for_update!()
    ))
    .bind(id.0)
    .fetch_optional(&mut **tx)
    .await?;
    match braked {
        Some((blog, Some(reason))) if Halt::of(&Reason::from_stored(&reason)) == Some(Halt::Braked) => {
            super::health::pardon(tx, blog).await
        }
        _ => Ok(()),
    }
}

/// Nobody claims from a cancelled mailing, so what is queued there would wait
/// for ever. What is under a lease that holds may be on the wire: its sender
/// settles it, or gives it back and it is withheld the next time.
async fn withhold_cancelled(tx: &mut Tx, now: Timestamp) -> Result<()> {
    // In the order of their numbers, as everybody who writes to many of them.
    sqlx::query(concat!(
        "WITH waiting AS MATERIALIZED (SELECT id FROM blocks \
         WHERE mailing_id IN (SELECT id FROM mailings WHERE status = 'cancelled') AND open > 0 \
         AND lease_owner IS NULL ORDER BY id",
        for_update!(),
        ") UPDATE blocks SET states = replace(states, 'q', 'c'), open = 0, settled_at = COALESCE(settled_at, $1), next_attempt_at = NULL \
         WHERE id IN (SELECT id FROM waiting)"
    ))
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    sqlx::query(concat!(
        "WITH waiting AS MATERIALIZED (SELECT id FROM singles \
         WHERE mailing_id IN (SELECT id FROM mailings WHERE status = 'cancelled') AND status = 'queued' \
         AND lease_owner IS NULL ORDER BY id",
        for_update!(),
        ") UPDATE singles SET status = 'withheld', reason = $1, settled_at = $2, next_attempt_at = NULL \
         WHERE id IN (SELECT id FROM waiting)"
    ))
    .bind(Reason::MailingCancelled.to_stored())
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
