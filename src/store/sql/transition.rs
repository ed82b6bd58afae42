//! One change to one subscription.

use super::caused::Hashes;
use super::dialect::{HAS_MANY_WRITERS, for_update, hold, text};
use super::held::part_with;
use super::rows::{SubscriptionRow, ms, subscription_columns};
use super::{SqlStore, Tx};
use crate::domain::{
    Cause, Change, ConsentKind, EmailAddress, Evidence, QUESTION, Reason, Subscription, SubscriptionId,
    SubscriptionStatus, Timestamp, Transition,
};
use crate::store::{NewDelivery, Result};

/// The rule that a change follows.
pub(super) type Rule<'r> = &'r (dyn for<'a> Fn(&'a Subscription) -> Option<Transition> + Send + Sync);

impl SqlStore {
    pub(super) async fn change_subscription(
        &self,
        id: SubscriptionId,
        rule: Rule<'_>,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<Option<(Subscription, Subscription)>> {
        let mut tx = self.write().await?;
        if HAS_MANY_WRITERS {
            // Before the row, as whoever signs up does: two that change at once
            // are counted one after the other.
            self.hold_reader(&mut tx, id).await?;
        }
        let row: Option<SubscriptionRow> = sqlx::query_as(concat!(
            "SELECT ",
            subscription_columns!(),
            " FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id WHERE s.id = $1",
            for_update!(of "s")
        ))
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(before) = row.map(Subscription::try_from).transpose()? else { return Ok(None) };
        let Some(transition) = rule(&before) else { return Ok(Some((before.clone(), before))) };
        let Some(after) = before.after(transition.change, now) else {
            return Ok(Some((before.clone(), before)));
        };
        write_state(&mut tx, &before, &after, now).await?;
        match transition.change {
            Change::Activate => self.welcome_back(&mut tx, &after, now).await?,
            Change::End => withhold_queued(&mut tx, id, now).await?,
            Change::Undo | Change::Pause(_) | Change::Resume => {}
        }
        self.record_consent(&mut tx, id, transition.consent, evidence, now).await?;
        if let Some(kind) = transition.mail {
            match (kind.cause(), self.hashes_of(&after)) {
                (Cause::Stranger(_), Some(hashes)) => {
                    let about = Some((after.blog_id.0, id.0));
                    self.queue_one(&mut tx, kind, &hashes, about, now).await?;
                }
                _ => {
                    let delivery = NewDelivery {
                        kind,
                        blog_id: Some(after.blog_id),
                        subscription_id: Some(id),
                        subscriber_id: None,
                        to: None,
                        payload: None,
                    };
                    self.insert_delivery(&mut tx, &delivery, now).await?;
                }
            }
        }
        tx.commit().await?;
        if transition.mail.is_some() {
            self.hint();
        }
        Ok(Some((before, after)))
    }

    /// One who confirms wants the mail that they once did not want, and has
    /// used the link of the question.
    async fn welcome_back(&self, tx: &mut Tx, after: &Subscription, now: Timestamp) -> Result<()> {
        if let Some(hashes) = self.hashes_of(after) {
            self.give_back(tx, &QUESTION, &hashes, after.blog_id.0, now, now).await?;
        }
        sqlx::query(
            "DELETE FROM suppressions WHERE reason = 'unsubscribed' AND COALESCE(blog_id, 0) = $2 \
             AND address_hash = (SELECT address_hash FROM subscribers WHERE id = $1)",
        )
        .bind(after.subscriber_id.0)
        .bind(after.blog_id.0)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Waits until nobody else causes a mail to this person.
    async fn hold_reader(&self, tx: &mut Tx, id: SubscriptionId) -> Result<()> {
        let address: Option<String> = sqlx::query_scalar(
            "SELECT b.address FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id WHERE s.id = $1",
        )
        .bind(id.0)
        .fetch_optional(&mut **tx)
        .await?;
        match address.map(|address| EmailAddress::parse(&address)) {
            Some(Ok(address)) => hold(tx, &Hashes::of(&address, &self.keys).canonical).await,
            _ => Ok(()),
        }
    }

    fn hashes_of(&self, subscription: &Subscription) -> Option<Hashes> {
        let address = EmailAddress::parse(&subscription.address).ok()?;
        Some(Hashes::of(&address, &self.keys))
    }

    /// Adds to the record of consent.
    pub(super) async fn record_consent(
        &self,
        tx: &mut Tx,
        subscription: SubscriptionId,
        kind: ConsentKind,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO consents (at, kind, blog_id, subscription_id, subscriber_id, ip, user_agent, source) \
             SELECT $2, $3, blog_id, id, subscriber_id, $4, $5, $6 FROM subscriptions WHERE id = $1",
        )
        .bind(subscription.0)
        .bind(now.as_millis())
        .bind(kind.as_str())
        .bind(&evidence.ip)
        .bind(evidence.user_agent.as_deref().map(text))
        .bind(evidence.source.as_deref().map(text))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

async fn write_state(tx: &mut Tx, before: &Subscription, after: &Subscription, now: Timestamp) -> Result<()> {
    let is_new_follower = after.confirmed_at != before.confirmed_at || before.confirmed_at.is_none();
    sqlx::query(
        "UPDATE subscriptions SET status = $3, paused_at = $4, paused_until = $5, expires_at = $6, \
         confirmed_at = $7, ended_at = $8, active_since = COALESCE($9, active_since), confirmed_by = $10 \
         WHERE id = $1 AND status = $2",
    )
    .bind(after.id.0)
    .bind(before.status.as_str())
    .bind(after.status.as_str())
    .bind(ms(after.paused_at))
    .bind(ms(after.paused_until))
    .bind(ms(after.expires_at))
    .bind(ms(after.confirmed_at))
    .bind(ms(after.ended_at))
    .bind((is_new_follower && after.status == SubscriptionStatus::Active).then_some(now.as_millis()))
    .bind(after.confirmed_by.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is under lease is left to its sender, who asks again before the hand-over.
async fn withhold_queued(tx: &mut Tx, id: SubscriptionId, now: Timestamp) -> Result<()> {
    part_with(tx, &[id.0], false).await?;
    sqlx::query(
        "UPDATE singles SET status = 'withheld', reason = $2, settled_at = $3, next_attempt_at = NULL \
         WHERE subscription_id = $1 AND status = 'queued' AND kind <> 'goodbye' AND lease_owner IS NULL",
    )
    .bind(id.0)
    .bind(Reason::NotFollowing.to_stored())
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
