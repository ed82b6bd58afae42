//! What the driver's errors mean to a caller.

use sqlx::error::{Error, ErrorKind};
use sqlx::migrate::MigrateError;

use crate::store::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        if is_passing(&error) {
            return Self::Unavailable(Box::new(error));
        }
        match &error {
            Error::Database(fault) if fault.kind() == ErrorKind::ForeignKeyViolation => {
                Self::Missing("blog, mailing or subscription")
            }
            _ => Self::Broken(Box::new(error)),
        }
    }
}

/// As [`From`], but a value that must be unique is one that is taken.
pub(super) fn taken(name: &str) -> impl FnOnce(Error) -> StoreError {
    move |error| match &error {
        Error::Database(fault) if fault.is_unique_violation() => StoreError::Taken(name.to_owned()),
        _ => error.into(),
    }
}

/// What stopped a migration.
pub(super) fn of_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(fault) | MigrateError::ExecuteMigration(fault, _) if is_passing(&fault) => {
            StoreError::Unavailable(Box::new(fault))
        }
        other => StoreError::Broken(Box::new(other)),
    }
}

/// Whether the same call may succeed later.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        // The low byte is the primary result code (sqlite.org/rescode.html):
        // PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
        Error::Database(fault) => fault
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| matches!(code & 0xff, 3 | 5 | 6 | 7 | 8 | 9 | 10 | 13 | 14 | 15)),
        _ => false,
    }
}
