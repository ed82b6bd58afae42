//! `import`.

use serde_json::{Value, json};

use super::home::Home;

fn outcome(report: &Value) -> [u64; 5] {
    ["rows", "added", "activated", "unchanged", "refused"].map(|key| report[key].as_u64().unwrap())
}

#[test]
fn followers_are_imported_from_any_table_of_addresses() {
    let home = Home::new();
    home.add_blog("kim");
    let table: [(&str, &[u8], [u64; 5]); 7] = [
        (
            "bom.csv",
            b"\xEF\xBB\xBFName;E-Mail;Ort\r\nJ\xC3\xB6rg;joerg@example.org;K\xC3\xB6ln\r\n\r\n",
            [1, 1, 0, 0, 0],
        ),
        ("old.csv", b"Name,Email\nJ\xF6rg,jo@example.org\n\"Kim, of X\",kim@example.org\n", [2, 2, 0, 0, 0]),
        ("tabs.txt", b"name\tmail\nLee\tlee@example.org\nNo\tno\n", [2, 1, 0, 0, 1]),
        ("bare.csv", b"ann@example.org\nbob@example.org\nANN@example.org\n", [3, 2, 0, 0, 1]),
        ("found.csv", b"login,who\nx,cat@example.org\ny,\n", [2, 1, 0, 0, 1]),
        ("again.csv", b"email\nkim@example.org\nnew@example.org\n", [2, 1, 0, 1, 0]),
        ("idn.csv", "email\nkim@b\u{fc}cher.example\n".as_bytes(), [1, 1, 0, 0, 0]),
    ];
    for (name, bytes, want) in table {
        home.write(name, bytes);
        let dry = home.json(&["import", name, "--dry-run", "--json"]);
        let mut report = home.json(&["import", name, "--json"]);
        assert_eq!(outcome(&report), want, "{name}: {report}");
        report["dry_run"] = json!(true);
        assert_eq!(dry, report, "{name}: a dry run says what the import then does");
    }
    let counts = home.json(&["followers", "kim", "--json"]);
    assert_eq!(
        (&counts["blogs"][0]["followers"], &counts["blogs"][0]["pending"]),
        (&json!(0), &json!(9)),
        "no status: pending"
    );
}

#[test]
fn an_import_says_of_each_line_why_it_was_not_taken() {
    let home = Home::new();
    home.add_blog("kim");
    home.write(
        "list.csv",
        "email,status,confirmed_at\n\
         a@example.org,subscribed,2024-03-04 05:06:07\n\
         b@example.org,unconfirmed,\n\
         c@example.org,unsubscribed,2024-03-04\n\
         \"d@example.org\n\",active,\n\
         nobody,active,\n\
         a@EXAMPLE.org,active,\n\
         e@example.org,whatever,\n\
         ,active,\n",
    );
    let report = home.json(&["import", "list.csv", "--blog", "kim", "--json"]);
    assert_eq!(outcome(&report), [8, 3, 0, 0, 5], "{report}");
    let refused: Vec<(u64, &str)> = report["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["line"].as_u64().unwrap(), l["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 7, 8, 9, 10], "{refused:?}");
    for ((_, reason), part) in
        refused.iter().zip(["unsubscribed", "not an email", "before", "whatever", "no address"])
    {
        assert!(reason.contains(part), "{reason} / {part}");
    }
    let numbers = &home.json(&["followers", "--days", "1000", "--json"])["blogs"][0];
    assert_eq!((&numbers["followers"], &numbers["pending"]), (&json!(2), &json!(1)));
    let day = numbers["growth"].as_array().unwrap().iter().find(|day| day["date"] == "2024-03-04").unwrap();
    assert_eq!(day["confirmed"], 1, "an import counts on its own date");
    let text = home.ok(&["import", "list.csv", "--status", "active"]);
    assert!(text.contains("Not taken") && text.contains("nobody"), "{text}");
}

#[test]
fn an_import_never_brings_back_who_left_or_is_suppressed() {
    let home = Home::new();
    home.add_blog("kim");
    home.write("all.csv", "email\na@example.org\nb@example.org\nc@example.org\n");
    home.ok(&["import", "all.csv", "--status", "active"]);
    home.ok(&["subscriber", "remove", "a@example.org"]);
    home.ok(&["subscriber", "erase", "b@example.org", "--yes"]);
    home.ok(&["suppression", "add", "c@example.org"]);
    home.ok(&["suppression", "add", "d@example.org"]);
    home.write(
        "all.csv",
        "email\na@example.org\nb@example.org\nc@example.org\nd@example.org\ne@example.org\n",
    );
    let mut dry = home.json(&["import", "all.csv", "--status", "active", "--dry-run", "--json"]);
    let told = home.ok(&["import", "all.csv", "--status", "active", "--dry-run"]);
    assert!(told.contains("it left before") && told.contains("Nothing was written."), "{told}");
    let report = home.json(&["import", "all.csv", "--status", "active", "--json"]);
    assert_eq!(report["added"], 1, "{report}");
    dry["dry_run"] = json!(false);
    assert_eq!(dry, report, "a dry run knows who left and who is suppressed");
    let numbers = &home.json(&["followers", "--json"])["blogs"][0];
    assert_eq!(numbers["followers"], 1, "{numbers}");
    assert_eq!(numbers["ended"], 1, "{numbers}");
    assert!(home.fails(&["subscriber", "add", "a@example.org"]).contains("has left kim before"));
    assert!(home.fails(&["subscriber", "add", "d@example.org"]).contains("suppression lift"));
    assert!(home.fails(&["subscriber", "show", "b@example.org"]).contains("nobody"));
}

#[test]
fn a_file_that_is_no_table_of_addresses_is_refused_with_advice() {
    let home = Home::new();
    home.add_blog("kim");
    for (name, bytes, advice) in [
        ("a.zip", &b"PK\x03\x04rest"[..], "unpack"),
        ("b.csv", b"\xFF\xFEe\0m\0", "CSV UTF-8"),
        ("c.csv", b"", "empty"),
        ("d.csv", b"name,town\nKim,Ulm\n", "name the column"),
        ("e.csv", b"\0\x01\x02", "no text"),
    ] {
        home.write(name, bytes);
        let said = home.fails(&["import", name]);
        assert!(said.contains(advice) && said.contains(name), "{said}");
    }
    assert!(home.fails(&["import", "none.csv"]).contains("none.csv cannot be read"));
    home.add_blog("lee");
    home.write("f.csv", "email\na@example.org\n");
    assert!(home.fails(&["import", "f.csv"]).contains("--blog: kim, lee"));
    assert!(home.fails(&["import", "f.csv", "--blog", "ann"]).contains("there is no blog ann"));
}

#[test]
fn a_hundred_thousand_followers_are_imported_in_seconds() {
    let home = Home::new();
    home.add_blog("kim");
    let mut text = String::from("email,name\n");
    for number in 0..100_000 {
        text.push_str(&format!("reader{number}@example.org,Reader {number}\n"));
    }
    home.write("many.csv", text);
    let begun = std::time::Instant::now();
    let report = home.json(&["import", "many.csv", "--status", "active", "--json"]);
    let took = begun.elapsed();
    assert_eq!(outcome(&report), [100_000, 100_000, 0, 0, 0]);
    println!("imported 100,000 rows in {took:?}");
    // Not optimised, and beside every other test: seconds become a minute. What
    // grew with the square of the rows would take an hour.
    assert!(took.as_secs() < 400, "{took:?}");
    assert_eq!(home.json(&["followers", "--json"])["blogs"][0]["followers"], 100_000);
    let again = home.json(&["import", "many.csv", "--status", "active", "--json"]);
    assert_eq!(outcome(&again), [100_000, 0, 0, 100_000, 0]);
}
