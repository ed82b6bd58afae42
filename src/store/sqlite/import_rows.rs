//! The statements of an import in SQLite: a batch goes in as one JSON text.
//! Apart from PostgreSQL's, which has lists of its own for that (`unnest`).

use super::dialect::numbers;
use super::sql::import::{ImportLine, KnownRow};
use super::{Connection, Tx};
use crate::domain::{BlogId, ConsentKind, SubscriptionStatus, Timestamp};
use crate::store::Result;

/// Lines as the statements take them: `[address, key, hash, at, source,
/// confirmed_by, is_paused]` each. Lists, because names would double the time that SQLite reads JSON.
fn json<'l>(lines: impl Iterator<Item = &'l ImportLine<'l>>) -> String {
    let list = |line: &'l ImportLine<'l>| {
        let by = line.confirmed_by.as_str();
        (line.address, &line.key, &line.hash, line.at, line.source, by, i64::from(line.is_paused))
    };
    let lists: Vec<_> = lines.map(list).collect();
    serde_json::to_string(&lists).expect("a list of texts and numbers is always JSON")
}

/// What is known of the lines of which something is known.
pub(super) async fn find_known(
    connection: &mut Connection,
    blog: BlogId,
    lines: &[ImportLine<'_>],
) -> Result<Vec<KnownRow>> {
    Ok(sqlx::query_as(
        "SELECT e.key AS position, s.id AS subscription, s.status, s.ended_at, s.confirmed_at, s.confirmed_by, \
         EXISTS (SELECT 1 FROM suppressions x WHERE x.address_hash = e.value ->> 2 \
                 AND COALESCE(x.blog_id, 0) IN (0, $2)) AS is_suppressed \
         FROM json_each($1) e LEFT JOIN subscribers b ON b.address_key = e.value ->> 1 \
         LEFT JOIN subscriptions s ON s.subscriber_id = b.id AND s.blog_id = $2 \
         /* most lines of most files are new, and no row need say so */ \
         WHERE s.id IS NOT NULL OR is_suppressed",
    )
    .bind(json(lines.iter()))
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
    let lines = json(lines.iter().copied());
    sqlx::query(
        "INSERT INTO subscribers (address, address_key, address_hash, created_at, seal) \
         SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, $2, random() \
         FROM json_each($1) e WHERE true ON CONFLICT DO NOTHING",
    )
    .bind(&lines)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    let last: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM subscriptions").fetch_one(&mut **tx).await?;
    sqlx::query(
        "INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, source, created_at, \
             confirmed_at, ended_at, active_since, confirmed_by, paused_at, seal) \
         SELECT $2, b.id, $4, 'instant', e.value ->> 4, e.value ->> 3, \
             CASE $4 WHEN 'active' THEN e.value ->> 3 END, CASE $4 WHEN 'ended' THEN e.value ->> 3 END, \
             /* posts come from the next one on, whatever the file's date */ \
             CASE $4 WHEN 'active' THEN $3 END, e.value ->> 5, \
             CASE WHEN $4 = 'active' AND e.value ->> 6 = 1 THEN $3 END, random() \
         FROM json_each($1) e JOIN subscribers b ON b.address_key = e.value ->> 1 ORDER BY e.key",
    )
    .bind(&lines)
    .bind(blog.0)
    .bind(now.as_millis())
    .bind(status.as_str())
    .execute(&mut **tx)
    .await?;
    // Nobody else writes meanwhile, and numbers only grow.
    sqlx::query(
        "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, source) \
         SELECT $2, $3, blog_id, id, subscriber_id, source FROM subscriptions WHERE id > $1 ORDER BY id",
    )
    .bind(last)
    .bind(now.as_millis())
    .bind(kind.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes since when people follow whom an import without a date brought.
pub(super) async fn complete_dates(tx: &mut Tx, blog: BlogId, lines: &[&ImportLine<'_>]) -> Result<()> {
    sqlx::query(
        "UPDATE subscriptions SET confirmed_at = line.at, confirmed_by = 'file' \
         FROM (SELECT b.id AS subscriber_id, MIN(e.value ->> 3) AS at FROM json_each($1) e \
               JOIN subscribers b ON b.address_key = e.value ->> 1 GROUP BY b.id) AS line \
         WHERE subscriptions.subscriber_id = line.subscriber_id AND subscriptions.blog_id = $2 \
         AND subscriptions.status = 'active' AND subscriptions.confirmed_by = 'import'",
    )
    .bind(json(lines.iter().copied()))
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
    let lines = json(lines.iter().copied());
    let ids: Vec<i64> = sqlx::query_scalar(
        "UPDATE subscriptions SET status = 'active', active_since = $3, expires_at = NULL, \
             confirmed_at = line.at, confirmed_by = line.confirmed_by, paused_until = NULL, \
             paused_at = CASE line.is_paused WHEN 1 THEN $3 END \
         FROM (SELECT b.id AS subscriber_id, MIN(e.value ->> 3) AS at, e.value ->> 5 AS confirmed_by, \
                   e.value ->> 6 AS is_paused FROM json_each($1) e \
               JOIN subscribers b ON b.address_key = e.value ->> 1 GROUP BY b.id) AS line \
         WHERE subscriptions.subscriber_id = line.subscriber_id AND subscriptions.blog_id = $2 \
         AND subscriptions.status = 'pending' RETURNING id",
    )
    .bind(&lines)
    .bind(blog.0)
    .bind(now.as_millis())
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, source) \
         SELECT $2, $3, s.blog_id, s.id, s.subscriber_id, s.source \
         FROM json_each($1) e JOIN subscriptions s ON s.id = e.value",
    )
    .bind(numbers(ids))
    .bind(now.as_millis())
    .bind(kind.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
