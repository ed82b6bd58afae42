//! What an import says of the first rows, and a second run of one file.

use serde_json::json;

use super::home::Home;

#[test]
fn the_first_rows_say_what_becomes_of_each() {
    let home = Home::new();
    home.add_blog("kim");
    home.write("one.csv", "email\nhere@example.org\n");
    home.ok(&["import", "one.csv", "--status", "active"]);
    home.ok(&["suppression", "add", "no@example.org"]);
    home.write("list.csv", "email\nhere@example.org\nno@example.org\nnew@example.org\n");
    for run in [&["--dry-run"][..], &[]] {
        let report = home.json(&[&["import", "list.csv", "--status", "active", "--json"], run].concat());
        let becomes: Vec<&str> =
            report["first"].as_array().unwrap().iter().map(|row| row["becomes"].as_str().unwrap()).collect();
        assert_eq!(becomes, ["unchanged", "skipped", "active"], "{report}");
    }
}

/// I3
#[test]
fn a_second_run_completes_the_dates_that_the_first_could_not_read() {
    let home = Home::new();
    home.add_blog("kim");
    home.write("list.csv", "email,status,joined\na@example.org,active,03/04/2024\nb@example.org,active,\n");
    let import = ["import", "list.csv", "--json"];
    assert_eq!(home.json(&import)["dates"]["ambiguous"], 1);
    let days = || {
        let numbers = home.json(&["followers", "--days", "3000", "--json"]);
        let growth = numbers["blogs"][0]["growth"].as_array().unwrap().clone();
        growth.iter().any(|day| day["date"] == "2024-04-03" && day["confirmed"] == 1)
    };
    assert!(!days());
    let again = |more: &[&str]| home.json(&[&import[..], &["--dates", "dmy"], more].concat());
    let dry = again(&["--dry-run"]);
    assert_eq!((&dry["unchanged"], &dry["dated"]), (&json!(2), &json!(1)), "{dry}");
    assert!(!days(), "a dry run writes nothing");
    let report = again(&[]);
    assert_eq!((&report["unchanged"], &report["dated"]), (&json!(2), &json!(1)), "{report}");
    assert!(days());
    assert_eq!(again(&[])["dated"], 0, "once");
}
