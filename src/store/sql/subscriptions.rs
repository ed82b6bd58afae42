//! Subscribers and subscriptions. The longer methods have files of their own:
//! `sign_up` (one for each database), `transition`, `import`, `upkeep`.

use async_trait::async_trait;
use sqlx::FromRow;

use super::again::again;
use super::caused::Hashes;
use super::dialect::{hold, like, text};
use super::rows::{Place, SubscriptionRow, all, at, containing, subscription_columns};
use super::{SqlStore, asking, transition};
use crate::domain::{
    BlogId, ConsentKind, DeliveryKind, EmailAddress, Evidence, MANAGE, Seal, SubscriberId, Subscription,
    SubscriptionId, SubscriptionStatus, Timestamp,
};
use crate::store::{
    Asked, Asker, ConsentRecord, ImportOutcome, ImportRow, Outbox, Purged, Result, SignUp, SignedUp,
    StoreError, Subscriber, SubscriberFilter, Subscriptions,
};

#[derive(FromRow)]
struct SubscriberRow {
    id: i64,
    address: String,
    created_at: i64,
    seal: i64,
    generation: i64,
}

impl From<SubscriberRow> for Subscriber {
    fn from(row: SubscriberRow) -> Self {
        Self {
            id: SubscriberId(row.id),
            address: row.address,
            created_at: at(row.created_at),
            seal: Seal(row.seal),
            generation: row.generation,
        }
    }
}

#[derive(FromRow)]
struct ConsentRow {
    id: i64,
    at: i64,
    blog_id: i64,
    kind: String,
    ip: Option<String>,
    user_agent: Option<String>,
    source: Option<String>,
}

impl TryFrom<ConsentRow> for ConsentRecord {
    type Error = StoreError;

    fn try_from(row: ConsentRow) -> Result<Self> {
        let place = Place { table: "consents", row: row.id };
        Ok(Self {
            at: at(row.at),
            blog_id: BlogId(row.blog_id),
            kind: place.need("kind", ConsentKind::parse(&row.kind))?,
            evidence: Evidence { ip: row.ip, user_agent: row.user_agent, source: row.source },
        })
    }
}

#[async_trait]
impl Subscriptions for SqlStore {
    async fn sign_up(
        &self,
        sign_up: &SignUp,
        decide: asking::Decide<'_>,
        now: Timestamp,
    ) -> Result<SignedUp> {
        self.record_sign_up(sign_up, decide, now).await
    }

    async fn sign_up_all(
        &self,
        sign_ups: &[SignUp],
        decide: asking::Decide<'_>,
        now: Timestamp,
    ) -> Vec<Result<SignedUp>> {
        self.record_sign_ups(sign_ups, decide, now).await
    }

    async fn transition(
        &self,
        id: SubscriptionId,
        rule: transition::Rule<'_>,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<Option<(Subscription, Subscription)>> {
        again(|| self.change_subscription(id, rule, evidence, now)).await
    }

    async fn get_subscription(&self, id: SubscriptionId) -> Result<Option<Subscription>> {
        let row: Option<SubscriptionRow> = sqlx::query_as(concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id WHERE s.id = $1"
        ))
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        row.map(Subscription::try_from).transpose()
    }

    async fn list_subscriptions(&self, subscriber: SubscriberId) -> Result<Vec<Subscription>> {
        let rows: Vec<SubscriptionRow> = sqlx::query_as(concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id \
             JOIN blogs g ON g.id = s.blog_id WHERE s.subscriber_id = $1 ORDER BY g.title, s.id"
        ))
        .bind(subscriber.0)
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn find_subscriber(&self, address: &EmailAddress) -> Result<Option<Subscriber>> {
        let row: Option<SubscriberRow> = sqlx::query_as(
            "SELECT id, address, created_at, seal, generation FROM subscribers WHERE address_key = $1",
        )
        .bind(address.key())
        .fetch_optional(&self.reader)
        .await?;
        Ok(row.map(Subscriber::from))
    }

    async fn get_subscriber(&self, id: SubscriberId) -> Result<Option<Subscriber>> {
        let row: Option<SubscriberRow> =
            sqlx::query_as("SELECT id, address, created_at, seal, generation FROM subscribers WHERE id = $1")
                .bind(id.0)
                .fetch_optional(&self.reader)
                .await?;
        Ok(row.map(Subscriber::from))
    }

    async fn page_subscriptions(&self, filter: &SubscriberFilter, limit: u32) -> Result<Vec<Subscription>> {
        let rows: Vec<SubscriptionRow> = sqlx::query_as(concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id \
             WHERE s.id > $1 AND ($2 IS NULL OR s.blog_id = $2) AND ($3 IS NULL OR s.status = $3) \
             AND ($4 IS NULL OR b.address ",
            like!(),
            " $4 ESCAPE '\\') ORDER BY s.id LIMIT $5"
        ))
        .bind(filter.after.map_or(0, |id| id.0))
        .bind(filter.blog_id.map(|id| id.0))
        .bind(filter.status.map(SubscriptionStatus::as_str))
        .bind(filter.text.as_deref().map(|part| containing(&text(part))))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn list_consents(&self, subscriber: SubscriberId) -> Result<Vec<ConsentRecord>> {
        let rows: Vec<ConsentRow> =
            sqlx::query_as("SELECT * FROM consents WHERE subscriber_id = $1 ORDER BY at, id")
                .bind(subscriber.0)
                .fetch_all(&self.reader)
                .await?;
        all(rows)
    }

    async fn import(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        kind: ConsentKind,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>> {
        again(|| self.import_rows(blog, rows, kind, now)).await
    }

    async fn preview_import(
        &self,
        blog: BlogId,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>> {
        self.preview_rows(blog, rows, now).await
    }

    async fn request_manage_link(
        &self,
        address: &EmailAddress,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Asked> {
        again(|| self.record_manage_request(address, asker, now)).await
    }

    async fn use_manage_link(
        &self,
        address: &EmailAddress,
        mailed_until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        let hashes = Hashes::of(address, &self.keys);
        self.give_back(&mut tx, &MANAGE, &hashes, 0, mailed_until, now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn count_visit(&self, asker: &Asker, now: Timestamp) -> Result<Asked> {
        let mut tx = self.write().await?;
        let asked = self.count_asked(&mut tx, std::slice::from_ref(asker), now).await?;
        tx.commit().await?;
        Ok(asked.into_iter().next().unwrap_or(Asked::Taken))
    }

    async fn erase_subscriber(&self, address: &EmailAddress, now: Timestamp) -> Result<bool> {
        // What was sent is to be counted as sent.
        self.apply_all_settlements("").await?;
        again(|| self.erase_person(address, now)).await
    }

    async fn purge(
        &self,
        pending_before: Timestamp,
        ended_before: Timestamp,
        log_before: Timestamp,
        limit: u32,
    ) -> Result<Purged> {
        again(|| self.purge_step(pending_before, ended_before, log_before, limit)).await
    }
}

impl SqlStore {
    /// The same statements whoever is asked for, one who is not there too (S1).
    async fn record_manage_request(
        &self,
        address: &EmailAddress,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Asked> {
        let hashes = Hashes::of(address, &self.keys);
        let mut tx = self.write().await?;
        // Of two at once the second sees the first's mail.
        hold(&mut tx, &hashes.canonical).await?;
        let asked = self.count_asked(&mut tx, std::slice::from_ref(asker), now).await?;
        let asked = asked.into_iter().next().unwrap_or(Asked::Taken);
        if asked == Asked::Taken {
            self.queue_one(&mut tx, DeliveryKind::Manage, &hashes, None, now).await?;
        }
        tx.commit().await?;
        self.hint();
        Ok(asked)
    }
}
