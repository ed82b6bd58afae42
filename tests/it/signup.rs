//! Signing up, confirming, leaving and managing, over HTTP.

mod answers;
mod asking;
mod bounds;
mod confirm;
mod erase;
mod leave;
mod limits;
mod manage;
mod neutral;
mod together;
