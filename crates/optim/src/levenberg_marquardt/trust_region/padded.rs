//! A problem with at least as many residuals as parameters.

use leastwise_core::{MatMut, Result, Scalar};

use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::{Bounds, LeastSquaresProblem};

/// The same problem, with residuals that are 0 until there are as many as parameters.
pub(super) struct Padded<'p, P: ?Sized>(pub(super) &'p P);

impl<P: ?Sized> Padded<'_, P> {
    /// `j` without the rows of the added residuals, which become 0.
    fn own_rows<T: Scalar>(
        &self,
        mut j: MatMut<'_, T>,
        write: impl FnOnce(MatMut<'_, T>) -> Result<()>,
    ) -> Result<()>
    where
        P: LeastSquaresProblem<T>,
    {
        let m = self.0.residuals();
        if j.rows() <= m {
            return write(j);
        }
        let (rows, cols, stride) = (j.rows(), j.cols(), j.col_stride());
        for col in 0..cols {
            for row in m..rows {
                j[(row, col)] = T::zero();
            }
        }
        write(MatMut::from_col_major_with_stride(
            j.into_data(),
            m,
            cols,
            stride,
        )?)
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T> + ?Sized> LeastSquaresProblem<T> for Padded<'_, P> {
    forward! { self => self.0; parameters, bounds, constant_norm, term_norm, jacobian_error, jacobian_evaluations, draft_error }

    fn residuals(&self) -> usize {
        self.0.residuals().max(self.0.parameters())
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        let own = self.0.residuals().min(r.len());
        let (own, added) = r.split_at_mut(own);
        added.fill(T::zero());
        self.0.residual(x, own)
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.own_rows(j, |j| self.0.jacobian(x, j))
    }

    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        j: MatMut<'_, T>,
    ) -> Result<()> {
        self.own_rows(j, |j| self.0.jacobian_with(x, quality, bounds, j))
    }
}
