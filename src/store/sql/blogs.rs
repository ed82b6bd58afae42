//! Blogs and looks at their feeds.

use async_trait::async_trait;

use super::again::again;
use super::dialect::{HAS_MANY_WRITERS, for_update, in_numbers, numbers, seal, text};
use super::posts::{insert_post, respell};
use super::rows::{BlogRow, all};
use super::{Connection, SqlStore, errors};
use crate::domain::schedule::{LONGEST_PING_WAIT_MS, PING_WAIT_MS};
use crate::domain::{Blog, BlogEdit, BlogId, EmailAddress, NewBlog, Slug, Timestamp, Zone};
use crate::store::{Blogs, FoundPost, Look, LookOutcome, Result, StoreError};

#[async_trait]
impl Blogs for SqlStore {
    async fn add_blog(
        &self,
        blog: &NewBlog,
        baseline: &[FoundPost],
        validators: (Option<&str>, Option<&str>),
        first_check_at: Timestamp,
        now: Timestamp,
    ) -> Result<Blog> {
        let mut tx = self.write().await?;
        let row: BlogRow = sqlx::query_as(concat!(
            "INSERT INTO blogs (slug, title, description, home_url, feed_url, mail_from, reply_to, owner, \
             origins, body, approve, accent, etag, last_modified, created_at, next_check_at, last_checked_at, \
             are_origins_own, time_zone, seal) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $15, 1, $17, ",
            seal!(),
            ") RETURNING *"
        ))
        .bind(blog.slug.as_str())
        .bind(text(&blog.title))
        .bind(text(&blog.description))
        .bind(&blog.home_url)
        .bind(&blog.feed_url)
        .bind(&blog.mail_from)
        .bind(blog.reply_to.as_ref().map(EmailAddress::as_str))
        .bind(blog.owner.as_ref().map(EmailAddress::as_str))
        .bind(origins(&blog.origins))
        .bind(blog.body.as_str())
        .bind(blog.approve.as_str())
        .bind(&blog.accent)
        .bind(validators.0.map(text))
        .bind(validators.1.map(text))
        .bind(now.as_millis())
        .bind(first_check_at.as_millis())
        .bind(blog.time_zone.as_ref().map(Zone::as_str))
        .fetch_one(&mut *tx)
        .await
        .map_err(errors::taken(blog.slug.as_str()))?;
        let blog = Blog::try_from(row)?;
        for post in baseline {
            insert_post(&mut tx, blog.id, post, now).await?;
        }
        tx.commit().await?;
        Ok(blog)
    }

    async fn find_blog(&self, slug: &str) -> Result<Option<Blog>> {
        // What is no slug is nobody's, and may hold what the database cannot.
        let Ok(slug) = slug.parse::<Slug>() else { return Ok(None) };
        let row: Option<BlogRow> = sqlx::query_as("SELECT * FROM blogs WHERE slug = $1")
            .bind(slug.as_str())
            .fetch_optional(&self.reader)
            .await?;
        row.map(Blog::try_from).transpose()
    }

    async fn get_blog(&self, id: BlogId) -> Result<Option<Blog>> {
        let row: Option<BlogRow> = sqlx::query_as("SELECT * FROM blogs WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.reader)
            .await?;
        row.map(Blog::try_from).transpose()
    }

    async fn get_blogs(&self, ids: &[BlogId]) -> Result<Vec<Blog>> {
        let rows: Vec<BlogRow> =
            sqlx::query_as(concat!("SELECT * FROM blogs WHERE id ", in_numbers!("$1"), " ORDER BY id"))
                .bind(numbers(ids.iter().map(|id| id.0)))
                .fetch_all(&self.reader)
                .await?;
        all(rows)
    }

    async fn list_blogs(&self) -> Result<Vec<Blog>> {
        all(sqlx::query_as::<_, BlogRow>("SELECT * FROM blogs ORDER BY slug").fetch_all(&self.reader).await?)
    }

    async fn edit_blog(&self, id: BlogId, edit: &BlogEdit, now: Timestamp) -> Result<Blog> {
        let mut tx = self.write().await?;
        let row: Option<BlogRow> =
            sqlx::query_as(concat!("SELECT * FROM blogs WHERE id = $1", for_update!()))
                .bind(id.0)
                .fetch_optional(&mut *tx)
                .await?;
        let mut blog = Blog::try_from(row.ok_or(StoreError::Missing("blog"))?)?;
        apply(edit, &mut blog, now);
        sqlx::query(
            "UPDATE blogs SET title = $2, home_url = $3, feed_url = $4, mail_from = $5, reply_to = $6, \
             owner = $7, origins = $8, body = $9, approve = $10, accent = $11, next_check_at = $12, \
             failures = $13, last_error = $14, etag = $15, last_modified = $16, time_zone = $17, \
             /* another feed has failed at no look yet */ \
             failing_since = CASE WHEN $13 = 0 THEN NULL ELSE failing_since END, \
             told_failing_at = CASE WHEN $13 = 0 THEN NULL ELSE told_failing_at END, \
             /* who looks now looks at the old address */ \
             is_claimed = CASE WHEN feed_url = $4 THEN is_claimed ELSE 0 END WHERE id = $1",
        )
        .bind(id.0)
        .bind(&blog.title)
        .bind(&blog.home_url)
        .bind(&blog.feed_url)
        .bind(&blog.mail_from)
        .bind(blog.reply_to.as_ref().map(EmailAddress::as_str))
        .bind(blog.owner.as_ref().map(EmailAddress::as_str))
        .bind(origins(&blog.origins))
        .bind(blog.body.as_str())
        .bind(blog.approve.as_str())
        .bind(&blog.accent)
        .bind(blog.next_check_at.as_millis())
        .bind(i64::from(blog.failures))
        .bind(&blog.last_error)
        .bind(&blog.etag)
        .bind(&blog.last_modified)
        .bind(blog.time_zone.as_ref().map(Zone::as_str))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(blog)
    }

    async fn narrow_origins(
        &self,
        narrow: &(dyn for<'a> Fn(&'a Blog, &'a [String]) -> Vec<String> + Send + Sync),
        limit: u32,
    ) -> Result<u32> {
        let mut tx = self.write().await?;
        let wide: Vec<BlogRow> = sqlx::query_as(concat!(
            "SELECT * FROM blogs WHERE are_origins_own = 0 ORDER BY id LIMIT $1",
            for_update!()
        ))
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
        let wide: Vec<Blog> = all(wide)?;
        for blog in &wide {
            // The items that the feed had as the blog was added: what the list was made from.
            let links: Vec<String> = sqlx::query_scalar(
                "SELECT link FROM posts WHERE blog_id = $1 AND first_seen_at = $2 AND link IS NOT NULL",
            )
            .bind(blog.id.0)
            .bind(blog.created_at.as_millis())
            .fetch_all(&mut *tx)
            .await?;
            sqlx::query("UPDATE blogs SET origins = $2, are_origins_own = 1 WHERE id = $1")
                .bind(blog.id.0)
                .bind(origins(&narrow(blog, &links)))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(u32::try_from(wide.len()).unwrap_or(u32::MAX))
    }

    async fn remove_blog(&self, id: BlogId) -> Result<()> {
        again(|| self.remove_with_all(id)).await
    }

    async fn claim_due_blogs(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Blog>> {
        let mut tx = self.write().await?;
        let rows: Vec<BlogRow> = sqlx::query_as(concat!(
            // materialised: PostgreSQL might else look for due rows again at each row, past the limit.
            "WITH due AS MATERIALIZED \
             (SELECT id FROM blogs WHERE next_check_at <= $1 ORDER BY next_check_at, id LIMIT $3",
            for_update!(skip locked),
            ") UPDATE blogs SET next_check_at = $2, is_claimed = 1, pinged_at = NULL, \
             /* a look that a ping caused; for nothing, as far as is known here: a new post takes it back */ \
             ping_looked_at = CASE WHEN pinged_at IS NULL THEN ping_looked_at ELSE $1 END, \
             ping_wait_ms = CASE WHEN pinged_at IS NULL THEN ping_wait_ms \
             WHEN ping_wait_ms * 2 > $4 THEN $4 ELSE ping_wait_ms * 2 END \
             WHERE id IN (SELECT id FROM due) RETURNING *"
        ))
        .bind(now.as_millis())
        .bind(until.as_millis())
        .bind(i64::from(limit))
        .bind(LONGEST_PING_WAIT_MS)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut blogs: Vec<Blog> = all(rows)?;
        blogs.sort_by_key(|blog| blog.id);
        Ok(blogs)
    }

    async fn renew_looks(&self, blogs: &[BlogId], until: Timestamp) -> Result<()> {
        self.move_looks(blogs, until, true).await
    }

    async fn release_looks(&self, blogs: &[BlogId], due: Timestamp) -> Result<()> {
        self.move_looks(blogs, due, false).await
    }

    async fn record_look(&self, look: &Look, now: Timestamp) -> Result<u32> {
        let mut tx = self.write().await?;
        // What another address said is nothing of this feed; this one is looked at now.
        let statement =
            "UPDATE blogs SET is_claimed = 0, next_check_at = $3 WHERE id = $1 AND feed_url <> $2";
        let was_changed = sqlx::query(statement)
            .bind(look.blog_id.0)
            .bind(text(&look.feed_url))
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
        if was_changed.rows_affected() > 0 {
            tx.commit().await?;
            self.hint();
            return Ok(0);
        }
        let mut new = 0;
        let (failure, etag, last_modified) = match &look.outcome {
            LookOutcome::Failed { reason, .. } => (Some(reason.as_str()), None, None),
            LookOutcome::Unchanged => (None, None, None),
            LookOutcome::Read { etag, last_modified, .. } => {
                (None, etag.as_deref(), last_modified.as_deref())
            }
        };
        let (is_read, moved_to, gap) = match &look.outcome {
            LookOutcome::Read { moved_to, gap, .. } => (true, moved_to.as_deref(), gap.as_deref()),
            LookOutcome::Unchanged | LookOutcome::Failed { .. } => (false, None, None),
        };
        self.tell_of_feed(&mut tx, look, now).await?;
        let is_told = matches!(&look.outcome, LookOutcome::Failed { notice: Some(_), .. });
        let known = sqlx::query(
            "UPDATE blogs SET last_checked_at = $2, is_claimed = 0, last_error = $4, next_check_at = $3, \
             pinged_at = CASE WHEN pinged_at >= $8 THEN pinged_at END, \
             feed_url = COALESCE($9, feed_url), gap = COALESCE($10, gap), \
             failures = CASE WHEN $4 IS NULL THEN 0 ELSE failures + 1 END, \
             failing_since = CASE WHEN $4 IS NOT NULL THEN COALESCE(failing_since, $2) END, \
             told_failing_at = CASE WHEN $4 IS NOT NULL THEN COALESCE(told_failing_at, $11) END, \
             /* only a full answer brings validators */ \
             etag = CASE WHEN $5 THEN $6 ELSE etag END, \
             last_modified = CASE WHEN $5 THEN $7 ELSE last_modified END WHERE id = $1",
        )
        .bind(look.blog_id.0)
        .bind(now.as_millis())
        .bind(look.next_check_at.as_millis())
        .bind(failure.map(text))
        .bind(is_read)
        .bind(etag.map(text))
        .bind(last_modified.map(text))
        .bind(look.began_at.as_millis())
        .bind(moved_to.map(text))
        .bind(gap.map(text))
        .bind(is_told.then_some(now.as_millis()))
        .execute(&mut *tx)
        .await?;
        if known.rows_affected() == 0 {
            return Err(StoreError::Missing("blog"));
        }
        if let LookOutcome::Read { posts, respelled, notice, .. } = &look.outcome {
            // First, since a new post may have the id now that another had.
            for post in respelled {
                respell(&mut tx, look.blog_id, post, now).await?;
            }
            for post in posts {
                new += insert_post(&mut tx, look.blog_id, post, now).await?;
            }
            // A look that was done twice tells the owner once.
            if let Some(delivery) = notice.as_ref().filter(|_| new > 0) {
                self.insert_delivery(&mut tx, delivery, now).await?;
            }
        }
        if new > 0 {
            let statement = "UPDATE blogs SET ping_wait_ms = $2 WHERE id = $1";
            sqlx::query(statement).bind(look.blog_id.0).bind(PING_WAIT_MS).execute(&mut *tx).await?;
        }
        // Who said meanwhile that there is a new post has another look.
        let statement = "UPDATE blogs SET next_check_at = \
             CASE WHEN ping_looked_at + ping_wait_ms > $2 THEN ping_looked_at + ping_wait_ms ELSE $2 END \
             WHERE id = $1 AND pinged_at IS NOT NULL AND failures = 0 AND next_check_at > $2 \
             AND next_check_at > ping_looked_at + ping_wait_ms";
        sqlx::query(statement).bind(look.blog_id.0).bind(now.as_millis()).execute(&mut *tx).await?;
        tx.commit().await?;
        self.hint();
        Ok(new)
    }

    async fn look_soon(&self, id: BlogId, now: Timestamp) -> Result<()> {
        sqlx::query(
            "UPDATE blogs SET pinged_at = $2, \
             next_check_at = CASE WHEN is_claimed = 1 OR failures > 0 OR next_check_at <= $2 THEN next_check_at \
             WHEN ping_looked_at + ping_wait_ms > next_check_at THEN next_check_at \
             WHEN ping_looked_at + ping_wait_ms > $2 THEN ping_looked_at + ping_wait_ms ELSE $2 END \
             WHERE id = $1",
        )
        .bind(id.0)
        .bind(now.as_millis())
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

impl SqlStore {
    async fn move_looks(&self, blogs: &[BlogId], to: Timestamp, is_kept: bool) -> Result<()> {
        let statement = concat!(
            "UPDATE blogs SET next_check_at = $2, is_claimed = $3 WHERE is_claimed = 1 AND id ",
            in_numbers!("$1")
        );
        let query = sqlx::query(statement).bind(numbers(blogs.iter().map(|id| id.0)));
        query.bind(to.as_millis()).bind(i64::from(is_kept)).execute(&self.writer).await?;
        Ok(())
    }

    /// Tells the owner once of a feed that fails, and once that it is back.
    async fn tell_of_feed(&self, connection: &mut Connection, look: &Look, now: Timestamp) -> Result<()> {
        let (is_failing, notice) = match &look.outcome {
            LookOutcome::Failed { notice, .. } => (true, notice),
            _ => (false, &look.back),
        };
        let Some(notice) = notice else { return Ok(()) };
        let statement = concat!("SELECT told_failing_at FROM blogs WHERE id = $1", for_update!());
        let told: Option<Option<i64>> =
            sqlx::query_scalar(statement).bind(look.blog_id.0).fetch_optional(&mut *connection).await?;
        if told.flatten().is_none() == is_failing {
            self.insert_delivery(connection, notice, now).await?;
        }
        Ok(())
    }

    async fn remove_with_all(&self, id: BlogId) -> Result<()> {
        let mut tx = self.write().await?;
        if HAS_MANY_WRITERS {
            // Who is signing up here right now comes first, and nobody after.
            for statement in [
                concat!("SELECT id FROM blogs WHERE id = $1", for_update!(and key)),
                // Who signs up elsewhere keeps his row: it is looked at again below.
                concat!(
                    "SELECT id FROM subscribers WHERE id IN (SELECT subscriber_id FROM subscriptions \
                     WHERE blog_id = $1) ORDER BY id",
                    for_update!(and key)
                ),
            ] {
                sqlx::query(statement).bind(id.0).execute(&mut *tx).await?;
            }
        }
        // Before their subscriptions go, which would leave them without an address.
        sqlx::query("DELETE FROM singles WHERE blog_id = $1").bind(id.0).execute(&mut *tx).await?;
        sqlx::query(
            "DELETE FROM subscribers WHERE id IN (SELECT subscriber_id FROM subscriptions WHERE blog_id = $1) \
             AND NOT EXISTS (SELECT 1 FROM subscriptions o WHERE o.subscriber_id = subscribers.id AND o.blog_id <> $1)",
        )
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        // Posts, mailings, subscriptions and their record of consent go with it.
        let gone = sqlx::query("DELETE FROM blogs WHERE id = $1").bind(id.0).execute(&mut *tx).await?;
        if gone.rows_affected() == 0 {
            return Err(StoreError::Missing("blog"));
        }
        tx.commit().await?;
        Ok(())
    }
}

fn origins(list: &[String]) -> String {
    serde_json::Value::from(list.to_vec()).to_string()
}

/// What an edit makes of a blog.
fn apply(edit: &BlogEdit, blog: &mut Blog, now: Timestamp) {
    fn set<T: Clone>(field: &mut T, new: &Option<T>) {
        if let Some(new) = new {
            field.clone_from(new);
        }
    }
    if edit.feed_url.as_ref().is_some_and(|url| *url != blog.feed_url) {
        (blog.etag, blog.last_modified, blog.last_error) = (None, None, None);
        blog.failures = 0;
        blog.next_check_at = now;
    }
    set(&mut blog.title, &edit.title);
    set(&mut blog.home_url, &edit.home_url);
    set(&mut blog.feed_url, &edit.feed_url);
    set(&mut blog.mail_from, &edit.mail_from);
    set(&mut blog.reply_to, &edit.reply_to);
    set(&mut blog.owner, &edit.owner);
    set(&mut blog.origins, &edit.origins);
    set(&mut blog.body, &edit.body);
    set(&mut blog.approve, &edit.approve);
    set(&mut blog.accent, &edit.accent);
    set(&mut blog.time_zone, &edit.time_zone);
}
