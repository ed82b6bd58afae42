//! Tests that drive the product from outside, in one binary.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that panics has failed, and helpers of tests say what they measured"
)]

mod addresses;
mod bounces;
mod browser;
mod cli;
mod config;
mod deliver;
mod dkim;
mod feeds;
mod fuzz_replay;
mod html;
mod imports;
mod kill;
mod mail;
mod mails;
mod nodes;
mod pages;
mod publish;
mod real;
mod returns;
mod score;
mod signup;
mod snapshots;
mod store;
mod support;
mod templates;
mod trip;
mod upgrade;
mod upkeep;
mod web;
mod webhooks;
