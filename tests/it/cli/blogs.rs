//! `blog`.

use serde_json::{Value, json};

use super::home::Home;

#[test]
fn blogs_are_listed_shown_changed_and_removed() {
    let home = Home::new();
    assert!(home.ok(&["blog", "list"]).contains("postbell blog add"));
    home.add_blog("kim");
    assert!(home.ok(&["blog", "list"]).contains("The kim"));
    let edited = home.ok(&[
        "blog",
        "edit",
        "kim",
        "--title",
        "New \u{1b}[31mname",
        "--owner",
        "kim@example.org",
        "--body",
        "excerpt",
    ]);
    assert!(edited.contains("excerpt") && !edited.contains('\u{1b}'), "{edited}");
    let shown = home.json(&["blog", "show", "kim", "--json"]);
    assert_eq!(
        (&shown["owner"], &shown["body"], &shown["held_posts"]),
        (&json!("kim@example.org"), &json!("excerpt"), &json!(0))
    );
    home.ok(&["blog", "edit", "kim", "--owner", "", "--origin", "https://x.example.org/path"]);
    let shown = home.json(&["blog", "show", "kim", "--json"]);
    assert_eq!((&shown["owner"], &shown["origins"]), (&Value::Null, &json!(["https://x.example.org"])));
    assert_eq!(shown["followers"], 0);
    home.ok(&[
        "blog",
        "edit",
        "kim",
        "--origin",
        "https://y.example.org",
        "--origin",
        "https://x.example.org",
    ]);
    let shown = home.json(&["blog", "show", "kim", "--json"]);
    assert_eq!(shown["origins"], json!(["https://x.example.org", "https://y.example.org"]));
    home.ok(&["blog", "edit", "kim", "--drop-origin", "https://x.example.org/"]);
    assert_eq!(home.json(&["blog", "show", "kim", "--json"])["origins"], json!(["https://y.example.org"]));
    assert_eq!(home.json(&["post", "list", "kim", "--json"]), json!([]));
    assert_eq!(home.json(&["mailing", "list", "--json"]), json!([]));
    assert!(home.fails(&["post", "show", "7"]).contains("there is no post 7"));
    assert!(home.fails(&["blog", "remove", "kim"]).contains("--yes"));
    home.ok(&["blog", "remove", "kim", "--yes"]);
    assert_eq!(home.json(&["blog", "list", "--json"]), json!([]));
}
