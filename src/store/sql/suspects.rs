//! Refusals that many readers have in common; equal on both databases.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::FromRow;

use super::SqlStore;
use super::blocks::block_of;
use super::dialect::{in_numbers, numbers};
use super::rows::count;
use crate::domain::streak::{Scope, Seen, Written, is_everybody};
use crate::domain::{BlogId, DAY_MS, DeliveryStatus, HOUR_MS, MINUTE_MS, Reply, RestCause, Timestamp};
use crate::store::{Result, Suspect};

/// Refusals within this time are one row.
const ROW_MS: i64 = 10 * MINUTE_MS;
/// Of them, so many are looked at.
const MOST_WRITTEN: i64 = 2_000;
/// Deliveries of a mailing that is small enough to be looked at as a whole.
const MOST_SMALL: i64 = 100;
/// Deliveries that are looked at for one that was served.
const MOST_NEWEST: i64 = 1_000;

/// Whether a shape is what is said of all unknown domains
/// (`streak::unknown_domain`): once it was about us, it may be true the next
/// time. Only those are taken back that stand in the time of a row.
macro_rules! names_domain {
    ($shape:literal) => {
        concat!($shape, " LIKE '%(unknown domain)'")
    };
}
pub(super) use names_domain;

/// Nobody knows yet that this refusal `r` is about us.
macro_rules! not_known {
    () => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM rest_shapes h \
             WHERE h.relay = r.relay AND h.shape = r.shape AND h.domain IN ('', r.domain) AND NOT ",
            names_domain!("h.shape"),
            ")"
        )
    };
}

#[derive(FromRow)]
struct WrittenRow {
    delivery: i64,
    mailing: i64,
    blog: Option<i64>,
    relay: String,
    shape: String,
    node: String,
    domain: String,
    run: i64,
    domain_run: i64,
    about: Option<String>,
    status: Option<String>,
    diagnostic: Option<String>,
}

impl SqlStore {
    pub(super) async fn read_suspects(&self, now: Timestamp) -> Result<Vec<Suspect>> {
        let rows: Vec<WrittenRow> = sqlx::query_as(concat!(
            "SELECT r.delivery_id AS delivery, COALESCE(d.mailing_id, 0) AS mailing, \
             /* what was not written into its delivery yet may stand in a block */ \
             COALESCE(d.blog_id, (SELECT k.blog_id FROM blocks k WHERE k.id = ",
            block_of!("r.delivery_id"),
            " AND r.delivery_id < k.id + length(k.states))) AS blog, r.relay, r.shape, \
             r.node, r.domain, r.run, r.domain_run, r.about, f.status, f.diagnostic FROM refusals r \
             LEFT JOIN singles d ON d.id = r.delivery_id LEFT JOIN feedback f ON f.mark = r.mark \
             WHERE r.at > $1 AND ",
            not_known!(),
            " ORDER BY r.at DESC, r.run DESC, r.domain_run DESC LIMIT $2"
        ))
        .bind(now.plus_ms(-ROW_MS).as_millis())
        .bind(MOST_WRITTEN)
        .fetch_all(&self.reader)
        .await?;
        let is_old = "SELECT COUNT(*) FROM (SELECT 1 FROM refusals WHERE at < $1 LIMIT 1) AS old";
        let day_ago = now.plus_ms(-DAY_MS).as_millis();
        let old: i64 = sqlx::query_scalar(is_old).bind(day_ago).fetch_one(&self.reader).await?;
        if old > 0 {
            let mut tx = self.write().await?;
            sqlx::query("DELETE FROM refusals WHERE at < $1").bind(day_ago).execute(&mut *tx).await?;
            tx.commit().await?;
        }
        Ok(suspects(rows))
    }

    pub(super) async fn read_unreached(&self, now: Timestamp) -> Result<Vec<Suspect>> {
        let rows: Vec<WrittenRow> = sqlx::query_as(concat!(
            "SELECT d.id AS delivery, d.mailing_id AS mailing, d.blog_id AS blog, r.relay, r.shape, r.node, r.domain, \
             r.run, r.domain_run, r.about, f.status, f.diagnostic FROM refusals r JOIN singles d ON d.id = r.delivery_id \
             JOIN mailings m ON m.id = d.mailing_id LEFT JOIN feedback f ON f.mark = r.mark \
             WHERE r.at > $1 AND d.status = 'failed' AND d.attempts = r.tries + 1 \
             AND m.status IN ('sending', 'done') AND ",
            not_known!(),
            " ORDER BY r.at DESC, r.run DESC LIMIT $2"
        ))
        .bind(now.plus_ms(-HOUR_MS).as_millis())
        .bind(MOST_WRITTEN)
        .fetch_all(&self.reader)
        .await?;
        let mut mailings: BTreeMap<i64, Vec<WrittenRow>> = BTreeMap::new();
        for row in rows {
            mailings.entry(row.mailing).or_default().push(row);
        }
        let mut unreached = Vec::new();
        for (mailing, rows) in mailings {
            let refused: BTreeSet<i64> = rows.iter().map(|row| row.delivery).collect();
            let mut found = suspects(rows);
            // Several shapes, or too many: another rule's.
            if found.len() == 1
                && is_everybody(&found[0].written)
                && self.reached_nobody(mailing, &refused).await?
                && !self.serves_somebody(self.first_refusal(&refused).await?).await?
            {
                unreached.append(&mut found);
            }
        }
        Ok(unreached)
    }

    /// Whether a small mailing is over, and all its readers were refused in
    /// this way, are dead, or were not to be mailed.
    async fn reached_nobody(&self, mailing: i64, refused: &BTreeSet<i64>) -> Result<bool> {
        let all: Vec<(i64, String, i64)> = sqlx::query_as(
            "SELECT id, status, is_hard FROM deliveries WHERE mailing_id = $1 \
             LIMIT $2",
        )
        .bind(mailing)
        .bind(MOST_SMALL + 1)
        .fetch_all(&self.reader)
        .await?;
        let is_out = |(id, status, is_hard): &(i64, String, i64)| match DeliveryStatus::parse(status) {
            Some(DeliveryStatus::Withheld) => true,
            Some(DeliveryStatus::Failed) => *is_hard == 1 || refused.contains(id),
            _ => false,
        };
        Ok(all.len() <= MOST_SMALL as usize && all.iter().all(is_out))
    }

    /// When the first of these deliveries was refused: in what was taken back
    /// already, where they are asked once more.
    async fn first_refusal(&self, refused: &BTreeSet<i64>) -> Result<i64> {
        let first: Option<i64> =
            sqlx::query_scalar(concat!("SELECT MIN(at) FROM feedback WHERE delivery_id ", in_numbers!("$1")))
                .bind(numbers(refused.iter().copied()))
                .fetch_one(&self.reader)
                .await?;
        Ok(first.unwrap_or_default())
    }

    /// Whether any reader was served since, of whatever blog; an owner may be
    /// of the relay's own people.
    async fn serves_somebody(&self, since: i64) -> Result<bool> {
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM (SELECT kind, status, settled_at FROM singles \
                 ORDER BY id DESC LIMIT $1) AS newest \
                 WHERE status = 'sent' AND settled_at >= $2 AND kind <> 'notice') \
             /* those that were not in a block, where blocks have numbers of their own */ \
             OR EXISTS (SELECT 1 FROM (SELECT kind, status, settled_at FROM singles \
                 WHERE id < 2147483648 ORDER BY id DESC LIMIT $1) AS newest \
                 WHERE status = 'sent' AND settled_at >= $2 AND kind <> 'notice') \
             OR EXISTS (SELECT 1 FROM (SELECT kind, status FROM singles \
                 WHERE mailing_id IS NULL AND status <> 'queued' AND settled_at >= $2 LIMIT $1) AS since \
                 WHERE status = 'sent' AND kind <> 'notice') \
             OR EXISTS (SELECT 1 FROM (SELECT sent, settled_at FROM blocks ORDER BY id DESC LIMIT $1) AS newest \
                 WHERE sent > 0 AND settled_at >= $2)",
        )
        .bind(MOST_NEWEST)
        .bind(since)
        .fetch_one(&self.reader)
        .await?)
    }
}

fn suspects(rows: Vec<WrittenRow>) -> Vec<Suspect> {
    let mut found: Vec<Suspect> = Vec::new();
    for row in rows {
        let seen = Seen {
            run: count(row.run),
            domain_run: count(row.domain_run),
            any_run: 0,
            about: row.about.as_deref().and_then(Scope::parse),
        };
        let written = Written { node: row.node, domain: row.domain, seen };
        let code = row.shape.split(' ').next().and_then(|code| code.parse().ok());
        let said = row.diagnostic.unwrap_or_default();
        let cause = RestCause::of(&Reply { code, enhanced: row.status, text: said });
        if let Some(known) = found.iter_mut().find(|one| one.relay == row.relay && one.shape == row.shape) {
            known.written.push(written);
            continue;
        }
        found.push(Suspect {
            relay: row.relay,
            shape: row.shape,
            written: vec![written],
            cause,
            blog_id: row.blog.map(BlogId),
        });
    }
    found
}
