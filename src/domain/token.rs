//! Links that prove themselves: signed, not stored.
//!
//! A token is `key · purpose · id · expiry · MAC` in base64url (RFC 4648 §5).
//! The MAC is HMAC-SHA-256 cut to 128 bits, compared in constant time. A new
//! key signs new links while the retired ones still open old links.

use aws_lc_rs::{constant_time, hmac};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};

use super::{DeliveryId, SubscriptionId, Timestamp};

/// What a link may do; a token for one purpose never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Confirm one subscription.
    Confirm = 1,
    /// Leave one subscription.
    Unsubscribe = 2,
    /// See and change every subscription of one subscriber.
    Manage = 3,
    /// Tell of new posts of one blog: a hub's callback.
    Hub = 4,
}

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

/// What a good token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The row that the link is about.
    pub id: i64,
    /// When it stops working; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// The instance's secret keys: the first signs, all verify.
#[derive(Clone)]
pub struct Keys(Vec<hmac::Key>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

const MAC_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + 8 + 8;

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

    /// Signs a link.
    pub fn sign(&self, purpose: Purpose, id: i64, expires_at: Option<Timestamp>) -> String {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + MAC_BYTES);
        bytes.push(purpose as u8);
        bytes.extend_from_slice(&id.to_be_bytes());
        bytes.extend_from_slice(&expires_at.map_or(0, Timestamp::as_millis).to_be_bytes());
        let mac = self.mac(0, b"link", &bytes);
        bytes.extend_from_slice(&mac[..MAC_BYTES]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a link.
    ///
    /// # Errors
    /// [`TokenFault::Bad`] for what we did not sign for this purpose,
    /// [`TokenFault::Expired`] for what we did sign but whose time is over.
    pub fn verify(&self, purpose: Purpose, token: &str, now: Timestamp) -> Result<Claim, TokenFault> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| TokenFault::Bad)?;
        if bytes.len() != HEAD_BYTES + MAC_BYTES || bytes[0] != purpose as u8 {
            return Err(TokenFault::Bad);
        }
        let (head, mac) = bytes.split_at(HEAD_BYTES);
        if !(0..self.0.len()).any(|key| same(&self.mac(key, b"link", head)[..MAC_BYTES], mac)) {
            return Err(TokenFault::Bad);
        }
        let number =
            |at: usize| i64::from_be_bytes(head[at..at + 8].try_into().expect("eight bytes were cut out"));
        let expires_at = Some(number(9)).filter(|ms| *ms != 0).map(Timestamp::from_millis);
        let claim = Claim { id: number(1), expires_at };
        if expires_at.is_some_and(|at| now >= at) {
            return Err(TokenFault::Expired(claim));
        }
        Ok(claim)
    }

    /// The value of the cookie that binds a browser to a sign-up:
    /// a nonce and a MAC over nonce and subscription. It tells nothing about
    /// the row, so it looks the same whatever the address.
    pub fn browser_mark(&self, nonce: &[u8; 16], subscription: SubscriptionId) -> String {
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&self.browser_mac(0, nonce, subscription)[..MAC_BYTES]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether `mark` was made by [`Keys::browser_mark`] for this subscription.
    pub fn is_browser_of(&self, mark: &str, subscription: SubscriptionId) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(mark.as_bytes()) else { return false };
        let Some((nonce, mac)) = bytes.split_first_chunk::<16>() else { return false };
        (0..self.0.len()).any(|key| same(&self.browser_mac(key, nonce, subscription)[..MAC_BYTES], mac))
    }

    /// The keyed hash by which an address is known where the address itself
    /// must not be kept: suppressions of erased people, limits. It is made
    /// with the oldest key, so that it never changes.
    pub fn address_hash(&self, key: &str) -> String {
        let mac = self.mac(self.0.len() - 1, b"address", key.as_bytes());
        BASE64URL_NOPAD.encode(&mac[..MAC_BYTES])
    }

    /// The left part of a delivery's `Message-ID`: the same at each try, and
    /// not guessable from the number alone.
    pub fn message_id(&self, delivery: DeliveryId) -> String {
        self.message_id_of(self.0.len() - 1, delivery)
    }

    /// The delivery whose mail has this `Message-ID`; `None` for one that we
    /// did not make.
    pub fn delivery_of_message_id(&self, id: &str) -> Option<DeliveryId> {
        let (left, _) = id.trim().trim_start_matches('<').split_once('@')?;
        let delivery = DeliveryId(left.split_once('.')?.0.parse().ok()?);
        (0..self.0.len()).find_map(|key| {
            let own = self.message_id_of(key, delivery);
            same(own.as_bytes(), left.to_ascii_lowercase().as_bytes()).then_some(delivery)
        })
    }

    fn message_id_of(&self, key: usize, delivery: DeliveryId) -> String {
        let mac = self.mac(key, b"message-id", &delivery.0.to_be_bytes());
        format!("{}.{}", delivery.0, BASE32_NOPAD.encode(&mac[..10]).to_ascii_lowercase())
    }

    fn browser_mac(&self, key: usize, nonce: &[u8; 16], subscription: SubscriptionId) -> [u8; 32] {
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&subscription.0.to_be_bytes());
        self.mac(key, b"browser", &bytes)
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

pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secrets: &[u8]) -> Keys {
        Keys::new(&secrets.iter().map(|b| vec![*b; 32]).collect::<Vec<_>>()).unwrap()
    }

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn a_link_says_what_was_signed_and_nothing_else() {
        let keys = keys(&[1]);
        let token = keys.sign(Purpose::Unsubscribe, 42, None);
        assert_eq!(keys.verify(Purpose::Unsubscribe, &token, NOW), Ok(Claim { id: 42, expires_at: None }));
        assert_eq!(keys.verify(Purpose::Manage, &token, NOW), Err(TokenFault::Bad));
        for at in 0..token.len() {
            let mut damaged = token.clone().into_bytes();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(keys.verify(Purpose::Unsubscribe, &damaged, NOW), Err(TokenFault::Bad), "{at}");
        }
    }

    #[test]
    fn a_link_expires_and_still_names_its_row() {
        let keys = keys(&[1]);
        let token = keys.sign(Purpose::Confirm, 7, Some(NOW));
        assert!(keys.verify(Purpose::Confirm, &token, NOW.plus_ms(-1)).is_ok());
        assert!(matches!(
            keys.verify(Purpose::Confirm, &token, NOW),
            Err(TokenFault::Expired(Claim { id: 7, .. }))
        ));
    }

    #[test]
    fn an_old_key_keeps_its_links_working_until_it_is_retired() {
        let token = keys(&[1]).sign(Purpose::Manage, 1, None);
        assert!(keys(&[2, 1]).verify(Purpose::Manage, &token, NOW).is_ok());
        assert!(keys(&[2]).verify(Purpose::Manage, &token, NOW).is_err());
    }

    #[test]
    fn a_message_id_names_its_delivery_and_none_that_we_did_not_make() {
        let (old, both) = (keys(&[1]), keys(&[2, 1]));
        let id = format!("<{}@blog.example>", old.message_id(DeliveryId(42)));
        assert_eq!(both.delivery_of_message_id(&id), Some(DeliveryId(42)));
        assert_eq!(both.delivery_of_message_id(&id.to_uppercase()), Some(DeliveryId(42)));
        let forged = [id.replace("42.", "43."), "42.@x".into(), "42@x".into(), "".into(), "x".repeat(9_000)];
        for forged in forged.iter().chain([&id.replace("@", ".x@")]) {
            assert_eq!(both.delivery_of_message_id(forged), None, "{forged:.60}");
        }
    }

    #[test]
    fn a_browser_mark_fits_its_own_subscription_only() {
        let keys = keys(&[1]);
        let mark = keys.browser_mark(&[9; 16], SubscriptionId(5));
        assert!(keys.is_browser_of(&mark, SubscriptionId(5)));
        assert!(!keys.is_browser_of(&mark, SubscriptionId(6)));
        assert!(!keys.is_browser_of("", SubscriptionId(5)));
    }
}
