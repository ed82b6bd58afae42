//! Tests that drive the product from outside, in one binary.

mod addresses;
mod browser;
mod cli;
mod config;
mod deliver;
mod feeds;
mod html;
mod kill;
mod mail;
mod pages;
mod publish;
mod signup;
mod snapshots;
mod store;
mod support;
mod templates;
mod trip;
mod upkeep;
mod web;
