//! Attack strings and real post bodies, judged by an independent parser.

use std::path::Path;
use std::process::Command;

use postbell::feeds::Entry;
use postbell::publish::body::{content_of, sanitise};
use postbell::templates::{MailTemplate as _, PostMail, Templates};
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
        let stray = |text: &str| text.chars().any(|c| ('\u{F0000}'..='\u{FFFFD}').contains(&c));
        assert!(!stray(&made.text) && !stray(&made.html), "{id}: a placeholder is left");
        assert!(made.summary.chars().count() <= 150 && !made.summary.contains('\n'), "{id}");
        assert!(made.minutes >= 1 && made.excerpt_html.len() <= made.html.len() + 2_000, "{id}");
        if case["kind"] == "benign" {
            assert!(made.text.is_empty() == made.html.is_empty(), "{id}: {}", made.html);
        }
    }
}

/// What a mail's HTML part may have beside its body, and how often the body.
const AROUND_BYTES: usize = 12_000;
const MEDIAN: f64 = 1.5;
const WORST: f64 = 2.2;

/// The bodies of all feeds and of all ordinary HTML cases, each once.
fn real_bodies(folder: &Path) -> Vec<Entry> {
    let mut bodies = Vec::new();
    let cases = |set: &str| {
        let lines = std::fs::read_to_string(folder.join(set)).expect("the set");
        lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
            .collect::<Vec<Value>>()
    };
    for case in cases("feeds.jsonl").iter().chain(&cases("feeds-tolerant.jsonl")) {
        let bytes = std::fs::read(folder.join(case["file"].as_str().expect("a file"))).expect("the feed");
        let feed = postbell::feeds::parse(&bytes, None, "https://blog.example/feed/");
        bodies.extend(feed.into_iter().flat_map(|feed| feed.entries));
    }
    for case in cases("html.jsonl").iter().filter(|case| case["kind"] == "benign") {
        bodies.push(Entry { html: case["html"].as_str().expect("html").to_owned(), ..Entry::default() });
    }
    let mut seen = std::collections::HashSet::new();
    bodies.retain(|entry| !entry.html.trim().is_empty() && seen.insert(entry.html.clone()));
    bodies
}

/// D8
#[test]
fn the_look_of_a_mail_costs_little_over_all_real_bodies() {
    let Some(folder) = corpora::folder("the size of the mail of every real body") else { return };
    let bodies = real_bodies(&folder);
    let templates = Templates::load(None).expect("the embedded templates compile");
    let share = |entry: &Entry| {
        let base = "https://blog.example/post";
        let clean = sanitise(&entry.html, entry.link.as_deref().or(Some(base)));
        let made = content_of(entry, base, "#0f6b5c", Some("en"));
        let mail = PostMail {
            title: made.title,
            body_html: made.html,
            body_text: made.text,
            is_excerpt: made.is_cut,
            summary: made.summary,
            ..PostMail::samples().swap_remove(0)
        };
        let html = templates.mail(&mail).expect("it renders").html.len();
        assert!(html < 100_000, "{html} bytes");
        (html.saturating_sub(AROUND_BYTES) as f64 / clean.len().max(1) as f64, html, clean.len())
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut shares: Vec<(f64, usize, usize)> = std::thread::scope(|scope| {
        let parts = bodies.chunks(bodies.len().div_ceil(threads).max(1));
        let parts: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().map(share).collect::<Vec<_>>())).collect();
        parts.into_iter().flat_map(|part| part.join().expect("each body becomes a mail")).collect()
    });
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |percent: usize| shares[(shares.len() - 1) * percent / 100];
    println!(
        "{} bodies: {:?} {:?} {:?}, worst {:?}",
        shares.len(),
        at(50),
        at(90),
        at(99),
        &shares[shares.len().saturating_sub(5)..]
    );
    assert!(shares.len() > 1_500, "{} bodies", shares.len());
    assert!(at(50).0 <= MEDIAN && at(100).0 <= WORST, "{:?} {:?}", at(50), at(100));
}
