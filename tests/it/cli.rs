//! Tests of cli: the real binary, its output, its exit codes.

mod blogs;
mod bounces;
mod corrections;
mod doctor;
mod halts;
mod home;
mod hostile;
mod hostile_posts;
mod import;
mod imported_again;
mod logins;
mod mailings;
mod outside;
mod parsers;
mod people;
mod posts;
mod proof;
mod resting;
mod site;
mod suppressions;
mod whole;
