//! Debian's smtp-sink: a real SMTP server that keeps what it takes as files.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::ports;

/// A running smtp-sink; stopped when dropped.
pub struct SmtpSink {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl SmtpSink {
    /// Starts one on a free loopback port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with further options, as in smtp-sink(1).
    pub fn start_with(options: &[&str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let port = ports::free();
        let mut command = Command::new("/usr/sbin/smtp-sink");
        // As root it wants to be told to stay root: the folder is ours alone.
        if is_root() {
            command.args(["-u", "root"]);
        }
        let child = command
            .args(options)
            .args(["-d", "%s."])
            .arg(format!("127.0.0.1:{port}"))
            .arg("256")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("smtp-sink starts; scripts/setup installs it");
        ports::wait_until_open(port, "smtp-sink");
        Self { child, folder, port }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What to write into `smtp.url`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The mails taken so far, one file each, in no order. smtp-sink writes
    /// its own lines (`X-Mail-Args`, `X-Rcpt-Args`, `Received`) above each.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the sink's folder");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    /// The mails taken so far, as the peer sent them: without smtp-sink's own
    /// lines, and with CRLF, which smtp-sink turns to LF.
    pub fn mails(&self) -> Vec<CaughtMail> {
        let mails = self.files().into_iter().filter_map(|file| CaughtMail::read(&std::fs::read(file).ok()?));
        mails.collect()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One mail that the sink took.
#[derive(Debug)]
pub struct CaughtMail {
    /// From MAIL.
    pub envelope_from: String,
    /// From RCPT.
    pub envelope_to: Vec<String>,
    /// Head and body, CRLF.
    pub raw: Vec<u8>,
}

impl CaughtMail {
    /// `None` for a file that is still being written.
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut envelope_from = String::new();
        let mut envelope_to = Vec::new();
        let mut rest = text.as_str();
        // The sink's own head ends behind its Received line and that line's folds.
        let mut received = false;
        while let Some((line, after)) = rest.split_once('\n') {
            if let Some(from) = line.strip_prefix("X-Mail-Args: ") {
                envelope_from = path_of(from);
            } else if let Some(to) = line.strip_prefix("X-Rcpt-Args: ") {
                envelope_to.push(path_of(to));
            } else if line.starts_with("Received: ") && !received {
                received = true;
            } else if !line.starts_with("X-Client-")
                && !line.starts_with("X-Helo-")
                && !line.starts_with('\t')
            {
                break;
            }
            rest = after;
        }
        if !received || rest.is_empty() {
            return None;
        }
        let raw = rest.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes();
        Some(Self { envelope_from, envelope_to, raw })
    }

    /// Head and body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}

/// `<a@b.example> SIZE=1` is `a@b.example`.
fn path_of(args: &str) -> String {
    let inner = args.split_once('<').map_or(args, |(_, rest)| rest);
    inner.split_once('>').map_or(inner, |(path, _)| path).to_owned()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id(1) runs");
    output.stdout.starts_with(b"0\n")
}

#[test]
fn smtp_sink_keeps_what_it_takes() {
    let sink = SmtpSink::start();
    assert!(sink.url().ends_with(&sink.port().to_string()));
    let sent = Command::new("swaks")
        .args(["--server", "127.0.0.1", "--port", &sink.port().to_string(), "--silent", "3"])
        .args(["--from", "blog@example.org", "--to", "reader@example.com"])
        .args(["--header", "Subject: Toast", "--body", "Two slices."])
        .status()
        .expect("swaks runs; scripts/setup installs it");
    assert!(sent.success());
    let mails = sink.mails();
    assert_eq!(mails.len(), 1, "{:?}", sink.files());
    assert_eq!(mails[0].envelope_from, "blog@example.org");
    assert_eq!(mails[0].envelope_to, ["reader@example.com"]);
    assert!(mails[0].text().contains("Subject: Toast\r\n"), "{}", mails[0].text());
    assert!(!mails[0].text().contains("X-Rcpt-Args"));
}
