//! `followers`, `subscriber`, `suppression`.

use serde_json::{Value, json};

use super::home::Home;

#[test]
fn followers_are_told_as_table_json_and_picture() {
    let home = Home::new();
    assert!(home.ok(&["followers"]).contains("postbell blog add"));
    home.add_blog("kim");
    for name in ["a", "b", "c"] {
        home.ok(&["subscriber", "add", &format!("{name}@example.org"), "--blog", "kim"]);
    }
    home.ok(&["subscriber", "remove", "c@example.org"]);
    home.ok(&["suppression", "add", "b@example.org"]);
    let mut numbers = home.json(&["followers", "--days", "2", "--json"]);
    let growth = numbers["blogs"][0].as_object_mut().unwrap().remove("growth").unwrap();
    let counts =
        json!({"slug": "kim", "followers": 1, "paused": 0, "pending": 0, "ended": 1, "suppressed": 1});
    assert_eq!(numbers, json!({"blogs": [counts]}));
    assert_eq!(growth.as_array().unwrap().len(), 2);
    let days = growth.as_array().unwrap().iter();
    assert_eq!(days.map(|day| day["confirmed"].as_i64().unwrap()).sum::<i64>(), 3);
    let keys: Vec<&String> = growth[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["confirmed", "date", "ended"]);
    let table = home.ok(&["followers", "kim", "--chart", "growth.svg"]);
    assert!(table.contains('█') && table.contains("operator"), "{table}");
    let svg = std::fs::read_to_string(home.path().join("growth.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("The kim") && svg.contains("class=\"down\""));
    assert!(home.fails(&["followers", "lee"]).contains("there is no blog lee"));
}

#[test]
fn a_person_is_shown_explained_and_erased() {
    let home = Home::new();
    home.add_blog("kim");
    assert!(home.ok(&["subscriber", "add", "ann@example.org"]).contains("follows kim now"));
    assert!(home.ok(&["subscriber", "add", "ANN@example.org"]).contains("already"));
    let shown = home.json(&["subscriber", "show", "ann@example.org", "--json"]);
    assert_eq!(
        (&shown["subscriptions"][0]["status"], &shown["subscriptions"][0]["blog"]),
        (&json!("active"), &json!("kim"))
    );
    let why = home.json(&["subscriber", "why", "ann@example.org", "--json"]);
    assert_eq!((&why["consents"][0]["kind"], &why["mails"]), (&json!("added"), &json!([])));
    assert!(home.ok(&["subscriber", "why", "ann@example.org"]).contains("added"));
    let list = home.json(&["subscriber", "list", "--blog", "kim", "--status", "active", "--json"]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert!(home.ok(&["subscriber", "list", "--text", "ann"]).contains("ann@example.org"));
    assert!(home.fails(&["subscriber", "erase", "ann@example.org"]).contains("--yes"));
    home.ok(&["subscriber", "erase", "ann@example.org", "--yes"]);
    assert_eq!(home.json(&["subscriber", "list", "--json"]), json!([]));
    let kept = home.json(&["suppression", "list", "--json"]);
    assert_eq!((&kept[0]["address"], &kept[0]["reason"]), (&Value::Null, &json!("unsubscribed")), "{kept}");
}

#[test]
fn suppressions_are_added_listed_and_lifted() {
    let home = Home::new();
    home.add_blog("kim");
    home.ok(&["suppression", "add", "Ann@Example.org"]);
    home.ok(&["suppression", "add", "bob@example.org", "--blog", "kim"]);
    let list = home.json(&["suppression", "list", "--json"]);
    let of =
        |address: &str| list.as_array().unwrap().iter().find(|s| s["address"] == address).unwrap().clone();
    assert_eq!(
        (&of("Ann@example.org")["reason"], &of("Ann@example.org")["blog"]),
        (&json!("manual"), &Value::Null)
    );
    assert_eq!(
        (&of("bob@example.org")["reason"], &of("bob@example.org")["blog"]),
        (&json!("unsubscribed"), &json!("kim"))
    );
    home.ok(&["suppression", "lift", "ann@example.org"]);
    assert!(home.fails(&["suppression", "lift", "ann@example.org"]).contains("is not suppressed"));
    assert!(!home.ok(&["suppression", "list"]).contains("nn@example.org"));
}
