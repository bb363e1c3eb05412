//! Allows one run at a time in a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Result, bad_input};

/// The file stays in the folder. The folder is locked while a process holds the lock on the file.
const FILE: &str = ".lock";

/// The right of this run to write to the folder. The system releases it when the process ends, also after a
/// kill.
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Releases the lock. Closing the file is not enough if a child process was just started and still has a
    /// copy of it.
    fn drop(&mut self) {
        // An error of the release has no remedy.
        let _ = self.0.unlock();
    }
}

/// Locks the folder.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) if another run holds the lock, or if the folder cannot be
/// written.
pub(super) fn acquire(folder: &Path) -> Result<Lock> {
    let shown = folder.display();
    let cannot = |error| bad_input(format!("--out: cannot write {shown}: {error}"));
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(FILE))
        .map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(bad_input(format!(
            "--out: another run is writing to {shown}; wait until it has ended, or choose another folder"
        ))),
        // Some file systems have no locks. A single run needs none.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(Lock(file)),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}
