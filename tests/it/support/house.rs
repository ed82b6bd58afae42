//! A blog's whole mail room in a folder: the binary, its settings, its blog.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use postbell::domain::Keys;
use postbell::store::Store;
use postbell::store::postgres::PostgresStore;
use postbell::store::sqlite::SqliteStore;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use super::places::{Place, Raw};
use super::process::{self, Process};

/// A folder with a configured Postbell.
pub struct House {
    folder: TempDir,
    place: Option<Place>,
    env: Vec<(&'static str, String)>,
}

impl House {
    /// Settings that look at feeds each second, mail at once and hand mails
    /// to this relay; `more` comes on top.
    pub fn new(smtp_url: &str, more: &[(&'static str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut env = vec![
            ("HTTP__LISTEN", "127.0.0.1:0".to_owned()),
            ("SMTP__URL", smtp_url.to_owned()),
            ("MAIL__FROM", "Post <post@example.org>".to_owned()),
            ("FEEDS__ALLOW_PRIVATE", "true".to_owned()),
            ("FEEDS__CHECK_EVERY_SECONDS", "1".to_owned()),
            ("PUBLISH__GRACE_SECONDS", "0".to_owned()),
            ("SIGNUP__PER_IP_PER_HOUR", "0".to_owned()),
            ("SIGNUP__PER_NETWORK_PER_HOUR", "0".to_owned()),
        ];
        for (key, value) in more {
            env.retain(|(known, _)| known != key);
            env.push((key, (*value).to_owned()));
        }
        Self { folder, place: None, env }
    }

    /// The same in the database that this test runs on.
    pub async fn here(smtp_url: &str, more: &[(&'static str, &str)]) -> Self {
        let place = Place::new().await;
        let mut house = Self::new(smtp_url, more);
        if let Place::Postgres(own) = &place {
            house.env.push(("DATABASE__URL", own.url.clone()));
            house.place = Some(place);
        }
        house
    }

    /// Its store, beside the processes that serve it.
    pub async fn store(&self, keys: Keys) -> Arc<dyn Store> {
        match &self.place {
            Some(Place::Postgres(own)) => {
                Arc::new(PostgresStore::open(&own.url, keys).await.expect("it is there"))
            }
            _ => Arc::new(SqliteStore::open(&self.database(), keys).await.expect("it is there")),
        }
    }

    /// A way past the store to its database, which must be there.
    pub async fn raw(&self) -> Raw {
        match &self.place {
            Some(Place::Postgres(own)) => Raw::postgres(own).await,
            _ => Raw::file(&self.database()).await,
        }
    }

    /// Ends every connection to its database, which must be on PostgreSQL;
    /// gives how many there were.
    pub async fn break_connections(&self) -> i64 {
        let Some(Place::Postgres(own)) = &self.place else { panic!("a file has no connections") };
        let mut ours = PgConnection::connect(&own.url).await.expect("it is there");
        let ended = sqlx::query_scalar(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        ended.fetch_one(&mut ours).await.expect("we may end them")
    }

    /// Lets the server of its database, which must be PostgreSQL, refuse all
    /// that is written, as on a full disk, or no longer.
    pub async fn fill_disk_of_server(&self, is_full: bool) {
        let Some(Place::Postgres(own)) = &self.place else { panic!("a file has no server") };
        let raw = Raw::postgres(own).await;
        for table in raw.tables().await {
            for statement in raw.refusal(&table, is_full) {
                raw.tell(statement).await;
            }
        }
    }

    /// Starts `postbell serve` with these roles only.
    pub fn serve_as(&self, roles: &str) -> Process {
        Process::start(self.folder(), &["serve", "--roles", roles], &self.env())
    }

    /// Where it works.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database file.
    pub fn database(&self) -> std::path::PathBuf {
        self.folder().join("data/postbell.db")
    }

    fn env(&self) -> Vec<(&str, &str)> {
        self.env.iter().map(|(key, value)| (*key, value.as_str())).collect()
    }

    /// Runs a command that must succeed; gives its standard output.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = process::run(self.folder(), arguments, &self.env());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "postbell {arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command and gives all that came of it.
    pub fn run_to_end(&self, arguments: &[&str]) -> std::process::Output {
        process::run(self.folder(), arguments, &self.env())
    }

    /// Runs a command that may fail; gives its standard output.
    pub fn may_fail(&self, arguments: &[&str]) -> String {
        let output = process::run(self.folder(), arguments, &self.env());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The same with `--json`, read.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        serde_json::from_str(&self.run(&arguments)).expect("JSON")
    }

    /// Starts a command, to be killed in its midst.
    pub fn begin(&self, arguments: &[&str]) -> Process {
        Process::spawn_silent(process::command(self.folder(), arguments, &self.env()))
    }

    /// Adds a blog called `kim`.
    pub fn add_blog(&self, url: &str) {
        self.run(&["blog", "add", url, "--slug", "kim"]);
    }

    /// Imports addresses as a list that `status` is said of.
    pub fn import(&self, readers: &[String], status: &str) {
        let file = self.folder().join(format!("{status}.csv"));
        std::fs::write(&file, format!("email\n{}\n", readers.join("\n")))
            .expect("a file in a folder of ours");
        let file = file.to_string_lossy().into_owned();
        self.run(&["import", &file, "--blog", "kim", "--status", status]);
    }

    /// Starts `postbell serve`.
    pub fn serve(&self) -> Process {
        Process::start(self.folder(), &["serve"], &self.env())
    }

    /// The same without the web role, which alone says that it listens.
    pub fn serve_silently(&self, roles: &str) -> Process {
        Process::spawn_silent(process::command(self.folder(), &["serve", "--roles", roles], &self.env()))
    }

    /// Starts `postbell serve` through another program, `env` for example,
    /// that gets its path and its arguments.
    pub fn serve_through(&self, program: &str, arguments: &[&str]) -> Process {
        let plain = process::command(self.folder(), &["serve"], &self.env());
        let mut command = Command::new(program);
        command.args(arguments).arg(plain.get_program()).args(plain.get_args()).current_dir(self.folder());
        for (key, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        Process::spawn(command)
    }

    /// Status of the newest mailing.
    pub fn mailing_status(&self) -> String {
        let all = self.json(&["mailing", "list"]);
        all[0]["status"].as_str().unwrap_or_default().to_owned()
    }
}

/// Looks again and again until `is_so`, for three minutes at most: machines are busy.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(180);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A client that asks no proxy and follows no redirect.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}
