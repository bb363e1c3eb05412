//! A problem as a function of its untied parameters.

use leastwise_core::{Mat, MatMut, Result, Scalar};

use super::zip_column;
use crate::forward::forward;
use crate::levenberg_marquardt::Quality;
use crate::scratch::Scratch;
use crate::ties::Ties;
use crate::{Bounds, LeastSquaresProblem, ResidualFunction, RowFunction, Rows, check};

/// r(p(q)) for the untied parameters q. Derivatives follow from those of r by the chain rule.
#[derive(Debug)]
pub(crate) struct Tied<'a, T: Scalar, P> {
    problem: P,
    ties: &'a Ties<T>,
    bounds: Option<Bounds<T>>,
    /// All parameters, and the Jacobian with respect to them.
    work: Scratch<(Vec<T>, Mat<T>)>,
}

const OPERATION: &str = "Fit";

impl<'a, T: Scalar, P> Tied<'a, T, P> {
    pub(crate) fn of_function(function: P, ties: &'a Ties<T>) -> Self
    where
        P: ResidualFunction<T>,
    {
        let bounds = function.bounds().map(|bounds| bounds.of(ties.untied()));
        Self::of(function, ties, bounds)
    }

    pub(crate) fn new(problem: P, ties: &'a Ties<T>) -> Self
    where
        P: LeastSquaresProblem<T>,
    {
        let bounds = problem.bounds().map(|bounds| bounds.of(ties.untied()));
        Self::of(problem, ties, bounds)
    }

    fn of(problem: P, ties: &'a Ties<T>, bounds: Option<Bounds<T>>) -> Self {
        Self {
            problem,
            ties,
            bounds,
            work: Scratch::default(),
        }
    }

    /// Calls `evaluate` with all parameters, and a matrix to work in.
    fn at<R>(
        &self,
        untied: &[T],
        evaluate: impl FnOnce(&[T], &mut Mat<T>) -> Result<R>,
    ) -> Result<R> {
        check::entries(OPERATION, "x", self.ties.untied().len(), untied.len())?;
        let mut work = self.work.take();
        self.ties.expand(untied, &mut work.0);
        let result = evaluate(&work.0, &mut work.1);
        self.work.put_back(work);
        result
    }
}

impl<T: Scalar, P: ResidualFunction<T>> ResidualFunction<T> for Tied<'_, T, P> {
    forward! { self => self.problem; residuals, constant_norm, data_sizes, is_observation }

    fn parameters(&self) -> usize {
        self.ties.untied().len()
    }

    fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.at(x, |all, _| self.problem.residual(all, r))
    }

    fn by_rows(&self) -> Option<&dyn RowFunction<T>> {
        self.problem.by_rows().map(|_| self as &dyn RowFunction<T>)
    }
}

impl<T: Scalar, P: ResidualFunction<T>> RowFunction<T> for Tied<'_, T, P> {
    fn residual_rows(&self, x: &[T], rows: Rows<'_>, r: &mut [T]) -> Result<()> {
        self.at(x, |all, _| {
            let Some(function) = self.problem.by_rows() else {
                let detail = "must evaluate rows on their own".to_owned();
                return Err(check::invalid(OPERATION, "function", detail));
            };
            function.residual_rows(all, rows, r)
        })
    }

    fn data_sizes_of_rows(&self, rows: Rows<'_>, sizes: &mut [T]) -> bool {
        let function = self.problem.by_rows();
        function.is_some_and(|function| function.data_sizes_of_rows(rows, sizes))
    }

    fn is_streamed(&self) -> bool {
        let function = self.problem.by_rows();
        function.is_some_and(RowFunction::is_streamed)
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T>> LeastSquaresProblem<T> for Tied<'_, T, P> {
    forward! { self => self.problem; residuals, constant_norm, term_norm, is_observation, jacobian_evaluations, draft_error }

    fn parameters(&self) -> usize {
        self.ties.untied().len()
    }

    fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    /// Ties are differentiated to some three quarters of the digits.
    fn jacobian_error(&self) -> T {
        self.problem
            .jacobian_error()
            .max(T::EPSILON.powf(T::of(0.75)))
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.at(x, |all, _| self.problem.residual(all, r))
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.jacobian_with(x, Quality::Full, None, j)
    }

    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let (m, n) = (self.problem.residuals(), self.ties.parameters());
        let untied = self.ties.untied();
        check::size(OPERATION, "j", (m, untied.len()), &j)?;
        let all_bounds = bounds.map(|bounds| {
            let all = self.problem.bounds().cloned();
            all.unwrap_or_else(|| Bounds::none(n))
                .replaced(untied, bounds)
        });
        self.at(x, |all, jacobian| {
            jacobian.reshape_for_overwrite(m, n);
            jacobian.data_mut().fill(T::nan());
            self.problem
                .jacobian_with(all, quality, all_bounds.as_ref(), jacobian.as_mut())?;
            let slopes = self.ties.derivatives(x);
            for (col, &index) in untied.iter().enumerate() {
                zip_column(&mut j, col, jacobian.col(index), |entry, value| {
                    *entry = value;
                });
                for (row, tied) in self.ties.tied().enumerate() {
                    let slope = slopes[(row, col)];
                    if slope != T::zero() {
                        zip_column(&mut j, col, jacobian.col(tied), |entry, value| {
                            *entry += slope * value;
                        });
                    }
                }
            }
            Ok(())
        })
    }
}
