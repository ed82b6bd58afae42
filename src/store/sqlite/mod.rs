//! The SQLite adapter: one writer, several readers, one file a trait.
//!
//! A write transaction begins with `BEGIN IMMEDIATE` on the only connection
//! that writes: one that reads first and upgrades later would fail as
//! "locked" whatever the busy timeout. Readers never wait for it (WAL).

mod dialect;
mod import_rows;
mod journal;
mod lock;
mod look;
mod outbox;

#[path = "../sql/mod.rs"]
mod sql;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Executor as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use journal::Journal;
pub use lock::Lock;
pub use look::Soundness;

use super::errors;
use super::{Result, StoreError};
use crate::domain::Keys;

// What the shared files call these.
use SqliteStore as SqlStore;
type Tx = Transaction<'static, Sqlite>;
type Connection = SqliteConnection;

/// What brings a database to this version's form.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for another process's lock on the file.
const BUSY: Duration = Duration::from_secs(5);
/// How long a call waits for a connection of ours.
const ACQUIRE: Duration = Duration::from_secs(20);
/// Connections that read.
const READERS: u32 = 4;

/// A store in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    reader: SqlitePool,
    keys: Keys,
    journal: Arc<Journal>,
}

impl SqliteStore {
    /// Opens the database file, and makes it and its folder when there is
    /// none. The schema is the business of [`SqliteStore::migrate`].
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be made, read or written.
    pub async fn open(path: &Path, keys: Keys) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|fault| StoreError::Unavailable(Box::new(fault)))?;
        }
        make_private(path).map_err(|fault| StoreError::Unavailable(Box::new(fault)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A 2xx is given only after the commit is on the disk (R4).
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("journal_size_limit", "67108864")
            // Checkpoints come seldom: pages that change often are copied once.
            .pragma("wal_autocheckpoint", "8192")
            .pragma("cache_size", "-16000")
            // Who is erased leaves no bytes in pages that were freed.
            .pragma("secure_delete", "ON");
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(ACQUIRE)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let writer = pool()
            .max_connections(1)
            // On a full disk SQLite takes a transaction back by itself, and the
            // driver's own rollback then fails: the connection would say
            // "in a transaction" for ever, with space or without (R10).
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        // Connected when it is first needed: a connection that was there before a
        // migration keeps the schema that it saw, and fails at a row of more columns.
        let reader = pool()
            .max_connections(READERS)
            .connect_lazy_with(options.pragma("query_only", "ON").pragma("cache_size", "-4000"));
        Ok(Self { writer, reader, keys, journal: Arc::new(Journal::beside(path)) })
    }

    /// The same as on a disk on which each note takes so much longer: for
    /// tests of what must hold there.
    #[must_use]
    pub fn with_slow_notes(self, path: &Path, by: Duration) -> Self {
        Self { journal: Arc::new(Journal::beside(path).slower(by)), ..self }
    }

    /// Brings the schema to the version of this program. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    /// `Broken` when the database was made by a newer version, or is not ours.
    pub async fn migrate(&self) -> Result<()> {
        MIGRATIONS.run(&self.writer).await.map_err(errors::of_migration)
    }

    /// Ends all connections; the write-ahead log goes into the file, and is
    /// empty then. What another process still reads of it stays for that one
    /// to write.
    pub async fn close(&self) {
        self.reader.close().await;
        if let Ok(mut writer) = self.writer.acquire().await {
            // Not waiting for others: whoever closes last does it again.
            for sql in ["PRAGMA busy_timeout = 200", "PRAGMA wal_checkpoint(TRUNCATE)"] {
                if let Err(fault) = writer.execute(sql).await {
                    tracing::debug!(
                        error = &fault as &dyn std::error::Error,
                        "the log stays beside the database"
                    );
                }
            }
        }
        self.writer.close().await;
    }

    /// Takes the lock that lets one process serve a database, until the
    /// answer is dropped or the process ends, however it ends.
    ///
    /// # Errors
    /// `Unavailable` when another process holds it.
    pub fn lock_serving(path: &Path) -> Result<Lock> {
        Lock::beside(path)
    }

    /// Who sends is in this process, and is told by it.
    #[expect(clippy::unused_self, reason = "the other database tells other processes")]
    fn hint(&self) {}

    /// Begins a transaction that writes.
    async fn write(&self) -> Result<Tx> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Makes the file when there is none, readable by its owner alone: it holds
/// addresses. What SQLite puts beside it has the same rights.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(fault) if fault.kind() != std::io::ErrorKind::AlreadyExists => Err(fault),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_migration_adds_is_read_by_connections_that_were_opened_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let open = || SqliteStore::open(&path, Keys::new(&[vec![7; 32]]).unwrap());
        open().await.unwrap().migrate().await.unwrap();
        let store = open().await.unwrap();
        for sql in ["INSERT INTO limits VALUES ('a', 0, 1)", "ALTER TABLE limits ADD COLUMN later TEXT"] {
            store.writer.execute(sql).await.unwrap();
        }
        let rows = sqlx::query("SELECT * FROM limits").fetch_all(&store.reader).await.unwrap();
        assert_eq!(rows.len(), 1);
    }
}
