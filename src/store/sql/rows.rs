//! Rows as the database holds them, and how they become values of the domain.

use sqlx::FromRow;

use super::dialect::text;
use super::{Connection, SqlStore};
use crate::domain::{
    Approval, Blog, BlogId, BodyMode, Cause, ConfirmedBy, EmailAddress, Frequency, Reason, Seal,
    SubscriberId, Subscription, SubscriptionId, SubscriptionStatus, Timestamp,
};
use crate::store::{NewDelivery, Result, StoreError};

/// Columns of [`SubscriptionRow`], of `subscriptions s JOIN subscribers b`.
macro_rules! subscription_columns {
    () => {
        "s.id, s.blog_id, s.subscriber_id, b.address, s.status, s.paused_at, s.paused_until, s.frequency, \
         s.source, s.created_at, s.expires_at, s.confirmed_at, s.confirmed_by, s.ended_at, s.seal"
    };
}
pub(super) use subscription_columns;

/// The table `line` of a parameter that is a list of lists as JSON:
/// `position`, then the columns that are named, each with its place in the
/// inner list and its type. Lists, because names would double the time that
/// SQLite reads JSON.
macro_rules! lines {
    ($parameter:literal: $($at:literal $name:literal $type:literal),+) => {
        concat!(
            "(SELECT position",
            $(", CAST(value ->> ", $at, " AS ", $type, ") AS ", $name,)+
            " FROM ", each!($parameter), ") AS line"
        )
    };
}
pub(super) use lines;

/// The moment of a column.
pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

/// The column of a moment that may be missing.
pub(super) fn ms(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millis)
}

/// A count or a number of tries, which the database keeps signed.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// As it is stored; what a server said in it may hold anything.
pub(super) fn stored(reason: &Reason) -> String {
    text(&reason.to_stored()).into_owned()
}

/// The pattern of `LIKE` for texts that contain this one; the escape is `\`.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Where a value was found, for the report on a damaged row.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub table: &'static str,
    pub row: i64,
}

impl Place {
    /// A value that must be there and well-formed.
    pub fn need<T>(self, column: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or(StoreError::Corrupt { table: self.table, column, row: self.row })
    }

    /// An address that may be missing.
    pub fn address(self, column: &'static str, text: Option<String>) -> Result<Option<EmailAddress>> {
        text.map(|text| self.need(column, EmailAddress::parse(&text).ok())).transpose()
    }
}

/// A row of `blogs`.
#[derive(FromRow)]
pub(super) struct BlogRow {
    id: i64,
    slug: String,
    title: String,
    description: String,
    home_url: String,
    feed_url: String,
    mail_from: Option<String>,
    reply_to: Option<String>,
    owner: Option<String>,
    origins: String,
    body: String,
    approve: String,
    accent: String,
    time_zone: Option<String>,
    created_at: i64,
    next_check_at: i64,
    last_checked_at: Option<i64>,
    failures: i64,
    last_error: Option<String>,
    failing_since: Option<i64>,
    told_failing_at: Option<i64>,
    etag: Option<String>,
    last_modified: Option<String>,
    gap: Option<String>,
    seal: i64,
}

impl TryFrom<BlogRow> for Blog {
    type Error = StoreError;

    fn try_from(row: BlogRow) -> Result<Self> {
        let place = Place { table: "blogs", row: row.id };
        Ok(Self {
            id: BlogId(row.id),
            slug: place.need("slug", row.slug.parse().ok())?,
            title: row.title,
            description: row.description,
            home_url: row.home_url,
            feed_url: row.feed_url,
            mail_from: row.mail_from,
            reply_to: place.address("reply_to", row.reply_to)?,
            owner: place.address("owner", row.owner)?,
            origins: place.need("origins", serde_json::from_str(&row.origins).ok())?,
            body: place.need("body", BodyMode::parse(&row.body))?,
            approve: place.need("approve", Approval::parse(&row.approve))?,
            accent: row.accent,
            time_zone: match row.time_zone {
                Some(name) => Some(place.need("time_zone", name.parse().ok())?),
                None => None,
            },
            created_at: at(row.created_at),
            next_check_at: at(row.next_check_at),
            last_checked_at: row.last_checked_at.map(at),
            failures: count(row.failures),
            last_error: row.last_error,
            failing_since: row.failing_since.map(at),
            told_failing_at: row.told_failing_at.map(at),
            etag: row.etag,
            last_modified: row.last_modified,
            gap: row.gap,
            seal: Seal(row.seal),
        })
    }
}

/// A row of `subscriptions` with the person's address.
#[derive(FromRow)]
pub(super) struct SubscriptionRow {
    id: i64,
    blog_id: i64,
    subscriber_id: i64,
    address: String,
    status: String,
    paused_at: Option<i64>,
    paused_until: Option<i64>,
    frequency: String,
    source: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
    confirmed_at: Option<i64>,
    confirmed_by: String,
    ended_at: Option<i64>,
    seal: i64,
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = StoreError;

    fn try_from(row: SubscriptionRow) -> Result<Self> {
        let place = Place { table: "subscriptions", row: row.id };
        Ok(Self {
            id: SubscriptionId(row.id),
            blog_id: BlogId(row.blog_id),
            subscriber_id: SubscriberId(row.subscriber_id),
            address: row.address,
            status: place.need("status", SubscriptionStatus::parse(&row.status))?,
            paused_at: row.paused_at.map(at),
            paused_until: row.paused_until.map(at),
            frequency: place.need("frequency", Frequency::parse(&row.frequency))?,
            source: row.source,
            created_at: at(row.created_at),
            expires_at: row.expires_at.map(at),
            confirmed_at: row.confirmed_at.map(at),
            confirmed_by: place.need("confirmed_by", ConfirmedBy::parse(&row.confirmed_by))?,
            ended_at: row.ended_at.map(at),
            seal: Seal(row.seal),
        })
    }
}

/// Turns rows into values; the first damaged one is the answer.
pub(super) fn all<R, T>(rows: Vec<R>) -> Result<Vec<T>>
where
    T: TryFrom<R, Error = StoreError>,
{
    rows.into_iter().map(T::try_from).collect()
}

impl SqlStore {
    /// Writes a new delivery, which is due at once.
    pub(in crate::store) async fn insert_delivery(
        &self,
        connection: &mut Connection,
        new: &NewDelivery,
        now: Timestamp,
    ) -> Result<i64> {
        if let Cause::Stranger(_) = new.kind.cause() {
            return Err(StoreError::Broken("a mail that strangers can cause is counted (`caused`)".into()));
        }
        Ok(sqlx::query_scalar(
            "INSERT INTO singles (kind, priority, blog_id, subscription_id, subscriber_id, to_address, \
             to_hash, payload, status, queued_at, next_attempt_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $9) RETURNING id",
        )
        .bind(new.kind.as_str())
        .bind(new.kind.priority())
        .bind(new.blog_id.map(|id| id.0))
        .bind(new.subscription_id.map(|id| id.0))
        .bind(new.subscriber_id.map(|id| id.0))
        .bind(new.to.as_ref().map(EmailAddress::as_str))
        .bind(new.to.as_ref().map(|to| self.keys.address_hash(&to.key())))
        .bind(new.payload.as_deref())
        .bind(now.as_millis())
        .fetch_one(connection)
        .await?)
    }
}
