//! Checks that a point is a minimum, if the first-order tests at that point cannot decide.
//!
//! The gradient also vanishes where a parameter has no effect, at a saddle point on a line of symmetry, and
//! in a valley that falls without end. These cases have signs that are cheap to find: a column of J is lost
//! in the rounding of r, columns depend on each other, or no step has moved a parameter. Without such a sign,
//! nothing is evaluated here.
//!
//! A *challenge* decides about a sign. The parameter is held at another value, and the other parameters are
//! fitted. If the loss is not larger, the parameter is released. If a challenge ends at a lower loss, the run
//! continues from there. Otherwise, the results distinguish redundant parameters, whose values change
//! nothing, from a plateau.

mod suspicion;
mod trial;

use leastwise_core::{Result, Scalar};

use super::super::{Quality, TrustRegionStepSolver};
use super::TrustRegion;
use super::stopping::weighted_norm;
use crate::{Counts, Evaluation, Progress, Termination, power};
use suspicion::{Challenge, Suspicion};
use trial::{Trial, clear, significant};

/// The number of steps of a second run from the start.
const SECOND_STEPS: usize = 200;

/// If this many challenges in a row have reached a lower loss, the valley is taken to have no end.
const MOST_ADOPTED: usize = 12;

/// The result of the challenges of a point.
enum Verdict {
    Minimum,
    /// A challenge found a better point, and the run has moved to it.
    Better,
    Plateau,
    OutOfEvaluations,
}

impl<T: Scalar> TrustRegion<T> {
    /// Ends the run with `reason`, unless the challenges contradict it.
    pub(super) fn conclude<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        reason: Termination,
        (problem, solver): (&P, &mut S),
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Progress<T>> {
        let is_end = reason.is_success() || reason == Termination::Stalled;
        if !is_end || self.is_challenge || self.is_solved(T::EPSILON, solver.column_norms(), x) {
            return Ok(self.stop(reason));
        }
        let verdict = self.look_around(reason, (problem, &mut *solver), x, counts)?;
        let has_failed = reason == Termination::Stalled && matches!(verdict, Verdict::Minimum);
        if has_failed && self.starts_again((problem, solver), x, counts)? {
            return Ok(self.last.into());
        }
        Ok(match verdict {
            Verdict::Minimum => self.stop(reason),
            Verdict::Plateau => self.stop(Termination::Plateau),
            Verdict::OutOfEvaluations => self.stop(Termination::EvaluationBudget),
            Verdict::Better => self.last.into(),
        })
    }

    /// Whether the remaining r is rounding, compared with its terms. If all parameters have gone to zero, it
    /// is compared with the largest terms of the run.
    pub(super) fn is_solved(&self, rounding: T, column_norms: &[T], x: &[T]) -> bool {
        let root = self.last.loss.sqrt();
        let small = T::EPSILON.sqrt();
        let has_vanished = |(xj, span): (&T, &T)| xj.abs() <= small * *span;
        root <= rounding * self.term_norm(column_norms, x)
            || (root <= rounding * weighted_norm(column_norms, &self.spans)
                && x.iter().zip(&self.spans).all(has_vanished))
    }

    /// If the steps have made no progress, runs once more from the start, with a longer initial radius.
    /// Returns whether the second run ends at a lower loss.
    fn starts_again<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<bool> {
        let Some(mut other) = self.start.take() else {
            return Ok(false);
        };
        solver.set_aside();
        solver.demand(Quality::Full);
        let evaluation = solver.linearize(problem, &other, counts)?;
        let mut inner = self.for_challenge();
        inner.bounds.clone_from(&self.bounds);
        inner.relative_radius = self.relative_radius * T::of(4.0);
        inner.init_at(&other, &evaluation);
        for _ in 0..SECOND_STEPS {
            let stop = inner
                .step_of((problem, &mut *solver), &mut other, counts)?
                .stop;
            // The run stops if its loss is lower, or if it is as low as before, which means the same point.
            if stop.is_some() || self.relative_rise(&inner.last) < T::of(1e-3) {
                break;
            }
        }
        let is_lower = self.relative_rise(&inner.last) < T::of(-1e-6);
        if is_lower {
            x.copy_from_slice(&other);
            self.adopt(inner.last, x);
        } else {
            solver.take_back();
        }
        Ok(is_lower)
    }

    fn look_around<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        reason: Termination,
        (problem, solver): (&P, &mut S),
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<Verdict> {
        let challenges = self.challenges(reason, (problem, &mut *solver), x, counts)?;
        if challenges.is_empty() {
            return Ok(Verdict::Minimum);
        }
        if self.adopted >= MOST_ADOPTED {
            return Ok(Verdict::Plateau);
        }
        let resolution = self.resolution(solver.column_norms(), x);
        solver.set_aside();
        let mut trials: Vec<Trial<T>> = Vec::new();
        let mut falls = false;
        for challenge in &challenges {
            if counts.residuals >= self.max_evaluations {
                solver.take_back();
                return Ok(Verdict::OutOfEvaluations);
            }
            let mut inner = self.for_challenge();
            let mut end = x.to_vec();
            let trial = self.run(
                &mut inner,
                (problem, &mut *solver),
                challenge,
                (&mut end, resolution),
                counts,
            )?;
            let resolution =
                self.common_resolution(&inner, (solver.column_norms(), &end), resolution);
            let decrease = self.relative_rise(&inner.last);
            if decrease < -significant(resolution) {
                x.copy_from_slice(&end);
                self.adopt(inner.last, x);
                return Ok(Verdict::Better);
            }
            // The decrease is too small for a better point, but larger than rounding, and it occurs far away.
            falls |=
                challenge.suspicion == Suspicion::Weak && decrease < -T::of(1000.0) * resolution;
            trials.push(trial);
        }
        solver.take_back();
        // The parameters depend on each other and affect only a few residuals. Their effect on the others is
        // too far away to be found.
        let mut is_spike = false;
        for challenge in &challenges {
            is_spike |= challenge.suspicion == Suspicion::Weak
                && !is_spike
                && solver.reach(problem, x, challenge.parameter, counts)? < 0.5;
        }
        let is_dead = challenges
            .iter()
            .any(|challenge| challenge.suspicion == Suspicion::Dead);
        if is_dead
            || is_spike
            || falls
            || falls_for_ever(&challenges, &trials, T::of(10.0) * resolution)
        {
            return Ok(Verdict::Plateau);
        }
        Ok(Verdict::Minimum)
    }

    /// The loss over the current loss, minus 1.
    fn relative_rise(&self, evaluation: &Evaluation<T>) -> T {
        let shift = 2 * (evaluation.exponent - self.last.exponent);
        power::times(evaluation.loss / self.last.loss, shift) - T::one()
    }

    fn for_challenge(&self) -> Self {
        Self {
            is_challenge: true,
            relative_radius: self.relative_radius,
            max_evaluations: self.max_evaluations,
            ..Self::new()
        }
    }

    /// Continues from the end of a challenge.
    fn adopt(&mut self, end: Evaluation<T>, x: &[T]) {
        self.adopted += 1;
        self.last = end;
        self.note_spans(x);
        self.restart();
    }
}

/// Whether the loss is flat on one side of a weak parameter and rises on the other.
fn falls_for_ever<T: Scalar>(challenges: &[Challenge<T>], trials: &[Trial<T>], flat: T) -> bool {
    let weak = || {
        let all = challenges.iter().zip(trials);
        all.filter(|(challenge, _)| challenge.suspicion == Suspicion::Weak)
    };
    let rises_beside = |parameter: usize| {
        weak().any(|(other, trial)| {
            other.parameter == parameter && trial.is_minimum && trial.rise > clear(flat, *trial)
        })
    };
    weak().any(|(one, trial)| trial.rise <= flat && rises_beside(one.parameter))
}
