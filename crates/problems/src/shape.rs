//! Refusals of slices and matrices that do not have a problem's size.

use leastwise_core::{Error, MatMut, Result};

pub(crate) fn check_entries(
    operation: &'static str,
    argument: &'static str,
    needed: usize,
    found: usize,
) -> Result<()> {
    if needed == found {
        return Ok(());
    }
    let detail = format!("must have {needed} entries, but it has {found}");
    Err(shape(operation, argument, detail))
}

pub(crate) fn check_size<T>(
    operation: &'static str,
    argument: &'static str,
    (m, n): (usize, usize),
    matrix: &MatMut<'_, T>,
) -> Result<()> {
    let (rows, cols) = (matrix.rows(), matrix.cols());
    if (rows, cols) == (m, n) {
        return Ok(());
    }
    let detail = format!("must be {m}x{n}, but it is {rows}x{cols}");
    Err(shape(operation, argument, detail))
}

fn shape(operation: &'static str, argument: &'static str, detail: String) -> Error {
    Error::Shape {
        operation,
        argument,
        detail,
    }
}
