//! SMTP: one task, one connection.

use std::time::Duration;

use secrecy::SecretString;

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
