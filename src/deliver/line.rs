//! One connection and the task that owns it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::queue::{Held, Next, given_back};
use super::sender::{Sender, is_ahead, rest_ms};
use super::settler::Ticket;
use super::{FACTS_GOOD_FOR_MS, LEASE_MARGIN_MS};
use crate::domain::{
    DeliveryId, DeliveryKind, MailingStatus, RETRY_LIMIT, Reply, SubscriptionStatus, Timestamp, Verdict,
    judge, may_send,
};
use crate::mail::{Parcel, SendError, Session};
use crate::store::{Claimed, Settled, Settlement, StoreError};

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

/// Mails that are made ready ahead of the one on the wire: one whose commands
/// can go out behind its dot, and one more that is made meanwhile.
const AHEAD: usize = 2;

/// One connection to the relay. Owned by one task; a turn that is dropped
/// half way drops the connection with it, and the row's lease runs out.
pub struct Line {
    sender: Arc<Sender>,
    session: Box<dyn Session>,
    /// What comes next, in order.
    ready: VecDeque<Ready>,
    /// Facts about mails that are being written down: all but the last are
    /// durable before the next mail is written, which bounds copies after a
    /// crash (R2).
    tickets: VecDeque<Ticket>,
    /// The row that is being dealt with.
    in_hand: Option<DeliveryId>,
    /// This connection was refused and keeps off until then. Its own, beside
    /// the relay's: a relay that takes nine connections and not a tenth sends
    /// on with nine, and the tenth must not knock without a pause.
    rest_until: Option<Timestamp>,
    rests: u32,
}

/// A row with its mail.
struct Ready {
    held: Held,
    parcel: Parcel,
}

/// What became of the next row.
enum Prepared {
    Ready(Ready),
    /// It is not to be sent now.
    Settled(Settlement),
    /// There is none.
    Idle(Timestamp),
}

impl Line {
    /// A line that connects when there is something to send.
    pub fn new(sender: Arc<Sender>) -> Self {
        let session = sender.transport.session();
        Self {
            sender,
            session,
            ready: VecDeque::with_capacity(AHEAD),
            tickets: VecDeque::with_capacity(AHEAD),
            in_hand: None,
            rest_until: None,
            rests: 0,
        }
    }

    /// Deals with one row.
    pub async fn turn(&mut self) -> Turn {
        let sender = self.sender.clone();
        let now = sender.clock.now();
        if sender.settler.is_behind() && sender.settler.catch_up().await.is_err() {
            return Turn::Resting(now.plus_ms(1_000));
        }
        if let Some(until) = self.resting_until(now).or_else(|| sender.resting_until(now)) {
            self.put_back();
            return Turn::Resting(until);
        }
        if self.ready.is_empty() {
            match prepare(&sender).await {
                Ok(Prepared::Ready(ready)) => self.ready.push_back(ready),
                Ok(Prepared::Settled(settlement)) => {
                    self.settle(settlement);
                    return self.keep_up().await;
                }
                Ok(Prepared::Idle(until)) => {
                    self.await_settled(0).await;
                    return Turn::Idle(until);
                }
                Err(error) => {
                    report_unprepared(&error);
                    return Turn::Resting(now.plus_ms(1_000));
                }
            }
        }
        // The mail before the last is durable before this one is written.
        if !self.await_settled(1).await {
            return Turn::Resting(sender.clock.now().plus_ms(1_000));
        }
        let Some(ready) = self.ready.pop_front() else { return Turn::Worked };
        let id = ready.held.claimed.id;
        self.in_hand = Some(id);
        let dealt = self.deal_with(ready).await;
        self.in_hand = None;
        match dealt {
            Ok(Some(settled)) => self.settle(Settlement { id, settled }),
            Ok(None) => sender.leases.forget([id]),
            Err(error) => {
                // The row stays leased and comes back when the lease ends.
                report_unprepared(&error);
                sender.leases.forget([id]);
                return Turn::Resting(sender.clock.now().plus_ms(1_000));
            }
        }
        Turn::Worked
    }

    /// Waits until everything that was sent is written down, gives back what
    /// was not begun, and says goodbye.
    pub async fn close(&mut self) {
        self.put_back();
        self.await_settled(0).await;
        // What is not taken now is written by nobody: its lease runs out.
        let _ = self.sender.settler.catch_up().await;
        self.session.close().await;
    }

    /// Says goodbye to the relay; the next mail connects anew.
    pub async fn hang_up(&mut self) {
        self.session.close().await;
    }

    /// What becomes of a mail that is ready; `None` when its row is no longer
    /// ours.
    async fn deal_with(&mut self, ready: Ready) -> Result<Option<Settled>, StoreError> {
        let sender = self.sender.clone();
        // A connect can take long; the facts must be fresh after it (D6, R12).
        if let Err(error) = self.session.open().await {
            return Ok(Some(self.judged(&ready.held, Err(error)).await?));
        }
        let Ready { held, parcel } = ready;
        let Some(held) = fresh(&sender, held).await? else { return Ok(None) };
        if let Some(settled) = withheld(&held.claimed, sender.clock.now()) {
            return Ok(Some(settled));
        }
        // The next but one is made while this one is on its way.
        let more = async { if self.ready.len() < AHEAD { Some(prepare(&sender).await) } else { None } };
        let next = self.ready.front().map(|next| &next.parcel);
        let (sent, more) = tokio::join!(self.session.send(&parcel, next), more);
        match more {
            Some(Ok(Prepared::Ready(ready))) => self.ready.push_back(ready),
            Some(Ok(Prepared::Settled(settlement))) => self.settle(settlement),
            // Whoever finds nothing ready asks again, and sees why.
            Some(Ok(Prepared::Idle(_)) | Err(_)) | None => {}
        }
        sender.record_relay().await;
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

    /// Gives back what is ready and not begun.
    fn put_back(&mut self) {
        let now = self.sender.clock.now();
        for ready in std::mem::take(&mut self.ready) {
            self.settle(given_back(&ready.held.claimed, now));
        }
    }

    /// Starts writing down a fact; it is awaited by [`Self::await_settled`].
    fn settle(&mut self, settlement: Settlement) {
        self.tickets.push_back(self.sender.settler.push(settlement));
    }

    /// After a row that was not sent: facts must not pile up.
    async fn keep_up(&mut self) -> Turn {
        if self.await_settled(1).await {
            Turn::Worked
        } else {
            Turn::Resting(self.sender.clock.now().plus_ms(1_000))
        }
    }

    /// Waits until all but the last `but` facts are durable; `false` when the
    /// database does not take them now.
    async fn await_settled(&mut self, but: usize) -> bool {
        let mut is_settled = true;
        while self.tickets.len() > but {
            let Some(ticket) = self.tickets.pop_front() else { break };
            is_settled &= ticket.settled().await.is_ok();
        }
        is_settled
    }
}

impl Drop for Line {
    /// A task that ends half way gives its rows up: their leases are no
    /// longer renewed, run out, and the rows are claimed again.
    fn drop(&mut self) {
        let ready = self.ready.iter().map(|ready| ready.held.claimed.id);
        self.sender.leases.forget(ready.chain(self.in_hand));
    }
}

/// The next row, judged and composed.
async fn prepare(sender: &Sender) -> Result<Prepared, StoreError> {
    let held = match sender.queue.next().await? {
        Next::Mail(held) => *held,
        Next::Idle(until) => return Ok(Prepared::Idle(until)),
    };
    let id = held.claimed.id;
    let prepared = prepare_row(sender, held).await;
    if prepared.is_err() {
        // The row stays leased and comes back when the lease ends.
        sender.leases.forget([id]);
    }
    prepared
}

async fn prepare_row(sender: &Sender, held: Held) -> Result<Prepared, StoreError> {
    let now = sender.clock.now();
    let claimed = &held.claimed;
    let id = claimed.id;
    if let Some(settled) = withheld(claimed, now) {
        return Ok(Prepared::Settled(Settlement { id, settled }));
    }
    let error = match sender.composer.compose(claimed, now).await? {
        Ok(parcel) => return Ok(Prepared::Ready(Ready { held, parcel })),
        Err(error) => error,
    };
    tracing::error!(
        delivery.id = id.0,
        delivery.kind = claimed.kind.as_str(),
        error = &error as &dyn std::error::Error,
        "a mail cannot be composed; it is tried again each 5 minutes for 5 days"
    );
    let settled = if now.since_ms(claimed.queued_at) >= RETRY_LIMIT {
        Settled::Failed { reply: Reply { text: error.to_string(), ..Reply::default() } }
    } else {
        Settled::GivenBack { at: now.plus_ms(5 * 60_000) }
    };
    Ok(Prepared::Settled(Settlement { id, settled }))
}

/// Why a row is not to be sent, if so.
fn withheld(claimed: &Claimed, now: Timestamp) -> Option<Settled> {
    if let Err(why) = may_send(claimed.kind, claimed.status, claimed.is_paused, claimed.suppressed) {
        return Some(Settled::Withheld { reason: why.as_str() });
    }
    let is_expired =
        claimed.status == Some(SubscriptionStatus::Pending) && claimed.expires_at.is_some_and(|at| now >= at);
    (claimed.kind == DeliveryKind::Confirm && is_expired)
        .then_some(Settled::Withheld { reason: "the question expired before it could be sent" })
}

fn report_unprepared(error: &StoreError) {
    tracing::error!(error = error as &dyn std::error::Error, "the outbox cannot be read; it is tried again");
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
    let lease_left = sender.leases.end(id).map_or(0, |end| end.since_ms(now));
    // After a clock was moved back, facts seem to come from the future.
    let is_old = !(0..=FACTS_GOOD_FOR_MS).contains(&now.since_ms(held.read_at));
    if !is_old && lease_left >= LEASE_MARGIN_MS {
        return Ok(Some(held));
    }
    if lease_left < LEASE_MARGIN_MS {
        sender.renew().await?;
        if sender.leases.end(id).is_none_or(|end| end.since_ms(now) < LEASE_MARGIN_MS) {
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
