//! The misbehaving mail server of `tests/peers/fault_smtp.py`, and the
//! judgement over what reached it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// One mail that the server took.
#[derive(Debug, Clone, Deserialize)]
pub struct Accepted {
    /// Seconds since 1970.
    pub t: f64,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipient.
    pub rcpt: String,
    /// `Message-ID`, with its angle brackets.
    pub message_id: Option<String>,
    /// `Subject` as it stands in the mail.
    pub subject: Option<String>,
    /// `List-Unsubscribe`.
    pub list_unsub: Option<String>,
    /// Size of the mail.
    pub bytes: usize,
}

/// What a set of readers got of one mail.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Should have got it and did not.
    pub lost: Vec<String>,
    /// Got it and should not have.
    pub strangers: Vec<String>,
    /// Copies beyond the first.
    pub extra_copies: usize,
    /// Readers whose copies have different `Message-ID`s.
    pub new_ids: Vec<String>,
}

/// The server, stopped when this is dropped.
pub struct FaultSmtp {
    child: Child,
    folder: tempfile::TempDir,
    orders: Option<tempfile::NamedTempFile>,
    /// Where it listens.
    pub port: u16,
}

impl FaultSmtp {
    /// Starts it on a free port with faults such as `("rcpt550", "0.1")`.
    pub fn start(faults: &[(&str, &str)]) -> Self {
        Self::start_on(0, faults)
    }

    /// Starts it on this port, for a server that was away.
    pub fn start_on(port: u16, faults: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers/fault_smtp.py");
        let mut child = Command::new("python3")
            .arg(script)
            .arg(port.to_string())
            .arg(folder.path().join("log.jsonl"))
            .args(faults.iter().map(|(name, value)| format!("{name}={value}")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs; without it: apt-get install python3");
        let mut first = String::new();
        let stdout = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(stdout).read_line(&mut first).expect("the server says where it listens");
        let port = first.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the server did not start: {first:?}"));
        Self { child, folder, orders: None, port }
    }

    /// Starts one that does as it is told by [`Self::order`].
    pub fn obedient() -> Self {
        let orders = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(orders.path(), "{}").expect("a file of ours");
        let mut server = Self::start(&[("orders", &orders.path().to_string_lossy())]);
        server.orders = Some(orders);
        server
    }

    /// From now on it refuses this: `refuse`, `at`, `after`, `only`, `spare`
    /// as in the server's own words; `{}` nothing.
    pub fn order(&self, orders: &serde_json::Value) {
        let path = self.orders.as_ref().expect("it was started as an obedient one").path();
        let next = path.with_extension("next");
        std::fs::write(&next, orders.to_string()).expect("a file of ours");
        std::fs::rename(&next, path).expect("a file of ours");
    }

    /// Every mail that it took, in order.
    pub fn accepted(&self) -> Vec<Accepted> {
        let log = std::fs::read_to_string(self.folder.path().join("log.jsonl")).unwrap_or_default();
        // The last line may be half written at this moment.
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect()
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        let log = std::fs::read_to_string(self.folder.path().join("log.jsonl.connections"));
        log.unwrap_or_default().lines().count()
    }

    /// The recipients of every mail that it took, in order.
    pub fn recipients(&self) -> Vec<String> {
        self.accepted().into_iter().map(|mail| mail.rcpt).collect()
    }

    /// Waits until it took so many mails.
    pub fn wait_for(&self, mails: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.accepted().len() < mails {
            assert!(Instant::now() < deadline, "{} of {mails} mails within a minute", self.accepted().len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it, so that its connections break; what it took can still be read.
    pub fn kill(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Compares what it took with who should have got it once; `subject`
    /// leaves out other mails.
    pub fn judge<S: AsRef<str>>(&self, readers: &[S], subject: Option<&str>) -> Judgement {
        Judgement::of(self.accepted(), readers, subject)
    }
}

impl Judgement {
    /// The same over the mails of several servers.
    pub fn of<S: AsRef<str>>(mails: Vec<Accepted>, readers: &[S], subject: Option<&str>) -> Self {
        let expected: BTreeSet<String> = readers.iter().map(|r| r.as_ref().to_lowercase()).collect();
        let mut got: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        for mail in mails {
            if subject.is_none_or(|s| mail.subject.as_deref().is_some_and(|have| have.contains(s))) {
                got.entry(mail.rcpt.to_lowercase()).or_default().push(mail.message_id);
            }
        }
        Self {
            lost: expected.iter().filter(|r| !got.contains_key(*r)).cloned().collect(),
            strangers: got.keys().filter(|r| !expected.contains(*r)).cloned().collect(),
            extra_copies: got.values().map(|copies| copies.len() - 1).sum(),
            new_ids: got
                .iter()
                .filter(|(_, ids)| ids.iter().any(|id| id != &ids[0]))
                .map(|(reader, _)| reader.clone())
                .collect(),
        }
    }
}

impl Drop for FaultSmtp {
    fn drop(&mut self) {
        self.kill();
    }
}
