//! How fast, how many at once, and over which relay: pure functions and small
//! state, `now` an argument, no I/O (D11).
//!
//! [`Slot`] keeps the rate of a relay, [`Lanes`] hold what each receiving domain
//! takes and learn it from its answers, [`Failover`] chooses the relay by one
//! [`Breaker`] each, [`warm_up`] says what a new sender may send a day.

mod breaker;
mod domains;
mod failover;
mod lane;
mod lanes;
mod slot;
pub mod warm_up;

pub use breaker::{Breaker, Gate, Tripped, Why};
pub use domains::{Profile, group_of, profile_of};
pub use failover::{Choice, Failover};
pub use lane::{Answer, Lane, is_too_fast};
pub use lanes::{Entry, Kept, Lanes};
pub use slot::{Place, Slot};
