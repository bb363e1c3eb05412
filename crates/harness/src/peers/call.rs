//! The direct call of a library: its arguments and its result.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};

/// The direct call of a library.
pub struct DirectCall<T> {
    /// The backend that wraps this library.
    pub backend: &'static str,
    /// The function that is called, by the name that its users know.
    pub call: &'static str,
    /// The method by which the adapter offers the same.
    pub method: Method,
    /// The call.
    pub solve: Solve<T>,
}

/// Computes X of min ‖A·X − B‖_F, or returns the refusal of the library.
pub type Solve<T> = fn(&Mat<T>, &Mat<T>) -> Answer<T>;

/// The result of a direct call.
pub enum Answer<T> {
    /// The solution.
    X(Mat<T>),
    /// The library returns an error, or `None`.
    Refused,
    /// The library has no function for a matrix of this shape.
    NotOffered,
}

impl<T> From<Option<Mat<T>>> for Answer<T> {
    fn from(x: Option<Mat<T>>) -> Self {
        x.map_or(Self::Refused, Self::X)
    }
}

/// The calls of a library: the name of each, and the method of the adapter to compare it with.
pub(super) type Calls<T> = Vec<(&'static str, Method, Solve<T>)>;

/// max(m, n)·ε relative to σ₁, the default of LAPACK users, numpy and MATLAB.
pub(super) fn rcond<T: AdapterScalar>(a: &Mat<T>) -> T {
    T::of(a.rows().max(a.cols()) as f64) * T::EPSILON
}
