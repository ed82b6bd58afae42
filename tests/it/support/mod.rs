//! What the tests share.

pub mod corpora;
pub mod fault_smtp;
