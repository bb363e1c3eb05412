//! A reference to a problem is also a problem, so that several wrappers can share one problem.

use leastwise_core::{MatMut, Result, Scalar};

use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::ties::Ties;
use crate::{Bounds, LeastSquaresProblem, ResidualFunction, RowFunction, RowProblem};

/// The problem behind a pointer, which answers every call.
macro_rules! problem_behind {
    ($($pointer:ty),*) => {$(
        impl<T: Scalar, P: LeastSquaresProblem<T> + ?Sized> LeastSquaresProblem<T> for $pointer {
            forward! { self => (**self); residuals, parameters, bounds, constant_norm, term_norm, is_observation, jacobian_error, jacobian_evaluations, draft_error, residual, evaluate_ahead }

            fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
                (**self).jacobian(x, j)
            }

            fn jacobian_with(
                &self,
                x: &[T],
                quality: Quality,
                bounds: Option<&Bounds<T>>,
                j: MatMut<'_, T>,
            ) -> Result<()> {
                (**self).jacobian_with(x, quality, bounds, j)
            }

            fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
                (**self).by_rows()
            }

            fn tied<'a>(&'a self, ties: &'a Ties<T>) -> Option<Box<dyn LeastSquaresProblem<T> + 'a>> {
                (**self).tied(ties)
            }
        }
    )*};
}

problem_behind!(&P, Box<P>);

impl<T: Scalar, P: ResidualFunction<T> + ?Sized> ResidualFunction<T> for &P {
    forward! { self => (**self); residuals, parameters, bounds, constant_norm, data_sizes, is_observation, residual }

    fn by_rows(&self) -> Option<&dyn RowFunction<T>> {
        (**self).by_rows()
    }
}
