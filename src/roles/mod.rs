//! What a process does: web, scheduler, sender. Only here are loops that
//! wait; every wait listens for the stop.

mod heart;
mod lmtp;
#[cfg(feature = "imap")]
mod mailbox;
mod scheduler;
mod sender;
mod shutdown;
mod web;

pub use heart::{BEAT_EVERY, beat};
pub use lmtp::serve_lmtp;
#[cfg(feature = "imap")]
pub use mailbox::watch_mailbox;
pub use scheduler::{QUIET, Rings, schedule};
pub use sender::send;
pub use shutdown::{cancel_on_signals, stop_on_signals};
pub use web::serve_web;

use std::time::Duration;

/// How long a role may take to finish what is in flight; the process ends
/// within 10 s of SIGTERM (R15).
pub const DRAIN: Duration = Duration::from_secs(8);
