//! Files that one process has for itself: the lock file by which it serves a
//! SQLite database, and the notes beside that.

use std::fs::{File, TryLockError};
use std::ops::{Deref, DerefMut};
use std::path::Path;

use crate::store::{Result, StoreError};

/// A file and its lock, which goes with it.
#[derive(Debug)]
pub(super) struct LockedFile(File);

impl LockedFile {
    /// Locks a file, not waiting for who has it.
    pub(super) fn new(file: File) -> std::result::Result<Self, TryLockError> {
        file.try_lock()?;
        Ok(Self(file))
    }
}

impl Deref for LockedFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for LockedFile {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

impl Drop for LockedFile {
    /// Closing is not enough: the lock belongs to all copies of the handle,
    /// and a program that is being started has one until it runs.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Held while a process serves a database; the system frees it when the
/// process ends, also by SIGKILL. The file itself stays.
#[derive(Debug)]
pub struct Lock {
    _file: LockedFile,
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
        match LockedFile::new(file) {
            Ok(file) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(Box::new(ServedAlready))),
            Err(TryLockError::Error(fault)) => Err(unavailable(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a child has between fork and exec is a copy of the handle.
    #[test]
    fn a_lock_that_is_given_up_is_free_though_a_child_has_the_handle_still() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::options().create(true).append(true).open(folder.path().join("it")).unwrap();
        let first = LockedFile::new(open()).unwrap();
        let of_a_child = first.try_clone().unwrap();
        assert!(LockedFile::new(open()).is_err());
        drop(first);
        assert!(LockedFile::new(open()).is_ok());
        drop(of_a_child);
    }
}
