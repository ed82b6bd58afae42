//! The parsers: `address check`, `html sanitize`, `feed inspect`, `bounce classify`.

use serde_json::{Value, json};

use super::home::{Home, good, lines};

#[test]
fn addresses_are_checked_line_by_line_in_order() {
    let home = Home::new();
    let input = b"{\"address\":\"Kim@EXAMPLE.org\"}\n\n{\"address\":\"no\"}\nnot json\n{\"x\":1}\n{\"address\":\"a\\ud800@x.org\"}\n\xff\n{\"address\":\"lee@example.org\"}";
    let answers = lines(&good(&home.feed(&["address", "check", "--jsonl"], input), &[]));
    assert_eq!(answers.len(), 7);
    assert_eq!(
        answers[0],
        json!({"address": "Kim@EXAMPLE.org", "valid": true, "normalized": "Kim@example.org", "reason": null})
    );
    assert_eq!(answers[1]["valid"], false);
    assert!(answers[1]["reason"].is_string() && answers[1]["normalized"].is_null());
    assert!(answers[2]["reason"].as_str().unwrap().contains("line 4"));
    assert!(answers[2..6].iter().all(|answer| answer["valid"] == false));
    assert_eq!(answers[6]["valid"], true);
    let one = home.json(&["address", "check", "--json", "kim@example.org"]);
    assert_eq!(one["valid"], true);
    assert!(home.ok(&["address", "check", "kim@example.org", "no"]).contains("kim@example.org"));
    let typed = good(&home.feed(&["address", "check", "--jsonl"], b""), &[]);
    assert!(typed.is_empty());
}

#[test]
fn html_is_sanitised_line_by_line_in_order() {
    let home = Home::new();
    let mut input = String::new();
    for (id, html) in [
        (json!(1), "<p>hi<script>alert(1)</script></p>".to_owned()),
        (json!("two"), "<div>".repeat(20_000)),
        (json!({"x": 3}), "<a href=\"javascript:alert(1)\">x</a>".to_owned()),
    ] {
        input.push_str(&json!({"id": id, "html": html}).to_string());
        input.push('\n');
    }
    input.push_str("broken\n{\"id\":4,\"html\":\"\\ud800ok\"}\n");
    let answers = lines(&good(&home.feed(&["html", "sanitize", "--jsonl"], input.as_bytes()), &[]));
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!("two"), &json!({"x": 3}), &Value::Null, &json!(4)]);
    assert!(answers.iter().all(|answer| answer["html"].is_string()));
    let all = answers.iter().map(Value::to_string).collect::<String>();
    assert!(!all.contains("script") && answers[0]["html"].as_str().unwrap().contains("hi"), "{}", answers[0]);
    assert!(answers[4]["html"].as_str().unwrap().contains("ok"));
    home.write("post.html", "<p onclick=x>hello</p>");
    assert!(home.ok(&["html", "sanitize", "post.html"]).contains("<p>hello</p>"));
    assert!(home.fails(&["html", "sanitize", "none.html"]).contains("none.html cannot be read"));
}

#[test]
fn feeds_are_inspected_in_order_and_refusals_stand_among_them() {
    let home = Home::new();
    home.write(
        "a.xml",
        "<rss version=\"2.0\"><channel><title>A</title><link>https://a.example.org/</link><item><guid>1</guid><title>One</title>\
         <link>https://a.example.org/1</link><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate><description>hi</description></item></channel></rss>",
    );
    home.write("b.xml", "no feed at all");
    let answers = lines(&home.ok(&["feed", "inspect", "--jsonl", "a.xml", "b.xml", "none.xml", "a.xml"]));
    let files: Vec<&Value> = answers.iter().map(|answer| &answer["file"]).collect();
    assert_eq!(files, ["a.xml", "b.xml", "none.xml", "a.xml"]);
    let entry = &answers[0]["entries"][0];
    assert_eq!(answers[0]["title"], "A");
    assert_eq!((&entry["id"], &entry["title"]), (&json!("1"), &json!("One")));
    assert_eq!(entry["published"], "2026-11-02T10:00:00Z");
    for key in ["id", "link", "title", "author", "published", "updated", "categories", "html"] {
        assert!(entry.get(key).is_some(), "{key} is missing: {entry}");
    }
    assert!(answers[1]["error"].is_string() && answers[2]["error"].is_string());
    assert!(home.ok(&["feed", "inspect", "a.xml"]).contains("One"));
    assert!(home.fails(&["feed", "inspect", "b.xml"]).contains("could not be read"));
    let refused = home.run(&["feed", "inspect", "--jsonl", "http://127.0.0.1:1/feed"]);
    assert!(lines(&good(&refused, &[]))[0]["error"].as_str().unwrap().contains("private"));
}

#[test]
fn bounces_are_classified_in_order_and_what_cannot_be_read_stands_among_them() {
    let home = Home::new();
    let bounce = "From: MAILER-DAEMON@example.net\nSubject: failure notice\n\nI wasn't able to deliver your message.\n\n\
        <kim@example.net>:\n550 5.1.1 User unknown\n";
    home.write("a.eml", bounce);
    home.write("b.eml", "From: kim@example.net\nSubject: hello\n\nhi\n");
    let answers = lines(&home.ok(&["bounce", "classify", "a.eml", "none.eml", "b.eml"]));
    let files: Vec<&Value> = answers.iter().map(|answer| &answer["file"]).collect();
    assert_eq!(files, ["a.eml", "none.eml", "b.eml"]);
    let kim = json!({
        "address": "kim@example.net", "class": "hard", "status": "5.1.1",
        "diagnostic": "<kim@example.net>: 550 5.1.1 User unknown",
    });
    assert_eq!(answers[0], json!({"file": "a.eml", "kind": "bounce", "recipients": [kim]}));
    assert!(answers[1]["error"].as_str().unwrap().contains("cannot be read"));
    assert_eq!(answers[2], json!({"file": "b.eml", "kind": "none", "recipients": []}));
    let piped = lines(&good(&home.feed(&["bounce", "classify", "-"], bounce.as_bytes()), &[]));
    assert_eq!((&piped[0]["file"], &piped[0]["kind"]), (&json!("-"), &json!("bounce")));
}
