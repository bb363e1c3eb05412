//! How far a step is trusted.

use leastwise_core::{Error, Result, Scalar};

use super::StepSolver;
use crate::{Counts, Evaluation, Progress, Quantity, Termination, check};

/// Decides what becomes of the step that a [`StepSolver`] proposes.
pub trait Control<T: Scalar, P: ?Sized, S: StepSolver<T, P>> {
    /// Refuses a start that it cannot take, before anything is evaluated there.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with what is wrong.
    fn check_start(&self, x: &[T]) -> Result<()> {
        let _ = x;
        Ok(())
    }

    /// Tells the solver what it has to know before it linearises at the start.
    fn prepare(&self, solver: &mut S) {
        let _ = solver;
    }

    /// Makes ready for a run from `x`, where the solver has linearised.
    fn init(&mut self, x: &[T], evaluation: &Evaluation<T>);

    /// Moves `x` and leaves the solver linearised there.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn step(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>>;
}

/// The control of the published experiment: x ← x + α·δ with δ the undamped minimum-norm
/// Gauss-Newton direction and α fixed.
///
/// It has no damping and no acceptance test. Near a solution with r = 0 the residual shrinks by
/// 1 − α a step: after k steps the loss is (1 − α)²ᵏ of what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedStep<T> {
    step: T,
    delta: Vec<T>,
    last: Evaluation<T>,
}

impl<T: Scalar> FixedStep<T> {
    /// The step size α.
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
