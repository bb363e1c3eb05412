//! `record.jsonl`: a line for the header and then one for each row, written as rows come in.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use leastwise_harness::store::{Lock, acquire};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record::{Header, Record};
use crate::error::bad_input;

/// The version of the file.
pub(super) const SCHEMA: u32 = 1;

const FILE: &str = "record.jsonl";
/// What a record in the same folder is kept as when another begins.
const PREVIOUS: &str = "previous.jsonl";

/// The file of a run that goes on.
pub(super) struct Store {
    file: File,
    path: PathBuf,
    /// Keeps other runs out of the folder.
    _lock: Lock,
}

impl Store {
    /// Begins a record; one that is there is kept beside it.
    ///
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for a folder that cannot be written.
    pub(super) fn create<P: Serialize>(folder: &Path, header: &Header<P>) -> anyhow::Result<Self> {
        let cannot = |error: std::io::Error| {
            bad_input(format!("--out: cannot write {}: {error}", folder.display()))
        };
        fs::create_dir_all(folder).map_err(cannot)?;
        let lock = acquire(folder)?;
        let path = folder.join(FILE);
        if path.exists() {
            fs::rename(&path, folder.join(PREVIOUS)).map_err(cannot)?;
        }
        Self::begin::<P, ()>(path, lock, &[], header)
    }

    /// Goes on with the record in `folder`, and returns it.
    ///
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) if there is none, or one of another plan, machine or build.
    pub(super) fn resume<
        P: Serialize + DeserializeOwned + PartialEq,
        R: Serialize + DeserializeOwned,
    >(
        folder: &Path,
        header: &Header<P>,
        fits: impl Fn(&P, &R) -> bool,
    ) -> anyhow::Result<(Self, Record<P, R>)> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Err(bad_input(format!(
                "--resume: there is no run to go on with in {}",
                folder.display()
            )));
        }
        let lock = acquire(folder)?;
        let stored: Record<P, R> = read(&path, &header.study, fits)?;
        if let Some(difference) = difference(&stored.header, header) {
            let path = path.display();
            return Err(bad_input(format!(
                "--resume: {path} was measured with {difference}"
            )));
        }
        let store = Self::begin(path, lock, &stored.rows, &stored.header)?;
        Ok((store, stored))
    }

    /// Into another file and then in one step: a kill meanwhile must not cost what is there, and a line that was
    /// torn off must not stay.
    fn begin<P: Serialize, R: Serialize>(
        path: PathBuf,
        lock: Lock,
        rows: &[R],
        header: &Header<P>,
    ) -> anyhow::Result<Self> {
        let next = path.with_extension("next");
        let cannot = || format!("cannot write {}", next.display());
        let mut lines = vec![serde_json::to_string(header)?];
        for row in rows {
            lines.push(serde_json::to_string(row)?);
        }
        fs::write(&next, lines.join("\n") + "\n").with_context(cannot)?;
        fs::rename(&next, &path).with_context(cannot)?;
        let file = OpenOptions::new().append(true).open(&path);
        Ok(Self {
            file: file.with_context(cannot)?,
            path,
            _lock: lock,
        })
    }

    /// Stores the row, and gives it back.
    pub(super) fn append<R: Serialize>(&mut self, row: R) -> anyhow::Result<R> {
        let line = serde_json::to_string(&row)? + "\n";
        self.file
            .write_all(line.as_bytes())
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(row)
    }
}

fn difference<P: PartialEq>(stored: &Header<P>, now: &Header<P>) -> Option<&'static str> {
    let mut machine = stored.machine.clone();
    // What other programs did is no property of the machine.
    machine.load_average = now.machine.load_average;
    if stored.plan != now.plan {
        return Some("other options; give the same ones, or start anew without --resume");
    }
    if machine != now.machine {
        return Some("another machine, or this one set up differently");
    }
    (stored.build != now.build).then_some("another build of this program")
}

/// The file and the name of the study that is stored at `path`, if one is: a record or the folder of one.
pub(crate) fn find(path: &Path) -> Option<(PathBuf, String)> {
    #[derive(Deserialize)]
    struct Head {
        study: String,
    }
    let path = if path.is_dir() {
        path.join(FILE)
    } else {
        path.to_owned()
    };
    let text = fs::read_to_string(&path).ok()?;
    let head: Head = serde_json::from_str(text.lines().next()?).ok()?;
    Some((path, head.study))
}

/// A record, as far as it got. A last line that was torn off is dropped.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) with the line that no run writes.
pub(super) fn read<P: DeserializeOwned, R: DeserializeOwned>(
    path: &Path,
    study: &str,
    fits: impl Fn(&P, &R) -> bool,
) -> anyhow::Result<Record<P, R>> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| bad_input(format!("cannot read {shown}: {error}")))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines = (1..).zip(whole.lines());
    let (_, first) = lines
        .next()
        .ok_or_else(|| bad_input(format!("{shown} is empty")))?;
    let header: Header<P> = parse(path, 1, first)?;
    if header.study != study || header.schema != SCHEMA {
        let Header {
            study: other,
            schema,
            ..
        } = header;
        return Err(bad_input(format!(
            "{shown}, line 1: a record of {other} in schema {schema}, not of {study} in schema {SCHEMA}"
        )));
    }
    let rows = lines.map(|(number, line)| {
        let row = parse(path, number, line)?;
        if fits(&header.plan, &row) {
            return Ok(row);
        }
        Err(bad_input(format!(
            "{shown}, line {number}: the row does not fit the header"
        )))
    });
    let rows = rows.collect::<anyhow::Result<_>>()?;
    Ok(Record { header, rows })
}

fn parse<T: DeserializeOwned>(path: &Path, number: usize, line: &str) -> anyhow::Result<T> {
    serde_json::from_str(line)
        .map_err(|error| bad_input(format!("{}, line {number}: {error}", path.display())))
}
