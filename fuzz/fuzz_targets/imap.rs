//! Fuzzes `bodies::imap`. The product catches panics of the client library, and
//! libFuzzer's hook would end the process before that; its own catch stays.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |data: &[u8]| bodies::imap(data));
