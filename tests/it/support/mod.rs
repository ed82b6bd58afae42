//! What the tests share.

pub mod authority;
pub mod chromium;
pub mod corpora;
pub mod cpu;
pub mod dns_zone;
pub mod dovecot;
pub mod fault_smtp;
pub mod feed_site;
pub mod hostile;
pub mod house;
pub mod http;
pub mod left_out;
pub mod pages;
pub mod paper;
pub mod places;
pub mod ports;
pub mod postfix;
pub mod process;
pub mod python;
pub mod server;
pub mod smtp_sink;
pub mod static_site;
pub mod stores;
pub mod told;
pub mod wordpress;
