//! Builds everything once.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::Keys;
use crate::feeds::FeedSource;
use crate::store::Store;
use crate::templates::Templates;
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
