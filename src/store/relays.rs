//! What is known of each mail relay, shared by all processes.

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;

/// What is known of a relay.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct RelayState {
    /// Whether its last EHLO offered SMTPUTF8 (RFC 6531).
    pub offers_smtputf8: bool,
    /// Until when it rests.
    pub resting_until: Option<Timestamp>,
    /// Why it rests.
    pub reason: Option<String>,
}

/// Relays by name (`host:port`).
#[async_trait]
pub trait Relays: Send + Sync {
    /// What is known of this relay; the default for one never met.
    async fn relay_state(&self, relay: &str) -> Result<RelayState>;

    /// Writes what is known now.
    async fn record_relay(&self, relay: &str, state: &RelayState, now: Timestamp) -> Result<()>;
}
