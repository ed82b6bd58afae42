//! Signing up, confirming, leaving and managing, over HTTP.

mod answers;
mod asking;
mod back;
mod bounds;
mod confirm;
mod copies;
mod erase;
mod leave;
mod limits;
mod manage;
mod neutral;
mod together;
