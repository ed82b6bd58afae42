//! The store's traits: where the flows meet. Adapters live in `sqlite`
//! and `postgres`, and what is equal in both in `sql`.
//!
//! One method is one transaction and one fact. `now` is always an argument.
//! Where the next state depends on the present one, the method takes a pure
//! function, which cannot await: no network call sits inside a transaction.

mod blogs;
mod error;
#[path = "sql/errors.rs"]
mod errors;
mod feedback;
mod form;
mod health;
mod hubs;
mod mailbox;
mod mailings;
mod nodes;
mod outbox;
pub mod postgres;
mod posts;
mod proof;
mod rates;
mod relays;
mod reports;
mod rests;
mod seals;
pub mod sqlite;
mod subscriptions;
mod suppressions;

pub use blogs::{Blogs, FoundPost, Look, LookOutcome, Respelled};
pub use error::StoreError;
pub use feedback::{FeedbackRecord, Feedbacks, HeardProof, NewFeedback, Recorded, Stray};
pub use form::Form;
pub use health::{HEALTH_DAYS, Health, Healths, Paused};
pub use hubs::{HubAsked, Hubs};
pub use mailbox::{KeptMail, KeptMailHead, Mailbox};
pub use mailings::{DeliveryCounts, FanOut, Mailings};
pub use nodes::{Node, Nodes};
pub use outbox::{
    Applied, Claimed, DeliveryRecord, NewDelivery, Outbox, SETTLED_AT_ONCE, Settled, Settlement,
};
pub use posts::{Alike, PostFilter, Posts};
pub use proof::{Breakdown, Lack, MissedReader, Proof, Retried, RetryStep};
pub use rates::{Rates, SLICE_US, Slice};
pub use relays::{RelayState, Relays};
pub use reports::{FollowerCounts, Gauges, GrowthDay, Reports, SourceCount};
pub use rests::{KnownRest, NewRest, Refused, RefusedSender, Rests, Suspect};
pub use seals::Seals;
pub use subscriptions::{
    Asked, Asker, ConsentRecord, ImportOutcome, ImportRow, Purged, SignUp, SignUpLimits, SignedUp,
    Subscriber, SubscriberFilter, Subscriptions,
};
pub use suppressions::{NewSuppression, Suppressed, Suppressions};

/// Everything that is stored.
pub trait Store:
    Blogs
    + Subscriptions
    + Posts
    + Mailings
    + Outbox
    + Proof
    + Suppressions
    + Reports
    + Mailbox
    + Relays
    + Nodes
    + Rates
    + Healths
    + Hubs
    + Feedbacks
    + Seals
    + Rests
{
}

impl<T> Store for T where
    T: Blogs
        + Subscriptions
        + Posts
        + Mailings
        + Outbox
        + Proof
        + Suppressions
        + Reports
        + Mailbox
        + Relays
        + Nodes
        + Rates
        + Healths
        + Hubs
        + Feedbacks
        + Seals
        + Rests
{
}

/// What a store method answers.
pub type Result<T> = std::result::Result<T, StoreError>;
