//! One connection and the task that owns it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::pace::{Breaker, Choice};
use super::prepare::{Prepared, Ready, fresh, prepare, withheld};
use super::queue::{Held, given_back};
use super::sender::Sender;
use super::settler::Ticket;
use crate::domain::{DeliveryId, MailingStatus, Reason, Reply, SendFault, Timestamp, Verdict, judge};
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

/// Mails that are made ready ahead of the one on the wire: one whose commands
/// can go out behind its dot, and one more that is made meanwhile.
const AHEAD: usize = 2;

/// One connection to the relay. Owned by one task; a turn that is dropped
/// half way drops the connection with it, and the row's lease runs out.
pub struct Line {
    sender: Arc<Sender>,
    /// One of those that the relays take, counted from 0.
    number: usize,
    /// One a relay; only that of `relay` is open.
    sessions: Vec<Box<dyn Session>>,
    relay: usize,
    /// What comes next, in order.
    ready: VecDeque<Ready>,
    /// Facts about mails that are being written down: all but the last are
    /// durable before the next mail is written, which bounds copies after a
    /// crash (R2).
    tickets: VecDeque<Ticket>,
    /// The row that is being dealt with.
    in_hand: Option<DeliveryId>,
    /// This connection was refused by a relay and keeps off. Its own, beside
    /// the relay's: a relay that takes nine connections and not a tenth sends
    /// on with nine, and the tenth must not knock without a pause.
    rests: Vec<Breaker>,
}

impl Line {
    /// A line that connects when there is something to send.
    pub fn new(sender: Arc<Sender>) -> Self {
        let sessions: Vec<_> = sender.relays.iter().map(|relay| relay.transport.session()).collect();
        Self {
            number: sender.take_line(),
            rests: vec![Breaker::default(); sessions.len()],
            sender,
            sessions,
            relay: 0,
            ready: VecDeque::with_capacity(AHEAD),
            tickets: VecDeque::with_capacity(AHEAD),
            in_hand: None,
        }
    }

    /// Deals with one row.
    pub async fn turn(&mut self) -> Turn {
        let sender = self.sender.clone();
        let now = sender.clock.now();
        if sender.settler.is_behind() && sender.settler.catch_up().await.is_err() {
            return Turn::Resting(now.plus_ms(1_000));
        }
        match sender.choose(self.number, &self.rests, now) {
            Choice::Relay(relay) => {
                self.go_over(relay).await;
                self.turn_over(&sender, now).await
            }
            Choice::Probe(relay) => {
                self.go_over(relay).await;
                let turn = self.turn_over(&sender, now).await;
                // If there was a mail, its answer has told how the relay is.
                sender.give_up_probe(relay);
                turn
            }
            Choice::AllRest(until) => {
                self.put_back();
                self.await_settled(0).await;
                sender.settler.apply().await;
                Turn::Resting(until)
            }
        }
    }

    /// From now on over this relay.
    async fn go_over(&mut self, relay: usize) {
        if relay != self.relay {
            self.put_back();
            self.hang_up().await;
            self.relay = relay;
        }
    }

    async fn turn_over(&mut self, sender: &Arc<Sender>, now: Timestamp) -> Turn {
        let relay = sender.relays[self.relay].clone();
        if self.ready.is_empty() {
            match prepare(sender, &relay).await {
                Ok(Prepared::Ready(ready)) => self.ready.push_back(ready),
                Ok(Prepared::Settled(settlement)) => {
                    self.settle(settlement);
                    return self.keep_up().await;
                }
                Ok(Prepared::Idle(until)) => {
                    self.await_settled(0).await;
                    if sender.settler.apply().await {
                        sender.queue.ring();
                        return Turn::Worked;
                    }
                    return Turn::Idle(until);
                }
                Ok(Prepared::Wait(until)) => {
                    self.await_settled(0).await;
                    sender.settler.apply().await;
                    return Turn::Resting(until);
                }
                Err(error) => {
                    report_unprepared(&error);
                    return Turn::Resting(now.plus_ms(1_000));
                }
            }
        }
        // Only a mail that is ready can be announced behind this one.
        if self.ready.len() < AHEAD {
            let more = prepare(sender, &relay).await;
            self.keep_more(more);
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
        self.sender.settler.apply().await;
        self.hang_up().await;
    }

    /// Says goodbye to the relay; the next mail connects anew.
    pub async fn hang_up(&mut self) {
        self.sessions[self.relay].close().await;
    }

    /// What becomes of a mail that is ready; `None` when its row is no longer
    /// ours.
    async fn deal_with(&mut self, ready: Ready) -> Result<Option<Settled>, StoreError> {
        let sender = self.sender.clone();
        // A connect can take long; the facts must be fresh after it (D6, R12).
        let relay = sender.relays[self.relay].clone();
        if let Err(error) = self.sessions[self.relay].open().await {
            return Ok(Some(self.judged(&ready.held, Err(error)).await?));
        }
        let Ready { held, parcel, pass } = ready;
        let Some(held) = fresh(&sender, held).await? else { return Ok(None) };
        if let Some(settled) = withheld(&held.claimed, sender.clock.now()) {
            return Ok(Some(settled));
        }
        // The next but one is made while this one is on its way.
        let more =
            async { if self.ready.len() < AHEAD { Some(prepare(&sender, &relay).await) } else { None } };
        let next = self.ready.front().map(|next| &next.parcel);
        let (sent, more) = tokio::join!(self.sessions[self.relay].send(&parcel, next), more);
        pass.answered(&sent);
        if let Some(more) = more {
            self.keep_more(more);
        }
        relay.record().await;
        Ok(Some(self.judged(&held, sent).await?))
    }

    /// What was made ready ahead of its time.
    fn keep_more(&mut self, more: Result<Prepared, StoreError>) {
        match more {
            Ok(Prepared::Ready(ready)) => self.ready.push_back(ready),
            Ok(Prepared::Settled(settlement)) => self.settle(settlement),
            // Whoever finds nothing ready asks again, and sees why.
            Ok(Prepared::Idle(_) | Prepared::Wait(_)) | Err(_) => {}
        }
    }

    /// What an answer means for the row, the relay and this connection.
    async fn judged(&mut self, held: &Held, sent: Result<Reply, SendError>) -> Result<Settled, StoreError> {
        self.note_rest(&sent, self.sender.clock.now());
        judged(&self.sender, self.relay, held, sent).await
    }

    fn note_rest(&mut self, sent: &Result<Reply, SendError>, now: Timestamp) {
        match sent {
            Err(SendError::RelayDown(_)) => self.rests[self.relay].rest(false, now),
            Err(SendError::RelayRefusesUs(_)) => self.rests[self.relay].rest(true, now),
            _ => self.rests[self.relay] = Breaker::default(),
        }
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
        self.sender.free_line(self.number);
        let ready = self.ready.iter().map(|ready| ready.held.claimed.id);
        self.sender.leases.forget(ready.chain(self.in_hand));
    }
}

fn report_unprepared(error: &StoreError) {
    tracing::error!(error = error as &dyn std::error::Error, "the outbox cannot be read; it is tried again");
}

/// What an answer means for the row, and for the relay.
async fn judged(
    sender: &Sender,
    relay: usize,
    held: &Held,
    sent: Result<Reply, SendError>,
) -> Result<Settled, StoreError> {
    let now = sender.clock.now();
    let claimed = &held.claimed;
    let kind = claimed.kind.as_str();
    let error = match sent {
        Ok(reply) => {
            sender.relay_is_well(relay);
            metrics::counter!("postbell_mails_total", "kind" => kind, "outcome" => "sent").increment(1);
            return Ok(Settled::Sent { reply });
        }
        Err(error) => error,
    };
    match error.into_fault() {
        Ok(fault) => {
            sender.relay_is_well(relay);
            let attempt = claimed.attempts + 1;
            let is_hard = matches!(fault, SendFault::BadRecipient(_));
            let settled = match judge(fault, attempt, claimed.queued_at, now, rand::random()) {
                Verdict::Retry { at, reply } => Settled::Retry { at, reply },
                Verdict::Fail { reply } => Settled::Failed { reply, is_hard },
            };
            report(claimed.id.0, kind, attempt, &settled);
            Ok(settled)
        }
        Err(SendError::SenderRefused(reply)) => {
            sender.relay_is_well(relay);
            pause_sender(sender, held, &reply).await
        }
        Err(error) => {
            let refuses_us = !matches!(error, SendError::RelayDown(_));
            sender.rest_relay(relay, refuses_us, error.reply());
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
        if sender.store.set_mailing_status(mailing, from, paused, Some(&Reason::said(&reason)), now).await? {
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

fn report(id: i64, kind: &'static str, attempt: u32, settled: &Settled) {
    match settled {
        Settled::Retry { at, reply } => {
            metrics::counter!("postbell_mails_total", "kind" => kind, "outcome" => "deferred").increment(1);
            tracing::info!(
                delivery.id = id, delivery.attempt = attempt, smtp.code = reply.code, next_attempt_at = %at,
                "a mail was not taken for now"
            );
        }
        Settled::Failed { reply, .. } => {
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
