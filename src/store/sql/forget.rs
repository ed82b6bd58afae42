//! What mentions a person who is erased, beside their own rows: kept mails,
//! and what servers said of others.
//!
//! Nobody knows where such a mention stands, so these tables are walked. That
//! takes seconds where there are millions of rows, and is done by readers
//! alone: a change names the rows that were found, a few at a time, and holds
//! up nobody who writes (decision 0025).

use super::SqlStore;
use super::dialect::{in_numbers, like, numbers};
use super::rows::containing;
use crate::domain::{DeliveryKind, EmailAddress, Reason, Timestamp, mentions};
use crate::store::Result;

/// Kept mails that are looked through at once.
const PAGE: i64 = 50;
/// Rows that are changed at once.
const STEP: usize = 500;

/// How kept mails are read on, and how they are removed.
const KEPT: [(&str, &str); 2] = [
    (
        "SELECT id, raw FROM strays WHERE id > $1 ORDER BY id LIMIT $2",
        concat!("DELETE FROM strays WHERE id ", in_numbers!("$1")),
    ),
    (
        "SELECT id, raw FROM mails WHERE id > $1 ORDER BY id LIMIT $2",
        concat!("DELETE FROM mails WHERE id ", in_numbers!("$1")),
    ),
];

/// How words are found, and how they are taken out of those rows.
const WORDS: [(&str, &str); 4] = [
    (
        concat!("SELECT id FROM feedback WHERE diagnostic ", like!(), " $1 ESCAPE '\\'"),
        concat!("UPDATE feedback SET diagnostic = NULL WHERE id ", in_numbers!("$1")),
    ),
    // What was refused of a mailing, and what belongs to none, have an index each.
    (
        concat!(
            "SELECT id FROM singles WHERE status = 'failed' AND mailing_id IS NOT NULL AND text ",
            like!(),
            " $1 ESCAPE '\\'"
        ),
        concat!("UPDATE singles SET text = NULL WHERE id ", in_numbers!("$1")),
    ),
    (
        concat!(
            "SELECT id FROM singles WHERE mailing_id IS NULL AND status <> 'queued' AND text ",
            like!(),
            " $1 ESCAPE '\\'"
        ),
        concat!("UPDATE singles SET text = NULL WHERE id ", in_numbers!("$1")),
    ),
    (
        concat!(
            "SELECT id FROM singles WHERE mailing_id IS NULL AND status <> 'queued' AND payload ",
            like!(),
            " $1 ESCAPE '\\'"
        ),
        // One that was tried again meanwhile is not sent without its words.
        concat!("UPDATE singles SET payload = NULL WHERE status <> 'queued' AND id ", in_numbers!("$1")),
    ),
];

impl SqlStore {
    /// Removes what names this address in rows that are about somebody else,
    /// or about nobody.
    pub(super) async fn forget_mentions(&self, address: &EmailAddress, now: Timestamp) -> Result<()> {
        for (read, remove) in KEPT {
            let mut last = 0;
            loop {
                let page: Vec<(i64, Vec<u8>)> =
                    sqlx::query_as(read).bind(last).bind(PAGE).fetch_all(&self.reader).await?;
                let Some((at, _)) = page.last() else { break };
                last = *at;
                let named = page.into_iter().filter(|(_, raw)| mentions(raw, address)).map(|(id, _)| id);
                self.change(remove, &named.collect::<Vec<_>>()).await?;
            }
        }
        let pattern = containing(&address.key());
        for (find, cut) in WORDS {
            let found: Vec<i64> = sqlx::query_scalar(find).bind(&pattern).fetch_all(&self.reader).await?;
            self.change(cut, &found).await?;
        }
        // A notice that waits is not sent without its words.
        let waiting: Vec<i64> = sqlx::query_scalar(concat!(
            "SELECT id FROM singles WHERE status = 'queued' AND priority = $2 AND kind = $3 AND payload ",
            like!(),
            " $1 ESCAPE '\\'"
        ))
        .bind(&pattern)
        .bind(DeliveryKind::Notice.priority())
        .bind(DeliveryKind::Notice.as_str())
        .fetch_all(&self.reader)
        .await?;
        for step in waiting.chunks(STEP) {
            sqlx::query(concat!(
                "UPDATE singles SET status = 'withheld', reason = $2, payload = NULL, settled_at = $3, \
                 next_attempt_at = NULL, lease_owner = NULL WHERE status = 'queued' AND id ",
                in_numbers!("$1")
            ))
            .bind(numbers(step.iter().copied()))
            .bind(Reason::ReaderRemoved.to_stored())
            .bind(now.as_millis())
            .execute(&self.writer)
            .await?;
        }
        Ok(())
    }

    async fn change(&self, statement: &'static str, rows: &[i64]) -> Result<()> {
        for step in rows.chunks(STEP) {
            sqlx::query(statement).bind(numbers(step.iter().copied())).execute(&self.writer).await?;
        }
        Ok(())
    }
}
