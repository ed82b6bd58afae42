//! Suppressions.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::FromRow;

use super::dialect::each;
use super::rows::{Place, all, at, lines};
use super::{SqlStore, Tx};
use crate::domain::{BlogId, EmailAddress, Suppression, SuppressionReason, Timestamp};
use crate::store::{NewSuppression, Result, StoreError, Suppressed, Suppressions};

/// What a second entry for one scope does.
macro_rules! on_conflict {
    () => {
        "ON CONFLICT (address_hash, COALESCE(blog_id, 0)) DO UPDATE SET \
         /* only the operator takes a complaint back; the others yield to what is stronger */ \
         reason = CASE WHEN suppressions.reason = 'unsubscribed' OR excluded.reason = 'complained' \
             THEN excluded.reason ELSE suppressions.reason END, \
         address = COALESCE(suppressions.address, excluded.address)"
    };
}

#[derive(FromRow)]
struct SuppressionRow {
    id: i64,
    address_hash: String,
    address: Option<String>,
    blog_id: Option<i64>,
    reason: String,
    created_at: i64,
}

impl TryFrom<SuppressionRow> for Suppression {
    type Error = StoreError;

    fn try_from(row: SuppressionRow) -> Result<Self> {
        let place = Place { table: "suppressions", row: row.id };
        Ok(Self {
            id: row.id,
            address_hash: row.address_hash,
            address: row.address,
            blog_id: row.blog_id.map(BlogId),
            reason: place.need("reason", SuppressionReason::parse(&row.reason))?,
            created_at: at(row.created_at),
        })
    }
}

#[async_trait]
impl Suppressions for SqlStore {
    async fn suppress(
        &self,
        address: &EmailAddress,
        blog: Option<BlogId>,
        reason: SuppressionReason,
        now: Timestamp,
    ) -> Result<()> {
        let address_hash = self.keys.address_hash(&address.key());
        let mut tx = self.write().await?;
        suppress_in(&mut tx, &address_hash, blog.map(|id| id.0), Some(address.as_str()), reason, now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn lift_suppression(&self, address: &EmailAddress, blog: Option<BlogId>) -> Result<bool> {
        let mut tx = self.write().await?;
        let gone = sqlx::query(
            "DELETE FROM suppressions WHERE address_hash = $1 AND COALESCE(blog_id, 0) = COALESCE($2, 0)",
        )
        .bind(self.keys.address_hash(&address.key()))
        .bind(blog.map(|id| id.0))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(gone.rows_affected() > 0)
    }

    async fn find_suppression(
        &self,
        address: &EmailAddress,
        blog: Option<BlogId>,
    ) -> Result<Option<SuppressionReason>> {
        let row: Option<SuppressionRow> = sqlx::query_as(
            "SELECT * FROM suppressions WHERE address_hash = $1 AND COALESCE(blog_id, 0) IN (0, COALESCE($2, 0)) \
             ORDER BY CASE WHEN reason = 'unsubscribed' THEN 1 ELSE 0 END, id LIMIT 1",
        )
        .bind(self.keys.address_hash(&address.key()))
        .bind(blog.map(|id| id.0))
        .fetch_optional(&self.reader)
        .await?;
        Ok(row.map(Suppression::try_from).transpose()?.map(|entry| entry.reason))
    }

    async fn import_suppressions(&self, entries: &[NewSuppression]) -> Result<u64> {
        let mut tx = self.write().await?;
        let since = self.confirmed_since(&mut tx, entries).await?;
        let holds = |(at, _): &(usize, &NewSuppression)| !since.contains(at);
        let entries: Vec<NewSuppression> =
            entries.iter().enumerate().filter(holds).map(|(_, entry)| entry.clone()).collect();
        let written = self.write_suppressions(&mut tx, &entries).await?;
        tx.commit().await?;
        Ok(written)
    }

    async fn list_suppressions(&self, before: Option<i64>, limit: u32) -> Result<Vec<Suppression>> {
        let rows: Vec<SuppressionRow> =
            sqlx::query_as("SELECT * FROM suppressions WHERE id < $1 ORDER BY id DESC LIMIT $2")
                .bind(before.unwrap_or(i64::MAX))
                .bind(i64::from(limit))
                .fetch_all(&self.reader)
                .await?;
        all(rows)
    }
}

impl SqlStore {
    /// Of which entries for one blog the owner confirmed here after the entry's
    /// own moment, by their place in the list.
    async fn confirmed_since(&self, tx: &mut Tx, entries: &[NewSuppression]) -> Result<HashSet<usize>> {
        let line = |(place, entry): (usize, &NewSuppression)| {
            let hash = match &entry.who {
                Suppressed::Address(address) => self.keys.address_hash(&address.key()),
                Suppressed::Hash(hash) => hash.clone(),
            };
            json!([hash, entry.blog_id.map(|id| id.0), entry.at.at_the_latest().as_millis(), place])
        };
        let lines = Value::Array(entries.iter().enumerate().map(line).collect()).to_string();
        let places: Vec<i64> = sqlx::query_scalar(concat!(
            "SELECT place FROM ",
            lines!("$1": 0 "hash" "TEXT", 1 "blog" "BIGINT", 2 "at" "BIGINT", 3 "place" "BIGINT"),
            " JOIN subscribers b ON b.address_hash = hash \
             JOIN subscriptions s ON s.subscriber_id = b.id AND s.blog_id = blog \
             WHERE s.status = 'active' AND s.confirmed_by = 'reader' AND s.confirmed_at > at",
        ))
        .bind(lines)
        .fetch_all(&mut **tx)
        .await?;
        Ok(places.into_iter().filter_map(|place| usize::try_from(place).ok()).collect())
    }

    /// Adds many within a transaction; answers how many were new or got a
    /// stronger reason.
    pub(super) async fn write_suppressions(&self, tx: &mut Tx, entries: &[NewSuppression]) -> Result<u64> {
        if entries.is_empty() {
            return Ok(0);
        }
        // A statement may write a row once only; and rows are written in one
        // order by everybody, so that no two wait for each other.
        let mut scopes: BTreeMap<(String, i64), &NewSuppression> = BTreeMap::new();
        for entry in entries {
            let hash = match &entry.who {
                Suppressed::Address(address) => self.keys.address_hash(&address.key()),
                Suppressed::Hash(hash) => hash.clone(),
            };
            let kept = scopes.entry((hash, entry.blog_id.map_or(0, |id| id.0))).or_insert(entry);
            if kept.reason.yields_to(entry.reason) {
                *kept = entry;
            }
        }
        let line = |((hash, _), entry): (&(String, i64), &&NewSuppression)| {
            let address = match &entry.who {
                Suppressed::Address(address) => Some(address.as_str()),
                Suppressed::Hash(_) => None,
            };
            json!([hash, entry.blog_id.map(|id| id.0), address, entry.reason.as_str(), entry.at.as_millis()])
        };
        let lines = Value::Array(scopes.iter().map(line).collect()).to_string();
        let written = sqlx::query(concat!(
            "INSERT INTO suppressions (address_hash, blog_id, address, reason, created_at) \
             SELECT hash, blog, address, reason, at FROM ",
            lines!("$1": 0 "hash" "TEXT", 1 "blog" "BIGINT", 2 "address" "TEXT", 3 "reason" "TEXT", 4 "at" "BIGINT"),
            " WHERE TRUE ORDER BY position ",
            on_conflict!(),
            " WHERE suppressions.reason <> excluded.reason \
             AND (suppressions.reason = 'unsubscribed' OR excluded.reason = 'complained')",
        ))
        .bind(lines)
        .execute(&mut **tx)
        .await?;
        Ok(written.rows_affected())
    }
}

/// Adds one within a transaction.
pub(super) async fn suppress_in(
    tx: &mut Tx,
    address_hash: &str,
    blog: Option<i64>,
    address: Option<&str>,
    reason: SuppressionReason,
    now: Timestamp,
) -> Result<()> {
    if reason == SuppressionReason::Complained {
        let is_known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM consents c JOIN subscribers b ON b.id = c.subscriber_id \
             WHERE b.address_hash = $1 AND c.kind = 'complained' AND c.at < $2) \
             OR EXISTS (SELECT 1 FROM suppressions WHERE address_hash = $1 AND reason = 'complained')",
        )
        .bind(address_hash)
        .bind(now.as_millis())
        .fetch_one(&mut **tx)
        .await?;
        // A second complaint of one reader is no second reader.
        if !is_known {
            super::health::count_complaint(tx, address_hash, blog.map(BlogId), now).await?;
        }
    }
    sqlx::query(concat!(
        "INSERT INTO suppressions (address_hash, blog_id, address, reason, created_at) \
         VALUES ($1, $2, $3, $4, $5) ",
        on_conflict!(),
    ))
    .bind(address_hash)
    .bind(blog)
    .bind(address)
    .bind(reason.as_str())
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
