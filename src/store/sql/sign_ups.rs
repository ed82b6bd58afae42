//! Sign-ups, those that wait at the same time in one transaction: the same
//! statements whoever signs up (S1), each over all of them, which go in as
//! JSON. Statements and a commit for each would cost ten times as much.

use std::collections::{HashMap, HashSet};

use super::again::again;
use super::asking::{Decide, asker};
use super::caused::{Caused, Facts, Hashes, caused, queue_caused, read_facts, withheld};
use super::dialect::{each, hold_all, seal, text};
use super::import::followers_of;
use super::rows::lines;
use super::{SqlStore, Tx};
use crate::domain::{
    ConfirmedBy, ConsentKind, Keys, QUESTION, Seal, SignUpStep, SubscriptionId, SubscriptionStatus, Timestamp,
};
use crate::store::{Asked, Asker, Result, SignUp, SignedUp, StoreError};
use serde_json::{Value, json};

/// A sign-up with what the statements need of its address.
struct Line<'a> {
    sign_up: &'a SignUp,
    key: String,
    hashes: Hashes,
}

impl<'a> Line<'a> {
    fn of(sign_up: &'a SignUp, keys: &Keys) -> Self {
        Self { sign_up, key: sign_up.address.key(), hashes: Hashes::of(&sign_up.address, keys) }
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
        let people = waiting.iter().map(|(_, line)| line.hashes.canonical.as_str()).collect();
        hold_all(&mut tx, blogs, people).await?;
        let askers: Vec<Asker> = sign_ups.iter().map(asker).collect();
        let asked = self.count_asked(&mut tx, &askers, now).await?.into_iter();
        let mut answers: Vec<Option<SignedUp>> = asked
            .map(|asked| match asked {
                Asked::Taken => None,
                Asked::Limited { retry_after_seconds } => Some(SignedUp::Limited { retry_after_seconds }),
                Asked::Pressed { retry_after_seconds } => Some(SignedUp::Pressed { retry_after_seconds }),
            })
            .collect();
        waiting.retain(|(at, _)| answers[*at].is_none());
        while !waiting.is_empty() {
            // The second sign-up of an address must see what the first one wrote.
            let mut seen = HashSet::new();
            let (mut group, again): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|(_, line)| seen.insert(line.hashes.canonical.clone()));
            // Everybody writes people in this order, so that no two wait for each other.
            group.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
            let (places, lines): (Vec<usize>, Vec<Line<'_>>) = group.into_iter().unzip();
            let written = record_distinct(&mut tx, &lines, decide, now).await?;
            for (at, (id, seal)) in places.into_iter().zip(written) {
                let subscription_id = SubscriptionId(id);
                answers[at] = Some(SignedUp::Accepted { subscription_id, seal: Seal(seal) });
            }
            waiting = again;
        }
        tx.commit().await?;
        self.hint();
        Ok(answers.into_iter().flatten().collect())
    }
}

/// Writes sign-ups of addresses that are all different; answers number and seal of each.
async fn record_distinct(
    tx: &mut Tx,
    lines: &[Line<'_>],
    decide: Decide<'_>,
    now: Timestamp,
) -> Result<Vec<(i64, i64)>> {
    let subscribers = record_subscribers(tx, lines, now).await?;
    let asked = lines.iter().map(|line| (&line.hashes, line.sign_up.blog_id.0));
    let facts: Vec<Facts> = read_facts(tx, &QUESTION, asked, now).await?;
    let steps: Vec<SignUpStep> = facts.iter().map(|facts| decide(&facts.known)).collect();
    end_left_by_list(tx, lines, &subscribers, &facts, &steps, now).await?;
    let subscriptions = record_subscriptions(tx, lines, &subscribers, &steps, now).await?;
    let asked = rows(lines, |at, line| {
        let (sign_up, step) = (line.sign_up, &steps[at]);
        let evidence = &sign_up.evidence;
        let caused = Caused {
            kind: step.mail,
            hashes: &line.hashes,
            blog: Some(sign_up.blog_id.0),
            subscription: Some(subscriptions[at].0),
            subscriber: None,
            withheld: withheld(&facts[at], step.send),
        };
        let mut row = caused.row();
        row.extend([
            json!(subscribers[at]),
            json!(evidence.ip),
            json!(evidence.user_agent.as_deref().map(text)),
            json!(evidence.source.as_deref().map(text)),
            json!(sign_up.kind.as_str()),
        ]);
        Value::Array(row)
    });
    sqlx::query(concat!(
        "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, ip, user_agent, source) \
         SELECT $2, consent, blog, subscription, person, ip, user_agent, source FROM ",
        caused!(9 "person" "BIGINT", 10 "ip" "TEXT", 11 "user_agent" "TEXT", 12 "source" "TEXT", 13 "consent" "TEXT")
    ))
    .bind(&asked)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    queue_caused(tx, &QUESTION, &asked, now).await?;
    Ok(subscriptions)
}

/// Who follows and left by a list has left: from now on their row says so, and
/// the question is that of somebody who comes back.
async fn end_left_by_list(
    tx: &mut Tx,
    lines: &[Line<'_>],
    subscribers: &[i64],
    facts: &[Facts],
    steps: &[SignUpStep],
    now: Timestamp,
) -> Result<()> {
    let has_left = |at: &usize| {
        facts[*at].known.status == Some(SubscriptionStatus::Active)
            && steps[*at].status != SubscriptionStatus::Active
    };
    let left: Vec<Value> = (0..lines.len())
        .filter(has_left)
        .map(|at| json!([lines[at].sign_up.blog_id.0, subscribers[at]]))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    sqlx::query(concat!(
        "UPDATE subscriptions SET status = 'ended', ended_at = $2, expires_at = NULL FROM ",
        lines!("$1": 0 "blog" "BIGINT", 1 "subscriber" "BIGINT"),
        " WHERE subscriptions.blog_id = line.blog AND subscriptions.subscriber_id = line.subscriber \
         AND subscriptions.status = 'active'",
    ))
    .bind(Value::Array(left).to_string())
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A list of lists, what `lines!` makes rows of.
fn rows(lines: &[Line<'_>], row: impl Fn(usize, &Line<'_>) -> Value) -> String {
    Value::Array(lines.iter().enumerate().map(|(at, line)| row(at, line)).collect()).to_string()
}

/// The rows of these people, in order; new where there are none.
async fn record_subscribers(tx: &mut Tx, lines: &[Line<'_>], now: Timestamp) -> Result<Vec<i64>> {
    let people = rows(lines, |_, line| json!([line.sign_up.address.as_str(), line.key, line.hashes.own]));
    let written: Vec<(String, i64)> = sqlx::query_as(concat!(
        "INSERT INTO subscribers (address, address_key, address_hash, created_at, seal) \
         SELECT address, key, hash, $2, ",
        seal!(),
        " FROM ",
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

/// The subscriptions of these people, in order, as the rule wants them: number and seal.
async fn record_subscriptions(
    tx: &mut Tx,
    lines: &[Line<'_>],
    subscribers: &[i64],
    steps: &[SignUpStep],
    now: Timestamp,
) -> Result<Vec<(i64, i64)>> {
    let wanted = rows(lines, |at, line| {
        let sign_up = line.sign_up;
        json!([
            sign_up.blog_id.0,
            subscribers[at],
            steps[at].status.as_str(),
            sign_up.frequency.as_str(),
            sign_up.evidence.source.as_deref().map(text),
            sign_up.expires_at.as_millis(),
            match sign_up.kind {
                ConsentKind::Asked => ConfirmedBy::Import,
                _ => ConfirmedBy::Reader,
            }
            .as_str(),
        ])
    });
    let written: Vec<(i64, i64, i64)> = sqlx::query_as(concat!(
        "INSERT INTO subscriptions (blog_id, subscriber_id, status, frequency, source, created_at, expires_at, \
             confirmed_by, seal) \
         SELECT blog, subscriber, status, frequency, source, $2, expires_at, confirmed_by, ",
        seal!(),
        " FROM ",
        lines!("$1": 0 "blog" "BIGINT", 1 "subscriber" "BIGINT", 2 "status" "TEXT", 3 "frequency" "TEXT",
            4 "source" "TEXT", 5 "expires_at" "BIGINT", 6 "confirmed_by" "TEXT"),
        " WHERE TRUE ON CONFLICT (blog_id, subscriber_id) DO UPDATE SET \
         /* a follower stays as he is, whoever typed his address */ \
         frequency = CASE WHEN subscriptions.status = 'active' THEN subscriptions.frequency ELSE excluded.frequency END, \
         source = CASE WHEN subscriptions.status = 'active' THEN subscriptions.source ELSE excluded.source END, \
         expires_at = CASE WHEN subscriptions.status = 'active' THEN subscriptions.expires_at ELSE excluded.expires_at END, \
         /* what a date rests on goes with the date: undo brings both back */ \
         confirmed_by = CASE WHEN subscriptions.status = 'active' OR subscriptions.confirmed_at IS NOT NULL \
             THEN subscriptions.confirmed_by ELSE excluded.confirmed_by END, \
         status = CASE WHEN subscriptions.status = 'active' THEN 'active' ELSE excluded.status END \
         RETURNING subscriber_id, id, seal",
    ))
    .bind(wanted)
    .bind(now.as_millis())
    .fetch_all(&mut **tx)
    .await?;
    let by_subscriber: HashMap<i64, (i64, i64)> =
        written.into_iter().map(|(subscriber, id, seal)| (subscriber, (id, seal))).collect();
    in_order(subscribers.iter().map(|subscriber| by_subscriber.get(subscriber)))
}

/// A row for each; the database answers in an order of its own.
fn in_order<'a, T: Copy + 'a>(found: impl Iterator<Item = Option<&'a T>>) -> Result<Vec<T>> {
    let found: Option<Vec<T>> = found.map(Option::<&T>::copied).collect();
    found.ok_or_else(|| StoreError::Broken("a row that was written did not come back".into()))
}
