//! The one place that each mail passes which a stranger can cause (S19): what
//! is known of its reader, how many came to the address before, and the rows
//! that are written, sent or not. One statement a question, the same whoever
//! it is about (S1). On PostgreSQL the caller holds the canonical address, so
//! that of two at once the second is counted after the first.

use serde_json::{Value, json};
use sqlx::FromRow;

use super::dialect::each;
use super::rows::{Place, count, lines};
use super::{SqlStore, Tx};
use crate::domain::{
    ALL_TOGETHER, Bound, Cause, DeliveryKind, EmailAddress, Keys, MailCounts, Per, Reason, SignUpFacts,
    SubscriptionStatus, SuppressionReason, Timestamp,
};
use crate::store::{Result, StoreError};

/// An address by its keyed hashes.
pub(super) struct Hashes {
    /// Of the address as a person's.
    pub own: String,
    /// Of its canonical form, by which mails are counted.
    pub canonical: String,
}

impl Hashes {
    pub fn of(address: &EmailAddress, keys: &Keys) -> Self {
        Self { own: keys.address_hash(&address.key()), canonical: keys.address_hash(&address.canonical()) }
    }
}

/// What is known of one whom a mail would reach.
pub(super) struct Facts {
    /// The person's row.
    pub subscriber: Option<i64>,
    /// Whether anything of theirs was ever active.
    pub was_confirmed: bool,
    /// What the rules judge by.
    pub known: SignUpFacts,
}

#[derive(FromRow)]
struct FactsRow {
    subscriber: Option<i64>,
    was_confirmed: bool,
    status: Option<String>,
    suppressed: Option<String>,
    first: i64,
    second: i64,
    all_together: i64,
}

impl TryFrom<FactsRow> for Facts {
    type Error = StoreError;

    fn try_from(row: FactsRow) -> Result<Self> {
        let place = Place { table: "subscriptions", row: row.subscriber.unwrap_or_default() };
        let status = row.status.map(|word| place.need("status", SubscriptionStatus::parse(&word)));
        let suppressed =
            row.suppressed.map(|word| place.need("suppression", SuppressionReason::parse(&word)));
        let counts = MailCounts {
            within: [count(row.first), count(row.second)],
            all_together: count(row.all_together),
        };
        Ok(Self {
            subscriber: row.subscriber,
            was_confirmed: row.was_confirmed,
            known: SignUpFacts { status: status.transpose()?, suppressed: suppressed.transpose()?, counts },
        })
    }
}

/// Mails of this bound to the asked address `a` since a moment.
macro_rules! counted {
    ($since:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM confirmations c WHERE c.canonical_hash = a.canonical AND c.counted = 1 \
             AND c.at > ",
            $since,
            " AND c.bound = $5 AND ($6 = 0 OR c.blog_id = a.blog) AND ($7 = 0 OR c.address_hash = a.hash) \
             AND ($8 = 1 OR c.used_at IS NULL))"
        )
    };
}

/// What is known of these, in order; 0 for a mail that is about no blog.
pub(super) async fn read_facts(
    tx: &mut Tx,
    bound: &Bound,
    asked: impl Iterator<Item = (&Hashes, i64)>,
    now: Timestamp,
) -> Result<Vec<Facts>> {
    let asked: Vec<Value> = asked.map(|(hashes, blog)| json!([hashes.own, hashes.canonical, blog])).collect();
    // A limit that is not there looks at no time at all.
    let since = |at: usize| bound.limits.get(at).map_or(now, |limit| now.plus_ms(-limit.within_ms));
    let known: Vec<FactsRow> = sqlx::query_as(concat!(
        "WITH asked AS MATERIALIZED (SELECT line.position, line.hash, line.canonical, line.blog, \
         b.id AS subscriber FROM ",
        lines!("$1": 0 "hash" "TEXT", 1 "canonical" "TEXT", 2 "blog" "BIGINT"),
        " LEFT JOIN subscribers b ON b.address_hash = line.hash) SELECT a.subscriber, \
         EXISTS (SELECT 1 FROM subscriptions WHERE subscriber_id = a.subscriber \
            AND (confirmed_at IS NOT NULL OR active_since IS NOT NULL)) AS was_confirmed, \
         (SELECT status FROM subscriptions \
             /* a person follows few blogs, a blog has many followers: never from that side */ \
             WHERE blog_id + 0 = a.blog AND subscriber_id = a.subscriber) AS status, \
         (SELECT reason FROM suppressions WHERE address_hash = a.hash AND COALESCE(blog_id, 0) IN (0, a.blog) \
          ORDER BY CASE WHEN reason = 'unsubscribed' THEN 1 ELSE 0 END, id LIMIT 1) AS suppressed, ",
        counted!("$2"),
        " AS first, ",
        counted!("$3"),
        " AS second, (SELECT COUNT(*) FROM confirmations c WHERE c.canonical_hash = a.canonical \
         AND c.counted = 1 AND c.at > $4 AND c.used_at IS NULL) AS all_together \
         FROM asked a ORDER BY a.position",
    ))
    .bind(Value::Array(asked).to_string())
    .bind(since(0).as_millis())
    .bind(since(1).as_millis())
    .bind(now.plus_ms(-ALL_TOGETHER.within_ms).as_millis())
    .bind(bound.name)
    .bind(i64::from(bound.per != Per::Address))
    .bind(i64::from(bound.per == Per::Subscription))
    .bind(i64::from(bound.counts_used))
    .fetch_all(&mut **tx)
    .await?;
    known.into_iter().map(Facts::try_from).collect()
}

/// A mail that somebody caused, to be queued or withheld.
pub(super) struct Caused<'a> {
    pub kind: DeliveryKind,
    pub hashes: &'a Hashes,
    pub blog: Option<i64>,
    pub subscription: Option<i64>,
    /// Only where there is no subscription.
    pub subscriber: Option<i64>,
    /// Why it is not sent, if so.
    pub withheld: Option<Reason>,
}

impl Caused<'_> {
    /// What [`queue_caused`] reads; whoever has more to say appends it.
    pub fn row(&self) -> Vec<Value> {
        let Self { kind, hashes, blog, subscription, subscriber, withheld } = self;
        let is_counted = i64::from(withheld.is_none());
        let mail = [json!(kind.as_str()), json!(kind.priority()), json!(blog), json!(subscription)];
        let count = [json!(hashes.own), json!(hashes.canonical), json!(is_counted)];
        mail.into_iter()
            .chain([json!(subscriber), json!(withheld.as_ref().map(Reason::to_stored))])
            .chain(count)
            .collect()
    }
}

/// What the statements about caused mails read.
macro_rules! caused {
    ($($at:literal $name:literal $type:literal),*) => {
        lines!("$1": 0 "mail" "TEXT", 1 "priority" "BIGINT", 2 "blog" "BIGINT", 3 "subscription" "BIGINT",
            4 "subscriber" "BIGINT", 5 "withheld" "TEXT", 6 "hash" "TEXT", 7 "canonical" "TEXT",
            8 "counted" "BIGINT" $(, $at $name $type)*)
    };
}
pub(super) use caused;

/// Writes the count and the delivery of each, which are the rows of [`Caused`] as JSON.
pub(super) async fn queue_caused(tx: &mut Tx, bound: &Bound, rows: &str, now: Timestamp) -> Result<()> {
    sqlx::query(concat!(
        "INSERT INTO confirmations (canonical_hash, blog_id, at, counted, bound, address_hash) \
         SELECT canonical, COALESCE(blog, 0), $2, counted, $3, hash FROM ",
        caused!()
    ))
    .bind(rows)
    .bind(now.as_millis())
    .bind(bound.name)
    .execute(&mut **tx)
    .await?;
    sqlx::query(concat!(
        "INSERT INTO singles (kind, priority, blog_id, subscription_id, subscriber_id, status, reason, \
         queued_at, next_attempt_at, settled_at) SELECT mail, priority, blog, subscription, subscriber, \
         CASE WHEN withheld IS NULL THEN 'queued' ELSE 'withheld' END, withheld, $2, \
         CASE WHEN withheld IS NULL THEN $2 END, CASE WHEN withheld IS NOT NULL THEN $2 END FROM ",
        caused!()
    ))
    .bind(rows)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Why the mail that somebody asked for is not sent, if so.
pub(super) fn withheld(facts: &Facts, may_pass: bool) -> Option<Reason> {
    match facts.known.suppressed {
        _ if may_pass => None,
        None | Some(SuppressionReason::Unsubscribed) => Some(Reason::AskedEnough),
        Some(by) => Some(Reason::Suppressed { by }),
    }
}

impl SqlStore {
    /// One mail about a person's change, or about all that they follow.
    pub(super) async fn queue_one(
        &self,
        tx: &mut Tx,
        kind: DeliveryKind,
        hashes: &Hashes,
        about: Option<(i64, i64)>,
        now: Timestamp,
    ) -> Result<()> {
        let Cause::Stranger(bound) = kind.cause() else {
            return Err(StoreError::Broken("this kind of mail has no bound".into()));
        };
        let (blog, subscription) = about.unzip();
        let asked = [(hashes, blog.unwrap_or(0))].into_iter();
        let facts = read_facts(tx, bound, asked, now).await?.pop();
        let facts = facts.ok_or_else(|| StoreError::Broken("a question got no answer".into()))?;
        let withheld = if about.is_none() && !facts.was_confirmed {
            Some(Reason::NeverConfirmed)
        } else {
            (!bound.allows(&facts.known.counts)).then_some(Reason::AskedEnough)
        };
        let subscriber = facts.subscriber.filter(|_| subscription.is_none());
        let caused = Caused { kind, hashes, blog, subscription, subscriber, withheld };
        queue_caused(tx, bound, &json!([caused.row()]).to_string(), now).await
    }

    /// Gives the place of one mail back, the newest of this bound, about this
    /// blog and from before a moment, whose link was not used before.
    pub(super) async fn give_back(
        &self,
        tx: &mut Tx,
        bound: &Bound,
        hashes: &Hashes,
        blog: i64,
        mailed_until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE confirmations SET used_at = $6 WHERE id = (SELECT id FROM confirmations \
             WHERE canonical_hash = $1 AND counted = 1 AND address_hash = $2 AND bound = $3 AND blog_id = $4 \
             AND at <= $5 AND used_at IS NULL ORDER BY at DESC, id DESC LIMIT 1)",
        )
        .bind(&hashes.canonical)
        .bind(&hashes.own)
        .bind(bound.name)
        .bind(blog)
        .bind(mailed_until.as_millis())
        .bind(now.as_millis())
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
