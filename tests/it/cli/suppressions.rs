//! `suppression import` and `suppression export`.

use serde_json::{Value, json};

use super::home::Home;

fn entries(home: &Home) -> Vec<[String; 3]> {
    let list = home.json(&["suppression", "list", "--json"]);
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut entries: Vec<[String; 3]> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| [word(&entry["address"]), word(&entry["blog"]), word(&entry["reason"])])
        .collect();
    entries.sort();
    entries
}

/// S13
#[test]
fn a_list_goes_out_and_comes_in_and_nothing_is_lost() {
    let home = Home::new();
    home.add_blog("kim");
    home.ok(&["suppression", "add", "+plus@example.org"]);
    home.ok(&["suppression", "add", "'quoted@example.org"]);
    home.ok(&["suppression", "add", "left@example.org", "--blog", "kim"]);
    home.ok(&["subscriber", "add", "gone@example.org", "--blog", "kim"]);
    home.ok(&["suppression", "add", "gone@example.org"]);
    home.ok(&["subscriber", "erase", "gone@example.org", "--yes"]);
    let before = entries(&home);
    home.ok(&["suppression", "export", "-o", "list.csv"]);
    let csv = std::fs::read_to_string(home.path().join("list.csv")).unwrap();
    assert_eq!(csv, home.ok(&["suppression", "export"]), "the same on standard output");
    assert!(!csv.contains("gone@"), "an erased person is not named: {csv}");
    let is_formula = |cell: &str| cell.starts_with(['=', '+', '-', '@']);
    assert!(!csv.lines().flat_map(|line| line.split(',')).any(is_formula), "{csv}");

    // The same people in a new database with the same key.
    let other = Home::new();
    std::fs::create_dir(other.path().join("data")).unwrap();
    std::fs::copy(home.path().join("data/secret.key"), other.path().join("data/secret.key")).unwrap();
    other.add_blog("kim");
    other.write("list.csv", &csv);
    let dry = other.json(&["suppression", "import", "list.csv", "--dry-run", "--json"]);
    assert_eq!(
        (&dry["taken"], &dry["written"], &dry["refused"]),
        (&json!(before.len()), &json!(0), &json!(0))
    );
    assert_eq!(entries(&other), Vec::<[String; 3]>::new(), "a dry run writes nothing");
    let report = other.json(&["suppression", "import", "list.csv", "--json"]);
    assert_eq!((&report["written"], &report["refused"]), (&json!(before.len()), &json!(0)), "{report}");
    assert_eq!(entries(&other), before);
    let again = other.json(&["suppression", "import", "list.csv", "--json"]);
    assert_eq!(again["written"], json!(0));
    // Who was erased is known again by the address.
    other.write("followers.csv", "email\ngone@example.org\nnew@example.org\n");
    let import = other.json(&["import", "followers.csv", "--json"]);
    assert_eq!((&import["added"], &import["refused"]), (&json!(1), &json!(1)), "{import}");

    // Under another key an erased person is nobody, and the report says so.
    let stranger = Home::new();
    stranger.add_blog("kim");
    stranger.write("list.csv", &csv);
    let report = stranger.json(&["suppression", "import", "list.csv", "--json"]);
    assert!(report["lines"][0]["reason"].as_str().unwrap().contains("another secret key"), "{report}");
}

#[test]
fn lists_of_other_services_are_read() {
    let home = Home::new();
    home.add_blog("kim");
    home.write(
        "provider.csv",
        "email,created,reason,status\n\
         a@example.org,1709528767,hard bounce,550 5.1.1\n\
         b@example.org,1709528767,SpamComplaint,\n\
         c@example.org,1709528767,unsubscribe,\n\
         nobody,,bounced,\n",
    );
    let report = home.json(&["suppression", "import", "provider.csv", "--json"]);
    assert_eq!((&report["rows"], &report["written"], &report["refused"]), (&json!(4), &json!(3), &json!(1)));
    let row = |address: &str, blog: &str, reason: &str| [address, blog, reason].map(str::to_owned);
    let found = [
        row("a@example.org", "kim", "bounced"),
        row("b@example.org", "kim", "complained"),
        row("c@example.org", "kim", "unsubscribed"),
    ];
    assert_eq!(entries(&home), found);
    assert!(
        home.ok(&["suppression", "list", "--json"]).contains("2024-03-04T05:06:07Z"),
        "the list's own date"
    );

    // Bare addresses, with the reason beside.
    home.write("bare.txt", "a@example.org\ne@example.org\n");
    let report = home.json(&["suppression", "import", "bare.txt", "--reason", "bounced", "--json"]);
    assert_eq!(report["written"], json!(1), "a is there already");
    let shown = home.ok(&["suppression", "import", "bare.txt"]);
    assert!(shown.contains("there already"), "{shown}");

    // Of two blogs nobody can guess which one was left.
    home.add_blog("lee");
    home.write("left.csv", "email,reason\nf@example.org,unsubscribed\n");
    assert!(home.fails(&["suppression", "import", "left.csv"]).contains("--blog"));
    let report = home.json(&["suppression", "import", "left.csv", "--blog", "lee", "--json"]);
    assert_eq!(report["written"], json!(1));
    // For all, because the operator says so; who left, leaves each of them.
    home.write(
        "all.csv",
        "email,reason,date\ng@example.org,bounced,2024-03-04\nh@example.org,unsubscribed,\n",
    );
    home.ok(&["suppression", "import", "all.csv", "--all-blogs"]);
    let found = entries(&home);
    for entry in [
        row("g@example.org", "-", "bounced"),
        row("h@example.org", "kim", "unsubscribed"),
        row("h@example.org", "lee", "unsubscribed"),
    ] {
        assert!(found.contains(&entry), "{entry:?}: {found:?}");
    }
    home.write("odd.csv", "email,reason\ni@example.org,no idea\n");
    assert!(home.fails(&["suppression", "import", "odd.csv", "--blog", "kim"]).contains("\"no idea\""));
}

#[test]
fn a_list_of_those_who_follow_is_not_taken_for_one_of_those_who_get_no_mail() {
    let home = Home::new();
    home.add_blog("kim");
    for (name, text, part) in [
        (
            "subscribed_members_export_1a2b.csv",
            "Email Address,LEID\na@example.org,1\n",
            "\"subscribed_members",
        ),
        ("Abonnenten.csv", "email\na@example.org\n", "\"Abonnenten"),
        ("list.csv", "email,status\na@example.org,active\nb@example.org,\n", "\"status\""),
        (
            "all.csv",
            "email,CONFIRM_TIME\na@example.org,2024-01-02 03:04:05\nb@example.org,\n",
            "\"CONFIRM_TIME\"",
        ),
    ] {
        home.write(name, text);
        let said = home.fails(&["suppression", "import", name]);
        assert!(
            said.contains(part) && said.contains("postbell import") && said.contains("--reason"),
            "{said}"
        );
        assert_eq!(entries(&home), Vec::<[String; 3]>::new(), "{name}");
    }
    // The operator's word, and lists that say why.
    let report = home.json(&["suppression", "import", "Abonnenten.csv", "--reason", "manual", "--json"]);
    assert_eq!(report["written"], json!(1), "{report}");
    home.write("left.csv", "email,status\nb@example.org,unsubscribed\nc@example.org,active\n");
    home.write("unsubscribed_members.csv", "email\nd@example.org\n");
    for name in ["left.csv", "unsubscribed_members.csv"] {
        assert_eq!(home.json(&["suppression", "import", name, "--json"])["written"], json!(1), "{name}");
    }
}
