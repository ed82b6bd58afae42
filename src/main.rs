//! The door: the command line's exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    postbell::cli::run()
}
