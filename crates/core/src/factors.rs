//! The results of factorisations.

use crate::{Mat, Result, Scalar};

/// A = U·diag(s)·Vᵀ with s₁ ≥ s₂ ≥ … ≥ 0 and orthonormal columns in U and V.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Svd<T> {
    /// Left singular vectors, one per column: m×min(m, n).
    pub u: Mat<T>,
    /// Singular values in descending order: min(m, n) of them.
    pub s: Vec<T>,
    /// Right singular vectors, one per column: n×min(m, n).
    pub v: Mat<T>,
}

/// A = V·diag(w)·Vᵀ with w₁ ≤ w₂ ≤ … and orthonormal columns in V.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen<T> {
    /// Eigenvalues in ascending order.
    pub values: Vec<T>,
    /// Eigenvectors, one per column.
    pub vectors: Mat<T>,
}

/// The triangle of a matrix that a triangular solve reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triangle {
    /// The entries on and above the diagonal.
    Upper,
    /// The entries on and below the diagonal.
    Lower,
}

/// A = Q₁·R, where A is m×n with m ≥ n, Q₁ is m×n with orthonormal columns, and R is n×n and upper
/// triangular. It is stored in the form of the library.
pub trait QrFactors<T: Scalar> {
    /// R, with zeros below its diagonal. The library chooses the signs of the diagonal.
    fn r(&self) -> Mat<T>;

    /// Q₁·Y (m×k) for Y n×k.
    ///
    /// # Errors
    /// What the library reports.
    fn mul_q(&self, y: Mat<T>) -> Result<Mat<T>>;
}

/// The reduced problem min ‖R·X − Q₁ᵀB‖_F, which a QR factorisation makes of min ‖A·X − B‖_F.
#[derive(Clone, Debug)]
pub struct Triangularized<T> {
    /// R, n×n, with zeros below its diagonal.
    pub r: Mat<T>,
    /// Q₁ᵀB, n×k.
    pub c: Mat<T>,
    /// For each column of B, the norm of its part outside the range of Q₁.
    pub residual_norms: Vec<T>,
    /// The remaining storage of A, which the caller can use again. It has any length.
    pub a_storage: Vec<T>,
    /// The remaining storage of B, which the caller can use again. It has any length.
    pub b_storage: Vec<T>,
}

/// A·P = Q·R by column pivoting, and QᵀC.
#[derive(Clone, Debug)]
pub struct PivotedQr<T> {
    /// R, n×n, with zeros below its diagonal.
    pub r: Mat<T>,
    /// QᵀC, n×k.
    pub c: Mat<T>,
    /// Column j of A·P is column `permutation[j]` of A.
    pub permutation: Vec<usize>,
}
