//! Followers of a blog, and what they have got so far: exactly that, each once.

use mail_parser::MessageParser;
use serde_json::Value;

use crate::support::house::{House, until};
use crate::support::process::Process;
use crate::support::smtp_sink::{CaughtMail, SmtpSink};

const READERS: [&str; 2] = ["anna@example.com", "bert@example.com"];

/// A served blog with its followers.
pub struct Readers {
    sink: SmtpSink,
    pub house: House,
    pub process: Process,
    /// The subjects that each of them has got.
    got: Vec<String>,
}

impl Readers {
    /// Adds the blog at `url`, serves it and follows it.
    pub fn of(url: &str, settings: &[(&'static str, &str)]) -> Self {
        let sink = SmtpSink::start();
        let house = House::new(&sink.url(), settings);
        house.add_blog(url);
        for reader in READERS {
            house.run(&["subscriber", "add", reader]);
        }
        let process = house.serve();
        Self { sink, house, process, got: Vec::new() }
    }

    /// Waits until each reader has got these too, and nobody anything else.
    pub async fn get(&mut self, subjects: &[&str]) {
        self.got.extend(subjects.iter().map(|subject| (*subject).to_owned()));
        let all = self.got.len() * READERS.len();
        until("the mails are there", || self.sink.files().len() >= all && self.mails().len() >= all).await;
        self.have_no_more();
    }

    /// Each has got what was said, once, and nobody anything else.
    pub fn have_no_more(&self) {
        let of_all = |subject: &String| READERS.map(|reader| (subject.clone(), reader.to_owned()));
        let mut expected: Vec<(String, String)> = self.got.iter().flat_map(of_all).collect();
        expected.sort();
        assert_eq!(self.mails(), expected, "decisions: {:#?}", self.decisions());
    }

    fn mails(&self) -> Vec<(String, String)> {
        let see = |mail: &CaughtMail| {
            let message = MessageParser::default().parse(&mail.raw).expect("a mail");
            (message.subject().unwrap_or_default().to_owned(), mail.envelope_to.join(","))
        };
        let mut mails: Vec<(String, String)> = self.sink.mails().iter().map(see).collect();
        mails.sort();
        mails
    }

    /// Every post as title, decision and reason, the newest first.
    pub fn decisions(&self) -> Vec<[String; 3]> {
        let posts = self.house.json(&["post", "list", "--limit", "1000"]);
        let word = |post: &Value, key: &str| post[key].as_str().unwrap_or_default().to_owned();
        let words = |post: &Value| ["title", "decision", "reason"].map(|key| word(post, key));
        posts.as_array().expect("a list").iter().map(words).collect()
    }

    /// Waits until a post of this title is decided so, and gives the reason.
    pub async fn decided(&self, title: &str, decision: &str) -> String {
        let found = || self.decisions().into_iter().find(|[have, is, _]| have == title && is == decision);
        until(&format!("{title} is {decision}"), || found().is_some()).await;
        found().map(|[_, _, reason]| reason).unwrap_or_default()
    }

    /// The number of the newest post of this title.
    pub fn number(&self, title: &str) -> String {
        let posts = self.house.json(&["post", "list", "--limit", "1000"]);
        let post = posts.as_array().expect("a list").iter().find(|post| post["title"] == title);
        post.map(|post| post["id"].to_string()).unwrap_or_else(|| panic!("no post {title}"))
    }

    /// A word of `blog show`.
    pub fn blog(&self, key: &str) -> String {
        self.house.json(&["blog", "show", "kim"])[key].as_str().unwrap_or_default().to_owned()
    }

    /// So many were mailed as was said, and each post has a reason for what became of it.
    pub fn each_post_has_its_reason(&self) {
        let decisions = self.decisions();
        for [title, decision, reason] in &decisions {
            assert!(["sent", "held", "skipped"].contains(&decision.as_str()), "{title}: {decision}");
            assert!(!reason.is_empty(), "{title}");
        }
        let sent = decisions.iter().filter(|[_, decision, _]| decision == "sent").count();
        assert_eq!(sent, self.got.len(), "{decisions:#?}");
        self.have_no_more();
    }
}
