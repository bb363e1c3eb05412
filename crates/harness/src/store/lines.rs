//! A file of lines that a run appends to, in a folder that belongs to it alone.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lock::{Lock, acquire};
use crate::error::{Context, Result, bad_input, failed};
use crate::machine::{Build, Machine};

/// The name that a file in the same folder gets when another run begins.
pub(super) const PREVIOUS: &str = "previous.jsonl";

/// The file of a run that goes on.
pub struct Lines {
    path: PathBuf,
    file: File,
    /// Keeps other runs out of the folder.
    _lock: Lock,
}

impl Lines {
    /// Begins the file `name`; one that is there is kept as `previous.jsonl`.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) if the folder cannot be written, or another run writes to it.
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

    /// Continues the file `name`. `read` returns what it holds, and the lines that stay: those of a part that did not
    /// end, and a line that was torn off, must not.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) if there is none, or another run writes to the folder; what `read`
    /// reports.
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
        // Into another file and then in one step: a kill meanwhile must not cost what is there.
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
    /// What the file system reports.
    pub fn append(&mut self, lines: &[String]) -> Result<()> {
        self.file
            .write_all(text(lines).as_bytes())
            .context(format!("cannot write {}", self.path.display()))
    }

    /// The file.
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

/// Gives `take` every whole line with its number, from 1 on. A line without its end was torn off, perhaps within a
/// character.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) if the file cannot be read, and with the number of the line in which
/// `take` finds a problem.
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

/// The value of a line.
///
/// # Errors
/// What is wrong with the line.
pub fn parse<V: DeserializeOwned>(line: &[u8]) -> Result<V, String> {
    serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        // It would count the line of a document of its own.
        match text.rsplit_once(" at line ") {
            Some((problem, _)) => format!("{problem} (column {})", error.column()),
            None => text,
        }
    })
}

/// The line of a value.
///
/// # Errors
/// What JSON cannot hold.
pub fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(failed)
}

/// Why the run in `path` cannot be continued: it has other options, or another machine or program measured it.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) that says which.
pub fn check_same(
    path: &Path,
    has_same_options: bool,
    (stored, now): (&Machine, &Machine),
    (stored_build, build): (&Build, &Build),
) -> Result<()> {
    let mut machine = stored.clone();
    // What other programs did is no property of the machine.
    machine.load_average = now.load_average;
    let difference = if !has_same_options {
        "other options; give the same ones, or start anew without --resume"
    } else if machine != *now {
        "another machine, or this one set up differently"
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
