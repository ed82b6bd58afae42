//! An email address that can be mailed, and the ways to compare it.
//!
//! Parsed at the door; inside, an address is never a bare `String`.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a text is no address; each sentence tells its typist what to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Nothing was typed.
    #[error("Type an email address, like this: kim@example.org")]
    Empty,
    /// Any other fault.
    #[error("This is not an email address. Like this: kim@example.org")]
    Malformed,
}

/// An address as it is mailed, with the domain in lower-case A-labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    normalized: String,
}

impl EmailAddress {
    /// Reads an address; white space around it is forgiven.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressFault::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressFault::Malformed)?;
        Ok(Self { normalized: format!("{local}@{}", domain.to_ascii_lowercase()) })
    }

    /// As it is mailed.
    pub fn as_str(&self) -> &str {
        &self.normalized
    }

    /// What makes a subscriber one and the same: case-folded NFC.
    pub fn key(&self) -> String {
        self.normalized.to_lowercase()
    }

    /// The form that limits count by (S2), and nothing else.
    pub fn canonical(&self) -> String {
        self.key()
    }

    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        self.normalized.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the last `@`, lower-case A-labels.
    pub fn domain(&self) -> &str {
        self.normalized.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether it can only be mailed through a relay with SMTPUTF8 (RFC 6531).
    pub fn needs_smtputf8(&self) -> bool {
        !self.normalized.is_ascii()
    }

    /// For pages that open by a link alone: `k••@example.org`.
    pub fn masked(&self) -> String {
        let first = self.local().chars().next().unwrap_or('•');
        format!("{first}••@{}", self.domain())
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.normalized)
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.normalized)
    }
}
