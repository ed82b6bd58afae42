//! What the driver's errors mean to a caller.

use sqlx::error::{DatabaseError, Error, ErrorKind};
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;

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
pub(in crate::store) fn taken(name: &str) -> impl FnOnce(Error) -> StoreError {
    move |error| match &error {
        Error::Database(fault) if fault.is_unique_violation() => StoreError::Taken(name.to_owned()),
        _ => error.into(),
    }
}

/// What stopped a migration.
pub(in crate::store) fn of_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(fault) | MigrateError::ExecuteMigration(fault, _) if is_passing(&fault) => {
            StoreError::Unavailable(Box::new(fault))
        }
        other => StoreError::Broken(Box::new(other)),
    }
}

/// Whether the database gave this transaction up for another one's sake.
pub(in crate::store) fn is_conflict(error: &StoreError) -> bool {
    let (StoreError::Unavailable(cause) | StoreError::Broken(cause)) = error else { return false };
    match cause.downcast_ref::<Error>() {
        // serialization_failure, deadlock_detected, unique_violation: two write
        // one person at once, and ON CONFLICT watches one of his two unique
        // columns. SQLite's one writer has none of them.
        Some(Error::Database(fault)) => {
            matches!(fault.code().as_deref(), Some("40001" | "40P01" | "23505"))
        }
        _ => false,
    }
}

/// Whether the same call may succeed later.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        Error::Database(fault) if fault.try_downcast_ref::<PgDatabaseError>().is_some() => {
            is_passing_on_postgres(fault.as_ref())
        }
        Error::Database(fault) => is_passing_on_sqlite(fault.as_ref()),
        _ => false,
    }
}

/// The low byte is the primary result code (sqlite.org/rescode.html): PERM,
/// BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
fn is_passing_on_sqlite(fault: &dyn DatabaseError) -> bool {
    fault
        .code()
        .and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 3 | 5 | 6 | 7 | 8 | 9 | 10 | 13 | 14 | 15))
}

/// By class (PostgreSQL's appendix A): connection, who may connect, no such
/// database, transaction given up, out of disk, memory or connections, stopped
/// by the operator, input and output. Beside these a database that may only be
/// read, a lock not had in time, and a connection that was ended because it
/// stood still inside a transaction.
fn is_passing_on_postgres(fault: &dyn DatabaseError) -> bool {
    let code = fault.code().unwrap_or_default();
    matches!(code.get(..2), Some("08" | "28" | "3D" | "40" | "53" | "57" | "58"))
        || matches!(code.as_ref(), "25006" | "55P03" | "25P03")
}
