//! What this process has claimed and not yet settled, and how long it is ours.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{DeliveryId, Timestamp};

/// End of the lease of each delivery that is held.
#[derive(Default)]
pub(super) struct Leases(Mutex<HashMap<DeliveryId, Timestamp>>);

impl Leases {
    /// Takes note of a claim; `false` when it is held already: a row whose
    /// settlement is still under way here comes back when its lease ran out
    /// meanwhile, and must not be sent a second time.
    pub(super) fn take(&self, id: DeliveryId, until: Timestamp) -> bool {
        match self.all().entry(id) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(until);
                true
            }
        }
    }

    /// Those that are still ours end later now.
    pub(super) fn extend(&self, ids: &[DeliveryId], until: Timestamp) {
        let mut all = self.all();
        for id in ids {
            if let Some(end) = all.get_mut(id) {
                *end = until;
            }
        }
    }

    pub(super) fn forget(&self, ids: impl IntoIterator<Item = DeliveryId>) {
        let mut all = self.all();
        for id in ids {
            all.remove(&id);
        }
    }

    pub(super) fn end(&self, id: DeliveryId) -> Option<Timestamp> {
        self.all().get(&id).copied()
    }

    pub(super) fn ids(&self) -> Vec<DeliveryId> {
        self.all().keys().copied().collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<DeliveryId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
