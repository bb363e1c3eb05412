//! What a library's own call takes and returns.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Mat, Method};

/// A library's own call.
pub struct DirectCall<T> {
    /// The backend that wraps this library.
    pub backend: &'static str,
    /// What is called, as its users know it.
    pub call: &'static str,
    /// What the adapter offers in its place.
    pub method: Method,
    /// The call.
    pub solve: Solve<T>,
}

/// X of min ‖A·X − B‖_F, or what the library says.
pub type Solve<T> = fn(&Mat<T>, &Mat<T>) -> Answer<T>;

/// What a library's own call comes to.
pub enum Answer<T> {
    /// The solution.
    X(Mat<T>),
    /// The library returns an error, or `None`.
    Refused,
    /// The library has nothing for a matrix of this shape.
    NotOffered,
}

/// max(m, n)·ε, against σ₁: what LAPACK's users, numpy and MATLAB take for zero.
pub(super) fn rcond<T: AdapterScalar>(a: &Mat<T>) -> T {
    T::of(a.rows().max(a.cols()) as f64) * T::EPSILON
}
