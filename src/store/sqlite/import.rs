//! Imports in SQLite: a few statements for a whole batch of rows, which go in
//! as JSON; several for each row would take many times as long.

use std::collections::HashMap;

use sqlx::{FromRow, Sqlite, SqliteConnection, Transaction};

use super::SqliteStore;
use super::rows::{Place, json_numbers};
use crate::domain::{BlogId, ConsentKind, SubscriptionStatus, Timestamp};
use crate::store::{ImportOutcome, ImportRow, Result};

/// A row of the file with what the statements need of it.
struct Line<'a> {
    address: &'a str,
    key: String,
    hash: String,
    status: SubscriptionStatus,
    /// The row's own moment, never in the future.
    at: i64,
    source: &'a str,
}

/// Lines as the statements take them: `[address, key, hash, at, source]`
/// each. Lists, because names would double the time that SQLite reads JSON.
fn json<'l>(lines: impl IntoIterator<Item = &'l &'l Line<'l>>) -> String {
    let lists: Vec<_> =
        lines.into_iter().map(|line| (line.address, &line.key, &line.hash, line.at, line.source)).collect();
    serde_json::to_string(&lists).expect("a list of texts and numbers is always JSON")
}

/// What is known of a line's address.
#[derive(FromRow)]
struct KnownRow {
    position: i64,
    subscription: Option<i64>,
    status: Option<String>,
    ended_at: Option<i64>,
    is_suppressed: i64,
}

impl KnownRow {
    /// Where the address stands, if it has a subscription.
    fn standing(&self) -> Result<Option<SubscriptionStatus>> {
        let place = Place { table: "subscriptions", row: self.subscription.unwrap_or_default() };
        match &self.status {
            None => Ok(None),
            // Asked again after leaving, not yet answered: still one who left.
            Some(_) if self.ended_at.is_some() => Ok(Some(SubscriptionStatus::Ended)),
            Some(word) => Ok(Some(place.need("status", SubscriptionStatus::parse(word))?)),
        }
    }
}

impl SqliteStore {
    pub(super) async fn import_rows(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        kind: ConsentKind,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>> {
        let lines = self.lines(rows, now);
        let mut tx = self.write().await?;
        let outcomes = weigh(&mut tx, blog, &lines).await?;
        let with = |wanted| {
            let both = lines.iter().zip(&outcomes);
            both.filter(move |(_, outcome)| **outcome == wanted).map(|(line, _)| line)
        };
        // One address may be added and activated by two lines of a file, in this order.
        for status in [SubscriptionStatus::Pending, SubscriptionStatus::Active, SubscriptionStatus::Ended] {
            let added: Vec<&Line<'_>> =
                with(ImportOutcome::Added).filter(|line| line.status == status).collect();
            if !added.is_empty() {
                add(&mut tx, blog, &json(&added), status, kind, now).await?;
            }
        }
        let activated: Vec<&Line<'_>> = with(ImportOutcome::Activated).collect();
        if !activated.is_empty() {
            activate(&mut tx, blog, &json(&activated), kind, now).await?;
        }
        tx.commit().await?;
        Ok(outcomes)
    }

    pub(super) async fn preview_rows(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>> {
        let mut reader = self.reader.acquire().await?;
        weigh(&mut reader, blog, &self.lines(rows, now)).await
    }

    fn lines<'a>(&self, rows: &'a [ImportRow], now: Timestamp) -> Vec<Line<'a>> {
        rows.iter().map(|row| self.line(row, now)).collect()
    }

    fn line<'a>(&self, row: &'a ImportRow, now: Timestamp) -> Line<'a> {
        let key = row.address.key();
        Line {
            address: row.address.as_str(),
            hash: self.keys.address_hash(&key),
            key,
            status: row.status,
            at: row.at.map_or(now, |at| at.min(now)).as_millis(),
            source: &row.source,
        }
    }
}

/// What each line comes to, after the lines before it; writes nothing.
async fn weigh(
    connection: &mut SqliteConnection,
    blog: BlogId,
    lines: &[Line<'_>],
) -> Result<Vec<ImportOutcome>> {
    let known: Vec<KnownRow> = sqlx::query_as(
        "SELECT e.key AS position, s.id AS subscription, s.status, s.ended_at, \
         EXISTS (SELECT 1 FROM suppressions x WHERE x.address_hash = e.value ->> 2 \
                 AND COALESCE(x.blog_id, 0) IN (0, $2)) AS is_suppressed \
         FROM json_each($1) e LEFT JOIN subscribers b ON b.address_key = e.value ->> 1 \
         LEFT JOIN subscriptions s ON s.subscriber_id = b.id AND s.blog_id = $2 \
         /* most lines of most files are new, and no row need say so */ \
         WHERE s.id IS NOT NULL OR is_suppressed",
    )
    .bind(json(&lines.iter().collect::<Vec<_>>()))
    .bind(blog.0)
    .fetch_all(connection)
    .await?;
    let mut outcomes = Vec::with_capacity(lines.len());
    // Where each address stands after the lines before this one.
    let mut standing: HashMap<&str, SubscriptionStatus> = HashMap::new();
    let known: HashMap<i64, KnownRow> = known.into_iter().map(|row| (row.position, row)).collect();
    for (position, line) in (0..).zip(lines) {
        let known = known.get(&position);
        let stored = known.map(KnownRow::standing).transpose()?.flatten();
        let stands = standing.get(line.key.as_str()).copied().or(stored);
        let outcome = judge(stands, line.status, known.is_some_and(|row| row.is_suppressed != 0));
        if matches!(outcome, ImportOutcome::Added | ImportOutcome::Activated) {
            standing.insert(&line.key, line.status);
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// The rule of an import: it adds and it completes; it never revives, and
/// never ends what a reader confirmed.
fn judge(
    stands: Option<SubscriptionStatus>,
    wanted: SubscriptionStatus,
    is_suppressed: bool,
) -> ImportOutcome {
    use SubscriptionStatus::{Active, Ended, Pending};
    match (stands, wanted) {
        _ if is_suppressed => ImportOutcome::Suppressed,
        (None, _) => ImportOutcome::Added,
        (Some(Pending), Active) => ImportOutcome::Activated,
        (Some(Ended), Active | Pending) => ImportOutcome::LeftBefore,
        (Some(_), _) => ImportOutcome::Unchanged,
    }
}

async fn add(
    tx: &mut Transaction<'static, Sqlite>,
    blog: BlogId,
    lines: &str,
    status: SubscriptionStatus,
    kind: ConsentKind,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO subscribers (address, address_key, address_hash, created_at) \
         SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, $2 \
         FROM json_each($1) e WHERE true ON CONFLICT DO NOTHING",
    )
    .bind(lines)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    let last: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM subscriptions").fetch_one(&mut **tx).await?;
    sqlx::query(
        "INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, source, created_at, \
             confirmed_at, ended_at, active_since) \
         SELECT $2, b.id, $4, 'instant', e.value ->> 4, e.value ->> 3, \
             CASE $4 WHEN 'active' THEN e.value ->> 3 END, CASE $4 WHEN 'ended' THEN e.value ->> 3 END, \
             /* posts come from the next one on, whatever the file's date */ \
             CASE $4 WHEN 'active' THEN $3 END \
         FROM json_each($1) e JOIN subscribers b ON b.address_key = e.value ->> 1 ORDER BY e.key",
    )
    .bind(lines)
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

async fn activate(
    tx: &mut Transaction<'static, Sqlite>,
    blog: BlogId,
    lines: &str,
    kind: ConsentKind,
    now: Timestamp,
) -> Result<()> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "UPDATE subscriptions SET status = 'active', active_since = $3, expires_at = NULL, \
             confirmed_at = line.at, paused_at = NULL, paused_until = NULL \
         FROM (SELECT b.id AS subscriber_id, MIN(e.value ->> 3) AS at FROM json_each($1) e \
               JOIN subscribers b ON b.address_key = e.value ->> 1 GROUP BY b.id) AS line \
         WHERE subscriptions.subscriber_id = line.subscriber_id AND subscriptions.blog_id = $2 \
         AND subscriptions.status = 'pending' RETURNING id",
    )
    .bind(lines)
    .bind(blog.0)
    .bind(now.as_millis())
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, source) \
         SELECT $2, $3, s.blog_id, s.id, s.subscriber_id, s.source \
         FROM json_each($1) e JOIN subscriptions s ON s.id = e.value",
    )
    .bind(json_numbers(ids))
    .bind(now.as_millis())
    .bind(kind.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
