//! What mail servers, providers and readers say about our mails: bounces,
//! complaints, automatic answers.

pub mod mail;
pub mod providers;
mod record;

pub use crate::domain::Class;
pub use record::{Recorder, Taken};
