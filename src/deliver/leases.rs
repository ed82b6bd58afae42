//! What this process has claimed and not yet settled, and how long it is ours.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use parking_lot::{Mutex, MutexGuard};

use crate::domain::{DeliveryId, Timestamp};

/// End of the lease of each delivery that is held.
#[derive(Default)]
pub(super) struct Leases(Mutex<Held>);

#[derive(Default)]
struct Held {
    ends: HashMap<DeliveryId, Timestamp>,
    /// What was settled while a claim was under way: the claim may not have
    /// seen that yet.
    settled: Option<HashSet<DeliveryId>>,
}

impl Leases {
    /// A claim begins; [`Leases::end_claim`] ends it.
    pub(super) fn begin_claim(&self) {
        self.all().settled = Some(HashSet::new());
    }

    pub(super) fn end_claim(&self) {
        self.all().settled = None;
    }

    /// Takes note of a claim; `false` when it is held already, or was until a
    /// moment ago: a row whose settlement is under way here comes back when
    /// its lease ran out meanwhile, and must not be sent a second time.
    pub(super) fn take(&self, id: DeliveryId, until: Timestamp) -> bool {
        let mut all = self.all();
        if all.settled.as_ref().is_some_and(|settled| settled.contains(&id)) {
            return false;
        }
        match all.ends.entry(id) {
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
            if let Some(end) = all.ends.get_mut(id) {
                *end = until;
            }
        }
    }

    pub(super) fn forget(&self, ids: impl IntoIterator<Item = DeliveryId>) {
        let mut all = self.all();
        for id in ids {
            all.ends.remove(&id);
        }
    }

    /// It was tried, or is over; what is given back is only forgotten.
    pub(super) fn settle(&self, id: DeliveryId) {
        let mut all = self.all();
        all.ends.remove(&id);
        if let Some(settled) = &mut all.settled {
            settled.insert(id);
        }
    }

    pub(super) fn end(&self, id: DeliveryId) -> Option<Timestamp> {
        self.all().ends.get(&id).copied()
    }

    /// Whether one ran out that is still at hand.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.all().ends.values().any(|end| *end <= now)
    }

    pub(super) fn ids(&self) -> Vec<DeliveryId> {
        self.all().ends.keys().copied().collect()
    }

    fn all(&self) -> MutexGuard<'_, Held> {
        self.0.lock()
    }
}
