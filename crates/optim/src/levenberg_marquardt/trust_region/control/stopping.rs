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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Evaluation;

    const X: [f64; 2] = [1.0, 2.0];
    const COLUMN_NORMS: [f64; 2] = [3.0, 4.0];

    /// ‖r‖ = 2, ‖(‖J·eⱼ‖·xⱼ)ⱼ‖ = √73, and D = diag(2, 5).
    fn control() -> TrustRegion<f64> {
        let mut control = TrustRegion::new();
        control.init_at(&X, &Evaluation::new(4.0, 1.0));
        control.scaling = vec![2.0, 5.0];
        control.radius = 1.0;
        control
    }

    /// An undamped step that promises half of the loss.
    fn outlook() -> Outlook<f64> {
        Outlook {
            newton_norm: 1.0,
            x_norm: 8.0,
            cosine: 0.5,
            promised: 0.5,
            resolution: 1e-15,
            unknown: 0.0,
            is_beyond_j: false,
            is_short: false,
        }
    }

    const UNDAMPED: BoundedStep<f64> = BoundedStep {
        lambda: 0.0,
        scaled_norm: 1.0,
        reduction: 2.0,
        descent: 2.0,
        is_bent: false,
    };

    const LOSS: Option<Termination> = Some(Termination::LossConverged);
    const STEP: Option<Termination> = Some(Termination::StepConverged);
    const STALLED: Option<Termination> = Some(Termination::Stalled);

    /// ε^¾
    fn three_digits_to_spare() -> f64 {
        f64::EPSILON.powf(0.75)
    }

    #[test]
    fn the_largest_cosine_is_that_of_a_parameter_that_may_move() {
        let control = control();
        let gradient = [6.0, -16.0];
        let cosine = |norms: &[f64]| control.largest_cosine(&gradient, norms, None);
        assert_eq!(cosine(&COLUMN_NORMS), 1.0);
        assert_eq!(cosine(&[3.0, 0.0]), 0.5);
        assert_eq!(cosine(&[0.0, 0.0]), 0.0);
        let limits = |lower: f64, upper: f64| {
            let limits = Limits {
                lower: &[lower, -1.0],
                upper: &[1.0, upper],
            };
            control.largest_cosine(&gradient, &COLUMN_NORMS, Some(limits))
        };
        assert_eq!(limits(-1.0, 1.0), 1.0);
        assert_eq!(limits(-1.0, 0.0), 0.5);
        assert_eq!(limits(0.0, 0.0), 0.0);
    }

    #[test]
    fn a_step_is_short_up_to_its_limit() {
        let mut control = control();
        control.xtol = 0.25;
        for (length, is_short) in [(2.0, true), (2.001, false), (0.0, true)] {
            control.delta = vec![length, 7.0];
            assert_eq!(control.is_short(&[1.0, 0.0], &[8.0, 1.0]), is_short);
        }
        // (3·d, 4·d) against (3, 8).
        let limit = 0.25 * 73f64.sqrt() / 5.0;
        for (factor, is_short) in [(0.999, true), (1.001, false)] {
            control.delta = vec![factor * limit; 2];
            assert_eq!(control.is_short(&COLUMN_NORMS, &X), is_short);
        }
    }

    #[test]
    fn norms_are_weighted_and_the_larger_terms_count() {
        assert_eq!(weighted_norm(&[3.0, 2.0], &[1.0, 2.0]), 5.0);
        let mut control = control();
        for (terms, norm) in [(0.0, 73f64.sqrt()), (8.0, 73f64.sqrt()), (9.0, 9.0)] {
            control.terms = terms;
            assert_eq!(control.term_norm(&COLUMN_NORMS, &X), norm);
        }
        assert!(control.term_norm(&[f64::NAN, 1.0], &X).is_nan());
        assert_eq!(control.scaled_norm(&[1.5, 0.8]), 5.0);
        assert_eq!(control.trial, [3.0, 4.0]);
    }

    #[test]
    fn rounding_is_relative_to_terms_that_cancel() {
        let mut control = control();
        let unit = 10.0 * f64::EPSILON;
        for terms in [10.0, 1e6, 1e12, 1e20] {
            control.terms = terms;
            let rounding = unit * (1.0 + terms / 2.0);
            assert_eq!(control.rounding(&COLUMN_NORMS, &X), rounding);
            let resolution = rounding.min(f64::EPSILON.sqrt());
            assert_eq!(control.resolution(&COLUMN_NORMS, &X), resolution);
        }
        let undefined = control.rounding(&[f64::NAN, 1.0], &X);
        assert_eq!(undefined, f64::INFINITY);
    }

    fn newton(scaled_norm: f64) -> GaussNewton<f64> {
        GaussNewton {
            scaled_norm,
            reduction: 2.0,
            is_complete: true,
        }
    }

    #[test]
    fn the_promise_is_the_larger_of_the_step_and_of_one_parameter() {
        let mut control = control();
        for (cosine, promised) in [(0.5, 0.5), (0.75, 0.5625)] {
            let found = control.outlook(newton(3.0), cosine, &COLUMN_NORMS, 0.0, &X);
            assert_eq!((found.promised, found.cosine), (promised, cosine));
            assert_eq!((found.newton_norm, found.unknown), (3.0, 0.0));
            assert_eq!(found.x_norm, 104f64.sqrt());
            assert_eq!(found.resolution, control.resolution(&COLUMN_NORMS, &X));
            assert!(!found.is_short && !found.is_beyond_j);
        }
    }

    /// Errors of J of 2⁻¹⁰ for one parameter, along a step of 2048, are as large as ‖r‖ = 2.
    #[test]
    fn errors_of_j_are_compared_with_r() {
        let mut control = control();
        control.scaling = vec![4.0];
        control.trial = vec![0.0];
        let error = 2f64.powi(-10);
        let mut at =
            |scaled_norm, error| control.outlook(newton(scaled_norm), 0.5, &[3.0], error, &[1.0]);
        assert!(at(2048.0, error).is_beyond_j && !at(2047.0, error).is_beyond_j);
        assert!(!at(1e30, f64::EPSILON).is_beyond_j && at(1e30, 2.0 * f64::EPSILON).is_beyond_j);
        assert_eq!(at(1.0, error).unknown, error * error);
        assert_eq!(at(1.0, error).resolution, 16.0 * error * error);
        let mut two = self::control();
        let found = two.outlook(newton(1.0), 0.5, &COLUMN_NORMS, error, &X);
        assert_eq!(found.unknown, 2.0 * error * error);
    }

    #[test]
    fn rounding_may_hide_more_after_a_short_step_of_an_exact_j() {
        let mut control = control();
        control.xtol = 2f64.powi(-20);
        control.scaling = vec![4.0];
        control.trial = vec![0.0];
        control.terms = 1e12;
        let limit = 4.0 * control.xtol;
        let (rounding, root) = (control.rounding(&[3.0], &[1.0]), f64::EPSILON.sqrt());
        assert!(rounding > 1e-4 && rounding < 0.1);
        let mut at = |newton: GaussNewton<f64>, error| {
            let found = control.outlook(newton, 0.5, &[3.0], error, &[1.0]);
            (found.is_short, found.resolution)
        };
        assert_eq!(at(newton(limit), 0.0), (true, rounding));
        assert_eq!(at(newton(limit), f64::EPSILON), (true, rounding));
        assert_eq!(at(newton(limit), 2.0 * f64::EPSILON), (true, root));
        assert_eq!(at(newton(1.001 * limit), 0.0), (false, root));
        let incomplete = GaussNewton {
            is_complete: false,
            ..newton(limit)
        };
        assert_eq!(at(incomplete, 0.0), (false, root));
        control.terms = 1e20;
        let found = control.outlook(newton(limit), 0.5, &[3.0], 0.0, &[1.0]);
        assert_eq!(found.resolution, 0.1);
    }

    #[test]
    fn a_negligible_promise_ends_a_run() {
        let mut control = control();
        let stop = |control: &TrustRegion<f64>, promised, unknown| {
            let outlook = Outlook {
                promised,
                unknown,
                ..outlook()
            };
            control.reason_to_stop(outlook, &COLUMN_NORMS, &X)
        };
        control.ftol = 1e-10;
        assert_eq!(stop(&control, 1e-10, 0.0), LOSS);
        assert_eq!(stop(&control, 1.1e-10, 0.0), None);
        assert_eq!(stop(&control, 1e-6, 1e-6), LOSS);
        assert_eq!(stop(&control, 1.1e-6, 1e-6), None);
        control.ftol = 0.0;
        assert_eq!(stop(&control, 1e-300, 1e-6), None);
        assert_eq!(stop(&control, 0.0, 0.0), LOSS);
    }

    #[test]
    fn a_run_beyond_the_digits_of_j_ends_where_r_is_rounding() {
        let mut control = control();
        let limit = three_digits_to_spare() * 73f64.sqrt();
        for (factor, is_beyond_j, reason) in [
            (0.999, true, LOSS),
            (1.001, true, None),
            (0.999, false, None),
        ] {
            control.last.loss = (factor * limit).powi(2);
            let outlook = Outlook {
                is_beyond_j,
                ..outlook()
            };
            let found = control.reason_to_stop(outlook, &COLUMN_NORMS, &X);
            assert_eq!(found, reason, "{factor}");
        }
    }

    #[test]
    fn ten_slow_steps_end_a_run() {
        let mut control = control();
        for (steps, reason) in [(9, None), (10, STALLED), (11, STALLED)] {
            control.slow_steps = steps;
            assert_eq!(control.reason_to_stop(outlook(), &COLUMN_NORMS, &X), reason);
        }
        // Without a cosine that predicts a decrease, it is a minimum.
        let flat = Outlook {
            cosine: 0.99e-5,
            ..outlook()
        };
        assert_eq!(control.reason_to_stop(flat, &COLUMN_NORMS, &X), LOSS);
    }

    #[test]
    fn a_step_is_slow_if_it_brings_nothing_although_the_model_is_right() {
        let mut control = control();
        for ftol in [1e-10, 0.0] {
            control.ftol = ftol;
            control.slow_steps = 0;
            let limit = ftol.max(f64::EPSILON) * 4.0;
            control.count_slow_step(limit, 0.75);
            assert_eq!(control.slow_steps, 1);
            control.count_slow_step(limit, 2.0);
            assert_eq!(control.slow_steps, 2);
            // The model is wrong, so a shorter step may bring more.
            control.count_slow_step(limit, 0.74);
            assert_eq!(control.slow_steps, 2);
            control.count_slow_step(1.01 * limit, 0.75);
            assert_eq!(control.slow_steps, 0);
        }
    }

    /// The promise falls from 2⁻³² to 2⁻⁴⁴, so the rate is 2⁻¹², and the next step is 2⁻⁶ as long.
    #[test]
    fn the_last_step_needs_no_j_at_its_end() {
        let mut control = control();
        let promised = 2f64.powi(-44);
        control.promised_from = 2f64.powi(-32);
        let near = Outlook {
            promised,
            x_norm: 2.0,
            ..outlook()
        };
        let full = Quality::Full;
        control.ftol = 2f64.powi(-56);
        control.xtol = 0.0;
        assert_eq!(control.end_without_j(full, near, UNDAMPED), LOSS);
        control.ftol *= 0.99;
        assert_eq!(control.end_without_j(full, near, UNDAMPED), None);
        control.xtol = 2f64.powi(-7);
        assert_eq!(control.end_without_j(full, near, UNDAMPED), STEP);
        let longer = Outlook {
            newton_norm: 1.01,
            ..near
        };
        assert_eq!(control.end_without_j(full, longer, UNDAMPED), None);
        // Only after an undamped step of a full J.
        assert_eq!(control.end_without_j(Quality::Draft, near, UNDAMPED), None);
        for step in [
            BoundedStep {
                lambda: 1e-9,
                ..UNDAMPED
            },
            BoundedStep {
                is_bent: true,
                ..UNDAMPED
            },
        ] {
            assert_eq!(control.end_without_j(full, near, step), None);
        }
    }

    #[test]
    fn only_fast_and_small_steps_need_no_j_at_their_end() {
        let mut control = control();
        (control.ftol, control.xtol) = (0.25, 0.0);
        let from = 2f64.powi(-40);
        for (promised, promised_from, reason) in [
            (1e-3 * from, from, LOSS),
            (1.001e-3 * from, from, None),
            (1e-12, 1.0, LOSS),
            (1.001e-12, 1.0, None),
            // Nothing is known about the step before.
            (1e-15, 0.0, None),
        ] {
            control.promised_from = promised_from;
            let near = Outlook {
                promised,
                ..outlook()
            };
            let found = control.end_without_j(Quality::Full, near, UNDAMPED);
            assert_eq!(found, reason, "{promised:e} after {promised_from:e}");
        }
    }

    #[test]
    fn a_promise_that_the_loss_cannot_show_has_to_improve() {
        let mut control = control();
        let seen = |control: &TrustRegion<f64>, promised, resolution, walks| {
            let outlook = Outlook {
                promised,
                resolution,
                ..outlook()
            };
            control.is_as_near_as_can_be_seen(outlook, walks)
        };
        assert!(!seen(&control, 1e-9, 1e-8, false));
        control.unseen = Some(1e-9);
        assert!(seen(&control, 0.91e-9, 1e-8, false));
        assert!(!seen(&control, 1e-9 * 0.9, 1e-8, false));
        assert!(!seen(&control, 0.91e-9, 1e-8, true));
        assert!(!seen(&control, 1e-8, 0.9e-8, false));
    }

    #[test]
    fn a_step_walks_if_a_parameter_changes_by_a_thousandth_and_by_more_than_rounding() {
        let mut control = control();
        let walks =
            |control: &mut TrustRegion<f64>, delta: [f64; 2], norms: [f64; 2], x: [f64; 2]| {
                control.delta = delta.to_vec();
                control.walks(&norms, &x)
            };
        for (delta, expected) in [
            ([0.0, 0.0], false),
            ([1e-3, 0.0], false),
            ([-1.001e-3, 0.0], true),
            ([0.0, 2e-3], false),
            ([0.0, 2.001e-3], true),
        ] {
            assert_eq!(walks(&mut control, delta, COLUMN_NORMS, X), expected);
        }
        for terms in [0.0, 6.0] {
            control.terms = terms;
            let rounding = three_digits_to_spare() * (terms + 2.0);
            for (factor, expected) in [(1.0, false), (1.001, true)] {
                // A column of length 4.
                let delta = [0.0, factor * rounding / 4.0];
                assert_eq!(walks(&mut control, delta, COLUMN_NORMS, [0.0; 2]), expected);
            }
        }
    }

    #[test]
    fn a_run_gives_up_where_nothing_can_be_seen_or_gained() {
        let mut control = control();
        let at = (&COLUMN_NORMS[..], &X[..]);
        let unseen = Outlook {
            promised: 1e-16,
            ..outlook()
        };
        assert_eq!(control.reason_to_give_up(unseen, UNDAMPED, false, at), LOSS);
        assert_eq!(control.reason_to_give_up(unseen, UNDAMPED, true, at), None);
        assert_eq!(
            control.reason_to_give_up(outlook(), UNDAMPED, false, at),
            None
        );
        for xtol in [2f64.powi(-20), 0.0] {
            control.xtol = xtol;
            let shortest = xtol.max(f64::EPSILON) * 8.0;
            for (factor, reason) in [(1.0, STALLED), (1.001, None)] {
                control.radius = factor * shortest;
                let found = control.reason_to_give_up(outlook(), UNDAMPED, false, at);
                assert_eq!(found, reason, "{xtol:e}");
            }
        }
        control.radius = 1.0;
        for (factor, reason) in [(1.0, STALLED), (1.001, None)] {
            let step = BoundedStep {
                reduction: factor * (1e-15 * 0.1 * 4.0),
                ..UNDAMPED
            };
            let found = control.reason_to_give_up(outlook(), step, false, at);
            assert_eq!(found, reason, "{factor}");
        }
    }

    #[test]
    fn a_run_without_progress_has_converged_if_it_is_flat_or_solved() {
        let mut control = control();
        let ends = |control: &TrustRegion<f64>, cosine, resolution| {
            let outlook = Outlook {
                cosine,
                resolution,
                ..outlook()
            };
            Some(control.without_progress(outlook, &COLUMN_NORMS, &X))
        };
        assert_eq!(ends(&control, 0.99e-5, 0.0), LOSS);
        assert_eq!(ends(&control, 1.01e-5, 0.0), STALLED);
        assert_eq!(ends(&control, 0.5, 0.25), LOSS);
        assert_eq!(ends(&control, 0.51, 0.25), STALLED);
        control.ftol = 0.25;
        assert_eq!(ends(&control, 0.5, 0.0), LOSS);
        assert_eq!(ends(&control, 0.51, 0.0), STALLED);
        for (factor, reason) in [(0.999, LOSS), (1.001, STALLED)] {
            let limit = three_digits_to_spare() * 73f64.sqrt();
            control.last.loss = (factor * limit).powi(2);
            assert_eq!(ends(&control, 0.9, 0.0), reason);
        }
    }
}
