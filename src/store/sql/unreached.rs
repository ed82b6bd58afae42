//! Mailings that are over and reached nobody, or nearly nobody (R17); equal on
//! both databases.

use std::collections::BTreeSet;

use super::again::again;
use super::dialect::{in_texts, texts};
use super::rows::stored;
use super::{SqlStore, Tx};
use crate::domain::{
    BlogId, DAY_MS, DeliveryKind, EmailAddress, MailingId, Reason, Reply, RestCause, SECOND_MS, Timestamp,
    reached_nobody,
};
use crate::store::{DeliveryCounts, Mailings as _, NewDelivery, Result};

/// Mailings that are looked at.
const MOST_OVER: i64 = 1_000;
/// So long a notice waits: what is about us is found and taken back by then.
const WAIT_MS: i64 = 30 * SECOND_MS;

impl SqlStore {
    pub(super) async fn note_all_unreached(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<MailingId>> {
        let over: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT id, blog_id FROM mailings WHERE status = 'done' AND reason IS NULL AND finished_at >= $1 \
             ORDER BY id LIMIT $2",
        )
        .bind(since.as_millis())
        .bind(MOST_OVER)
        .fetch_all(&self.reader)
        .await?;
        let mut noted = Vec::new();
        for (id, blog) in over {
            let id = MailingId(id);
            let DeliveryCounts { sent, failed, .. } = self.delivery_counts(id).await?;
            if !reached_nobody(sent, failed) {
                continue;
            }
            let reason = Reason::ReachedNobody { failed, sent, since: now, cause: self.cause_of(id).await? };
            if again(|| self.note_one_unreached(id, BlogId(blog), &reason, now)).await? {
                noted.push(id);
            }
        }
        if !noted.is_empty() {
            self.hint();
        }
        Ok(noted)
    }

    /// What was said to one of its readers.
    async fn cause_of(&self, id: MailingId) -> Result<RestCause> {
        let said: Option<(Option<i64>, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT code, enhanced, text FROM singles WHERE mailing_id = $1 AND status = 'failed' \
             ORDER BY mailing_id, subscription_id, copy LIMIT 1",
        )
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        let (code, enhanced, text) = said.unwrap_or_default();
        let code = code.and_then(|code| u16::try_from(code).ok());
        Ok(RestCause::of(&Reply { code, enhanced, text: text.unwrap_or_default() }))
    }

    async fn note_one_unreached(
        &self,
        id: MailingId,
        blog: BlogId,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let is_told = is_told(&mut tx, blog, reason, now).await?;
        let noted = sqlx::query(
            "UPDATE mailings SET reason = $2 WHERE id = $1 AND status = 'done' AND reason IS NULL",
        )
        .bind(id.0)
        .bind(stored(reason))
        .execute(&mut *tx)
        .await?;
        let is_noted = noted.rows_affected() > 0;
        let owner: Option<Option<String>> = sqlx::query_scalar("SELECT owner FROM blogs WHERE id = $1")
            .bind(blog.0)
            .fetch_optional(&mut *tx)
            .await?;
        let owner = owner.flatten().and_then(|owner| EmailAddress::parse(&owner).ok());
        if let Some(owner) = owner.filter(|_| is_noted && !is_told) {
            let delivery = NewDelivery {
                kind: DeliveryKind::Notice,
                blog_id: Some(blog),
                subscription_id: None,
                subscriber_id: None,
                payload: Some(payload(id.0)),
                to: Some(owner),
            };
            self.insert_delivery(&mut tx, &delivery, now.plus_ms(WAIT_MS)).await?;
        }
        tx.commit().await?;
        Ok(is_noted)
    }
}

/// Whether the owner knows: of a rest for the same refusal, or of another
/// mailing that reached nobody within a day.
async fn is_told(tx: &mut Tx, blog: BlogId, reason: &Reason, now: Timestamp) -> Result<bool> {
    let Reason::ReachedNobody { cause, .. } = reason else { return Ok(true) };
    let rests: Vec<String> = sqlx::query_scalar(
        "SELECT x.cause FROM rest_notices t JOIN rests x ON x.relay = t.relay AND x.domain = t.domain \
         WHERE t.blog_id = $1 ORDER BY x.relay, x.domain LIMIT $2",
    )
    .bind(blog.0)
    .bind(MOST_OVER)
    .fetch_all(&mut **tx)
    .await?;
    let is_like =
        |json: &String| serde_json::from_str::<RestCause>(json).is_ok_and(|told| told.is_like(cause));
    if rests.iter().any(is_like) {
        return Ok(true);
    }
    let newest: Vec<String> = sqlx::query_scalar(
        "SELECT reason FROM mailings WHERE blog_id = $1 AND status = 'done' AND reason IS NOT NULL \
         AND finished_at >= $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(blog.0)
    .bind(now.plus_ms(-DAY_MS).as_millis())
    .bind(MOST_OVER)
    .fetch_all(&mut **tx)
    .await?;
    Ok(newest.iter().any(|reason| matches!(Reason::from_stored(reason), Reason::ReachedNobody { .. })))
}

/// What a notice carries; the rest is read from the mailing when it is sent.
fn payload(mailing: i64) -> String {
    serde_json::json!({ "reached_nobody": mailing }).to_string()
}

/// Mailings that go on: their owners are not told that nobody got them.
pub(super) async fn withdraw_notices(tx: &mut Tx, mailings: &BTreeSet<i64>) -> Result<()> {
    let payloads: Vec<String> = mailings.iter().map(|id| payload(*id)).collect();
    sqlx::query(concat!(
        "DELETE FROM singles WHERE status = 'queued' AND priority = $2 AND kind = 'notice' \
         AND lease_owner IS NULL AND payload ",
        in_texts!("$1")
    ))
    .bind(texts(payloads.iter().map(String::as_str).collect()))
    .bind(DeliveryKind::Notice.priority())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
