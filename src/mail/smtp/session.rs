//! One connection and the mails that go over it, one after the other.
//!
//! The connection is taken out of the session for each exchange and put back
//! only after a complete, understood answer. Whatever else happens (time
//! limit, broken connection, the future dropped half way) drops it: an answer
//! that comes late must never be taken for the answer to the next mail.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::commands::Quit;
use tokio::time::timeout;

use super::Pipelining;
use super::connect::{Announced, Dialer, Line};
use super::exchange::{Exchange, Stopped, check, commands};
use super::judge::{Given, for_now};
use crate::domain::Reply;
use crate::mail::{Parcel, SendError, Session};

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// One task's session with the relay.
pub(super) struct SmtpSession {
    dialer: Arc<Dialer>,
    line: Option<Line>,
}

impl SmtpSession {
    pub(super) fn new(dialer: Arc<Dialer>) -> Self {
        Self { dialer, line: None }
    }

    /// The open connection, or a new one.
    async fn take_line(&mut self) -> Result<Line, SendError> {
        match self.line.take() {
            Some(line) => Ok(line),
            None => self.dialer.connect().await,
        }
    }

    /// How much may be written over this connection before an answer.
    fn pipelining(&self, line: &Line) -> Pipelining {
        match self.dialer.settings.pipelining {
            _ if !line.offers_pipelining => Pipelining::Off,
            Pipelining::Auto if self.dialer.learned.is_careful() => Pipelining::Commands,
            wanted => wanted,
        }
    }

    /// The commands of the next mail, when they may be written behind this
    /// one: never behind the last mail that the relay takes on a connection,
    /// where it would answer with a reset and take the 250 with it.
    fn announcement(&self, line: &Line, next: Option<&Parcel>) -> Option<Announced> {
        let is_last = self.dialer.learned.most().is_some_and(|most| line.taken + 1 >= most);
        if is_last || self.pipelining(line) != Pipelining::Auto {
            return None;
        }
        let next = next?;
        commands(line, next).ok().map(|commands| Announced::of(next, commands))
    }

    /// Keeps the connection, unless the relay takes no more mails over it.
    async fn keep(&mut self, line: Line) {
        let is_full = self.dialer.learned.most().is_some_and(|most| line.taken >= most);
        self.line = Some(line);
        if is_full {
            self.close().await;
        }
    }
}

#[async_trait]
impl Session for SmtpSession {
    async fn open(&mut self) -> Result<(), SendError> {
        self.line = Some(self.take_line().await?);
        Ok(())
    }

    async fn send(&mut self, parcel: &Parcel, next: Option<&Parcel>) -> Result<Reply, SendError> {
        check(parcel)?;
        // The second round is for a connection that turned out to be closed:
        // idle too long, a mail too many, a relay that restarts.
        for is_last in [false, true] {
            let mut line = self.take_line().await?;
            let is_announced = line.announced.as_ref().is_some_and(|announced| announced.is_of(parcel));
            let envelope = if is_announced { Ok(String::new()) } else { commands(&line, parcel) };
            let envelope = match envelope {
                Ok(envelope) => envelope,
                Err(error) => {
                    self.line = Some(line);
                    return Err(error);
                }
            };
            let is_other = |announced: &Announced| !is_announced && announced.commands != envelope;
            if line.announced.as_ref().is_some_and(is_other) {
                // Another mail was announced and then held back: in the midst
                // of DATA there is no way to take that back but to hang up.
                drop(line);
                line = self.take_line().await?;
            }
            let taken = line.taken;
            let exchange = Exchange {
                envelope,
                given: Given { sender: &parcel.sender, reader: &parcel.recipient },
                text: &parcel.bytes,
                announce: self.announcement(&line, next),
                pipelining: self.pipelining(&line),
                data_timeout: self.dialer.settings.data_timeout,
            };
            match exchange.over(line).await {
                Ok((reply, line)) => {
                    self.keep(line).await;
                    return Ok(reply);
                }
                Err(Stopped::Judged(error, line)) => {
                    self.keep(*line).await;
                    return Err(error);
                }
                Err(Stopped::Lost { error, at_dot }) => {
                    if at_dot {
                        self.dialer.learned.be_careful();
                    }
                    return Err(error);
                }
                Err(Stopped::Closed(reply)) => {
                    if taken > 0 && reply.code == Some(421) {
                        self.dialer.learned.limit(taken);
                    }
                    if is_last {
                        return Err(for_now(reply));
                    }
                }
            }
        }
        unreachable!("the last round always returns")
    }

    async fn close(&mut self) {
        if let Some(mut line) = self.line.take()
            && line.announced.is_none()
        {
            // Nothing depends on how the goodbye is answered.
            let _ = timeout(GOODBYE, line.smtp.command(Quit)).await;
        }
    }
}
