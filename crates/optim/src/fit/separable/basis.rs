//! The functions of a separable model as a vector, of which differences can be taken.

use leastwise_core::{Result, Scalar};

use super::model::Separable;
use crate::ResidualFunction;
use crate::caught::caught;

/// Φ(α), m×p, column by column.
pub(super) struct Basis<'s, 'a, T, X, F>(pub(super) &'s Separable<'a, T, X, F>);

impl<T, X, F> ResidualFunction<T> for Basis<'_, '_, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T], &mut [T]),
{
    fn residuals(&self) -> usize {
        self.0.rows() * self.0.linear()
    }

    fn parameters(&self) -> usize {
        self.0.nonlinear()
    }

    /// A panic of the functions is returned as an error.
    fn residual(&self, alpha: &[T], columns: &mut [T]) -> Result<()> {
        caught("basis", || self.evaluate(alpha, columns))
    }
}

/// Rows of this many functions need no allocation.
const FEW: usize = 16;

impl<T, X, F> Basis<'_, '_, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T], &mut [T]),
{
    fn evaluate(&self, alpha: &[T], columns: &mut [T]) {
        let (m, p) = (self.0.rows(), self.0.linear());
        let (mut few, mut many) = ([T::nan(); FEW], Vec::new());
        let row = if p <= FEW {
            &mut few[..p]
        } else {
            many.resize(p, T::nan());
            &mut many[..]
        };
        for (i, &x) in self.0.x().iter().enumerate() {
            row.fill(T::nan());
            (self.0.basis())(x, alpha, row);
            for (k, &value) in row.iter().enumerate() {
                columns[k * m + i] = value;
            }
        }
    }
}
