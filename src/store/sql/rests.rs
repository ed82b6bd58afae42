//! Rests and the taking back; equal on both databases.

use async_trait::async_trait;
use sqlx::FromRow;

use super::again::again;
use super::dialect::{hold, in_texts, text, texts};
use super::rows::{Place, at, stored};
use super::{SqlStore, Tx};
use crate::domain::streak::Scope;
use crate::domain::{
    BlogId, DAY_MS, DeliveryKind, EmailAddress, MINUTE_MS, MailingId, Reason, Rest, RestCause, Timestamp,
};
use crate::store::{
    KnownRest, NewDelivery, NewRest, Outbox as _, Refused, RefusedSender, Rests, Result, StoreError, Suspect,
};

/// Owners who are told at once.
const MOST_TOLD: i64 = 1_000;
/// What domains say of us within this time is one refusal, of the relay's.
const SAME_MS: i64 = 10 * MINUTE_MS;

#[derive(FromRow)]
struct RestRow {
    relay: String,
    domain: String,
    since: i64,
    refused_at: i64,
    until: i64,
    ended_at: Option<i64>,
    cause: String,
}

impl TryFrom<RestRow> for Rest {
    type Error = StoreError;

    fn try_from(row: RestRow) -> Result<Self> {
        let place = Place { table: "rests", row: row.since };
        Ok(Self {
            relay: row.relay,
            domain: Some(row.domain).filter(|domain| !domain.is_empty()),
            since: at(row.since),
            refused_at: at(row.refused_at),
            until: at(row.until),
            ended_at: row.ended_at.map(at),
            cause: place.need("cause", serde_json::from_str(&row.cause).ok())?,
        })
    }
}

#[async_trait]
impl Rests for SqlStore {
    async fn rest(&self, rest: &NewRest, now: Timestamp) -> Result<u32> {
        let told = again(|| self.begin_rest(rest, now)).await?;
        if told > 0 {
            self.hint();
        }
        Ok(told)
    }

    async fn tell_rests(&self, now: Timestamp) -> Result<Vec<String>> {
        let untold: Vec<RestRow> = sqlx::query_as(
            "SELECT r.relay, r.domain, r.since, r.refused_at, r.until, r.ended_at, r.cause FROM rests r \
             WHERE r.domain = '' AND r.ended_at IS NULL AND EXISTS (SELECT 1 FROM mailings m \
                 JOIN blogs b ON b.id = m.blog_id WHERE m.status IN ('filling', 'sending') \
                 AND b.owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rest_notices t \
                     WHERE t.relay = r.relay AND t.domain = '' AND t.blog_id = b.id)) ORDER BY r.relay",
        )
        .fetch_all(&self.reader)
        .await?;
        let mut told = Vec::new();
        for row in untold {
            let Rest { relay, since, until, cause, .. } = Rest::try_from(row)?;
            let rest = NewRest { relay, domain: None, until, cause, shape: None, blog_id: None };
            if again(|| self.tell_rest(&rest, since, now)).await? > 0 {
                self.hint();
                told.push(rest.relay);
            }
        }
        Ok(told)
    }

    async fn note_sender_refused(
        &self,
        blog: Option<BlogId>,
        relay: &str,
        cause: &RestCause,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<bool> {
        let told = again(|| self.write_refused_sender(blog, relay, cause, notice, now)).await?;
        if told {
            self.hint();
        }
        Ok(told)
    }

    async fn list_refused_senders(&self, now: Timestamp) -> Result<Vec<RefusedSender>> {
        self.read_refused_senders(now).await
    }

    async fn pause_refused(
        &self,
        mailing: MailingId,
        reason: &Reason,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let paused = sqlx::query(
            "UPDATE mailings SET status = 'paused', reason = $2 \
             WHERE id = $1 AND status IN ('filling', 'sending')",
        )
        .bind(mailing.0)
        .bind(stored(reason))
        .execute(&mut *tx)
        .await?;
        let is_paused = paused.rows_affected() > 0;
        if let Some(delivery) = notice.filter(|_| is_paused) {
            self.insert_delivery(&mut tx, delivery, now).await?;
        }
        tx.commit().await?;
        Ok(is_paused)
    }

    async fn end_rest(&self, relay: &str, domain: Option<&str>, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE rests SET ended_at = $3 WHERE relay = $1 AND domain = $2 AND ended_at IS NULL")
            .bind(relay)
            .bind(domain.unwrap_or_default())
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn end_other_rests(&self, relays: &[String], now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(concat!(
            "UPDATE rests SET ended_at = $2 WHERE ended_at IS NULL AND NOT (relay ",
            in_texts!("$1"),
            ")"
        ))
        .bind(texts(relays.iter().map(String::as_str).collect()))
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn list_rests(&self, now: Timestamp) -> Result<Vec<KnownRest>> {
        let rows: Vec<RestRow> = sqlx::query_as(
            "SELECT relay, domain, since, refused_at, until, ended_at, cause FROM rests \
             WHERE ended_at IS NULL OR ended_at > $1 ORDER BY relay, domain",
        )
        .bind(now.plus_ms(-DAY_MS).as_millis())
        .fetch_all(&self.reader)
        .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let shapes: Vec<(String, String, String)> =
            sqlx::query_as("SELECT relay, domain, shape FROM rest_shapes ORDER BY relay, domain, shape")
                .fetch_all(&self.reader)
                .await?;
        let known = |row: RestRow| {
            let own = shapes.iter().filter(|(relay, domain, _)| *relay == row.relay && *domain == row.domain);
            let shapes = own.map(|(_, _, shape)| shape.clone()).collect();
            Ok(KnownRest { rest: Rest::try_from(row)?, shapes })
        };
        rows.into_iter().map(known).collect()
    }

    async fn list_suspects(&self, now: Timestamp) -> Result<Vec<Suspect>> {
        self.read_suspects(now).await
    }

    async fn list_unreached(&self, now: Timestamp) -> Result<Vec<Suspect>> {
        self.read_unreached(now).await
    }

    async fn take_back(&self, limit: u32, now: Timestamp) -> Result<Vec<DeliveryKind>> {
        // What is noted as refused is in its row then.
        self.apply_all_settlements("").await?;
        let taken = again(|| self.take_back_step(limit, now)).await?;
        if !taken.is_empty() {
            self.hint();
        }
        Ok(taken)
    }
}

impl SqlStore {
    async fn begin_rest(&self, rest: &NewRest, now: Timestamp) -> Result<u32> {
        let domain = rest.domain.as_deref().unwrap_or_default();
        let mut tx = self.write().await?;
        // Two processes that find it out at once tell it once.
        hold(&mut tx, "rests").await?;
        // Over for a day: the next one is another, and told anew.
        sqlx::query("DELETE FROM rests WHERE ended_at <= $1")
            .bind(now.plus_ms(-DAY_MS).as_millis())
            .execute(&mut *tx)
            .await?;
        let cause = serde_json::to_string(&rest.cause).expect("a struct of texts and numbers is always JSON");
        sqlx::query(
            "INSERT INTO rests (relay, domain, since, refused_at, until, cause) VALUES ($1, $2, $3, $3, $4, $5) \
             ON CONFLICT (relay, domain) DO UPDATE SET refused_at = excluded.refused_at, \
             until = excluded.until, ended_at = NULL, cause = excluded.cause",
        )
        .bind(&rest.relay)
        .bind(domain)
        .bind(now.as_millis())
        .bind(rest.until.as_millis())
        .bind(text(&cause))
        .execute(&mut *tx)
        .await?;
        if let Some(shape) = &rest.shape {
            sqlx::query(
                "INSERT INTO rest_shapes (relay, domain, shape) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .bind(&rest.relay)
            .bind(domain)
            .bind(text(shape))
            .execute(&mut *tx)
            .await?;
        }
        skip_told(&mut tx, rest, domain, now).await?;
        let told = self.tell(&mut tx, rest, now, now).await?;
        tx.commit().await?;
        Ok(told)
    }

    async fn tell_rest(&self, rest: &NewRest, since: Timestamp, now: Timestamp) -> Result<u32> {
        let mut tx = self.write().await?;
        hold(&mut tx, "rests").await?;
        let told = self.tell(&mut tx, rest, since, now).await?;
        tx.commit().await?;
        Ok(told)
    }

    /// Notices to the owners whose mail it holds up and who do not know yet.
    async fn tell(&self, tx: &mut Tx, rest: &NewRest, since: Timestamp, now: Timestamp) -> Result<u32> {
        let domain = rest.domain.as_deref().unwrap_or_default();
        let owners: Vec<(i64, String)> = sqlx::query_as(
            "SELECT b.id, b.owner FROM blogs b WHERE b.owner IS NOT NULL AND (b.id = $3 OR EXISTS \
                 (SELECT 1 FROM mailings m WHERE m.blog_id = b.id AND m.status IN ('filling', 'sending'))) \
             AND NOT EXISTS (SELECT 1 FROM rest_notices t \
                 WHERE t.relay = $1 AND t.domain = $2 AND t.blog_id = b.id) ORDER BY b.id LIMIT $4",
        )
        .bind(&rest.relay)
        .bind(domain)
        .bind(rest.blog_id.map(|id| id.0))
        .bind(MOST_TOLD)
        .fetch_all(&mut **tx)
        .await?;
        let payload = serde_json::json!({
            "rest": {"relay": rest.relay, "domain": rest.domain, "since": since, "cause": rest.cause}
        });
        for (blog, owner) in &owners {
            let Ok(owner) = EmailAddress::parse(owner) else { continue };
            let delivery = NewDelivery {
                kind: DeliveryKind::Notice,
                blog_id: Some(BlogId(*blog)),
                subscription_id: None,
                subscriber_id: None,
                payload: Some(text(&payload.to_string()).into_owned()),
                to: Some(owner),
            };
            self.insert_delivery(tx, &delivery, now).await?;
            sqlx::query("INSERT INTO rest_notices (relay, domain, blog_id) VALUES ($1, $2, $3)")
                .bind(&rest.relay)
                .bind(domain)
                .bind(blog)
                .execute(&mut **tx)
                .await?;
        }
        Ok(u32::try_from(owners.len()).unwrap_or(u32::MAX))
    }
}

/// A relay that rests for a domain's refusal, and the domain that rests alone
/// then; a domain whose refusal another one repeats at once, so that the relay
/// rests: each is one refusal. Who was told of it knows.
async fn skip_told(tx: &mut Tx, rest: &NewRest, domain: &str, now: Timestamp) -> Result<()> {
    let others: Vec<(String, String)> = sqlx::query_as(
        "SELECT domain, cause FROM rests WHERE relay = $1 AND (domain = '' AND $2 <> '' \
             OR domain <> '' AND $2 = '' AND ended_at IS NULL AND since >= $3) ORDER BY domain LIMIT $4",
    )
    .bind(&rest.relay)
    .bind(domain)
    .bind(now.plus_ms(-SAME_MS).as_millis())
    .bind(MOST_TOLD)
    .fetch_all(&mut **tx)
    .await?;
    for (other, cause) in others {
        let is_like = serde_json::from_str::<RestCause>(&cause).is_ok_and(|told| told.is_like(&rest.cause));
        if !is_like {
            continue;
        }
        sqlx::query(
            "INSERT INTO rest_notices (relay, domain, blog_id) SELECT t.relay, $2, t.blog_id FROM rest_notices t \
             WHERE t.relay = $1 AND t.domain = $3 ON CONFLICT DO NOTHING",
        )
        .bind(&rest.relay)
        .bind(domain)
        .bind(&other)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Where a refusal is written down beside its feedback.
pub(super) struct Refusal<'a> {
    pub(super) refused: &'a Refused,
    pub(super) delivery: i64,
    pub(super) tries: i64,
    pub(super) mark: &'a str,
    pub(super) address_hash: &'a str,
}

impl Refusal<'_> {
    /// Once a try; what was written of it before, it stands for.
    pub(super) async fn write(&self, tx: &mut Tx, is_suppressed: Option<bool>, now: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO refusals (delivery_id, tries, at, relay, domain, shape, node, run, domain_run, about, \
             mark, address_hash, is_suppressed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (delivery_id, tries) DO UPDATE SET at = excluded.at, relay = excluded.relay, \
             domain = excluded.domain, shape = excluded.shape, node = excluded.node, run = excluded.run, \
             domain_run = excluded.domain_run, about = excluded.about",
        )
        .bind(self.delivery)
        .bind(self.tries)
        .bind(now.as_millis())
        .bind(&self.refused.relay)
        .bind(text(&self.refused.domain))
        .bind(text(&self.refused.shape))
        .bind(&self.refused.node)
        .bind(i64::from(self.refused.seen.run))
        .bind(i64::from(self.refused.seen.domain_run))
        .bind(self.refused.seen.about.map(Scope::as_str))
        .bind(text(self.mark))
        .bind(self.address_hash)
        .bind(i64::from(is_suppressed.unwrap_or(false)))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
