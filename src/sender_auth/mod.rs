//! What the DNS says of who may send for a domain: SPF (RFC 7208), DKIM's
//! keys (RFC 6376), DMARC (RFC 9989). Read and judged here; the doctor says what to do.

pub(crate) mod dkim;
pub(crate) mod dmarc;
pub(crate) mod spf;
pub(crate) mod spf_walk;
