//! What the tests share.

pub mod chromium;
pub mod corpora;
pub mod fault_smtp;
pub mod feed_site;
pub mod house;
pub mod left_out;
pub mod ports;
pub mod process;
pub mod smtp_sink;
pub mod wordpress;
pub mod stores;
