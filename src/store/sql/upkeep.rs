//! Removing: a person at his wish, and what nobody needs any more.

use super::again::again;
use super::dialect::{HAS_MANY_WRITERS, among, for_update, in_numbers, numbers};
use super::fold::fold_step;
use super::held::{forget_readers, part_with};
use super::{SqlStore, Tx};
use crate::domain::{Bound, EmailAddress, Reason, Timestamp};
use crate::store::{Outbox as _, Purged, Result};

impl SqlStore {
    pub(super) async fn erase_person(&self, address: &EmailAddress, now: Timestamp) -> Result<bool> {
        let key = address.key();
        let hash = self.keys.address_hash(&key);
        // What is noted goes into its delivery first, and out of it here.
        self.apply_all_settlements("").await?;
        self.forget_mentions(address, now).await?;
        let is_known = again(|| self.erase_own(&key, &hash, now)).await?;
        self.apply_all_settlements("").await?;
        // What somebody wrote of them meanwhile.
        self.forget_mentions(address, now).await?;
        Ok(is_known)
    }

    /// The person's own rows, and the way back in.
    async fn erase_own(&self, key: &str, hash: &str, now: Timestamp) -> Result<bool> {
        let mut tx = self.write().await?;
        // The address in the clear goes even where there is no subscriber.
        sqlx::query("UPDATE suppressions SET address = NULL WHERE address_hash = $1")
            .bind(hash)
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM feedback WHERE address_hash = $1").bind(hash).execute(&mut *tx).await?;
        let person: Option<(i64, String)> = sqlx::query_as(concat!(
            "SELECT id, address FROM subscribers WHERE address_key = $1",
            for_update!(and key)
        ))
        .bind(key)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((id, mailed)) = person else {
            tx.commit().await?;
            return Ok(false);
        };
        if HAS_MANY_WRITERS {
            // What is being queued for him right now is there before it is looked for.
            let own = concat!(
                "SELECT id FROM subscriptions WHERE subscriber_id = $1 ORDER BY id",
                for_update!(and key)
            );
            sqlx::query(own).bind(id).execute(&mut *tx).await?;
        }
        sqlx::query(
            "INSERT INTO suppressions (address_hash, blog_id, reason, created_at) \
             SELECT $2, blog_id, 'unsubscribed', $3 FROM subscriptions WHERE subscriber_id = $1 \
             ON CONFLICT DO NOTHING",
        )
        .bind(id)
        .bind(hash)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        let own: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM subscriptions WHERE subscriber_id = $1 ORDER BY id")
                .bind(id)
                .fetch_all(&mut *tx)
                .await?;
        if HAS_MANY_WRITERS {
            // A block that is being written has no key of its readers to wait for.
            let filling = concat!(
                "SELECT id FROM mailings WHERE status = 'filling' \
                 AND blog_id IN (SELECT blog_id FROM subscriptions WHERE subscriber_id = $1) ORDER BY id",
                for_update!()
            );
            sqlx::query(filling).bind(id).execute(&mut *tx).await?;
        }
        part_with(&mut tx, &own, true).await?;
        let mut deliveries: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM singles WHERE subscriber_id = $1 UNION \
             SELECT d.id FROM singles d JOIN subscriptions s ON s.id = d.subscription_id \
             WHERE s.subscriber_id = $1 UNION SELECT id FROM singles WHERE to_hash = $2",
        )
        .bind(id)
        .bind(hash)
        .fetch_all(&mut *tx)
        .await?;
        deliveries.extend(forget_readers(&mut tx, &own).await?);
        let deliveries = numbers(deliveries);
        sqlx::query(concat!(
            "DELETE FROM mails WHERE lower(recipient) IN (lower($2), $3) OR delivery_id ",
            in_numbers!("$1")
        ))
        .bind(&deliveries)
        .bind(&mailed)
        .bind(key)
        .execute(&mut *tx)
        .await?;
        // A server's answer often quotes the address, and a payload may.
        sqlx::query(concat!(
            "UPDATE singles SET subscription_id = NULL, subscriber_id = NULL, to_address = NULL, \
             to_hash = NULL, payload = NULL, text = NULL, \
             reason = CASE WHEN status = 'queued' THEN $2 ELSE reason END, \
             settled_at = CASE WHEN status = 'queued' THEN $3 ELSE settled_at END, \
             status = CASE WHEN status = 'queued' THEN 'withheld' ELSE status END, \
             next_attempt_at = NULL, lease_owner = NULL WHERE id ",
            in_numbers!("$1")
        ))
        .bind(&deliveries)
        .bind(Reason::ReaderRemoved.to_stored())
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        // Kept mails about theirs, whatever they say.
        sqlx::query(concat!("DELETE FROM strays WHERE delivery_id ", in_numbers!("$1")))
            .bind(&deliveries)
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM refusals WHERE address_hash = $1").bind(hash).execute(&mut *tx).await?;
        // Subscriptions and the record of consent go with the person.
        sqlx::query("DELETE FROM subscribers WHERE id = $1").bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub(super) async fn purge_step(
        &self,
        pending_before: Timestamp,
        ended_before: Timestamp,
        log_before: Timestamp,
        limit: u32,
    ) -> Result<Purged> {
        let limit = i64::from(limit);
        let mut tx = self.write().await?;
        // One who left, was asked again and did not answer, has still left:
        // without this an import would bring him back.
        let left = sqlx::query(concat!(
            "WITH left_before AS MATERIALIZED \
             (SELECT id FROM subscriptions WHERE status = 'pending' AND expires_at < $1 AND ended_at IS NOT NULL \
              ORDER BY expires_at LIMIT $2",
            for_update!(skip locked),
            ") UPDATE subscriptions SET status = 'ended', expires_at = NULL WHERE id IN (SELECT id FROM left_before)"
        ))
        .bind(pending_before.as_millis())
        .bind(limit)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        let pending: Vec<i64> = sqlx::query_scalar(concat!(
            "SELECT id FROM subscriptions WHERE status = 'pending' AND expires_at < $1 ORDER BY expires_at LIMIT $2",
            for_update!(skip locked)
        ))
        .bind(pending_before.as_millis())
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        let pending = remove(&mut tx, pending).await?;
        let ended: Vec<i64> = sqlx::query_scalar(concat!(
            "SELECT id FROM subscriptions WHERE status = 'ended' AND ended_at < $1 ORDER BY ended_at LIMIT $2",
            for_update!(skip locked)
        ))
        .bind(ended_before.as_millis())
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        sqlx::query(concat!(
            "INSERT INTO suppressions (address_hash, blog_id, reason, created_at) \
             SELECT b.address_hash, s.blog_id, 'unsubscribed', s.ended_at FROM subscriptions s \
             JOIN subscribers b ON b.id = s.subscriber_id WHERE s.id ",
            in_numbers!("$1"),
            " ON CONFLICT DO NOTHING"
        ))
        .bind(numbers(ended.iter().copied()))
        .execute(&mut *tx)
        .await?;
        let ended = remove(&mut tx, ended).await?;
        let mut log = 0;
        for statement in [
            concat!(
                "DELETE FROM limits WHERE ",
                among!("limits WHERE window_start < $1 ORDER BY window_start LIMIT $2")
            ),
            concat!(
                "DELETE FROM singles WHERE ",
                among!(
                    "singles WHERE mailing_id IS NULL AND status <> 'queued' AND settled_at < $1 \
                        ORDER BY settled_at LIMIT $2"
                )
            ),
            // What follows from them is in the suppressions.
            concat!("DELETE FROM feedback WHERE ", among!("feedback WHERE at < $1 ORDER BY at LIMIT $2")),
            concat!("DELETE FROM strays WHERE ", among!("strays WHERE at < $1 ORDER BY at LIMIT $2")),
        ] {
            log += delete(&mut tx, statement, log_before, limit).await?;
        }
        // S2 and S19 count over 90 days, however short the log is kept.
        log += delete(
            &mut tx,
            concat!(
                "DELETE FROM confirmations WHERE ",
                among!("confirmations WHERE at < $1 ORDER BY at LIMIT $2")
            ),
            log_before.plus_ms(-Bound::longest_ms()),
            limit,
        )
        .await?;
        log += fold_step(&mut tx, log_before, limit).await?;
        tx.commit().await?;
        Ok(Purged { pending: pending + left, ended, log })
    }
}

async fn delete(tx: &mut Tx, statement: &'static str, before: Timestamp, limit: i64) -> Result<u64> {
    let done = sqlx::query(statement).bind(before.as_millis()).bind(limit).execute(&mut **tx).await?;
    Ok(done.rows_affected())
}

/// Removes subscriptions, with what is queued for them, and the people who
/// are left with none.
async fn remove(tx: &mut Tx, ids: Vec<i64>) -> Result<u64> {
    part_with(tx, &ids, true).await?;
    let ids = numbers(ids);
    sqlx::query(concat!(
        "UPDATE singles SET status = 'withheld', reason = $2, settled_at = next_attempt_at, next_attempt_at = NULL \
         WHERE status = 'queued' AND subscription_id ",
        in_numbers!("$1")
    ))
    .bind(&ids)
    .bind(Reason::ReaderRemoved.to_stored())
    .execute(&mut **tx)
    .await?;
    let people: Vec<i64> = sqlx::query_scalar(concat!(
        "DELETE FROM subscriptions WHERE id ",
        in_numbers!("$1"),
        " RETURNING subscriber_id"
    ))
    .bind(&ids)
    .fetch_all(&mut **tx)
    .await?;
    let removed = u64::try_from(people.len()).unwrap_or(u64::MAX);
    let people = numbers(people);
    if HAS_MANY_WRITERS {
        // Who signs up elsewhere right now has a subscription when it is looked for.
        let held = concat!(
            "SELECT id FROM subscribers WHERE id ",
            in_numbers!("$1"),
            " ORDER BY id",
            for_update!(and key)
        );
        sqlx::query(held).bind(&people).execute(&mut **tx).await?;
    }
    sqlx::query(concat!(
        "DELETE FROM subscribers WHERE id ",
        in_numbers!("$1"),
        " AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.subscriber_id = subscribers.id)"
    ))
    .bind(&people)
    .execute(&mut **tx)
    .await?;
    Ok(removed)
}
