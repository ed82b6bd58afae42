//! Stores for tests: each database that the suite runs on has one opener.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postbell::domain::{
    Approval, Blog, BodyMode, Change, ConsentKind, EmailAddress, Evidence, Flow, Frequency, Keys,
    MailingContent, MailingId, SubscriptionId, SubscriptionStatus, Timestamp, Transition, sign_up_step,
};
use postbell::store::postgres::PostgresStore;
use postbell::store::sqlite::SqliteStore;
use postbell::store::{ImportRow, SignUp, SignUpLimits, SignedUp, Store};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

pub use super::places::Place;
use super::places::Raw;

/// When tests begin: 2027-01-15, 08:00 UTC.
pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A store of its own for one test.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    raw: Raw,
    /// Where it is, where that has a URL.
    pub place: Place,
}

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A database of the run's cluster.
    Postgres,
}

tokio::task_local! {
    /// What [`here`] opens: `for_each_store!` and `for_each_database!` set it.
    pub static DATABASE: Database;
}

/// Keys that are the same in each test.
pub fn keys() -> Keys {
    Keys::new(&[vec![7; 32]]).unwrap()
}

/// The file of notes beside the database.
const NOTES: &str = "postbell.db-notes";

/// An empty SQLite store on a disk on which each note takes so long.
pub async fn on_a_slow_disk(each_note: Duration) -> Opened {
    let opened = here().await;
    let Place::Folder(folder) = &opened.place else { panic!("it is not a file") };
    let path = folder.path().join("postbell.db");
    let store = SqliteStore::open(&path, keys()).await.unwrap().with_slow_notes(&path, each_note);
    Opened { store: Arc::new(store), ..opened }
}

/// An empty store in the database that this test runs on.
pub async fn here() -> Opened {
    open(Place::new().await, keys()).await
}

/// The store of this place, which may be there already.
pub async fn open(place: Place, keys: Keys) -> Opened {
    let (store, raw): (Arc<dyn Store>, Raw) = match &place {
        Place::Folder(folder) => {
            let path = folder.path().join("postbell.db");
            let store = SqliteStore::open(&path, keys).await.unwrap();
            store.migrate().await.unwrap();
            let options = SqliteConnectOptions::new().filename(&path).foreign_keys(true);
            let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
            (Arc::new(store), Raw::Sqlite(pool))
        }
        Place::Postgres(own) => {
            let store = PostgresStore::open(&own.url, keys).await.unwrap();
            (Arc::new(store), Raw::postgres(own).await)
        }
    };
    Opened { store, raw, place }
}

/// Runs each case on each database, on an empty store of its own.
#[macro_export]
macro_rules! for_each_store {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                use $crate::support::stores::{DATABASE, Database, here};
                DATABASE.scope(Database::Sqlite, async { super::$case(here().await).await }).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                use $crate::support::stores::{DATABASE, Database, here};
                DATABASE.scope(Database::Postgres, async { super::$case(here().await).await }).await;
            })+
        }
    };
}

/// Runs each case on each database; what it opens by `here`, or by a server or
/// a rig, is there.
#[macro_export]
macro_rules! for_each_database {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                use $crate::support::stores::{DATABASE, Database};
                DATABASE.scope(Database::Sqlite, super::$case()).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                use $crate::support::stores::{DATABASE, Database};
                DATABASE.scope(Database::Postgres, super::$case()).await;
            })+
        }
    };
}

impl Opened {
    /// One statement past the store, to look at or to break what no method shows.
    pub async fn raw(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match &self.raw {
            Raw::Sqlite(pool) => Ok(sqlx::query(statement).execute(pool).await?.rows_affected()),
            Raw::Postgres(pool) => Ok(sqlx::query(statement).execute(pool).await?.rows_affected()),
        }
    }

    /// A number, past the store.
    pub async fn number(&self, query: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        match &self.raw {
            Raw::Sqlite(pool) => sqlx::query_scalar(query).fetch_one(pool).await.unwrap(),
            Raw::Postgres(pool) => sqlx::query_scalar(query).fetch_one(pool).await.unwrap(),
        }
    }

    /// Texts, past the store.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        self.raw.texts(query.to_owned()).await
    }

    /// How the database would run a statement whose values it does not know yet.
    pub async fn plan(&self, statement: &str) -> String {
        let text = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        match &self.raw {
            Raw::Sqlite(pool) => {
                let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(text).fetch_all(pool).await.unwrap();
                rows.into_iter().map(|row| row.3 + "\n").collect()
            }
            Raw::Postgres(_) => {
                self.raw("SET plan_cache_mode = force_generic_plan").await.unwrap();
                self.raw(&format!("PREPARE looked_at AS {statement}")).await.unwrap();
                let values = ["NULL"; 9];
                let asked = (1..=9).filter(|n| statement.contains(&format!("${n}"))).count();
                let values = values[..asked].join(", ");
                let plan = self.raw.texts(format!("EXPLAIN EXECUTE looked_at ({values})")).await;
                self.raw("DEALLOCATE looked_at").await.unwrap();
                plan.join("\n")
            }
        }
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        self.raw.dump().await
    }

    /// Lets every write to this table fail, as a full disk does, or no longer.
    pub async fn refuse_writes(&self, table: &str, is_refused: bool) {
        if let (Place::Folder(folder), "notes") = (&self.place, table) {
            return self.refuse_notes(&folder.path().join(NOTES), is_refused).await;
        }
        // Of deliveries there are two tables.
        let tables = if table == "deliveries" { vec!["singles", "blocks"] } else { vec![table] };
        for statement in tables.iter().flat_map(|table| self.raw.refusal(table, is_refused)) {
            self.raw(&statement).await.unwrap();
        }
    }

    /// On SQLite notes are a file: that of a full disk takes its place once
    /// there is nothing in it.
    async fn refuse_notes(&self, path: &Path, is_refused: bool) {
        if !is_refused {
            return std::fs::remove_file(path).unwrap();
        }
        loop {
            // What is being written now is noted first.
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.store.apply_all_settlements("").await.unwrap();
            if std::fs::metadata(path).map_or(0, |notes| notes.len()) == 0 {
                break;
            }
        }
        let full = path.with_extension("full");
        std::os::unix::fs::symlink("/dev/full", &full).unwrap();
        std::fs::rename(&full, path).unwrap();
    }

    /// How many mails are noted as sent and still queued in their rows.
    pub async fn noted(&self) -> i64 {
        let Place::Folder(folder) = &self.place else {
            return self.number(NOTED_AS_SENT).await;
        };
        let notes = std::fs::read_to_string(folder.path().join(NOTES)).unwrap_or_default();
        let sent = notes.lines().filter(|fact| fact.contains(",\"sent\","));
        let ids: Vec<&str> = sent.map(|fact| fact[1..].split(',').next().unwrap()).collect();
        self.number(&format!(
            "SELECT COUNT(*) FROM deliveries WHERE status = 'queued' AND id IN ({})",
            ids.join(",")
        ))
        .await
    }

    /// Gives each delivery a row of its own, as versions before the blocks did.
    pub async fn write_singly(&self) {
        let columns = "id, kind, priority, mailing_id, blog_id, subscription_id, copy, status, attempts, queued_at, \
            next_attempt_at, settled_at, lease_owner, code, enhanced, text, reason, is_hard";
        for statement in [
            format!("INSERT INTO singles ({columns}) SELECT {columns} FROM placed"),
            "DELETE FROM blocks".to_owned(),
        ] {
            self.raw(&statement).await.unwrap();
        }
    }

    /// Takes a delivery out of its block, as if the fan-out had passed its reader.
    pub async fn lose_delivery(&self, mailing: MailingId, subscription: SubscriptionId) {
        let blocks = format!(
            "SELECT CAST(id AS TEXT) || '|' || readers || '|' || states FROM blocks \
             WHERE mailing_id = {mailing} AND first_subscription_id <= {0} AND last_subscription_id >= {0}",
            subscription.0
        );
        let block = self.texts(&blocks).await.remove(0);
        let parts: Vec<&str> = block.split('|').collect();
        let mut readers: Vec<String> = parts[1].split(',').map(str::to_owned).collect();
        let place = readers.iter().position(|id| *id == subscription.0.to_string()).unwrap();
        let mut states = parts[2].to_owned();
        states.replace_range(place..=place, "x");
        readers[place] = "0".into();
        let (readers, open) = (readers.join(","), states.matches('q').count());
        let lost = format!(
            "UPDATE blocks SET readers = '{readers}', states = '{states}', open = {open} WHERE id = {}",
            parts[0]
        );
        assert_eq!(self.raw(&lost).await.unwrap(), 1);
    }

    /// Adds a blog without posts.
    pub async fn blog(&self, slug: &str) -> Blog {
        self.store.add_blog(&new_blog(slug), &[], (None, None), NOW, NOW).await.unwrap()
    }

    /// Signs an address up, as a visitor would.
    pub async fn sign_up(&self, blog: &Blog, to: &str, now: Timestamp) -> SubscriptionId {
        match self.store.sign_up(&sign_up(blog, to, now), &sign_up_step, now).await.unwrap() {
            SignedUp::Accepted { subscription_id, .. } => subscription_id,
            limited => panic!("there is no limit: {limited:?}"),
        }
    }

    /// Makes an active subscription, as a confirmation would.
    pub async fn follow(&self, blog: &Blog, to: &str, now: Timestamp) -> SubscriptionId {
        let id = self.sign_up(blog, to, now).await;
        self.change(id, Change::Activate, now).await;
        id
    }

    /// Changes a subscription without a mail.
    pub async fn change(&self, id: SubscriptionId, change: Change, now: Timestamp) {
        let consent = match change {
            Change::Activate => ConsentKind::Confirmed,
            Change::End => ConsentKind::Left,
            Change::Undo => ConsentKind::Undone,
            Change::Pause(_) => ConsentKind::Paused,
            Change::Resume => ConsentKind::Resumed,
        };
        let transition = Transition { change, consent, mail: None };
        let done = self.store.transition(id, &|_| Some(transition), &Evidence::default(), now).await.unwrap();
        assert!(done.is_some());
    }
}

/// A blog to add.
pub fn new_blog(slug: &str) -> postbell::domain::NewBlog {
    postbell::domain::NewBlog {
        slug: slug.parse().unwrap(),
        title: format!("The {slug}"),
        description: String::new(),
        home_url: format!("https://{slug}.example/"),
        feed_url: format!("https://{slug}.example/feed"),
        mail_from: None,
        reply_to: None,
        owner: Some(address("owner@example.org")),
        origins: vec![format!("https://{slug}.example")],
        body: BodyMode::Full,
        approve: Approval::Auto,
        accent: "#336699".into(),
        time_zone: None,
    }
}

/// A sign-up without limits.
pub fn sign_up(blog: &Blog, to: &str, now: Timestamp) -> SignUp {
    SignUp {
        blog_id: blog.id,
        address: address(to),
        frequency: Frequency::Instant,
        evidence: Evidence {
            ip: Some("192.0.2.7".into()),
            user_agent: Some("Browser".into()),
            source: Some("sidebar".into()),
        },
        flow: Flow::SignUp,
        is_hosted: false,
        expires_at: now.plus_ms(48 * postbell::domain::HOUR_MS),
        limits: SignUpLimits::default(),
        kind: ConsentKind::Requested,
    }
}

/// An address that is one.
pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A row of an import.
pub fn import_row(to: &str, status: SubscriptionStatus) -> ImportRow {
    ImportRow {
        address: address(to),
        status,
        is_paused: false,
        gone: None,
        at: None,
        source: "file.csv".into(),
    }
}

/// What a mailing carries.
pub fn content(title: &str) -> MailingContent {
    MailingContent {
        correction: None,
        title: title.into(),
        link: Some("https://blog.example/post".into()),
        author: None,
        published_at: Some(NOW),
        zone_minutes: None,
        html: "<p>Hello</p>".into(),
        text: "Hello".into(),
        is_cut: false,
        excerpt_html: "<p>Hello</p>".into(),
        excerpt_text: "Hello".into(),
        summary: "Hello".into(),
        image: None,
        minutes: 1,
        language: Some("en".into()),
        comments_url: None,
    }
}

/// On PostgreSQL a row is all that ended together.
pub const NOTED_AS_SENT: &str =
    "SELECT COUNT(*) FROM notes, jsonb_array_elements(facts::jsonb) AS fact WHERE fact ->> 3 = 'sent'";
