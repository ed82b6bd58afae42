//! After a command and after a clean stop the database is one whole file.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use super::home::Home;
use crate::support::process::{Process, forget_settings};

/// What a copy of the file alone says, opened elsewhere.
fn copied(home: &Home) -> Vec<String> {
    let other = Home::new();
    std::fs::create_dir(other.path().join("data")).unwrap();
    for name in ["data/postbell.db", "data/secret.key"] {
        std::fs::copy(home.path().join(name), other.path().join(name)).unwrap();
    }
    let listed = other.json(&["suppression", "list", "--json"]);
    let listed = listed.as_array().unwrap().iter();
    let mut addresses: Vec<String> = listed.map(|one| one["address"].as_str().unwrap().to_owned()).collect();
    addresses.sort();
    addresses
}

/// What lies beside the file with something in it.
fn beside(home: &Home) -> Vec<PathBuf> {
    let files = std::fs::read_dir(home.path().join("data")).unwrap().map(|file| file.unwrap());
    let others = files.filter(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        ["-wal", "-shm", "-notes"].iter().any(|end| name.ends_with(end)) && file.metadata().unwrap().len() > 0
    });
    others.map(|file| file.path()).collect()
}

fn suppress(home: &Home, address: &str) {
    home.ok(&["suppression", "add", address]);
}

#[test]
fn after_each_command_the_file_alone_has_everything() {
    let home = Home::new();
    home.ok(&["migrate"]);
    assert_eq!(beside(&home), [] as [PathBuf; 0], "after migrate");
    suppress(&home, "a@example.org");
    assert_eq!(beside(&home), [] as [PathBuf; 0]);
    assert_eq!(copied(&home), ["a@example.org"]);
    // Whatever came of it.
    home.fails(&["blog", "show", "nowhere"]);
    assert_eq!(home.run(&["bounce", "ingest", "nowhere.eml"]).status.code(), Some(75));
    assert_eq!(beside(&home), [] as [PathBuf; 0], "after what failed");
}

#[test]
fn after_a_clean_stop_the_file_alone_has_everything() {
    let home = Home::new();
    suppress(&home, "a@example.org");
    let env = [("HTTP__LISTEN", "127.0.0.1:0")];
    let mut serving = Process::start(home.path(), &["serve"], &env);
    // A command that ends while another process has the file open breaks nothing.
    suppress(&home, "b@example.org");
    suppress(&home, "c@example.org");
    assert_eq!(home.json(&["suppression", "list", "--json"]).as_array().unwrap().len(), 3);
    assert!(serving.terminate().0.success());
    assert_eq!(beside(&home), [] as [PathBuf; 0]);
    assert_eq!(copied(&home), ["a@example.org", "b@example.org", "c@example.org"]);
}

#[test]
fn a_file_that_somebody_else_reads_is_left_to_them() {
    let home = Home::new();
    home.ok(&["migrate"]);
    let mut other = std::process::Command::new(std::env::var("POSTBELL_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
        .args(["-c", "import sqlite3,sys\nc=sqlite3.connect('data/postbell.db')\nc.execute('BEGIN')\nc.execute('SELECT COUNT(*) FROM suppressions').fetchone()\nprint('reading',flush=True)\nsys.stdin.read()\nc.close()"])
        .current_dir(home.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(other.stdout.take().unwrap()), &mut line)
        .unwrap();
    assert_eq!(line, "reading\n");
    suppress(&home, "a@example.org");
    drop(other.stdin.take());
    other.wait().unwrap();
    suppress(&home, "b@example.org");
    assert_eq!(copied(&home), ["a@example.org", "b@example.org"]);
}

/// A command that is ended in its midst leaves one whole file, says how far it
/// was, and goes on when it is run again.
#[test]
fn a_command_that_is_stopped_leaves_one_whole_file_and_goes_on_later() {
    const ROWS: usize = 60_000;
    let home = Home::new();
    home.add_blog("toast");
    let rows: String = (0..ROWS).map(|n| format!("reader-{n}@example.org\n")).collect();
    home.write("readers.csv", format!("email\n{rows}"));
    let import = ["import", "readers.csv", "--status", "active"];
    let followers =
        |home: &Home| home.json(&["followers", "--json"])["blogs"][0]["followers"].as_u64().unwrap() as usize;
    for signal in ["-INT", "-TERM"] {
        let before = followers(&home);
        let mut running = Process::spawn_silent(home.command(&import));
        let log = home.path().join("data/postbell.db-wal");
        home.wait_until("the first rows are written", || {
            std::fs::metadata(&log).is_ok_and(|file| file.len() > 500_000)
        });
        let status = running.end_by(signal);
        assert_eq!(status.code(), Some(1), "{signal}: {}", running.output());
        home.wait_until("it says how far it was and how to go on", || {
            let said = running.output();
            said.contains("% of it") && said.contains("run the same command again")
        });
        assert_eq!(beside(&home), [] as [PathBuf; 0], "{signal}");
        let now = followers(&home);
        assert!(before < now && now < ROWS && now.is_multiple_of(2_000), "{signal}: {before}, then {now}");
    }
    home.ok(&import);
    assert_eq!(followers(&home), ROWS);
}

/// Whether it still answers.
fn is_alive(process: &Process) -> bool {
    let host = process.url().strip_prefix("http://").unwrap();
    let Ok(mut stream) = TcpStream::connect(host) else { return false };
    let mut said = String::new();
    let asked = write!(stream, "GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    asked.is_ok() && stream.read_to_string(&mut said).is_ok() && said.starts_with("HTTP/1.1 200")
}

/// R15: a terminal that closes is no crash, and `nohup` means what it says.
#[test]
fn a_terminal_that_closes_ends_it_as_sigterm_does_unless_nohup_started_it() {
    let home = Home::new();
    suppress(&home, "a@example.org");
    // Whatever the tests themselves were started by.
    let serve = |handling: &str| {
        let mut command = Command::new("env");
        forget_settings(&mut command);
        command.args([handling, env!("CARGO_BIN_EXE_postbell"), "serve"]);
        command.current_dir(home.path()).env("POSTBELL_HTTP__LISTEN", "127.0.0.1:0");
        Process::spawn(command)
    };
    let mut serving = serve("--default-signal=HUP");
    assert!(serving.end_by("-HUP").success());
    assert_eq!(beside(&home), [] as [PathBuf; 0]);

    let mut serving = serve("--ignore-signal=HUP");
    serving.signal("-HUP");
    assert!((0..50).all(|_| is_alive(&serving)));
    assert!(serving.terminate().0.success());
}
