//! What is equal on both databases, written once.
//!
//! Each adapter takes this folder in by `#[path]`, so it is compiled twice: what
//! its files call `super` are the parts of that adapter that are named here, its
//! `SqlStore`, `Tx`, `Connection` and `dialect` (decision 0010). What differs is in the
//! adapters' own folders. `errors` alone is compiled once.

pub(super) mod again;
pub(super) mod arrived;
pub(super) mod asking;
pub(super) mod blocks;
pub(super) mod blogs;
pub(super) mod by_domain;
pub(super) mod caused;
pub(super) mod deliveries;
pub(super) mod facts;
pub(super) mod fan_out;
pub(super) mod feedback;
pub(super) mod fold;
pub(super) mod forget;
pub(super) mod form;
pub(super) mod health;
pub(super) mod held;
pub(super) mod hubs;
pub(super) mod import;
pub(super) mod lacking;
pub(super) mod leases;
pub(super) mod mailbox;
pub(super) mod mailings;
pub(super) mod nodes;
pub(super) mod outbox_reads;
pub(super) mod posts;
pub(super) mod proof;
pub(super) mod rates;
pub(super) mod refused_senders;
pub(super) mod relays;
pub(super) mod reports;
pub(super) mod rests;
pub(super) mod rows;
pub(super) mod said;
pub(super) mod seals;
pub(super) mod sign_ups;
pub(super) mod singles;
pub(super) mod subscriptions;
pub(super) mod suppressions;
pub(super) mod suspects;
pub(super) mod take_back;
pub(super) mod transition;
pub(super) mod unreached;
pub(super) mod upkeep;

use super::{Connection, MIGRATIONS, SqlStore, Tx, dialect, errors, import_rows};
