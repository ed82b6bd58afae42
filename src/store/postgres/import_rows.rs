//! The statements of an import in PostgreSQL: a batch goes in as lists, one a
//! column. Apart from SQLite's, which has no lists and reads JSON.

use super::dialect::text;
use super::sql::import::{ImportLine, KnownRow};
use super::{Connection, Tx};
use crate::domain::{BlogId, ConsentKind, SubscriptionStatus, Timestamp};
use crate::store::Result;

/// What is known of the lines of which something is known.
pub(super) async fn find_known(
    connection: &mut Connection,
    blog: BlogId,
    lines: &[ImportLine<'_>],
) -> Result<Vec<KnownRow>> {
    let (keys, hashes): (Vec<&str>, Vec<&str>) =
        lines.iter().map(|line| (line.key.as_str(), line.hash.as_str())).unzip();
    Ok(sqlx::query_as(
        "SELECT position - 1 AS position, subscription, status, ended_at, confirmed_at, confirmed_by, is_suppressed FROM \
         (SELECT e.position, s.id AS subscription, s.status, s.ended_at, s.confirmed_at, s.confirmed_by, \
          EXISTS (SELECT 1 FROM suppressions x WHERE x.address_hash = e.hash \
                  AND COALESCE(x.blog_id, 0) IN (0, $3)) AS is_suppressed \
          FROM unnest($1, $2) WITH ORDINALITY AS e (key, hash, position) \
          LEFT JOIN subscribers b ON b.address_key = e.key \
          LEFT JOIN subscriptions s ON s.subscriber_id = b.id AND s.blog_id = $3) AS line \
         /* most lines of most files are new, and no row need say so */ \
         WHERE subscription IS NOT NULL OR is_suppressed",
    )
    .bind(keys)
    .bind(hashes)
    .bind(blog.0)
    .fetch_all(connection)
    .await?)
}

/// Adds subscriptions, and people where they are new.
pub(super) async fn add(
    tx: &mut Tx,
    blog: BlogId,
    lines: &[&ImportLine<'_>],
    status: SubscriptionStatus,
    kind: ConsentKind,
    now: Timestamp,
) -> Result<()> {
    let column =
        |of: fn(&ImportLine<'_>) -> String| -> Vec<String> { lines.iter().map(|line| of(line)).collect() };
    let (keys, sources) = (column(|line| line.key.clone()), column(|line| text(line.source).into_owned()));
    let moments: Vec<i64> = lines.iter().map(|line| line.at).collect();
    sqlx::query(
        "INSERT INTO subscribers (address, address_key, address_hash, created_at) \
         /* a person once, in the order of the keys: two imports at once wait for each other, in no circle */ \
         SELECT DISTINCT ON (e.key) e.address, e.key, e.hash, $4 \
         FROM unnest($1, $2, $3) WITH ORDINALITY AS e (address, key, hash, position) \
         ORDER BY e.key, e.position \
         /* the spelling that came first stays; the update keeps the person from being removed meanwhile */ \
         ON CONFLICT (address_key) DO UPDATE SET address_key = excluded.address_key",
    )
    .bind(column(|line| line.address.to_owned()))
    .bind(&keys)
    .bind(column(|line| line.hash.clone()))
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "WITH added AS (INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, source, created_at, \
             confirmed_at, ended_at, active_since, \
             confirmed_by, paused_at) \
         SELECT $4, b.id, $6, 'instant', e.source, e.at, \
             CASE $6 WHEN 'active' THEN e.at END, CASE $6 WHEN 'ended' THEN e.at END, \
             /* posts come from the next one on, whatever the file's date */ \
             CASE $6 WHEN 'active' THEN $5 END, e.confirmed_by, \
             CASE WHEN $6 = 'active' AND e.is_paused THEN $5 END \
         FROM unnest($1, $2, $3, $8, $9) WITH ORDINALITY AS e (key, source, at, confirmed_by, is_paused, position) \
         JOIN subscribers b ON b.address_key = e.key ORDER BY e.position \
         RETURNING id, blog_id, subscriber_id, source) \
         INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, source) \
         SELECT $5, $7, blog_id, id, subscriber_id, source FROM added ORDER BY id",
    )
    .bind(&keys)
    .bind(sources)
    .bind(moments)
    .bind(blog.0)
    .bind(now.as_millis())
    .bind(status.as_str())
    .bind(kind.as_str())
    .bind(column(|line| line.confirmed_by.as_str().to_owned()))
    .bind(lines.iter().map(|line| line.is_paused).collect::<Vec<bool>>())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes since when people follow whom an import without a date brought.
pub(super) async fn complete_dates(tx: &mut Tx, blog: BlogId, lines: &[&ImportLine<'_>]) -> Result<()> {
    let (keys, moments): (Vec<&str>, Vec<i64>) =
        lines.iter().map(|line| (line.key.as_str(), line.at)).unzip();
    sqlx::query(
        "UPDATE subscriptions SET confirmed_at = line.at, confirmed_by = 'file' \
         FROM (SELECT b.id AS subscriber_id, MIN(e.at) AS at FROM unnest($1, $2) AS e (key, at) \
               JOIN subscribers b ON b.address_key = e.key GROUP BY b.id) AS line \
         WHERE subscriptions.subscriber_id = line.subscriber_id AND subscriptions.blog_id = $3 \
         AND subscriptions.status = 'active' AND subscriptions.confirmed_by = 'import'",
    )
    .bind(keys)
    .bind(moments)
    .bind(blog.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes pending subscriptions active.
pub(super) async fn activate(
    tx: &mut Tx,
    blog: BlogId,
    lines: &[&ImportLine<'_>],
    kind: ConsentKind,
    now: Timestamp,
) -> Result<()> {
    let (keys, moments): (Vec<&str>, Vec<i64>) =
        lines.iter().map(|line| (line.key.as_str(), line.at)).unzip();
    let by: Vec<&str> = lines.iter().map(|line| line.confirmed_by.as_str()).collect();
    sqlx::query(
        "WITH activated AS (UPDATE subscriptions SET status = 'active', active_since = $4, expires_at = NULL, \
             confirmed_at = line.at, confirmed_by = line.confirmed_by, paused_until = NULL, \
             paused_at = CASE WHEN line.is_paused THEN $4 END \
         FROM (SELECT DISTINCT ON (b.id) b.id AS subscriber_id, e.at, e.confirmed_by, e.is_paused \
               FROM unnest($1, $2, $6, $7) AS e (key, at, confirmed_by, is_paused) \
               JOIN subscribers b ON b.address_key = e.key ORDER BY b.id, e.at) AS line \
         WHERE subscriptions.subscriber_id = line.subscriber_id AND subscriptions.blog_id = $3 \
         AND subscriptions.status = 'pending' \
         RETURNING subscriptions.id, subscriptions.blog_id, subscriptions.subscriber_id, subscriptions.source) \
         INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, source) \
         SELECT $4, $5, blog_id, id, subscriber_id, source FROM activated ORDER BY id",
    )
    .bind(keys)
    .bind(moments)
    .bind(blog.0)
    .bind(now.as_millis())
    .bind(kind.as_str())
    .bind(by)
    .bind(lines.iter().map(|line| line.is_paused).collect::<Vec<bool>>())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
