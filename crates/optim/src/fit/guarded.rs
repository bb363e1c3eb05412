//! A problem that returns its panics as errors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::{Error, MatMut, Result, Scalar};

use crate::levenberg_marquardt::Quality;
use crate::tall::Columns;
use crate::{Bounds, LeastSquaresProblem, RowProblem};

/// The operation that errors name.
pub(super) const OPERATION: &str = "Fit";

/// Calls `problem` so that no panic unwinds through an optimiser or a backend. A panic may leave the inner
/// state of the problem, such as a `RefCell`, changed.
pub(super) struct Guarded<'p, T, P: ?Sized> {
    problem: &'p P,
    columns: &'p dyn Columns<P>,
    residuals: usize,
    parameters: usize,
    constant_norm: T,
    term_norm: T,
    jacobian_error: T,
    draft_error: Option<T>,
    bounds: Option<Bounds<T>>,
    observed: Vec<bool>,
}

impl<'p, T: Scalar, P: LeastSquaresProblem<T> + ?Sized> Guarded<'p, T, P> {
    /// Adds `bounds` to those of the problem. `columns` share the evaluations of differences.
    pub(super) fn new(
        problem: &'p P,
        columns: &'p dyn Columns<P>,
        bounds: Option<&Bounds<T>>,
    ) -> Result<Self> {
        let mut guarded = caught("problem", || {
            let residuals = problem.residuals();
            Self {
                problem,
                columns,
                residuals,
                parameters: problem.parameters(),
                constant_norm: problem.constant_norm(),
                term_norm: problem.term_norm(),
                jacobian_error: problem.jacobian_error(),
                draft_error: problem.draft_error(),
                bounds: problem.bounds().cloned(),
                observed: (0..residuals)
                    .map(|row| problem.is_observation(row))
                    .collect(),
            }
        })?;
        if let Some(bounds) = bounds.cloned() {
            let inner = guarded.bounds.as_ref();
            guarded.bounds = Some(bounds.on(OPERATION, guarded.parameters, inner)?);
        }
        Ok(guarded)
    }

    /// Which residuals represent an observation.
    pub(super) fn observed(&self) -> &[bool] {
        &self.observed
    }
}

impl<T: Scalar, P: LeastSquaresProblem<T> + ?Sized> LeastSquaresProblem<T> for Guarded<'_, T, P> {
    fn residuals(&self) -> usize {
        self.residuals
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    fn constant_norm(&self) -> T {
        self.constant_norm
    }

    fn term_norm(&self) -> T {
        self.term_norm
    }

    fn jacobian_error(&self) -> T {
        self.jacobian_error
    }

    fn is_observation(&self, row: usize) -> bool {
        self.observed[row]
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        caught("residual", || self.problem.residual(x, r))?
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.jacobian_with(x, Quality::Full, None, j)
    }

    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        j: MatMut<'_, T>,
    ) -> Result<()> {
        let bounds = bounds.or(self.bounds.as_ref());
        if self.draft_error.is_some() {
            self.columns
                .share(self.problem, self.parameters, &|problem, col| {
                    caught("jacobian", || {
                        problem.evaluate_ahead(x, quality, bounds, col)
                    })?
                })?;
        }
        caught("jacobian", || {
            self.problem.jacobian_with(x, quality, bounds, j)
        })?
    }

    fn draft_error(&self) -> Option<T> {
        self.draft_error
    }

    fn jacobian_evaluations(&self) -> usize {
        self.problem.jacobian_evaluations()
    }

    /// Its panics are not caught.
    fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
        self.problem.by_rows()
    }
}

pub(crate) fn caught<R>(argument: &'static str, call: impl FnOnce() -> R) -> Result<R> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| Error::Panic {
        operation: OPERATION,
        argument,
        detail: message(&*payload),
    })
}

pub(super) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
