//! `results.jsonl`. It is written line by line as results come in, so an interrupted run loses only its
//! current case.
//!
//! A line of its own closes the cells of a case. A run that continues drops the cells that are not closed,
//! and an incomplete last line.

mod check;
mod lines;
mod lock;

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Result, bad_input};
use crate::model::Operation;
use crate::record::{CellKey, CellRecord, Kind, Results, RunRecord, SCHEMA};
pub use lines::{Lines, check_same, json, parse, read_lines};

const FILE: &str = "results.jsonl";

/// The line after the cells of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct GroupRecord {
    schema: u32,
    kind: Kind,
    op: Operation,
    case: String,
    scalar: String,
    /// The number of cells of the case.
    cells: usize,
}

/// The file of a run in progress.
pub struct Store(Lines);

impl Store {
    /// Begins a run. An existing result is kept beside it.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) if the folder cannot be written, or if another run writes
    /// to it.
    pub fn create(folder: &Path, run: &RunRecord) -> Result<Self> {
        let mut lines = Lines::create(folder, FILE)?;
        lines.append(&[json(run)?])?;
        Ok(Self(lines))
    }

    /// Continues the run in `folder`, and returns its stored cells.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) if there is no run, if it is one of another machine, other
    /// versions or other options, or if another run writes to the folder.
    pub fn resume(folder: &Path, run: &RunRecord) -> Result<(Self, Vec<CellRecord>)> {
        let (lines, groups) = Lines::resume(folder, FILE, |path| {
            let stored = read_file(path)?;
            let machines = (&stored.run.machine, &run.machine);
            let builds = (&stored.run.build, &run.build);
            lines::check_same(path, stored.run.options == run.options, machines, builds)?;
            if stored.run.engines != run.engines {
                return Err(lines::other_run(path, "other versions of the libraries"));
            }
            let mut lines = vec![json(&stored.run)?];
            for group in &stored.groups {
                lines.extend(group_lines(group)?);
            }
            Ok((stored.groups, lines))
        })?;
        Ok((Self(lines), groups.into_iter().flatten().collect()))
    }

    /// Stores the cells of a case.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn append(&mut self, cells: &[CellRecord]) -> Result<()> {
        self.0.append(&group_lines(cells)?)
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

fn group_lines(cells: &[CellRecord]) -> Result<Vec<String>> {
    let Some(first) = cells.first() else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::with_capacity(cells.len() + 1);
    for cell in cells {
        lines.push(json(cell)?);
    }
    lines.push(json(&GroupRecord {
        schema: SCHEMA,
        kind: Kind::Group,
        op: first.op,
        case: first.case.clone(),
        scalar: first.scalar.clone(),
        cells: cells.len(),
    })?);
    Ok(lines)
}

struct Stored {
    run: RunRecord,
    groups: Vec<Vec<CellRecord>>,
}

/// Reads a stored result from its file or its folder, as far as it is complete.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput) if it cannot be read, has another schema, or has a line that
/// no run writes.
pub fn read(path: &Path) -> Result<Results> {
    let path = if path.is_dir() {
        path.join(FILE)
    } else {
        path.to_owned()
    };
    let Stored { run, groups } = read_file(&path)?;
    Ok(Results {
        run,
        cells: groups.into_iter().flatten().collect(),
    })
}

#[derive(Deserialize)]
struct Head {
    schema: u32,
    kind: Kind,
}

fn read_file(path: &Path) -> Result<Stored> {
    let mut reader: Option<Reader> = None;
    lines::read_lines(path, |_, line| match &mut reader {
        None if line.is_empty() => Err("it has no line that describes the run".to_owned()),
        None => {
            reader = Some(Reader::start(line)?);
            Ok(())
        }
        Some(reader) => reader.take(line),
    })?;
    let Some(Reader { run, groups, .. }) = reader else {
        let shown = path.display();
        return Err(bad_input(format!(
            "{shown} has no line that describes the run"
        )));
    };
    Ok(Stored { run, groups })
}

/// Reads line after line. An error describes what is wrong with a line.
struct Reader {
    run: RunRecord,
    groups: Vec<Vec<CellRecord>>,
    /// Cells whose case is not closed yet.
    open: Vec<CellRecord>,
    seen: HashSet<CellKey>,
}

impl Reader {
    fn start(line: &[u8]) -> Result<Self, String> {
        if head(line)?.kind != Kind::Run {
            return Err("the first line must describe the run".to_owned());
        }
        let run = parse(line)?;
        check::run(&run)?;
        Ok(Self {
            run,
            groups: Vec::new(),
            open: Vec::new(),
            seen: HashSet::new(),
        })
    }

    fn take(&mut self, line: &[u8]) -> Result<(), String> {
        match head(line)?.kind {
            Kind::Run => Err("a second line describes the run".to_owned()),
            Kind::Group => self.close(&parse(line)?),
            Kind::Accuracy | Kind::Speed => {
                let cell: CellRecord = parse(line)?;
                check::cell(&cell, &self.run)?;
                if !self.seen.insert(cell.key()) {
                    let label = cell.label();
                    return Err(format!(
                        "{label} {} {} is stored twice",
                        cell.case, cell.scalar
                    ));
                }
                self.open.push(cell);
                Ok(())
            }
        }
    }

    fn close(&mut self, group: &GroupRecord) -> Result<(), String> {
        let cells = std::mem::take(&mut self.open);
        let is_its_end = |cell: &CellRecord| {
            (cell.op, &cell.case, &cell.scalar) == (group.op, &group.case, &group.scalar)
        };
        if cells.is_empty() || cells.len() != group.cells || !cells.iter().all(is_its_end) {
            return Err(format!(
                "ends {} cells of {} {}, but the {} before it belong to another case",
                group.cells,
                group.case,
                group.scalar,
                cells.len()
            ));
        }
        check::group(&cells)?;
        self.groups.push(cells);
        Ok(())
    }
}

fn head(line: &[u8]) -> Result<Head, String> {
    let head: Head = parse(line)?;
    if head.schema != SCHEMA {
        return Err(format!(
            "the schema is {}, but this program reads {SCHEMA}",
            head.schema
        ));
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::lines::PREVIOUS;
    use super::*;
    use crate::samples::{cell, run};

    fn folder(name: &str) -> PathBuf {
        let name = format!("leastwise-store-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn group(case: &str) -> Vec<CellRecord> {
        vec![cell(case, "faer", "svd"), cell(case, "nalgebra", "svd")]
    }

    #[test]
    fn what_was_stored_is_read_and_a_run_before_it_is_kept() {
        let folder = folder("read");
        let mut store = Store::create(&folder, &run()).unwrap();
        store.append(&group("lm-solve")).unwrap();
        let results = read(&folder).unwrap();
        assert_eq!((results.run, results.cells), (run(), group("lm-solve")));
        drop(store);
        Store::create(&folder, &run()).unwrap();
        assert!(read(&folder).unwrap().cells.is_empty());
        assert_eq!(read(&folder.join(PREVIOUS)).unwrap().cells.len(), 2);
        fs::remove_dir_all(folder).unwrap();
    }

    /// The records that the documentation shows.
    #[test]
    fn the_record_of_the_repository_is_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/record");
        let records: Vec<_> = fs::read_dir(folder).unwrap().flatten().collect();
        assert!(!records.is_empty());
        for record in records {
            assert!(!read(&record.path()).unwrap().cells.is_empty());
        }
    }

    /// A kill may cut a character as well: the reasons contain characters of several bytes.
    #[test]
    fn a_file_torn_within_a_character_is_read() {
        let folder = folder("character");
        let mut store = Store::create(&folder, &run()).unwrap();
        store.append(&group("lm-solve")).unwrap();
        let path = store.path().to_owned();
        let whole = fs::read(&path).unwrap();
        for torn in ["σ", "‖", "𝛿"] {
            for end in 1..torn.len() {
                let part = [b"{\"reason\":\"", &torn.as_bytes()[..end]].concat();
                fs::write(&path, [&whole[..], &part].concat()).unwrap();
                assert_eq!(read(&folder).unwrap().cells.len(), 2, "{torn} {end}");
            }
        }
        fs::remove_dir_all(folder).unwrap();
    }

    /// Wherever a kill cuts the file, a continued run neither loses nor repeats a cell.
    #[test]
    fn a_file_torn_anywhere_goes_on_with_whole_cases() {
        let folder = folder("torn");
        let mut store = Store::create(&folder, &run()).unwrap();
        let first_line = fs::metadata(store.path()).unwrap().len();
        store.append(&group("lm-solve")).unwrap();
        let first_group = fs::metadata(store.path()).unwrap().len();
        store.append(&group("square-4")).unwrap();
        let path = store.path().to_owned();
        drop(store);
        let whole = fs::read(&path).unwrap();
        for end in first_line..=whole.len() as u64 {
            fs::write(&path, &whole[..usize::try_from(end).unwrap()]).unwrap();
            let (mut again, mut cells) = Store::resume(&folder, &run()).unwrap();
            let expected =
                [0, 2, 4][usize::from(end >= first_group) + usize::from(end == whole.len() as u64)];
            assert_eq!(cells.len(), expected, "torn at {end}");
            for case in ["lm-solve", "square-4"] {
                if cells.iter().all(|cell| cell.case != case) {
                    again.append(&group(case)).unwrap();
                    cells.extend(group(case));
                }
            }
            assert_eq!(fs::read(&path).unwrap(), whole, "torn at {end}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_run_of_other_options_machine_or_versions_does_not_go_on() {
        let folder = folder("other");
        Store::create(&folder, &run()).unwrap();
        let mut options = run();
        options.options.seed = 1;
        let mut machine = run();
        machine.machine.logical_cpus += 1;
        let mut build = run();
        build.build.rustflags.push_str("-C target-cpu=native");
        let mut engines = run();
        engines.engines[0].version = "2.0.0".to_owned();
        for (other, reason) in [
            (options, "other options"),
            (machine, "another machine"),
            (build, "another build"),
            (engines, "other versions"),
        ] {
            let error = Store::resume(&folder, &other).map(|_| ()).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
        let mut load = run();
        load.machine.load_average = Some(99.0);
        assert!(Store::resume(&folder, &load).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_result_is_refused_with_its_place() {
        let folder = folder("garbage");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(FILE);
        for (text, reason) in [
            ("", "no line that describes"),
            ("nonsense\n", "line 1"),
            ("{\"schema\":9,\"kind\":\"run\"}\n", "schema is 9"),
        ] {
            fs::write(&file, text).unwrap();
            let error = read(&folder).unwrap_err();
            assert!(error.is_bad_input());
            assert!(error.to_string().contains(reason), "{error}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
