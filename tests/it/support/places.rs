//! Where the store of one test is, and looking at it past the store: a folder
//! with a SQLite file, or a database of the PostgreSQL that the run has.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use postbell::store::postgres::PostgresStore;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, SqlitePool};
use tokio::sync::OnceCell;

use super::stores::{DATABASE, Database, keys};

/// Where a store is. It is gone with the last copy of this.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a folder.
    Folder(Arc<tempfile::TempDir>),
    /// In a database of its own.
    Postgres(Arc<OwnDatabase>),
}

/// A database that is dropped with this.
#[derive(Debug)]
pub struct OwnDatabase {
    /// Its URL.
    pub url: String,
    name: String,
}

impl Place {
    /// An empty one in the database that this test runs on, which is SQLite
    /// unless it says otherwise; on PostgreSQL the tables are there.
    pub async fn new() -> Self {
        match DATABASE.try_with(|database| *database).unwrap_or(Database::Sqlite) {
            Database::Sqlite => Self::Folder(Arc::new(tempfile::tempdir().unwrap())),
            Database::Postgres => Self::Postgres(Arc::new(OwnDatabase::migrated().await)),
        }
    }
}

impl Place {
    /// A copy of it as it is now, as a backup is; nobody may be at it.
    pub async fn copied(&self) -> Self {
        match self {
            Self::Folder(folder) => {
                let copy = tempfile::tempdir().unwrap();
                for file in std::fs::read_dir(folder.path()).unwrap() {
                    let file = file.unwrap();
                    std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
                }
                Self::Folder(Arc::new(copy))
            }
            Self::Postgres(own) => {
                let end = format!(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'",
                    own.name
                );
                tell(end).await.unwrap();
                Self::Postgres(Arc::new(OwnDatabase::copy_of(&own.name).await))
            }
        }
    }
}

/// The cluster of this run.
fn cluster() -> String {
    std::env::var("POSTBELL_POSTGRES_URL").expect(
        "these tests need PostgreSQL: run scripts/test, or `scripts/pg --no-fsync run cargo test`, \
         which set POSTBELL_POSTGRES_URL",
    )
}

fn url_of(name: &str) -> String {
    let mut url = url::Url::parse(&cluster()).expect("POSTBELL_POSTGRES_URL is a URL");
    url.set_path(name);
    url.into()
}

/// One statement on the cluster's own database.
async fn tell(statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&cluster()).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await
}

impl OwnDatabase {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An empty one without tables.
    pub async fn bare() -> Self {
        Self::copy_of("template0").await
    }

    /// One with our tables: migrated once in a run, then copied.
    async fn migrated() -> Self {
        static TEMPLATE: OnceCell<OwnDatabase> = OnceCell::const_new();
        let make = async || {
            let template = Self::bare().await;
            let store = PostgresStore::open(&template.url, keys()).await.unwrap();
            store.migrate().await.unwrap();
            store.close().await;
            template
        };
        Self::copy_of(&TEMPLATE.get_or_init(make).await.name).await
    }

    async fn copy_of(template: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        tell(format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
        Self { url: url_of(&name), name }
    }
}

impl Drop for OwnDatabase {
    /// On a thread of its own, because a drop cannot wait for another task.
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(tell(statement))
        });
        // The cluster may be gone before its databases are.
        let _ = dropping.join();
    }
}

/// A connection past the store.
pub enum Raw {
    /// To a file.
    Sqlite(SqlitePool),
    /// To a server.
    Postgres(PgPool),
}

impl Raw {
    /// To this database.
    pub async fn postgres(own: &OwnDatabase) -> Self {
        Self::Postgres(PgPoolOptions::new().max_connections(1).connect(&own.url).await.unwrap())
    }

    /// To this file; it does not wait for others.
    pub async fn file(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::ZERO);
        Self::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap())
    }

    /// Lets each such write to a table go on for ever; whoever makes it has to be killed.
    pub async fn stall(&self, write: &str, table: &str) {
        let statements = match self {
            // What a trigger may not say itself, a view says for it.
            Self::Sqlite(_) => [
                "CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                 SELECT i FROM n WHERE i < 0"
                    .to_owned(),
                format!(
                    "CREATE TRIGGER stalled BEFORE {write} ON {table} BEGIN SELECT COUNT(*) FROM endless; END"
                ),
            ],
            Self::Postgres(_) => [
                "CREATE FUNCTION stalled() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN PERFORM pg_sleep(3600); RETURN NULL; END $$"
                    .to_owned(),
                format!(
                    "CREATE TRIGGER stalled BEFORE {write} ON {table} FOR EACH ROW EXECUTE FUNCTION stalled()"
                ),
            ],
        };
        for statement in statements {
            self.tell(statement).await;
        }
    }

    /// Whether somebody is at such a write.
    pub async fn is_stalled(&self) -> bool {
        match self {
            Self::Sqlite(pool) => {
                let is_held = sqlx::query("BEGIN IMMEDIATE").execute(pool).await.is_err();
                if !is_held {
                    self.tell("ROLLBACK".to_owned()).await;
                }
                is_held
            }
            Self::Postgres(_) => {
                let asleep = "SELECT pid::text FROM pg_stat_activity \
                              WHERE datname = current_database() AND wait_event = 'PgSleep'";
                !self.texts(asleep.to_owned()).await.is_empty()
            }
        }
    }

    /// Such writes end again.
    pub async fn go_on(&self, table: &str) {
        let statements = match self {
            Self::Sqlite(_) => ["DROP TRIGGER stalled".to_owned(), "DROP VIEW endless".to_owned()],
            Self::Postgres(_) => {
                [format!("DROP TRIGGER stalled ON {table}"), "DROP FUNCTION stalled".to_owned()]
            }
        };
        for statement in statements {
            self.tell(statement).await;
        }
    }

    /// A number.
    pub async fn count(&self, of: &str) -> usize {
        let numbers = self.texts(format!("SELECT CAST(COUNT(*) AS TEXT) FROM {of}")).await;
        numbers[0].parse().unwrap()
    }

    /// The first column of what a query answers, as text.
    pub async fn texts(&self, query: String) -> Vec<String> {
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(pool).await.unwrap(),
        }
    }

    /// One statement.
    pub async fn tell(&self, statement: String) {
        let statement = AssertSqlSafe(statement);
        match self {
            Self::Sqlite(pool) => drop(sqlx::query(statement).execute(pool).await.unwrap()),
            Self::Postgres(pool) => drop(sqlx::query(statement).execute(pool).await.unwrap()),
        }
    }

    /// The names of all tables.
    pub async fn tables(&self) -> Vec<String> {
        let tables = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
            Self::Postgres(_) => {
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
            }
        };
        self.texts(tables.to_owned()).await
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        let mut dump = BTreeMap::new();
        for table in self.tables().await {
            let rows = match self {
                Self::Postgres(_) => format!("SELECT \"{table}\"::text FROM \"{table}\" ORDER BY 1"),
                Self::Sqlite(_) => {
                    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
                    let columns = self.texts(columns).await;
                    let quoted: Vec<String> =
                        columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
                    format!("SELECT {} FROM \"{table}\" ORDER BY 1", quoted.join(" || ', ' || "))
                }
            };
            dump.insert(table.clone(), self.texts(rows).await);
        }
        dump
    }

    /// Statements that let every write to a table fail, or no longer.
    pub fn refusal(&self, table: &str, is_refused: bool) -> Vec<String> {
        let each = |spell: &dyn Fn(&str) -> String| ["INSERT", "UPDATE"].map(spell).to_vec();
        match (self, is_refused) {
            (Self::Sqlite(_), true) => each(&|write| {
                format!(
                    "CREATE TRIGGER full_{table}_{write} BEFORE {write} ON {table} \
                     BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
                )
            }),
            (Self::Sqlite(_), false) => each(&|write| format!("DROP TRIGGER full_{table}_{write}")),
            (Self::Postgres(_), true) => vec![
                format!(
                    "CREATE FUNCTION full_{table}() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'the disk is full'; END $$"
                ),
                format!(
                    "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} \
                     FOR EACH ROW EXECUTE FUNCTION full_{table}()"
                ),
            ],
            (Self::Postgres(_), false) => {
                vec![format!("DROP TRIGGER full_disk ON {table}"), format!("DROP FUNCTION full_{table}")]
            }
        }
    }
}
