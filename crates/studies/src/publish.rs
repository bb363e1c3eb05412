//! Files and pages that a command writes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use leastwise_harness::machine::{Build, Machine};
use leastwise_report::{Document, Error, Provenance, markers};

use crate::error::bad_input;

/// Checks that the page of a flag can be read and has the markers of each name.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag.
pub(crate) fn check_page(flag: &str, page: &Path, names: &[String]) -> anyhow::Result<()> {
    markers::check(page, names).map_err(|error| of_flag(flag, error))
}

/// Replaces the text between the markers of each name.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag if the file or its markers do not
/// exist.
pub(crate) fn update_page(
    flag: &str,
    page: &Path,
    parts: &[(String, String)],
) -> anyhow::Result<()> {
    markers::update(page, parts).map_err(|error| of_flag(flag, error))
}

fn of_flag(flag: &str, error: Error) -> anyhow::Error {
    match error {
        Error::Read(..) | Error::NoMarkers(..) => bad_input(format!("{flag}: {error}")),
        other => other.into(),
    }
}

/// # Errors
/// What the file system reports, with the path.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    // The message names the path already.
    leastwise_report::write(path, text.as_bytes()).map_err(|error| anyhow!("{error}"))
}

/// Writes the figures of a document into a folder, which it creates if necessary, and returns their paths.
///
/// # Errors
/// The errors of the file system.
pub(crate) fn write_figures(folder: &Path, document: &Document) -> anyhow::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    // The message names the cause already.
    let written = document.write_figures(folder);
    written.map_err(|error| anyhow!("{error}"))
}

/// The provenance of a document.
pub(crate) fn provenance(
    machine: &Machine,
    build: &Build,
    started: u64,
    command: &str,
) -> Provenance {
    Provenance {
        machine: [machine.lines(), build.lines()].concat(),
        started,
        command: command.to_owned(),
    }
}
