//! Webhooks that others recorded: every bounce, complaint and unsubscribe in
//! the requests of our providers is found, and none is made up.

use std::collections::{BTreeMap, BTreeSet};

use postbell::feedback::providers::{Kind, Provider, Request, read};
use serde_json::Value;

use crate::support::{corpora, process};

/// What ends a subscription; of the other kinds the corpus has its own view.
const COUNTED: [(Kind, &str); 3] =
    [(Kind::Bounced, "bounced"), (Kind::Complained, "complained"), (Kind::Unsubscribed, "unsubscribed")];

fn provider_of(case: &Value) -> Option<Provider> {
    match case["provider"].as_str()? {
        "amazon_ses" => Some(Provider::Ses),
        name => name.parse().ok(),
    }
}

fn cases(what: &str) -> Option<Vec<Value>> {
    let lines =
        std::fs::read_to_string(corpora::folder(what)?.join("webhooks.jsonl")).expect("webhooks.jsonl");
    let case = |line: &str| serde_json::from_str(line).expect("one JSON object a line");
    Some(lines.lines().map(case).filter(|case: &Value| provider_of(case).is_some()).collect())
}

/// Kinds and their addresses, as the corpus writes them.
type Found = BTreeMap<String, BTreeSet<String>>;

fn wanted(case: &Value) -> Found {
    let expect = case["expect"].as_object().expect("expect");
    let texts = |list: &Value| -> BTreeSet<String> {
        list.as_array().expect("a list").iter().map(|text| text.as_str().expect("text").to_owned()).collect()
    };
    let counted = expect.iter().filter(|(kind, _)| COUNTED.iter().any(|(_, name)| name == kind));
    counted.map(|(kind, list)| (kind.clone(), texts(list))).collect()
}

#[test]
fn recorded_webhooks_say_to_us_what_they_said_to_others() {
    let Some(cases) = cases("recorded webhooks (webhooks.jsonl)") else { return };
    let (mut wrong, mut right) = (Vec::new(), BTreeMap::<&str, (usize, usize)>::new());
    for case in &cases {
        let provider = provider_of(case).expect("one of ours");
        let content_type = case["content_type"].as_str().expect("content_type");
        let body = case["body"].as_str().expect("body").as_bytes();
        let answer = read(provider, &Request { content_type, headers: &[], body });
        // Where the others answered with a fault there is nothing to compare.
        if case["anymail_http_status"] != 200 {
            continue;
        }
        let mut found = Found::new();
        for event in answer.iter().flatten() {
            if let Some((_, name)) = COUNTED.iter().find(|(kind, _)| *kind == event.kind) {
                let address = event.address.as_ref().map_or("", |address| address.as_str());
                found.entry((*name).to_owned()).or_default().insert(address.to_owned());
            }
        }
        let (good, with_events) = right.entry(provider.name()).or_default();
        *good += 1;
        *with_events += usize::from(case["expect"].as_object().is_some_and(|expect| !expect.is_empty()));
        if answer.is_err() || found != wanted(case) {
            wrong.push(format!("{}: {} is {answer:?}", case["n"], case["test"]));
        }
    }
    println!("webhooks, all and with events: {right:?}; wrong {}", wrong.len());
    assert!(right.values().map(|(all, _)| all).sum::<usize>() >= 30, "{right:?}");
    assert!(right.values().map(|(_, with_events)| with_events).sum::<usize>() >= 15, "{right:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn webhook_decode_answers_every_line_and_shows_a_file_to_people() {
    let folder = tempfile::tempdir().unwrap();
    let body = r#"[{"event":"bounce","email":"kim@example.org","status":"5.1.1","reason":"550 5.1.1 gone","timestamp":1795514401}]"#;
    let lines = [
        serde_json::json!({"n": 1, "provider": "sendgrid", "content_type": "application/json", "headers": {}, "body": body}),
        serde_json::json!({"n": "two", "provider": "elsewhere", "body": "{}"}),
        serde_json::json!({"n": 3, "provider": "postmark", "body": "{"}),
        serde_json::json!(7),
    ];
    let input = lines.iter().map(|line| format!("{line}\n")).collect::<String>() + "no json\n";
    let requests = folder.path().join("requests.jsonl");
    std::fs::write(&requests, input).unwrap();
    let mut decode = process::command(folder.path(), &["webhook", "decode"], &[]);
    let output = decode.stdin(std::fs::File::open(&requests).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!("webhook_lines", String::from_utf8_lossy(&output.stdout));

    let file = folder.path().join("request.json");
    std::fs::write(&file, body).unwrap();
    let file = file.to_str().unwrap();
    let output = process::run(folder.path(), &["webhook", "decode", "--provider", "sendgrid", file], &[]);
    insta::assert_snapshot!("webhook_table", String::from_utf8_lossy(&output.stdout));
    let output = process::run(folder.path(), &["webhook", "decode", "--provider", "generic", file], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("event 1: missing field `type`"));
    let output = process::run(folder.path(), &["webhook", "decode", file], &[]);
    assert_eq!(output.status.code(), Some(2));
    let output = process::run(folder.path(), &["webhook", "decode", "--help"], &[]);
    insta::assert_snapshot!("webhook_help", String::from_utf8_lossy(&output.stdout));
}
