//! The reader over public and hostile feeds: every file ends in order.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use postbell::feeds::parse;

use crate::support::corpora;

/// Reads every file; the answer is (read, refused, slowest).
fn read_all(files: &[PathBuf]) -> (usize, usize, Duration) {
    let (mut read, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    for file in files {
        let Ok(bytes) = std::fs::read(file) else { panic!("{} is missing", file.display()) };
        let began = Instant::now();
        match parse(&bytes, None, "https://blog.example/feed/") {
            Ok(feed) => {
                read += 1;
                for entry in &feed.entries {
                    assert!(!entry.identity().as_str().is_empty());
                    assert!(!entry.title.contains(['\r', '\n', '\0']), "{}", file.display());
                    let links = entry.link.iter().chain(&entry.image).chain(&feed.home_url);
                    for link in links {
                        assert!(link.starts_with("http"), "{}: {link}", file.display());
                    }
                }
            }
            Err(error) => {
                println!("{}: {error}", file.display());
                refused += 1;
            }
        }
        let took = began.elapsed();
        if took > Duration::from_secs(1) {
            println!("{}: {took:?}", file.display());
        }
        slowest = slowest.max(took);
    }
    (read, refused, slowest)
}

fn listed(folder: &Path, set: &str) -> Vec<PathBuf> {
    let lines = std::fs::read_to_string(folder.join(set)).unwrap();
    let file = |line: &str| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        folder.join(case["file"].as_str().unwrap())
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(file).collect()
}

#[test]
fn public_feeds_are_read_and_none_of_them_brings_the_reader_down() {
    let Some(folder) = corpora::folder("the open feeds") else { return };
    for (set, least_percent) in
        [("feeds.jsonl", 90), ("feeds-tolerant.jsonl", 50), ("feeds-nocrash.jsonl", 0)]
    {
        let files = listed(&folder, set);
        let (read, refused, slowest) = read_all(&files);
        println!("{set}: {read} read, {refused} refused, the slowest in {slowest:?}");
        assert!(read * 100 >= files.len() * least_percent, "{set}: only {read} of {}", files.len());
    }
}

/// S9
#[test]
fn hostile_feeds_end_in_order() {
    let Some(folder) = corpora::folder("the hostile feeds") else { return };
    let made = tempfile::tempdir().unwrap();
    let status =
        Command::new("python3").arg(folder.join("gen_hostile.py")).arg(made.path()).output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    let mut files = Vec::new();
    let mut folders = vec![made.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() >= 30, "{}", files.len());
    // The real program, in the memory and the time that are promised.
    const WATCH: &str = "import os, sys\n\
        pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)\n\
        _, status, used = os.wait4(pid, 0)\n\
        print(os.waitstatus_to_exitcode(status), used.ru_maxrss, file=sys.stderr)";
    for file in &files {
        let began = Instant::now();
        let output = Command::new("python3")
            .args(["-c", WATCH, env!("CARGO_BIN_EXE_postbell"), "feed", "inspect", "--jsonl"])
            .arg(file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let (code, used_kb) = said.trim().lines().last().and_then(|line| line.split_once(' ')).unwrap();
        assert_eq!(code, "0", "{}: {said}", file.display());
        assert!(used_kb.parse::<u64>().unwrap() < 256 * 1024, "{}: {used_kb} KB", file.display());
        assert!(began.elapsed() < Duration::from_secs(5), "{}: {:?}", file.display(), began.elapsed());
    }
}
