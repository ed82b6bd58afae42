//! A real relay: a Postfix of its own that passes every mail on.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::ports;

/// Stopped when dropped.
pub struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// Starts one that hands everything to the server at `next_port`.
    pub fn start(next_port: u16) -> Self {
        Self::run(next_port, &[])
    }

    /// The same, but mails for a domain go to a Maildir, or by a transport.
    pub fn start_with_domain(next_port: u16, domain: &str, whither: &str) -> Self {
        Self::run(next_port, &[domain, whither])
    }

    fn run(next_port: u16, more: &[&str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        // Its parts run as a user of their own.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        let port = ports::free();
        let postfix = Self { folder, port };
        let (own, next) = (port.to_string(), next_port.to_string());
        let arguments: Vec<&str> = [own.as_str(), next.as_str()].iter().chain(more).copied().collect();
        postfix.script(&["start"], &arguments);
        ports::wait_until_open(port, "Postfix");
        postfix
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What to write into `smtp.url`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What it wrote down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn script(&self, before: &[&str], after: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/postfix.sh");
        let said = self.folder.path().join("said");
        let told = std::fs::File::create(&said).expect("a file in a folder of ours");
        // Into a file: the daemon keeps what it was given as its output.
        let status = Command::new(script)
            .args(before)
            .arg(self.folder.path())
            .args(after)
            .stdout(told.try_clone().expect("it is open"))
            .stderr(told)
            .status()
            .expect("the script runs");
        let said = std::fs::read_to_string(said).unwrap_or_default();
        assert!(status.success(), "{before:?}: {said}{}", self.log());
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
        self.script(&["stop"], &[]);
    }
}
