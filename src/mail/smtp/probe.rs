//! A connection that is made ready for MAIL and closed again, to learn how far
//! it comes and what the relay offers. No mail is sent.

use std::time::Duration;

use tokio::time::timeout;

use super::connect::SmtpConnection;
use super::judge::no_answer;
use super::{SmtpTransport, certificate};
use crate::domain::Timestamp;
use crate::mail::SendError;

/// For all of it: somebody waits at a terminal.
const PATIENCE: Duration = Duration::from_secs(40);
/// For the goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// How far a connection came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Nowhere: the name, the port.
    #[default]
    Nothing,
    /// The server took the connection; TLS from the first byte comes next.
    Connected,
    /// It said what it is and what it offers; STARTTLS comes next.
    Greeted,
    /// The connection is as it should be; the login comes next.
    Protected,
    /// Ready for MAIL.
    LoggedIn,
}

/// What a relay offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// Whether TLS is spoken.
    pub is_protected: bool,
    /// When its certificate ends.
    pub certificate_ends: Option<Timestamp>,
    /// `PIPELINING` (RFC 2920).
    pub pipelining: bool,
    /// `8BITMIME` (RFC 6152).
    pub eight_bit: bool,
    /// `SMTPUTF8` (RFC 6531).
    pub smtputf8: bool,
    /// `SIZE` (RFC 1870); `None`: no limit.
    pub max_bytes: Option<usize>,
}

/// How it went.
#[derive(Debug, Clone)]
pub struct Probe {
    /// How far it came.
    pub reached: Reached,
    /// What is offered, or what stopped it behind `reached`.
    pub outcome: Result<Offers, SendError>,
}

impl SmtpTransport {
    /// Connects as a send would, up to the login, and says goodbye.
    pub async fn probe(&self) -> Probe {
        let mut reached = Reached::default();
        let connected = timeout(PATIENCE, self.dialer.connect_noting(&mut reached)).await;
        let outcome = match connected {
            Ok(Ok(connection)) => Ok(offers_of(connection).await),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                Err(SendError::RelayDown(no_answer(format!("no answer within {} s", PATIENCE.as_secs()))))
            }
        };
        Probe { reached, outcome }
    }
}

async fn offers_of(mut connection: SmtpConnection) -> Offers {
    let certificate = connection.certificate.take().or_else(|| connection.smtp.peer_certificate().ok());
    let offers = Offers {
        is_protected: certificate.is_some(),
        certificate_ends: certificate.as_deref().and_then(certificate::ends),
        pipelining: connection.offers_pipelining,
        eight_bit: connection.offers_8bitmime,
        smtputf8: connection.offers_smtputf8,
        max_bytes: connection.max_bytes,
    };
    // A server that does not say goodbye has said all that was asked.
    let _ = timeout(GOODBYE, connection.smtp.quit()).await;
    offers
}
