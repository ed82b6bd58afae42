//! SMTP: one task, one connection.

mod certificate;
mod connect;
mod exchange;
mod hello;
mod judge;
mod lessons;
mod probe;
mod session;
mod tidy;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use self::connect::Dialer;
use self::session::SmtpSession;
use super::{Lessons, Session, Transport};
use crate::clock::Clock;

pub use self::judge::judged;
pub use self::probe::{Offers, Probe, Reached};

/// How a relay is reached.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Name or IP address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// User and password.
    pub credentials: Option<(String, SecretString)>,
    /// Further roots, PEM (`smtp.ca_file`).
    pub ca_pem: Option<Vec<u8>>,
    /// Connections to the relay.
    pub connections: usize,
    /// How much is written before an answer is awaited.
    pub pipelining: Pipelining,
    /// The wait for the answer to the final dot (RFC 5321 §4.5.3.2.6: 10 minutes).
    pub data_timeout: Duration,
}

/// How much is written before an answer is awaited, where the relay offers
/// PIPELINING (RFC 2920). Round trips a mail: 1, 2, 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipelining {
    /// A mail, its final dot and the next mail's commands in one write;
    /// `Commands` for a day after a connection was lost at the dot.
    Auto,
    /// MAIL, RCPT and DATA in one write.
    Commands,
    /// Each command by itself.
    Off,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all.
    None,
    /// STARTTLS when it is offered, certificate unchecked.
    Opportunistic,
    /// STARTTLS, certificate checked, or no mail.
    Required,
    /// TLS from the first byte, certificate checked.
    Implicit,
}

/// A relay.
pub struct SmtpTransport {
    name: String,
    dialer: Arc<Dialer>,
}

impl SmtpTransport {
    /// Reads certificates and works out how to connect; connects to nothing yet.
    ///
    /// # Errors
    /// What is wrong with the settings, and which of them.
    pub fn new(settings: SmtpSettings, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let name = if settings.host.contains(':') {
            format!("[{}]:{}", settings.host, settings.port)
        } else {
            format!("{}:{}", settings.host, settings.port)
        };
        Ok(Self { name, dialer: Arc::new(Dialer::new(settings, clock)?) })
    }
}

impl Transport for SmtpTransport {
    fn name(&self) -> &str {
        &self.name
    }

    fn connections(&self) -> usize {
        self.dialer.settings.connections.max(1)
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(SmtpSession::new(self.dialer.clone()))
    }

    fn lessons(&self) -> Lessons {
        self.dialer.learned.all()
    }

    fn recall(&self, lessons: Lessons) {
        self.dialer.learned.recall(lessons);
    }
}
