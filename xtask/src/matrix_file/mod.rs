//! A user's own least-squares problem, read from files.
//!
//! The extension names the format: `.npy` is NumPy's ([`npy`]), `.mtx` is Matrix Market
//! ([`matrix_market`]), and `.csv`, `.tsv` and `.txt` are a table of numbers ([`csv`]). Whatever
//! the file stores is converted to f64; a sparse matrix becomes dense.
//!
//! A matrix has to have a row and a column at least, finite entries, and at most [`MAX_BYTES`].
//! Rows, columns and lines are counted from one, as Matrix Market and text editors do.
//!
//! Files are not trusted: a reader compares what a header promises with the length of the file
//! and with [`MAX_BYTES`] before it allocates.

mod csv;
mod matrix_market;
mod npy;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use leastwise_core::Mat;

use crate::error::bad_input;

/// The most that a matrix may take as dense f64: 2 GiB. A comparison holds several copies of it.
const MAX_BYTES: usize = 2 << 30;

/// Reads the matrix in `path`, which the user gave with `flag`.
///
/// # Errors
/// Bad input, as one line with the flag, the file and the place: a file that cannot be read or is
/// not in the format that its extension names, or a matrix that is empty, too large or not finite.
pub(crate) fn read(flag: &str, path: &Path) -> anyhow::Result<Mat<f64>> {
    let matrix = parse(path).and_then(|matrix| match first_non_finite(&matrix) {
        None => Ok(matrix),
        Some((row, column, entry)) => Err(format!(
            "the entry in row {row}, column {column} is {entry}, but entries must be finite"
        )),
    });
    matrix.map_err(|problem| bad_input(format!("{flag}: {}: {problem}", path.display())))
}

/// Reads A and B of the problem min ‖A·X − B‖.
///
/// B has the rows of A and a column for each right-hand side; a single row with as many entries as
/// A has rows is a column too. Without a file, B is the vector A·(1, …, 1)ᵀ, so that a solution of
/// ones leaves no residual but for rounding, and a matrix alone can be tried.
///
/// # Errors
/// Those of [`read`], and bad input if the rows of B are not those of A.
pub(crate) fn read_system(a: &Path, b: Option<&Path>) -> anyhow::Result<(Mat<f64>, Mat<f64>)> {
    let matrix = read("--a", a)?;
    let Some(path) = b else {
        let sums = row_sums(&matrix);
        return match first_non_finite(&sums) {
            None => Ok((matrix, sums)),
            Some((row, ..)) => Err(bad_input(format!(
                "--a: {}: the sum of row {row}, which is to be the right-hand side, overflows; \
                 give one with --b",
                a.display()
            ))),
        };
    };
    let sides = as_columns(read("--b", path)?, matrix.rows())?;
    if sides.rows() != matrix.rows() {
        return Err(bad_input(format!(
            "--b: {} is {}x{}, but must have as many rows as {}, which is {}x{}",
            path.display(),
            sides.rows(),
            sides.cols(),
            a.display(),
            matrix.rows(),
            matrix.cols()
        )));
    }
    Ok((matrix, sides))
}

/// A single row of `rows` entries as a column, anything else as it is.
fn as_columns(sides: Mat<f64>, rows: usize) -> leastwise_core::Result<Mat<f64>> {
    if sides.rows() == 1 && sides.cols() == rows {
        return Mat::from_col_major(sides.into_vec(), rows, 1);
    }
    Ok(sides)
}

fn row_sums(a: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(a.rows(), 1, |i, _| (0..a.cols()).map(|j| a[(i, j)]).sum())
}

/// The first entry, by columns, that is not finite, with its row and column.
fn first_non_finite(a: &Mat<f64>) -> Option<(usize, usize, f64)> {
    let at = a.data().iter().position(|entry| !entry.is_finite())?;
    Some((at % a.rows() + 1, at / a.rows() + 1, a.data()[at]))
}

/// Reads by extension; what is wrong is said without the flag and the file.
fn parse(path: &Path) -> Result<Mat<f64>, String> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let extension = extension.to_ascii_lowercase();
    match &*extension {
        "npy" => with_file(path, npy::read),
        "mtx" => with_file(path, matrix_market::read),
        "csv" | "tsv" | "txt" => with_file(path, |file, _| csv::read(file)),
        _ => Err(
            "the extension must be .npy (NumPy), .mtx (Matrix Market), or .csv, .tsv or .txt \
             (a table of numbers)"
                .to_string(),
        ),
    }
}

/// Calls `read` with the file and its length.
fn with_file(
    path: &Path,
    read: impl FnOnce(BufReader<File>, u64) -> Result<Mat<f64>, String>,
) -> Result<Mat<f64>, String> {
    let file = File::open(path).map_err(|error| cannot_read(&error))?;
    let metadata = file.metadata().map_err(|error| cannot_read(&error))?;
    if !metadata.is_file() {
        return Err("is not a regular file".to_string());
    }
    read(BufReader::new(file), metadata.len())
}

fn cannot_read(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => "is not a text file in UTF-8".to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Refuses a rows × cols matrix that is empty or takes more than [`MAX_BYTES`].
fn check_shape(rows: usize, cols: usize) -> Result<(), String> {
    if rows == 0 || cols == 0 {
        return Err(format!(
            "the matrix is empty: it has {rows} rows and {cols} columns"
        ));
    }
    let most = MAX_BYTES / size_of::<f64>();
    if rows.checked_mul(cols).is_none_or(|entries| entries > most) {
        return Err(format!(
            "the matrix is {rows}x{cols}, but a dense one may have at most {most} entries (2 GiB)"
        ));
    }
    Ok(())
}

/// Text from a file as it is shown in a message: quoted, in one line, and not too long.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 32;
    match text.char_indices().nth(LONGEST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests;
