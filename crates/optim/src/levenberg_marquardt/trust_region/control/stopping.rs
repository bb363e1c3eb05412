//! When a run is at its end.

use leastwise_core::Scalar;
use leastwise_core::norm::euclidean;

use super::super::{BoundedStep, GaussNewton, Limits};
use super::TrustRegion;
use crate::Termination;

/// No parameter alone promises more of the loss, at the end of a run that finds no smaller one: a cosine of 10⁻⁵.
const FLAT: f64 = 1e-10;

/// As many steps without progress in a row end a run: while Δ doubles, a plateau alone has so many.
const SLOW_STEPS: usize = 10;

/// A cosine that is smaller may be rounding alone.
pub(super) fn least_cosine<T: Scalar>() -> T {
    T::of(10.0) * T::EPSILON
}

/// ‖(wⱼ·vⱼ)ⱼ‖; r is in a unit in which no square of a term that matters leaves the range of `T`.
pub(super) fn weighted_norm<T: Scalar>(weights: &[T], v: &[T]) -> T {
    let terms = weights.iter().zip(v);
    let squares: T = terms.map(|(&w, &vj)| (w * vj) * (w * vj)).sum();
    squares.sqrt()
}

/// The linear model at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook<T> {
    /// ‖D·δ‖ of the undamped step.
    pub(super) newton_norm: T,
    /// ‖D·x‖
    pub(super) x_norm: T,
    /// The largest of the parameters that may move.
    pub(super) cosine: T,
    /// The relative decrease of the loss by the undamped step.
    pub(super) promised: T,
    /// A relative decrease that may be rounding.
    pub(super) resolution: T,
    /// A relative decrease that the errors of J may promise.
    pub(super) unknown: T,
    /// Whether the errors of J along the undamped step are as large as r: of differences, which exact derivatives are not.
    pub(super) is_beyond_j: bool,
    /// Whether the undamped step is negligible against x.
    pub(super) is_short: bool,
}

impl<T: Scalar> Outlook<T> {
    /// Whether the loss cannot show what is promised.
    pub(super) fn is_unseen(&self) -> bool {
        self.promised <= self.resolution
    }
}

impl<T: Scalar> TrustRegion<T> {
    /// The largest |rᵀJ·eⱼ|/(‖r‖·‖J·eⱼ‖) of the parameters that may move.
    pub(super) fn largest_cosine(
        &self,
        gradient: &[T],
        column_norms: &[T],
        limits: Option<Limits<'_, T>>,
    ) -> T {
        let residual_norm = self.last.loss.sqrt();
        let mut largest = T::zero();
        for (j, (&g, &norm)) in gradient.iter().zip(column_norms).enumerate() {
            if norm > T::zero() && !limits.is_some_and(|limits| limits.blocks(j, g)) {
                largest = largest.max((g / (norm + norm) / residual_norm).abs());
            }
        }
        largest
    }

    /// Whether δ is short by the current Jacobian too: D may remember one that was much larger, far away.
    pub(super) fn is_short(&self, column_norms: &[T], x: &[T]) -> bool {
        let length = |v: &[T]| weighted_norm(column_norms, v);
        length(&self.delta) <= self.xtol * length(x)
    }

    /// ‖D·x‖, for x or a step.
    pub(super) fn scaled_norm(&mut self, x: &[T]) -> T {
        for ((t, &xi), &scale) in self.trial.iter_mut().zip(x).zip(&self.scaling) {
            *t = xi * scale;
        }
        euclidean(&self.trial)
    }

    /// What the linear model at x says of the steps from there.
    pub(super) fn outlook(
        &mut self,
        newton: GaussNewton<T>,
        cosine: T,
        column_norms: &[T],
        jacobian_error: T,
        x: &[T],
    ) -> Outlook<T> {
        let x_norm = self.scaled_norm(x);
        // Each column may promise the square of what it is wrong by.
        let unknown = T::of(x.len() as f64) * jacobian_error * jacobian_error;
        let known = T::of(16.0) * unknown;
        let errors = unknown.sqrt() * newton.scaled_norm;
        Outlook {
            is_beyond_j: jacobian_error > T::EPSILON && errors >= self.last.loss.sqrt(),
            newton_norm: newton.scaled_norm,
            x_norm,
            cosine,
            // A cosine is the root of what changing that parameter alone promises.
            promised: (newton.reduction / self.last.loss).max(cosine * cosine),
            resolution: self.resolution(column_norms, x).max(known),
            unknown,
            is_short: newton.is_complete && newton.scaled_norm <= self.xtol * x_norm,
        }
    }

    /// Why there is no need for a step, or no use in one.
    pub(super) fn reason_to_stop(
        &self,
        outlook: Outlook<T>,
        column_norms: &[T],
        x: &[T],
    ) -> Option<Termination> {
        let negligible = self.ftol.max(outlook.unknown);
        if self.ftol > T::zero() && outlook.promised <= negligible || outlook.promised == T::zero()
        {
            return Some(Termination::LossConverged);
        }
        let rounding = T::EPSILON.powf(T::of(0.75));
        if outlook.is_beyond_j && self.is_solved(rounding, column_norms, x) {
            return Some(Termination::LossConverged);
        }
        (self.slow_steps >= SLOW_STEPS).then(|| self.without_progress(outlook, column_norms, x))
    }

    /// Whether a step that the loss cannot judge brings no better promise, and is to no other parameters.
    ///
    /// Gauss-Newton converges linearly where residuals are large, and rounding does not shrink: 0.9 is the square of a rate
    /// of 0.95.
    pub(super) fn is_as_near_as_can_be_seen(&self, outlook: Outlook<T>, walks: bool) -> bool {
        let no_better = self
            .unseen
            .is_some_and(|before| outlook.promised > before * T::of(0.9));
        no_better && outlook.is_unseen() && !walks
    }

    /// Whether the step changes a parameter by a thousandth or more, and not by rounding: on along a valley in which
    /// terms cancel so that the loss cannot show how it falls.
    pub(super) fn walks(&self, column_norms: &[T], x: &[T]) -> bool {
        let terms = weighted_norm(column_norms, x);
        let rounding = T::EPSILON.powf(T::of(0.75)) * (terms + self.last.loss.sqrt());
        let mut steps = self.delta.iter().zip(column_norms.iter().zip(x));
        steps
            .any(|(&d, (&norm, &xj))| d.abs() > T::of(1e-3) * xj.abs() && d.abs() * norm > rounding)
    }

    /// Why a step that was refused is not followed by a shorter one.
    pub(super) fn reason_to_give_up(
        &self,
        outlook: Outlook<T>,
        step: BoundedStep<T>,
        walks: bool,
        (column_norms, x): (&[T], &[T]),
    ) -> Option<Termination> {
        if outlook.is_unseen() && !walks {
            return Some(Termination::LossConverged);
        }
        let shortest = self.xtol.max(T::EPSILON) * outlook.x_norm;
        // A shorter step can decrease the loss by rounding alone.
        let is_lost = step.reduction <= outlook.resolution * T::of(0.1) * self.last.loss;
        (self.radius <= shortest || is_lost)
            .then(|| self.without_progress(outlook, column_norms, x))
    }

    /// Counts steps in a row that neither promised nor brought anything, though the model was right.
    pub(super) fn count_slow_step(&mut self, progress: T, gain: T) {
        let is_slow = progress <= self.ftol.max(T::EPSILON) * self.last.loss;
        if is_slow && gain >= T::of(0.75) {
            self.slow_steps += 1;
        } else if !is_slow {
            self.slow_steps = 0;
        }
    }

    /// The relative decrease of the loss below which it may be rounding alone, √ε at most.
    pub(super) fn resolution(&self, column_norms: &[T], x: &[T]) -> T {
        self.rounding(column_norms, x).min(T::EPSILON.sqrt())
    }

    /// The relative error of the loss by rounding: r is the difference of terms of about ‖J·eⱼ‖·|xⱼ|, rounded.
    pub(super) fn rounding(&self, column_norms: &[T], x: &[T]) -> T {
        let cancelled = T::one() + weighted_norm(column_norms, x) / self.last.loss.sqrt();
        let rounding = T::of(10.0) * T::EPSILON * cancelled;
        if rounding.is_nan() {
            T::infinity()
        } else {
            rounding
        }
    }

    /// What to call it when steps do not help: at a minimum where J is singular, or where residuals are so large that the
    /// linear model is far too hopeful, no parameter alone promises anything either.
    fn without_progress(&self, outlook: Outlook<T>, column_norms: &[T], x: &[T]) -> Termination {
        let flat = self.ftol.max(outlook.resolution).max(T::of(FLAT));
        let is_flat = outlook.cosine * outlook.cosine <= flat;
        // But for three digits.
        let rounding = T::EPSILON.powf(T::of(0.75));
        if is_flat || self.is_solved(rounding, column_norms, x) {
            Termination::LossConverged
        } else {
            Termination::Stalled
        }
    }
}
