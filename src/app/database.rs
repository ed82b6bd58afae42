//! Which database it is: the one place that knows both adapters.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::config::{Config, DatabaseUrl};
use crate::domain::Keys;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::{Lock, SqliteStore};
use crate::store::{Outbox as _, Store, StoreError};

/// What only one of the databases can.
#[derive(Clone)]
pub(crate) enum Database {
    /// A file that one process serves.
    Sqlite(SqliteStore, PathBuf),
    /// A server that many processes share.
    Postgres(PostgresStore),
}

/// Opens (and migrates) the database of this configuration.
pub(super) async fn open(config: &Config, keys: Keys) -> anyhow::Result<(Arc<dyn Store>, Database)> {
    const UNKNOWN: &str = "has a form that this version does not know; was it written by a newer one?";
    match &config.database {
        DatabaseUrl::Sqlite(path) => {
            let shown = path.display();
            let store = SqliteStore::open(path, keys).await.with_context(|| {
                format!("{shown} cannot be opened; check database.url and the folder's rights")
            })?;
            store.migrate().await.with_context(|| format!("{shown} {UNKNOWN}"))?;
            Ok((Arc::new(store.clone()), Database::Sqlite(store, path.clone())))
        }
        DatabaseUrl::Postgres(url) => {
            let store = PostgresStore::open(url.expose(), keys).await.with_context(|| {
                format!("{url} cannot be opened; check database.url, and that the server runs and has this database")
            })?;
            store.migrate().await.with_context(|| format!("{url} {UNKNOWN}"))?;
            Ok((Arc::new(store.clone()), Database::Postgres(store)))
        }
    }
}

/// How long the end waits for whoever is still at the database.
const CLOSE: Duration = Duration::from_secs(5);

impl Database {
    /// Leaves one whole file behind: what was noted is in its rows, and the
    /// log is in the file. Where another process has it open, that one does it.
    pub(crate) async fn close(&self) {
        let Self::Sqlite(store, _) = self else { return };
        let closing = async {
            if let Err(error) = store.apply_all_settlements("").await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what was sent last stays in the notes beside the database until it is opened again"
                );
            }
            store.close().await;
        };
        if tokio::time::timeout(CLOSE, closing).await.is_err() {
            tracing::warn!("the database is still in use; copy it only with what lies beside it");
        }
    }

    /// On SQLite one process serves a database; the lock holds while it is kept.
    pub(super) fn lock_serving(&self) -> anyhow::Result<Option<Lock>> {
        let Self::Sqlite(_, path) = self else { return Ok(None) };
        let lock = SqliteStore::lock_serving(path).map_err(|error| match error {
            // The cause alone says what to do.
            StoreError::Unavailable(cause) => anyhow::anyhow!("{} cannot be served: {cause}", path.display()),
            error => error.into(),
        })?;
        Ok(Some(lock))
    }
}
