//! Problems of two factors.

use leastwise_core::{MatRef, Scalar};

/// min ‖W₁·W₂·X − Y‖²_F + c² over W₁ m×k and W₂ k×n, for X n×s and Y m×s. [`Kronecker`](crate::Kronecker) and
/// [`ScaledGradientDescent`](crate::ScaledGradientDescent) use this structure.
///
/// The parameters are vec(W₁) followed by vec(W₂), column by column.
pub trait TwoFactorProblem<T: Scalar> {
    /// The number m of rows of W₁ and of Y.
    fn outputs(&self) -> usize;

    /// The number k of columns of W₁ and of rows of W₂.
    fn hidden(&self) -> usize;

    /// The number n of columns of W₂ and of rows of X.
    fn inputs(&self) -> usize;

    /// X, n×s.
    fn x(&self) -> MatRef<'_, T>;

    /// Y, m×s.
    fn y(&self) -> MatRef<'_, T>;

    /// c ≥ 0, where c² is added to the loss ‖W₁·W₂·X − Y‖²_F.
    fn constant_norm(&self) -> T {
        T::zero()
    }
}
