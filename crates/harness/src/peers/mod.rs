//! What a user writes who calls a library without an adapter: its own way to solve least squares,
//! with the tolerance that its documentation suggests, and nothing checked or mended.

mod call;
mod faer;
#[cfg(feature = "lapack")]
mod lapack;
mod linfa;
mod nalgebra;

use leastwise_backends::AdapterScalar;

pub use call::{Answer, DirectCall, Solve};

/// Every call, library by library in the order of the backends.
#[must_use]
pub fn all<T: AdapterScalar>() -> Vec<DirectCall<T>> {
    let mut calls = Vec::new();
    calls.extend(self::faer::calls());
    calls.extend(self::nalgebra::calls());
    calls.extend(self::linfa::calls());
    #[cfg(feature = "lapack")]
    calls.extend(self::lapack::calls());
    calls
}
