//! `post correct`: the mended text, to those who got the post, in its thread.

use mail_parser::MessageParser;

use super::home::Home;
use super::site::Site;
use crate::support::process::Process;
use crate::support::smtp_sink::SmtpSink;

/// What counts of a mail here.
#[derive(Debug)]
struct Seen {
    to: String,
    subject: String,
    id: String,
    answers: Option<String>,
    leave: String,
    text: String,
    html: String,
}

fn seen(sink: &SmtpSink, subject: &str) -> Vec<Seen> {
    let see = |raw: &[u8], to: String| {
        let mail = MessageParser::default().parse(raw).unwrap();
        let header = |name: &str| mail.header_raw(name).map(|value| value.trim().to_owned());
        assert_eq!(header("In-Reply-To"), header("References"));
        Seen {
            to,
            subject: mail.subject().unwrap().to_owned(),
            id: header("Message-ID").unwrap(),
            answers: header("In-Reply-To"),
            leave: header("List-Unsubscribe").unwrap_or_default(),
            text: mail.body_text(0).unwrap().into_owned(),
            html: mail.body_html(0).unwrap().into_owned(),
        }
    };
    let mut all: Vec<Seen> =
        sink.mails().iter().map(|mail| see(&mail.raw, mail.envelope_to.join(","))).collect();
    all.retain(|mail| mail.subject == subject);
    all.sort_by(|a, b| a.to.cmp(&b.to));
    all
}

fn done(home: &Home, mailing: &str) {
    home.wait_until("it is done", || home.json(&["mailing", "show", mailing, "--json"])["status"] == "done");
}

#[test]
fn a_correction_reaches_those_who_got_the_post_in_the_same_thread() {
    let sink = SmtpSink::start();
    let (home, site) = (Home::new(), Site::start(&["first"]));
    home.send_to(sink.port());
    let settings = std::fs::read_to_string(home.path().join("postbell.toml")).unwrap();
    home.write("postbell.toml", format!("{settings}bounce_address = \"bounces@mail.example.org\"\n"));
    home.ok(&["blog", "add", &site.url(), "--slug", "toast", "--approve", "always"]);
    for reader in ["ann@example.org", "bob@example.org", "leaver@example.org"] {
        home.ok(&["subscriber", "add", reader]);
    }
    site.publish(&["second", "first"]);
    home.ok(&["blog", "check", "toast"]);
    assert!(home.fails(&["post", "correct", "2"]).contains("`postbell post approve 2`"));
    home.ok(&["post", "approve", "2"]);
    assert!(home.fails(&["post", "correct", "2"]).contains("what was mailed last"), "nothing has changed");
    site.edit("About second.", "About the second, on Sunday.");
    let said = home.fails(&["post", "correct", "2"]);
    assert!(said.contains("still being sent") && said.contains("mailing cancel 1"), "{said}");
    let serving = Process::start(home.path(), &["serve"], &[]);
    done(&home, "1");
    let first = seen(&sink, "second");
    assert_eq!(first.len(), 3, "{first:?}");
    assert!(first.iter().all(|mail| mail.answers.is_none()));

    home.ok(&["subscriber", "add", "late@example.org"]);
    home.ok(&["subscriber", "remove", "leaver@example.org"]);
    let note = ["post", "correct", "2", "--note", "It is on Sunday & not on <Saturday>."];
    home.ok(&[&note[..], &["--to", "me@example.org"]].concat());
    let preview = seen(&sink, "Corrected: second").remove(0);
    assert_eq!((preview.to.as_str(), preview.leave.as_str()), ("me@example.org", ""));
    let said = home.ok(&note);
    assert!(said.contains("mailing 2"), "{said}");
    assert!(home.fails(&note).contains("what was mailed last"), "a second time it is no news");
    done(&home, "2");
    drop(serving);

    let corrected: Vec<Seen> =
        seen(&sink, "Corrected: second").into_iter().filter(|mail| mail.to != "me@example.org").collect();
    let to: Vec<&str> = corrected.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["ann@example.org", "bob@example.org"], "neither who left nor who came since");
    for mail in &corrected {
        let own = first.iter().find(|first| first.to == mail.to).unwrap();
        assert_eq!(mail.answers.as_ref(), Some(&own.id), "each reader's own mail");
        assert_ne!(mail.id, own.id);
        assert!(mail.text.contains("About the second, on Sunday."), "{}", mail.text);
        assert!(mail.text.contains("Corrected. It is on Sunday & not on <Saturday>."), "{}", mail.text);
        assert!(mail.html.contains("It is on Sunday &amp; not on &lt;Saturday&gt;."), "{}", mail.html);
        assert!(mail.leave.contains("<mailto:bounces+"), "{}", mail.leave);
    }
    let kinds = home.json(&["mailing", "list", "--json"]);
    assert_eq!((&kinds[0]["kind"], &kinds[1]["kind"]), (&"correction".into(), &"post".into()));

    // The other way to leave: a mail to the address of the header.
    let address = corrected[0].leave.split("mailto:").nth(1).unwrap().split('?').next().unwrap();
    let mail = format!("From: ann@example.org\r\nTo: {address}\r\nSubject: unsubscribe\r\n\r\n\r\n");
    home.feed(&["bounce", "ingest"], mail.as_bytes());
    let shown = home.json(&["subscriber", "show", "ann@example.org", "--json"]);
    assert_eq!(shown["subscriptions"][0]["status"], "ended", "{shown}");
    let forged = mail.replace("bounces+", "bounces+x").replace("ann@", "bob@");
    home.feed(&["bounce", "ingest"], forged.as_bytes());
    let shown = home.json(&["subscriber", "show", "bob@example.org", "--json"]);
    assert_eq!(shown["subscriptions"][0]["status"], "active", "who guesses an address ends nothing");
}
