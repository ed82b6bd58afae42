//! Posts and their decisions.

use async_trait::async_trait;
use sqlx::FromRow;

use super::dialect::{for_update, in_numbers, in_texts, numbers, seal, text, texts};
use super::rows::{Place, all, at, ms, stored};
use super::{Connection, SqlStore};
use crate::domain::{BlogId, Decision, Identity, MailingContent, MailingId, Post, PostId, Reason, Timestamp};
use crate::store::{Alike, FoundPost, PostFilter, Posts, Respelled, Result, StoreError};

#[derive(FromRow)]
struct PostRow {
    id: i64,
    blog_id: i64,
    identity: String,
    link: Option<String>,
    title: String,
    published_at: Option<i64>,
    zone_minutes: Option<i64>,
    first_seen_at: i64,
    decision: String,
    reason: String,
    due_at: Option<i64>,
    decided_at: i64,
    mailing_id: Option<i64>,
}

impl TryFrom<PostRow> for Post {
    type Error = StoreError;

    fn try_from(row: PostRow) -> Result<Self> {
        let place = Place { table: "posts", row: row.id };
        Ok(Self {
            id: PostId(row.id),
            blog_id: BlogId(row.blog_id),
            identity: Identity::from_stored(row.identity),
            link: row.link,
            title: row.title,
            published_at: row.published_at.map(at),
            zone_minutes: row.zone_minutes.and_then(|minutes| i32::try_from(minutes).ok()),
            first_seen_at: at(row.first_seen_at),
            decision: place.need("decision", Decision::parse(&row.decision))?,
            reason: Reason::from_stored(&row.reason),
            due_at: row.due_at.map(at),
            decided_at: at(row.decided_at),
            mailing_id: row.mailing_id.map(MailingId),
        })
    }
}

#[async_trait]
impl Posts for SqlStore {
    async fn find_known(&self, blog: BlogId, identities: &[Identity]) -> Result<Vec<Post>> {
        let asked: Vec<&str> = identities.iter().map(Identity::as_str).collect();
        let rows: Vec<PostRow> = sqlx::query_as(concat!(
            "SELECT *, CAST(NULL AS BIGINT) AS mailing_id FROM posts WHERE blog_id = $1 AND identity ",
            in_texts!("$2"),
            " AND NOT (decision = 'skipped' AND reason IN ($3, $4))"
        ))
        .bind(blog.0)
        .bind(texts(asked))
        .bind(Reason::Vanished.to_stored())
        .bind(Reason::OLD_VANISHED)
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn find_alike(&self, blog: BlogId, alike: &Alike, limit: u32) -> Result<Vec<Post>> {
        let strings = |list: &[String]| texts(list.iter().map(String::as_str).collect());
        let rows: Vec<PostRow> = sqlx::query_as(concat!(
            "SELECT *, CAST(NULL AS BIGINT) AS mailing_id FROM posts WHERE blog_id = $1 AND (identity ",
            in_texts!("$2"),
            " OR link ",
            in_texts!("$3"),
            " OR title ",
            in_texts!("$4"),
            " OR published_at ",
            in_numbers!("$5"),
            ") ORDER BY id DESC LIMIT $6"
        ))
        .bind(blog.0)
        .bind(texts(alike.identities.iter().map(Identity::as_str).collect()))
        .bind(strings(&alike.links))
        .bind(strings(&alike.titles))
        .bind(numbers(alike.moments.iter().map(|at| at.as_millis())))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn list_posts(&self, filter: PostFilter, limit: u32) -> Result<Vec<Post>> {
        let rows: Vec<PostRow> = sqlx::query_as(
            "SELECT p.*, m.id AS mailing_id FROM posts p LEFT JOIN mailings m ON m.post_id = p.id AND m.kind = 'post' \
             WHERE ($1 IS NULL OR p.blog_id = $1) AND ($2 IS NULL OR p.decision = $2) \
             /* those of one look in the order of their own dates */ \
             ORDER BY p.first_seen_at DESC, COALESCE(p.published_at, p.first_seen_at) DESC, p.id DESC LIMIT $3",
        )
        .bind(filter.blog_id.map(|id| id.0))
        .bind(filter.decision.map(Decision::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        all(rows)
    }

    async fn get_post(&self, id: PostId) -> Result<Option<Post>> {
        let row: Option<PostRow> = sqlx::query_as(
            "SELECT p.*, m.id AS mailing_id FROM posts p LEFT JOIN mailings m ON m.post_id = p.id AND m.kind = 'post' \
             WHERE p.id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.reader)
        .await?;
        row.map(Post::try_from).transpose()
    }

    async fn claim_due_posts(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Post>> {
        let mut tx = self.write().await?;
        let rows: Vec<PostRow> = sqlx::query_as(concat!(
            "WITH due AS MATERIALIZED \
             (SELECT id FROM posts WHERE decision = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT $3",
            for_update!(skip locked),
            ") UPDATE posts SET due_at = $2, is_claimed = 1 WHERE id IN (SELECT id FROM due) \
             RETURNING *, CAST(NULL AS BIGINT) AS mailing_id"
        ))
        .bind(now.as_millis())
        .bind(until.as_millis())
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut posts: Vec<Post> = all(rows)?;
        // As they were published, so that they are mailed in that order.
        posts.sort_by_key(|post| (post.published_at.unwrap_or(post.first_seen_at), post.id));
        Ok(posts)
    }

    async fn renew_posts(&self, posts: &[PostId], until: Timestamp) -> Result<()> {
        sqlx::query(concat!(
            "UPDATE posts SET due_at = $2 WHERE is_claimed = 1 AND decision = 'waiting' AND id ",
            in_numbers!("$1")
        ))
        .bind(numbers(posts.iter().map(|id| id.0)))
        .bind(until.as_millis())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn release_posts(&self, posts: &[PostId], due: Timestamp) -> Result<()> {
        sqlx::query(concat!(
            "UPDATE posts SET due_at = $2, is_claimed = 0 WHERE is_claimed = 1 AND decision = 'waiting' AND id ",
            in_numbers!("$1")
        ))
        .bind(numbers(posts.iter().map(|id| id.0)))
        .bind(due.as_millis())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn mail_post(
        &self,
        id: PostId,
        from: Decision,
        content: &MailingContent,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Option<MailingId>> {
        let content_json =
            serde_json::to_string(content).expect("a struct of texts and numbers is always JSON");
        let mut tx = self.write().await?;
        let blog: Option<i64> = sqlx::query_scalar(
            "UPDATE posts SET decision = 'sent', reason = $3, due_at = NULL, is_claimed = 0, decided_at = $4 \
             WHERE id = $1 AND decision = $2 RETURNING blog_id",
        )
        .bind(id.0)
        .bind(from.as_str())
        .bind(stored(reason))
        .bind(now.as_millis())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(blog) = blog else { return Ok(None) };
        let mailing: Option<i64> = sqlx::query_scalar(concat!(
            "INSERT INTO mailings (blog_id, kind, post_id, status, title, content, created_at, seal) \
                 VALUES ($1, 'post', $2, 'filling', $3, $4, $5, ",
            seal!(),
            ") ON CONFLICT DO NOTHING RETURNING id"
        ))
        .bind(blog)
        .bind(id.0)
        .bind(text(&content.title))
        .bind(content_json)
        .bind(now.as_millis())
        .fetch_optional(&mut *tx)
        .await?;
        // One post is one mailing: what it has already stays, and so does its decision.
        let Some(mailing) = mailing else { return Ok(None) };
        tx.commit().await?;
        Ok(Some(MailingId(mailing)))
    }

    async fn decide_post(
        &self,
        id: PostId,
        from: Decision,
        to: Decision,
        reason: &Reason,
        due_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE posts SET decision = $3, reason = $4, due_at = $5, is_claimed = 0, decided_at = $6 \
             WHERE id = $1 AND decision = $2",
        )
        .bind(id.0)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(stored(reason))
        .bind(ms(due_at))
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

/// Writes what the feed says now of a known post. An identity that another
/// row has stays with it.
pub(super) async fn respell(
    connection: &mut Connection,
    blog: BlogId,
    post: &Respelled,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE posts SET link = $3, title = $4, published_at = $5, zone_minutes = $7, \
         /* what waits for its date and got another one is judged again */ \
         due_at = CASE WHEN decision = 'waiting' AND is_claimed = 0 AND published_at <> $5 \
         AND due_at <> $5 AND reason LIKE $8 THEN $9 ELSE due_at END, identity = CASE WHEN EXISTS \
         (SELECT 1 FROM posts o WHERE o.blog_id = $2 AND o.identity = $6 AND o.id <> $1) \
         THEN identity ELSE $6 END WHERE id = $1 AND blog_id = $2",
    )
    .bind(post.post.0)
    .bind(blog.0)
    .bind(post.link.as_deref().map(text))
    .bind(text(&post.title))
    .bind(ms(post.published_at))
    .bind(text(post.identity.as_str()))
    .bind(post.zone_minutes.map(i64::from))
    .bind(Reason::WAITS_FOR_DATE)
    .bind(now.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes one item, unless the blog is known to have had it (a vanished one is
/// new again); answers 1 or 0.
pub(super) async fn insert_post(
    connection: &mut Connection,
    blog: BlogId,
    post: &FoundPost,
    now: Timestamp,
) -> Result<u32> {
    let done = sqlx::query(
        "INSERT INTO posts (blog_id, identity, link, title, published_at, first_seen_at, decision, reason, \
         due_at, decided_at, zone_minutes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $6, $12) \
         ON CONFLICT (blog_id, identity) DO UPDATE SET link = excluded.link, title = excluded.title, \
         published_at = excluded.published_at, first_seen_at = excluded.first_seen_at, \
         decision = excluded.decision, reason = excluded.reason, due_at = excluded.due_at, \
         decided_at = excluded.decided_at, zone_minutes = excluded.zone_minutes \
         /* one that vanished before it was mailed, and is back */ \
         WHERE posts.decision = 'skipped' AND posts.reason IN ($10, $11)",
    )
    .bind(blog.0)
    .bind(text(post.identity.as_str()))
    .bind(post.link.as_deref().map(text))
    .bind(text(&post.title))
    .bind(ms(post.published_at))
    .bind(now.as_millis())
    .bind(post.decision.as_str())
    .bind(stored(&post.reason))
    .bind(ms(post.due_at))
    .bind(Reason::Vanished.to_stored())
    .bind(Reason::OLD_VANISHED)
    .bind(post.zone_minutes.map(i64::from))
    .execute(connection)
    .await?;
    Ok(u32::from(done.rows_affected() > 0))
}
