//! What was said of our mails.

use async_trait::async_trait;
use sqlx::FromRow;

use super::again::again;
use super::arrived::{delivery_of, soft_in_a_row};
use super::dialect::{for_update, hold, text};
use super::health::{count_hard, day_of};
use super::rests::Refusal;
use super::rows::{Place, all, at};
use super::suppressions::suppress_in;
use super::{SqlStore, Tx};
use crate::domain::{
    BlogId, Class, ConsentKind, DeliveryId, EmailAddress, Evidence, FeedbackKind, SubscriptionId,
    SuppressionReason, Timestamp, suppression_for,
};
use crate::store::{FeedbackRecord, Feedbacks, HeardProof, NewFeedback, Recorded, Result, StoreError, Stray};

/// Old proofs that are forgotten with each new one.
const PROOFS_AT_ONCE: i64 = 100;
/// Strays that are kept.
const STRAYS_KEPT: i64 = 1_000;

#[derive(FromRow)]
struct FeedbackRow {
    id: i64,
    at: i64,
    kind: String,
    class: Option<String>,
    delivery_id: Option<i64>,
    blog_id: Option<i64>,
    source: String,
    status: Option<String>,
    diagnostic: Option<String>,
    taken_back: Option<String>,
}

impl TryFrom<FeedbackRow> for FeedbackRecord {
    type Error = StoreError;

    fn try_from(row: FeedbackRow) -> Result<Self> {
        let place = Place { table: "feedback", row: row.id };
        let class = row.class.map(|word| place.need("class", Class::parse(&word)));
        Ok(Self {
            at: at(row.at),
            kind: place.need("kind", FeedbackKind::parse(&row.kind))?,
            class: class.transpose()?,
            delivery_id: row.delivery_id.map(DeliveryId),
            blog_id: row.blog_id.map(BlogId),
            source: row.source,
            status: row.status,
            diagnostic: row.diagnostic,
            taken_back: row.taken_back.and_then(|cause| serde_json::from_str(&cause).ok()),
        })
    }
}

#[derive(FromRow)]
struct StrayRow {
    id: i64,
    at: i64,
    mark: String,
    reason: String,
    delivery_id: Option<i64>,
    raw: Vec<u8>,
}

#[async_trait]
impl Feedbacks for SqlStore {
    async fn record_feedback(&self, feedback: &NewFeedback, now: Timestamp) -> Result<Recorded> {
        again(|| self.record_said(feedback, now)).await
    }

    async fn list_feedback(&self, address: &EmailAddress, limit: u32) -> Result<Vec<FeedbackRecord>> {
        let rows: Vec<FeedbackRow> = sqlx::query_as(
            "SELECT id, at, kind, class, delivery_id, blog_id, source, status, diagnostic, \
             taken_back FROM feedback \
             WHERE address_hash = $1 ORDER BY at DESC, id DESC LIMIT $2",
        )
        .bind(self.keys.address_hash(&address.key()))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn keep_stray(&self, stray: &Stray) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO strays (at, mark, reason, raw, delivery_id) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (mark) DO NOTHING",
        )
        .bind(stray.at.as_millis())
        .bind(&stray.mark)
        .bind(text(&stray.reason))
        .bind(&stray.raw)
        .bind(stray.delivery_id.map(|id| id.0))
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM strays WHERE id <= (SELECT MAX(id) FROM strays) - $1")
            .bind(STRAYS_KEPT)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn hear_proof(&self, heard: &HeardProof, now: Timestamp) -> Result<bool> {
        let mut tx = self.write().await?;
        sqlx::query(
            "DELETE FROM heard_proofs WHERE proof IN \
             (SELECT proof FROM heard_proofs WHERE until_at <= $1 ORDER BY until_at LIMIT $2)",
        )
        .bind(now.as_millis())
        .bind(PROOFS_AT_ONCE)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "INSERT INTO heard_proofs (proof, said, until_at) VALUES ($1, $2, $3) ON CONFLICT (proof) DO NOTHING",
        )
        .bind(&heard.proof)
        .bind(&heard.said)
        .bind(heard.until.as_millis())
        .execute(&mut *tx)
        .await?;
        let said: String = sqlx::query_scalar("SELECT said FROM heard_proofs WHERE proof = $1")
            .bind(&heard.proof)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(said == heard.said)
    }

    async fn list_strays(&self, limit: u32) -> Result<Vec<Stray>> {
        let rows: Vec<StrayRow> = sqlx::query_as(
            "SELECT id, at, mark, reason, delivery_id, raw FROM strays ORDER BY id DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        let stray = |row: StrayRow| Stray {
            id: row.id,
            at: at(row.at),
            mark: row.mark,
            reason: row.reason,
            delivery_id: row.delivery_id.map(DeliveryId),
            raw: row.raw,
        };
        Ok(rows.into_iter().map(stray).collect())
    }
}

/// Whom a report is about.
struct Reader {
    hash: String,
    /// To be kept with the suppression, where it is known.
    address: Option<String>,
    blog: Option<i64>,
    /// Tries of the mail that were settled before.
    tries: i64,
}

impl SqlStore {
    async fn record_said(&self, said: &NewFeedback, now: Timestamp) -> Result<Recorded> {
        let mut tx = self.write().await?;
        let Some(reader) = self.reader_of(&mut tx, said).await? else { return Ok(Recorded::Nobody) };
        let is_later = said.source != "smtp";
        let mark = if is_later { said.mark.clone() } else { format!("{}:{}", said.mark, reader.tries) };
        // Two reports about one reader are counted one after the other.
        hold(&mut tx, &reader.hash).await?;
        let delivery = said.delivery_id.map_or(0, |id| id.0);
        let refusal = said.refused.as_ref().map(|refused| Refusal {
            refused,
            delivery,
            tries: reader.tries,
            mark: &mark,
            address_hash: &reader.hash,
        });
        if !is_later {
            forget_refusals(&mut tx, delivery, refusal.as_ref().map(|refusal| refusal.tries)).await?;
        }
        let new = sqlx::query(
            "INSERT INTO feedback (at, mark, kind, class, address_hash, delivery_id, blog_id, source, status, \
             diagnostic) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (mark) DO NOTHING",
        )
        .bind(now.as_millis())
        .bind(text(&mark))
        .bind(said.kind.as_str())
        .bind(said.class.map(Class::as_str))
        .bind(&reader.hash)
        .bind(said.delivery_id.map(|id| id.0))
        .bind(reader.blog)
        .bind(said.source)
        .bind(said.status.as_deref().map(text))
        .bind(said.diagnostic.as_deref().map(text))
        .execute(&mut *tx)
        .await?;
        if new.rows_affected() == 0 {
            if let Some(refusal) = &refusal {
                refusal.write(&mut tx, None, now).await?;
            }
            tx.commit().await?;
            return Ok(Recorded::Known);
        }
        let soft = if said.class == Some(Class::Soft) {
            soft_in_a_row(&mut tx, &reader.hash, now).await?
        } else {
            0
        };
        // What the server said at once is counted when it is settled.
        if let Some(blog) = reader.blog.filter(|_| is_later && said.class == Some(Class::Hard)) {
            count_hard(&mut tx, blog, day_of(now)).await?;
        }
        let reason = suppression_for(said.kind, said.class, soft);
        if let Some(refusal) = &refusal {
            let is_new = reason.is_some() && !is_suppressed(&mut tx, &reader.hash).await?;
            refusal.write(&mut tx, Some(is_new), now).await?;
        }
        if let Some(reason) = reason {
            self.act(&mut tx, &reader, reason, said.source, now).await?;
        }
        tx.commit().await?;
        Ok(reason.map_or(Recorded::Noted, Recorded::Suppressed))
    }

    async fn reader_of(&self, tx: &mut Tx, said: &NewFeedback) -> Result<Option<Reader>> {
        let of_delivery = match said.delivery_id {
            None => None,
            Some(id) => delivery_of(tx, id).await?,
        };
        let (blog, found, tries) = of_delivery.unwrap_or_default();
        // The proven reader counts, whatever the report's text says.
        let address = match found.map(|found| EmailAddress::parse(&found)) {
            Some(Ok(address)) => Some(address),
            _ => said.address.clone(),
        };
        Ok(address.map(|address| Reader {
            hash: self.keys.address_hash(&address.key()),
            address: Some(address.to_string()),
            blog,
            tries,
        }))
    }

    /// Suppresses a reader, and ends what he says he wants no more.
    async fn act(
        &self,
        tx: &mut Tx,
        reader: &Reader,
        reason: SuppressionReason,
        source: &str,
        now: Timestamp,
    ) -> Result<()> {
        if reason == SuppressionReason::Bounced {
            return suppress_in(tx, &reader.hash, None, reader.address.as_deref(), reason, now).await;
        }
        // Of the blog that the mail came from; of all, when that is not known.
        let follows: Vec<(i64, i64)> = sqlx::query_as(concat!(
            "SELECT s.id, s.blog_id FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id \
             WHERE b.address_hash = $1 AND s.status <> 'ended' AND ($2 IS NULL OR s.blog_id = $2) ORDER BY s.id",
            for_update!(of "s")
        ))
        .bind(&reader.hash)
        .bind(reader.blog)
        .fetch_all(&mut **tx)
        .await?;
        let evidence = Evidence { source: Some(source.to_owned()), ..Evidence::default() };
        let kind =
            if reason == SuppressionReason::Complained { ConsentKind::Complained } else { ConsentKind::Left };
        for (id, blog) in &follows {
            sqlx::query(
                "UPDATE subscriptions SET status = 'ended', expires_at = NULL, ended_at = \
                     /* who had left and was asked again left then */ \
                     CASE WHEN status = 'pending' THEN COALESCE(ended_at, $2) ELSE $2 END WHERE id = $1",
            )
            .bind(id)
            .bind(now.as_millis())
            .execute(&mut **tx)
            .await?;
            self.record_consent(tx, SubscriptionId(*id), kind, &evidence, now).await?;
            if reason == SuppressionReason::Unsubscribed {
                let address = reader.address.as_deref();
                suppress_in(tx, &reader.hash, Some(*blog), address, reason, now).await?;
            }
        }
        match reason {
            SuppressionReason::Complained => {
                suppress_in(tx, &reader.hash, None, reader.address.as_deref(), reason, now).await
            }
            SuppressionReason::Unsubscribed if follows.is_empty() && reader.blog.is_some() => {
                let address = reader.address.as_deref();
                suppress_in(tx, &reader.hash, reader.blog, address, reason, now).await
            }
            _ => Ok(()),
        }
    }
}

/// Of a delivery that was refused anew only what is said now counts.
async fn forget_refusals(tx: &mut Tx, delivery: i64, but: Option<i64>) -> Result<()> {
    sqlx::query("DELETE FROM refusals WHERE delivery_id = $1 AND ($2 IS NULL OR tries <> $2)")
        .bind(delivery)
        .bind(but)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the address got no mail of any blog before.
async fn is_suppressed(tx: &mut Tx, hash: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM suppressions WHERE address_hash = $1 AND blog_id IS NULL)",
    )
    .bind(hash)
    .fetch_one(&mut **tx)
    .await?)
}
