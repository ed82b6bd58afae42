//! What every command owes its caller: help, exit codes, settings, pipes.

use std::process::Stdio;

use serde_json::json;

use super::home::Home;

const COMMANDS: &[&str] = &[
    "",
    "demo",
    "serve",
    "blog",
    "blog add",
    "blog list",
    "blog show",
    "blog edit",
    "blog remove",
    "blog check",
    "followers",
    "subscriber",
    "subscriber list",
    "subscriber show",
    "subscriber why",
    "subscriber add",
    "subscriber remove",
    "subscriber erase",
    "import",
    "post",
    "post list",
    "post show",
    "post approve",
    "post skip",
    "post preview",
    "post resend",
    "mailing",
    "mailing list",
    "mailing show",
    "mailing pause",
    "mailing resume",
    "mailing cancel",
    "mail",
    "mail test",
    "suppression",
    "suppression list",
    "suppression add",
    "suppression lift",
    "template",
    "template list",
    "template check",
    "template eject",
    "template preview",
    "feed",
    "feed inspect",
    "address",
    "address check",
    "html",
    "html sanitize",
    "config",
    "config default",
    "config show",
    "doctor",
    "migrate",
    "completions",
    "man",
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
        &["doctor", "--resolver", "dns.example.org"],
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
    home.write("postbell.toml", "[http]\npublic_url = \"ftp://x\"\n");
    let flags = ["--set", "feeds.check_every_seconds=often", "--set", "log.format=xml"];
    for command in [&["migrate"][..], &["config", "show"]] {
        let said = home.fails(&[&flags[..], command].concat());
        for key in ["http.public_url", "feeds.check_every_seconds", "log.format"] {
            assert!(said.contains(key), "{command:?} tells every fault at once: {said}");
        }
    }
    home.write("postbell.toml", "");
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
    let mut child =
        home.command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_mail_is_shown_with_a_sample() {
    let home = Home::new();
    let mail = home.json(&["template", "preview", "post", "--json"]);
    assert!(!mail["subject"].as_str().unwrap().is_empty());
    assert_eq!(
        home.ok(&["template", "preview", "post"]).trim_end(),
        mail["html"].as_str().unwrap().trim_end()
    );
    let text = home.ok(&["template", "preview", "post", "--sample", "2", "--text"]);
    assert!(text.contains("Unsubscribe or pause:") && !text.contains("<html"), "{text}");
    assert!(home.fails(&["template", "preview", "post", "--sample", "0"]).contains("samples 1 to"));
    assert!(
        home.fails(&["template", "preview", "letter"]).contains("confirm"),
        "it names those that there are"
    );
    std::fs::create_dir(home.path().join("mine")).unwrap();
    home.write("mine/post.txt", "Subject: Mine\nMine {{ manage_url }} {{ unsubscribe_url }} {{ link }}");
    let mine = ["--set", "templates.dir=mine", "template", "preview", "post", "--text"];
    assert!(home.ok(&mine).starts_with("Mine "), "the operator's own");
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
    assert!(
        home.ok(&["template", "eject", "mine"]).contains("1 were there")
            || home.ok(&["template", "eject", "mine"]).contains("stay as they are")
    );
    assert_eq!(std::fs::read_to_string(home.path().join("mine").join(name)).unwrap(), "mine {{ oh");
    let said = home.fails(&["--set", "templates.dir=mine", "template", "check"]);
    assert!(said.contains(name), "{said}");
}
