//! One sign-up in PostgreSQL: five round trips, the same whoever signs up
//! (S1). Apart from SQLite's: what can be said at once is said at once, and
//! what only one may do at a time is locked.

use futures_util::future::join_all;

use super::again::again;
use super::asking::{Decide, FactsRow, asker, seconds_left, window_start, withheld};
use super::dialect::text;
use super::import::followers_of;
use super::{PostgresStore, Tx};
use crate::domain::{
    ASKED_WINDOWS_MS, BlogId, ConsentKind, SignUpFacts, SignUpStep, SubscriptionId, Timestamp,
};
use crate::store::{Asker, Result, SignUp, SignedUp};

/// The whole instance is counted in so many rows: in one, every sign-up would
/// wait until the one before is on the disk.
const SLOTS: u32 = 32;

/// The names of the whole instance's counters.
fn slots() -> Vec<String> {
    (0..SLOTS).map(|slot| format!("all:{slot}")).collect()
}

impl PostgresStore {
    /// An answer for each, in order: side by side, over several connections.
    pub(super) async fn record_sign_ups(
        &self,
        sign_ups: &[SignUp],
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Vec<Result<SignedUp>> {
        join_all(sign_ups.iter().map(|one| again(move || self.record_sign_up(one, decide, now)))).await
    }

    pub(super) async fn record_sign_up(
        &self,
        sign_up: &SignUp,
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Result<SignedUp> {
        let hash = self.keys.address_hash(&sign_up.address.key());
        let canonical = self.keys.address_hash(&sign_up.address.canonical());
        let mut tx = self.write().await?;
        let locks = Locks { blog: Some(sign_up.blog_id), person: &canonical };
        if let Some(retry_after_seconds) = self.count(&mut tx, &asker(sign_up), locks, now).await? {
            tx.commit().await?;
            return Ok(SignedUp::Limited { retry_after_seconds });
        }
        let (subscriber, facts) = read_facts(&mut tx, sign_up, &hash, &canonical, now).await?;
        let step = decide(&facts);
        let subscription = write(&mut tx, sign_up, subscriber, &canonical, (&facts, &step), now).await?;
        tx.commit().await?;
        self.hint();
        Ok(SignedUp::Accepted { subscription_id: SubscriptionId(subscription) })
    }

    /// Counts one who asks; answers the seconds to wait when one place has
    /// had enough of them this hour.
    pub(super) async fn count_limits(
        &self,
        tx: &mut Tx,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Option<u32>> {
        self.count(tx, asker, Locks { blog: None, person: "" }, now).await
    }

    /// Takes the locks and counts, in this order for everybody, so that no two
    /// wait for each other. A place that has no limit is not counted: its row
    /// would be one for which all wait. A refused one is not counted further
    /// out, so that one visitor cannot use up the whole instance's share.
    async fn count(
        &self,
        tx: &mut Tx,
        asker: &Asker,
        locks: Locks<'_>,
        now: Timestamp,
    ) -> Result<Option<u32>> {
        let (ip, network) = self.buckets(asker);
        let limits = asker.limits;
        let slots = slots();
        let slot = format!("all:{}", rand::random_range(0..SLOTS));
        let is_over: bool = sqlx::query_scalar(
            "WITH locks AS MATERIALIZED (SELECT \
                 /* nobody imports into the blog meanwhile */ \
                 CASE WHEN $1 <> '' THEN pg_advisory_xact_lock_shared(hashtextextended($1, 0)) END, \
                 /* and nobody else signs this person up */ \
                 CASE WHEN $2 <> '' THEN pg_advisory_xact_lock(hashtextextended($2, 0)) END), \
             ip AS (INSERT INTO limits (bucket, window_start, count) \
                 SELECT $3, $6, 1 FROM locks WHERE $7 > 0 \
                 ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count + 1 RETURNING count), \
             net AS (INSERT INTO limits (bucket, window_start, count) \
                 SELECT $4, $6, 1 FROM locks WHERE $8 > 0 AND NOT EXISTS (SELECT 1 FROM ip WHERE count > $7) \
                 ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count + 1 RETURNING count), \
             instance AS (INSERT INTO limits (bucket, window_start, count) \
                 SELECT $5, $6, 1 FROM locks WHERE $9 > 0 AND NOT EXISTS (SELECT 1 FROM ip WHERE count > $7) \
                 AND NOT EXISTS (SELECT 1 FROM net WHERE count > $8) \
                 ON CONFLICT (bucket, window_start) DO UPDATE SET count = limits.count + 1 RETURNING count) \
             SELECT EXISTS (SELECT 1 FROM ip WHERE count > $7) OR EXISTS (SELECT 1 FROM net WHERE count > $8) \
             /* the sum is from before this one */ \
             OR (EXISTS (SELECT 1 FROM instance) AND $9 <= (SELECT COALESCE(SUM(count), 0) FROM limits \
                 WHERE bucket = ANY($10) AND window_start = $6)) FROM locks",
        )
        .bind(locks.blog.map(followers_of).unwrap_or_default())
        .bind(locks.person)
        .bind(ip)
        .bind(network)
        .bind(slot)
        .bind(window_start(now))
        .bind(i64::from(limits.per_ip))
        .bind(i64::from(limits.per_network))
        .bind(i64::from(limits.per_instance))
        .bind(slots)
        .fetch_one(&mut **tx)
        .await?;
        Ok(is_over.then(|| seconds_left(now)))
    }
}

/// What must stand still while somebody is counted.
struct Locks<'a> {
    blog: Option<BlogId>,
    person: &'a str,
}

/// The person's row, made where there is none, and what is known of him: in
/// a statement of its own, so that it sees what the holder of the lock before
/// wrote.
async fn read_facts(
    tx: &mut Tx,
    sign_up: &SignUp,
    hash: &str,
    canonical: &str,
    now: Timestamp,
) -> Result<(i64, SignUpFacts)> {
    let (day, quarter) = ASKED_WINDOWS_MS;
    let row: FactsRow = sqlx::query_as(
        "WITH person AS (INSERT INTO subscribers (address, address_key, address_hash, created_at) \
             VALUES ($1, $2, $3, $4) \
             /* the spelling that came first stays; the update only makes RETURNING answer */ \
             ON CONFLICT (address_key) DO UPDATE SET address_key = excluded.address_key RETURNING id), \
         asked AS (SELECT at, blog_id FROM confirmations WHERE canonical_hash = $6 AND at > $8 AND counted = 1) \
         SELECT person.id AS subscriber, \
             (SELECT status FROM subscriptions WHERE blog_id = $5 AND subscriber_id = person.id) AS status, \
             (SELECT reason FROM suppressions WHERE address_hash = $3 AND COALESCE(blog_id, 0) IN (0, $5) \
              ORDER BY CASE WHEN reason = 'unsubscribed' THEN 1 ELSE 0 END, id LIMIT 1) AS suppressed, \
             (SELECT COUNT(*) FROM asked WHERE at > $7 AND blog_id = $5) AS asked_today, \
             (SELECT COUNT(*) FROM asked WHERE blog_id = $5) AS asked_in_90_days, \
             (SELECT COUNT(*) FROM asked WHERE at > $7) AS asked_everywhere_today FROM person",
    )
    .bind(sign_up.address.as_str())
    .bind(sign_up.address.key())
    .bind(hash)
    .bind(now.as_millis())
    .bind(sign_up.blog_id.0)
    .bind(canonical)
    .bind(now.as_millis() - day)
    .bind(now.as_millis() - quarter)
    .fetch_one(&mut **tx)
    .await?;
    row.into_facts()
}

/// Subscription, record of consent, ledger and mail; answers the subscription.
async fn write(
    tx: &mut Tx,
    sign_up: &SignUp,
    subscriber: i64,
    canonical: &str,
    (facts, step): (&SignUpFacts, &SignUpStep),
    now: Timestamp,
) -> Result<i64> {
    let withheld = withheld(facts, step);
    Ok(sqlx::query_scalar(
        "WITH subscription AS (INSERT INTO subscriptions \
             (blog_id, subscriber_id, status, frequency, source, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (blog_id, subscriber_id) DO UPDATE SET \
             /* a follower stays as he is, whoever typed his address */ \
             frequency = CASE WHEN subscriptions.status = 'active' THEN subscriptions.frequency ELSE excluded.frequency END, \
             source = CASE WHEN subscriptions.status = 'active' THEN subscriptions.source ELSE excluded.source END, \
             expires_at = CASE WHEN subscriptions.status = 'active' THEN subscriptions.expires_at ELSE excluded.expires_at END, \
             status = CASE WHEN subscriptions.status = 'active' THEN 'active' ELSE excluded.status END RETURNING id), \
         consent AS (INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, ip, user_agent, source) \
             SELECT $6, $8, $1, id, $2, $9, $10, $5 FROM subscription), \
         asked AS (INSERT INTO confirmations (canonical_hash, blog_id, at, counted) VALUES ($11, $1, $6, $12)), \
         mail AS (INSERT INTO deliveries \
             (kind, priority, blog_id, subscription_id, status, reason, queued_at, next_attempt_at, settled_at) \
             SELECT $13, $14, $1, id, CASE WHEN $15 IS NULL THEN 'queued' ELSE 'withheld' END, $15, $6, \
             CASE WHEN $15 IS NULL THEN $6 END, CASE WHEN $15 IS NOT NULL THEN $6 END FROM subscription) \
         SELECT id FROM subscription",
    )
    .bind(sign_up.blog_id.0)
    .bind(subscriber)
    .bind(step.status.as_str())
    .bind(sign_up.frequency.as_str())
    .bind(sign_up.evidence.source.as_deref().map(text))
    .bind(now.as_millis())
    .bind(sign_up.expires_at.as_millis())
    .bind(ConsentKind::Requested.as_str())
    .bind(&sign_up.evidence.ip)
    .bind(sign_up.evidence.user_agent.as_deref().map(text))
    .bind(canonical)
    .bind(i64::from(step.send))
    .bind(step.mail.as_str())
    .bind(step.mail.priority())
    .bind(withheld)
    .fetch_one(&mut **tx)
    .await?)
}
