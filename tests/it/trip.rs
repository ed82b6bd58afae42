//! The whole trip with real programs: WordPress, the binary, a mail server.

use mail_parser::MessageParser;
use serde_json::Value;

use crate::support::fault_smtp::{FaultSmtp, Judgement};
use crate::support::house::{House, client, until};
use crate::support::process::Process;
use crate::support::smtp_sink::{CaughtMail, SmtpSink};
use crate::support::wordpress::WordPress;

/// WordPress turns plain quotes into curly ones, but for those after a `<`.
const TITLE: &str = "Jam 🍓 & \"toast\": 5 < 6, it's on";
const TITLE_MAILED: &str = "Jam 🍓 & “toast”: 5 < 6, it's on";
const BODY: &str = "<p>Strawberries &lt;3 &amp; cream — größer 🍓</p><ul><li>one</li><li>two</li></ul>";

/// A mail as its reader sees it.
struct Seen {
    to: String,
    subject: String,
    text: String,
    html: String,
    one_click: Option<String>,
}

fn see(mail: &CaughtMail) -> Seen {
    let message = MessageParser::default().parse(&mail.raw).expect("a mail");
    let header = |name: &str| message.header_raw(name).map(|value| value.trim().to_owned());
    let one_click = header("List-Unsubscribe-Post").and_then(|_| header("List-Unsubscribe"));
    Seen {
        to: mail.envelope_to.join(","),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        one_click: one_click.map(|value| value.trim_matches(['<', '>']).to_owned()),
    }
}

/// The mails to a reader with this in the subject.
fn mails(sink: &SmtpSink, to: &str, subject: &str) -> Vec<Seen> {
    let all = sink.mails();
    all.iter().map(see).filter(|mail| mail.to == to && mail.subject.contains(subject)).collect()
}

/// The first link in a text that holds this.
fn link(text: &str, holds: &str) -> String {
    let word = text.split_whitespace().find(|word| word.contains(holds));
    let word = word.unwrap_or_else(|| panic!("no link with {holds} in:\n{text}"));
    word.trim_matches(['<', '>', '(', ')', '.']).to_owned()
}

/// Signs up by the form of the page, as a browser without scripts does.
async fn sign_up(url: &str, to: &str) {
    let client = client();
    let page = client.get(format!("{url}/b/kim")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("action=\"/b/kim/follow\""), "{page}");
    let body: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("email", to).finish();
    let request = client.post(format!("{url}/b/kim/follow"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").header("origin", url);
    assert_eq!(request.body(body).send().await.unwrap().status(), 303);
}

/// Waits for the confirmation, opens its link elsewhere and presses the button.
async fn confirm(sink: &SmtpSink, to: &str) {
    until("the confirmation is there", || !mails(sink, to, "").is_empty()).await;
    let asked = mails(sink, to, "").remove(0);
    assert!(asked.one_click.is_none() && asked.html.contains("/confirm/"));
    let link = link(&asked.text, "/confirm/");
    let page = client().get(&link).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("method=\"post\""), "a look at the link changes nothing");
    assert_eq!(client().post(&link).send().await.unwrap().status(), 200);
}

fn decisions(house: &House) -> Vec<(String, String)> {
    let posts = house.json(&["post", "list"]);
    let word = |post: &Value, key: &str| post[key].as_str().unwrap_or_default().to_owned();
    posts.as_array().unwrap().iter().map(|post| (word(post, "title"), word(post, "decision"))).collect()
}

fn decided(house: &House, title: &str) -> String {
    let found = decisions(house).into_iter().find(|(have, _)| have.contains(title));
    found.map_or(String::new(), |(_, decision)| decision)
}

/// D4, R13
#[tokio::test]
async fn a_post_in_wordpress_reaches_each_follower_once_and_nobody_else() {
    let site = WordPress::start();
    // A mail that was refused is due again after a minute; the rest fits into it.
    let faults = Faults::begin(&site).await;
    at_once(&site).await;
    with_grace(&site).await;
    faults.end(&site).await;
}

/// Sign-up, confirmation, posts, leave.
async fn at_once(site: &WordPress) {
    let sink = SmtpSink::start();
    let house = House::new(&sink.url(), &[]);
    house.add_blog(site.url());
    let process = house.serve();
    let (anna, bert, carl) = ("anna@example.com", "bert@example.com", "carl@example.com");
    for reader in [anna, bert, carl] {
        sign_up(process.url(), reader).await;
    }
    for reader in [anna, bert] {
        confirm(&sink, reader).await;
    }
    let counts = |house: &House| {
        let blog = house.json(&["followers"])["blogs"][0].clone();
        ["followers", "pending", "ended"].map(|name| blog[name].as_i64().unwrap())
    };
    assert_eq!(counts(&house), [2, 1, 0]);

    let first = site.publish(TITLE, BODY);
    for reader in [anna, bert] {
        until("the post is there", || !mails(&sink, reader, "Jam").is_empty()).await;
    }
    for reader in [anna, bert] {
        let got = mails(&sink, reader, "Jam");
        assert_eq!(got.len(), 1);
        assert!(got[0].subject.contains(TITLE_MAILED), "{}", got[0].subject);
        assert!(got[0].text.contains("Strawberries <3 & cream — größer 🍓"), "{}", got[0].text);
        // WordPress puts pictures in the place of emoji in its feed.
        let html = &got[0].html;
        assert!(html.contains("Strawberries &lt;3 &amp; cream — größer") && html.contains("🍓"), "{html}");
        assert!(got[0].text.contains("one") && got[0].html.contains("two</li>"));
    }

    // The mail program's own button.
    let leave = mails(&sink, anna, "Jam").remove(0).one_click.expect("List-Unsubscribe");
    let request = client().post(&leave).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request.body("List-Unsubscribe=One-Click").send().await.unwrap().status(), 200);
    assert_eq!(counts(&house), [1, 1, 1]);

    // An old post and one that was mailed are edited; neither is mailed again.
    let old = site.seeded()[0]["number"].as_u64().expect("a number");
    site.edit(old, "Edited old post", "<p>edited</p>");
    site.edit(first, "Edited Jam", "<p>edited</p>");
    site.publish("Second helping", BODY);
    until("the next post is there", || !mails(&sink, bert, "Second helping").is_empty()).await;
    site.publish("Third helping", BODY);
    until("the last post is there", || !mails(&sink, bert, "Third helping").is_empty()).await;

    let posts: Vec<(String, String)> = sink
        .mails()
        .iter()
        .map(see)
        .filter(|mail| mail.one_click.is_some())
        .map(|mail| (mail.to, mail.subject))
        .collect();
    assert_eq!(posts.len(), 4, "{posts:?}");
    assert!(posts.iter().filter(|(to, _)| to == anna).count() == 1, "who left gets no more: {posts:?}");
    assert!(posts.iter().all(|(to, subject)| to != carl && !subject.contains("Edited")), "{posts:?}");
    for title in ["Jam", "Second helping", "Third helping"] {
        assert_eq!(decided(&house, title), "sent", "{title}");
    }
    let skipped = decisions(&house).into_iter().filter(|(_, decision)| decision == "skipped").count();
    assert!(skipped >= 10, "what was there before the blog was added: {skipped}");
}

/// A post that is mended, and one that is taken back, before the grace time is over.
async fn with_grace(site: &WordPress) {
    let sink = SmtpSink::start();
    let house = House::new(&sink.url(), &[("PUBLISH__GRACE_SECONDS", "5")]);
    house.add_blog(site.url());
    house.run(&["subscriber", "add", "dora@example.com"]);
    let _process = house.serve();

    let number = site.publish("Typpo", "<p>Wrong words</p>");
    until("the post is seen", || decided(&house, "Typpo") == "waiting").await;
    site.edit(number, "Typo mended", "<p>Right words</p>");
    until("the mended post is there", || !mails(&sink, "dora@example.com", "").is_empty()).await;
    let got = mails(&sink, "dora@example.com", "").remove(0);
    assert!(got.subject.contains("Typo mended"), "{}", got.subject);
    assert!(got.text.contains("Right words") && !got.text.contains("Wrong words"), "{}", got.text);

    let number = site.publish("Oops", "<p>Not for you</p>");
    until("the post is seen", || decided(&house, "Oops") == "waiting").await;
    site.trash(number);
    until("the trashed post is skipped", || decided(&house, "Oops") == "skipped").await;
    assert_eq!(sink.mails().len(), 1);
}

/// The same to a server that closes, limits and refuses.
struct Faults {
    server: FaultSmtp,
    house: House,
    readers: Vec<String>,
    _process: Process,
}

impl Faults {
    /// Publishes a post and waits until all have it but those whose mails were refused.
    async fn begin(site: &WordPress) -> Self {
        let faults = [("limit", "3"), ("data421", "0.5"), ("times", "4"), ("only", "r")];
        let server = FaultSmtp::start(&faults);
        let house = House::new(&format!("smtp://127.0.0.1:{}", server.port), &[("SMTP__CONNECTIONS", "3")]);
        house.add_blog(site.url());
        let readers: Vec<String> = (0..40).map(|n| format!("r{n}@example.com")).collect();
        house.import(&readers, "active");
        house.import(&["pending@example.com".to_owned()], "pending");
        let process = house.serve();
        site.publish("Fourth helping", BODY);
        let begun = Self { server, house, readers, _process: process };
        until("the post is nearly everywhere", || begun.judge("Fourth helping").lost.len() <= 4).await;
        begun
    }

    async fn end(self, site: &WordPress) {
        self.arrives("Fourth helping").await;
        site.publish("Fifth helping", BODY);
        self.arrives("Fifth helping").await;
    }

    async fn arrives(&self, title: &str) {
        until("the post is everywhere", || self.judge(title).lost.is_empty()).await;
        let is_done = |mailing: &Value| mailing["status"] == "done";
        let all_done = || self.house.json(&["mailing", "list"]).as_array().unwrap().iter().all(is_done);
        until("the mailings are done", all_done).await;
        assert_eq!(self.judge(title), Judgement::default());
    }

    fn judge(&self, title: &str) -> Judgement {
        self.server.judge(&self.readers, Some(title))
    }
}
