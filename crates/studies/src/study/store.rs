//! `record.jsonl`: a line for the header, and then a line for each row. Each line is written as soon as the row is
//! measured.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use leastwise_harness::store::{Lines, check_same, json, parse, read_lines};
use leastwise_harness::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record::{Header, Record};

/// The version of the file.
pub(super) const SCHEMA: u32 = 1;

const FILE: &str = "record.jsonl";

/// Creates a record, and keeps an earlier one as `previous.jsonl`.
///
/// # Errors
/// [`Error::BadInput`] if the folder cannot be written.
pub(super) fn create<P: Serialize>(folder: &Path, header: &Header<P>) -> Result<Lines> {
    let mut lines = Lines::create(folder, FILE)?;
    lines.append(&[json(header)?])?;
    Ok(lines)
}

/// Continues the record in `folder`, and returns it.
///
/// # Errors
/// [`Error::BadInput`] if there is no record, or if it has another plan, machine or build.
pub(super) fn resume<P, R>(
    folder: &Path,
    header: &Header<P>,
    fits: impl Fn(&P, &R) -> bool,
) -> Result<(Lines, Record<P, R>)>
where
    P: Serialize + DeserializeOwned + PartialEq,
    R: Serialize + DeserializeOwned,
{
    Lines::resume(folder, FILE, |path| {
        let stored = read::<P, R>(path, &header.study, fits)?;
        let (machine, build) = (&stored.header.machine, &stored.header.build);
        let machines = (machine, &header.machine);
        let has_same_plan = stored.header.plan == header.plan;
        check_same(path, has_same_plan, machines, (build, &header.build))?;
        let mut lines = vec![json(&stored.header)?];
        for row in &stored.rows {
            lines.push(json(row)?);
        }
        Ok((stored, lines))
    })
}

/// The file and the name of the study at `path`, if a record is there. `path` is the record or its folder.
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
    let mut line = Vec::new();
    let mut file = BufReader::new(File::open(&path).ok()?);
    file.read_until(b'\n', &mut line).ok()?;
    let head: Head = serde_json::from_slice(&line).ok()?;
    Some((path, head.study))
}

/// Reads a record as far as it is complete. An incomplete last line is dropped.
///
/// # Errors
/// [`Error::BadInput`] with the first line that is not part of a record.
pub(super) fn read<P: DeserializeOwned, R: DeserializeOwned>(
    path: &Path,
    study: &str,
    fits: impl Fn(&P, &R) -> bool,
) -> Result<Record<P, R>> {
    let mut record: Option<Record<P, R>> = None;
    read_lines(path, |_, line| match &mut record {
        None => {
            let header: Header<P> = parse(line)?;
            let Header {
                study: other,
                schema,
                ..
            } = &header;
            if other != study || *schema != SCHEMA {
                return Err(format!(
                    "a record of {other} in schema {schema}, not of {study} in schema {SCHEMA}"
                ));
            }
            let rows = Vec::new();
            record = Some(Record { header, rows });
            Ok(())
        }
        Some(Record { header, rows }) => {
            let row = parse(line)?;
            if !fits(&header.plan, &row) {
                return Err("the row does not fit the header".to_owned());
            }
            rows.push(row);
            Ok(())
        }
    })?;
    record.ok_or_else(|| Error::BadInput(format!("{} is empty", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kill may cut a character as well, because names of runs contain characters of several bytes.
    #[test]
    fn a_record_torn_anywhere_goes_on_with_whole_rows() {
        let folder = std::env::temp_dir().join(format!("leastwise-record-{}", std::process::id()));
        let rows = ["σ", "‖r‖", "𝛿"].map(str::to_owned);
        let header = Record::sample("κ₂".to_owned(), rows.to_vec()).header;
        let always = |_: &String, _: &String| true;
        let mut lines = create(&folder, &header).unwrap();
        for row in &rows {
            lines.append(&[json(row).unwrap()]).unwrap();
        }
        let path = lines.path().to_owned();
        drop(lines);
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for end in first..=whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            assert!(find(&folder).is_some());
            let (mut again, record) = resume(&folder, &header, always).unwrap();
            assert!(rows.starts_with(&record.rows), "torn at {end}");
            for row in &rows[record.rows.len()..] {
                again.append(&[json(row).unwrap()]).unwrap();
            }
            assert_eq!(std::fs::read(&path).unwrap(), whole, "torn at {end}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
