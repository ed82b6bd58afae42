//! Links that prove themselves: signed, not stored, and good for one row.
//!
//! A token is `version and purpose · number · seal · generation · expiry · MAC`
//! in lower-case base32 (RFC 4648 §6), which is read in any case: it begins and
//! ends with a letter or a digit, because mail programs leave a final `-` out
//! of a link. The MAC is HMAC-SHA-256 cut to 128 bits. MAC, seal and generation
//! are compared in constant time. A new key signs new links while the retired
//! ones still open old links. What came before is read in `first_form`.

use aws_lc_rs::{constant_time, hmac};
use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE, BASE64URL_NOPAD};

use super::{DAY_MS, Seal, SealedRow, Timestamp};

/// What a token may do; one for one purpose never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Confirm one subscription.
    Confirm = 1,
    /// Leave one subscription, pause it, take that back.
    Unsubscribe = 2,
    /// See and change every subscription of one subscriber.
    Manage = 3,
    /// Tell of new posts of one blog: a hub's callback.
    Hub = 4,
    /// Say that one delivery came back: its envelope sender.
    Return = 5,
    /// Name one delivery: its `Message-ID`.
    Message = 6,
}

/// How long a manage link works (S16): so long before its end its mail was made.
pub const MANAGE_LINK_MS: i64 = DAY_MS;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Forged, damaged, cut short, or for another purpose.
    #[error("not a link of ours")]
    Bad,
    /// Ours, but its time is over; it names this row.
    #[error("the link has expired")]
    Expired(Claim),
}

/// What a good token says. The row of this number is the one that it was made
/// for only when [`Claim::opens`] says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The number of the row that the link is about.
    pub id: i64,
    /// When it stops working; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Seal and generation; `None` in the first form, which had neither.
    pub(super) sealed: Option<(Seal, i64)>,
}

impl Claim {
    /// Whether it was made before links had seals.
    pub fn is_first_form(&self) -> bool {
        self.sealed.is_none()
    }

    /// Whether the link was made for this row. Of links of the first form it
    /// is only known that rows up to `last_unsealed` were there in their time.
    pub fn opens(&self, row: SealedRow, last_unsealed: i64) -> bool {
        let bytes =
            |seal: Seal, generation: i64| (i128::from(seal.0) << 64 | i128::from(generation)).to_be_bytes();
        self.id == row.id
            && match self.sealed {
                Some((seal, generation)) => same(&bytes(seal, generation), &bytes(row.seal, row.generation)),
                None => row.id <= last_unsealed,
            }
    }
}

/// The instance's secret keys: the first signs, all verify.
#[derive(Clone)]
pub struct Keys(Vec<hmac::Key>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

/// In the upper bits of the first byte.
const VERSION: u8 = 1;
pub(super) const MAC_BYTES: usize = 16;

impl Keys {
    /// From raw secrets, the newest first. `None` when there is none or one
    /// is shorter than 128 bits.
    pub fn new(secrets: &[Vec<u8>]) -> Option<Self> {
        if secrets.is_empty() || secrets.iter().any(|s| s.len() < 16) {
            return None;
        }
        Some(Self(secrets.iter().map(|s| hmac::Key::new(hmac::HMAC_SHA256, s)).collect()))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Signs a link to a row.
    pub fn sign(&self, purpose: Purpose, row: SealedRow, expires_at: Option<Timestamp>) -> String {
        let mut bytes = vec![head(purpose)];
        put_number(&mut bytes, row.id);
        bytes.extend_from_slice(&row.seal.0.to_be_bytes());
        put_number(&mut bytes, row.generation);
        put_number(&mut bytes, expires_at.map_or(0, Timestamp::as_millis));
        let mac = self.mac(0, b"token", &bytes);
        bytes.extend_from_slice(&mac[..MAC_BYTES]);
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    }

    /// Reads a link, of this form or of the first.
    ///
    /// # Errors
    /// [`TokenFault::Bad`] for what we did not sign for this purpose,
    /// [`TokenFault::Expired`] for what we did sign but whose time is over.
    pub fn verify(&self, purpose: Purpose, token: &str, now: Timestamp) -> Result<Claim, TokenFault> {
        let claim = self.read(purpose, token).or_else(|| self.read_first_form(purpose, token));
        let claim = claim.ok_or(TokenFault::Bad)?;
        if claim.expires_at.is_some_and(|at| now >= at) {
            return Err(TokenFault::Expired(claim));
        }
        Ok(claim)
    }

    fn read(&self, purpose: Purpose, token: &str) -> Option<Claim> {
        let bytes = decode(token)?;
        let (said, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        if said.first() != Some(&head(purpose)) || !self.is_signed(b"token", said, mac) {
            return None;
        }
        let mut rest = &said[1..];
        let id = take_number(&mut rest)?;
        let (seal, mut rest) = rest.split_first_chunk::<8>()?;
        let generation = take_number(&mut rest)?;
        let expires_at = Some(take_number(&mut rest)?).filter(|ms| *ms != 0).map(Timestamp::from_millis);
        Some(Claim { id, expires_at, sealed: Some((Seal(i64::from_be_bytes(*seal)), generation)) })
    }

    /// The value of the cookie that binds a browser to a sign-up: a nonce and
    /// a MAC over nonce and subscription. It tells nothing about the row, so
    /// it looks the same whatever the address.
    pub fn browser_mark(&self, nonce: &[u8; 16], row: SealedRow) -> String {
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&self.browser_mac(0, nonce, row)[..MAC_BYTES]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether `mark` was made by [`Keys::browser_mark`] for this
    /// subscription, or before there were seals, if it was there by then.
    pub fn is_browser_of(&self, mark: &str, row: SealedRow, last_unsealed: i64) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(mark.as_bytes()) else { return false };
        let Some((nonce, mac)) = bytes.split_first_chunk::<16>() else { return false };
        (0..self.0.len()).any(|key| same(&self.browser_mac(key, nonce, row)[..MAC_BYTES], mac))
            || row.id <= last_unsealed && self.is_first_browser_of(nonce, mac, row.id)
    }

    /// The keyed hash by which an address is known where the address itself
    /// must not be kept: suppressions of erased people, limits. It is made
    /// with the oldest key, so that it never changes.
    pub fn address_hash(&self, key: &str) -> String {
        let mac = self.mac(self.0.len() - 1, b"address", key.as_bytes());
        BASE64URL_NOPAD.encode(&mac[..MAC_BYTES])
    }

    fn browser_mac(&self, key: usize, nonce: &[u8; 16], row: SealedRow) -> [u8; 32] {
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&row.id.to_be_bytes());
        bytes.extend_from_slice(&row.seal.0.to_be_bytes());
        self.mac(key, b"browser-2", &bytes)
    }

    /// Whether one of the keys made this MAC, which may be cut.
    pub(super) fn is_signed(&self, domain: &[u8], bytes: &[u8], mac: &[u8]) -> bool {
        (0..self.0.len()).any(|key| same(&self.mac(key, domain, bytes)[..mac.len().min(32)], mac))
    }

    /// A MAC with the key of this number, apart for each `domain`.
    pub(super) fn mac(&self, key: usize, domain: &[u8], bytes: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0[key]);
        context.update(domain);
        context.update(&[0]);
        context.update(bytes);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

/// The first byte of a token.
pub(super) fn head(purpose: Purpose) -> u8 {
    VERSION << 5 | purpose as u8
}

/// The bytes of a token as far as its letters are ours: what a mail program
/// glued to its end is none of them.
pub(super) fn decode(token: &str) -> Option<Vec<u8>> {
    let is_ours = |b: &u8| b.is_ascii_alphabetic() || (b'2'..=b'7').contains(b);
    let length = token.bytes().take_while(|b| is_ours(b)).count();
    BASE32_NOPAD_NOCASE.decode(&token.as_bytes()[..length]).ok()
}

/// Seven bits a byte, the lowest first, the last byte without its upper bit:
/// small numbers make short links.
fn put_number(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = number.cast_unsigned();
    while rest >= 0x80 {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
}

fn take_number(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number.cast_signed());
        }
    }
    None
}

pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(secrets: &[u8]) -> Keys {
        Keys::new(&secrets.iter().map(|b| vec![*b; 32]).collect::<Vec<_>>()).unwrap()
    }

    fn row(id: i64) -> SealedRow {
        SealedRow { id, seal: Seal(77), generation: 0 }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn a_link_says_what_was_signed_and_nothing_else() {
        let keys = keys(&[1]);
        let token = keys.sign(Purpose::Unsubscribe, row(42), None);
        let claim = keys.verify(Purpose::Unsubscribe, &token, NOW).unwrap();
        assert_eq!((claim.id, claim.expires_at, claim.is_first_form()), (42, None, false));
        assert_eq!(keys.verify(Purpose::Manage, &token, NOW), Err(TokenFault::Bad));
        for at in 0..token.len() {
            let mut damaged = token.clone().into_bytes();
            damaged[at] = if damaged[at] == b'a' { b'b' } else { b'a' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(keys.verify(Purpose::Unsubscribe, &damaged, NOW), Err(TokenFault::Bad), "{at}");
        }
        for length in 0..token.len() {
            assert_eq!(keys.verify(Purpose::Unsubscribe, &token[..length], NOW), Err(TokenFault::Bad));
        }
        assert!(keys.verify(Purpose::Unsubscribe, &token.to_ascii_uppercase(), NOW).is_ok());
        assert!(token.len() <= 50, "a footer's link is short: {token}");
    }

    /// S21
    #[test]
    fn a_link_opens_the_row_that_it_was_made_for_and_none_with_another_seal_or_generation() {
        let keys = keys(&[1]);
        let made_for = SealedRow { id: 7, seal: Seal(-5), generation: 2 };
        let claim = keys.verify(Purpose::Manage, &keys.sign(Purpose::Manage, made_for, None), NOW).unwrap();
        assert!(claim.opens(made_for, 0));
        for other in [
            SealedRow { seal: Seal(5), ..made_for },
            SealedRow { generation: 3, ..made_for },
            SealedRow { id: 8, ..made_for },
        ] {
            assert!(!claim.opens(other, i64::MAX), "{other:?}");
        }
    }

    #[test]
    fn a_link_expires_and_still_names_its_row() {
        let keys = keys(&[1]);
        let token = keys.sign(Purpose::Confirm, row(7), Some(NOW));
        assert!(keys.verify(Purpose::Confirm, &token, NOW.plus_ms(-1)).is_ok());
        assert!(matches!(
            keys.verify(Purpose::Confirm, &token, NOW),
            Err(TokenFault::Expired(Claim { id: 7, .. }))
        ));
    }

    #[test]
    fn an_old_key_keeps_its_links_working_until_it_is_retired() {
        let token = keys(&[1]).sign(Purpose::Manage, row(1), None);
        assert!(keys(&[2, 1]).verify(Purpose::Manage, &token, NOW).is_ok());
        assert!(keys(&[2]).verify(Purpose::Manage, &token, NOW).is_err());
    }

    #[test]
    fn a_browser_mark_fits_its_own_subscription_only() {
        let keys = keys(&[1]);
        let mark = keys.browser_mark(&[9; 16], row(5));
        assert!(keys.is_browser_of(&mark, row(5), 0));
        assert!(!keys.is_browser_of(&mark, row(6), 9));
        assert!(!keys.is_browser_of(&mark, SealedRow { seal: Seal(78), ..row(5) }, 9));
        assert!(!keys.is_browser_of("", row(5), 9));
    }

    proptest! {
        /// Thunderbird leaves a final `-` out of a link in plain text.
        #[test]
        fn a_token_is_letters_and_digits_whatever_it_says(id in 1..i64::MAX, seal: i64, generation in 0..9_i64, ms in 0..i64::MAX) {
            let (keys, row) = (keys(&[1]), SealedRow { id, seal: Seal(seal), generation });
            let token = keys.sign(Purpose::Manage, row, Some(Timestamp::from_millis(ms)));
            prop_assert!(token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            let claim = match keys.verify(Purpose::Manage, &token, NOW) {
                Ok(claim) | Err(TokenFault::Expired(claim)) => claim,
                Err(TokenFault::Bad) => panic!("it is ours"),
            };
            prop_assert!(claim.opens(row, 0));
            prop_assert_eq!(claim.expires_at.map_or(0, Timestamp::as_millis), ms);
        }
    }
}
