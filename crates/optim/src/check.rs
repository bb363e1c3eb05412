//! The checks of what a user configures.

use leastwise_core::{Error, Result, Scalar};

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

pub(crate) fn invalid(operation: &'static str, argument: &'static str, detail: String) -> Error {
    Error::InvalidArgument {
        operation,
        argument,
        detail,
    }
}
