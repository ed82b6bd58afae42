//! What is known of each mail relay, shared by all processes.

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;

/// What a relay taught us.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct RelayState {
    /// Whether its last EHLO offered SMTPUTF8 (RFC 6531).
    pub offers_smtputf8: bool,
    /// Until when nothing is written behind the final dot of a mail: a
    /// connection was lost there.
    pub careful_until: Option<Timestamp>,
    /// How many mails it takes over one connection, where it closed one.
    pub most_mails: Option<u32>,
}

/// Relays by name (`host:port`).
#[async_trait]
pub trait Relays: Send + Sync {
    /// What is known of this relay; the default for one never met.
    async fn relay_state(&self, relay: &str) -> Result<RelayState>;

    /// Writes what is known now.
    async fn record_relay(&self, relay: &str, state: &RelayState, now: Timestamp) -> Result<()>;
}
