//! Addresses of a file, and the hardest that a row of it says of each.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use crate::domain::EmailAddress;
use crate::domain::import::{Entry, RowReason, Said, Who};

/// Addresses, by 120 bits of a keyed hash each: a million need 36 MB.
pub(super) struct Addresses {
    keys: HashMap<[u8; 15], Said>,
    hashers: [RandomState; 2],
}

impl Addresses {
    pub fn new() -> Self {
        Self { keys: HashMap::new(), hashers: [RandomState::new(), RandomState::new()] }
    }

    fn key(&self, address: &EmailAddress) -> [u8; 15] {
        let key = address.key();
        let mut bytes = [0; 15];
        let [high, low] = self.hashers.each_ref().map(|hasher| hasher.hash_one(&key).to_le_bytes());
        bytes[..8].copy_from_slice(&high);
        bytes[8..].copy_from_slice(&low[..7]);
        bytes
    }

    /// Adds it; `false` when it was there.
    pub fn insert(&mut self, address: &EmailAddress) -> bool {
        self.keys.insert(self.key(address), Said::Nothing).is_none()
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Keeps what an entry says of its address, if that is less than that it
    /// follows. What cannot be understood may say so.
    pub fn tell(&mut self, entry: &Entry) {
        let (address, said) = match entry {
            Entry::Taken { who: Who::Address(address), said, .. } => (address.clone(), *said),
            Entry::Refused { shown, reason } => {
                let said = match reason {
                    RowReason::Contact => Said::Skipped,
                    RowReason::Ragged { .. } | RowReason::MoreInCell => Said::Pending,
                    _ => return,
                };
                let Ok(address) = EmailAddress::parse(shown) else { return };
                (address, said)
            }
            Entry::Taken { who: Who::Hash(_), .. } => return,
        };
        if !matches!(said, Said::Nothing | Said::Active) {
            let kept = self.keys.entry(self.key(&address)).or_insert(said);
            *kept = kept.and(said);
        }
    }

    /// The hardest that was told of it.
    pub fn said(&self, address: &EmailAddress) -> Said {
        self.keys.get(&self.key(address)).copied().unwrap_or(Said::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hardest_is_kept_and_a_million_are_small() {
        assert_eq!(size_of::<([u8; 15], Said)>(), 16);
        let address: EmailAddress = EmailAddress::parse("kim@x.org").expect("an address");
        let taken = |said| Entry::Taken {
            who: Who::Address(address.clone()),
            said,
            at: None,
            date: None,
            blog: None,
        };
        let mut told = Addresses::new();
        for (said, kept) in [
            (Said::Active, Said::Nothing),
            (Said::Pending, Said::Pending),
            (Said::Active, Said::Pending),
            (Said::Paused, Said::Pending),
        ] {
            told.tell(&taken(said));
            assert_eq!(told.said(&address), kept, "{said:?}");
        }
    }
}
