//! LAPACK's own least-squares drivers, for comparison. They do not keep the contract.
//!
//! Their answers are neither checked nor corrected. The map in METHODOLOGY.md shows what they
//! return for hard problems. The README explains why the adapter does not use them.

use leastwise_core::{Mat, Result};

use crate::{AdapterScalar, ffi};

/// min ‖A·X − B‖_F by the QR or LQ factorisation (xGELS): A m×n of full rank, B m×k, X n×k.
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) if `b` has other rows than `a`;
/// [`Error::NoConvergence`](leastwise_core::Error::NoConvergence) if a diagonal entry of the
/// triangular factor is exactly zero. Other rank-deficient matrices are not refused.
pub fn gels<T: AdapterScalar>(mut a: Mat<T>, b: &Mat<T>) -> Result<Mat<T>> {
    ffi::gels(&mut a, b).map(|solved| solved.x)
}

/// The minimum-norm solution by a complete orthogonal decomposition (xGELSY), and the rank: the size
/// of the largest leading block of R with a condition estimate below 1/`rcond`.
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) if `b` has other rows than `a`.
pub fn gelsy<T: AdapterScalar>(mut a: Mat<T>, b: &Mat<T>, rcond: T) -> Result<(Mat<T>, usize)> {
    ffi::gelsy(&mut a, b, rcond).map(|solved| (solved.x, solved.rank))
}

/// The minimum-norm solution by a divide-and-conquer SVD (xGELSD), and the rank: the number of
/// singular values above `rcond`·σ₁.
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) if `b` has other rows than `a`;
/// [`Error::NoConvergence`](leastwise_core::Error::NoConvergence).
pub fn gelsd<T: AdapterScalar>(mut a: Mat<T>, b: &Mat<T>, rcond: T) -> Result<(Mat<T>, usize)> {
    ffi::gelsd(&mut a, b, rcond).map(|solved| (solved.x, solved.rank))
}
