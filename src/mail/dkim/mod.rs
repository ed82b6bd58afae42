//! DKIM (RFC 6376): who signs and with what; `key` reads a key, `sign` writes
//! a mail's signatures, `signer` does that on threads of its own.

mod key;
mod sign;
mod signer;

use std::path::PathBuf;

pub use key::DkimKey;
pub use sign::{DkimError, sign};
pub use signer::Signer;

/// Who signs.
#[derive(Debug, Clone)]
pub struct DkimSettings {
    /// `d=`: the domain that answers for the mails, lower-case A-labels.
    pub domain: String,
    /// One signature each: RSA, Ed25519, or both.
    pub keys: Vec<DkimKey>,
    /// Key files that others on this machine can read.
    pub exposed: Vec<PathBuf>,
}

impl DkimSettings {
    /// What is to be published: a name and its TXT record for each key.
    pub fn records(&self) -> impl Iterator<Item = (String, String)> {
        self.keys
            .iter()
            .map(|key| (format!("{}._domainkey.{}", key.selector(), self.domain), key.record().to_owned()))
    }
}
