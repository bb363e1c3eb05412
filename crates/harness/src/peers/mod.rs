//! Direct calls of the libraries, as a user without an adapter writes them. Each uses the library's own way
//! to solve least squares and the tolerance that its documentation suggests. Answers are neither checked nor
//! corrected.

mod call;
mod faer;
#[cfg(feature = "lapack")]
mod lapack;
mod linfa;
mod nalgebra;

use leastwise_backends::AdapterScalar;

pub use call::{Answer, DirectCall, Solve};

/// Every direct call, in the order of the backends.
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
