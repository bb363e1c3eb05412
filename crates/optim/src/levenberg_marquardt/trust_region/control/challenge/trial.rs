//! A challenge: a parameter is held at another value, the others are fitted, and then all parameters are
//! fitted.

use leastwise_core::{Result, Scalar};

use super::super::super::{Quality, TrustRegionStepSolver};
use super::super::TrustRegion;
use super::suspicion::{Challenge, Suspicion};
use crate::{Bounds, Counts, Evaluation, Termination};

/// The powers of the first ratio, 3/2 or 2/3, by which a weak parameter is multiplied in turn. It reaches 5, 195, 10⁵ and
/// 10⁷ times its value, and goes on towards 0 only, to 10⁻¹⁸ times its value: it may have come from there. It stops where
/// rounding hides more than this part of the loss.
const FURTHER: [i32; 8] = [3, 9, 15, 15, 15, 15, 15, 15];
const FARTHEST: usize = 4;
pub(super) const MOST_HIDDEN: f64 = 1e-3;

/// In a valley, the loss rises gradually: from rounding to the second of these parts of it, while the parameter changes by a
/// factor of 1.7 (as exp(−exp(p))) or more. Redundant parameters have an end where the loss rises within less: 0, or a value
/// that the other one cannot follow. So points are tried until they are as near to each other as the first factor. A rise is
/// gradual if it still is at the second factor from there.
const GRADUAL: [f64; 2] = [1e-12, 1e-3];
const NEXT_TO: f64 = 1.3;
const WIDE: f64 = 1.1;
const MOST_BETWEEN: usize = 30;
const LONG_STEPS: i32 = 32;

/// The number of steps of the other parameters while one is held. The next constant is that of all parameters
/// afterwards.
pub(super) const HELD_STEPS: i32 = 8;
const RELEASED_STEPS: usize = 30;

/// The number of steps of the others near a saddle point, where the loss decreases from the first step on.
const SADDLE_STEPS: i32 = 2;

/// The result of fitting the other parameters while one was held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<T> {
    /// The loss relative to that at the challenged point, minus 1.
    pub(super) rise: T,
    /// The relative rise that rounding can explain there.
    pub(super) resolution: T,
    /// Whether the other parameters have converged, away from bounds.
    pub(super) is_minimum: bool,
    /// The same, or what they can still gain does not undo the rise.
    pub(super) has_risen: bool,
    /// Whether the loss rises at once, next to a place where it is flat.
    pub(super) is_abrupt: bool,
}

/// The smallest relative decrease of the loss that makes another point a better one.
pub(super) fn significant<T: Scalar>(resolution: T) -> T {
    resolution.max(T::of(1e-9))
}

/// The relative rise of the loss above which it is not rounding.
pub(super) fn clear<T: Scalar>(flat: T, trial: Trial<T>) -> T {
    let resolution = trial.resolution.min(T::EPSILON.sqrt());
    T::of(100.0) * flat.max(T::of(10.0) * resolution)
}

impl<T: Scalar> TrustRegion<T> {
    /// Holds a parameter at another value, fits the others, and releases it if the loss is not larger. A weak
    /// parameter is moved further and further, while the loss does not change.
    pub(super) fn run<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        inner: &mut Self,
        (problem, solver): (&P, &mut S),
        challenge: &Challenge<T>,
        (x, resolution): (&mut [T], T),
        counts: &mut Counts,
    ) -> Result<Trial<T>> {
        let flat = T::of(10.0) * resolution;
        let k = challenge.parameter;
        let ratios: Vec<T> = challenge
            .point
            .iter()
            .zip(&*x)
            .map(|(&to, &from)| to / from)
            .collect();
        let here = x.to_vec();
        x.copy_from_slice(&challenge.point);
        let is_saddle = matches!(challenge.suspicion, Suspicion::Saddle | Suspicion::Runaway);
        let steps = match challenge.suspicion {
            Suspicion::Saddle => SADDLE_STEPS,
            _ => HELD_STEPS,
        };
        if challenge.suspicion == Suspicion::Spread {
            self.separate(inner, (problem, &mut *solver), x, counts)?;
        }
        let parts = (problem, &mut *solver);
        let mut trial = self.hold(inner, parts, (k, steps), (x, resolution), counts)?;
        if is_saddle {
            return Ok(trial);
        }
        if challenge.suspicion.is_far() && ratios[k].is_finite() {
            let is_outward = ratios[k].abs() > T::one();
            let count = if is_outward { FARTHEST } else { FURTHER.len() };
            let mut before = here;
            for &power in &FURTHER[..count] {
                let growth = ratios[k].abs().powi(power).max(T::one());
                if trial.rise.abs() > clear(flat, trial)
                    || trial.resolution * growth > T::of(MOST_HIDDEN)
                    || self.is_better(inner, (solver.column_norms(), x), resolution)
                {
                    break;
                }
                before.copy_from_slice(x);
                let factors = |ratio: &T| ratio.powi(power);
                let factors: Vec<T> = ratios.iter().map(factors).collect();
                let parts = (problem, &mut *solver);
                trial = self.hold_further(inner, parts, (k, &factors), (x, resolution), counts)?;
            }
            if trial.has_risen && trial.rise > T::of(GRADUAL[1]) {
                let parts = (problem, &mut *solver);
                trial.is_abrupt = self.rises_at_once(parts, k, (&before, x), resolution, counts)?;
                // The search has moved the solver away from x.
                let evaluation = solver.linearize(problem, x, counts)?;
                inner.init_at(x, &evaluation);
            }
        }
        let is_tried = matches!(
            challenge.suspicion,
            Suspicion::Dead | Suspicion::Idle | Suspicion::Spread
        );
        let is_near = trial.rise <= flat || (!trial.is_minimum && trial.rise < T::of(0.01));
        if inner.last.loss.is_finite() && (is_near || is_tried) {
            inner.bounds.clone_from(&self.bounds);
            inner.restart();
            for _ in 0..RELEASED_STEPS {
                let stop = inner.step_of((problem, &mut *solver), x, counts)?.stop;
                if stop.is_some() || self.is_better(inner, (solver.column_norms(), x), resolution) {
                    break;
                }
            }
        }
        Ok(trial)
    }

    /// The relative decrease of the loss from the current point to x, the point of `inner`, that rounding can
    /// explain. It is the larger of the resolutions at both points, in units of the current loss.
    pub(super) fn common_resolution(
        &self,
        inner: &Self,
        (column_norms, x): (&[T], &[T]),
        resolution: T,
    ) -> T {
        let ratio = T::one() + self.relative_rise(&inner.last);
        // A loss of 0 has no rounding error. Then 0·∞ is ignored.
        resolution.max(ratio * inner.rounding(column_norms, x))
    }

    pub(super) fn is_better(&self, inner: &Self, there: (&[T], &[T]), resolution: T) -> bool {
        let least = significant(self.common_resolution(inner, there, resolution));
        self.relative_rise(&inner.last) < -least
    }

    /// Whether the loss is flat or large at all values of parameter k between two points, and not between both.
    ///
    /// Where the other parameters cannot follow a long way, it goes on by shorter ones.
    fn rises_at_once<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        k: usize,
        (flat, risen): (&[T], &[T]),
        resolution: T,
        counts: &mut Counts,
    ) -> Result<bool> {
        let (mut flat, mut far) = (flat.to_vec(), risen[k]);
        let mut next = far;
        for _ in 0..MOST_BETWEEN {
            let ratio = far / flat[k];
            if !(ratio > T::zero() && ratio.is_finite()) {
                return Ok(false);
            }
            if ratio.ln().abs() <= T::of(NEXT_TO.ln()) {
                return Ok(true);
            }
            let mut x = flat.clone();
            // The mean of the logarithms.
            x[k] = flat[k] * (next / flat[k]).sqrt();
            let mut inner = self.for_challenge();
            let held = (k, LONG_STEPS);
            let parts = (problem, &mut *solver);
            let trial = self.hold(&mut inner, parts, held, (&mut x, resolution), counts)?;
            let least = clear(T::of(10.0) * resolution, trial).max(T::of(GRADUAL[0]));
            let is_gradual = |trial: Trial<T>| trial.has_risen && trial.rise <= T::of(GRADUAL[1]);
            if trial.rise <= least {
                (flat, next) = (x, far);
            } else if !trial.has_risen {
                // In a valley, the others follow a step as short as this one.
                let is_next = (x[k] / flat[k]).ln().abs() <= T::of(WIDE.ln());
                if is_next && trial.rise > T::of(GRADUAL[1]) {
                    return Ok(true);
                }
                next = x[k];
            } else {
                (far, next) = (x[k], x[k]);
                if is_gradual(trial) {
                    let onward = T::of(WIDE);
                    x[k] *= if ratio > T::one() {
                        onward
                    } else {
                        onward.recip()
                    };
                    let parts = (problem, &mut *solver);
                    let trial = self.hold(&mut inner, parts, held, (&mut x, resolution), counts)?;
                    if is_gradual(trial) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Holds a parameter at a multiple of its value, or at its bound. In a valley that leads to infinity, the
    /// other parameters grow with it. If a few steps have not moved them far enough, all of them are
    /// multiplied as well.
    fn hold_further<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        inner: &mut Self,
        (problem, solver): (&P, &mut S),
        (k, factors): (usize, &[T]),
        (x, resolution): (&mut [T], T),
        counts: &mut Counts,
    ) -> Result<Trial<T>> {
        let grown = x.iter().zip(factors).map(|(&xj, &factor)| xj * factor);
        let mut grown: Vec<T> = grown.collect();
        if let Some(bounds) = &self.bounds {
            bounds.clip(&mut grown);
        }
        x[k] = grown[k];
        let held = (k, HELD_STEPS);
        let parts = (problem, &mut *solver);
        let alone = self.hold(inner, parts, held, (x, resolution), counts)?;
        let is_found = alone.is_minimum || alone.rise <= T::of(10.0) * resolution;
        let is_possible = grown.iter().all(|xj| xj.is_finite());
        if is_found || !is_possible {
            return Ok(alone);
        }
        let end = x.to_vec();
        x.copy_from_slice(&grown);
        let parts = (problem, &mut *solver);
        let together = self.hold(inner, parts, held, (x, resolution), counts)?;
        if together.rise < alone.rise {
            return Ok(together);
        }
        x.copy_from_slice(&end);
        let evaluation = solver.linearize(problem, x, counts)?;
        inner.init_at(x, &evaluation);
        Ok(alone)
    }

    /// Fits the other parameters while one is held.
    pub(super) fn hold<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        inner: &mut Self,
        (problem, solver): (&P, &mut S),
        (parameter, steps): (usize, i32),
        (x, resolution): (&mut [T], T),
        counts: &mut Counts,
    ) -> Result<Trial<T>> {
        solver.demand(Quality::Full);
        let evaluation = solver.linearize(problem, x, counts)?;
        inner.init_at(x, &evaluation);
        if !(evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite()) {
            inner.last.loss = T::infinity();
            return Ok(Trial {
                rise: T::infinity(),
                resolution: T::infinity(),
                is_minimum: false,
                has_risen: false,
                is_abrupt: false,
            });
        }
        let bounds = self.bounds.clone();
        let bounds = bounds.unwrap_or_else(|| Bounds::none(x.len()));
        inner.bounds = Some(bounds.holding(parameter, x[parameter]));
        let mut is_minimum = false;
        for step in 0..steps {
            let stop = inner.step_of((problem, &mut *solver), x, counts)?.stop;
            is_minimum = stop.is_some_and(Termination::is_success);
            // The loss that the linear model predicts is about the smallest that can be expected.
            let least = Evaluation {
                loss: inner.last.loss * (T::one() - inner.promised),
                ..inner.last
            };
            let is_hopeless =
                step >= 1 && self.relative_rise(&least) > T::of(0.5f64.powi(step - 1));
            if stop.is_some()
                || is_hopeless
                || self.is_better(inner, (solver.column_norms(), x), resolution)
            {
                break;
            }
        }
        let meets_bound = self.bounds.as_ref().is_some_and(|all| all.meets(x));
        let rise = self.relative_rise(&inner.last);
        // With what the others can still gain by the linear model.
        let least = rise - inner.promised * (T::one() + rise);
        Ok(Trial {
            rise,
            resolution: inner.rounding(solver.column_norms(), x),
            is_minimum: is_minimum && !meets_bound,
            has_risen: !meets_bound && (is_minimum || least > T::of(0.5) * rise),
            is_abrupt: false,
        })
    }
}
