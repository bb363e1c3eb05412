//! The checks of what a user configures and hands in.

use leastwise_core::{Error, MatMut, Result, Scalar};

pub(crate) fn positive<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    value: T,
) -> Result<T> {
    if value > T::zero() && value.is_finite() {
        return Ok(value);
    }
    Err(invalid(
        operation,
        argument,
        format!("must be positive and finite, but it is {value}"),
    ))
}

pub(crate) fn fraction<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    value: T,
) -> Result<T> {
    if value >= T::zero() && value < T::one() {
        return Ok(value);
    }
    Err(invalid(
        operation,
        argument,
        format!("must be at least 0 and less than 1, but it is {value}"),
    ))
}

pub(crate) fn at_least_one(
    operation: &'static str,
    argument: &'static str,
    size: usize,
) -> Result<usize> {
    if size > 0 {
        return Ok(size);
    }
    let detail = "must be at least 1, but it is 0".to_owned();
    Err(invalid(operation, argument, detail))
}

pub(crate) fn entries(
    operation: &'static str,
    argument: &'static str,
    needed: usize,
    found: usize,
) -> Result<()> {
    if needed == found {
        return Ok(());
    }
    Err(Error::Shape {
        operation,
        argument,
        detail: format!("must have {needed} entries, but it has {found}"),
    })
}

pub(crate) fn size<T>(
    operation: &'static str,
    argument: &'static str,
    (m, n): (usize, usize),
    a: &MatMut<'_, T>,
) -> Result<()> {
    if (a.rows(), a.cols()) == (m, n) {
        return Ok(());
    }
    Err(Error::Shape {
        operation,
        argument,
        detail: format!("must be {m}x{n}, but it is {}x{}", a.rows(), a.cols()),
    })
}

pub(crate) fn finite<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    values: &[T],
) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => Err(Error::NonFinite {
            operation,
            argument,
            row,
            col: 0,
            value: values[row].as_f64(),
        }),
    }
}

pub(crate) fn invalid(operation: &'static str, argument: &'static str, detail: String) -> Error {
    Error::InvalidArgument {
        operation,
        argument,
        detail,
    }
}
