//! Columns, names and answers: what a file says under headings that no table
//! has is heard or asked about, by the real process on both databases.

use serde_json::{Value, json};

use crate::support::feed_site::FeedSite;
use crate::support::house::House;

crate::for_each_database!(
    who_left_by_a_column_under_any_heading_is_out_and_what_nobody_knows_is_asked,
    a_name_suppresses_nobody_against_what_the_rows_say,
    who_came_back_after_leaving_follows_and_the_last_leaving_is_the_date,
    a_list_of_those_who_get_no_mail_takes_its_reason_from_its_name,
);

const IMPORT: [&str; 5] = ["import", "list.csv", "--blog", "kim", "--status"];

async fn house() -> (House, FeedSite) {
    let site = FeedSite::start();
    let house = House::here("smtp://127.0.0.1:9", &[]).await;
    house.add_blog(&site.url());
    (house, site)
}

fn write(house: &House, name: &str, text: &str) {
    std::fs::write(house.folder().join(name), text).unwrap();
}

/// Who follows, in order.
fn active(house: &House) -> Vec<String> {
    let list = house.json(&["subscriber", "list", "--status", "active"]);
    let address = |one: &Value| one["address"].as_str().unwrap().to_owned();
    let mut all: Vec<String> = list.as_array().unwrap().iter().map(address).collect();
    all.sort_unstable();
    all
}

/// What an import says that does not begin.
fn stopped(house: &House, arguments: &[&str]) -> String {
    let output = house.run_to_end(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?} {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// I1
async fn who_left_by_a_column_under_any_heading_is_out_and_what_nobody_knows_is_asked() {
    let (house, _site) = house().await;
    let import = [&IMPORT[..], &["active"]].concat();
    write(
        &house,
        "list.csv",
        "email,mail_enabled,Kündigungsdatum,VIP,digest\na@example.com,true,,x,weekly\n\
         b@example.com,false,,,weekly\nc@example.com,true,3.2.2024,x,weekly\nd@example.com,true,,,off\n",
    );
    let report = house.json(&import);
    let counts = ["active", "left", "pending"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(counts, [1, 2, 1], "{report}");
    assert_eq!(active(&house), ["a@example.com"]);
    let list = house.json(&["suppression", "list"]);
    let dated = list.as_array().unwrap().iter().find(|one| one["address"] == "c@example.com").unwrap();
    assert_eq!(dated["created_at"], "2024-02-03T00:00:00Z", "{list}");

    // What nobody knows is asked about, before the first row.
    write(
        &house,
        "list.csv",
        "email,Gorps,Since when,not bounced\ne@example.com,ja,,true\nf@example.com,nein,,true\n\
         g@example.com,nein,2024-02-03,false\n",
    );
    let said = stopped(&house, &import);
    for part in [
        "\"Gorps\": \"nein\" in 2 rows, \"ja\" in 1 row",
        "\"Since when\": a date in 1 row, nothing in 2 rows",
        "\"not bounced\": \"true\" in 2 rows",
        "--map-column 'Gorps=nothing'",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let answered = [&import[..], &["--map-column", "not bounced=active"]].concat();
    assert_eq!(active(&house), ["a@example.com"], "nothing was written");
    // Rows that say nothing stay pending by themselves: no question.
    house.json(&[&IMPORT[..4], &["--dry-run", "--map-column", "not bounced=active"]].concat());
    let answered =
        [&answered[..], &["--map-column", "GORPS=nothing", "--map-column", "Since when=unsubscribed"]]
            .concat();
    house.json(&answered);
    assert_eq!(active(&house), ["a@example.com", "e@example.com", "f@example.com"]);

    // An answer to what is not there is a slip; one to what is understood counts.
    write(&house, "list.csv", "email,unsubscribed,status\nh@example.com,yes,Gast\ni@example.com,no,Gast\n");
    let overruled = ["--map-column", "unsubscribed=nothing", "--map-status", "gast=active", "--dry-run"];
    let report = house.json(&[&import[..], &overruled].concat());
    assert_eq!((&report["active"], &report["left"]), (&json!(2), &json!(0)), "{report}");
    let no = stopped(&house, &[&import[..], &["--map-column", "Gorps=nothing"]].concat());
    assert!(no.contains("there is no such column") && no.contains("email, unsubscribed, status"), "{no}");
    let no = stopped(
        &house,
        &[&import[..], &["--map-status", "gast=active", "--map-status", "Gsat=active"]].concat(),
    );
    assert!(no.contains("\"gsat\"") && no.contains("Gast"), "{no}");
    // A word of leaving is not suggested to be active.
    write(&house, "list.csv", "email,status\nh@example.com,Abo storniert\ni@example.com,active\n");
    assert!(stopped(&house, &import).contains("--map-status 'Abo storniert=unsubscribed'"));
    assert_eq!(active(&house).len(), 3);
}

/// I1
async fn a_name_suppresses_nobody_against_what_the_rows_say() {
    let (house, _site) = house().await;
    let import = |name: &'static str| ["import", name, "--blog", "kim", "--status", "active"];
    let plain = "email\na@example.com\nb@example.com\n";
    let told = "email,status\na@example.com,active\nb@example.com,active\n";
    for (name, text, part) in [
        ("optout-free.csv", plain, "its rows say nothing"),
        ("unsubscribe-link-fixed.csv", plain, "another name"),
        ("cleaned-list.csv", plain, "bounced"),
        ("unsubscribed.csv", told, "the column \"status\" says active"),
    ] {
        write(&house, name, text);
        let said = stopped(&house, &import(name));
        assert!(said.contains(part) && said.contains(name), "{name}: {said}");
        assert_eq!(house.json(&["suppression", "list"]), json!([]), "{name}");
    }
    let link = "Unsubscribe link: https://blog.example/leave\nemail\nlink@example.com\n";
    for (name, text) in [("cleaned-list.csv", told), ("no-bounces.csv", plain), ("mine.csv", link)] {
        write(&house, name, text);
        let report = house.json(&import(name));
        assert_eq!((&report["left"], &report["suppressed"]), (&json!(0), &json!(0)), "{name}: {report}");
    }
    assert_eq!(active(&house), ["a@example.com", "b@example.com", "link@example.com"]);
    write(&house, "unsubscribed.csv", "email\nleft@example.com\n");
    assert_eq!(house.json(&import("unsubscribed.csv"))["left"], json!(1));
}

/// I1
async fn who_came_back_after_leaving_follows_and_the_last_leaving_is_the_date() {
    let (house, _site) = house().await;
    write(
        &house,
        "list.csv",
        "email,unsubscribed_at,resubscribed_at,cancelled_at\nback@example.com,2024-01-02,2024-03-04,\n\
         left@example.com,2024-03-04,2024-01-02,\ntwice@example.com,2024-01-02,,2024-05-06\n\
         again@example.com,2024-01-02,2024-03-04,2024-05-06\nnever@example.com,,,\n",
    );
    let report = house.json(&[&IMPORT[..], &["active"]].concat());
    assert_eq!((&report["active"], &report["left"]), (&json!(2), &json!(3)), "{report}");
    assert_eq!(active(&house), ["back@example.com", "never@example.com"]);
    let list = house.json(&["suppression", "list"]);
    let mut dates: Vec<[&str; 2]> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| ["address", "created_at"].map(|key| one[key].as_str().unwrap()))
        .collect();
    dates.sort_unstable();
    let right = [
        ["again@example.com", "2024-05-06T00:00:00Z"],
        ["left@example.com", "2024-03-04T00:00:00Z"],
        ["twice@example.com", "2024-05-06T00:00:00Z"],
    ];
    assert_eq!(dates, right);
}

/// I5
async fn a_list_of_those_who_get_no_mail_takes_its_reason_from_its_name() {
    let (house, _site) = house().await;
    for (name, text, reason) in [
        ("unsubscribed.csv", "email\na@example.com\n", "unsubscribed"),
        ("Hard bounces.csv", "email,reason\nb@example.com,\nc@example.com,spam complaint\n", "bounced"),
        ("mine.csv", "Beschwerden: complaints of May\nemail\nd@example.com\n", "complained"),
        ("others.csv", "email\ne@example.com\n", "manual"),
    ] {
        write(&house, name, text);
        let dry = house.json(&["suppression", "import", name, "--blog", "kim", "--dry-run"]);
        assert_eq!(dry["first"][0]["becomes"], reason, "{name}: {dry}");
        let shown = house.run(&["suppression", "import", name, "--blog", "kim"]);
        assert!(shown.contains("as they are understood") && shown.contains(reason), "{shown}");
    }
    write(&house, "bounces.csv", "email\nf@example.com\n");
    house.run(&["suppression", "import", "bounces.csv", "--blog", "kim", "--reason", "complained"]);
    let list = house.json(&["suppression", "list"]);
    let mut reasons: Vec<[&str; 2]> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| ["address", "reason"].map(|key| one[key].as_str().unwrap()))
        .collect();
    reasons.sort_unstable();
    let right = [
        ["a@example.com", "unsubscribed"],
        ["b@example.com", "bounced"],
        ["c@example.com", "complained"],
        ["d@example.com", "complained"],
        ["e@example.com", "manual"],
        ["f@example.com", "complained"],
    ];
    assert_eq!(reasons, right, "the operator's own word is the surest");
}
