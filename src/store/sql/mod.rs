//! What is equal on both databases, written once.
//!
//! `errors` is an ordinary module. The other files are compiled twice: each
//! adapter takes them in by `#[path]`, and what they call `super` is that
//! adapter, with its `SqlStore`, `Db`, `Tx`, `Connection` and `dialect`
//! (decision 0010). What differs is in the adapters' own folders.

pub(super) mod errors;
