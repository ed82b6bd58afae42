//! Addresses of a file, and the hardest that a row of it says of each.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use crate::domain::import::{Entry, RowReason, Said, Who};
use crate::domain::{EmailAddress, MINUTE_MS, Timestamp};

/// Addresses, by 88 bits of a keyed hash each: a million need 36 MB.
pub(super) struct Addresses {
    keys: HashMap<[u8; 11], Told>,
    hashers: [RandomState; 2],
}

/// What was told of an address.
#[derive(Debug, Clone, Copy)]
struct Told {
    said: Said,
    /// When it was last gone, in minutes of our time; 0: nobody knows.
    left: [u8; 4],
}

impl Addresses {
    pub fn new() -> Self {
        Self { keys: HashMap::new(), hashers: [RandomState::new(), RandomState::new()] }
    }

    fn key(&self, address: &EmailAddress) -> [u8; 11] {
        let key = address.key();
        let mut bytes = [0; 11];
        let [high, low] = self.hashers.each_ref().map(|hasher| hasher.hash_one(&key).to_le_bytes());
        bytes[..8].copy_from_slice(&high);
        bytes[8..].copy_from_slice(&low[..3]);
        bytes
    }

    /// Adds it; `false` when it was there.
    pub fn insert(&mut self, address: &EmailAddress) -> bool {
        self.keys.insert(self.key(address), Told { said: Said::Nothing, left: [0; 4] }).is_none()
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Keeps what an entry says of its address, if that is less than that it
    /// follows. What cannot be understood may say so.
    pub fn tell(&mut self, entry: &Entry, now: Timestamp) {
        let (address, said, left) = match entry {
            Entry::Taken { who: Who::Address(address), said, at, date, .. } => {
                (address.clone(), *said, left_at(*said, *at, date.is_some(), now))
            }
            Entry::Refused { shown, reason } => {
                let said = match reason {
                    RowReason::Contact => Said::Skipped,
                    RowReason::Ragged { .. } | RowReason::MoreInCell => Said::Pending,
                    _ => return,
                };
                let Ok(address) = EmailAddress::parse(shown) else { return };
                (address, said, None)
            }
            Entry::Taken { who: Who::Hash(_), .. } => return,
        };
        if !matches!(said, Said::Nothing | Said::Active) {
            let minutes = left.and_then(|left| u32::try_from(left.as_millis() / MINUTE_MS).ok()).unwrap_or(0);
            let kept = self.keys.entry(self.key(&address)).or_insert(Told { said, left: [0; 4] });
            kept.said = kept.said.and(said);
            kept.left = u32::from_le_bytes(kept.left).max(minutes).to_le_bytes();
        }
    }

    /// The hardest that was told of it.
    pub fn said(&self, address: &EmailAddress) -> Said {
        self.keys.get(&self.key(address)).map_or(Said::Nothing, |told| told.said)
    }

    /// When it was last gone by any row; the newest of several counts, as its
    /// owner may have confirmed here in between.
    pub fn left(&self, address: &EmailAddress) -> Option<Timestamp> {
        let minutes = u32::from_le_bytes(self.keys.get(&self.key(address))?.left);
        (minutes > 0).then(|| Timestamp::from_millis(i64::from(minutes) * MINUTE_MS))
    }
}

/// When a row says that its reader was gone; on a day that nobody can read no
/// earlier than today.
pub(super) fn left_at(
    said: Said,
    at: Option<Timestamp>,
    is_unread: bool,
    now: Timestamp,
) -> Option<Timestamp> {
    at.or((is_unread && matches!(said, Said::Gone(_))).then_some(now))
        .filter(|_| matches!(said, Said::Gone(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hardest_is_kept_and_a_million_are_small() {
        assert_eq!(size_of::<([u8; 11], Told)>(), 16);
        let address: EmailAddress = EmailAddress::parse("kim@x.org").expect("an address");
        let at =
            |said, at| Entry::Taken { who: Who::Address(address.clone()), said, at, date: None, blog: None };
        let taken = |said| at(said, None);
        let now = Timestamp::from_millis(1_800_000_000_000);
        let mut told = Addresses::new();
        for (said, kept) in [
            (Said::Active, Said::Nothing),
            (Said::Pending, Said::Pending),
            (Said::Active, Said::Pending),
            (Said::Paused, Said::Pending),
        ] {
            told.tell(&taken(said), now);
            assert_eq!(told.said(&address), kept, "{said:?}");
        }
        // The newest of several leavings, wherever it stands.
        assert_eq!(told.left(&address), None);
        let left = Said::Gone(crate::domain::SuppressionReason::Unsubscribed);
        for days in [-9, -3, -6] {
            told.tell(&at(left, Some(now.plus_ms(days * crate::domain::DAY_MS))), now);
        }
        assert_eq!(told.left(&address), Some(now.plus_ms(-3 * crate::domain::DAY_MS)));
    }
}
