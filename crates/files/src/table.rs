//! The matrix of a file.

use leastwise_core::Mat;

use crate::options::{Delimiter, Options};

/// A matrix, and a description of how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The entries, all of them finite.
    pub matrix: Mat<f64>,
    /// The header of a table, as it is in the file.
    pub header: Option<String>,
    /// A short description of what was skipped, and of the delimiter and the decimal mark.
    pub how: String,
    /// The delimiter of a table, and whether its first column was skipped.
    pub(crate) split: Option<(Option<Delimiter>, bool)>,
}

/// Refuses a rows × cols matrix that is empty or has too many entries.
pub(crate) fn check_shape(rows: usize, cols: usize, options: &Options) -> Result<(), String> {
    if rows == 0 || cols == 0 {
        return Err(format!(
            "the matrix is empty: it has {rows} rows and {cols} columns"
        ));
    }
    let most = options.max_entries;
    if rows.checked_mul(cols).is_none_or(|entries| entries > most) {
        let gib = (most * size_of::<f64>()) as f64 / f64::from(1 << 30);
        return Err(format!(
            "the matrix is {rows}x{cols}, but a dense one may have at most {most} entries ({gib:.1} \
             GiB)"
        ));
    }
    Ok(())
}

/// A matrix of zeros, after [`check_shape`] has passed.
pub(crate) fn zeros(rows: usize, cols: usize, options: &Options) -> Result<Mat<f64>, String> {
    check_shape(rows, cols, options)?;
    let too_large = || format!("not enough memory is free for a matrix of {rows}x{cols}");
    let mut entries = Vec::new();
    entries
        .try_reserve_exact(rows * cols)
        .map_err(|_| too_large())?;
    entries.resize(rows * cols, 0.0);
    Mat::from_col_major(entries, rows, cols).map_err(|error| error.to_string())
}
