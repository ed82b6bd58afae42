//! Words of others that would steer the terminal, turn its direction or hide.

use super::home::{Home, good};
use super::site::Site;

/// A title of the worst kind, and what of it may be shown.
const TITLE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}Gute\u{202e} \u{2066}Nacht\u{2069}\u{9b}31m\u{feff}\u{200b}\u{200f}\r\npay\u{ad}pal 👩‍👧 می‌خواهم\u{0}";
const SHOWN: &str = "Gute Nacht";

/// What no command may write. The marks of direction may stand beside letters
/// of that direction, and joiners where letters join.
fn steering(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{200b}' | '\u{2028}' | '\u{2029}')
}

/// S6
#[test]
fn no_table_and_no_error_carries_what_steers_a_terminal() {
    let home = Home::new();
    home.add_blog_titled("first", TITLE, &[TITLE, "Plain"]);
    home.ok(&["subscriber", "add", "kim@example.org", "--blog", "first"]);
    home.ok(&["suppression", "add", "gone@example.org"]);
    let feed = format!(
        "<rss><channel><title>{TITLE}</title><item><guid>{TITLE}</guid><title>{TITLE}</title><description>x</description></item></channel></rss>"
    );
    home.write("feed.xml", feed.replace('\u{0}', ""));
    home.write(
        "list.csv",
        format!("email,name\n\"{TITLE}\",x\nlee@example.org,{}\n", TITLE.replace("\r\n", " ")),
    );
    home.write("hostile.html", format!("<p title=\"{TITLE}\">{TITLE}</p>"));
    home.write("hostile.eml", format!("From: x@example.org\nSubject: {TITLE}\n\n{TITLE}\n"));
    let commands: &[&[&str]] = &[
        &["blog", "list"],
        &["blog", "show", "first"],
        &["post", "list"],
        &["post", "show", "1"],
        &["post", "show", "2"],
        &["mailing", "list"],
        &["followers", "first"],
        &["followers"],
        &["subscriber", "list"],
        &["subscriber", "show", "kim@example.org"],
        &["subscriber", "why", "kim@example.org", "--blog", "first"],
        &["suppression", "list"],
        &["feed", "inspect", "feed.xml"],
        &["import", "list.csv", "--blog", "first", "--dry-run"],
        &["bounce", "classify", "hostile.eml"],
        &["address", "check", TITLE.trim_end_matches('\u{0}')],
        &["html", "sanitize", "hostile.html"],
        &["html", "sanitize", TITLE.trim_end_matches('\u{0}')],
        &["blog", "show", TITLE.trim_end_matches('\u{0}')],
        &["post", "skip", "1"],
        &["node", "list"],
        &["config", "show"],
        &["template", "list"],
    ];
    let mut titles = 0;
    for args in commands {
        for json in [None, Some("--json")] {
            let args: Vec<&str> = args.iter().copied().chain(json).collect();
            let output = home.run(&args);
            let (out, error) =
                (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
            let stray = out.chars().chain(error.chars()).find(|c| steering(*c));
            assert_eq!(stray, None, "{args:?}\n{out:?}\n{error:?}");
            titles += usize::from(out.contains(SHOWN));
        }
    }
    assert!(titles >= 5, "the title was shown {titles} times");
}

/// S6: the words of a post, and what becomes of them in its mail.
#[test]
fn no_text_of_a_post_steers_a_terminal_and_its_html_stays_the_same_page() {
    let words = "Gute\u{202e} \u{2066}Nacht\u{2069}\u{200f}\u{200b} pay\u{ad}pal 👩‍👧";
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(1);
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    site.publish(&["second", "first"]);
    site.edit("About second.", &format!("&lt;p&gt;{words}&lt;/p&gt;"));
    home.ok(&["blog", "check", "toast"]);
    let second = home.json(&["post", "list", "toast", "--json"])[0]["id"].to_string();
    home.write("post.html", format!("<p>{words}</p>"));
    for args in [
        &["post", "preview", &*second][..],
        &["post", "preview", &second, "--text"],
        &["post", "preview", &second, "--json"],
        &["html", "sanitize", "post.html"],
        &["html", "sanitize", "post.html", "--json"],
    ] {
        let out = home.ok(args);
        assert_eq!(out.chars().find(|c| steering(*c)), None, "{args:?}: {out:?}");
        assert!(out.contains("Nacht") && out.contains("👩‍👧"), "{args:?}: {out}");
    }
    let page = home.ok(&["post", "preview", &second]);
    let mail = home.json(&["post", "preview", &second, "--json"]);
    let mail = mail["html"].as_str().unwrap();
    let read = words
        .chars()
        .filter(|c| !c.is_ascii())
        .fold(page.clone(), |page, c| page.replace(&format!("&#x{:x};", u32::from(c)), &c.to_string()));
    assert!(page != read && read.trim_end() == mail.trim_end(), "to a browser it is the same: {page}");
}

/// The crates that read HTML tell each word of it at DEBUG.
#[test]
fn no_log_however_much_it_tells_has_the_words_of_a_post() {
    let home = Home::new();
    home.write("post.html", "<table>Sesame<a href='https://blog.example/?key=cumin'>words</a></table>");
    let output = home.command(&["html", "sanitize", "post.html"]).env("RUST_LOG", "trace").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("Sesame"));
    assert!(!told.contains("Sesame") && !told.contains("cumin"), "{told}");
}

/// JSON keeps what was said, spelled out.
#[test]
fn json_says_what_was_said() {
    let home = Home::new();
    home.add_blog_titled("first", TITLE, &[]);
    let args = ["blog", "list", "--json"];
    let listed = good(&home.run(&args), &args);
    assert!(
        listed.contains("\\u202e") && listed.contains("\\u001b") && listed.contains("\\u009b"),
        "{listed}"
    );
    let blogs: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(blogs[0]["title"], TITLE);
}
