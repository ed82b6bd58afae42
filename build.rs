//! Tells cargo what the macros read that it cannot see: a new migration is
//! otherwise missed by an incremental build.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
