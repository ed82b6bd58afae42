//! A real WordPress, started by `tests/peers/wordpress.sh`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A running WordPress with the awkward posts of `wordpress_posts.json`;
/// stopped when dropped. Starting takes some seconds.
pub struct WordPress {
    folder: TempDir,
    url: String,
}

impl WordPress {
    /// Installs and starts one.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut site = Self { folder, url: String::new() };
        site.url = site.run("start", &[], "");
        site
    }

    /// Its home page, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its RSS feed.
    pub fn feed_url(&self) -> String {
        format!("{}/feed/", self.url)
    }

    /// What the posts of the seed became: number, guid, link, status.
    pub fn seeded(&self) -> serde_json::Value {
        let text =
            std::fs::read(self.folder.path().join("posts.json")).expect("posts.json of a started site");
        serde_json::from_slice(&text).expect("posts.json is JSON")
    }

    /// Publishes one more post and gives its number.
    pub fn publish(&self, title: &str, html: &str) -> u64 {
        self.run("post", &[title, "-"], html).parse().expect("a post's number")
    }

    /// Publishes one that is dated back.
    pub fn publish_dated(&self, title: &str, html: &str, hours_ago: u32) -> u64 {
        let arguments = [title, "-", "publish", &hours_ago.to_string()];
        self.run("post", &arguments, html).parse().expect("a post's number")
    }

    /// Begins a draft, so many hours ago.
    pub fn draft(&self, title: &str, html: &str, hours_ago: u32) -> u64 {
        let arguments = [title, "-", "draft", &hours_ago.to_string()];
        self.run("post", &arguments, html).parse().expect("a post's number")
    }

    /// Publishes a draft.
    pub fn publish_draft(&self, number: u64) {
        self.run("publish", &[&number.to_string()], "");
    }

    /// Gives a published post another date.
    pub fn date(&self, number: u64, hours_ago: u32) {
        self.run("date", &[&number.to_string(), &hours_ago.to_string()], "");
    }

    /// Changes a post.
    pub fn edit(&self, number: u64, title: &str, html: &str) {
        self.run("edit", &[&number.to_string(), title, "-"], html);
    }

    /// Moves a post to the trash: it leaves the feed.
    pub fn trash(&self, number: u64) {
        self.run("delete", &[&number.to_string()], "");
    }

    /// Takes a post out of the trash and publishes it again.
    pub fn restore(&self, number: u64) {
        self.run("restore", &[&number.to_string()], "");
    }

    /// Makes a post sticky.
    pub fn stick(&self, number: u64) {
        self.run("stick", &[&number.to_string()], "");
    }

    /// Changes a setting.
    pub fn set(&self, option: &str, value: &str) {
        self.run("option", &[option, value], "");
    }

    /// Does what WordPress planned for later, its pings for example.
    pub fn run_cron(&self) {
        self.run("cron", &[], "");
    }

    /// Answers 500 to everything, until `mend`.
    pub fn break_down(&self) {
        self.run("break", &[], "");
    }

    /// Works again.
    pub fn mend(&self) {
        self.run("mend", &[], "");
    }

    /// Lives at another address from now on; the old one redirects for good.
    pub fn move_away(&mut self) {
        self.url = self.run("move", &[], "");
    }

    /// Replaces an address in every guid.
    pub fn replace_guids(&self, old: &str, new: &str) {
        self.run("guids", &[old, new], "");
    }

    fn run(&self, verb: &str, arguments: &[&str], input: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/wordpress.sh");
        let mut child = Command::new(script)
            .arg(verb)
            .arg(self.folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("wordpress.sh runs");
        let mut stdin = child.stdin.take().expect("it was piped");
        // A verb that reads no input may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("wordpress.sh ends");
        assert!(output.status.success(), "wordpress.sh {verb} failed; what it said is above");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for WordPress {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/wordpress.sh");
        let _ = Command::new(script).arg("stop").arg(self.folder.path()).status();
    }
}

#[tokio::test]
async fn a_real_wordpress_publishes_edits_and_trashes() {
    let site = WordPress::start();
    assert_eq!(site.seeded().as_array().map(Vec::len), Some(20));
    let feed = || async {
        // reqwest would ask the environment for a proxy.
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        client.get(site.feed_url()).send().await.expect("an answer").text().await.expect("a text")
    };
    assert!(feed().await.contains("Jam 🍓 day"), "the seed is in the feed at {}", site.url());
    let number = site.publish("Fresh & new", "<p>Body</p>");
    assert!(feed().await.contains("<title>Fresh &#038; new</title>"));
    site.edit(number, "Edited", "<p>Other</p>");
    assert!(feed().await.contains("<title>Edited</title>"));
    site.trash(number);
    assert!(!feed().await.contains("<title>Edited</title>"));
}
