//! What may be done about a store that fails.

/// Why a store method failed, told as what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The name is taken (a blog's slug); choose another.
    #[error("{0} is taken already")]
    Taken(String),
    /// There is no such row (any more).
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The database cannot be reached or written now: disk full, read-only,
    /// locked, connection lost. Nothing of the call was kept; try again later.
    #[error("the database does not take this now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row holds what no version of this program writes.
    #[error("the database holds a damaged row: {table}.{column} of row {row}")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// Which value.
        column: &'static str,
        /// Which row.
        row: i64,
    },
    /// A statement is wrong or the schema is not ours: a defect, or
    /// `postbell migrate` was not run.
    #[error("the database refused a statement")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}
