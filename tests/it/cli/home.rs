//! A folder in which commands of the real binary run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use postbell::app::App;
use postbell::config::{self, Sources};
use postbell::domain::{BlogId, Decision, Identity, NewBlog, Timestamp};
use postbell::store::FoundPost;
use serde_json::Value;

/// A folder with settings of its own, in which commands run.
pub(super) struct Home(tempfile::TempDir);

impl Home {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postbell"));
        command.args(args).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }

    pub(super) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs with `input` on standard input.
    pub(super) fn feed(&self, args: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join().unwrap();
        output
    }

    /// Runs what must succeed and answers its standard output.
    pub(super) fn ok(&self, args: &[&str]) -> String {
        good(&self.run(args), args)
    }

    pub(super) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).unwrap_or_else(|error| panic!("{args:?}: {error}"))
    }

    /// Runs what must fail with 1 and answers its standard error.
    pub(super) fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Asks again and again; the state is that of another process.
    pub(super) fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_so() {
            assert!(Instant::now() < deadline, "not within a minute: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Settings that read feeds on this machine, mail a new post in the same
    /// tick, and send to this port.
    pub(super) fn send_to(&self, port: u16) {
        self.write(
            "postbell.toml",
            format!(
                "[http]\nlisten = \"127.0.0.1:0\"\n[feeds]\nallow_private = true\n[publish]\ngrace_seconds = 0\n\
                 [smtp]\nurl = \"smtp://127.0.0.1:{port}\"\n[mail]\nfrom = \"Kim <kim@example.org>\"\n"
            ),
        );
    }

    /// Adds a blog without a feed to read.
    pub(super) fn add_blog(&self, slug: &str) -> BlogId {
        self.add_blog_titled(slug, &format!("The {slug}"), &[])
    }

    /// The same under this title, with posts of these titles that are held.
    pub(super) fn add_blog_titled(&self, slug: &str, title: &str, posts: &[&str]) -> BlogId {
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
                title: title.to_owned(),
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
                time_zone: None,
            };
            let far = Timestamp::from_millis(4_000_000_000_000);
            let posts = posts.iter().map(|title| FoundPost {
                identity: Identity::of(Some(title), None, "", ""),
                link: Some("https://blog.example/post".into()),
                title: (*title).to_owned(),
                published_at: None,
                zone_minutes: None,
                decision: Decision::Held,
                reason: "test".into(),
                due_at: None,
            });
            let posts: Vec<_> = posts.collect();
            app.store.add_blog(&blog, &posts, (None, None), far, app.clock.now()).await.unwrap().id
        })
    }
}

/// Its standard output, once it ended well.
pub(super) fn good(output: &Output, args: &[&str]) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// One JSON value a line.
pub(super) fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
