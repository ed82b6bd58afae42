//! A hub that tells of new posts, and how a blog stands with it (WebSub, W3C
//! Recommendation of 23 January 2018).

use aws_lc_rs::hmac;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::Serialize;

use super::blog::words;
use super::{BlogId, Keys, Timestamp};

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
    /// Its address.
    pub hub: String,
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

impl Keys {
    /// What a hub signs its pushes about a blog with (§5.1 `hub.secret`).
    pub fn hub_secret(&self, blog: BlogId) -> String {
        self.hub_secret_of(0, blog)
    }

    /// Whether a push carries the signature of the hub that was given the
    /// secret of this blog: `method=hex` in `X-Hub-Signature` (§7).
    pub fn is_hub_signature(&self, blog: BlogId, header: &str, body: &[u8]) -> bool {
        let Some((method, signature)) = header.trim().split_once('=') else { return false };
        let Ok(signature) = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()) else { return false };
        let method = match method.to_ascii_lowercase().as_str() {
            // What the largest hub still sends; as a keyed MAC it holds.
            "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => hmac::HMAC_SHA256,
            "sha384" => hmac::HMAC_SHA384,
            "sha512" => hmac::HMAC_SHA512,
            _ => return false,
        };
        (0..self.len()).any(|key| {
            let secret = hmac::Key::new(method, self.hub_secret_of(key, blog).as_bytes());
            hmac::verify(&secret, body, &signature).is_ok()
        })
    }

    fn hub_secret_of(&self, key: usize, blog: BlogId) -> String {
        HEXLOWER.encode(&self.mac(key, b"hub", &blog.0.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_believed_when_it_is_signed_with_the_blogs_secret() {
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let keys = Keys::new(&[new, old.clone()]).unwrap();
        let before = Keys::new(&[old]).unwrap();
        for (name, method) in [
            ("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            ("sha256", hmac::HMAC_SHA256),
            ("SHA512", hmac::HMAC_SHA512),
        ] {
            let sign = |keys: &Keys, blog| {
                let secret = hmac::Key::new(method, keys.hub_secret(BlogId(blog)).as_bytes());
                format!("{name}={}", HEXLOWER.encode(hmac::sign(&secret, b"news").as_ref()))
            };
            assert!(keys.is_hub_signature(BlogId(1), &sign(&keys, 1), b"news"));
            assert!(keys.is_hub_signature(BlogId(1), &sign(&before, 1), b"news"), "an old key still holds");
            assert!(!keys.is_hub_signature(BlogId(1), &sign(&keys, 2), b"news"), "another blog's");
            assert!(!keys.is_hub_signature(BlogId(1), &sign(&keys, 1), b"other news"));
        }
        for forged in ["", "sha256", "sha256=", "sha256=zz", "md5=00", "=", "sha1=00"] {
            assert!(!keys.is_hub_signature(BlogId(1), forged, b"news"), "{forged}");
        }
    }
}
