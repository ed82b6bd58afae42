//! The `postbell` binary as a process of its own, in a folder of its own.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A command with the working folder `folder` and nothing of the caller's
/// `POSTBELL_…` environment. `env` has pairs like `("HTTP__LISTEN", "127.0.0.1:0")`.
pub fn command(folder: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postbell"));
    forget_settings(&mut command);
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    for (key, value) in env {
        command.env(format!("POSTBELL_{key}"), value);
    }
    command
}

/// Nothing of the caller's `POSTBELL_…` environment goes on: what is none of
/// the product's keys would be a fault.
pub fn forget_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("POSTBELL_") {
            command.env_remove(name);
        }
    }
}

/// Runs a command to its end.
pub fn run(folder: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    command(folder, arguments, env).output().expect("the postbell binary runs")
}

/// A long-running `postbell`, killed when dropped.
pub struct Process {
    child: Child,
    url: String,
    output: Arc<Mutex<String>>,
}

impl Process {
    /// Starts `postbell serve …` (or `demo`) and waits until it listens.
    pub fn start(folder: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        Self::spawn(command(folder, arguments, env))
    }

    /// The same with a command that ends in running `postbell serve`.
    pub fn spawn(command: Command) -> Self {
        let mut process = Self::spawn_silent(command);
        process.url = process.wait_until_listening();
        process
    }

    /// The same for one that does not listen.
    pub fn spawn_silent(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the postbell binary starts");
        let output = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().expect("it was piped"), &output);
        collect(child.stderr.take().expect("it was piped"), &output);
        Self { child, url: String::new(), output }
    }

    /// `http://127.0.0.1:PORT`, as it said itself.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has written so far to both of its outputs.
    pub fn output(&self) -> String {
        self.output.lock().expect("no reader panics").clone()
    }

    /// SIGKILL, at once.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; gives its exit status and how long it took.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        (self.end_by("-TERM"), began.elapsed())
    }

    /// This signal; gives its exit status.
    pub fn end_by(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not end within a minute of the signal:\n{}", self.output());
    }

    /// This signal, which need not end it.
    pub fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(told.expect("kill(1) runs").success(), "the process had ended before");
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    fn wait_until_listening(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(url) = listening_url(&self.output()) {
                return url;
            }
            let ended = !self.is_running();
            assert!(!ended && Instant::now() < deadline, "postbell does not listen:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address behind `listening on`, or the demo's, once its line is whole.
fn listening_url(output: &str) -> Option<String> {
    let (_, rest) = output
        .split_once("listening on http://")
        .or_else(|| output.split_once("Follow the blog here:    http://"))?;
    let (address, _) = rest.split_once(|c: char| c.is_whitespace() || c == '"' || c == '\u{1b}')?;
    let address = address.trim_end_matches("/demo");
    Some(format!("http://{}", address.trim_end_matches('/')))
}

fn collect(from: impl Read + Send + 'static, into: &Arc<Mutex<String>>) {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut output = into.lock().expect("no reader panics");
            output.push_str(&line);
            output.push('\n');
        }
    });
}

/// The most that the process held in memory so far, in MB.
pub fn peak_mb(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it is there");
    peak.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") / 1024
}

#[test]
fn the_address_is_read_once_its_line_is_whole() {
    assert_eq!(listening_url("listening on http://127.0.0.1:80"), None);
    assert_eq!(
        listening_url("listening on http://127.0.0.1:8080/\n").as_deref(),
        Some("http://127.0.0.1:8080")
    );
    assert_eq!(
        listening_url(" 1. Follow the blog here:    http://127.0.0.1:9/demo\n").as_deref(),
        Some("http://127.0.0.1:9")
    );
    assert_eq!(listening_url("{\"m\":\"listening on http://[::1]:1\"}").as_deref(), Some("http://[::1]:1"));
}
