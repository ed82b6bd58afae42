//! A signing key: read once from its PEM file, never shown again.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::KeyPair as _;
use data_encoding::BASE64;
use mail_auth::common::crypto::{DkimKey as Secret, Ed25519Key, RsaKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

const NO_KEY: &str =
    "holds no private RSA or Ed25519 key in PEM; make one with `openssl genrsa -out dkim.pem 2048`";

/// A private key and the selector under which its public half is published.
#[derive(Clone)]
pub struct DkimKey {
    selector: String,
    secret: Arc<Secret>,
    record: String,
}

impl DkimKey {
    /// Reads a PEM file's text: RSA of 2048 bits or more (PKCS#8 or PKCS#1), or Ed25519 (PKCS#8).
    ///
    /// # Errors
    /// What is wrong with it and what to do, to be put behind the file's name.
    pub fn from_pem(selector: &str, pem: &[u8]) -> Result<Self, String> {
        let has = |label: &str| memchr::memmem::find(pem, label.as_bytes()).is_some();
        if has("-----BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
            return Err(
                "is locked by a passphrase; `openssl pkey -in FILE -out OTHER` takes it off".to_owned()
            );
        }
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            let advice =
                if has("PUBLIC KEY-----") { "holds the public half; name the private one" } else { NO_KEY };
            advice.to_owned()
        })?;
        let (kind, public, secret) = match ed25519(&der) {
            Some(key) => ("ed25519", key.public_key(), Secret::Ed25519(key)),
            None => ("rsa", rsa_public(&der)?, Secret::Rsa(RsaKey::from_key_der(der).map_err(|_| NO_KEY)?)),
        };
        let record = format!("v=DKIM1; k={kind}; p={}", BASE64.encode(&public));
        Ok(Self { selector: selector.to_owned(), secret: Arc::new(secret), record })
    }

    /// `s=`.
    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// The TXT record that tells the public half (RFC 6376 §3.6.1, RFC 8463 §4).
    pub fn record(&self) -> &str {
        &self.record
    }

    /// Whether this is RSA, which every receiver checks.
    pub fn is_rsa(&self) -> bool {
        matches!(*self.secret, Secret::Rsa(_))
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimKey").field("selector", &self.selector).finish_non_exhaustive()
    }
}

/// `None`: it is of another kind.
fn ed25519(der: &PrivateKeyDer<'_>) -> Option<Ed25519Key> {
    let PrivateKeyDer::Pkcs8(der) = der else { return None };
    // OpenSSL writes no public half into the file, so there is none to check.
    Ed25519Key::from_pkcs8_maybe_unchecked_der(der.secret_pkcs8_der()).ok()
}

/// The public half as a certificate would have it (SubjectPublicKeyInfo),
/// which is what the world publishes.
fn rsa_public(der: &PrivateKeyDer<'_>) -> Result<Vec<u8>, String> {
    let pair = match der {
        PrivateKeyDer::Pkcs1(der) => rsa::KeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => rsa::KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(NO_KEY.to_owned()),
    };
    let pair = pair.map_err(|error| match error.to_string().as_str() {
        "TooSmall" => {
            "is an RSA key of fewer than 2048 bits, which receivers refuse; make a longer one with \
                       `openssl genrsa -out dkim.pem 2048`"
                .to_owned()
        }
        _ => NO_KEY.to_owned(),
    })?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| NO_KEY)?;
    Ok(public.as_ref().to_vec())
}
