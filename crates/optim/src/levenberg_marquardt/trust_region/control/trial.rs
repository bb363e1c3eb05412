//! The trial point of a step.

use leastwise_core::{Result, Scalar};

use super::super::{Limits, TrustRegionStepSolver};
use super::TrustRegion;
use crate::Counts;

impl<T: Scalar> TrustRegion<T> {
    /// Computes the distances of `x` from its bounds, if there are any.
    pub(super) fn measure_room(&mut self, x: &[T]) {
        let Some(bounds) = &self.bounds else { return };
        for (room, bounds) in [
            (&mut self.room.lower, bounds.lower()),
            (&mut self.room.upper, bounds.upper()),
        ] {
            room.clear();
            room.extend(bounds.iter().zip(x).map(|(&bound, &xi)| bound - xi));
        }
    }

    /// δ ← δ + ½a, if a is short enough and no bound is in the way.
    pub(super) fn accelerate<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &[T],
        scaled_norm: T,
        limits: Option<Limits<'_, T>>,
        counts: &mut Counts,
    ) -> Result<()> {
        self.correction.resize(x.len(), T::zero());
        solver.geodesic_correction(problem, x, &self.delta, &mut self.correction, counts)?;
        let correction = std::mem::take(&mut self.correction);
        let length = self.scaled_norm(&correction);
        self.correction = correction;
        let half = T::of(0.5);
        let is_short = length + length <= self.acceleration * scaled_norm;
        let mut steps = self.delta.iter().zip(&self.correction).enumerate();
        let is_inside = limits.is_none_or(|limits| {
            steps.all(|(j, (&d, &a))| {
                let step = d + half * a;
                limits.lower[j] <= step && step <= limits.upper[j]
            })
        });
        if is_short && is_inside {
            for (d, &a) in self.delta.iter_mut().zip(&self.correction) {
                *d += half * a;
            }
        }
        Ok(())
    }

    /// Computes x + δ. It is within the bounds in spite of rounding, and at a bound if δ is as long as
    /// allowed.
    fn move_trial(&mut self, x: &[T]) {
        for ((t, &xi), &di) in self.trial.iter_mut().zip(x).zip(&self.delta) {
            *t = xi + di;
        }
        let Some(bounds) = &self.bounds else { return };
        for (j, t) in self.trial.iter_mut().enumerate() {
            let (lower, upper) = (bounds.lower()[j], bounds.upper()[j]);
            if *t <= lower || self.delta[j] == lower - x[j] {
                *t = lower;
            } else if *t >= upper || self.delta[j] == upper - x[j] {
                *t = upper;
            }
        }
    }

    /// The loss at the trial point. It is infinite if it is not finite.
    pub(super) fn trial_loss<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        problem: &P,
        solver: &mut S,
        x: &[T],
        counts: &mut Counts,
    ) -> Result<T> {
        self.move_trial(x);
        if self.trial.iter().any(|t| !t.is_finite()) {
            return Ok(T::infinity());
        }
        let loss = solver.loss(problem, &self.trial, counts)?;
        Ok(if loss.is_finite() {
            loss
        } else {
            T::infinity()
        })
    }
}
