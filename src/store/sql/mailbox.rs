//! The built-in mailbox.

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::dialect::{self, hold, like};
use super::rows::at;
use crate::domain::DeliveryId;
use crate::store::{KeptMail, KeptMailHead, Mailbox, Result};

#[derive(FromRow)]
struct HeadRow {
    id: i64,
    delivery_id: Option<i64>,
    at: i64,
    sender: String,
    recipient: String,
    subject: String,
    kind: String,
    size_bytes: i64,
}

impl From<HeadRow> for KeptMailHead {
    fn from(row: HeadRow) -> Self {
        Self {
            id: row.id,
            delivery_id: row.delivery_id.map(DeliveryId),
            at: at(row.at),
            sender: row.sender,
            recipient: row.recipient,
            subject: row.subject,
            kind: row.kind,
            size_bytes: row.size_bytes,
        }
    }
}

#[async_trait]
impl Mailbox for SqlStore {
    async fn keep_mail(&self, mail: &KeptMail, keep_mails: u32, keep_bytes: u64) -> Result<i64> {
        let mut tx = self.write().await?;
        // Two at once would each leave the other's mail out of the count.
        hold(&mut tx, "mailbox").await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO mails (delivery_id, at, sender, recipient, subject, kind, size_bytes, raw) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        )
        .bind(mail.head.delivery_id.map(|id| id.0))
        .bind(mail.head.at.as_millis())
        .bind(&mail.head.sender)
        .bind(&mail.head.recipient)
        .bind(dialect::text(&mail.head.subject))
        .bind(&mail.head.kind)
        .bind(i64::try_from(mail.raw.len()).unwrap_or(i64::MAX))
        .bind(&mail.raw)
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query(
            // The newest stays, however large it is.
            "DELETE FROM mails WHERE id <> $1 AND id IN (SELECT id FROM ( \
                 SELECT id, ROW_NUMBER() OVER newest AS place, SUM(size_bytes) OVER newest AS upto \
                 FROM mails WINDOW newest AS (ORDER BY id DESC)) AS ranked \
             WHERE place > $2 OR upto > $3)",
        )
        .bind(id)
        .bind(i64::from(keep_mails))
        .bind(i64::try_from(keep_bytes).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn list_mails(&self, text: &str, limit: u32) -> Result<Vec<KeptMailHead>> {
        let rows: Vec<HeadRow> = sqlx::query_as(concat!(
            "SELECT id, delivery_id, at, sender, recipient, subject, kind, size_bytes FROM mails WHERE recipient ",
            like!(),
            " $1 ESCAPE '\\' OR subject ",
            like!(),
            " $1 ESCAPE '\\' ORDER BY id DESC LIMIT $2"
        ))
        .bind(super::rows::containing(&dialect::text(text)))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(KeptMailHead::from).collect())
    }

    async fn count_mails(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM mails").fetch_one(&self.reader).await?)
    }

    async fn get_mail(&self, id: i64) -> Result<Option<KeptMail>> {
        let head: Option<HeadRow> = sqlx::query_as(
            "SELECT id, delivery_id, at, sender, recipient, subject, kind, size_bytes FROM mails WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.reader)
        .await?;
        let raw: Option<Vec<u8>> = sqlx::query_scalar("SELECT raw FROM mails WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.reader)
            .await?;
        Ok(head.zip(raw).map(|(head, raw)| KeptMail { head: head.into(), raw }))
    }

    async fn empty_mailbox(&self) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM mails").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}
