//! Sign-up, links and preferences: what readers do to their subscriptions.

mod links;
mod request;
mod together;
mod visits;

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::{Keys, SealedRow};
use crate::store::{SignUpLimits, Store};
use crate::wake::Wake;

pub use links::{Confirmed, LinkFault, Managed};
pub use request::{Fault, Form, SignUpOutcome, Visitor};
use together::Together;

/// What the flow is told.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// A pending subscription expires.
    pub confirm_within_ms: i64,
    /// Well-formed sign-ups in an hour.
    pub limits: SignUpLimits,
}

/// The flow.
#[derive(Clone)]
pub struct Signup {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The secret keys.
    pub keys: Keys,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Rings the sender.
    pub wake: Wake,
    /// What the flow is told.
    pub policy: Policy,
    together: Arc<Together>,
}

impl Signup {
    /// A flow over this store.
    pub fn new(store: Arc<dyn Store>, keys: Keys, clock: Arc<dyn Clock>, wake: Wake, policy: Policy) -> Self {
        Self { together: Together::new(store.clone(), clock.clone()), store, keys, clock, wake, policy }
    }

    /// A cookie value that binds this browser to a sign-up.
    pub fn browser_mark(&self, subscription: SealedRow) -> String {
        self.keys.browser_mark(&rand::random(), subscription)
    }
}
