//! Sign-ups in SQLite, those that wait at the same time in one transaction:
//! the same statements whoever signs up (S1), each over all of them, which go
//! in as JSON. Statements and a commit for each would cost ten times as much.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::asking::{Decide, FactsRow, asker, seconds_left, window_start, withheld};
use super::{SqliteStore, Tx};
use crate::domain::{
    ASKED_WINDOWS_MS, ConsentKind, Keys, SignUpFacts, SignUpStep, SubscriptionId, Timestamp,
};
use crate::store::{Result, SignUp, SignedUp, StoreError};
use serde_json::{Value, json};

/// A sign-up with what the statements need of its address.
struct Line<'a> {
    sign_up: &'a SignUp,
    key: String,
    hash: String,
    canonical: String,
}

impl<'a> Line<'a> {
    fn of(sign_up: &'a SignUp, keys: &Keys) -> Self {
        let key = sign_up.address.key();
        let hash = keys.address_hash(&key);
        Self { canonical: keys.address_hash(&sign_up.address.canonical()), sign_up, key, hash }
    }
}

impl SqliteStore {
    /// An answer for each, in order.
    pub(super) async fn record_sign_ups(
        &self,
        sign_ups: &[SignUp],
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Vec<Result<SignedUp>> {
        match self.record_group(sign_ups, decide, now).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if sign_ups.len() == 1 => vec![Err(error)],
            // As it is for one, so it is for the others.
            Err(StoreError::Unavailable(cause)) => {
                let unavailable = || StoreError::Unavailable(cause.to_string().into());
                sign_ups.iter().map(|_| Err(unavailable())).collect()
            }
            // One that cannot be written must not take the others with it.
            Err(_) => {
                let mut answers = Vec::with_capacity(sign_ups.len());
                for alone in sign_ups.chunks(1) {
                    let answer = self.record_group(alone, decide, now).await;
                    answers.extend(match answer {
                        Ok(one) => one.into_iter().map(Ok).collect(),
                        Err(error) => vec![Err(error)],
                    });
                }
                answers
            }
        }
    }

    async fn record_group(
        &self,
        sign_ups: &[SignUp],
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Result<Vec<SignedUp>> {
        let mut tx = self.write().await?;
        let mut answers = self.admit(&mut tx, sign_ups, now).await?;
        let admitted = sign_ups.iter().enumerate().filter(|(at, _)| answers[*at].is_none());
        let mut waiting: Vec<(usize, Line<'_>)> =
            admitted.map(|(at, one)| (at, Line::of(one, &self.keys))).collect();
        while !waiting.is_empty() {
            // The second sign-up of an address must see what the first one wrote.
            let mut seen = HashSet::new();
            let (group, again): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|(_, line)| seen.insert(line.canonical.clone()));
            let (places, lines): (Vec<usize>, Vec<Line<'_>>) = group.into_iter().unzip();
            let ids = record_distinct(&mut tx, &lines, decide, now).await?;
            for (at, subscription_id) in places.into_iter().zip(ids) {
                answers[at] = Some(SignedUp::Accepted { subscription_id });
            }
            waiting = again;
        }
        tx.commit().await?;
        Ok(answers.into_iter().flatten().collect())
    }

    /// Counts these sign-ups in their order; the answer of each that comes
    /// from a place which had enough this hour, `None` for the others. A
    /// refused one is not counted further out, so that one visitor cannot use
    /// up the whole instance's share.
    async fn admit(&self, tx: &mut Tx, sign_ups: &[SignUp], now: Timestamp) -> Result<Vec<Option<SignedUp>>> {
        let places: Vec<Vec<(String, u32)>> = sign_ups.iter().map(|one| self.places(&asker(one))).collect();
        if places.iter().all(Vec::is_empty) {
            return Ok(sign_ups.iter().map(|_| None).collect());
        }
        let names: HashSet<&str> = places.iter().flatten().map(|(bucket, _)| bucket.as_str()).collect();
        let before: Vec<(String, i64)> = sqlx::query_as(
            "SELECT bucket, count FROM limits WHERE window_start = $2 \
             AND bucket IN (SELECT value FROM json_each($1))",
        )
        .bind(json!(names).to_string())
        .bind(window_start(now))
        .fetch_all(&mut **tx)
        .await?;
        let before: HashMap<String, i64> = before.into_iter().collect();
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        let mut answers = Vec::with_capacity(sign_ups.len());
        for place in &places {
            let is_over = place.iter().any(|(bucket, limit)| {
                let so_far =
                    counts.entry(bucket).or_insert_with(|| before.get(bucket).copied().unwrap_or_default());
                *so_far += 1;
                *so_far > i64::from(*limit)
            });
            answers.push(is_over.then(|| SignedUp::Limited { retry_after_seconds: seconds_left(now) }));
        }
        sqlx::query(
            "INSERT INTO limits (bucket, window_start, count) SELECT key, $2, value FROM json_each($1) WHERE TRUE \
             ON CONFLICT (bucket, window_start) DO UPDATE SET count = excluded.count",
        )
        .bind(json!(counts).to_string())
        .bind(window_start(now))
        .execute(&mut **tx)
        .await?;
        Ok(answers)
    }
}

/// Writes sign-ups of addresses that are all different.
async fn record_distinct(
    tx: &mut Tx,
    lines: &[Line<'_>],
    decide: Decide<'_>,
    now: Timestamp,
) -> Result<Vec<SubscriptionId>> {
    let subscribers = record_subscribers(tx, lines, now).await?;
    let facts = read_facts(tx, lines, &subscribers, now).await?;
    let steps: Vec<SignUpStep> = facts.iter().map(decide).collect();
    let subscriptions = record_subscriptions(tx, lines, &subscribers, &steps, now).await?;
    let asked = rows(lines, |at, line| {
        let (sign_up, step) = (line.sign_up, &steps[at]);
        json!([
            subscriptions[at],
            subscribers[at],
            sign_up.blog_id.0,
            line.canonical,
            step.send,
            sign_up.evidence.ip,
            sign_up.evidence.user_agent,
            sign_up.evidence.source,
            step.mail.as_str(),
            step.mail.priority(),
            withheld(&facts[at], step),
        ])
    });
    for statement in [
        "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, ip, user_agent, source) \
         SELECT $2, $3, value ->> 2, value ->> 0, value ->> 1, value ->> 5, value ->> 6, value ->> 7 FROM json_each($1)",
        "INSERT INTO confirmations (canonical_hash, blog_id, at, counted) \
         SELECT value ->> 3, value ->> 2, $2, value ->> 4 FROM json_each($1)",
        "INSERT INTO deliveries (kind, priority, blog_id, subscription_id, status, reason, queued_at, \
         next_attempt_at, settled_at) \
         SELECT value ->> 8, value ->> 9, value ->> 2, value ->> 0, iif(value ->> 4, 'queued', 'withheld'), \
         value ->> 10, $2, iif(value ->> 4, $2, NULL), iif(value ->> 4, NULL, $2) FROM json_each($1)",
    ] {
        let query = sqlx::query(statement).bind(&asked).bind(now.as_millis());
        query.bind(ConsentKind::Requested.as_str()).execute(&mut **tx).await?;
    }
    Ok(subscriptions.into_iter().map(SubscriptionId).collect())
}

/// A list of lists, what `json_each` makes rows of.
fn rows(lines: &[Line<'_>], row: impl Fn(usize, &Line<'_>) -> Value) -> String {
    Value::Array(lines.iter().enumerate().map(|(at, line)| row(at, line)).collect()).to_string()
}

/// The rows of these people, in order; new where there are none.
async fn record_subscribers(tx: &mut Tx, lines: &[Line<'_>], now: Timestamp) -> Result<Vec<i64>> {
    let people = rows(lines, |_, line| json!([line.sign_up.address.as_str(), line.key, line.hash]));
    let written: Vec<(String, i64)> = sqlx::query_as(
        "INSERT INTO subscribers (address, address_key, address_hash, created_at) \
         SELECT value ->> 0, value ->> 1, value ->> 2, $2 FROM json_each($1) WHERE TRUE \
         /* the spelling that came first stays; the update only makes RETURNING answer */ \
         ON CONFLICT (address_key) DO UPDATE SET address_key = excluded.address_key RETURNING address_key, id",
    )
    .bind(people)
    .bind(now.as_millis())
    .fetch_all(&mut **tx)
    .await?;
    let by_key: HashMap<String, i64> = written.into_iter().collect();
    in_order(lines.iter().map(|line| by_key.get(&line.key)))
}

/// What is known of these people, in order.
async fn read_facts(
    tx: &mut Tx,
    lines: &[Line<'_>],
    subscribers: &[i64],
    now: Timestamp,
) -> Result<Vec<SignUpFacts>> {
    let (day, quarter) = ASKED_WINDOWS_MS;
    let asked =
        rows(lines, |at, line| json!([subscribers[at], line.sign_up.blog_id.0, line.hash, line.canonical]));
    let known: Vec<FactsRow> = sqlx::query_as(
        "WITH asked AS MATERIALIZED (SELECT key AS position, value ->> 0 AS subscriber, value ->> 1 AS blog, \
             value ->> 2 AS hash, value ->> 3 AS canonical FROM json_each($1)) \
         SELECT a.subscriber, \
         (SELECT status FROM subscriptions WHERE blog_id = a.blog AND subscriber_id = a.subscriber) AS status, \
         (SELECT reason FROM suppressions WHERE address_hash = a.hash AND COALESCE(blog_id, 0) IN (0, a.blog) \
          ORDER BY CASE WHEN reason = 'unsubscribed' THEN 1 ELSE 0 END, id LIMIT 1) AS suppressed, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = a.canonical AND at > $2 AND blog_id = a.blog AND counted = 1) AS asked_today, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = a.canonical AND at > $3 AND blog_id = a.blog AND counted = 1) AS asked_in_90_days, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = a.canonical AND at > $2 AND counted = 1) AS asked_everywhere_today \
         FROM asked a ORDER BY a.position",
    )
    .bind(asked)
    .bind(now.as_millis() - day)
    .bind(now.as_millis() - quarter)
    .fetch_all(&mut **tx)
    .await?;
    known.into_iter().map(|row| Ok(row.into_facts()?.1)).collect()
}

/// The subscriptions of these people, in order, as the rule wants them.
async fn record_subscriptions(
    tx: &mut Tx,
    lines: &[Line<'_>],
    subscribers: &[i64],
    steps: &[SignUpStep],
    now: Timestamp,
) -> Result<Vec<i64>> {
    let wanted = rows(lines, |at, line| {
        let sign_up = line.sign_up;
        json!([
            sign_up.blog_id.0,
            subscribers[at],
            steps[at].status.as_str(),
            sign_up.frequency.as_str(),
            sign_up.evidence.source,
            sign_up.expires_at.as_millis(),
        ])
    });
    let written: Vec<(i64, i64)> = sqlx::query_as(
        "INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, source, created_at, expires_at) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, $2, value ->> 5 \
         FROM json_each($1) WHERE TRUE ON CONFLICT (blog_id, subscriber_id) DO UPDATE SET \
         /* a follower stays as he is, whoever typed his address */ \
         frequency = CASE WHEN subscriptions.status = 'active' THEN subscriptions.frequency ELSE excluded.frequency END, \
         source = CASE WHEN subscriptions.status = 'active' THEN subscriptions.source ELSE excluded.source END, \
         expires_at = CASE WHEN subscriptions.status = 'active' THEN subscriptions.expires_at ELSE excluded.expires_at END, \
         status = CASE WHEN subscriptions.status = 'active' THEN 'active' ELSE excluded.status END \
         RETURNING subscriber_id, id",
    )
    .bind(wanted)
    .bind(now.as_millis())
    .fetch_all(&mut **tx)
    .await?;
    let by_subscriber: HashMap<i64, i64> = written.into_iter().collect();
    in_order(subscribers.iter().map(|subscriber| by_subscriber.get(subscriber)))
}

/// A row for each; the database answers in an order of its own.
fn in_order<'a>(found: impl Iterator<Item = Option<&'a i64>>) -> Result<Vec<i64>> {
    let found: Option<Vec<i64>> = found.map(Option::<&i64>::copied).collect();
    found.ok_or_else(|| StoreError::Broken("a row that was written did not come back".into()))
}
