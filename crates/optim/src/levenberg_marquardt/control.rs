//! Controls, which accept or reject steps.

use leastwise_core::{Error, Result, Scalar};

use super::StepSolver;
use crate::{Bounds, Counts, Evaluation, Progress, Quantity, Termination, check};

/// Decides about the step that a [`StepSolver`] computes.
pub trait Control<T: Scalar, P: ?Sized, S: StepSolver<T, P>> {
    /// Takes the bounds of the problem, and refuses an invalid start before anything is evaluated there. By default, a
    /// problem with bounds is refused.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with the reason.
    fn check_start(&mut self, bounds: Option<&Bounds<T>>, x: &[T]) -> Result<()> {
        let _ = x;
        if bounds.is_some() {
            let detail = "must have no bounds with this control; TrustRegion keeps bounds";
            return Err(check::invalid(
                "LevenbergMarquardt",
                "problem",
                detail.to_owned(),
            ));
        }
        Ok(())
    }

    /// Tells the solver what it has to know before it linearises at the start.
    fn prepare(&self, solver: &mut S) {
        let _ = solver;
    }

    /// Prepares for a run from `x`, where the solver has linearised.
    fn init(&mut self, x: &[T], evaluation: &Evaluation<T>);

    /// Moves `x`, and leaves the solver linearised there.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn step(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>>;

    /// The radius of the trust region before the next step. None without one.
    fn radius(&self) -> Option<T> {
        None
    }
}

/// The control of the published experiment: x ← x + α·δ, where δ is the undamped minimum-norm Gauss-Newton
/// direction and α is fixed.
///
/// It has no damping and no acceptance test. Near a solution with r = 0, each step reduces the residual by
/// the factor 1 − α. After k steps, the loss is (1 − α)²ᵏ of the initial one.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedStep<T> {
    step: T,
    delta: Vec<T>,
    last: Evaluation<T>,
}

impl<T: Scalar> FixedStep<T> {
    /// The control with the step size α.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `step` is positive and finite.
    pub fn new(step: T) -> Result<Self> {
        Ok(Self {
            step: check::positive("FixedStep", "step", step)?,
            delta: Vec::new(),
            last: Evaluation::new(T::nan(), T::nan()),
        })
    }
}

impl<T: Scalar, P: ?Sized, S: StepSolver<T, P>> Control<T, P, S> for FixedStep<T> {
    fn init(&mut self, x: &[T], evaluation: &Evaluation<T>) {
        self.delta.resize(x.len(), T::zero());
        self.last = *evaluation;
    }

    fn step(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        self.delta.fill(T::nan());
        match solver.direction(problem, &mut self.delta, counts) {
            Ok(()) => {}
            Err(Error::Overflow { .. }) => {
                let quantity = Quantity::Direction;
                return Ok(Progress {
                    evaluation: self.last,
                    stop: Some(Termination::NonFinite { quantity }),
                });
            }
            Err(error) => return Err(error),
        }
        for (xi, &di) in x.iter_mut().zip(&self.delta) {
            *xi += self.step * di;
        }
        self.last = solver.linearize(problem, x, counts)?;
        Ok(self.last.into())
    }
}
