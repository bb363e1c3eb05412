//! One challenge: a parameter is held elsewhere, the others are fitted anew, then all of them.

use leastwise_core::{Result, Scalar};

use super::super::super::{Quality, TrustRegionStepSolver};
use super::super::TrustRegion;
use super::suspicion::{Challenge, Suspicion};
use super::{clear, significant};
use crate::{Bounds, Counts, Evaluation, Termination};

/// Powers of its first ratio, 3/2, by which a weak parameter goes on: to 5, 195, 10⁵ and 10⁷ times its value.
const FURTHER: [i32; 4] = [3, 9, 15, 15];

/// Steps of the other parameters while one is held, and of all of them after.
const HELD_STEPS: i32 = 8;
const RELEASED_STEPS: usize = 30;

/// Steps of the others beside a saddle, where the way down begins with the first.
const SADDLE_STEPS: i32 = 2;

/// The best fit of the other parameters while one was held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<T> {
    /// Of the loss, relative to that at the point that is challenged.
    pub(super) rise: T,
    /// The relative rise that may be rounding there.
    pub(super) resolution: T,
    /// Whether the others have converged, away from bounds.
    pub(super) is_minimum: bool,
}

impl<T: Scalar> TrustRegion<T> {
    /// Holds a parameter at another value, fits the others, and releases it where that is no worse. A weak one is taken on,
    /// further and further, as long as the loss stays what it is.
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
        x.copy_from_slice(&challenge.point);
        let is_saddle = challenge.suspicion == Suspicion::Saddle;
        let steps = if is_saddle { SADDLE_STEPS } else { HELD_STEPS };
        let parts = (problem, &mut *solver);
        let mut trial = self.hold(inner, parts, (k, steps), (x, resolution), counts)?;
        if is_saddle {
            return Ok(trial);
        }
        if challenge.suspicion == Suspicion::Weak && ratios[k].is_finite() {
            for power in FURTHER {
                if trial.rise.abs() > clear(flat, trial)
                    || self.is_better(inner, (solver.column_norms(), x), resolution)
                {
                    break;
                }
                let factors = |ratio: &T| ratio.powi(power);
                let factors: Vec<T> = ratios.iter().map(factors).collect();
                let parts = (problem, &mut *solver);
                trial = self.hold_further(inner, parts, (k, &factors), (x, resolution), counts)?;
            }
        }
        let is_tried = matches!(challenge.suspicion, Suspicion::Dead | Suspicion::Idle);
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

    /// The relative decrease of the loss from here to x, where `inner` stands, below which it may be rounding alone: what
    /// `resolution` is here, and what it is there, in units of the loss here.
    pub(super) fn common_resolution(
        &self,
        inner: &Self,
        (column_norms, x): (&[T], &[T]),
        resolution: T,
    ) -> T {
        let ratio = T::one() + self.relative_rise(&inner.last);
        // A loss of 0 has no rounding: 0·∞ is passed over.
        resolution.max(ratio * inner.rounding(column_norms, x))
    }

    fn is_better(&self, inner: &Self, there: (&[T], &[T]), resolution: T) -> bool {
        let least = significant(self.common_resolution(inner, there, resolution));
        self.relative_rise(&inner.last) < -least
    }

    /// Holds a parameter at so many times its value, or at its bound. In a valley to infinity the others grow with it:
    /// where a few steps have not brought them there, all of them are taken along.
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
    fn hold<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
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
            });
        }
        let bounds = self.bounds.clone();
        let bounds = bounds.unwrap_or_else(|| Bounds::none(x.len()));
        inner.bounds = Some(bounds.holding(parameter, x[parameter]));
        let mut is_minimum = false;
        for step in 0..steps {
            let stop = inner.step_of((problem, &mut *solver), x, counts)?.stop;
            is_minimum = stop.is_some_and(Termination::is_success);
            // What the linear model leaves is about the least that can be hoped for.
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
        Ok(Trial {
            rise: self.relative_rise(&inner.last),
            resolution: inner.resolution(solver.column_norms(), x),
            is_minimum: is_minimum && !meets_bound,
        })
    }
}
