//! Errors. Each names the operation, the argument and the numbers.

use crate::Method;

/// The result of every fallible call of this workspace.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason why an operation returned no answer.
///
/// ```
/// use leastwise_core::MatRef;
/// let error = MatRef::from_col_major(&[1.0, 2.0, 3.0], 2, 2).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "MatRef: data must have at least 4 elements for 2x2 with strides (1, 2), but it has 3"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operation does not accept the shape of an argument.
    #[error("{operation}: {argument} {detail}")]
    Shape {
        /// The operation that was called.
        operation: &'static str,
        /// The argument, by the name in the operation's signature.
        argument: &'static str,
        /// What was required and what was found, with the numbers.
        detail: String,
    },
    /// An argument holds a NaN or an infinity.
    #[error("{operation}: {argument} must be finite, but entry ({row}, {col}) is {value}")]
    NonFinite {
        /// The operation that was called.
        operation: &'static str,
        /// The argument, by the name in the operation's signature.
        argument: &'static str,
        /// Row of the first such entry in column-major order.
        row: usize,
        /// Column of that entry.
        col: usize,
        /// The entry.
        value: f64,
    },
    /// An argument is outside the range that the operation is defined for.
    #[error("{operation}: {argument} {detail}")]
    InvalidArgument {
        /// The operation that was called.
        operation: &'static str,
        /// The argument, by the name in the operation's signature.
        argument: &'static str,
        /// What was required and what was found, with the numbers.
        detail: String,
    },
    /// The matrix is rank-deficient to working precision, and the method cannot give the
    /// minimum-norm solution.
    #[error(
        "{operation}: a is rank-deficient to working precision (reciprocal condition about \
         {reciprocal_condition:.1e}, {method} needs more than {threshold:.1e}); use svd or \
         complete-orthogonal for the minimum-norm solution"
    )]
    RankDeficient {
        /// The operation that was called.
        operation: &'static str,
        /// The method that refuses.
        method: Method,
        /// An estimate, from above, of `σ_min/σ_max` of the matrix.
        reciprocal_condition: f64,
        /// The smallest reciprocal condition that the method accepts.
        threshold: f64,
    },
    /// The matrix is not positive definite.
    #[error("{operation}: {argument} is not positive definite to working precision")]
    NotPositiveDefinite {
        /// The operation that was called.
        operation: &'static str,
        /// The argument, by the name in the operation's signature.
        argument: &'static str,
    },
    /// An iterative factorisation did not converge.
    #[error("{operation}: the iteration of {backend} did not converge")]
    NoConvergence {
        /// The operation that was called.
        operation: &'static str,
        /// The backend whose library did not converge.
        backend: &'static str,
    },
    /// The library reported success with a result that violates an invariant of the operation.
    #[error("{operation}: {backend} returned a wrong result as success: {detail}")]
    WrongResult {
        /// The operation that was called.
        operation: &'static str,
        /// The backend whose library returned the result.
        backend: &'static str,
        /// The invariant, and by how much it is violated.
        detail: String,
    },
    /// The exact result is too large for the scalar type.
    #[error("{operation}: {result} exceeds the range of {scalar}")]
    Overflow {
        /// The operation that was called.
        operation: &'static str,
        /// The part of the result that is too large, with the numbers.
        result: String,
        /// The scalar type.
        scalar: &'static str,
    },
    /// A function that the caller passed in panicked.
    #[error("{operation}: {argument} panicked: {detail}")]
    Panic {
        /// The operation that was called.
        operation: &'static str,
        /// The function.
        argument: &'static str,
        /// The message of the panic.
        detail: String,
    },
    /// The backend's library does not have this operation.
    #[error("{operation}: {backend} does not have this operation")]
    Unsupported {
        /// The operation that was called.
        operation: &'static str,
        /// The backend that lacks it.
        backend: &'static str,
    },
    /// A process of a parallel program has failed. All processes end with this error.
    #[error("rank {rank}: {detail}")]
    Rank {
        /// The number of the process, from 0.
        rank: usize,
        /// Its error. Rows are those of this process, from 0.
        detail: String,
    },
}
