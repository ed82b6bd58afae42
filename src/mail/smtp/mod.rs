//! SMTP: one task, one connection.

mod connect;
mod judge;
mod session;
mod tidy;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use self::connect::Dialer;
use self::session::SmtpSession;
use super::{Session, Transport};

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
    /// The wait for the answer to the final dot (RFC 5321 §4.5.3.2.6: 10 minutes).
    pub data_timeout: Duration,
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
    pub fn new(settings: SmtpSettings) -> Result<Self, String> {
        let name = if settings.host.contains(':') {
            format!("[{}]:{}", settings.host, settings.port)
        } else {
            format!("{}:{}", settings.host, settings.port)
        };
        Ok(Self { name, dialer: Arc::new(Dialer::new(settings)?) })
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
}
