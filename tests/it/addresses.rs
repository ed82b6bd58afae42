//! Tests of addresses.
