//! Senders of mails to one that are refused (R7); equal on both databases.

use super::SqlStore;
use super::dialect::{hold, text};
use super::rows::{Place, at};
use crate::domain::{
    BlogId, DAY_MS, DeliveryKind, REFUSED_SENDER_AGAIN_MS, REFUSED_SENDER_MS, Rest, RestCause, Timestamp,
};
use crate::store::{NewDelivery, RefusedSender, Result};

/// Blogs that are told of.
const MOST_BLOGS: i64 = 1_000;

impl SqlStore {
    pub(super) async fn write_refused_sender(
        &self,
        blog: Option<BlogId>,
        relay: &str,
        cause: &RestCause,
        notice: Option<&NewDelivery>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        // Two connections that are refused at once tell it once.
        hold(&mut tx, "rests").await?;
        let blog_id = blog.map(|id| id.0);
        sqlx::query("DELETE FROM refused_senders WHERE refused_at <= $1")
            .bind(now.plus_ms(-REFUSED_SENDER_MS).as_millis())
            .execute(&mut *tx)
            .await?;
        let cause = serde_json::to_string(cause).expect("a struct of texts and numbers is always JSON");
        sqlx::query(
            "INSERT INTO refused_senders (blog_id, relay, since, refused_at, cause) VALUES ($1, $2, $3, $3, $4) \
             ON CONFLICT (blog_id) DO UPDATE SET relay = excluded.relay, refused_at = excluded.refused_at, \
             cause = excluded.cause",
        )
        .bind(blog_id.unwrap_or_default())
        .bind(relay)
        .bind(now.as_millis())
        .bind(text(&cause))
        .execute(&mut *tx)
        .await?;
        let is_told: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM singles WHERE status = 'queued' AND priority = $2 AND kind = 'notice' \
                 AND blog_id = $1 AND payload LIKE '%\"sender_refused\"%') \
             OR EXISTS (SELECT 1 FROM singles WHERE mailing_id IS NULL AND status <> 'queued' \
                 AND settled_at >= $3 AND kind = 'notice' AND blog_id = $1 AND payload LIKE '%\"sender_refused\"%')",
        )
        .bind(blog_id)
        .bind(DeliveryKind::Notice.priority())
        .bind(now.plus_ms(-DAY_MS).as_millis())
        .fetch_one(&mut *tx)
        .await?;
        let notice = notice.filter(|_| !is_told);
        if let Some(notice) = notice {
            self.insert_delivery(&mut tx, notice, now).await?;
        }
        tx.commit().await?;
        Ok(notice.is_some())
    }

    pub(super) async fn read_refused_senders(&self, now: Timestamp) -> Result<Vec<RefusedSender>> {
        let rows: Vec<(i64, String, i64, i64, String)> = sqlx::query_as(
            "SELECT blog_id, relay, since, refused_at, cause FROM refused_senders WHERE refused_at > $1 \
             ORDER BY blog_id LIMIT $2",
        )
        .bind(now.plus_ms(-REFUSED_SENDER_MS).as_millis())
        .bind(MOST_BLOGS)
        .fetch_all(&self.reader)
        .await?;
        let refused = |(blog, relay, since, refused_at, cause): (i64, String, i64, i64, String)| {
            let place = Place { table: "refused_senders", row: blog };
            let rest = Rest {
                relay,
                domain: None,
                since: at(since),
                refused_at: at(refused_at),
                until: at(refused_at).plus_ms(REFUSED_SENDER_AGAIN_MS),
                ended_at: None,
                cause: place.need("cause", serde_json::from_str(&cause).ok())?,
            };
            Ok(RefusedSender { blog_id: Some(BlogId(blog)).filter(|_| blog != 0), rest })
        };
        rows.into_iter().map(refused).collect()
    }
}
