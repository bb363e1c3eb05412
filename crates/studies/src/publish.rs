//! What a command makes of its documents: a folder with figures and data, and the parts of a page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use leastwise_report::{Document, Error, Provenance, markers};
use serde::Serialize;

use crate::error::bad_input;
use crate::terminal::print;
use leastwise_harness::machine::{Build, Machine};

/// Makes sure that the page of a flag can be read and has the markers of each name.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag.
pub(crate) fn check_page(flag: &str, page: &Path, names: &[String]) -> anyhow::Result<()> {
    markers::check(page, names).map_err(|error| of_flag(flag, error))
}

/// Replaces what stands between the markers of each name.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) that names the flag if the file or its markers are not
/// there.
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

/// Makes the folder and a file in it, so that minutes of work are not lost at the end.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) with the folder and the reason.
pub(crate) fn check_writable(folder: &Path) -> anyhow::Result<()> {
    let probe = folder.join(".probe");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, []))
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|error| bad_input(format!("--out: cannot write {}: {error}", folder.display())))
}

/// Writes `name`, in which a number that is not finite is null, and returns its path.
///
/// # Errors
/// What the file system reports.
pub(crate) fn json(folder: &Path, name: &str, value: &impl Serialize) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    let text = serde_json::to_string(value).context("cannot write JSON")?;
    write(&path, &format!("{text}\n"))?;
    Ok(path)
}

/// # Errors
/// What the file system reports, with the path.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Prints a document, writes its figures and the data to `folder` and itself to the page, as the part of its
/// name, and says what was written.
///
/// # Errors
/// What cannot be written.
pub(crate) fn publish(
    documents: &[(String, Document)],
    folder: &Path,
    data: Option<PathBuf>,
    page: Option<&Path>,
) -> anyhow::Result<()> {
    let texts: Vec<String> = documents.iter().map(|(_, shown)| shown.to_text()).collect();
    print(&texts.join("\n"))?;
    let mut written: Vec<PathBuf> = data.into_iter().collect();
    for (_, document) in documents {
        written.extend(document.write_figures(folder)?);
    }
    if let Some(page) = page {
        let parts = documents
            .iter()
            .map(|(name, shown)| (name.clone(), shown.to_part()));
        update_page("--page", page, &parts.collect::<Vec<_>>())?;
        written.push(page.to_owned());
    }
    let lines = written
        .iter()
        .map(|path| format!("wrote {}\n", path.display()));
    print(&lines.collect::<String>())
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
