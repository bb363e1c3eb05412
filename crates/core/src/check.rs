//! Checks of what a user configures and hands in.
//!
//! Each takes the operation and the argument that its error names.
//!
//! ```
//! let error = leastwise_core::check::positive("FixedStep", "step", -1.0).unwrap_err();
//! assert_eq!(error.to_string(), "FixedStep: step must be positive and finite, but it is -1");
//! ```

use crate::{Error, MatMut, Result, Scalar};

/// The value, if it is positive and finite.
///
/// # Errors
/// [`Error::InvalidArgument`] with the value.
pub fn positive<T: Scalar>(operation: &'static str, argument: &'static str, value: T) -> Result<T> {
    if value > T::zero() && value.is_finite() {
        return Ok(value);
    }
    Err(invalid(
        operation,
        argument,
        format!("must be positive and finite, but it is {value}"),
    ))
}

/// Checks that all values are positive and finite.
///
/// # Errors
/// [`Error::InvalidArgument`] with the first value that is not.
pub fn all_positive<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    values: &[T],
) -> Result<()> {
    // Written so that NaN is refused.
    let is_wrong = |&value: &T| !(value > T::zero() && value.is_finite());
    let Some(i) = values.iter().position(is_wrong) else {
        return Ok(());
    };
    let detail = format!(
        "must be positive and finite, but entry {i} is {}",
        values[i]
    );
    Err(invalid(operation, argument, detail))
}

/// The value, if it is at least 0 and less than 1.
///
/// # Errors
/// [`Error::InvalidArgument`] with the value.
pub fn fraction<T: Scalar>(operation: &'static str, argument: &'static str, value: T) -> Result<T> {
    if value >= T::zero() && value < T::one() {
        return Ok(value);
    }
    Err(invalid(
        operation,
        argument,
        format!("must be at least 0 and less than 1, but it is {value}"),
    ))
}

/// The size, if it is not 0.
///
/// # Errors
/// [`Error::InvalidArgument`].
pub fn at_least_one(operation: &'static str, argument: &'static str, size: usize) -> Result<usize> {
    if size > 0 {
        return Ok(size);
    }
    let detail = "must be at least 1, but it is 0".to_owned();
    Err(invalid(operation, argument, detail))
}

/// Checks that a slice has the number of entries that is needed.
///
/// # Errors
/// [`Error::Shape`] with both numbers.
pub fn entries(
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

/// Checks that a matrix has m rows and n columns.
///
/// # Errors
/// [`Error::Shape`] with both sizes.
pub fn size<T>(
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

/// Checks that no value is NaN or infinite.
///
/// # Errors
/// [`Error::NonFinite`] with the first such value.
pub fn finite<T: Scalar>(
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

/// An [`Error::InvalidArgument`].
#[must_use]
pub fn invalid(operation: &'static str, argument: &'static str, detail: String) -> Error {
    Error::InvalidArgument {
        operation,
        argument,
        detail,
    }
}
