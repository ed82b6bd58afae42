//! How an erased person is named in a file: by the keyed hash of the address,
//! and by which key it is.

use crate::domain::Keys;
use crate::domain::import::RowReason;

const MARK: &str = "hash";
/// Letters of the key's own name: enough to tell two keys apart.
const KEY_LETTERS: usize = 8;

/// The name of a hash.
pub(super) fn name(keys: &Keys, hash: &str) -> String {
    format!("{MARK}.{}.{hash}", key_name(keys))
}

/// The hash of a name.
///
/// # Errors
/// Why it cannot be used here.
pub(super) fn hash(keys: &Keys, name: &str) -> Result<String, RowReason> {
    let parts = name.strip_prefix(MARK).and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
    let Some((key, hash)) = parts.filter(|(_, hash)| hash.len() == keys.address_hash("").len()) else {
        return Err(RowReason::NoHash);
    };
    if key == key_name(keys) { Ok(hash.to_owned()) } else { Err(RowReason::OtherKey) }
}

/// The hash of no address says nothing about any.
fn key_name(keys: &Keys) -> String {
    keys.address_hash("").chars().take(KEY_LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_understood_under_its_own_key_only() {
        let key = |byte| Keys::new(&[vec![byte; 32]]).unwrap();
        let (ours, theirs) = (key(1), key(2));
        let made = ours.address_hash("kim@example.org");
        assert_eq!(hash(&ours, &name(&ours, &made)), Ok(made.clone()));
        assert_eq!(hash(&theirs, &name(&ours, &made)), Err(RowReason::OtherKey));
        for bad in ["", "hash", "hash.", "hash..", &made, "hash.12345678.short"] {
            assert_eq!(hash(&ours, bad), Err(RowReason::NoHash), "{bad}");
        }
    }
}
