//! The stopping tests of a run.

use leastwise_core::Scalar;
use leastwise_core::norm::euclidean;

use super::super::{BoundedStep, GaussNewton, Limits, Quality};
use super::TrustRegion;
use super::outlook::Outlook;
use crate::Termination;

/// The square of a cosine of 10⁻⁵. If no cosine is larger at the end of a run without further decrease, no
/// single parameter predicts a decrease.
const FLAT: f64 = 1e-10;

/// This many steps in a row without progress end a run. While Δ doubles, a plateau alone causes about as
/// many.
const SLOW_STEPS: usize = 10;

/// A step may be the last one without a J at its end if it predicts a smaller relative decrease than the first, which is that of
/// the step before, times the second at most. So J changes by less than a millionth of what a standard error changes it.
const SMALL: f64 = 1e-12;
const FAST: f64 = 1e-3;

/// ‖(wⱼ·vⱼ)ⱼ‖. r is in a unit in which the square of every significant term is in the range of `T`.
pub(super) fn weighted_norm<T: Scalar>(weights: &[T], v: &[T]) -> T {
    let terms = weights.iter().zip(v);
    let squares: T = terms.map(|(&w, &vj)| (w * vj) * (w * vj)).sum();
    squares.sqrt()
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

    /// Whether δ is also short with the current Jacobian. D may contain a much larger one from far away.
    pub(super) fn is_short(&self, column_norms: &[T], x: &[T]) -> bool {
        let length = |v: &[T]| weighted_norm(column_norms, v);
        length(&self.delta) <= self.xtol * length(x)
    }

    /// The norm of the terms whose difference r is.
    pub(super) fn term_norm(&self, column_norms: &[T], x: &[T]) -> T {
        let weighted = weighted_norm(column_norms, x);
        // With this comparison NaN is kept.
        if self.terms > weighted {
            self.terms
        } else {
            weighted
        }
    }

    /// ‖D·x‖, for x or a step.
    pub(super) fn scaled_norm(&mut self, x: &[T]) -> T {
        for ((t, &xi), &scale) in self.trial.iter_mut().zip(x).zip(&self.scaling) {
            *t = xi * scale;
        }
        euclidean(&self.trial)
    }

    /// The predictions of the linear model at x.
    pub(super) fn outlook(
        &mut self,
        newton: GaussNewton<T>,
        cosine: T,
        column_norms: &[T],
        jacobian_error: T,
        x: &[T],
    ) -> Outlook<T> {
        let x_norm = self.scaled_norm(x);
        // A column with an error may predict a decrease of the square of that error.
        let unknown = T::of(x.len() as f64) * jacobian_error * jacobian_error;
        let known = T::of(16.0) * unknown;
        let errors = unknown.sqrt() * newton.scaled_norm;
        let is_short = newton.is_complete && newton.scaled_norm <= self.xtol * x_norm;
        // The model is right after such a short step, and rounding may hide a larger part of a loss that is nearly rounding.
        let is_exact = jacobian_error <= T::EPSILON;
        let resolution = if is_short && is_exact {
            self.rounding(column_norms, x).min(T::of(0.1))
        } else {
            self.resolution(column_norms, x)
        };
        Outlook {
            is_beyond_j: jacobian_error > T::EPSILON && errors >= self.last.loss.sqrt(),
            newton_norm: newton.scaled_norm,
            x_norm,
            cosine,
            // A cosine is the root of the decrease that its parameter alone predicts.
            promised: (newton.reduction / self.last.loss).max(cosine * cosine),
            resolution: resolution.max(known),
            unknown,
            is_short,
        }
    }

    /// The reason to stop, if no step is needed or none is useful.
    pub(super) fn reason_to_stop(
        &self,
        outlook: Outlook<T>,
        column_norms: &[T],
        x: &[T],
    ) -> Option<Termination> {
        if self.is_negligible(outlook.promised, outlook) || outlook.promised == T::zero() {
            return Some(Termination::LossConverged);
        }
        let rounding = T::EPSILON.powf(T::of(0.75));
        if outlook.is_beyond_j && self.is_solved(rounding, column_norms, x) {
            return Some(Termination::LossConverged);
        }
        (self.slow_steps >= SLOW_STEPS).then(|| self.without_progress(outlook, column_norms, x))
    }

    /// The reason to stop after this step without a J at its end: the undamped step after it is negligible, if steps go on to
    /// converge at the rate of the last one. This step is so short that J stays the same up to the rounding of differences.
    pub(super) fn end_without_j(
        &self,
        quality: Quality,
        outlook: Outlook<T>,
        step: BoundedStep<T>,
    ) -> Option<Termination> {
        // An unknown rate is infinite.
        let rate = outlook.promised / self.promised_from;
        let is_undamped = step.lambda == T::zero() && !step.is_bent;
        let is_fast = rate <= T::of(FAST) && outlook.promised <= T::of(SMALL);
        if !quality.is_full() || !is_undamped || !is_fast {
            return None;
        }
        if self.is_negligible(outlook.promised * rate, outlook) {
            return Some(Termination::LossConverged);
        }
        let length = outlook.newton_norm * rate.sqrt();
        (length <= self.xtol * outlook.x_norm).then_some(Termination::StepConverged)
    }

    /// Whether a predicted relative decrease of the loss is too small for another step.
    fn is_negligible(&self, promised: T, outlook: Outlook<T>) -> bool {
        self.ftol > T::zero() && promised <= self.ftol.max(outlook.unknown)
    }

    /// Whether a step that the loss cannot judge has a prediction that is not better, and does not move on to
    /// other parameters.
    ///
    /// If residuals are large, Gauss-Newton converges linearly, and rounding does not shrink. 0.9 is the
    /// square of a rate of 0.95.
    pub(super) fn is_as_near_as_can_be_seen(&self, outlook: Outlook<T>, walks: bool) -> bool {
        let no_better = self
            .unseen
            .is_some_and(|before| outlook.promised > before * T::of(0.9));
        no_better && outlook.is_unseen() && !walks
    }

    /// Whether the step changes a parameter by a thousandth or more, and by more than rounding. Such a step
    /// moves along a valley in which terms cancel, so that the loss cannot show the decrease.
    pub(super) fn walks(&self, column_norms: &[T], x: &[T]) -> bool {
        let terms = self.term_norm(column_norms, x);
        let rounding = T::EPSILON.powf(T::of(0.75)) * (terms + self.last.loss.sqrt());
        let mut steps = self.delta.iter().zip(column_norms.iter().zip(x));
        steps
            .any(|(&d, (&norm, &xj))| d.abs() > T::of(1e-3) * xj.abs() && d.abs() * norm > rounding)
    }

    /// The reason to stop, if a rejected step is not followed by a shorter one.
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
        // A shorter step could decrease the loss only by rounding.
        let is_lost = step.reduction <= outlook.resolution * T::of(0.1) * self.last.loss;
        (self.radius <= shortest || is_lost)
            .then(|| self.without_progress(outlook, column_norms, x))
    }

    /// Counts consecutive steps that neither predicted nor brought progress, although the model was accurate.
    pub(super) fn count_slow_step(&mut self, progress: T, gain: T) {
        let is_slow = progress <= self.ftol.max(T::EPSILON) * self.last.loss;
        if is_slow && gain >= T::of(0.75) {
            self.slow_steps += 1;
        } else if !is_slow {
            self.slow_steps = 0;
        }
    }

    /// The relative decrease of the loss that rounding can explain, at most √ε.
    pub(super) fn resolution(&self, column_norms: &[T], x: &[T]) -> T {
        self.rounding(column_norms, x).min(T::EPSILON.sqrt())
    }

    /// The relative rounding error of the loss. r is the difference of rounded terms of about ‖J·eⱼ‖·|xⱼ|.
    pub(super) fn rounding(&self, column_norms: &[T], x: &[T]) -> T {
        let cancelled = T::one() + self.term_norm(column_norms, x) / self.last.loss.sqrt();
        let rounding = T::of(10.0) * T::EPSILON * cancelled;
        if rounding.is_nan() {
            T::infinity()
        } else {
            rounding
        }
    }

    /// The termination if steps make no progress. It is a minimum if no single parameter predicts a decrease.
    /// This happens if J is singular, or if residuals are so large that the linear model predicts far too
    /// much.
    fn without_progress(&self, outlook: Outlook<T>, column_norms: &[T], x: &[T]) -> Termination {
        let flat = self.ftol.max(outlook.resolution).max(T::of(FLAT));
        let is_flat = outlook.cosine * outlook.cosine <= flat;
        // Rounding, with three digits to spare.
        let rounding = T::EPSILON.powf(T::of(0.75));
        if is_flat || self.is_solved(rounding, column_norms, x) {
            Termination::LossConverged
        } else {
            Termination::Stalled
        }
    }
}
