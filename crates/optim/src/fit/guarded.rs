//! A problem that returns its panics as errors.

use leastwise_core::{MatMut, Result, Scalar};

use crate::caught::{OPERATION, caught};
use crate::levenberg_marquardt::Quality;
use crate::tall::Walk;
use crate::{Bounds, LeastSquaresProblem, RowProblem};

/// Calls `problem` so that no panic unwinds through an optimiser or a backend. A panic may leave the inner
/// state of the problem, such as a `RefCell`, changed.
pub(super) struct Guarded<'p, T> {
    walk: Walk<'p, T>,
    residuals: usize,
    parameters: usize,
    constant_norm: T,
    term_norm: T,
    jacobian_error: T,
    draft_error: Option<T>,
    bounds: Option<Bounds<T>>,
    /// Which residuals represent an observation. Empty if all do.
    observed: Vec<bool>,
    /// The numbers of observations and residuals, of all ranks.
    observations: usize,
    total: usize,
}

impl<'p, T: Scalar> Guarded<'p, T> {
    /// Adds `bounds` to those of the problem. The threads of `walk` share the evaluations of differences.
    pub(super) fn new(walk: Walk<'p, T>, bounds: Option<&Bounds<T>>) -> Result<Self> {
        let problem = walk.problem();
        let mut guarded = caught("problem", || {
            let residuals = problem.residuals();
            let observations = (0..residuals)
                .filter(|&row| problem.is_observation(row))
                .count();
            Self {
                walk,
                residuals,
                parameters: problem.parameters(),
                constant_norm: problem.constant_norm(),
                term_norm: problem.term_norm(),
                jacobian_error: problem.jacobian_error(),
                draft_error: problem.draft_error(),
                bounds: problem.bounds().cloned(),
                observed: if observations == residuals {
                    Vec::new()
                } else {
                    (0..residuals)
                        .map(|row| problem.is_observation(row))
                        .collect()
                },
                observations,
                total: residuals,
            }
        })?;
        if let Some(bounds) = bounds.cloned() {
            let inner = guarded.bounds.as_ref();
            guarded.bounds = Some(bounds.on(OPERATION, guarded.parameters, inner)?);
        }
        Ok(guarded)
    }

    /// The same, as a part of a problem of these sizes.
    pub(super) fn part_of(self, whole: &Whole<T>) -> Self {
        Self {
            constant_norm: whole.constant_norm,
            jacobian_error: whole.jacobian_error,
            draft_error: whole.draft_error,
            observations: whole.observations,
            total: whole.total,
            ..self
        }
    }

    /// The number of residuals that represent an observation, on all ranks.
    pub(super) fn observations(&self) -> usize {
        self.observations
    }

    /// The number of residuals, on all ranks.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// Which residuals represent an observation. Empty if all do.
    pub(super) fn observed(&self) -> &[bool] {
        &self.observed
    }
}

/// A problem whose rows are those of several ranks.
#[derive(Clone, Debug)]
pub(super) struct Whole<T> {
    pub(super) total: usize,
    pub(super) observations: usize,
    pub(super) constant_norm: T,
    pub(super) jacobian_error: T,
    pub(super) draft_error: Option<T>,
}

impl<T: Scalar> LeastSquaresProblem<T> for Guarded<'_, T> {
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
        self.observed.get(row).copied().unwrap_or(true)
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        caught("residual", || self.walk.problem().residual(x, r))?
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
            self.walk.share(self.parameters, &|problem, col| {
                caught("jacobian", || {
                    problem.evaluate_ahead(x, quality, bounds, col)
                })?
            })?;
        }
        caught("jacobian", || {
            self.walk.problem().jacobian_with(x, quality, bounds, j)
        })?
    }

    fn draft_error(&self) -> Option<T> {
        self.draft_error
    }

    fn jacobian_evaluations(&self) -> usize {
        self.walk.problem().jacobian_evaluations()
    }

    /// Its panics are not caught.
    fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
        self.walk.problem().by_rows()
    }
}
