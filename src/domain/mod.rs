//! The words of the trade and the rules that need nothing but values.
//!
//! No I/O, no async, no clock: `now` is always an argument.

mod blog;
mod bound;
mod canonical;
mod change;
mod delivery;
mod email_address;
mod feedback;
mod first_form;
mod forwarded;
mod halt;
mod hub;
mod ids;
pub mod import;
mod mailing;
mod marks;
mod mention;
mod origin;
mod place;
mod post;
mod reason;
pub mod refusal;
mod rest;
mod return_path;
pub mod schedule;
mod seal;
pub mod shown;
pub mod streak;
mod subscription;
mod suppression;
mod time_zone;
mod timestamp;
mod token;
mod unseen;
mod web_address;

pub use blog::{Approval, Blog, BlogEdit, BodyMode, NewBlog, Slug, SlugFault};
pub use bound::{ALL_TOGETHER, Bound, CHANGE, Cause, Limit, MANAGE, MailCounts, Per, QUESTION};
pub use change::{Change, ManageAction, PAUSE_MS, Transition, UNDO_MS};
pub use delivery::{
    DeliveryKind, DeliveryStatus, RETRY_LIMIT, Reply, SendFault, Verdict, Withheld, judge, may_send,
};
pub use email_address::{AddressFault, EmailAddress};
pub use feedback::{Class, FeedbackKind, SOFT_DAYS, SOFT_LIMIT, suppression_for};
pub use forwarded::{client_behind, tells_of_a_proxy};
pub use halt::Halt;
pub use hub::{Hub, HubSignature, HubState};
pub use ids::{BlogId, DeliveryId, MailingId, PostId, SubscriberId, SubscriptionId};
pub use mailing::{
    BODY_LIMIT_BYTES, Correction, HTML_LIMIT_BYTES, MAX_MAIL_BYTES, Mailing, MailingContent, MailingKind,
    MailingStatus, reached_nobody,
};
pub use marks::{Marks, Recognised, recognise};
pub use mention::mentions;
pub use origin::{each_once, narrowed_origins, origins_of, with_and_without_www};
pub use place::{Flow, places_of};
pub use post::{Decision, Identity, Post};
pub use reason::Reason;
pub use rest::{REFUSED_SENDER_AGAIN_MS, REFUSED_SENDER_MS, Rest, RestCause};
pub use return_path::{DeliveryClaim, ReturnPath, ReturnPathFault};
pub use seal::{DeliveryRow, Seal, Sealed, SealedRow};
pub use subscription::{
    ConfirmedBy, ConsentKind, Evidence, Frequency, SignUpFacts, SignUpStep, Subscription, SubscriptionStatus,
    sign_up_step,
};
pub use suppression::{Suppression, SuppressionReason};
pub use time_zone::{Zone, ZoneFault, local, zone_named};
pub use timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
pub use token::{Claim, Keys, MANAGE_LINK_MS, Purpose, TokenFault};
pub use unseen::is_blank;
pub use web_address::{
    is_masked, lend_login, masked, public_address, serialize_masked, with_login_of, without_login,
    without_secrets, without_secrets_of,
};
