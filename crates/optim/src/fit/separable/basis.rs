//! The functions of a separable model as a vector, and their derivatives.

use leastwise_core::{Mat, MatMut, Result, Scalar};

use super::model::{Derivatives, Separable};
use crate::caught::caught;
use crate::scratch::{Scratch, refill};
use crate::{LeastSquaresProblem, ResidualFunction};

/// Φ(α), m×p, column by column.
pub(super) struct Basis<'s, 'a, T, X, F> {
    model: &'s Separable<'a, T, X, F>,
    /// The functions at one x.
    row: Scratch<Vec<T>>,
}

impl<'s, 'a, T, X, F> Basis<'s, 'a, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T], &mut [T]),
{
    pub(super) fn new(model: &'s Separable<'a, T, X, F>) -> Self {
        Self {
            model,
            row: Scratch::default(),
        }
    }

    /// The same with derivatives, if the model has them.
    pub(super) fn exact(&self) -> Option<Exact<'_, 's, 'a, T, X, F>> {
        self.model.derivatives().map(|derivatives| Exact {
            basis: self,
            derivatives,
            at_x: Scratch::default(),
        })
    }

    fn evaluate(&self, alpha: &[T], columns: &mut [T]) {
        let m = self.model.design().rows;
        let mut row = self.row.take();
        for (i, &x) in self.model.x().iter().enumerate() {
            refill(&mut row, self.model.design().linear, T::nan());
            (self.model.basis())(x, alpha, &mut row);
            for (entry, &value) in columns.iter_mut().skip(i).step_by(m).zip(&row) {
                *entry = value;
            }
        }
        self.row.put_back(row);
    }
}

impl<T, X, F> ResidualFunction<T> for Basis<'_, '_, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T], &mut [T]),
{
    fn residuals(&self) -> usize {
        self.model.design().rows * self.model.design().linear
    }

    fn parameters(&self) -> usize {
        self.model.design().nonlinear
    }

    /// A panic of the functions is returned as an error.
    fn residual(&self, alpha: &[T], columns: &mut [T]) -> Result<()> {
        caught("basis", || self.evaluate(alpha, columns))
    }
}

/// Φ(α) with the derivatives of the user.
pub(super) struct Exact<'b, 's, 'a, T, X, F> {
    basis: &'b Basis<'s, 'a, T, X, F>,
    derivatives: &'s Derivatives<'a, T, X>,
    /// The derivatives at one x, p×q.
    at_x: Scratch<Mat<T>>,
}

impl<T, X, F> LeastSquaresProblem<T> for Exact<'_, '_, '_, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T], &mut [T]),
{
    fn residuals(&self) -> usize {
        self.basis.residuals()
    }

    fn parameters(&self) -> usize {
        self.basis.parameters()
    }

    fn residual(&self, alpha: &[T], columns: &mut [T]) -> Result<()> {
        self.basis.residual(alpha, columns)
    }

    /// A panic of the derivatives is returned as an error.
    fn jacobian(&self, alpha: &[T], j: MatMut<'_, T>) -> Result<()> {
        caught("derivatives", || self.differentiate(alpha, j))
    }
}

impl<T: Scalar, X: Copy, F> Exact<'_, '_, '_, T, X, F> {
    fn differentiate(&self, alpha: &[T], mut jacobian: MatMut<'_, T>) {
        let design = self.basis.model.design();
        let (m, p, q) = (design.rows, design.linear, design.nonlinear);
        let mut at_x = self.at_x.take();
        at_x.reshape_for_overwrite(p, q);
        for (i, &x) in self.basis.model.x().iter().enumerate() {
            at_x.data_mut().fill(T::zero());
            (self.derivatives)(x, alpha, at_x.as_mut());
            for j in 0..q {
                for (k, &derivative) in at_x.col(j).iter().enumerate() {
                    jacobian[(k * m + i, j)] = derivative;
                }
            }
        }
        self.at_x.put_back(at_x);
    }
}
