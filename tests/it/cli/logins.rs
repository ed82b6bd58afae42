//! A feed that wants a login, and one whose address holds a token: both are
//! used for the request, and nobody is shown them (S18).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::home::Home;
use super::site::Site;
use crate::support::process::Process;

/// `kïm` and `s@same/`, as an address and as the header have them.
const LOGIN: &str = "k%C3%AFm:s%40same%2F";
const HEADER: &str = "a8OvbTpzQHNhbWUv";

/// Fails where a part of the login stands.
fn is_clean(what: &str, said: &str) {
    for secret in ["k%C3%AFm", "kïm", "same%2F", "s%40same", "s@same", HEADER, "opensesame"] {
        assert!(!said.contains(secret), "{what} shows {secret}: {said}");
    }
}

/// All that a command says, whether or not it succeeds.
fn all_of(home: &Home, args: &[&str]) -> String {
    let output = home.run(args);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    is_clean(&args.join(" "), &said);
    said
}

fn page(serving: &Process, path: &str) -> String {
    let host = serving.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    answer
}

/// A blog whose feed has addresses that are relative to it.
fn publish(site: &Site, titles: &[&str]) {
    site.publish(titles);
    site.edit(&site.url().replace("/feed", ""), "");
    site.edit("About ", "&lt;img src=\"/i.png\" alt=\"x\"&gt; &lt;a href=\"#top\"&gt;up&lt;/a&gt; About ");
}

#[test]
fn a_login_opens_the_feed_and_is_shown_nowhere() {
    let (home, site) = (Home::new(), Site::start(&[]));
    site.lock(HEADER);
    publish(&site, &["second", "first"]);
    home.send_to(1);
    assert!(all_of(&home, &["blog", "add", &site.url()]).contains("401"));
    let wrong = site.url_with("opensesame:opensesame");
    assert!(all_of(&home, &["blog", "add", &wrong]).contains("401"));
    let address = site.url_with(LOGIN);
    let added = all_of(&home, &["blog", "add", &address, "--slug", "toast", "--approve", "always"]);
    assert!(added.contains("is added as toast"), "{added}");
    publish(&site, &["third", "second", "first"]);
    assert!(all_of(&home, &["blog", "check", "toast"]).contains("1 new post"));
    let third = home.json(&["post", "list", "toast", "--json"])[0]["id"].to_string();
    for args in [
        &["blog", "list"][..],
        &["blog", "list", "--json"],
        &["blog", "show", "toast"],
        &["blog", "show", "toast", "--json"],
        &["blog", "edit", "toast", "--feed", &address],
        &["blog", "edit", "toast", "--home", &address, "--json"],
        &["post", "list", "toast"],
        &["post", "list", "toast", "--json"],
        &["post", "show", &third],
        &["post", "show", &third, "--json"],
        &["post", "preview", &third],
        &["post", "preview", &third, "--text"],
        &["post", "preview", &third, "--json"],
        &["feed", "inspect", &address],
        &["feed", "inspect", &address, "--jsonl"],
        &["doctor"],
    ] {
        all_of(&home, args);
    }
    let mail = home.json(&["post", "preview", &third, "--json"]).to_string();
    assert!(mail.contains("/i.png") && mail.contains("#top"), "{mail}");
    let shown = home.json(&["blog", "show", "toast", "--json"]);
    assert!(shown["feed_url"].as_str().unwrap().contains("***@"), "that there is one is told: {shown}");
    home.ok(&["post", "approve", &third]);
    let serving = Process::start(home.path(), &["serve"], &[("LOG__FILTER", "trace")]);
    for path in ["/", "/b/toast", "/b/toast/followers", "/manage"] {
        is_clean(path, &page(&serving, path));
    }
    // What the server says of a login that is no longer good.
    site.lock("x");
    assert!(all_of(&home, &["blog", "check", "toast"]).contains("401"));
    for args in [&["blog", "list", "--json"][..], &["blog", "show", "toast"], &["doctor", "--json"]] {
        assert!(all_of(&home, args).contains("401"), "{args:?}");
    }
    is_clean("the log", &serving.output());
}

#[test]
fn a_token_in_an_address_is_shown_to_operators_masked_and_to_others_not() {
    let (home, site) = (Home::new(), Site::start(&[]));
    publish(&site, &["second", "first"]);
    home.send_to(1);
    let address = format!("{}?format=rss&access_token=opensesame", site.url());
    all_of(&home, &["blog", "add", &address, "--slug", "toast", "--approve", "always"]);
    publish(&site, &["third", "second", "first"]);
    // A server that writes it into the links of its posts.
    site.edit("</link>", "?access_token=opensesame</link>");
    site.edit("/i.png", "/i.png?size=9&amp;amp;access_token=opensesame");
    assert!(all_of(&home, &["blog", "check", "toast"]).contains("1 new post"));
    let third = home.json(&["post", "list", "toast", "--json"])[0]["id"].to_string();
    assert!(all_of(&home, &["blog", "show", "toast"]).contains("format=rss&access_token=***"));
    let mail = all_of(&home, &["post", "preview", &third]);
    assert!(mail.contains("/third?access_token=") && mail.contains("/i.png?size=9"), "{mail}");
    for args in [
        &["blog", "list", "--json"][..],
        &["post", "list", "toast", "--json"],
        &["post", "show", &third, "--json"],
        &["post", "show", &third],
        &["post", "preview", &third, "--text"],
        &["post", "preview", &third, "--json"],
        &["feed", "inspect", &address, "--json"],
        &["doctor"],
    ] {
        all_of(&home, args);
    }
    let serving = Process::start(home.path(), &["serve"], &[("LOG__FILTER", "debug")]);
    let hosted = page(&serving, "/b/toast");
    is_clean("the page", &hosted);
    assert!(!hosted.contains("/feed?"), "half an address leads nowhere: {hosted}");
    is_clean("the log", &serving.output());
}

#[test]
fn stars_that_were_copied_in_the_place_of_a_secret_are_refused() {
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(1);
    let address = format!("{}?access_token=opensesame", site.url());
    home.ok(&["blog", "add", &address, "--slug", "toast"]);
    let shown = home.json(&["blog", "show", "toast", "--json"])["feed_url"].as_str().unwrap().to_owned();
    assert!(shown.ends_with("access_token=***"), "{shown}");
    let login = site.url_with("***");
    for args in [
        &["blog", "edit", "toast", "--feed", &shown][..],
        &["blog", "edit", "toast", "--feed", &login],
        &["blog", "edit", "toast", "--home", &login],
        &["blog", "add", &shown, "--slug", "second"],
        &["blog", "add", &login, "--slug", "second"],
    ] {
        let output = home.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("the *** stands for a login or token that is not shown"), "{said}");
    }
    // The feed is still read with what it was added with.
    assert_eq!(home.json(&["blog", "list", "--json"]).as_array().unwrap().len(), 1);
    site.publish(&["second", "first"]);
    assert!(home.ok(&["blog", "check", "toast"]).contains("1 new post"));
    // So are those of `config show` in the settings.
    home.write(
        "postbell.toml",
        "[smtp]\nurl = \"smtps://***@mail.example.org\"\n[mail]\nfrom = \"a@b.example\"\n",
    );
    assert!(home.fails(&["blog", "list"]).contains("smtp.url: the *** stands for a secret"));
}
