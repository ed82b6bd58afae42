//! Tokens of the first form, from before links had seals: `purpose · number ·
//! expiry · MAC` in base64url, and the envelope senders, `Message-ID`s and
//! cookies of that time. They are read as long as mails of then are kept
//! anywhere; none is made any more, but for the `Message-ID` of a mail that may
//! have been handed over under it already.

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE, BASE64URL_NOPAD};

use super::token::{Claim, MAC_BYTES, Purpose, same};
use super::{DeliveryId, Keys, Timestamp};

const HEAD_BYTES: usize = 1 + 8 + 8;
/// 33 bytes in base64url.
const LENGTH: usize = (HEAD_BYTES + MAC_BYTES).div_ceil(3) * 4;
/// Of envelope senders and `Message-ID`s.
const SHORT_MAC_BYTES: usize = 10;

impl Keys {
    /// What follows the token is of a mail program.
    pub(super) fn read_first_form(&self, purpose: Purpose, token: &str) -> Option<Claim> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes().get(..LENGTH)?).ok()?;
        let (head, mac) = bytes.split_at_checked(HEAD_BYTES)?;
        if head[0] != purpose as u8 || !self.is_signed(b"link", head, mac) {
            return None;
        }
        let number =
            |at: usize| i64::from_be_bytes(head[at..at + 8].try_into().expect("eight bytes were cut out"));
        let expires_at = Some(number(9)).filter(|ms| *ms != 0).map(Timestamp::from_millis);
        Some(Claim { id: number(1), expires_at, sealed: None })
    }

    pub(super) fn is_first_browser_of(&self, nonce: &[u8; 16], mac: &[u8], subscription: i64) -> bool {
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&subscription.to_be_bytes());
        mac.len() == MAC_BYTES && self.is_signed(b"browser", &bytes, mac)
    }

    /// The left part of a `Message-ID` as it was made then.
    pub fn first_message_id(&self, delivery: DeliveryId) -> String {
        self.first_message_id_of(self.len() - 1, delivery)
    }

    fn first_message_id_of(&self, key: usize, delivery: DeliveryId) -> String {
        let mac = self.mac(key, b"message-id", &delivery.0.to_be_bytes());
        format!("{}.{}", delivery.0, BASE32_NOPAD.encode(&mac[..SHORT_MAC_BYTES]).to_ascii_lowercase())
    }

    pub(super) fn read_first_message_id(&self, left: &str) -> Option<DeliveryId> {
        let delivery = DeliveryId(left.split_once('.')?.0.parse().ok()?);
        let is_own = |key| {
            same(self.first_message_id_of(key, delivery).as_bytes(), left.to_ascii_lowercase().as_bytes())
        };
        (0..self.len()).any(is_own).then_some(delivery)
    }

    pub(super) fn read_first_return(&self, token: &str) -> Option<DeliveryId> {
        let bytes = BASE32_NOPAD_NOCASE.decode(token.as_bytes()).ok()?;
        let (short, mac) = bytes.split_at_checked(bytes.len().checked_sub(SHORT_MAC_BYTES)?)?;
        if short.is_empty() || short.len() > 8 {
            return None;
        }
        let mut id = [0; 8];
        id[8 - short.len()..].copy_from_slice(short);
        self.is_signed(b"return-path", &id, mac).then(|| DeliveryId(i64::from_be_bytes(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EmailAddress, ReturnPath, Seal, SealedRow, TokenFault};

    fn keys() -> Keys {
        Keys::new(&[vec![7; 32]]).unwrap()
    }

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// Made by the version that made them last, with this key.
    #[test]
    fn tokens_of_the_first_form_are_read_and_open_only_rows_of_their_time() {
        let leave = "AgAAAAAAAAAFAAAAAAAAAAD2iT1hHlPC-dNF0i71Eloa";
        let claim = keys().verify(Purpose::Unsubscribe, leave, NOW).unwrap();
        assert!(claim.is_first_form());
        let row = SealedRow { id: 5, seal: Seal(1), generation: 0 };
        assert!(claim.opens(row, 5));
        assert!(!claim.opens(row, 4), "a row that came after the upgrade");
        let asked = "AwAAAAAAAAAFAAABo1EgyIBDorrDVEJHplpt3ON5hGgQ";
        assert!(keys().verify(Purpose::Manage, asked, NOW).is_ok());
        let late = keys().verify(Purpose::Manage, asked, NOW.plus_ms(1_000_000_000));
        assert!(matches!(late, Err(TokenFault::Expired(Claim { id: 5, .. }))));
        for at in 0..leave.len() {
            let mut damaged = leave.as_bytes().to_vec();
            damaged[at] = if damaged[at] == b'B' { b'C' } else { b'B' };
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(keys().verify(Purpose::Unsubscribe, &damaged, NOW), Err(TokenFault::Bad), "{at}");
        }
    }

    #[test]
    fn deliveries_are_named_by_the_senders_and_message_ids_of_then() {
        let claim = keys().delivery_of_message_id("<36.7GK5gas4mhg2wqfx@example.org>").unwrap();
        assert_eq!((claim.id, claim.is_first_form()), (DeliveryId(36), true));
        assert_eq!(keys().first_message_id(DeliveryId(36)), "36.7gk5gas4mhg2wqfx");
        let path = ReturnPath::of(&EmailAddress::parse("bounces@example.org").unwrap()).unwrap();
        let claim = path.find(&keys(), "bounces+erwjs7vuiemib4hzqe@example.org").unwrap();
        assert_eq!((claim.id, claim.is_first_form()), (DeliveryId(36), true));
        for forged in ["37.7gk5gas4mhg2wqfx@x", "36.@x", "36@x", "", "36.7gk5gas4mhg2wqfx.x@x"] {
            assert!(keys().delivery_of_message_id(forged).is_none(), "{forged}");
        }
    }
}
