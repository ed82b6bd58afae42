//! What the connections to one relay teach each other.
//!
//! A lesson lasts a day: relays are restarted, exchanged and repaired.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, Ordering};

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::domain::{DAY_MS, Timestamp};
use crate::mail::Lessons;

const UNKNOWN: u8 = 2;

/// The lessons of one relay, shared by its connections.
pub(super) struct Learned {
    clock: Arc<dyn Clock>,
    offers_smtputf8: AtomicU8,
    /// Milliseconds; 0: not careful.
    careful_until: AtomicI64,
    /// 0: no limit is known.
    most_mails: AtomicU32,
    limit_until: AtomicI64,
    learning: Mutex<()>,
}

impl Learned {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            offers_smtputf8: AtomicU8::new(UNKNOWN),
            careful_until: AtomicI64::new(0),
            most_mails: AtomicU32::new(0),
            limit_until: AtomicI64::new(0),
            learning: Mutex::new(()),
        }
    }

    pub(super) fn all(&self) -> Lessons {
        let careful_until = self.careful_until.load(Ordering::Relaxed);
        Lessons {
            offers_smtputf8: match self.offers_smtputf8.load(Ordering::Relaxed) {
                UNKNOWN => None,
                offers => Some(offers == 1),
            },
            careful_until: (careful_until > 0).then(|| Timestamp::from_millis(careful_until)),
            most_mails: Some(self.most_mails.load(Ordering::Relaxed)).filter(|most| *most > 0),
        }
    }

    pub(super) fn recall(&self, lessons: Lessons) {
        if let Some(until) = lessons.careful_until {
            self.careful_until.store(until.as_millis(), Ordering::Relaxed);
        }
        if let Some(most) = lessons.most_mails {
            self.limit(most);
        }
    }

    pub(super) fn offers_smtputf8(&self, offers: bool) {
        self.offers_smtputf8.store(u8::from(offers), Ordering::Relaxed);
    }

    /// A connection was lost at the dot of a mail that had another behind it.
    pub(super) fn be_careful(&self) {
        let until = self.clock.now().plus_ms(DAY_MS);
        self.careful_until.store(until.as_millis(), Ordering::Relaxed);
    }

    /// Whether nothing may be written behind a dot now. A clock that was set
    /// back makes no day longer.
    pub(super) fn is_careful(&self) -> bool {
        is_within_a_day(self.careful_until.load(Ordering::Relaxed), &*self.clock)
    }

    /// The relay closed a connection after so many mails.
    pub(super) fn limit(&self, mails: u32) {
        let _learning = self.learning.lock();
        if self.most().is_none_or(|most| mails < most) {
            self.most_mails.store(mails, Ordering::Relaxed);
            self.limit_until.store(self.clock.now().plus_ms(DAY_MS).as_millis(), Ordering::Relaxed);
        }
    }

    /// How many mails to hand over by one connection.
    pub(super) fn most(&self) -> Option<u32> {
        let most = self.most_mails.load(Ordering::Relaxed);
        (most > 0 && is_within_a_day(self.limit_until.load(Ordering::Relaxed), &*self.clock)).then_some(most)
    }
}

fn is_within_a_day(until_ms: i64, clock: &dyn Clock) -> bool {
    until_ms > 0 && (1..=DAY_MS).contains(&Timestamp::from_millis(until_ms).since_ms(clock.now()))
}
