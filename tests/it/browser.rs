//! The product in a real Chromium: every page, the forms on other sites, and
//! what a browser says of where a request comes from.

mod blog;
mod embed;
mod kinds;
mod mail;
mod mailbox;
mod origins;
mod pages;
mod site;
mod tab;
