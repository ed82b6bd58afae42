//! What names one delivery: the envelope sender of each mail, of its own
//! (VERP), and its `Message-ID`. A bounce shows either, and nobody else can
//! make one (D9).
//!
//! Both are `version and purpose · number · seal · MAC` in lower-case base32;
//! some servers keep the case of a local part, some don't.

use data_encoding::BASE32_NOPAD;

use super::seal::DELIVERY_SEAL_BYTES;
use super::token::{Purpose, decode, head, same};
use super::{DeliveryId, DeliveryRow, EmailAddress, Keys};

/// 80 bits that nobody guesses.
const MAC_BYTES: usize = 10;
/// The shortest form of the first four thousand million numbers.
const NUMBER_BYTES: usize = 4;
/// Room for `+` and a token in a local part of at most 64 octets (RFC 5321 §4.5.3.1.1).
const LONGEST_BASE: usize = 64 - 1 - ((1 + NUMBER_BYTES + DELIVERY_SEAL_BYTES + MAC_BYTES) * 8).div_ceil(5);

/// What an envelope sender or a `Message-ID` of ours says. The delivery of
/// this number is the one that it was made for only when
/// [`DeliveryClaim::opens`] says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryClaim {
    /// The number of the delivery.
    pub id: DeliveryId,
    /// `None` in the first form, which had none.
    seal: Option<[u8; DELIVERY_SEAL_BYTES]>,
}

impl DeliveryClaim {
    /// Whether it was made before deliveries had seals.
    pub fn is_first_form(&self) -> bool {
        self.seal.is_none()
    }

    /// Whether it was made for this delivery. Of the first form it is only
    /// known that deliveries up to `last_unsealed` were there in its time.
    pub fn opens(&self, row: &DeliveryRow, last_unsealed: i64) -> bool {
        self.id == row.id
            && match self.seal {
                Some(seal) => same(&seal, &row.seal()),
                None => row.id.0 <= last_unsealed,
            }
    }
}

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

    /// The envelope sender of a delivery. One that is handed over by hand has
    /// no row and no number above 0: nothing follows from its bounce.
    pub fn address(&self, keys: &Keys, delivery: &DeliveryRow) -> String {
        let numbered = DeliveryRow { id: DeliveryId(delivery.id.0.max(0)), ..*delivery };
        format!("{}+{}@{}", self.local, keys.delivery_token(Purpose::Return, 0, &numbered), self.domain)
    }

    /// The delivery whose envelope sender this is; `None` for what is not ours.
    pub fn find(&self, keys: &Keys, address: &str) -> Option<DeliveryClaim> {
        let address = address.trim().trim_start_matches('<').trim_end_matches('>');
        let (local, domain) = address.rsplit_once('@')?;
        let (base, token) = local.split_once('+')?;
        if !domain.eq_ignore_ascii_case(&self.domain) || !base.eq_ignore_ascii_case(&self.local) {
            return None;
        }
        let first = || Some(DeliveryClaim { id: keys.read_first_return(token)?, seal: None });
        keys.read_delivery_token(Purpose::Return, token).or_else(first)
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
    /// The left part of a delivery's `Message-ID`: the same at each try, also
    /// when a new key was put on top meanwhile.
    pub fn message_id(&self, delivery: &DeliveryRow) -> String {
        self.delivery_token(Purpose::Message, self.len() - 1, delivery)
    }

    /// The delivery whose mail has this `Message-ID`; `None` for one that we
    /// did not make.
    pub fn delivery_of_message_id(&self, id: &str) -> Option<DeliveryClaim> {
        let (left, _) = id.trim().trim_start_matches('<').split_once('@')?;
        let first = || Some(DeliveryClaim { id: self.read_first_message_id(left)?, seal: None });
        self.read_delivery_token(Purpose::Message, left).or_else(first)
    }

    fn delivery_token(&self, purpose: Purpose, key: usize, delivery: &DeliveryRow) -> String {
        let id = delivery.id.0.to_be_bytes();
        let mut bytes = vec![head(purpose)];
        bytes.extend_from_slice(&id[id.iter().position(|byte| *byte != 0).unwrap_or(7)..]);
        bytes.extend_from_slice(&delivery.seal());
        let mac = self.mac(key, b"delivery", &bytes);
        bytes.extend_from_slice(&mac[..MAC_BYTES]);
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    }

    fn read_delivery_token(&self, purpose: Purpose, token: &str) -> Option<DeliveryClaim> {
        let bytes = decode(token).filter(|_| token.len() <= 64)?;
        let (said, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        let (number, seal) = said.split_last_chunk::<DELIVERY_SEAL_BYTES>()?;
        let (first, short) = number.split_first()?;
        if *first != head(purpose)
            || short.is_empty()
            || short.len() > 8
            || !self.is_signed(b"delivery", said, mac)
        {
            return None;
        }
        let mut id = [0; 8];
        id[8 - short.len()..].copy_from_slice(short);
        Some(DeliveryClaim { id: DeliveryId(i64::from_be_bytes(id)), seal: Some(*seal) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{DeliveryKind, Seal};

    fn keys(secrets: &[u8]) -> Keys {
        Keys::new(&secrets.iter().map(|b| vec![*b; 32]).collect::<Vec<_>>()).unwrap()
    }

    fn base(address: &str) -> Result<ReturnPath, ReturnPathFault> {
        ReturnPath::of(&EmailAddress::parse(address).unwrap())
    }

    fn row(id: i64) -> DeliveryRow {
        DeliveryRow {
            id: DeliveryId(id),
            kind: DeliveryKind::Post,
            mailing: Some(Seal(3)),
            about: Some(Seal(4)),
        }
    }

    #[test]
    fn a_base_leaves_room_for_the_token() {
        assert!(base(&format!("{}@mail.example", "b".repeat(LONGEST_BASE))).is_ok());
        assert_eq!(
            base(&format!("{}@mail.example", "b".repeat(LONGEST_BASE + 1))),
            Err(ReturnPathFault::TooLong)
        );
        assert_eq!(base("b+x@mail.example"), Err(ReturnPathFault::NotPlain));
        assert_eq!(LONGEST_BASE, 34, "who has such an address keeps it");
    }

    #[test]
    fn an_old_key_keeps_its_mails_until_it_is_retired() {
        let path = base("bounces@mail.example").unwrap();
        let sender = path.address(&keys(&[1]), &row(7));
        assert!(path.find(&keys(&[2, 1]), &sender).unwrap().opens(&row(7), 0));
        assert_eq!(path.find(&keys(&[2]), &sender), None);
    }

    #[test]
    fn a_message_id_names_its_delivery_and_none_that_we_did_not_make() {
        let (old, both) = (keys(&[1]), keys(&[2, 1]));
        let id = format!("<{}@blog.example>", old.message_id(&row(42)));
        assert_eq!(id, format!("<{}@blog.example>", both.message_id(&row(42))), "the same at each try");
        assert!(both.delivery_of_message_id(&id).unwrap().opens(&row(42), 0));
        assert!(both.delivery_of_message_id(&id.to_uppercase()).unwrap().opens(&row(42), 0));
        let wrong = if id.as_bytes()[9] == b'a' { "b" } else { "a" };
        let mut damaged = id.clone();
        damaged.replace_range(9..10, wrong);
        for forged in [&damaged, "42.@x", "42@x", "", "<@x>", &"x".repeat(9_000)] {
            assert_eq!(both.delivery_of_message_id(forged), None, "{forged:.60}");
        }
        let sender = base("b@mail.example").unwrap().address(&old, &row(42));
        let token = sender.split_once('+').unwrap().1;
        assert_eq!(both.delivery_of_message_id(token), None, "one purpose does not pass for the other");
    }

    /// S21
    #[test]
    fn a_number_that_came_back_with_another_mail_is_not_the_one_that_was_named() {
        let (keys, path) = (keys(&[1]), base("bounces@mail.example").unwrap());
        let claim = path.find(&keys, &path.address(&keys, &row(7))).unwrap();
        assert!(claim.opens(&row(7), 0));
        for other in [
            DeliveryRow { mailing: Some(Seal(5)), ..row(7) },
            DeliveryRow { about: Some(Seal(5)), ..row(7) },
            DeliveryRow { about: None, ..row(7) },
            DeliveryRow { kind: DeliveryKind::Welcome, mailing: None, ..row(7) },
            row(8),
        ] {
            assert!(!claim.opens(&other, i64::MAX), "{other:?}");
        }
    }

    proptest! {
        /// D9
        #[test]
        fn a_sender_names_its_delivery_in_any_case_and_no_other(id in 0..i64::MAX, flip in 0_usize..40) {
            let (path, keys) = (base("Bounces@Mail.Example").unwrap(), keys(&[1]));
            let sender = path.address(&keys, &row(id));
            prop_assert!(EmailAddress::parse(&sender).is_ok());
            for spelt in [sender.clone(), sender.to_ascii_uppercase(), format!("<{sender}>")] {
                prop_assert!(path.find(&keys, &spelt).unwrap().opens(&row(id), 0));
            }
            let mut forged = sender.clone().into_bytes();
            let at = "Bounces+".len() + flip % (sender.find('@').unwrap() - "Bounces+".len());
            forged[at] = if forged[at] == b'a' { b'b' } else { b'a' };
            let forged = String::from_utf8(forged).unwrap();
            // The last letter of base32 may hold bits that say nothing.
            prop_assert!(path.find(&keys, &forged).is_none_or(|claim| claim.opens(&row(id), 0)), "{forged}");
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,100}") {
            let path = base("bounces@mail.example").unwrap();
            prop_assert_eq!(path.find(&keys(&[1]), &text), None);
            prop_assert_eq!(path.find(&keys(&[1]), &format!("bounces+{text}@mail.example")), None);
        }

        /// RFC 5321 §4.5.3.1.1
        #[test]
        fn a_sender_fits_into_64_octets(id in i64::MIN..i64::from(u32::MAX)) {
            let path = base(&format!("{}@mail.example", "b".repeat(LONGEST_BASE))).unwrap();
            let sender = path.address(&keys(&[1]), &row(id));
            prop_assert!(sender.split_once('@').unwrap().0.len() <= 64);
        }
    }
}
