//! `rivals.json`, and the check that the folder can be written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::results::Results;
use crate::error::bad_input;

/// Makes the folder and a file in it, so that a minute of work is not lost at the end.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) with the folder and the reason.
pub(super) fn check_writable(folder: &Path) -> anyhow::Result<()> {
    let probe = folder.join(".rivals.probe");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, []))
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|error| bad_input(format!("--out: cannot write {}: {error}", folder.display())))
}

/// Writes `rivals.json`, in which a number that is not finite is null, and returns its path.
///
/// # Errors
/// What the file system reports.
pub(super) fn write_json(folder: &Path, results: &Results) -> anyhow::Result<PathBuf> {
    let path = folder.join("rivals.json");
    let mut text = serde_json::to_string(results).context("cannot write JSON")?;
    text.push('\n');
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
