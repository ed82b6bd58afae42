//! A relay's rate, shared with the other nodes through the database, and the
//! day's allowance of a sender that warms up.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::pace::{Place, Slot, warm_up};
use crate::domain::{DAY_MS, Timestamp};
use crate::store::{Store, StoreError};

/// How long a count of the day's mails is good.
const COUNT_GOOD_FOR_MS: i64 = 1_000;

/// Hands out the places of one relay.
pub(super) struct Meter {
    store: Arc<dyn Store>,
    bucket: String,
    /// 0: unlimited.
    per_second: u32,
    slot: Mutex<Slot>,
    /// Held by the one who asks the database; not before this moment.
    asking: tokio::sync::Mutex<Option<Timestamp>>,
}

impl Meter {
    pub(super) fn new(store: Arc<dyn Store>, bucket: String, per_second: u32) -> Self {
        Self { store, bucket, per_second, slot: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// Takes the place for one mail; `Some`: there is none before then.
    pub(super) async fn take(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        if self.per_second == 0 {
            return Ok(None);
        }
        let place = self.slot().take(now);
        if let Some(answer) = answer(place) {
            return Ok(answer);
        }
        let mut not_before = self.asking.lock().await;
        // Another connection may have asked while this one waited.
        let place = self.slot().take(now);
        if let Some(answer) = answer(place) {
            return Ok(answer);
        }
        // A moment much further ahead is from before the clock was moved back.
        if let Some(at) = not_before.filter(|at| (1..=60_000).contains(&at.since_ms(now))) {
            return Ok(Some(at));
        }
        let slice = self.store.take(&self.bucket, self.per_second, self.per_second, now).await?;
        if slice.granted == 0 {
            *not_before = Some(slice.next_at);
            return Ok(Some(slice.next_at));
        }
        let mut slot = self.slot();
        *slot = Slot::new(slice.from_us, slice.granted, slice.interval_us);
        Ok(answer(slot.take(now)).unwrap_or(Some(now.plus_ms(1))))
    }

    /// There was no mail for a place that was taken.
    pub(super) fn put_back(&self) {
        if self.per_second > 0 {
            self.slot().put_back();
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock()
    }
}

/// `None`: ask for more.
const fn answer(place: Place) -> Option<Option<Timestamp>> {
    match place {
        Place::Now => Some(None),
        Place::At(at) => Some(Some(at)),
        Place::Ask => None,
    }
}

/// The allowance of a sender that warms up.
pub(super) struct WarmUp {
    store: Arc<dyn Store>,
    first_day: u32,
    since: Timestamp,
    /// When the day's mails were counted, and how many more may go.
    left: tokio::sync::Mutex<Option<(Timestamp, i64)>>,
}

impl WarmUp {
    /// `first_day` 0: no warm-up.
    pub(super) fn new(store: Arc<dyn Store>, first_day: u32, since: Option<Timestamp>) -> Self {
        Self { store, first_day, since: since.unwrap_or_default(), left: tokio::sync::Mutex::default() }
    }

    /// Takes one mail of today's allowance; `Some`: it is used up until then.
    pub(super) async fn take(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let (today, first) = (now.as_millis().div_euclid(DAY_MS), self.since.as_millis().div_euclid(DAY_MS));
        let day = u32::try_from((today - first).max(0)).unwrap_or(u32::MAX);
        let Some(allowed) = warm_up::allowance(self.first_day, day) else { return Ok(None) };
        let mut left = self.left.lock().await;
        let is_fresh = |at: Timestamp| {
            (0..COUNT_GOOD_FOR_MS).contains(&now.since_ms(at)) && at.as_millis().div_euclid(DAY_MS) == today
        };
        let count = match *left {
            Some((at, count)) if is_fresh(at) => count,
            _ => {
                let sent = self.store.accepted_today(now).await?;
                let count = i64::try_from(allowed).unwrap_or(i64::MAX).saturating_sub(sent);
                *left = Some((now, count));
                count
            }
        };
        if count <= 0 {
            return Ok(Some(Timestamp::from_millis((today + 1) * DAY_MS)));
        }
        if let Some((_, left)) = left.as_mut() {
            *left -= 1;
        }
        Ok(None)
    }
}
