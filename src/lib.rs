//! Postbell: the follow-by-email box for every blog.
//!
//! The rooms of the house and the floors they stand on are drawn in
//! `docs/architecture.md`; `tests/house` holds the code to that drawing.
#![forbid(unsafe_code)]

pub mod clock;
pub mod domain;

pub mod bounds;
pub mod dns;
pub mod feedback;
pub mod feeds;
pub mod mail;
mod sender_auth;
pub mod store;
pub mod templates;
pub mod wake;

pub mod deliver;
pub mod operate;
pub mod publish;
pub mod signup;
pub mod upkeep;

pub mod config;
pub mod inbound;
pub mod roles;
pub mod web;

pub mod app;
pub mod doctor;
pub mod telemetry;

pub mod cli;
