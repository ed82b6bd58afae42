//! The lock file by which one process serves one SQLite database.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::store::{Result, StoreError};

/// Held while a process serves a database; the system frees it when the
/// process ends, also by SIGKILL. The file itself stays.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

#[derive(Debug, thiserror::Error)]
#[error("another process serves this database already; stop it first")]
struct ServedAlready;

impl Lock {
    /// Locks `<path>.lock`.
    pub(super) fn beside(path: &Path) -> Result<Self> {
        let unavailable = |fault: std::io::Error| StoreError::Unavailable(Box::new(fault));
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(unavailable)?;
        }
        let file =
            File::options().create(true).truncate(false).write(true).open(&name).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(Box::new(ServedAlready))),
            Err(TryLockError::Error(fault)) => Err(unavailable(fault)),
        }
    }
}
