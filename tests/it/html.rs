//! Attack strings and real post bodies, judged by an independent parser.

use std::path::Path;
use std::process::Command;

use postbell::feeds::Entry;
use postbell::publish::body::{content_of, sanitise};
use serde_json::{Value, json};

use crate::support::corpora;

/// Answers from the files that the test wrote, the first reading and the second.
const REPLAY: &str = r#"
import json, sys
once, twice = [{json.loads(l)["id"]: l for l in open(p, encoding="utf-8")} for p in sys.argv[1:3]]
asked = [json.loads(l) for l in sys.stdin.buffer.read().decode("utf-8").split("\n") if l.strip()]
second = all(q["html"] == json.loads(once[q["id"]])["html"] for q in asked)
for q in asked:
    sys.stdout.write((twice if second else once)[q["id"]])
"#;

#[test]
fn nothing_active_is_left_of_attacks_and_posts_keep_their_words() {
    let Some(folder) = corpora::folder("attack strings and posts (html.jsonl), scored") else { return };
    let lines = std::fs::read_to_string(folder.join("html.jsonl")).expect("html.jsonl");
    let (mut once, mut twice) = (String::new(), String::new());
    let mut restless = Vec::new();
    for (id, line) in lines.lines().enumerate() {
        let case: Value = serde_json::from_str(line).expect("one JSON object a line");
        let html = case["html"].as_str().expect("html");
        let first = sanitise(html, None);
        let second = sanitise(&first, None);
        if first != second {
            restless.push(case["id"].to_string());
        }
        once.push_str(&format!("{}\n", json!({"id": id, "html": first})));
        twice.push_str(&format!("{}\n", json!({"id": id, "html": second})));
    }
    assert!(restless.is_empty(), "not the same the second time: {restless:?}");

    let place = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = place.path().join(name);
        std::fs::write(&path, text).expect("a file in the temporary folder");
        path.display().to_string()
    };
    let files = [write("replay.py", REPLAY), write("1.jsonl", &once), write("2.jsonl", &twice)];
    let Some(report) = score(&folder, &files) else { return };
    println!("{report}");
    let figure = |name: &str| -> u64 {
        let behind = report.split_once(&format!("'{name}': ")).map_or("0", |(_, behind)| behind);
        behind.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    assert!(report.contains("crashes 0"), "{report}");
    assert!(figure("xss") > 3000 && figure("benign") > 100 && figure("words") > 10_000, "{report}");
    for none in ["VIOLATION", "not idempotent", "no answer"] {
        assert!(!report.contains(none), "{report}");
    }
    assert!(figure("words lost") * 100 < figure("words"), "{report}");
}

/// The scorer's report; `None` where its Python is not to be had.
fn score(folder: &Path, files: &[String; 3]) -> Option<String> {
    let python = std::env::var("POSTBELL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let ready =
        Command::new(&python).args(["-c", "import html5lib"]).output().is_ok_and(|out| out.status.success());
    if !ready {
        assert!(
            std::env::var_os("POSTBELL_CORPORA_REQUIRED").is_none_or(|v| v != "1"),
            "{python} has no html5lib; set POSTBELL_PYTHON to one that has"
        );
        println!("left out: html: {python} has no html5lib");
        return None;
    }
    let replay = format!("'{python}' '{}'", files.join("' '"));
    let scored = Command::new(&python)
        .arg(folder.join("score.py"))
        .args(["html", "--show", "20", "--cmd", &replay])
        .output()
        .expect("the scorer runs");
    assert!(scored.status.success(), "{}", String::from_utf8_lossy(&scored.stderr));
    Some(String::from_utf8_lossy(&scored.stdout).into_owned())
}

#[test]
fn every_case_makes_a_mail_with_text_and_a_short_summary() {
    let Some(folder) = corpora::folder("mails of every html case") else { return };
    let lines = std::fs::read_to_string(folder.join("html.jsonl")).expect("html.jsonl");
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).expect("one JSON object a line");
        let entry = Entry {
            link: Some("https://blog.example/post".to_owned()),
            html: case["html"].as_str().expect("html").to_owned(),
            ..Entry::default()
        };
        let made = content_of(&entry, "https://blog.example/", "#0f6b5c", Some("en"));
        let id = &case["id"];
        let stray = |text: &str| text.chars().any(|c| ('\u{F0000}'..='\u{F00FF}').contains(&c));
        assert!(!stray(&made.text) && !stray(&made.html), "{id}: a placeholder is left");
        assert!(made.summary.chars().count() <= 150 && !made.summary.contains('\n'), "{id}");
        assert!(made.minutes >= 1 && made.excerpt_html.len() <= made.html.len() + 2_000, "{id}");
        if case["kind"] == "benign" {
            assert!(made.text.is_empty() == made.html.is_empty(), "{id}: {}", made.html);
        }
    }
}
