//! Large documents weigh: a few of them are in memory at a time, and the next
//! one waits, so that many feeds that are as large as they may be do not fill
//! the machine together (S20).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A document of more bytes weighs. Most feeds are far below, and never wait.
pub(super) const LIGHT_BYTES: usize = 1024 * 1024;
/// Documents that weigh, side by side.
const HEAVY_AT_ONCE: usize = 8;

/// What a document weighs. It goes along with the document and with what was
/// read of it; the next large one comes when the last copy is dropped.
#[derive(Debug, Clone, Default)]
pub struct Weight(Option<Arc<OwnedSemaphorePermit>>);

impl Weight {
    /// Whether it keeps others waiting.
    #[must_use]
    pub fn is_heavy(&self) -> bool {
        self.0.is_some()
    }
}

/// Two documents are the same whatever room they take.
impl PartialEq for Weight {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Weight {}

/// The scales of one process.
#[derive(Debug, Clone)]
pub(super) struct Scales(Arc<Semaphore>);

impl Default for Scales {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HEAVY_AT_ONCE)))
    }
}

impl Scales {
    /// Waits for room for a large document, unless `held` has it already.
    pub(super) async fn weigh(&self, held: &mut Weight) {
        if held.0.is_none() {
            // The semaphore is never closed.
            held.0 = self.0.clone().acquire_owned().await.ok().map(Arc::new);
        }
    }
}
