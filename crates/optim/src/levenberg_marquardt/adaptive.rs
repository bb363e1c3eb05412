//! Adaptive damping.

use leastwise_core::norm::euclidean;
use leastwise_core::{Error, Result, Scalar};

use super::{Control, DampedStepSolver};
use crate::{Counts, Evaluation, Progress, Quantity, Termination, check};

/// x ← x + δ where the loss decreases. δ minimises ‖J·δ + r‖² + λ·‖δ‖² with λ = μ·loss.
///
/// μ follows Nielsen's rule. Let the gain ρ be the decrease of the loss over the decrease of the model,
/// ‖r‖² − ‖J·δ + r‖² = ‖J·δ‖² + 2λ·‖δ‖²:
///
/// - ρ > 0: the step is accepted, μ ← μ·max(⅓, 1 − (2ρ − 1)³), and the next rejection doubles μ.
/// - Otherwise, μ ← μ·ν and ν ← 2ν, and the step is computed again.
///
/// With the loss as a factor, the damping vanishes as fast as ‖r‖² if r can be reduced to zero. Convergence
/// is then quadratic even if J is rank-deficient, provided that ‖r‖ bounds the distance from the solutions. λ
/// never falls below ε² times the curvature at the start, where √λ is a rounding error of J. Long before
/// this, rounding errors are amplified in directions without curvature. This shows in the gain, and more
/// damping corrects it.
///
/// A step of the driver is an accepted step. [`Counts::residuals`] and [`Counts::solves`] include the
/// rejected ones. A run ends when a step is too short to change the parameters:
///
/// - as [`Termination::LossConverged`] if the remaining r is rounding, ‖r‖ ≤ 100·ε·σ·‖x‖. Here σ² is the
///   curvature along the gradient, and σ·‖x‖ is about the size of the terms whose difference is r.
/// - as [`Termination::Stalled`] otherwise. The point need not be a minimum.
///   [`TrustRegion`](super::TrustRegion) recognises minima with r ≠ 0.
///
/// A run at r = 0 ends as [`Termination::GradientConverged`].
///
/// Sources: H. B. Nielsen, *Damping parameter in Marquardt's method*, IMM-REP-1999-05, Technical University
/// of Denmark (1999), eq. (2.5); J. Fan, Y. Yuan, *On the quadratic convergence of the Levenberg-Marquardt
/// method without nonsingularity assumption*, Computing 74 (2005), where λ is a power of ‖r‖ between the
/// first and the second.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveDamping<T> {
    relative_start: T,
    /// The factor μ. It is NaN before the first step.
    mu: T,
    /// The growth factor ν.
    growth: T,
    /// The curvature along the gradient at the start.
    curvature: T,
    delta: Vec<T>,
    trial: Vec<T>,
    last: Evaluation<T>,
}

impl<T: Scalar> AdaptiveDamping<T> {
    /// The control with an initial λ of 10⁻³ times the curvature along the gradient.
    #[must_use]
    pub fn new() -> Self {
        Self {
            relative_start: T::of(1e-3),
            mu: T::nan(),
            growth: T::of(2.0),
            curvature: T::zero(),
            delta: Vec::new(),
            trial: Vec::new(),
            last: Evaluation::new(T::nan(), T::nan()),
        }
    }

    /// Sets the initial λ to `relative_start` times the curvature along the gradient. Use a smaller value for
    /// a good start, and up to 1 for a poor one.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `relative_start` is positive and finite.
    pub fn with_start(self, relative_start: T) -> Result<Self> {
        let relative_start = check::positive("AdaptiveDamping", "relative_start", relative_start)?;
        Ok(Self {
            relative_start,
            ..self
        })
    }

    /// λ for the next trial.
    fn lambda(&self) -> T {
        let floor = (T::EPSILON * T::EPSILON * self.curvature).max(T::min_positive_value());
        (self.mu * self.last.loss).max(floor).min(T::max_value())
    }

    fn stop(&self, reason: Termination) -> Progress<T> {
        Progress {
            evaluation: self.last,
            stop: Some(reason),
        }
    }

    fn taken(&mut self, gain: T) {
        let one = T::one();
        let cube = (gain + gain - one).powi(3);
        self.mu *= (one - cube).max(T::of(1.0 / 3.0));
        self.growth = T::of(2.0);
    }

    fn refused(&mut self) {
        // Computed from the λ that was tried, which the lower limit may have raised.
        let largest = T::max_value();
        self.mu = (self.lambda() / self.last.loss * self.growth).min(largest);
        self.growth = (self.growth + self.growth).min(largest);
    }

    /// The decrease of the loss over that of the model. It is NaN if the trial is not finite, or if the model
    /// predicts no decrease.
    fn gain<P: ?Sized, S: DampedStepSolver<T, P>>(
        &self,
        problem: &P,
        solver: &mut S,
        lambda: T,
        counts: &mut Counts,
    ) -> Result<T> {
        if self.trial.iter().any(|t| !t.is_finite()) {
            return Ok(T::nan());
        }
        let loss = solver.loss(problem, &self.trial, counts)?;
        let predicted = solver.model_decrease(problem, lambda, &self.delta)?;
        // If the model predicts an increase, this is rounding, and must not turn an increase of the loss into
        // a gain.
        Ok(if predicted > T::zero() {
            (self.last.loss - loss) / predicted
        } else {
            T::nan()
        })
    }

    /// Whether the remaining r is rounding, up to two digits.
    fn is_solved<P: ?Sized, S: DampedStepSolver<T, P>>(
        &self,
        problem: &P,
        solver: &mut S,
        x: &[T],
    ) -> Result<bool> {
        let terms = solver.curvature(problem)?.sqrt() * euclidean(x);
        Ok(self.last.loss.sqrt() <= T::of(100.0) * T::EPSILON * terms)
    }

    /// Whether x + δ = x to working precision.
    fn is_negligible(&self, x: &[T]) -> bool {
        euclidean(&self.delta) <= T::EPSILON * euclidean(x)
    }
}

impl<T: Scalar> Default for AdaptiveDamping<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar, P: ?Sized, S: DampedStepSolver<T, P>> Control<T, P, S> for AdaptiveDamping<T> {
    fn init(&mut self, x: &[T], evaluation: &Evaluation<T>) {
        self.delta.resize(x.len(), T::zero());
        self.trial.resize(x.len(), T::zero());
        self.last = *evaluation;
        self.mu = T::nan();
        self.growth = T::of(2.0);
        self.curvature = T::zero();
    }

    fn step(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        if self.last.loss == T::zero() {
            return Ok(self.stop(Termination::GradientConverged));
        }
        // The point is a minimum, or a saddle point where J is zero.
        if self.last.gradient_norm == T::zero() {
            return Ok(self.stop(Termination::Stalled));
        }
        if self.mu.is_nan() {
            self.curvature = solver.curvature(problem)?;
            self.mu = self.relative_start * self.curvature / self.last.loss;
        }
        loop {
            let lambda = self.lambda();
            self.delta.fill(T::nan());
            match solver.damped_direction(problem, lambda, &mut self.delta, counts) {
                Ok(()) => {}
                // More damping may bring the step back into range.
                Err(Error::Overflow { .. }) => self.delta.fill(T::nan()),
                Err(error) => return Err(error),
            }
            if self.is_negligible(x) {
                let reason = if self.is_solved(problem, solver, x)? {
                    Termination::LossConverged
                } else {
                    Termination::Stalled
                };
                return Ok(self.stop(reason));
            }
            for ((t, &xi), &di) in self.trial.iter_mut().zip(&*x).zip(&self.delta) {
                *t = xi + di;
            }
            let gain = self.gain(problem, solver, lambda, counts)?;
            // Written so that NaN rejects the step.
            if gain > T::zero() {
                x.copy_from_slice(&self.trial);
                self.taken(gain);
                self.last = solver.linearize(problem, x, counts)?;
                return Ok(self.last.into());
            }
            if lambda == T::max_value() {
                let quantity = Quantity::Direction;
                return Ok(self.stop(Termination::NonFinite { quantity }));
            }
            self.refused();
        }
    }
}
