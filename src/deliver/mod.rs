//! From a delivery row to the server's answer: claim, judge, compose, hand
//! over, settle.
//!
//! [`Sender`] is what all connections of one process share; each [`Connection`] is
//! one connection and does one thing at a time: a [`Connection::turn`].

mod brake;
mod compose;
mod connection;
mod judged;
mod leases;
mod looks;
mod meter;
pub mod pace;
mod prepare;
mod queue;
mod relay;
mod rests;
mod sender;
mod settler;
mod whereabouts;

pub use brake::{Brake, BrakePolicy, judge as judge_health};
pub(crate) use compose::subject_of;
pub use compose::{ComposeError, Composer, Policy};
pub use connection::{Connection, Turn};
pub use relay::RelayPlan;
pub use sender::{Pacing, Sender};

/// How long a claim lasts without being renewed.
pub const LEASE_MS: i64 = 15_000;
/// How often leases are renewed.
pub const RENEW_EVERY_MS: i64 = 5_000;
/// A hand-over starts only with at least this much of the lease left (R12).
pub const LEASE_MARGIN_MS: i64 = 5_000;
/// Facts older than this are read again before the hand-over (D6).
pub const FACTS_GOOD_FOR_MS: i64 = 1_000;
/// How long a relay rests at first that refuses us, until it is probed again (R7).
pub const REFUSED_REST_MS: i64 = 5 * 60_000;

/// Counts a mail by what became of it. One that failed and is taken back is
/// counted as both: a counter cannot go down.
fn count_mails(kind: &'static str, outcome: &'static str) {
    metrics::counter!("postbell_mails_total", "kind" => kind, "outcome" => outcome).increment(1);
}
