//! Lists of readers from elsewhere: followers, and those who get no mail. The
//! judgement of a row is `domain::import`'s; here files are read and the store
//! is told, in commits of a bounded size.

mod addresses;
mod bytes;
mod followers;
mod look;
mod records;
mod report;
mod suppressions;

pub use bytes::LINE_MOST_BYTES;
pub use followers::{Confirm, Wish, import_followers};
pub use look::{Looked, look};
pub use records::RECORD_MOST_BYTES;
pub use report::{Counted, FileFacts, NAMED_LINES, Refused, Report, Section, Shown};
pub use suppressions::{Scope, SuppressionReport, SuppressionWish, import_suppressions};

use crate::domain::import::Stop;
use crate::store::StoreError;

/// Rows of one commit.
pub const BATCH: usize = 2_000;

/// Why an import ended before its last row.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    /// The file has to be changed, or a question answered. Nothing was written.
    #[error("the file cannot be imported as it is")]
    Stopped(Stop),
    /// The file cannot be read on.
    #[error("the file cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// The database failed; the same import again goes on from there.
    #[error("{taken} were taken before this; the same import again goes on from there")]
    Store {
        /// Rows taken before.
        taken: u64,
        /// Why.
        #[source]
        source: StoreError,
    },
}

impl From<std::io::Error> for ImportFault {
    fn from(error: std::io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl From<Stop> for ImportFault {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}
