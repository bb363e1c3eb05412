//! What a user writes who calls a library without an adapter: its own way to solve least squares,
//! with the tolerance that its documentation suggests, and nothing checked or mended.

mod faer;
#[cfg(feature = "lapack")]
mod lapack;
mod linfa;
mod nalgebra;

use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};

/// A library's own call.
pub(crate) struct DirectCall<T> {
    /// The backend that wraps this library.
    pub(crate) backend: &'static str,
    /// What is called, as its users know it.
    pub(crate) call: &'static str,
    /// What the adapter offers in its place.
    pub(crate) method: Method,
    pub(crate) solve: Solve<T>,
}

/// X of min ‖A·X − B‖_F, or what the library says.
pub(crate) type Solve<T> = fn(&Mat<T>, &Mat<T>) -> Answer<T>;

/// What a library's own call comes to.
pub(crate) enum Answer<T> {
    X(Mat<T>),
    /// The library returns an error, or `None`.
    Refused,
    /// The library has nothing for a matrix of this shape.
    NotOffered,
}

/// Every call, library by library in the order of the backends.
pub(crate) fn all<T: AdapterScalar>() -> Vec<DirectCall<T>> {
    let mut calls = Vec::new();
    calls.extend(self::faer::calls());
    calls.extend(self::nalgebra::calls());
    calls.extend(self::linfa::calls());
    #[cfg(feature = "lapack")]
    calls.extend(self::lapack::calls());
    calls
}

/// max(m, n)·ε, against σ₁: what LAPACK's users, numpy and MATLAB take for zero.
fn rcond<T: AdapterScalar>(a: &Mat<T>) -> T {
    T::of(a.rows().max(a.cols()) as f64) * T::EPSILON
}
