//! A reference to a problem is a problem, so that several wrappers can share one.

use leastwise_core::{MatMut, Result, Scalar};

use crate::{LeastSquaresProblem, ResidualFunction};

impl<T: Scalar, P: LeastSquaresProblem<T> + ?Sized> LeastSquaresProblem<T> for &P {
    fn residuals(&self) -> usize {
        (**self).residuals()
    }

    fn parameters(&self) -> usize {
        (**self).parameters()
    }

    fn constant_loss(&self) -> T {
        (**self).constant_loss()
    }

    fn is_observation(&self, row: usize) -> bool {
        (**self).is_observation(row)
    }

    fn jacobian_error(&self) -> T {
        (**self).jacobian_error()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        (**self).residual(x, r)
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        (**self).jacobian(x, j)
    }
}

impl<T: Scalar, P: ResidualFunction<T> + ?Sized> ResidualFunction<T> for &P {
    fn residuals(&self) -> usize {
        (**self).residuals()
    }

    fn parameters(&self) -> usize {
        (**self).parameters()
    }

    fn constant_loss(&self) -> T {
        (**self).constant_loss()
    }

    fn is_observation(&self, row: usize) -> bool {
        (**self).is_observation(row)
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        (**self).residual(x, r)
    }
}
