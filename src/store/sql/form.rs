//! Which migrations a database has seen. Equal on both databases.

use super::{MIGRATIONS, SqlStore};
use crate::store::{Form, Result};

impl SqlStore {
    /// Compares the database with this program's migrations; changes nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn form(&self) -> Result<Form> {
        let done: std::result::Result<Vec<(i64, Vec<u8>, bool)>, sqlx::Error> =
            sqlx::query_as("SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version")
                .fetch_all(&self.reader)
                .await;
        let done = match done {
            Ok(done) => done,
            Err(error) if is_missing_table(&error) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let known: Vec<(i64, &[u8])> =
            MIGRATIONS.iter().map(|migration| (migration.version, &*migration.checksum)).collect();
        Ok(Form::of(&known, &done))
    }
}

/// `undefined_table` of PostgreSQL; SQLite has only words for it.
fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|fault| {
        fault.code().as_deref() == Some("42P01") || fault.message().starts_with("no such table")
    })
}
