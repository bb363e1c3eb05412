//! Minima of second order.
//!
//! r may depend on a parameter by its square only, as a Voigt profile does on σ. Then its column of J is zero at 0, and so is
//! the slope of the loss. If the loss rises with the square of the parameter while the others are fitted, its second derivative
//! is positive, and the point is a minimum. A frequency that is 0 can be such a minimum too, beside better ones. So fits from
//! many values of the parameter must not find a smaller loss.

use leastwise_core::{Result, Scalar};

use super::super::super::{Quality, TrustRegionStepSolver};
use super::super::TrustRegion;
use super::suspicion::{Challenge, Suspicion};
use super::trial::{HELD_STEPS, clear};
use crate::{Counts, Evaluation};

/// Half the distance changes a square by a factor of 4.
const QUADRATIC: [f64; 2] = [3.6, 4.4];

/// A challenge may begin far away. From there, larger steps lead back, until the rise is at most this part of the loss.
const NEAR: f64 = 1.0;
const BACK: f64 = 1.0 / 16.0;
const MOST_DISTANCES: usize = 32;

/// Fits begin at distances from the first to the second of these multiples of the one at which the square would double the
/// loss, each √2 times the one before.
const TRIED: [f64; 2] = [1.0 / 64.0, 4096.0];

/// How the loss depends on a parameter whose column of J is zero.
pub(super) enum Curvature<T> {
    Upward,
    Unknown,
    /// The loss is smaller at this point.
    Lower(Vec<T>, Evaluation<T>),
}

impl<T: Scalar> TrustRegion<T> {
    /// Moves parameters that are nearly 0 to 0, where that does not increase the loss. Returns whether there are any.
    ///
    /// Without the second derivatives of r, the linear model predicts a decrease for every value but 0 of a parameter that
    /// enters by its square, if the best square would be negative.
    pub(super) fn moves_to_zero<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<bool> {
        let small = T::EPSILON.powf(T::of(0.25));
        let mut has_moved = false;
        for j in 0..x.len() {
            let mut point = x.to_vec();
            point[j] = T::zero();
            let is_near = x[j] != T::zero() && x[j].abs() <= small * self.spans[j];
            if !(is_near && self.contains(&point)) {
                continue;
            }
            solver.set_aside();
            solver.demand(Quality::Full);
            let evaluation = solver.linearize(problem, &point, counts)?;
            if evaluation.gradient_norm.is_finite() && self.relative_rise(&evaluation) <= T::zero()
            {
                x[j] = T::zero();
                self.last = evaluation;
                has_moved = true;
            } else {
                solver.take_back();
            }
        }
        if has_moved {
            self.restart();
        }
        Ok(has_moved)
    }

    /// The curvature at `x` on all challenged sides. It is known if one parameter alone is challenged, because its column is
    /// lost in rounding.
    pub(super) fn curvature<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (challenges, resolution): (&[Challenge<T>], T),
        counts: &mut Counts,
    ) -> Result<Curvature<T>> {
        let k = challenges[0].parameter;
        let is_alone = |challenge: &Challenge<T>| {
            let mut moved = challenge.point.iter().zip(x).zip(0..);
            challenge.suspicion == Suspicion::Dead
                && challenge.parameter == k
                && moved.all(|((to, from), j)| j == k || to == from)
        };
        if !challenges.iter().all(is_alone) {
            return Ok(Curvature::Unknown);
        }
        for challenge in challenges {
            let distance = challenge.point[k] - x[k];
            let parts = (problem, &mut *solver);
            let side = self.curvature_of_side(parts, x, (k, distance), resolution, counts)?;
            if !matches!(side, Curvature::Upward) {
                return Ok(side);
            }
        }
        Ok(Curvature::Upward)
    }

    /// Holds parameter k at ever smaller distances, until the loss changes with the square of the distance.
    fn curvature_of_side<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (k, mut distance): (usize, T),
        resolution: T,
        counts: &mut Counts,
    ) -> Result<Curvature<T>> {
        let mut before = T::nan();
        for _ in 0..MOST_DISTANCES {
            let mut point = x.to_vec();
            point[k] = x[k] + distance;
            let mut inner = self.for_challenge();
            let parts = (problem, &mut *solver);
            let held = (k, HELD_STEPS);
            let trial = self.hold(&mut inner, parts, held, (&mut point, resolution), counts)?;
            if self.is_better(&inner, (solver.column_norms(), &point), resolution) {
                return Ok(Curvature::Lower(point, inner.last));
            }
            if !(trial.rise > clear(T::of(10.0) * resolution, trial)) {
                break;
            }
            let ratio = before / trial.rise;
            if ratio >= T::of(QUADRATIC[0]) && ratio <= T::of(QUADRATIC[1]) {
                let unit = distance / trial.rise.sqrt();
                return self.search_beyond((problem, solver), x, (k, unit), resolution, counts);
            }
            let is_near = trial.has_risen && trial.rise <= T::of(NEAR);
            before = if is_near { trial.rise } else { T::nan() };
            distance *= T::of(if is_near { 0.5 } else { BACK });
        }
        Ok(Curvature::Unknown)
    }

    /// Fits from other values of parameter k, which do not end at a smaller loss if the curvature is upward. The square would
    /// double the loss at the distance `unit`.
    fn search_beyond<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (k, unit): (usize, T),
        resolution: T,
        counts: &mut Counts,
    ) -> Result<Curvature<T>> {
        let mut multiple = TRIED[0];
        while multiple <= TRIED[1] {
            if counts.residuals >= self.max_evaluations {
                return Ok(Curvature::Unknown);
            }
            let value = x[k] + T::of(multiple) * unit;
            let challenge = Challenge::of(x, (k, value), Suspicion::Dead);
            multiple *= std::f64::consts::SQRT_2;
            if !self.contains(&challenge.point) {
                break;
            }
            let mut inner = self.for_challenge();
            let mut end = x.to_vec();
            let parts = (problem, &mut *solver);
            let to = (&mut end[..], resolution);
            self.run(&mut inner, parts, &challenge, to, counts)?;
            if self.is_better(&inner, (solver.column_norms(), &end), resolution) {
                return Ok(Curvature::Lower(end, inner.last));
            }
        }
        Ok(Curvature::Upward)
    }
}
