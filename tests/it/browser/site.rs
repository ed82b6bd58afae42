//! A running Postbell with one blog of ours and the built-in mailbox.

use std::path::Path;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

use super::blog::TestBlog;
use crate::support::process::{self, Process};

/// The slug of the blog.
pub const SLUG: &str = "crumbs";

/// `postbell serve` in a folder of its own.
pub struct Site {
    /// The blog that is followed.
    pub blog: TestBlog,
    process: Process,
    folder: TempDir,
}

impl Site {
    /// Adds the blog and serves. `origins` may post the sign-up, beside the
    /// blog's own; `env` has pairs like `("HTTP__PUBLIC_URL", …)`.
    pub async fn start(origins: &[String], env: &[(&str, &str)]) -> Self {
        let blog = TestBlog::start().await;
        let folder = TempDir::new().unwrap();
        let mut all = vec![
            ("HTTP__LISTEN", "127.0.0.1:0"),
            ("FEEDS__ALLOW_PRIVATE", "true"),
            ("FEEDS__CHECK_EVERY_SECONDS", "1"),
            ("PUBLISH__GRACE_SECONDS", "0"),
            ("MAIL__POSTAL_ADDRESS", "Crumbs, 1 High Street, Exampleton"),
        ];
        all.extend_from_slice(env);
        let url = blog.url();
        let mut arguments = vec!["blog", "add", &url, "--slug", SLUG];
        for origin in origins {
            arguments.extend(["--origin", origin]);
        }
        let added = process::run(folder.path(), &arguments, &all);
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let process = Process::start(folder.path(), &["serve"], &all);
        Self { blog, process, folder }
    }

    /// An address on 127.0.0.1.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.process.url())
    }

    /// Where database and key are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits for a mail to `to` that has a link to `/what/…`; gives the link's
    /// token. From the database: `/mailbox` shows nothing where links lead elsewhere.
    pub async fn token(&self, to: &str, what: &str) -> String {
        let path = self.folder().join("data/postbell.db");
        let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(path)).await.unwrap();
        let link = format!("/{what}/");
        let deadline = Instant::now() + Duration::from_secs(30);
        let mail = loop {
            let newest = "SELECT raw FROM mails WHERE recipient = ? ORDER BY id DESC";
            let raw: Vec<Vec<u8>> = sqlx::query_scalar(newest).bind(to).fetch_all(&pool).await.unwrap();
            let texts = raw.iter().filter_map(|raw| {
                Some(MessageParser::default().parse(raw)?.body_html(0)?.replace("&#x2f;", "/"))
            });
            if let Some(mail) = texts.into_iter().find(|text| text.contains(&link)) {
                break mail;
            }
            assert!(Instant::now() < deadline, "no mail to {to} has a link to {link}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let (_, rest) = mail.split_once(&link).unwrap();
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
    }
}

/// Waits until the mailbox has a mail to `to` whose HTML part says `what`;
/// gives its number and that part, with slashes as they are.
pub async fn newest_with(base: &str, to: &str, what: &str) -> (u64, String) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let list = get(&format!("{base}/mailbox?q={to}")).await;
        for id in ids(&list) {
            let html = get(&format!("{base}/mailbox/{id}/html")).await.replace("&#x2f;", "/");
            if html.contains(what) {
                return (id, html);
            }
        }
        assert!(Instant::now() < deadline, "no mail to {to} says {what:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn ids(list: &str) -> Vec<u64> {
    let parts = list.split("href=\"/mailbox/").skip(1);
    let digits = parts.map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>());
    let mut ids: Vec<u64> = digits.filter_map(|digits| digits.parse().ok()).collect();
    ids.dedup();
    ids
}

async fn get(url: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().text().await.unwrap()
}
