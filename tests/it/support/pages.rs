//! The https server of `tests/peers/pages.py`: what a proxy in front of the
//! pages would answer.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::authority::Authority;
use super::python;

/// The server, stopped when this is dropped.
pub struct Pages {
    child: Child,
    port: u16,
}

impl Pages {
    /// Answers `ok` to `/healthz`, with a clock that is so many seconds ahead.
    pub fn start(authority: &Authority, ahead_seconds: i64) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/pages.py");
        let mut child = Command::new(python::program())
            .arg(script)
            .args([authority.file("leaf.pem"), authority.file("leaf.key")])
            .arg(ahead_seconds.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 runs");
        let mut first = String::new();
        let stdout = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(stdout).read_line(&mut first).expect("the server says where it listens");
        let port = first.trim().parse().unwrap_or_else(|_| panic!("the server did not start: {first:?}"));
        Self { child, port }
    }

    /// `https://localhost:PORT`.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
