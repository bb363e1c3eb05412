//! The radius of the trust region.

use leastwise_core::Scalar;

use super::super::BoundedStep;
use super::TrustRegion;
use super::outlook::Outlook;

/// The model is accurate for a step if its gain ρ differs from 1 by at most this.
const RIGHT: f64 = 0.25;

/// The model is exact within the accuracy of the step. For a linear problem, gains differ from 1 only by
/// rounding.
const EXACT: f64 = 1e-3;

impl<T: Scalar> TrustRegion<T> {
    /// Sets the radius before the first step. If the loss cannot judge steps, the radius is at least the
    /// length of the undamped step.
    pub(super) fn open_radius(&mut self, outlook: Outlook<T>) {
        if self.radius.is_nan() {
            // D·x has the unit of r. If it is far smaller than r, a step within it could not change r
            // visibly.
            let unit = outlook.x_norm.max(T::of(0.1) * self.last.loss.sqrt());
            let short = (self.relative_radius * unit).min(outlook.newton_norm);
            if outlook.newton_norm <= unit {
                self.second_radius = short;
                self.radius = outlook.newton_norm;
            } else {
                self.radius = short;
            }
        }
        if outlook.is_unseen() {
            self.radius = self.radius.max(outlook.newton_norm);
        }
    }

    /// Shortens the next step to `second` if the first step was the undamped one and the model was not
    /// accurate for it. Returns whether it does.
    pub(super) fn shortens(&mut self, second: T, gain: T) -> bool {
        let shortens = second < self.radius && !is_within(gain, RIGHT);
        if shortens {
            self.radius = second;
        }
        shortens
    }

    /// D ← max(D, ‖J·eⱼ‖). A column of zeros gives no scale for its parameter. Until there is another column,
    /// Dⱼ has the right unit and makes Dⱼ·xⱼ negligible.
    pub(super) fn update_scaling(&mut self, column_norms: &[T], x: &[T]) {
        if self.radius.is_nan() {
            self.largest_norms.fill(T::zero());
        }
        let root = self.last.loss.sqrt();
        let largest = self.largest_norms.iter_mut().zip(column_norms);
        for ((scale, &xj), (largest, &norm)) in self.scaling.iter_mut().zip(x).zip(largest) {
            *largest = largest.max(norm);
            *scale = *largest;
            if *scale == T::zero() {
                let negligible = T::EPSILON * root / xj.abs();
                *scale = if negligible.is_normal() {
                    negligible
                } else {
                    root
                };
            }
        }
    }

    /// Updates Δ and λ after a trial with gain ρ: Moré (1978), section 4, as in MINPACK's lmder.
    pub(super) fn update_radius(&mut self, step: BoundedStep<T>, loss: T, gain: T) {
        if gain > T::of(0.25) {
            if step.lambda == T::zero() || gain >= T::of(0.75) {
                // If the first radius is far too short, doubling alone would take many steps.
                let growth = T::of(if is_within(gain, EXACT) {
                    20.0
                } else if is_within(gain, RIGHT) {
                    4.0
                } else {
                    2.0
                });
                self.radius = growth * step.scaled_norm;
                self.lambda = step.lambda / growth;
            } else {
                self.lambda = step.lambda;
            }
            return;
        }
        let shrink = self.shrinkage(step, loss);
        let longest = step.scaled_norm * T::of(10.0);
        self.radius = shrink * self.radius.min(longest);
        self.lambda = step.lambda / shrink;
    }

    /// The position of the minimum of the parabola through the loss, its slope and the loss of the trial,
    /// limited to between 1/10 and 1/2.
    fn shrinkage(&self, step: BoundedStep<T>, loss: T) -> T {
        let (tenth, half) = (T::of(0.1), T::of(0.5));
        let decrease = self.last.loss - loss;
        if decrease >= T::zero() {
            return half;
        }
        let minimum = half * step.descent / (step.descent - half * decrease);
        // Written so that NaN gives a tenth.
        if minimum > tenth {
            minimum.min(half)
        } else {
            tenth
        }
    }
}

fn is_within<T: Scalar>(gain: T, distance: f64) -> bool {
    (gain - T::one()).abs() <= T::of(distance)
}
