//! Stores for tests: each database that the suite runs on has one opener.

use std::collections::BTreeMap;
use std::sync::Arc;

use postbell::domain::{
    Approval, Blog, BodyMode, ConsentKind, EmailAddress, Evidence, Frequency, Keys, MailingContent,
    SubscriptionId, SubscriptionStatus, Timestamp, sign_up_step,
};
use postbell::store::sqlite::SqliteStore;
use postbell::store::{Change, ImportRow, SignUp, SignUpLimits, SignedUp, Store, Transition};

/// When tests begin: 2027-01-15, 08:00 UTC.
pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A store of its own for one test.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    raw: sqlx::SqlitePool,
    _folder: Arc<tempfile::TempDir>,
}

/// Keys that are the same in each test.
pub fn keys() -> Keys {
    Keys::new(&[vec![7; 32]]).unwrap()
}

/// An empty SQLite store in a folder of its own.
pub async fn sqlite() -> Opened {
    sqlite_in(Arc::new(tempfile::tempdir().unwrap()), keys()).await
}

/// The SQLite store of this folder, which may be there already.
pub async fn sqlite_in(folder: Arc<tempfile::TempDir>, keys: Keys) -> Opened {
    let path = folder.path().join("postbell.db");
    let store = SqliteStore::open(&path, keys).await.unwrap();
    store.migrate().await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).foreign_keys(true);
    let raw = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    Opened { store: Arc::new(store), raw, _folder: folder }
}

/// Runs each case on each database: a second database is one more module here.
#[macro_export]
macro_rules! for_each_store {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case($crate::support::stores::sqlite().await).await;
            })+
        }
    };
}

impl Opened {
    /// One statement past the store, to look at or to break what no method shows.
    pub async fn raw(&self, statement: &str) -> Result<u64, sqlx::Error> {
        Ok(sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&self.raw).await?.rows_affected())
    }

    /// A number, past the store.
    pub async fn number(&self, query: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&self.raw).await.unwrap()
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .fetch_all(&self.raw)
                .await
                .unwrap();
        let mut dump = BTreeMap::new();
        for table in tables {
            let columns: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                "SELECT name FROM pragma_table_info('{table}')"
            )))
            .fetch_all(&self.raw)
            .await
            .unwrap();
            let quoted: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
            let rows = format!("SELECT {} FROM \"{table}\" ORDER BY 1", quoted.join(" || ', ' || "));
            let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(&self.raw).await.unwrap();
            dump.insert(table, rows);
        }
        dump
    }

    /// Adds a blog without posts.
    pub async fn blog(&self, slug: &str) -> Blog {
        self.store.add_blog(&new_blog(slug), &[], (None, None), NOW, NOW).await.unwrap()
    }

    /// Signs an address up, as a visitor would.
    pub async fn sign_up(&self, blog: &Blog, to: &str, now: Timestamp) -> SubscriptionId {
        match self.store.sign_up(&sign_up(blog, to, now), &sign_up_step, now).await.unwrap() {
            SignedUp::Accepted { subscription_id } => subscription_id,
            SignedUp::Limited { .. } => panic!("there is no limit"),
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
        network: "192.0.2.0/24".into(),
        expires_at: now.plus_ms(48 * postbell::domain::HOUR_MS),
        limits: SignUpLimits::default(),
    }
}

/// An address that is one.
pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A row of an import.
pub fn import_row(to: &str, status: SubscriptionStatus) -> ImportRow {
    ImportRow { address: address(to), status, at: None, source: "file.csv".into() }
}

/// What a mailing carries.
pub fn content(title: &str) -> MailingContent {
    MailingContent {
        title: title.into(),
        link: Some("https://blog.example/post".into()),
        author: None,
        published_at: Some(NOW),
        html: "<p>Hello</p>".into(),
        text: "Hello".into(),
        excerpt_html: "<p>Hello</p>".into(),
        excerpt_text: "Hello".into(),
        summary: "Hello".into(),
        image: None,
        minutes: 1,
        language: Some("en".into()),
    }
}
