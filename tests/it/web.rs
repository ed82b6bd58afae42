//! The entrance as a whole: what every route keeps to.

mod doors;
mod followers;
mod guards;
mod hooks;
mod hostile;
mod hub_logins;
mod junk;
mod lines;
mod local;
mod looking;
mod pings;
mod process;
mod providers;
mod reports;
