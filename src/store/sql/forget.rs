//! What mentions a person who is erased, beside their own rows: kept mails,
//! and what servers said of others.

use super::dialect::{in_numbers, like, numbers};
use super::rows::containing;
use super::{SqlStore, Tx};
use crate::domain::{DeliveryKind, EmailAddress, Reason, Timestamp, mentions};
use crate::store::Result;

/// Kept mails that are looked through at once.
const PAGE: i64 = 50;

/// How they are read on, and how they are removed.
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

impl SqlStore {
    /// Removes what names this address in rows that are about somebody else,
    /// or about nobody.
    pub(super) async fn forget_mentions(
        &self,
        tx: &mut Tx,
        address: &EmailAddress,
        now: Timestamp,
    ) -> Result<()> {
        for (read, remove) in KEPT {
            let mut last = 0;
            loop {
                let page: Vec<(i64, Vec<u8>)> =
                    sqlx::query_as(read).bind(last).bind(PAGE).fetch_all(&mut **tx).await?;
                let Some((at, _)) = page.last() else { break };
                last = *at;
                let named = page.into_iter().filter(|(_, raw)| mentions(raw, address)).map(|(id, _)| id);
                let named = numbers(named);
                sqlx::query(remove).bind(named).execute(&mut **tx).await?;
            }
        }
        let pattern = containing(&address.key());
        for statement in [
            concat!("UPDATE feedback SET diagnostic = NULL WHERE diagnostic ", like!(), " $1 ESCAPE '\\'"),
            // What was refused of a mailing, and what belongs to none, have an index each.
            concat!(
                "UPDATE deliveries SET text = NULL WHERE status = 'failed' AND mailing_id IS NOT NULL AND text ",
                like!(),
                " $1 ESCAPE '\\'"
            ),
            concat!(
                "UPDATE deliveries SET text = NULL WHERE mailing_id IS NULL AND status <> 'queued' AND text ",
                like!(),
                " $1 ESCAPE '\\'"
            ),
            concat!(
                "UPDATE deliveries SET payload = NULL WHERE mailing_id IS NULL AND status <> 'queued' \
                 AND payload ",
                like!(),
                " $1 ESCAPE '\\'"
            ),
        ] {
            sqlx::query(statement).bind(&pattern).execute(&mut **tx).await?;
        }
        // A notice that waits is not sent without its words.
        sqlx::query(concat!(
            "UPDATE deliveries SET status = 'withheld', reason = $3, payload = NULL, settled_at = $4, \
             next_attempt_at = NULL, lease_owner = NULL WHERE status = 'queued' AND kind = $2 AND payload ",
            like!(),
            " $1 ESCAPE '\\'"
        ))
        .bind(&pattern)
        .bind(DeliveryKind::Notice.as_str())
        .bind(Reason::ReaderRemoved.to_stored())
        .bind(now.as_millis())
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
