//! The port through which the DNS is asked, as the world would ask it: full
//! names only, no search list, no hosts file. Answers are hostile input.

pub mod hickory;
#[cfg(test)]
pub(crate) mod zone;

use std::net::IpAddr;

use async_trait::async_trait;

/// A mail exchanger (RFC 5321 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanger {
    /// The lowest is tried first.
    pub preference: u16,
    /// Its name without the last dot; empty for the null MX (RFC 7505).
    pub host: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsFault {
    /// There is no such name (NXDOMAIN).
    #[error("there is no such name")]
    NoSuchName,
    /// Nobody can say now: no resolver, no answer in time, a server that fails.
    #[error("the DNS did not answer: {0}")]
    NoAnswer(String),
}

/// What a question gives: no records of the kind are an empty list.
pub type Answer<T> = Result<Vec<T>, DnsFault>;

/// The DNS.
#[async_trait]
pub trait Dns: Send + Sync {
    /// TXT records, the strings of each put together (RFC 7208 §3.3).
    async fn texts(&self, name: &str) -> Answer<Vec<u8>>;

    /// MX records, the most preferred first.
    async fn exchangers(&self, name: &str) -> Answer<Exchanger>;

    /// A and AAAA records.
    async fn addresses(&self, name: &str) -> Answer<IpAddr>;

    /// PTR records of an address, without their last dots.
    async fn names(&self, address: IpAddr) -> Answer<String>;
}
