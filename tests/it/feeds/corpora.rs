//! The reader over public and hostile feeds: every file ends in order.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use postbell::feeds::{Entry, parse};
use serde_json::Value;

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
        let case: Value = serde_json::from_str(line).unwrap();
        folder.join(case["file"].as_str().unwrap())
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(file).collect()
}

/// What a field says, as the corpora compare it: without markup and with
/// white space made one. Titles there are markup or text, as the feed has it.
fn words(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default();
    let mut bare = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        bare.push_str(&rest[..at]);
        let opens = rest[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        match rest[at..].find('>').filter(|_| opens) {
            Some(end) => rest = &rest[at + end + 1..],
            None => {
                bare.push('<');
                rest = &rest[at + 1..];
            }
        }
    }
    bare.push_str(rest);
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether an entry says what the case expects in each field that is firm.
fn is_right(wanted: &Value, entry: &Entry) -> bool {
    // Hosts compare without case, and an empty path is the root.
    let same_address = |wanted: &Value| {
        let wanted = wanted.as_str().unwrap_or_default();
        entry.link.as_deref().is_some_and(|link| link == wanted || link.trim_end_matches('/') == wanted)
    };
    let title = words(&Value::from(entry.title.as_str()));
    wanted["firm"].as_array().unwrap().iter().all(|field| match field.as_str().unwrap() {
        "id" => wanted["id"].as_str() == entry.id.as_deref(),
        "link" => same_address(&wanted["link"]),
        "title" => words(&wanted["title_text"]) == title,
        "published" => wanted["published"].as_i64() == entry.published.map(|at| at.as_millis() / 1_000),
        other => panic!("{other}"),
    })
}

#[test]
fn public_feeds_are_read_and_none_of_them_brings_the_reader_down() {
    let Some(folder) = corpora::folder("the open feeds") else { return };
    // Files of which something is read; the other set asks for an orderly end only.
    for (set, least_percent) in
        [("feeds.jsonl", 99), ("feeds-tolerant.jsonl", 100), ("feeds-nocrash.jsonl", 0)]
    {
        let files = listed(&folder, set);
        let (read, refused, slowest) = read_all(&files);
        println!("{set}: {read} read, {refused} refused, the slowest in {slowest:?}");
        assert!(read * 100 >= files.len() * least_percent, "{set}: only {read} of {}", files.len());
    }
}

#[test]
fn public_feeds_are_read_as_other_readers_read_them() {
    let Some(folder) = corpora::folder("what the open feeds say") else { return };
    // Of the broken ones two have control characters in their titles, which
    // others keep and we do not.
    for (set, least_percent) in [("feeds.jsonl", 98.5), ("feeds-tolerant.jsonl", 95.0)] {
        let lines = std::fs::read_to_string(folder.join(set)).unwrap();
        let (mut right, mut all) = (0, 0);
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let case: Value = serde_json::from_str(line).unwrap();
            let file = case["file"].as_str().unwrap();
            all += 1;
            let Ok(feed) = parse(&std::fs::read(folder.join(file)).unwrap(), None, "") else {
                println!("{file}: refused");
                continue;
            };
            let wanted = case["entries"].as_array().unwrap();
            let is_firm = case["n_firm"] == true;
            let same_number = wanted.len() == feed.entries.len();
            let same_title = case["title_firm"] != true
                || words(&case["title_text"]) == words(&Value::from(feed.title.as_str()));
            let same_entries = !same_number
                || wanted.iter().zip(&feed.entries).all(|(wanted, entry)| is_right(wanted, entry));
            if (same_number || !is_firm) && same_title && same_entries {
                right += 1;
            } else {
                println!("{file}: not as others read it");
            }
        }
        let percent = 100.0 * f64::from(right) / f64::from(all);
        println!("{set}: {right} of {all} fully right, {percent:.2} %");
        assert!(percent >= least_percent, "{set}: {right} of {all}");
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
