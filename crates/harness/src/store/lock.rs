//! One run at a time in a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Result, bad_input};

/// It stays in the folder; what counts is whether a process holds the lock on it.
const FILE: &str = ".lock";

/// The folder belongs to this run. The system takes the lock back when the process ends, also by a kill.
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Closing the file would do, but for a process that was just started and has not closed its copy yet.
    fn drop(&mut self) {
        // There is nothing to do about a lock that cannot be given back.
        let _ = self.0.unlock();
    }
}

/// Locks the folder.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) if another run holds the lock, or the folder cannot be written.
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
        // Some file systems have no locks; a run alone needs none.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(Lock(file)),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}
