//! Tests of cli: the real binary, its output, its exit codes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use postbell::app::App;
use postbell::config::{self, Sources};
use postbell::domain::{BlogId, NewBlog, Timestamp};
use serde_json::{Value, json};

/// A folder with settings of its own, in which commands run.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postbell"));
        command.args(args).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs with `input` on standard input.
    fn feed(&self, args: &[&str], input: &[u8]) -> Output {
        let mut child = self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join().unwrap();
        output
    }

    /// Runs what must succeed and answers its standard output.
    fn ok(&self, args: &[&str]) -> String {
        good(&self.run(args), args)
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).unwrap_or_else(|error| panic!("{args:?}: {error}"))
    }

    /// Runs what must fail with 1 and answers its standard error.
    fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Adds a blog without a feed to read.
    fn add_blog(&self, slug: &str) -> BlogId {
        let flags = [
            ("database.url", format!("sqlite://{}", self.path().join("data/postbell.db").display())),
            ("secret_file", self.path().join("data/secret.key").display().to_string()),
        ];
        let flags = flags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let config = config::load(&Sources { flags, ..Sources::default() }).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = App::open(config).await.unwrap();
            let blog = NewBlog {
                slug: slug.parse().unwrap(),
                title: format!("The {slug}"),
                description: String::new(),
                home_url: format!("https://{slug}.example.org/"),
                feed_url: format!("https://{slug}.example.org/feed"),
                mail_from: None,
                reply_to: None,
                owner: None,
                origins: Vec::new(),
                body: postbell::domain::BodyMode::Full,
                approve: postbell::domain::Approval::Auto,
                accent: "#146b5c".into(),
            };
            let far = Timestamp::from_millis(4_000_000_000_000);
            app.store.add_blog(&blog, &[], (None, None), far, app.clock.now()).await.unwrap().id
        })
    }
}

fn good(output: &Output, args: &[&str]) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const COMMANDS: &[&str] = &[
    "", "demo", "serve", "blog", "blog add", "blog list", "blog show", "blog edit", "blog remove", "blog check", "followers",
    "subscriber", "subscriber list", "subscriber show", "subscriber why", "subscriber add", "subscriber remove",
    "subscriber erase", "import", "post", "post list", "post show", "post approve", "post skip", "post preview",
    "post resend", "mailing", "mailing list", "mailing show", "mail", "mail test", "suppression", "suppression list",
    "suppression add", "suppression lift", "template", "template list", "template check", "template eject", "feed",
    "feed inspect", "address", "address check", "html", "html sanitize", "config", "config default", "config show",
    "migrate", "completions", "man",
];

#[test]
fn every_command_explains_itself() {
    let home = Home::new();
    for command in COMMANDS {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.push("--help");
        let help = home.ok(&args);
        assert!(help.contains("Usage: postbell"), "{command}: {help}");
        assert!(!help.starts_with("Usage"), "{command} says nothing of itself: {help}");
    }
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "help writes nothing");
}

#[test]
fn a_slip_in_the_command_exits_with_2() {
    let home = Home::new();
    for args in [
        &["blgo"][..],
        &[],
        &["serve", "--roles", "cook"],
        &["feed", "inspect"],
        &["subscriber", "show", "no address"],
        &["blog", "show", "No Slug"],
        &["blog", "edit", "x", "--accent", "green"],
        &["followers", "--days", "0"],
        &["import", "x.csv", "--status", "ended"],
        &["address", "check", "--json", "--jsonl", "x"],
        &["post", "resend", "1"],
        &["--set", "http.listen", "config", "show"],
    ] {
        let output = home.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn the_default_settings_go_round() {
    let home = Home::new();
    let text = home.ok(&["config", "default"]);
    home.write("postbell.toml", &text);
    let shown = home.json(&["config", "show", "--json"]);
    let listen = shown.as_array().unwrap().iter().find(|s| s["key"] == "http.listen").unwrap();
    assert_eq!(listen, &json!({"key": "http.listen", "value": "127.0.0.1:8080", "from": "postbell.toml"}));
    assert!(home.ok(&["config", "show"]).contains("sqlite://data/postbell.db"));
}

#[test]
fn a_fault_in_the_settings_is_told_on_standard_error() {
    let home = Home::new();
    home.write("postbell.toml", "[http]\nlistne = \"x\"\n[smtp]\nconnections = 0\n");
    let said = home.fails(&["config", "show"]);
    assert!(said.contains("postbell.toml: http.listne: ") && said.contains("http.listen?"), "{said}");
    assert!(home.fails(&["migrate"]).contains("smtp.connections"));
    let other = home.fails(&["--config", "other.toml", "migrate"]);
    assert!(other.contains("other.toml"), "{other}");
    // What needs no settings works all the same.
    home.ok(&["address", "check", "kim@example.org"]);
    home.ok(&["config", "default"]);
}

#[test]
fn serving_to_others_needs_a_public_url() {
    let home = Home::new();
    let said = home.fails(&["--set", "http.listen=0.0.0.0:0", "serve"]);
    assert!(said.contains("http.public_url: must be set"), "{said}");
}

#[test]
fn addresses_are_checked_line_by_line_in_order() {
    let home = Home::new();
    let input = b"{\"address\":\"Kim@EXAMPLE.org\"}\n\n{\"address\":\"no\"}\nnot json\n{\"x\":1}\n{\"address\":\"a\\ud800@x.org\"}\n\xff\n{\"address\":\"lee@example.org\"}";
    let answers = lines(&good(&home.feed(&["address", "check", "--jsonl"], input), &[]));
    assert_eq!(answers.len(), 7);
    assert_eq!(answers[0], json!({"address": "Kim@EXAMPLE.org", "valid": true, "normalized": "Kim@example.org", "reason": null}));
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
fn completions_and_manual_are_printed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.ok(&["completions", shell]).contains("postbell"), "{shell}");
    }
    assert!(home.ok(&["man"]).contains(".TH postbell"));
    home.ok(&["man", "--out", "man1"]);
    assert!(home.path().join("man1/postbell-blog-add.1").is_file());
}

#[test]
fn a_closed_pipe_is_no_fault() {
    let home = Home::new();
    let mut child = home
        .command(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn templates_are_listed_ejected_and_checked() {
    let home = Home::new();
    assert!(home.ok(&["template", "check"]).contains("render"));
    home.ok(&["template", "eject", "mine"]);
    let names = home.json(&["template", "list", "--json"]);
    let name = names[0]["name"].as_str().unwrap();
    assert!(home.path().join("mine").join(name).is_file());
    home.write(&format!("mine/{name}"), "mine {{ oh");
    assert!(home.ok(&["template", "eject", "mine"]).contains("1 were there") || home.ok(&["template", "eject", "mine"]).contains("stay as they are"));
    assert_eq!(std::fs::read_to_string(home.path().join("mine").join(name)).unwrap(), "mine {{ oh");
    let said = home.fails(&["--set", "templates.dir=mine", "template", "check"]);
    assert!(said.contains(name), "{said}");
}

fn outcome(report: &Value) -> [u64; 5] {
    ["rows", "added", "activated", "unchanged", "refused"].map(|key| report[key].as_u64().unwrap())
}

#[test]
fn followers_are_imported_from_any_table_of_addresses() {
    let home = Home::new();
    home.add_blog("kim");
    let table: [(&str, &[u8], [u64; 5]); 7] = [
        ("bom.csv", b"\xEF\xBB\xBFName;E-Mail;Ort\r\nJ\xC3\xB6rg;joerg@example.org;K\xC3\xB6ln\r\n\r\n", [1, 1, 0, 0, 0]),
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
        assert_eq!(dry["added"], 0, "{name}");
        assert_eq!(dry["rows"], want[0], "{name}: {dry}");
        let report = home.json(&["import", name, "--json"]);
        assert_eq!(outcome(&report), want, "{name}: {report}");
    }
    let counts = home.json(&["followers", "kim", "--json"]);
    assert_eq!((&counts["blogs"][0]["followers"], &counts["blogs"][0]["pending"]), (&json!(0), &json!(9)), "no status: pending");
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
    let refused: Vec<(u64, &str)> =
        report["lines"].as_array().unwrap().iter().map(|l| (l["line"].as_u64().unwrap(), l["reason"].as_str().unwrap())).collect();
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 7, 8, 9, 10], "{refused:?}");
    for ((_, reason), part) in refused.iter().zip(["unsubscribed", "not an email", "before", "whatever", "no address"]) {
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
    home.write("all.csv", "email\na@example.org\nb@example.org\nc@example.org\nd@example.org\ne@example.org\n");
    let report = home.json(&["import", "all.csv", "--status", "active", "--json"]);
    assert_eq!(report["added"], 1, "{report}");
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
    assert!(took.as_secs() < 120, "{took:?}");
    assert_eq!(home.json(&["followers", "--json"])["blogs"][0]["followers"], 100_000);
    let again = home.json(&["import", "many.csv", "--status", "active", "--json"]);
    assert_eq!(outcome(&again), [100_000, 0, 0, 100_000, 0]);
}

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
    let counts = json!({"slug": "kim", "followers": 1, "paused": 0, "pending": 0, "ended": 1, "suppressed": 1});
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
    assert_eq!((&shown["subscriptions"][0]["status"], &shown["subscriptions"][0]["blog"]), (&json!("active"), &json!("kim")));
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
    let of = |address: &str| list.as_array().unwrap().iter().find(|s| s["address"] == address).unwrap().clone();
    assert_eq!((&of("Ann@example.org")["reason"], &of("Ann@example.org")["blog"]), (&json!("manual"), &Value::Null));
    assert_eq!((&of("bob@example.org")["reason"], &of("bob@example.org")["blog"]), (&json!("unsubscribed"), &json!("kim")));
    home.ok(&["suppression", "lift", "ann@example.org"]);
    assert!(home.fails(&["suppression", "lift", "ann@example.org"]).contains("is not suppressed"));
    assert!(!home.ok(&["suppression", "list"]).contains("nn@example.org"));
}

#[test]
fn blogs_are_listed_shown_changed_and_removed() {
    let home = Home::new();
    assert!(home.ok(&["blog", "list"]).contains("postbell blog add"));
    home.add_blog("kim");
    assert!(home.ok(&["blog", "list"]).contains("The kim"));
    let edited = home.ok(&["blog", "edit", "kim", "--title", "New \u{1b}[31mname", "--owner", "kim@example.org", "--body", "excerpt"]);
    assert!(edited.contains("excerpt") && !edited.contains('\u{1b}'), "{edited}");
    let shown = home.json(&["blog", "show", "kim", "--json"]);
    assert_eq!((&shown["owner"], &shown["body"], &shown["held_posts"]), (&json!("kim@example.org"), &json!("excerpt"), &json!(0)));
    home.ok(&["blog", "edit", "kim", "--owner", "", "--origin", "https://x.example.org/path"]);
    let shown = home.json(&["blog", "show", "kim", "--json"]);
    assert_eq!((&shown["owner"], &shown["origins"]), (&Value::Null, &json!(["https://x.example.org"])));
    home.ok(&["blog", "edit", "kim", "--origin", "https://y.example.org", "--origin", "https://x.example.org"]);
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
