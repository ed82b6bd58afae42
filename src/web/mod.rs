//! The entrance for browsers, readers' links and scripts.

/// A line that strangers can cause as often as they like: once a minute as it
/// is, with how many were not told; the others for who debugs.
macro_rules! seldom {
    ($web:expr, $level:ident, $what:literal, $($fields:tt)+) => {
        match $web.bounds.lines.tell($what, $web.clock.now()) {
            Some(untold) => tracing::$level!($($fields)+, untold, $what),
            None => tracing::debug!($($fields)+, $what),
        }
    };
}

mod assets;
mod body;
mod client;
mod confirm;
mod csrf;
pub mod demo;
mod error;
mod follow;
mod followers;
mod headers;
mod health;
mod hooks;
mod index;
mod listen;
mod mailbox;
mod manage;
mod page;
mod places;
mod providers;
mod reads;
mod router;
mod socket;
mod state;
mod timeout;
mod token;
mod unsubscribe;

pub use listen::serve;
pub use places::Bounds;
pub use providers::ProviderReports;
pub use reads::Reads;
pub use router::router;
pub use state::{Policy, Web};
