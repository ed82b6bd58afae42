//! Tests that drive the product from outside, in one binary.

mod cli;
mod config;
