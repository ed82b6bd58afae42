//! A hub that tells of new posts, and how a blog stands with it (WebSub, W3C
//! Recommendation of 23 January 2018).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::hmac;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::Serialize;

use super::blog::words;
use super::{Blog, BlogId, Keys, Seal, SealedRow, Timestamp};

/// How a blog stands with its feed's hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HubState {
    /// The hub is to be asked.
    Wanted,
    /// It was asked, and has not come back to see whether we meant it (§5.3).
    Asked,
    /// It tells of new posts until the lease ends.
    Active,
    /// It said no (§5.2).
    Refused,
}

words!(HubState { Wanted = "wanted", Asked = "asked", Active = "active", Refused = "refused" });

/// The hub of a blog's feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hub {
    /// Whose feed.
    #[serde(skip)]
    pub blog_id: BlogId,
    /// Its address; a login in it is used and not shown.
    #[serde(serialize_with = "super::serialize_masked")]
    pub hub: String,
    /// Stands in its callback and in its secret, so that a hub that the feed
    /// names no longer has neither.
    #[serde(skip)]
    pub seal: String,
    /// What it is asked for: the feed's own idea of its address.
    pub topic: String,
    /// How the blog stands with it.
    pub state: HubState,
    /// When it is asked, or asked again.
    pub ask_at: Timestamp,
    /// Until when it tells of new posts.
    pub lease_until: Option<Timestamp>,
    /// Asks that failed since the last good one.
    pub failures: u32,
    /// Why it refused, or could not be asked.
    pub said: Option<String>,
}

impl Hub {
    /// What its callback is made of: the blog, and who was asked.
    pub fn sealed(&self, blog: &Blog) -> SealedRow {
        let mut context = Context::new(&SHA256);
        context.update(&blog.seal.0.to_be_bytes());
        context.update(self.seal.as_bytes());
        let mut seal = [0; 8];
        seal.copy_from_slice(&context.finish().as_ref()[..8]);
        SealedRow { id: blog.id.0, seal: Seal(i64::from_be_bytes(seal)), generation: 0 }
    }
}

/// A signature of a hub, checked while the body comes; without one that can
/// be read it never holds.
#[derive(Default)]
pub struct HubSignature {
    claimed: Vec<u8>,
    /// One for each of the instance's keys.
    contexts: Vec<hmac::Context>,
}

impl HubSignature {
    /// The next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        self.contexts.iter_mut().for_each(|context| context.update(piece));
    }

    /// Whether it is the signature of all that came.
    pub fn holds(self) -> bool {
        let fits =
            |context: hmac::Context| verify_slices_are_equal(context.sign().as_ref(), &self.claimed).is_ok();
        self.contexts.into_iter().filter(|context| fits(context.clone())).count() > 0
    }
}

impl Keys {
    /// What the hub of this seal signs its pushes about a blog with (§5.1
    /// `hub.secret`).
    pub fn hub_secret(&self, blog: BlogId, seal: &str) -> String {
        self.hub_secret_of(0, blog, seal)
    }

    /// Checks whether a push carries the signature of the hub that was given
    /// the secret of this blog and seal: `method=hex` in `X-Hub-Signature` (§7).
    pub fn hub_signature(&self, blog: BlogId, seal: &str, header: &str) -> HubSignature {
        let read = || {
            let (method, signature) = header.trim().split_once('=')?;
            let method = match method.to_ascii_lowercase().as_str() {
                // What the largest hub still sends; as a keyed MAC it holds.
                "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                "sha256" => hmac::HMAC_SHA256,
                "sha384" => hmac::HMAC_SHA384,
                "sha512" => hmac::HMAC_SHA512,
                _ => return None,
            };
            Some((method, HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).ok()?))
        };
        let Some((method, claimed)) = read() else { return HubSignature::default() };
        let context = |key| {
            let secret = self.hub_secret_of(key, blog, seal);
            hmac::Context::with_key(&hmac::Key::new(method, secret.as_bytes()))
        };
        HubSignature { claimed, contexts: (0..self.len()).map(context).collect() }
    }

    fn hub_secret_of(&self, key: usize, blog: BlogId, seal: &str) -> String {
        let whose = [&blog.0.to_be_bytes(), seal.as_bytes()].concat();
        HEXLOWER.encode(&self.mac(key, b"hub", &whose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_believed_when_it_is_signed_with_the_blogs_secret() {
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let keys = Keys::new(&[new, old.clone()]).unwrap();
        let holds = |keys: &Keys, blog, header: &str, pieces: &[&[u8]]| {
            let mut check = keys.hub_signature(blog, "seal", header);
            pieces.iter().for_each(|piece| check.update(piece));
            check.holds()
        };
        let before = Keys::new(&[old]).unwrap();
        for (name, method) in [
            ("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            ("sha256", hmac::HMAC_SHA256),
            ("SHA512", hmac::HMAC_SHA512),
        ] {
            let sign = |keys: &Keys, blog| {
                let secret = hmac::Key::new(method, keys.hub_secret(BlogId(blog), "seal").as_bytes());
                format!("{name}={}", HEXLOWER.encode(hmac::sign(&secret, b"news").as_ref()))
            };
            assert!(holds(&keys, BlogId(1), &sign(&keys, 1), &[b"ne", b"", b"ws"]));
            assert!(
                holds(&keys, BlogId(1), &sign(&before, 1), &[b"ne", b"", b"ws"]),
                "an old key still holds"
            );
            assert!(!holds(&keys, BlogId(1), &sign(&keys, 2), &[b"ne", b"", b"ws"]), "another blog's");
            assert!(!holds(&keys, BlogId(1), &sign(&keys, 1), &[b"other news"]));
        }
        for forged in ["", "sha256", "sha256=", "sha256=zz", "md5=00", "=", "sha1=00"] {
            assert!(!holds(&keys, BlogId(1), forged, &[b"ne", b"", b"ws"]), "{forged}");
        }
    }
}
