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
         ,active,\n",
    );
    let report = home.json(&["import", "list.csv", "--blog", "kim", "--json"]);
    assert_eq!(outcome(&report), [7, 3, 0, 0, 3], "{report}");
    assert_eq!((&report["left"], &report["pending"]), (&json!(1), &json!(1)), "{report}");
    let refused: Vec<(u64, &str)> = report["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["line"].as_u64().unwrap(), l["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [7, 8, 9], "{refused:?}");
    for ((_, reason), part) in refused.iter().zip(["not an email", "before", "no address"]) {
        assert!(reason.contains(part), "{reason} / {part}");
    }
    let numbers = &home.json(&["followers", "--days", "3000", "--json"])["blogs"][0];
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
        ("b.csv", b"\xFF\xFEe\0m\0", "name the column"),
        ("g.json", b"[{\"email\": \"a@example.org\"}]", "JSON"),
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

/// The addresses with a subscription of this status.
fn with_status(home: &Home, status: &str) -> Vec<String> {
    let list = home.json(&["subscriber", "list", "--status", status, "--json"]);
    let address = |one: &Value| one["address"].as_str().unwrap().to_owned();
    let mut all: Vec<String> = list.as_array().unwrap().iter().map(address).collect();
    all.sort();
    all
}

/// I1 I5
#[test]
fn who_left_elsewhere_stays_out_and_is_suppressed_for_this_blog_with_its_date() {
    let home = Home::new();
    home.add_blog("kim");
    home.add_blog("lee");
    home.write(
        "list.csv",
        "Export of May,,,\nemail,name,status,unsubscribed_at\n\
         left@example.org,Lee,Abgemeldet,2024-05-06\nbounced@example.org,,bounced,\n\
         spam@example.org,,Marked as spam,\nwaits@example.org,,unconfirmed,\nplain@example.org,,,\n\
         twice@example.org,,active,\nstays@example.org,Kim,subscribed,\nTWICE@example.org,,unsubscribed,\n",
    );
    let args = ["import", "list.csv", "--blog", "kim", "--status", "active", "--json"];
    let dry = home.json(&[&args[..], &["--dry-run"]].concat());
    let mut report = home.json(&args);
    let counts = ["rows", "active", "pending", "left", "suppressed", "refused"];
    assert_eq!(counts.map(|key| report[key].as_u64().unwrap()), [8, 2, 1, 2, 2, 1], "{report}");
    assert_eq!(report["lines"][0]["reason_code"]["code"], "gone_in_the_file", "{report}");
    assert_eq!(report["first"][0]["becomes"], "unsubscribed", "{report}");
    report["dry_run"] = json!(true);
    assert_eq!(dry, report, "a dry run says what the import then does");
    assert_eq!(with_status(&home, "active"), ["plain@example.org", "stays@example.org"]);
    let list = home.json(&["suppression", "list", "--json"]);
    let entry = list.as_array().unwrap().iter().find(|one| one["address"] == "left@example.org").unwrap();
    assert_eq!(
        (&entry["blog"], &entry["reason"], &entry["created_at"]),
        (&json!("kim"), &json!("unsubscribed"), &json!("2024-05-06T00:00:00Z"))
    );
    assert!(list.as_array().unwrap().iter().all(|one| one["blog"] == "kim"), "{list}");
    // No second file and no flag brings them back; another blog is another matter.
    home.write("again.csv", "email\nleft@example.org\nbounced@example.org\nspam@example.org\n");
    let again = home.json(&["import", "again.csv", "--blog", "kim", "--status", "active", "--json"]);
    assert_eq!((&again["active"], &again["refused"]), (&json!(0), &json!(3)), "{again}");
    let other = home.json(&["import", "again.csv", "--blog", "lee", "--status", "active", "--json"]);
    assert_eq!(other["active"], 3, "{other}");
    // Who was taken by mistake is stopped by a later file that says so.
    home.write("unsubscribed.csv", "email\nstays@example.org\n");
    let later = home.json(&["import", "unsubscribed.csv", "--blog", "kim", "--status", "active", "--json"]);
    assert_eq!(later["left"], 1, "{later}");
    assert_eq!(home.json(&["followers", "kim", "--json"])["blogs"][0]["followers"], 1);
}

#[test]
fn a_word_that_nobody_knows_stops_the_import_before_its_first_row() {
    let home = Home::new();
    home.add_blog("kim");
    home.write(
        "list.csv",
        "email,status\na@example.org,active\nb@example.org,Stammleser\nc@example.org,left\n",
    );
    let said = home.fails(&["import", "list.csv", "--status", "active"]);
    assert!(said.contains("\"Stammleser\"") && said.contains("--map-status 'Stammleser=active'"), "{said}");
    assert_eq!(with_status(&home, "active"), Vec::<String>::new());
    let no = home.fails(&[
        "import",
        "list.csv",
        "--map-status",
        "left=active",
        "--map-status",
        "Stammleser=active",
    ]);
    assert!(no.contains("known to mean unsubscribed"), "{no}");
    home.ok(&["import", "list.csv", "--map-status", "stammleser=active"]);
    assert_eq!(with_status(&home, "active"), ["a@example.org", "b@example.org"]);
}

/// I1
#[test]
fn a_report_names_what_it_did_not_use_and_which_lines_spoke_for_others() {
    let home = Home::new();
    home.add_blog("kim");
    home.write(
        "table.csv",
        "email,remark,confirmed_at,town\na@example.org,asked me to take her off the list,,Ulm\n",
    );
    home.write(
        "list.txt",
        "a@example.org\nUnsubscribed:\nb@example.org\nc@example.org\nActive\nd@example.org\n",
    );
    let table = home.json(&["import", "table.csv", "--dry-run", "--json"]);
    assert_eq!(table["file"]["columns_ignored"], json!(["remark", "town"]), "{table}");
    assert_eq!(table["file"]["columns_empty"], json!(["confirmed_at"]), "{table}");
    let told = home.ok(&["import", "table.csv", "--dry-run"]);
    assert!(told.contains("columns not used") && told.contains("remark, town"), "{told}");
    assert!(told.contains("empty columns"), "{told}");
    let args = ["import", "list.txt", "--status", "active", "--dry-run"];
    let list = home.json(&[&args[..], &["--json"]].concat());
    let right = json!([
        {"line": 2, "text": "Unsubscribed:", "says": "unsubscribed", "rows": 2},
        {"line": 5, "text": "Active", "says": "nothing", "rows": 1}
    ]);
    assert_eq!((&list["sections"], &list["left"], &list["active"]), (&right, &json!(2), &json!(2)), "{list}");
    let told = home.ok(&args);
    assert!(told.contains("Lines that speak for the rows below them"), "{told}");
}

/// I2
#[test]
fn files_of_every_shape_lose_no_address() {
    let home = Home::new();
    home.add_blog("kim");
    let wide = |text: &str| {
        [&b"\xFF\xFE"[..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat()
    };
    let shapes: [(&str, Vec<u8>, &[&str], u64); 12] = [
        (
            "open.csv",
            b"email,name\na1@example.org,\"Kim\na2@example.org,Lee\na3@example.org,Max\n".to_vec(),
            &["a1", "a2", "a3"],
            3,
        ),
        (
            "wide.txt",
            wide("email\tstatus\r\nb1@example.org\tsubscribed\r\nb2@example.org\tunsubscribed\r\n"),
            &["b1"],
            2,
        ),
        ("mac.csv", b"email,name\rc1@example.org,Kim\rc2@example.org,Lee".to_vec(), &["c1", "c2"], 2),
        (
            "line.txt",
            b"d1@example.org; Kim <d2@example.org>; d3@example.org".to_vec(),
            &["d1", "d2", "d3"],
            3,
        ),
        (
            "sep.csv",
            b"sep=;\r\nemail;status\r\ne1@example.org;unsubscribed\r\ne2@example.org;\r\n".to_vec(),
            &["e2"],
            2,
        ),
        (
            "two.csv",
            b"owner,reader\nboss@example.org,f1@example.org\nboss@example.org,f2@example.org\n".to_vec(),
            &["f1", "f2"],
            4,
        ),
        (
            "links.csv",
            b"who,mail\nKim,mailto:g1@example.org\nLee,\"Lee <g2@example.org>\"\n".to_vec(),
            &["g1", "g2"],
            2,
        ),
        (
            "over.csv",
            b"email,note\nh1@example.org,\"first\nsecond\"\nh2@example.org,x\n".to_vec(),
            &["h1", "h2"],
            2,
        ),
        (
            "within.csv",
            b"email,note\ni1@example.org,\"first\ni2@example.org,\"\ni3@example.org,x\n".to_vec(),
            &["i1", "i3"],
            3,
        ),
        (
            "ragged.csv",
            b"email,name,status\nj1@example.org,Doe, Kim,left\nj2@example.org\n".to_vec(),
            &["j2"],
            2,
        ),
        (
            "old.csv",
            b"email;statut\nk1@example.org;d\xE9sabonn\xE9\nk2@example.org;abonn\xE9\n".to_vec(),
            &["k2"],
            2,
        ),
        ("cell.csv", b"name,email\nKim,l1@example.org l2@example.org\n".to_vec(), &["l1"], 2),
    ];
    for (name, bytes, taken, rows) in shapes {
        home.write(name, bytes);
        let before = with_status(&home, "active");
        let report = home.json(&["import", name, "--status", "active", "--json"]);
        let new: Vec<String> =
            with_status(&home, "active").into_iter().filter(|one| !before.contains(one)).collect();
        let want: Vec<String> = taken.iter().map(|who| format!("{who}@example.org")).collect();
        assert_eq!(new, want, "{name}: {report}");
        let sum = ["active", "paused", "pending", "unchanged", "left", "suppressed", "refused"];
        let sum: u64 = sum.iter().map(|key| report[*key].as_u64().unwrap()).sum();
        assert_eq!((report["rows"].as_u64(), sum), (Some(rows), rows), "{name}: {report}");
    }
}

/// I3
#[test]
fn what_is_said_of_a_follower_is_what_is_known() {
    let home = Home::new();
    home.add_blog("kim");
    home.write("list.csv", "email,created_at\nold@example.org,03/17/2020\nnew@example.org,\n");
    home.ok(&["import", "list.csv", "--status", "active"]);
    home.ok(&["subscriber", "add", "hand@example.org"]);
    let why = |who: &str| home.ok(&["subscriber", "why", who]);
    assert!(why("old@example.org").contains("kim: following since 17 March 2020"));
    assert!(why("new@example.org").contains("kim: imported on "));
    assert!(why("hand@example.org").contains("kim: added by hand on "));
    for who in ["old", "new", "hand"] {
        assert!(!why(&format!("{who}@example.org")).contains("confirmed on"), "{who}");
    }
}

/// S2
#[test]
fn pending_followers_are_asked_only_when_it_is_wished_and_once() {
    let home = Home::new();
    home.add_blog("kim");
    home.write("list.csv", "email\na@example.org\nb@example.org\n");
    let plain = home.ok(&["import", "list.csv"]);
    assert!(plain.contains("--send-confirmations"), "{plain}");
    let asked = home.json(&["import", "list.csv", "--send-confirmations", "--json"]);
    assert_eq!((&asked["asked"], &asked["not_asked"]), (&json!(2), &json!(0)), "{asked}");
    let again = home.json(&["import", "list.csv", "--send-confirmations", "--json"]);
    assert_eq!((&again["asked"], &again["not_asked"]), (&json!(0), &json!(2)), "{again}");
    let why = home.json(&["subscriber", "why", "a@example.org", "--json"]);
    let kinds: Vec<&str> =
        why["consents"].as_array().unwrap().iter().map(|c| c["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["imported", "asked", "asked"], "nobody typed it");
}

/// S20
#[test]
fn a_line_without_end_is_refused_and_costs_no_more_than_its_bound() {
    let home = Home::new();
    home.add_blog("kim");
    let mut text = b"email,name\na@example.org,Kim\nb@example.org,".to_vec();
    text.resize(24 << 20, b'x');
    text.extend(b"\nc@example.org,Lee\n");
    home.write("long.csv", text);
    let report = home.json(&["import", "long.csv", "--status", "active", "--json"]);
    assert_eq!((&report["active"], &report["refused"]), (&json!(2), &json!(1)), "{report}");
    assert_eq!(report["lines"][0]["reason_code"]["code"], "too_long");
}
