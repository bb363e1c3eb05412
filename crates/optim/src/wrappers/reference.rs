//! A reference to a problem is a problem, so that several wrappers can share one.

use leastwise_core::{MatMut, Result, Scalar};

use crate::{Bounds, LeastSquaresProblem, ResidualFunction};

impl<T: Scalar, P: LeastSquaresProblem<T> + ?Sized> LeastSquaresProblem<T> for &P {
    fn residuals(&self) -> usize {
        (**self).residuals()
    }

    fn parameters(&self) -> usize {
        (**self).parameters()
    }

    fn constant_norm(&self) -> T {
        (**self).constant_norm()
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

    fn jacobian_evaluations(&self) -> usize {
        (**self).jacobian_evaluations()
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        (**self).jacobian(x, j)
    }

    fn jacobian_within(&self, x: &[T], bounds: &Bounds<T>, j: MatMut<'_, T>) -> Result<()> {
        (**self).jacobian_within(x, bounds, j)
    }

    fn draft_error(&self) -> Option<T> {
        (**self).draft_error()
    }

    fn draft_jacobian(&self, x: &[T], bounds: Option<&Bounds<T>>, j: MatMut<'_, T>) -> Result<()> {
        (**self).draft_jacobian(x, bounds, j)
    }
}

impl<T: Scalar, P: ResidualFunction<T> + ?Sized> ResidualFunction<T> for &P {
    fn residuals(&self) -> usize {
        (**self).residuals()
    }

    fn parameters(&self) -> usize {
        (**self).parameters()
    }

    fn constant_norm(&self) -> T {
        (**self).constant_norm()
    }

    fn data_sizes(&self, sizes: &mut [T]) -> bool {
        (**self).data_sizes(sizes)
    }

    fn is_observation(&self, row: usize) -> bool {
        (**self).is_observation(row)
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        (**self).residual(x, r)
    }
}
