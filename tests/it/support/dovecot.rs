//! A real mailbox: a Dovecot of its own, whose mails lie in a Maildir.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::authority::Authority;
use super::ports;

/// Stopped when dropped.
pub struct Dovecot {
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

impl Dovecot {
    /// One that says all that it can.
    pub fn start() -> Self {
        Self::run("all", None)
    }

    /// One that says that it can this and no more.
    pub fn start_with(capabilities: &str) -> Self {
        Self::run(capabilities, None)
    }

    /// One that offers STARTTLS with this certificate, and TLS at a port of its own.
    pub fn start_protected(authority: &Authority) -> Self {
        Self::run("all", Some(authority))
    }

    fn run(capabilities: &str, authority: Option<&Authority>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        // Its parts run as users of their own.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        let dovecot = Self { folder, port: ports::free(), tls_port: ports::free() };
        let mut arguments = vec![dovecot.port.to_string(), capabilities.to_owned()];
        if let Some(authority) = authority {
            let files = ["leaf.pem", "leaf.key"].map(|name| authority.file(name));
            arguments.extend(files.iter().map(|file| file.to_string_lossy().into_owned()));
            arguments.push(dovecot.tls_port.to_string());
        }
        dovecot.script("start", &arguments);
        ports::wait_until_open(dovecot.port, "Dovecot");
        dovecot.make_maildir();
        dovecot
    }

    /// Where it listens, on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What to write into `bounces.imap_url`.
    pub fn url(&self) -> String {
        format!("imap://bounces:secret@127.0.0.1:{}/INBOX", self.port)
    }

    /// The same with TLS from the first byte.
    pub fn tls_url(&self) -> String {
        format!("imaps://bounces:secret@127.0.0.1:{}", self.tls_port)
    }

    /// The mails of `bounces`, a Maildir.
    pub fn maildir(&self) -> PathBuf {
        self.folder.path().join("mail/bounces")
    }

    /// Delivers a mail as a mail server does.
    pub fn deliver(&self, name: &str, raw: &[u8]) {
        let draft = self.maildir().join("tmp").join(name);
        std::fs::write(&draft, raw).expect("the mailbox takes it");
        self.give(&draft);
        std::fs::rename(&draft, self.maildir().join("new").join(name)).expect("it is there");
    }

    /// The mails of a folder, `""` for the inbox.
    pub fn mails(&self, folder: &str) -> Vec<String> {
        self.files(folder).iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
    }

    /// The flags of its mails, as Maildir writes them behind their names:
    /// those of its own as capitals, keywords as small letters.
    pub fn flags(&self, folder: &str) -> Vec<String> {
        let names = self.files(folder).into_iter().map(|file| file.to_string_lossy().into_owned());
        names
            .map(|name| name.split_once(":2,").map_or(String::new(), |(_, flags)| flags.to_owned()))
            .collect()
    }

    /// What it wrote down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let place =
            if folder.is_empty() { self.maildir() } else { self.maildir().join(format!(".{folder}")) };
        let parts = ["new", "cur"].map(|part| std::fs::read_dir(place.join(part)));
        let mut files: Vec<PathBuf> =
            parts.into_iter().flatten().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        files
    }

    fn make_maildir(&self) {
        for part in ["", "tmp", "new", "cur"] {
            let folder = self.maildir().join(part);
            if !folder.is_dir() {
                std::fs::create_dir(&folder).expect("the mailbox can be made");
                self.give(&folder);
            }
        }
    }

    /// To whom the mails belong.
    fn give(&self, path: &Path) {
        let owner = std::fs::metadata(self.folder.path().join("mail")).expect("it is there").uid();
        std::os::unix::fs::chown(path, Some(owner), Some(owner)).expect("we may give it away");
    }

    fn script(&self, verb: &str, more: &[String]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/dovecot.sh");
        let said = self.folder.path().join("said");
        let told = std::fs::File::create(&said).expect("a file in a folder of ours");
        // Into a file: the daemon keeps what it was given as its output.
        let status = Command::new(script)
            .arg(verb)
            .arg(self.folder.path())
            .args(more)
            .stdout(told.try_clone().expect("it is open"))
            .stderr(told)
            .status()
            .expect("the script runs");
        let said = std::fs::read_to_string(said).unwrap_or_default();
        assert!(status.success(), "{verb}: {said}{}", self.log());
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
        self.script("stop", &[]);
    }
}
