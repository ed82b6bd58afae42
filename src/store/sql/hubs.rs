//! The hubs that feeds name.

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::dialect::{for_update, in_numbers, numbers, text};
use super::rows::{Place, all, at, count};
use crate::domain::{BlogId, Hub, HubState, Timestamp};
use crate::store::{HubAsked, Hubs, Result, StoreError};

#[derive(FromRow)]
struct HubRow {
    blog_id: i64,
    hub: String,
    topic: String,
    seal: String,
    state: String,
    ask_at: i64,
    lease_until: Option<i64>,
    failures: i64,
    said: Option<String>,
}

impl TryFrom<HubRow> for Hub {
    type Error = StoreError;

    fn try_from(row: HubRow) -> Result<Self> {
        let place = Place { table: "hubs", row: row.blog_id };
        Ok(Self {
            blog_id: BlogId(row.blog_id),
            hub: row.hub,
            topic: row.topic,
            seal: row.seal,
            state: place.need("state", HubState::parse(&row.state))?,
            ask_at: at(row.ask_at),
            lease_until: row.lease_until.map(at),
            failures: count(row.failures),
            said: row.said,
        })
    }
}

#[async_trait]
impl Hubs for SqlStore {
    async fn record_hub(
        &self,
        blog: BlogId,
        named: Option<(&str, &str)>,
        seal: &str,
        now: Timestamp,
    ) -> Result<()> {
        // Most looks say what the one before said.
        let known = self.find_hub(blog).await?;
        if known.as_ref().map(|hub| (hub.hub.as_str(), hub.topic.as_str())) == named {
            return Ok(());
        }
        let Some((hub, topic)) = named else {
            sqlx::query("DELETE FROM hubs WHERE blog_id = $1").bind(blog.0).execute(&self.writer).await?;
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO hubs (blog_id, hub, topic, seal, state, ask_at) \
             SELECT id, $2, $3, $5, 'wanted', $4 FROM blogs WHERE id = $1 \
             ON CONFLICT (blog_id) DO UPDATE SET hub = excluded.hub, topic = excluded.topic, \
             seal = excluded.seal, state = 'wanted', \
             ask_at = excluded.ask_at, lease_until = NULL, failures = 0, said = NULL \
             WHERE hubs.hub <> excluded.hub OR hubs.topic <> excluded.topic",
        )
        .bind(blog.0)
        .bind(text(hub))
        .bind(text(topic))
        .bind(now.as_millis())
        .bind(seal)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn find_hub(&self, blog: BlogId) -> Result<Option<Hub>> {
        let row: Option<HubRow> = sqlx::query_as("SELECT * FROM hubs WHERE blog_id = $1")
            .bind(blog.0)
            .fetch_optional(&self.reader)
            .await?;
        row.map(Hub::try_from).transpose()
    }

    async fn claim_due_hubs(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Hub>> {
        let is_any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM hubs WHERE ask_at <= $1)")
            .bind(now.as_millis())
            .fetch_one(&self.reader)
            .await?;
        if !is_any {
            return Ok(Vec::new());
        }
        let rows: Vec<HubRow> = sqlx::query_as(concat!(
            "WITH due AS MATERIALIZED \
             (SELECT blog_id FROM hubs WHERE ask_at <= $1 ORDER BY ask_at, blog_id LIMIT $3",
            for_update!(skip locked),
            ") UPDATE hubs SET ask_at = $2 WHERE blog_id IN (SELECT blog_id FROM due) RETURNING *"
        ))
        .bind(now.as_millis())
        .bind(until.as_millis())
        .bind(i64::from(limit))
        .fetch_all(&self.writer)
        .await?;
        all(rows)
    }

    async fn put_off_hubs(&self, blogs: &[BlogId], next: Timestamp) -> Result<()> {
        sqlx::query(concat!("UPDATE hubs SET ask_at = $2 WHERE ask_at < $2 AND blog_id ", in_numbers!("$1")))
            .bind(numbers(blogs.iter().map(|id| id.0)))
            .bind(next.as_millis())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn record_asked(&self, blog: BlogId, asked: &HubAsked, next: Timestamp) -> Result<()> {
        let reason = match asked {
            HubAsked::Taken => None,
            HubAsked::Failed { reason } => Some(text(reason)),
        };
        sqlx::query(
            "UPDATE hubs SET ask_at = $2, said = $3, \
             failures = CASE WHEN $3 IS NULL THEN 0 ELSE failures + 1 END, \
             state = CASE WHEN $3 IS NULL AND state <> 'active' THEN 'asked' ELSE state END WHERE blog_id = $1",
        )
        .bind(blog.0)
        .bind(next.as_millis())
        .bind(reason)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn grant_hub(
        &self,
        blog: BlogId,
        topic: &str,
        lease_until: Timestamp,
        renew_at: Timestamp,
    ) -> Result<bool> {
        let granted = sqlx::query(
            "UPDATE hubs SET state = 'active', lease_until = $3, ask_at = $4, failures = 0, said = NULL \
             /* who was never asked cannot answer */ \
             WHERE blog_id = $1 AND topic = $2 AND state <> 'wanted'",
        )
        .bind(blog.0)
        .bind(text(topic))
        .bind(lease_until.as_millis())
        .bind(renew_at.as_millis())
        .execute(&self.writer)
        .await?;
        Ok(granted.rows_affected() > 0)
    }

    async fn refuse_hub(&self, blog: BlogId, topic: &str, reason: &str, next: Timestamp) -> Result<bool> {
        let refused = sqlx::query(
            "UPDATE hubs SET state = 'refused', lease_until = NULL, ask_at = $4, said = $3 \
             WHERE blog_id = $1 AND topic = $2 AND state <> 'wanted'",
        )
        .bind(blog.0)
        .bind(text(topic))
        .bind(text(reason))
        .bind(next.as_millis())
        .execute(&self.writer)
        .await?;
        Ok(refused.rows_affected() > 0)
    }
}
