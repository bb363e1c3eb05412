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

/// X of min ‖A·X − B‖_F, or how the library refuses.
pub type Solve<T> = fn(&Mat<T>, &Mat<T>) -> Answer<T>;

/// The outcome of a library's own call.
pub enum Answer<T> {
    /// The solution.
    X(Mat<T>),
    /// The library returns an error, or `None`.
    Refused,
    /// The library has nothing for a matrix of this shape.
    NotOffered,
}

impl<T> From<Option<Mat<T>>> for Answer<T> {
    fn from(x: Option<Mat<T>>) -> Self {
        x.map_or(Self::Refused, Self::X)
    }
}

/// The calls of a library: each with its name and what the adapter offers in its place.
pub(super) type Calls<T> = Vec<(&'static str, Method, Solve<T>)>;

/// max(m, n)·ε, against σ₁: what LAPACK's users, numpy and MATLAB take for zero.
pub(super) fn rcond<T: AdapterScalar>(a: &Mat<T>) -> T {
    T::of(a.rows().max(a.cols()) as f64) * T::EPSILON
}
