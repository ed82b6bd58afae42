//! What a link carries of its row beside the number: a number may come back
//! with another row, when a copy of the database is restored; a random seal
//! does not.

use aws_lc_rs::digest::{Context, SHA256};

use super::blog::words;
use super::{DeliveryId, DeliveryKind};

/// Random, made with its row and never changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal(pub i64);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

/// A row that links are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedRow {
    /// Its number.
    pub id: i64,
    /// Its seal.
    pub seal: Seal,
    /// Rises when all links of before are to stop working; 0 where it never does.
    pub generation: i64,
}

/// Which rows links are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Blogs: the callbacks of hubs.
    Blog,
    /// People: manage links.
    Subscriber,
    /// Subscriptions: links to confirm and to leave.
    Subscription,
    /// Deliveries: envelope senders and `Message-ID`s.
    Delivery,
}

words!(Sealed {
    Blog = "blog",
    Subscriber = "subscriber",
    Subscription = "subscription",
    Delivery = "delivery",
});

/// What makes the seal of a delivery. A random number of its own in each of
/// many millions of rows would cost more than it is worth: number, mailing and
/// reader together come back with no other mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number.
    pub id: DeliveryId,
    /// What it carries.
    pub kind: DeliveryKind,
    /// The seal of its mailing.
    pub mailing: Option<Seal>,
    /// The seal of its subscription, else of its subscriber, else of its blog.
    pub about: Option<Seal>,
}

/// The bytes of a delivery's seal: an envelope sender has no room for more,
/// and what must not be guessed is the MAC.
pub(super) const DELIVERY_SEAL_BYTES: usize = 3;

impl DeliveryRow {
    pub(super) fn seal(&self) -> [u8; DELIVERY_SEAL_BYTES] {
        let mut context = Context::new(&SHA256);
        context.update(self.kind.as_str().as_bytes());
        for part in [self.mailing, self.about] {
            context.update(&[u8::from(part.is_some())]);
            context.update(&part.map_or(0, |seal| seal.0).to_be_bytes());
        }
        let mut bytes = [0; DELIVERY_SEAL_BYTES];
        bytes.copy_from_slice(&context.finish().as_ref()[..DELIVERY_SEAL_BYTES]);
        bytes
    }
}
