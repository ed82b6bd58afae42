//! Signs of life of who is asked: who waits for an answer can tell a server
//! that is at work from one that hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::{FeedSource, FetchError, Fetched, Validators};

/// Beats at each sign of life of the server that is asked.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: AtomicU64,
    /// Questions that have no answer yet.
    open: AtomicU64,
}

impl Pulse {
    /// Something came.
    pub fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it beat so far.
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Whether somebody is asked now. What comes after the answer is our own
    /// work, and no server's fault.
    pub fn is_fetching(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }
}

/// A source whose questions are felt in a pulse.
pub struct Felt {
    /// Who is asked.
    pub source: Arc<dyn FeedSource>,
    /// Where it is felt.
    pub pulse: Arc<Pulse>,
}

impl Felt {
    fn begin(&self) -> Open<'_> {
        self.pulse.open.fetch_add(1, Ordering::Relaxed);
        Open(&self.pulse)
    }
}

/// A question under way.
struct Open<'a>(&'a Pulse);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.beat();
    }
}

#[async_trait]
impl FeedSource for Felt {
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        let _open = self.begin();
        self.source.fetch_telling(url, validators, &self.pulse).await
    }

    async fn ask_hub(&self, hub: &str, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let _open = self.begin();
        self.source.ask_hub(hub, form).await
    }
}
