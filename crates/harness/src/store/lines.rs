//! A file of lines that a run appends to. The run locks the folder of the file.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lock::{Lock, acquire};
use crate::error::{Context, Result, bad_input, failed};
use crate::machine::{Build, Machine};

/// The name under which an earlier file is kept when a new run begins in the folder.
pub(super) const PREVIOUS: &str = "previous.jsonl";

/// The file of a run in progress.
pub struct Lines {
    path: PathBuf,
    file: File,
    /// Keeps other runs out of the folder.
    _lock: Lock,
}

impl Lines {
    /// Creates the file `name`, and keeps an earlier one as `previous.jsonl`.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) if the folder cannot be written, or if another run writes
    /// to it.
    pub fn create(folder: &Path, name: &str) -> Result<Self> {
        let cannot =
            |error| bad_input(format!("--out: cannot write {}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(cannot)?;
        let lock = acquire(folder)?;
        let path = folder.join(name);
        if path.exists() {
            fs::rename(&path, folder.join(PREVIOUS)).map_err(cannot)?;
        }
        Ok(Self {
            file: File::create(&path).map_err(cannot)?,
            path,
            _lock: lock,
        })
    }

    /// Continues the file `name`. `read` returns the stored value and the lines to keep. It must leave out the
    /// lines of an unfinished part, and an incomplete last line.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) if there is no such file, or if another run writes to the
    /// folder; errors of `read`.
    pub fn resume<T>(
        folder: &Path,
        name: &str,
        read: impl FnOnce(&Path) -> Result<(T, Vec<String>)>,
    ) -> Result<(Self, T)> {
        let path = folder.join(name);
        if !path.exists() {
            return Err(bad_input(format!(
                "--resume: there is no run to continue in {}",
                folder.display()
            )));
        }
        let lock = acquire(folder)?;
        let (stored, lines) = read(&path)?;
        // Writes another file and then renames it, so that a kill meanwhile does not lose the stored result.
        let next = folder.join(format!("{name}.next"));
        let cannot_write = || format!("cannot write {}", next.display());
        fs::write(&next, text(&lines)).context(cannot_write())?;
        fs::rename(&next, &path).context(cannot_write())?;
        let file = OpenOptions::new().append(true).open(&path);
        let lines = Self {
            file: file.context(format!("cannot write {}", path.display()))?,
            path,
            _lock: lock,
        };
        Ok((lines, stored))
    }

    /// Appends lines in one step.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn append(&mut self, lines: &[String]) -> Result<()> {
        self.file
            .write_all(text(lines).as_bytes())
            .context(format!("cannot write {}", self.path.display()))
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn text(lines: &[String]) -> String {
    lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect()
}

/// Calls `take` with each complete line and its number, counted from 1. A line without a newline is incomplete, and
/// may end within a character; it is skipped.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) if the file cannot be read, or if `take` finds a problem in a line. The
/// message has the number of that line.
pub fn read_lines(
    path: &Path,
    mut take: impl FnMut(usize, &[u8]) -> Result<(), String>,
) -> Result<()> {
    let shown = path.display();
    let bytes =
        fs::read(path).map_err(|error| bad_input(format!("cannot read {shown}: {error}")))?;
    let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n') else {
        return Ok(());
    };
    for (number, line) in (1..).zip(bytes[..end].split(|&byte| byte == b'\n')) {
        take(number, line)
            .map_err(|problem| bad_input(format!("{shown}, line {number}: {problem}")))?;
    }
    Ok(())
}

/// Parses the value of a line.
///
/// # Errors
/// A description of the fault in the line.
pub fn parse<V: DeserializeOwned>(line: &[u8]) -> Result<V, String> {
    serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        // serde_json counts each line as a document of its own, so its line number is removed.
        match text.rsplit_once(" at line ") {
            Some((problem, _)) => format!("{problem} (column {})", error.column()),
            None => text,
        }
    })
}

/// Writes a value as one line of JSON.
///
/// # Errors
/// [`Error::Failed`](crate::Error::Failed) if JSON cannot represent the value.
pub fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(failed)
}

/// Checks that the run in `path` can be continued: the options, the machine and the program are the same.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) that names the difference.
pub fn check_same(
    path: &Path,
    has_same_options: bool,
    (stored, now): (&Machine, &Machine),
    (stored_build, build): (&Build, &Build),
) -> Result<()> {
    let mut machine = stored.clone();
    // The load by other programs is not a property of the machine.
    machine.load_average = now.load_average;
    let difference = if !has_same_options {
        "other options; give the same ones, or start again without --resume"
    } else if machine != *now {
        "another machine, or another configuration of this one"
    } else if stored_build != build {
        "another build of this program"
    } else {
        return Ok(());
    };
    Err(other_run(path, difference))
}

pub(super) fn other_run(path: &Path, difference: &str) -> crate::Error {
    let path = path.display();
    bad_input(format!("--resume: {path} was measured with {difference}"))
}
