//! One sign-up in SQLite: the same statements, each of them a write or a read
//! of one row, whoever signs up (S1). Apart from PostgreSQL's, where what can
//! be said at once is said at once: here a statement costs no way to a server.

use super::asking::{Decide, FactsRow, asker, seconds_left, window_start, withheld};
use super::rows::Birth;
use super::{SqliteStore, Tx};
use crate::domain::{ASKED_WINDOWS_MS, ConsentKind, SignUpFacts, SubscriptionId, Timestamp};
use crate::store::{Asker, NewDelivery, Result, SignUp, SignedUp};

impl SqliteStore {
    pub(super) async fn record_sign_up(
        &self,
        sign_up: &SignUp,
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Result<SignedUp> {
        let key = sign_up.address.key();
        let hash = self.keys.address_hash(&key);
        let canonical = self.keys.address_hash(&sign_up.address.canonical());
        let mut tx = self.write().await?;
        if let Some(retry_after_seconds) = self.count_limits(&mut tx, &asker(sign_up), now).await? {
            tx.commit().await?;
            return Ok(SignedUp::Limited { retry_after_seconds });
        }
        let subscriber: i64 = sqlx::query_scalar(
            "INSERT INTO subscribers (address, address_key, address_hash, created_at) VALUES ($1, $2, $3, $4) \
             /* the spelling that came first stays; the update only makes RETURNING answer */ \
             ON CONFLICT (address_key) DO UPDATE SET address_key = excluded.address_key RETURNING id",
        )
        .bind(sign_up.address.as_str())
        .bind(&key)
        .bind(&hash)
        .bind(now.as_millis())
        .fetch_one(&mut *tx)
        .await?;
        let facts = read_facts(&mut tx, sign_up, subscriber, (&hash, &canonical), now).await?;
        let step = decide(&facts);
        let subscription: i64 = sqlx::query_scalar(
            "INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, source, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (blog_id, subscriber_id) DO UPDATE SET \
             /* a follower stays as he is, whoever typed his address */ \
             frequency = CASE WHEN subscriptions.status = 'active' THEN subscriptions.frequency ELSE excluded.frequency END, \
             source = CASE WHEN subscriptions.status = 'active' THEN subscriptions.source ELSE excluded.source END, \
             expires_at = CASE WHEN subscriptions.status = 'active' THEN subscriptions.expires_at ELSE excluded.expires_at END, \
             status = CASE WHEN subscriptions.status = 'active' THEN 'active' ELSE excluded.status END \
             RETURNING id",
        )
        .bind(sign_up.blog_id.0)
        .bind(subscriber)
        .bind(step.status.as_str())
        .bind(sign_up.frequency.as_str())
        .bind(&sign_up.evidence.source)
        .bind(now.as_millis())
        .bind(sign_up.expires_at.as_millis())
        .fetch_one(&mut *tx)
        .await?;
        let subscription_id = SubscriptionId(subscription);
        self.record_consent(&mut tx, subscription_id, ConsentKind::Requested, &sign_up.evidence, now).await?;
        sqlx::query(
            "INSERT INTO confirmations (canonical_hash, blog_id, at, counted) VALUES ($1, $2, $3, $4)",
        )
        .bind(&canonical)
        .bind(sign_up.blog_id.0)
        .bind(now.as_millis())
        .bind(i64::from(step.send))
        .execute(&mut *tx)
        .await?;
        let delivery = NewDelivery {
            kind: step.mail,
            blog_id: Some(sign_up.blog_id),
            subscription_id: Some(subscription_id),
            subscriber_id: None,
            to: None,
            payload: None,
        };
        let withheld = withheld(&facts, &step);
        Birth { delivery: &delivery, withheld, to_hash: None, now }.insert(&mut tx).await?;
        tx.commit().await?;
        Ok(SignedUp::Accepted { subscription_id })
    }

    /// Counts this sign-up; answers the seconds to wait when one place has
    /// had enough of them this hour. A refused one is not counted further
    /// out, so that one visitor cannot use up the whole instance's share.
    pub(super) async fn count_limits(
        &self,
        tx: &mut Tx,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Option<u32>> {
        let limits = asker.limits;
        let (ip, network) = self.buckets(asker);
        let buckets =
            [(ip, limits.per_ip), (network, limits.per_network), ("all".to_owned(), limits.per_instance)];
        for (bucket, limit) in buckets.into_iter().filter(|(_, limit)| *limit > 0) {
            let so_far: i64 = sqlx::query_scalar(
                "INSERT INTO limits (bucket, window_start, count) VALUES ($1, $2, 1) \
                 ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count + 1 RETURNING count",
            )
            .bind(&bucket)
            .bind(window_start(now))
            .fetch_one(&mut **tx)
            .await?;
            if so_far > i64::from(limit) {
                return Ok(Some(seconds_left(now)));
            }
        }
        Ok(None)
    }
}

async fn read_facts(
    tx: &mut Tx,
    sign_up: &SignUp,
    subscriber: i64,
    (hash, canonical): (&str, &str),
    now: Timestamp,
) -> Result<SignUpFacts> {
    let (day, quarter) = ASKED_WINDOWS_MS;
    let row: FactsRow = sqlx::query_as(
        "SELECT $2 AS subscriber, (SELECT status FROM subscriptions WHERE blog_id = $1 AND subscriber_id = $2) AS status, \
         (SELECT reason FROM suppressions WHERE address_hash = $3 AND COALESCE(blog_id, 0) IN (0, $1) \
          ORDER BY CASE WHEN reason = 'unsubscribed' THEN 1 ELSE 0 END, id LIMIT 1) AS suppressed, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = $4 AND at > $5 AND blog_id = $1 AND counted = 1) AS asked_today, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = $4 AND at > $6 AND blog_id = $1 AND counted = 1) AS asked_in_90_days, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = $4 AND at > $5 AND counted = 1) AS asked_everywhere_today",
    )
    .bind(sign_up.blog_id.0)
    .bind(subscriber)
    .bind(hash)
    .bind(canonical)
    .bind(now.as_millis() - day)
    .bind(now.as_millis() - quarter)
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.into_facts()?.1)
}
