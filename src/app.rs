//! Builds everything once.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{EmailAddress, Keys, PostId};
use crate::feeds::FeedSource;
use crate::store::Store;
use crate::templates::{Rendered, Templates};
use crate::wake::Wake;

/// What every command works with.
pub struct App {
    /// What was configured.
    pub config: Config,
    /// The database.
    pub store: Arc<dyn Store>,
    /// The secret keys.
    pub keys: Keys,
    /// Mails and pages.
    pub templates: Arc<Templates>,
    /// Where feeds come from.
    pub source: Arc<dyn FeedSource>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Rings the sender and the scheduler of this process.
    pub wake: Wake,
}

impl App {
    /// Opens (and migrates) the database, reads or makes the secret key,
    /// compiles the templates.
    ///
    /// # Errors
    /// What could not be opened and what to do about it.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let _ = config;
        todo!()
    }

    /// Runs the given roles until the process is told to stop.
    ///
    /// # Errors
    /// What could not be started.
    pub async fn serve(self, roles: Roles) -> anyhow::Result<()> {
        let _ = roles;
        todo!()
    }

    /// The mail of a post as a follower would get it.
    ///
    /// # Errors
    /// Why it cannot be composed.
    pub async fn preview_post(&self, post: PostId) -> anyhow::Result<Rendered> {
        let _ = post;
        todo!()
    }

    /// Sends the mail of a post to any address now, as a test. Answers what
    /// the server said.
    ///
    /// # Errors
    /// Why it could not be sent.
    pub async fn send_preview(&self, post: PostId, to: &EmailAddress) -> anyhow::Result<String> {
        let _ = (post, to);
        todo!()
    }

    /// Queues a post once more for one follower.
    ///
    /// # Errors
    /// When the post was not mailed, or the address does not follow.
    pub async fn resend_post(&self, post: PostId, to: &EmailAddress) -> anyhow::Result<()> {
        let _ = (post, to);
        todo!()
    }

    /// Sends one mail now and answers what the server said.
    ///
    /// # Errors
    /// What the server refused and what to do.
    pub async fn mail_test(&self, to: &EmailAddress) -> anyhow::Result<String> {
        let _ = to;
        todo!()
    }
}

/// Where feeds come from, by the configuration's rules.
///
/// # Errors
/// What the machine lacks.
pub fn feed_source(config: &Config) -> anyhow::Result<Arc<dyn FeedSource>> {
    let _ = config;
    todo!()
}

/// A sample blog, its mailbox and everything else in a temporary folder.
///
/// # Errors
/// What could not be started.
pub async fn demo(port: Option<u16>) -> anyhow::Result<()> {
    let _ = port;
    todo!()
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Pages and links.
    pub web: bool,
    /// Feed checks, fan-out, upkeep.
    pub scheduler: bool,
    /// Sending.
    pub sender: bool,
}

impl Roles {
    /// All three.
    pub const ALL: Self = Self { web: true, scheduler: true, sender: true };
}
