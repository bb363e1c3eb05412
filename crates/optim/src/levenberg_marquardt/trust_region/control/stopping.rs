//! When a run is at its end.

use leastwise_core::Scalar;
use leastwise_core::norm::euclidean;

use super::super::{BoundedStep, GaussNewton, Limits};
use super::TrustRegion;
use crate::Termination;

/// As many steps without progress in a row end a run: while Δ doubles, a plateau alone has so many.
const SLOW_STEPS: usize = 10;

/// A cosine that is smaller may be rounding alone.
pub(super) fn least_cosine<T: Scalar>() -> T {
    T::of(10.0) * T::EPSILON
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
    /// Whether a parameter has lost its effect on the way here, or none has any.
    pub(super) fn look_for_plateau(
        &mut self,
        gradient: &[T],
        column_norms: &[T],
        limits: Option<Limits<'_, T>>,
        x: &[T],
    ) {
        let negligible = T::EPSILON * self.last.loss.sqrt();
        let vanished = |(j, &norm): (usize, &T)| {
            norm < T::EPSILON.sqrt() * self.largest_norms[j] && norm * x[j].abs() <= negligible
        };
        let blocked = |(j, &g): (usize, &T)| limits.is_some_and(|limits| limits.blocks(j, g));
        let is_flat = column_norms.iter().all(|norm| *norm == T::zero());
        self.on_plateau = (is_flat && self.last.loss > T::zero())
            || (column_norms.iter().enumerate().any(vanished)
                && !gradient.iter().enumerate().any(blocked));
        for (largest, &norm) in self.largest_norms.iter_mut().zip(column_norms) {
            *largest = largest.max(norm);
        }
    }

    pub(super) fn unless_on_plateau(&self, reason: Termination) -> Termination {
        if self.on_plateau && reason.is_success() {
            Termination::Stalled
        } else {
            reason
        }
    }

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
        let length = |v: &[T]| {
            let terms = v.iter().zip(column_norms);
            let squares: T = terms.map(|(&vj, &norm)| (vj * norm) * (vj * norm)).sum();
            squares.sqrt()
        };
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
        x: &[T],
    ) -> Outlook<T> {
        let x_norm = self.scaled_norm(x);
        Outlook {
            newton_norm: newton.scaled_norm,
            x_norm,
            cosine,
            // A cosine is the root of what changing that parameter alone promises.
            promised: (newton.reduction / self.last.loss).max(cosine * cosine),
            resolution: self.resolution(column_norms, x),
            is_short: newton.is_complete && newton.scaled_norm <= self.xtol * x_norm,
        }
    }

    /// Why there is no need for a step, or no use in one.
    pub(super) fn reason_to_stop(&self, outlook: Outlook<T>) -> Option<Termination> {
        if outlook.promised <= self.ftol {
            return Some(Termination::LossConverged);
        }
        // Gauss-Newton converges linearly where residuals are large, and rounding does not shrink: 0.9 is the
        // square of a rate of 0.95.
        let no_better = self
            .unseen
            .is_some_and(|before| outlook.promised > before * T::of(0.9));
        if no_better && outlook.is_unseen() {
            return Some(Termination::LossConverged);
        }
        (self.slow_steps >= SLOW_STEPS).then(|| self.without_progress(outlook))
    }

    /// Why a step that was refused is not followed by a shorter one.
    pub(super) fn reason_to_give_up(
        &self,
        outlook: Outlook<T>,
        step: BoundedStep<T>,
    ) -> Option<Termination> {
        if outlook.is_unseen() {
            return Some(Termination::LossConverged);
        }
        let shortest = self.xtol.max(T::EPSILON) * outlook.x_norm;
        // A shorter step can decrease the loss by rounding alone.
        let is_lost = step.reduction <= outlook.resolution * T::of(0.1) * self.last.loss;
        (self.radius <= shortest || is_lost).then(|| self.without_progress(outlook))
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

    /// The relative decrease of the loss below which it may be rounding alone: r is the difference of
    /// terms of about ‖J·eⱼ‖·|xⱼ|, rounded.
    fn resolution(&self, column_norms: &[T], x: &[T]) -> T {
        let terms = column_norms.iter().zip(x);
        let sum: T = terms.map(|(&norm, &xi)| (norm * xi) * (norm * xi)).sum();
        let cancelled = T::one() + (sum / self.last.loss).sqrt();
        // Written so that NaN and overflow become the largest.
        let largest = T::EPSILON.sqrt();
        let resolution = T::of(10.0) * T::EPSILON * cancelled;
        if resolution < largest {
            resolution
        } else {
            largest
        }
    }

    /// What to call it when steps do not help: at a minimum where J is singular, no parameter alone
    /// promises anything either.
    fn without_progress(&self, outlook: Outlook<T>) -> Termination {
        if outlook.cosine * outlook.cosine <= self.ftol.max(outlook.resolution) {
            Termination::LossConverged
        } else {
            Termination::Stalled
        }
    }
}
