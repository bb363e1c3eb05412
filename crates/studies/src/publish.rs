//! Files and pages that a command writes.

use std::fs;
use std::path::Path;

use anyhow::Context;
use leastwise_harness::machine::{Build, Machine};
use leastwise_report::{Error, Provenance, markers};

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
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Where a document comes from.
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
