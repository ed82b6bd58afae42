//! One connection and the task that owns it.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::sender::{Held, Next, Sender, is_ahead, rest_ms};
use super::settler::NotSettled;
use super::{FACTS_GOOD_FOR_MS, LEASE_MARGIN_MS};
use crate::domain::{
    DeliveryId, DeliveryKind, MailingStatus, RETRY_LIMIT, Reply, SubscriptionStatus, Timestamp, Verdict,
    judge, may_send,
};
use crate::mail::{SendError, Session};
use crate::store::{Settled, Settlement, StoreError};

/// What a turn was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// One row was dealt with; there may be more.
    Worked,
    /// Nothing is due before this moment, unless somebody rings.
    Idle(Timestamp),
    /// The relay, or the database, rests until this moment.
    Resting(Timestamp),
}

/// One connection to the relay. Owned by one task; a turn that is dropped
/// half way drops the connection with it, and the row's lease runs out.
pub struct Line {
    sender: Arc<Sender>,
    session: Box<dyn Session>,
    /// The fact about the mail before: durable before the mail after the
    /// next is written, which bounds copies after a crash (R2).
    settling: Option<JoinHandle<Result<(), (Settlement, NotSettled)>>>,
    /// Facts that the database did not take, two at most; nothing else is
    /// done before they are written down.
    owed: Vec<Settlement>,
    /// The row that is being dealt with.
    in_hand: Option<DeliveryId>,
    /// This connection was refused and keeps off until then. Its own, beside
    /// the relay's: a relay that takes nine connections and not a tenth sends
    /// on with nine, and the tenth must not knock without a pause.
    rest_until: Option<Timestamp>,
    rests: u32,
}

impl Line {
    /// A line that connects when there is something to send.
    pub fn new(sender: Arc<Sender>) -> Self {
        let session = sender.transport.session();
        Self { sender, session, settling: None, owed: Vec::new(), in_hand: None, rest_until: None, rests: 0 }
    }

    /// Deals with one row.
    pub async fn turn(&mut self) -> Turn {
        if !self.pay_owed().await {
            return Turn::Resting(self.sender.clock.now().plus_ms(1_000));
        }
        let now = self.sender.clock.now();
        if let Some(until) = self.resting_until(now).or_else(|| self.sender.resting_until(now)) {
            return Turn::Resting(until);
        }
        let held = match self.sender.next().await {
            Ok(Next::Mail(held)) => held,
            Ok(Next::Idle(until)) => {
                self.await_settled().await;
                return Turn::Idle(until);
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the outbox cannot be read; it is tried again"
                );
                return Turn::Resting(now.plus_ms(1_000));
            }
        };
        let id = held.claimed.id;
        self.in_hand = Some(id);
        let dealt = self.deal_with(*held).await;
        self.in_hand = None;
        match dealt {
            Ok(Some(settled)) => {
                self.await_settled().await;
                self.settle(Settlement { id, settled }).await;
            }
            Ok(None) => self.sender.forget(id),
            Err(error) => {
                // The row stays leased and comes back when the lease ends.
                tracing::error!(
                    delivery.id = id.0,
                    error = &error as &dyn std::error::Error,
                    "a delivery could not be prepared; it is tried again"
                );
                self.sender.forget(id);
                return Turn::Resting(self.sender.clock.now().plus_ms(1_000));
            }
        }
        Turn::Worked
    }

    /// Waits until everything that was sent is written down, and says goodbye.
    pub async fn close(&mut self) {
        self.await_settled().await;
        self.pay_owed().await;
        self.session.close().await;
    }

    /// Says goodbye to the relay; the next mail connects anew.
    pub async fn hang_up(&mut self) {
        self.session.close().await;
    }

    /// What becomes of a claimed row; `None` when it is no longer ours.
    async fn deal_with(&mut self, held: Held) -> Result<Option<Settled>, StoreError> {
        let sender = self.sender.clone();
        // A connect can take long; the facts must be fresh after it (D6, R12).
        if let Err(error) = self.session.open().await {
            return Ok(Some(self.judged(&held, Err(error)).await?));
        }
        let Some(held) = fresh(&sender, held).await? else { return Ok(None) };
        let now = sender.clock.now();
        let claimed = &held.claimed;
        if let Err(why) = may_send(claimed.kind, claimed.status, claimed.is_paused, claimed.suppressed) {
            return Ok(Some(Settled::Withheld { reason: why.as_str() }));
        }
        let is_expired = claimed.status == Some(SubscriptionStatus::Pending)
            && claimed.expires_at.is_some_and(|at| now >= at);
        if claimed.kind == DeliveryKind::Confirm && is_expired {
            return Ok(Some(Settled::Withheld { reason: "the question expired before it could be sent" }));
        }
        let parcel = match sender.composer.compose(claimed, now).await? {
            Ok(parcel) => parcel,
            Err(error) => {
                tracing::error!(
                    delivery.id = claimed.id.0,
                    delivery.kind = claimed.kind.as_str(),
                    error = &error as &dyn std::error::Error,
                    "a mail cannot be composed; it is tried again each 5 minutes for 5 days"
                );
                if now.since_ms(claimed.queued_at) >= RETRY_LIMIT {
                    let reply = Reply { text: error.to_string(), ..Reply::default() };
                    return Ok(Some(Settled::Failed { reply }));
                }
                return Ok(Some(Settled::GivenBack { at: now.plus_ms(5 * 60_000) }));
            }
        };
        let sent = self.session.send(&parcel).await;
        sender.record_relay(self.session.offers_smtputf8()).await;
        Ok(Some(self.judged(&held, sent).await?))
    }

    /// What an answer means for the row, the relay and this connection.
    async fn judged(&mut self, held: &Held, sent: Result<Reply, SendError>) -> Result<Settled, StoreError> {
        self.note_rest(&sent, self.sender.clock.now());
        judged(&self.sender, held, sent).await
    }

    fn note_rest(&mut self, sent: &Result<Reply, SendError>, now: Timestamp) {
        match sent {
            Err(SendError::RelayDown(_) | SendError::RelayRefusesUs(_)) => {
                let refuses_us = matches!(sent, Err(SendError::RelayRefusesUs(_)));
                self.rest_until = Some(now.plus_ms(rest_ms(refuses_us, self.rests)));
                self.rests += 1;
            }
            _ => {
                self.rest_until = None;
                self.rests = 0;
            }
        }
    }

    fn resting_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.rest_until.filter(|until| is_ahead(*until, now))
    }

    /// Starts writing down a fact; it is awaited by [`Self::await_settled`].
    async fn settle(&mut self, settlement: Settlement) {
        let sender = self.sender.clone();
        self.settling = Some(tokio::spawn(async move {
            let id = settlement.id;
            match sender.settler.settle(settlement.clone()).await {
                Ok(()) => {
                    sender.forget(id);
                    Ok(())
                }
                Err(error) => Err((settlement, error)),
            }
        }));
    }

    async fn await_settled(&mut self) {
        let Some(settling) = self.settling.take() else { return };
        if let Ok(Err((settlement, NotSettled))) = settling.await {
            self.owed.push(settlement);
        }
    }

    /// Writes down what the database did not take before; `false` when it
    /// still does not.
    async fn pay_owed(&mut self) -> bool {
        if self.owed.is_empty() {
            return true;
        }
        self.await_settled().await;
        while let Some(settlement) = self.owed.first().cloned() {
            let id = settlement.id;
            if self.sender.settler.settle(settlement).await.is_err() {
                return false;
            }
            self.owed.remove(0);
            self.sender.forget(id);
        }
        true
    }
}

impl Drop for Line {
    /// A task that ends half way gives its row up: its lease is no longer
    /// renewed, runs out, and the row is claimed again.
    fn drop(&mut self) {
        if let Some(id) = self.in_hand {
            self.sender.forget(id);
        }
    }
}

/// What an answer means for the row, and for the relay.
async fn judged(sender: &Sender, held: &Held, sent: Result<Reply, SendError>) -> Result<Settled, StoreError> {
    let now = sender.clock.now();
    let claimed = &held.claimed;
    let kind = claimed.kind.as_str();
    let error = match sent {
        Ok(reply) => {
            sender.relay_is_well();
            metrics::counter!("postbell_mails_total", "kind" => kind, "outcome" => "sent").increment(1);
            return Ok(Settled::Sent { reply });
        }
        Err(error) => error,
    };
    match error.into_fault() {
        Ok(fault) => {
            sender.relay_is_well();
            let attempt = claimed.attempts + 1;
            let settled = match judge(fault, attempt, claimed.queued_at, now, rand::random()) {
                Verdict::Retry { at, reply } => Settled::Retry { at, reply },
                Verdict::Fail { reply } => Settled::Failed { reply },
            };
            report(claimed.id.0, kind, attempt, &settled);
            Ok(settled)
        }
        Err(SendError::SenderRefused(reply)) => {
            sender.relay_is_well();
            pause_sender(sender, held, &reply).await
        }
        Err(error) => {
            let refuses_us = matches!(error, SendError::RelayRefusesUs(_));
            sender.rest_relay(refuses_us, error.reply());
            Ok(Settled::GivenBack { at: claimed.queued_at.min(now) })
        }
    }
}

/// The relay does not take mail from this sender: only what has it waits (R7).
async fn pause_sender(sender: &Sender, held: &Held, reply: &Reply) -> Result<Settled, StoreError> {
    let now = sender.clock.now();
    let Some(mailing) = held.claimed.mailing_id else {
        tracing::error!(
            delivery.id = held.claimed.id.0,
            smtp.code = reply.code,
            smtp.text = reply.text,
            "the relay refuses this sender; check mail.from and mail.notice_from; tried again in 5 minutes"
        );
        return Ok(Settled::GivenBack { at: now.plus_ms(5 * 60_000) });
    };
    let reason = format!(
        "the relay refuses this sender: {} {}",
        reply.code.map_or_else(String::new, |code| code.to_string()),
        reply.text
    );
    let paused = MailingStatus::Paused;
    for from in [MailingStatus::Sending, MailingStatus::Filling] {
        if sender.store.set_mailing_status(mailing, from, paused, Some(&reason), now).await? {
            tracing::error!(
                mailing.id = mailing.0,
                smtp.code = reply.code,
                smtp.text = reply.text,
                "the relay refuses this sender: the mailing is paused; mend the From address, \
                 then run `postbell mailing resume`"
            );
        }
    }
    // Another connection may have paused it. One that is done, with a mail
    // sent again by hand, cannot be: without a wait that mail would go round
    // and round.
    let status = sender.store.get_mailing(mailing).await?.map(|mailing| mailing.status);
    let at = if status == Some(paused) { held.claimed.queued_at.min(now) } else { now.plus_ms(5 * 60_000) };
    Ok(Settled::GivenBack { at })
}

/// The row with facts that are fresh enough and a lease that is long enough;
/// `None` when it is no longer ours.
async fn fresh(sender: &Sender, held: Held) -> Result<Option<Held>, StoreError> {
    let now = sender.clock.now();
    let id = held.claimed.id;
    let lease_left = sender.lease_end(id).map_or(0, |end| end.since_ms(now));
    // After a clock was moved back, facts seem to come from the future.
    let is_old = !(0..=FACTS_GOOD_FOR_MS).contains(&now.since_ms(held.read_at));
    if !is_old && lease_left >= LEASE_MARGIN_MS {
        return Ok(Some(held));
    }
    if lease_left < LEASE_MARGIN_MS {
        sender.renew().await?;
        if sender.lease_end(id).is_none_or(|end| end.since_ms(now) < LEASE_MARGIN_MS) {
            return Ok(None);
        }
    }
    let claimed = sender.store.recheck(&sender.node, &[id], now).await?;
    Ok(claimed.into_iter().next().map(|claimed| Held { claimed, read_at: now }))
}

fn report(id: i64, kind: &'static str, attempt: u32, settled: &Settled) {
    match settled {
        Settled::Retry { at, reply } => {
            metrics::counter!("postbell_mails_total", "kind" => kind, "outcome" => "deferred").increment(1);
            tracing::info!(
                delivery.id = id, delivery.attempt = attempt, smtp.code = reply.code, next_attempt_at = %at,
                "a mail was not taken for now"
            );
        }
        Settled::Failed { reply } => {
            metrics::counter!("postbell_mails_total", "kind" => kind, "outcome" => "failed").increment(1);
            tracing::warn!(
                delivery.id = id,
                delivery.attempt = attempt,
                smtp.code = reply.code,
                "a mail was refused for good; see `postbell subscriber why`"
            );
        }
        _ => {}
    }
}
