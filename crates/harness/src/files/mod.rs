//! A user's own least-squares problem min ‖A·X − B‖, read from files.
//!
//! [`leastwise_files`] reads the matrices and documents the rules. This module pairs A with B, and describes
//! in one line for each file what was read.
//!
//! B has as many rows as A, and a column for each right-hand side. A single row with as many entries as A has
//! rows is taken as a column. Without a file, B is the vector A·(1, …, 1)ᵀ. Then the exact solution is a
//! vector of ones, its residual is only rounding, and a matrix can be tried without a right-hand side.

mod solution;

use std::path::Path;

use crate::error::{Context, Result, bad_input};
use crate::model::TableFlags;
use leastwise_core::Mat;
use leastwise_files::{Format, Options, Table};

pub(crate) use solution::SolutionFile;

impl TableFlags {
    /// The options for A and for B.
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput) for an unknown value.
    fn options(&self) -> Result<[Options; 2]> {
        let header = pair("--header", self.header.as_deref(), yes_or_no)?;
        let index = pair("--index-column", self.index_column.as_deref(), yes_or_no)?;
        let delimiter = pair("--delimiter", self.delimiter.as_deref(), str::parse)?;
        let decimal = pair("--decimal", self.decimal.as_deref(), str::parse)?;
        let options = |of: usize| Options {
            header: header[of],
            index_column: index[of],
            delimiter: delimiter[of],
            decimal: decimal[of],
            // Most systems have one right-hand side, so text with one number per line is a column.
            column: of == 1,
            ..Options::default()
        };
        Ok([options(0), options(1)])
    }

    fn is_given(&self) -> bool {
        *self != Self::default()
    }
}

/// The values of a flag for A and for B. `yes` is for both, and `yes,no` is one for each.
fn pair<T: Copy>(
    flag: &str,
    value: Option<&str>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<[Option<T>; 2]> {
    let Some(value) = value else {
        return Ok([None; 2]);
    };
    let one = |value: &str| match value.trim() {
        "auto" => Ok(None),
        value => parse(value)
            .map(Some)
            .map_err(|problem| bad_input(format!("{flag}: {problem}"))),
    };
    // A lone comma is a value, not a separator.
    match value.split_once(',').filter(|_| value != ",") {
        None => Ok([one(value)?; 2]),
        Some((a, b)) => Ok([one(a)?, one(b)?]),
    }
}

fn yes_or_no(value: &str) -> Result<bool, String> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("must be yes, no or auto, but it is {value:?}")),
    }
}

/// A and B, each with a line that describes how it was read.
#[derive(Debug)]
pub(crate) struct System {
    pub(crate) a: Mat<f64>,
    pub(crate) b: Mat<f64>,
    pub(crate) read: Vec<String>,
}

/// Reads A and B.
///
/// # Errors
/// [`Error::BadInput`](crate::Error::BadInput), in one line with the flag, the file and the place, if a file
/// is refused or if B does not have the rows of A.
pub(crate) fn read_system(a: &Path, b: Option<&Path>, flags: &TableFlags) -> Result<System> {
    read_system_of(Options::default().max_entries, a, b, flags)
}

/// Like [`read_system`], for an A of at most `max_entries` entries. A larger one is refused before its memory
/// is allocated.
///
/// # Errors
/// As [`read_system`].
pub(crate) fn read_system_of(
    max_entries: usize,
    a: &Path,
    b: Option<&Path>,
    flags: &TableFlags,
) -> Result<System> {
    let [mut a_options, b_options] = flags.options()?;
    a_options.max_entries = max_entries;
    let is_table = |path: &Path| Format::of(path) == Ok(Format::Text);
    if flags.is_given() && !is_table(a) && !b.is_some_and(is_table) {
        return Err(bad_input(
            "--header, --index-column, --delimiter and --decimal apply to tables of text, but \
             neither file is one",
        ));
    }
    let table = read("--a", a, &a_options)?;
    let mut lines = vec![line(a, &table)];
    let matrix = table.matrix;
    let Some(path) = b else {
        let b = row_sums(a, &matrix)?;
        lines.push("b is A·(1, …, 1)ᵀ, because --b is not given".to_owned());
        return Ok(System {
            a: matrix,
            b,
            read: lines,
        });
    };
    let table = read("--b", path, &b_options)?;
    let mut of_b = line(path, &table);
    let mut sides = table.matrix;
    if sides.rows() == 1 && sides.cols() == matrix.rows() && sides.cols() > 1 {
        sides = Mat::from_col_major(sides.into_vec(), matrix.rows(), 1)
            .context("cannot transpose b")?;
        of_b += "; the row is taken as a column";
    }
    lines.push(of_b);
    if sides.rows() != matrix.rows() {
        return Err(bad_input(format!(
            "--b: {} is {}x{}, but it must have as many rows as {}, which is {}x{}",
            path.display(),
            sides.rows(),
            sides.cols(),
            a.display(),
            matrix.rows(),
            matrix.cols()
        )));
    }
    Ok(System {
        a: matrix,
        b: sides,
        read: lines,
    })
}

fn read(flag: &str, path: &Path, options: &Options) -> Result<Table> {
    leastwise_files::read(path, options)
        .map_err(|refused| bad_input(format!("{flag}: {}: {refused}", path.display())))
}

/// For example `read 20×3 from a.csv: header and index column skipped, separated by commas; header: ,x,y,z`.
fn line(path: &Path, table: &Table) -> String {
    const LONGEST_HEADER: usize = 80;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (rows, cols) = (table.matrix.rows(), table.matrix.cols());
    let header = table.header.as_ref().map(|header| {
        let shown: String = header.chars().take(LONGEST_HEADER).collect();
        let more = if shown.len() < header.len() {
            "…"
        } else {
            ""
        };
        format!("; header: {shown}{more}")
    });
    let how = &table.how;
    let line = format!(
        "read {rows}×{cols} from {name}: {how}{}",
        header.unwrap_or_default()
    );
    line.replace(char::is_control, " ")
}

fn row_sums(path: &Path, a: &Mat<f64>) -> Result<Mat<f64>> {
    let sums = Mat::from_fn(a.rows(), 1, |i, _| (0..a.cols()).map(|j| a[(i, j)]).sum());
    match sums.data().iter().position(|sum: &f64| !sum.is_finite()) {
        None => Ok(sums),
        Some(row) => Err(bad_input(format!(
            "--a: {}: the sum of row {} overflows and cannot be the right-hand side; give one with \
             --b",
            path.display(),
            row + 1
        ))),
    }
}

#[cfg(test)]
mod tests;
