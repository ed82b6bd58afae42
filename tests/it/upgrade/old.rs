//! Restores a database of an earlier version and opens it with this one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use postbell::clock::Clock as _;
use postbell::domain::Timestamp;
use postbell::store::postgres::PostgresStore;
use postbell::store::sqlite::SqliteStore;
use serde_json::Value;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, raw_sql};

use crate::support::places::{OwnDatabase, Place, Raw};
use crate::support::process;
use crate::support::server::{Setup, TestServer};
use crate::support::stores::{DATABASE, Database, NOW, keys};

/// The last migration of the schema that was handed out.
const SCHEMA: i64 = 11;
/// Each life is longer than the one before by so much.
const KILLED_LATER: Duration = Duration::from_millis(4);

/// A database as an earlier version left it.
pub struct Old {
    place: Place,
    raw: Raw,
    /// The links that its mails carried, by name.
    pub links: Value,
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(here(&format!("tests/it/upgrade/{SCHEMA:04}/{name}"))).unwrap()
}

impl Old {
    /// Restored into the database that this test runs on, not yet upgraded.
    pub async fn restore() -> Self {
        match DATABASE.get() {
            Database::Sqlite => Self::restore_sqlite().await,
            Database::Postgres => Self::restore_postgres().await,
        }
    }

    async fn restore_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postbell.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal).foreign_keys(false);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let migrator = Migrator::new(here("migrations/sqlite")).await.unwrap();
        migrator.run_to(SCHEMA, &pool).await.unwrap();
        raw_sql(AssertSqlSafe(text("sqlite.sql"))).execute(&pool).await.unwrap();
        std::fs::write(folder.path().join("postbell.db-notes"), text("sqlite.notes")).unwrap();
        Self {
            place: Place::Folder(Arc::new(folder)),
            raw: Raw::Sqlite(pool),
            links: serde_json::from_str(&text("sqlite.json")).unwrap(),
        }
    }

    async fn restore_postgres() -> Self {
        let own = OwnDatabase::bare().await;
        let pool = PgPoolOptions::new().max_connections(1).connect(&own.url).await.unwrap();
        let migrator = Migrator::new(here("migrations/postgres")).await.unwrap();
        migrator.run_to(SCHEMA, &pool).await.unwrap();
        raw_sql(AssertSqlSafe(text("postgres.sql"))).execute(&pool).await.unwrap();
        Self {
            place: Place::Postgres(Arc::new(own)),
            raw: Raw::Postgres(pool),
            links: serde_json::from_str(&text("postgres.json")).unwrap(),
        }
    }

    /// One statement, to add what the copy lacks.
    pub async fn raw(&self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_owned());
        match &self.raw {
            Raw::Sqlite(pool) => drop(raw_sql(statement).execute(pool).await.unwrap()),
            Raw::Postgres(pool) => drop(raw_sql(statement).execute(pool).await.unwrap()),
        }
    }

    /// So many mails more that were sent, so that a migration takes its time.
    pub async fn fill(&self, mails: u32) {
        self.raw(&format!(
            "INSERT INTO deliveries (kind, priority, mailing_id, blog_id, subscription_id, copy, status, attempts, \
             queued_at, settled_at) WITH RECURSIVE more (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM more \
             WHERE n < 999 + {mails}) SELECT d.kind, d.priority, d.mailing_id, d.blog_id, d.subscription_id, more.n, \
             'sent', 1, d.queued_at, d.queued_at FROM (SELECT * FROM deliveries WHERE mailing_id IS NOT NULL \
             AND subscription_id IS NOT NULL AND status = 'sent' LIMIT 1) d CROSS JOIN more"
        ))
        .await;
    }

    /// Starts this version on it again and again, and kills it a little later
    /// each time, until it comes to its end. Answers how often it was killed.
    pub async fn upgrade_under_kills(&self) -> u32 {
        let place = tempfile::tempdir().unwrap();
        let url = match &self.place {
            Place::Folder(folder) => format!("sqlite://{}", folder.path().join("postbell.db").display()),
            Place::Postgres(own) => own.url.clone(),
        };
        for kills in 0.. {
            let mut command = process::command(place.path(), &["blog", "list"], &[("DATABASE__URL", &url)]);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let until = Instant::now() + KILLED_LATER * (kills + 1);
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break Some(status);
                }
                if Instant::now() >= until {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break None;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            };
            if let Some(status) = status {
                assert!(status.success(), "after {kills} kills: {status}");
                return kills;
            }
        }
        unreachable!("it ends")
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        self.raw.dump().await
    }

    /// Brings it to this version, as `postbell serve` does at its start, and
    /// opens it, when the leases of its past are over.
    pub async fn upgrade(self) -> Upgraded {
        self.upgrade_with(|_| {}).await
    }

    /// The same with a setup of one's own.
    pub async fn upgrade_with(self, change: impl FnOnce(&mut Setup)) -> Upgraded {
        drop(self.raw);
        match &self.place {
            Place::Folder(folder) => {
                let store = SqliteStore::open(&folder.path().join("postbell.db"), keys()).await.unwrap();
                store.migrate().await.unwrap();
                store.close().await;
            }
            Place::Postgres(own) => {
                let store = PostgresStore::open(&own.url, keys()).await.unwrap();
                store.migrate().await.unwrap();
                store.close().await;
            }
        }
        let links = self.links;
        let place = self.place;
        let server = TestServer::with(|setup| {
            setup.place = Some(place);
            setup.public_url = Some("https://post.example");
            setup.from = Some("Post <post@example.org>");
            change(setup);
        })
        .await;
        let left_at = Timestamp::from_millis(links["filled_at_ms"].as_i64().unwrap());
        server.clock.advance_ms(left_at.since_ms(NOW) + 6 * 60_000);
        server.opened.store.free_leases(None, server.clock.now()).await.unwrap();
        Upgraded { server, links }
    }
}

/// A database of an earlier version, opened by this one.
pub struct Upgraded {
    /// The entrance, on the upgraded database.
    pub server: TestServer,
    links: Value,
}

impl Upgraded {
    /// A link that a mail of then carried, as a path, or another value that is
    /// known of it.
    pub fn link(&self, name: &str) -> &str {
        self.links[name].as_str().unwrap_or_else(|| panic!("there is no link {name}"))
    }

    /// The number of a row that is known by name.
    pub fn number(&self, name: &str) -> i64 {
        self.links[name].as_i64().unwrap_or_else(|| panic!("there is no number {name}"))
    }
}
