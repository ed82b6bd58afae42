//! Sign-ups, those that wait at the same time in one transaction: the same
//! statements whoever signs up (S1), each over all of them, which go in as
//! JSON. Statements and a commit for each would cost ten times as much.

use std::collections::{HashMap, HashSet};

use super::again::again;
use super::asking::{Decide, FactsRow, asker, withheld};
use super::dialect::{each, hold_all, text};
use super::import::followers_of;
use super::rows::lines;
use super::{SqlStore, Tx};
use crate::domain::{
    ASKED_WINDOWS_MS, ConsentKind, Keys, SignUpFacts, SignUpStep, SubscriptionId, Timestamp,
};
use crate::store::{Asker, Result, SignUp, SignedUp, StoreError};
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

impl SqlStore {
    /// An answer for each, in order.
    pub(super) async fn record_sign_ups(
        &self,
        sign_ups: &[SignUp],
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Vec<Result<SignedUp>> {
        match again(|| self.record_group(sign_ups, decide, now)).await {
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
                for alone in sign_ups {
                    answers.push(self.record_sign_up(alone, decide, now).await);
                }
                answers
            }
        }
    }

    pub(super) async fn record_sign_up(
        &self,
        sign_up: &SignUp,
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Result<SignedUp> {
        let alone = std::slice::from_ref(sign_up);
        let mut answers = again(|| self.record_group(alone, decide, now)).await?;
        answers.pop().ok_or_else(|| StoreError::Broken("a sign-up got no answer".into()))
    }

    async fn record_group(
        &self,
        sign_ups: &[SignUp],
        decide: Decide<'_>,
        now: Timestamp,
    ) -> Result<Vec<SignedUp>> {
        let mut waiting: Vec<(usize, Line<'_>)> =
            sign_ups.iter().map(|one| Line::of(one, &self.keys)).enumerate().collect();
        let mut tx = self.write().await?;
        // Nobody imports into these blogs meanwhile, and nobody else signs these people up.
        let blogs = sign_ups.iter().map(|one| followers_of(one.blog_id)).collect();
        let people = waiting.iter().map(|(_, line)| line.canonical.as_str()).collect();
        hold_all(&mut tx, blogs, people).await?;
        let askers: Vec<Asker> = sign_ups.iter().map(asker).collect();
        let waits = self.count_asked(&mut tx, &askers, now).await?.into_iter();
        let mut answers: Vec<Option<SignedUp>> = waits
            .map(|wait| wait.map(|retry_after_seconds| SignedUp::Limited { retry_after_seconds }))
            .collect();
        waiting.retain(|(at, _)| answers[*at].is_none());
        while !waiting.is_empty() {
            // The second sign-up of an address must see what the first one wrote.
            let mut seen = HashSet::new();
            let (mut group, again): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|(_, line)| seen.insert(line.canonical.clone()));
            // Everybody writes people in this order, so that no two wait for each other.
            group.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
            let (places, lines): (Vec<usize>, Vec<Line<'_>>) = group.into_iter().unzip();
            let ids = record_distinct(&mut tx, &lines, decide, now).await?;
            for (at, subscription_id) in places.into_iter().zip(ids) {
                answers[at] = Some(SignedUp::Accepted { subscription_id });
            }
            waiting = again;
        }
        tx.commit().await?;
        self.hint();
        Ok(answers.into_iter().flatten().collect())
    }
}

/// What the three statements about one asking read.
macro_rules! asked {
    () => {
        lines!("$1": 0 "subscription" "BIGINT", 1 "subscriber" "BIGINT", 2 "blog" "BIGINT", 3 "canonical" "TEXT",
            4 "counted" "BIGINT", 5 "ip" "TEXT", 6 "user_agent" "TEXT", 7 "source" "TEXT", 8 "mail" "TEXT",
            9 "priority" "BIGINT", 10 "withheld" "TEXT")
    };
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
        let evidence = &sign_up.evidence;
        json!([
            subscriptions[at],
            subscribers[at],
            sign_up.blog_id.0,
            line.canonical,
            i64::from(step.send),
            evidence.ip,
            evidence.user_agent.as_deref().map(text),
            evidence.source.as_deref().map(text),
            step.mail.as_str(),
            step.mail.priority(),
            withheld(&facts[at], step).map(|reason| reason.to_stored()),
        ])
    });
    for statement in [
        concat!(
            "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, ip, user_agent, source) \
             SELECT $2, $3, blog, subscription, subscriber, ip, user_agent, source FROM ",
            asked!()
        ),
        concat!(
            "INSERT INTO confirmations (canonical_hash, blog_id, at, counted) \
             SELECT canonical, blog, $2, counted FROM ",
            asked!()
        ),
        concat!(
            "INSERT INTO deliveries (kind, priority, blog_id, subscription_id, status, reason, queued_at, \
             next_attempt_at, settled_at) SELECT mail, priority, blog, subscription, \
             CASE WHEN withheld IS NULL THEN 'queued' ELSE 'withheld' END, withheld, $2, \
             CASE WHEN withheld IS NULL THEN $2 END, CASE WHEN withheld IS NOT NULL THEN $2 END FROM ",
            asked!()
        ),
    ] {
        let query = sqlx::query(statement).bind(&asked).bind(now.as_millis());
        query.bind(ConsentKind::Requested.as_str()).execute(&mut **tx).await?;
    }
    Ok(subscriptions.into_iter().map(SubscriptionId).collect())
}

/// A list of lists, what `lines!` makes rows of.
fn rows(lines: &[Line<'_>], row: impl Fn(usize, &Line<'_>) -> Value) -> String {
    Value::Array(lines.iter().enumerate().map(|(at, line)| row(at, line)).collect()).to_string()
}

/// The rows of these people, in order; new where there are none.
async fn record_subscribers(tx: &mut Tx, lines: &[Line<'_>], now: Timestamp) -> Result<Vec<i64>> {
    let people = rows(lines, |_, line| json!([line.sign_up.address.as_str(), line.key, line.hash]));
    let written: Vec<(String, i64)> = sqlx::query_as(concat!(
        "INSERT INTO subscribers (address, address_key, address_hash, created_at) \
         SELECT address, key, hash, $2 FROM ",
        lines!("$1": 0 "address" "TEXT", 1 "key" "TEXT", 2 "hash" "TEXT"),
        " WHERE TRUE \
         /* the spelling that came first stays; the update only makes RETURNING answer */ \
         ON CONFLICT (address_key) DO UPDATE SET address_key = excluded.address_key RETURNING address_key, id",
    ))
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
    let known: Vec<FactsRow> = sqlx::query_as(concat!(
        "WITH asked AS MATERIALIZED (SELECT * FROM ",
        lines!("$1": 0 "subscriber" "BIGINT", 1 "blog" "BIGINT", 2 "hash" "TEXT", 3 "canonical" "TEXT"),
        ") SELECT a.subscriber, \
         (SELECT status FROM subscriptions WHERE blog_id = a.blog AND subscriber_id = a.subscriber) AS status, \
         (SELECT reason FROM suppressions WHERE address_hash = a.hash AND COALESCE(blog_id, 0) IN (0, a.blog) \
          ORDER BY CASE WHEN reason = 'unsubscribed' THEN 1 ELSE 0 END, id LIMIT 1) AS suppressed, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = a.canonical AND at > $2 AND blog_id = a.blog AND counted = 1) AS asked_today, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = a.canonical AND at > $3 AND blog_id = a.blog AND counted = 1) AS asked_in_90_days, \
         (SELECT COUNT(*) FROM confirmations WHERE canonical_hash = a.canonical AND at > $2 AND counted = 1) AS asked_everywhere_today \
         FROM asked a ORDER BY a.position",
    ))
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
            sign_up.evidence.source.as_deref().map(text),
            sign_up.expires_at.as_millis(),
        ])
    });
    let written: Vec<(i64, i64)> = sqlx::query_as(concat!(
        "INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, source, created_at, expires_at) \
         SELECT blog, subscriber, status, frequency, source, $2, expires_at FROM ",
        lines!("$1": 0 "blog" "BIGINT", 1 "subscriber" "BIGINT", 2 "status" "TEXT", 3 "frequency" "TEXT",
            4 "source" "TEXT", 5 "expires_at" "BIGINT"),
        " WHERE TRUE ON CONFLICT (blog_id, subscriber_id) DO UPDATE SET \
         /* a follower stays as he is, whoever typed his address */ \
         frequency = CASE WHEN subscriptions.status = 'active' THEN subscriptions.frequency ELSE excluded.frequency END, \
         source = CASE WHEN subscriptions.status = 'active' THEN subscriptions.source ELSE excluded.source END, \
         expires_at = CASE WHEN subscriptions.status = 'active' THEN subscriptions.expires_at ELSE excluded.expires_at END, \
         status = CASE WHEN subscriptions.status = 'active' THEN 'active' ELSE excluded.status END \
         RETURNING subscriber_id, id",
    ))
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
