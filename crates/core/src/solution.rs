//! The answer to a problem of least squares.

use crate::{Mat, Method};

/// The solution of min ‖A·X − B‖_F. For every right-hand side, it is the solution of minimum norm.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution<T> {
    /// X, n×k.
    pub x: Mat<T>,
    /// The numerical rank of A that the method determined and used.
    pub rank: usize,
    /// The method that computed the solution.
    pub method: Method,
    /// ‖A·x − b‖₂ for each right-hand side, as a by-product of the factorisation. Its absolute
    /// error is a small multiple of u·‖b‖. It is `None` for the normal equations, which do not
    /// provide it.
    pub residual_norms: Option<Vec<T>>,
    /// The singular values of A in descending order, if the method computes them.
    pub singular_values: Option<Vec<T>>,
}
