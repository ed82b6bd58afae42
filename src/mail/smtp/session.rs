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
use super::connect::{Announced, Dialer, SmtpConnection};
use super::exchange::{Exchange, Stopped, check, commands};
use super::judge::{Given, for_now};
use crate::domain::Reply;
use crate::mail::{Parcel, SendError, Session};

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// One task's session with the relay.
pub(super) struct SmtpSession {
    dialer: Arc<Dialer>,
    connection: Option<SmtpConnection>,
}

impl SmtpSession {
    pub(super) fn new(dialer: Arc<Dialer>) -> Self {
        Self { dialer, connection: None }
    }

    /// The open connection, or a new one.
    async fn take_connection(&mut self) -> Result<SmtpConnection, SendError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.dialer.connect().await,
        }
    }

    /// How much may be written over this connection before an answer.
    fn pipelining(&self, connection: &SmtpConnection) -> Pipelining {
        match self.dialer.settings.pipelining {
            _ if !connection.offers_pipelining => Pipelining::Off,
            Pipelining::Auto if self.dialer.learned.is_careful() => Pipelining::Commands,
            wanted => wanted,
        }
    }

    /// The commands of the next mail, when they may be written behind this
    /// one: never behind the last mail that the relay takes on a connection,
    /// where it would answer with a reset and take the 250 with it.
    fn announcement(&self, connection: &SmtpConnection, next: Option<&Parcel>) -> Option<Announced> {
        let is_last = self.dialer.learned.most().is_some_and(|most| connection.taken + 1 >= most);
        if is_last || self.pipelining(connection) != Pipelining::Auto {
            return None;
        }
        let next = next?;
        commands(connection, next).ok().map(|commands| Announced::of(next, commands))
    }

    /// Keeps the connection, unless the relay takes no more mails over it.
    async fn keep(&mut self, connection: SmtpConnection) {
        let is_full = self.dialer.learned.most().is_some_and(|most| connection.taken >= most);
        self.connection = Some(connection);
        if is_full {
            self.close().await;
        }
    }
}

#[async_trait]
impl Session for SmtpSession {
    async fn open(&mut self) -> Result<(), SendError> {
        self.connection = Some(self.take_connection().await?);
        Ok(())
    }

    async fn send(&mut self, parcel: &Parcel, next: Option<&Parcel>) -> Result<Reply, SendError> {
        check(parcel)?;
        // The second round is for a connection that turned out to be closed:
        // idle too long, a mail too many, a relay that restarts.
        for is_last in [false, true] {
            let mut connection = self.take_connection().await?;
            let is_announced = connection.announced.as_ref().is_some_and(|announced| announced.is_of(parcel));
            let envelope = if is_announced { Ok(String::new()) } else { commands(&connection, parcel) };
            let envelope = match envelope {
                Ok(envelope) => envelope,
                Err(error) => {
                    self.connection = Some(connection);
                    return Err(error);
                }
            };
            let is_other = |announced: &Announced| !is_announced && announced.commands != envelope;
            if connection.announced.as_ref().is_some_and(is_other) {
                // Another mail was announced and then held back: in the midst
                // of DATA there is no way to take that back but to hang up.
                drop(connection);
                connection = self.take_connection().await?;
            }
            let taken = connection.taken;
            let exchange = Exchange {
                envelope,
                given: Given { sender: &parcel.sender, reader: &parcel.recipient },
                text: &parcel.bytes,
                announce: self.announcement(&connection, next),
                pipelining: self.pipelining(&connection),
                data_timeout: self.dialer.settings.data_timeout,
            };
            match exchange.over(connection).await {
                Ok((reply, connection)) => {
                    self.keep(connection).await;
                    return Ok(reply);
                }
                Err(Stopped::Judged(error, connection)) => {
                    self.keep(*connection).await;
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
        if let Some(mut connection) = self.connection.take()
            && connection.announced.is_none()
        {
            // Nothing depends on how the goodbye is answered.
            let _ = timeout(GOODBYE, connection.smtp.command(Quit)).await;
        }
    }
}
