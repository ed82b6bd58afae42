//! One connection and the task that owns it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::judged::{Outcome, judged};
use super::pace::{Breaker, Choice, Why};
use super::prepare::{Prepared, Ready, fresh, prepare, prepare_notice, withheld};
use super::queue::{Held, given_back};
use super::sender::Sender;
use super::settler::Ticket;
use crate::domain::{DeliveryId, DeliveryKind, Reply, Timestamp};
use crate::mail::{SendError, Session};
use crate::store::{Settlement, StoreError};

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
pub struct Connection {
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

impl Connection {
    /// One that is opened when there is something to send.
    pub fn new(sender: Arc<Sender>) -> Self {
        let sessions: Vec<_> = sender.relays.iter().map(|relay| relay.transport.session()).collect();
        Self {
            number: sender.take_number(),
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
                look_at_rests(&sender).await;
                match sender.take_knock() {
                    Some((relay, knock_until)) => self.send_notice(relay, knock_until, until).await,
                    None => Turn::Resting(until),
                }
            }
        }
    }

    /// A relay that refuses mail to readers may take one to who runs the blog:
    /// the notice says why nothing goes.
    async fn send_notice(&mut self, relay: usize, knock_until: Timestamp, until: Timestamp) -> Turn {
        let sender = self.sender.clone();
        self.go_over(relay).await;
        let prepared = match sender.queue.next_notice().await {
            Ok(Some(held)) => prepare_notice(&sender, &sender.relays[relay], held).await,
            Ok(None) => {
                sender.allow_knock_until(relay, knock_until);
                return Turn::Resting(until);
            }
            Err(error) => Err(error),
        };
        match prepared {
            Ok(Some(Prepared::Ready(ready))) => {
                let turn = self.deal(ready).await;
                self.await_settled(0).await;
                turn
            }
            Ok(Some(Prepared::Settled(settlement))) => {
                self.settle(settlement);
                self.keep_up().await
            }
            Ok(_) => Turn::Resting(until),
            Err(error) => {
                report_unprepared(&error);
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
                    let is_applied = sender.settler.apply().await;
                    look_at_rests(sender).await;
                    if is_applied {
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
        self.deal(ready).await
    }

    /// Deals with a mail that is ready, and starts writing down what became of it.
    async fn deal(&mut self, ready: Ready) -> Turn {
        let sender = self.sender.clone();
        let id = ready.held.claimed.id;
        self.in_hand = Some(id);
        let dealt = self.deal_with(ready).await;
        self.in_hand = None;
        match dealt {
            Ok(Some(Outcome { settled, weighed })) => {
                let is_row = weighed.as_ref().is_some_and(|weighed| weighed.ends_a_row());
                self.tickets.push_back(sender.settler.push(Settlement { id, settled }, weighed));
                if is_row && self.await_settled(0).await {
                    sender.settler.apply().await;
                    look_at_rests(&sender).await;
                }
            }
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
    async fn deal_with(&mut self, ready: Ready) -> Result<Option<Outcome>, StoreError> {
        let sender = self.sender.clone();
        // A connect can take long; the facts must be fresh after it (D6, R12).
        let relay = sender.relays[self.relay].clone();

        let began_at = sender.clock.now();
        if let Err(error) = self.sessions[self.relay].open().await {
            return Ok(Some(self.judged(&ready.held, Err(error), began_at).await?));
        }
        let Ready { held, parcel, pass } = ready;
        let Some(held) = fresh(&sender, held).await? else { return Ok(None) };
        if let Some(settled) = withheld(&held.claimed, sender.clock.now()) {
            return Ok(Some(settled.into()));
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
        Ok(Some(self.judged(&held, sent, began_at).await?))
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
    async fn judged(
        &mut self,
        held: &Held,
        sent: Result<Reply, SendError>,
        began_at: Timestamp,
    ) -> Result<Outcome, StoreError> {
        self.note_rest(&sent, self.sender.clock.now());
        judged(&self.sender, self.relay, held, sent, began_at).await
    }

    fn note_rest(&mut self, sent: &Result<Reply, SendError>, now: Timestamp) {
        match sent {
            // Should it be more than one connection, all of them rest longer.
            Err(SendError::RelayDown(_) | SendError::RelayRefusesUs(_)) => {
                self.rests[self.relay].rest(Why::Down, now);
            }
            _ => self.rests[self.relay] = Breaker::default(),
        }
    }

    /// Gives back what is ready and not begun.
    fn put_back(&mut self) {
        let now = self.sender.clock.now();
        for ready in std::mem::take(&mut self.ready) {
            if ready.held.claimed.kind == DeliveryKind::Notice {
                // It may be asked for at once, by whoever knocks with it.
                self.sender.queue.put_back(ready.held);
            } else {
                self.settle(given_back(&ready.held.claimed, now));
            }
        }
    }

    /// Starts writing down a fact; it is awaited by [`Self::await_settled`].
    fn settle(&mut self, settlement: Settlement) {
        self.tickets.push_back(self.sender.settler.push(settlement, None));
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

impl Drop for Connection {
    /// A task that ends half way gives its rows up: their leases are no
    /// longer renewed, run out, and the rows are claimed again.
    fn drop(&mut self) {
        self.sender.free_number(self.number);
        let ready = self.ready.iter().map(|ready| ready.held.claimed.id);
        self.sender.leases.forget(ready.chain(self.in_hand));
    }
}

/// Takes back what a row of refusals was blamed on, where one was found.
async fn look_at_rests(sender: &Sender) {
    if sender.has_streak.load(Ordering::SeqCst)
        && let Err(error) = sender.look_at_rests().await
    {
        report_unprepared(&error);
    }
}

fn report_unprepared(error: &StoreError) {
    tracing::error!(error = error as &dyn std::error::Error, "the outbox cannot be read; it is tried again");
}
