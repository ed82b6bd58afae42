//! Databases of earlier versions as busy instances left them, brought to this
//! version and opened with its code (R16). What else must hold after an upgrade
//! gets a file of its own here; `old` says how to begin.

mod imported;
mod links;
mod logins;
mod old;
mod origins;
mod queue;
