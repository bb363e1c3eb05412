//! Problems of two factors.

use leastwise_core::{MatRef, Scalar};

/// min ‖W₁·W₂·X − Y‖²_F + c² over W₁ m×k and W₂ k×n, for X n×s and Y m×s: the structure that
/// [`Kronecker`](crate::Kronecker) and [`ScaledGradientDescent`](crate::ScaledGradientDescent) use.
///
/// The parameters are vec(W₁) followed by vec(W₂), column after column.
pub trait TwoFactorProblem<T: Scalar> {
    /// m, the rows of W₁ and of Y.
    fn outputs(&self) -> usize;

    /// k, the columns of W₁ and rows of W₂.
    fn hidden(&self) -> usize;

    /// n, the columns of W₂ and rows of X.
    fn inputs(&self) -> usize;

    /// X, n×s.
    fn x(&self) -> MatRef<'_, T>;

    /// Y, m×s.
    fn y(&self) -> MatRef<'_, T>;

    /// c ≥ 0: c² is what the loss has beyond ‖W₁·W₂·X − Y‖²_F.
    fn constant_norm(&self) -> T {
        T::zero()
    }
}
