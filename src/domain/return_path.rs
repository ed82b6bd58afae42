//! The envelope sender of each mail, of its own (VERP): a bounce names its
//! delivery, and nobody else can (D9).

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};

use super::token::same;
use super::{DeliveryId, EmailAddress, Keys};

/// 80 bits that nobody guesses.
const MAC_BYTES: usize = 10;
/// Room for `+` and a token in a local part of at most 64 octets (RFC 5321 §4.5.3.1.1).
const LONGEST_BASE: usize = 64 - 1 - (8 + MAC_BYTES) * 8 / 5 - 1;

/// Where bounces go: `bounces@mail.example.org` stands for
/// `bounces+TOKEN@mail.example.org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPath {
    local: String,
    domain: String,
}

/// Why an address cannot be the base of envelope senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnPathFault {
    /// The token needs the rest.
    #[error("what stands before the @ may have at most {LONGEST_BASE} letters")]
    TooLong,
    /// Not every server takes them.
    #[error("what stands before the @ must be plain letters, digits, dots and hyphens, without +")]
    NotPlain,
}

impl ReturnPath {
    /// From the address that receives bounces.
    ///
    /// # Errors
    /// When no token fits behind it.
    pub fn of(base: &EmailAddress) -> Result<Self, ReturnPathFault> {
        let (local, domain) = (base.local(), base.domain());
        if local.len() > LONGEST_BASE {
            return Err(ReturnPathFault::TooLong);
        }
        if !local.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
            return Err(ReturnPathFault::NotPlain);
        }
        Ok(Self { local: local.to_owned(), domain: domain.to_owned() })
    }

    /// The domain of every envelope sender.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The envelope sender of a delivery.
    pub fn address(&self, keys: &Keys, delivery: DeliveryId) -> String {
        format!("{}+{}@{}", self.local, keys.return_token(delivery), self.domain)
    }

    /// The delivery whose envelope sender this is; `None` for what is not ours.
    pub fn find(&self, keys: &Keys, address: &str) -> Option<DeliveryId> {
        let address = address.trim().trim_start_matches('<').trim_end_matches('>');
        let (local, domain) = address.rsplit_once('@')?;
        let (base, token) = local.split_once('+')?;
        if !domain.eq_ignore_ascii_case(&self.domain) || !base.eq_ignore_ascii_case(&self.local) {
            return None;
        }
        keys.read_return_token(token)
    }

    /// Whether a mail to this address is one for us: an envelope sender of
    /// ours, or the address that they are made from.
    pub fn takes(&self, keys: &Keys, address: &str) -> bool {
        let is_base = address.rsplit_once('@').is_some_and(|(local, domain)| {
            local.eq_ignore_ascii_case(&self.local) && domain.eq_ignore_ascii_case(&self.domain)
        });
        is_base || self.find(keys, address).is_some()
    }
}

impl Keys {
    /// Lower-case base32 of the delivery and a MAC: some servers keep the
    /// case of a local part, some don't.
    fn return_token(&self, delivery: DeliveryId) -> String {
        let id = delivery.0.to_be_bytes();
        let short = &id[id.iter().position(|byte| *byte != 0).unwrap_or(7)..];
        let mut bytes = short.to_vec();
        bytes.extend_from_slice(&self.mac(0, b"return-path", &id)[..MAC_BYTES]);
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    }

    fn read_return_token(&self, token: &str) -> Option<DeliveryId> {
        let bytes = BASE32_NOPAD_NOCASE.decode(token.as_bytes()).ok()?;
        let (short, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        if short.is_empty() || short.len() > 8 {
            return None;
        }
        let mut id = [0; 8];
        id[8 - short.len()..].copy_from_slice(short);
        let is_ours = (0..self.len()).any(|key| same(&self.mac(key, b"return-path", &id)[..MAC_BYTES], mac));
        is_ours.then(|| DeliveryId(i64::from_be_bytes(id)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(secrets: &[u8]) -> Keys {
        Keys::new(&secrets.iter().map(|b| vec![*b; 32]).collect::<Vec<_>>()).unwrap()
    }

    fn base(address: &str) -> Result<ReturnPath, ReturnPathFault> {
        ReturnPath::of(&EmailAddress::parse(address).unwrap())
    }

    #[test]
    fn a_base_leaves_room_for_the_token() {
        assert!(base(&format!("{}@mail.example", "b".repeat(LONGEST_BASE))).is_ok());
        assert_eq!(
            base(&format!("{}@mail.example", "b".repeat(LONGEST_BASE + 1))),
            Err(ReturnPathFault::TooLong)
        );
        assert_eq!(base("b+x@mail.example"), Err(ReturnPathFault::NotPlain));
    }

    #[test]
    fn an_old_key_keeps_its_mails_until_it_is_retired() {
        let path = base("bounces@mail.example").unwrap();
        let sender = path.address(&keys(&[1]), DeliveryId(7));
        assert_eq!(path.find(&keys(&[2, 1]), &sender), Some(DeliveryId(7)));
        assert_eq!(path.find(&keys(&[2]), &sender), None);
    }

    proptest! {
        /// D9
        #[test]
        fn a_sender_names_its_delivery_in_any_case_and_no_other(id in 0..i64::MAX, flip in 0_usize..40) {
            let (path, keys) = (base("Bounces@Mail.Example").unwrap(), keys(&[1]));
            let sender = path.address(&keys, DeliveryId(id));
            prop_assert!(sender.rsplit_once('@').unwrap().0.len() <= 64);
            prop_assert!(EmailAddress::parse(&sender).is_ok());
            for spelt in [sender.clone(), sender.to_ascii_uppercase(), format!("<{sender}>")] {
                prop_assert_eq!(path.find(&keys, &spelt), Some(DeliveryId(id)));
            }
            let mut forged = sender.clone().into_bytes();
            let at = 8 + flip % (sender.find('@').unwrap() - 8);
            forged[at] = if forged[at] == b'a' { b'b' } else { b'a' };
            let found = path.find(&keys, &String::from_utf8(forged).unwrap());
            // The last letter of base32 may hold bits that say nothing.
            prop_assert!(found.is_none() || found == Some(DeliveryId(id)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,100}") {
            let path = base("bounces@mail.example").unwrap();
            prop_assert_eq!(path.find(&keys(&[1]), &text), None);
            prop_assert_eq!(path.find(&keys(&[1]), &format!("bounces+{text}@mail.example")), None);
        }
    }
}
