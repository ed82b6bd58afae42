//! Looking at a database file without changing it, also while it is served.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::{ACQUIRE, BUSY, Journal, SqliteStore};
use crate::domain::Keys;
use crate::store::Result;

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 20_000;
/// SQLITE_INTERRUPT (sqlite.org/rescode.html).
const INTERRUPTED: &str = "9";

/// Whether the file holds what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soundness {
    /// Nothing is wrong with it.
    Sound,
    /// SQLite's own words.
    Damaged(String),
    /// Nothing was found in the time that there was.
    Unfinished,
}

impl SqliteStore {
    /// Opens a file that is there, for reading only. Every method that writes
    /// fails.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be read, `Broken` when it is no database.
    pub async fn look(path: &Path, keys: Keys) -> Result<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // Without a write-ahead log nobody has it open, and SQLite would make
        // one even for who only reads, and could not take it away again.
        let is_at_rest = !Path::new(&log).exists();
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .read_only(true)
            .immutable(is_at_rest)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new().max_connections(2).acquire_timeout(ACQUIRE);
        let pool = pool.connect_with(options).await?;
        Ok(Self { writer: pool.clone(), reader: pool, keys, journal: Arc::new(Journal::beside(path)) })
    }

    /// SQLite's `quick_check`, for at most so long.
    ///
    /// # Errors
    /// The store's.
    pub async fn soundness(&self, within: Duration) -> Result<Soundness> {
        let mut connection = self.reader.acquire().await?;
        let deadline = Instant::now() + within;
        connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < deadline);
        let said: std::result::Result<String, sqlx::Error> =
            sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await;
        connection.lock_handle().await?.remove_progress_handler();
        match said {
            Ok(said) if said == "ok" => Ok(Soundness::Sound),
            Ok(said) => Ok(Soundness::Damaged(said)),
            Err(error) => match error.as_database_error() {
                Some(fault) if fault.code().as_deref() == Some(INTERRUPTED) => Ok(Soundness::Unfinished),
                // SQLITE_CORRUPT and SQLITE_NOTADB are what it was looking for.
                Some(fault) if matches!(fault.code().as_deref(), Some("11" | "26")) => {
                    Ok(Soundness::Damaged(fault.message().to_owned()))
                }
                _ => Err(error.into()),
            },
        }
    }
}
