//! What a success has to survive: a look at what no test of first order at the point can see.
//!
//! Where a parameter has no effect, at a saddle that symmetry keeps a run on, and in a valley that falls for ever, the
//! gradient vanishes as it does at a minimum. What gives them away is cheap to see: a column of J that is lost in the
//! rounding of r, columns that depend on each other, a parameter that no step has moved. At all other ends nothing is
//! evaluated here.
//!
//! A suspicion is settled by *challenges*: the parameter is held at another value, the others are fitted anew, and where
//! that is no worse, the held one is released. A run that ends lower is the better answer, and goes on from there.
//! What is left tells redundant parameters, whose value changes nothing, from a plateau.

mod suspicion;
mod trial;

use leastwise_core::{Result, Scalar};

use super::super::{Quality, TrustRegionStepSolver};
use super::TrustRegion;
use super::stopping::weighted_norm;
use crate::{Counts, Evaluation, Progress, Termination, power};
use suspicion::{Challenge, Suspicion};
use trial::Trial;

/// Steps from the start, once more.
const SECOND_STEPS: usize = 200;

/// A valley in which so many challenges in a row have led further down has no end.
const MOST_ADOPTED: usize = 12;

/// What the challenges of a point have shown.
enum Verdict {
    Minimum,
    /// There is a better point, to which the run has gone.
    Better,
    Plateau,
    OutOfEvaluations,
}

impl<T: Scalar> TrustRegion<T> {
    /// Ends the run for `reason`, if that is still true after a look around.
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

    /// Whether what is left of r is rounding, against its terms, or, where all parameters have gone to zero, against what
    /// those were.
    pub(super) fn is_solved(&self, rounding: T, column_norms: &[T], x: &[T]) -> bool {
        let root = self.last.loss.sqrt();
        let small = T::EPSILON.sqrt();
        let has_vanished = |(xj, span): (&T, &T)| xj.abs() <= small * *span;
        root <= rounding * weighted_norm(column_norms, x)
            || (root <= rounding * weighted_norm(column_norms, &self.spans)
                && x.iter().zip(&self.spans).all(has_vanished))
    }

    /// Where steps have come to nothing, tries once more from the start with first steps that may be longer, and says
    /// whether that ends lower.
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
            // Lower is what was looked for; as low as before is the same place once more.
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
            // Less than it takes for a better point, but more than rounding, and that far away.
            falls |=
                challenge.suspicion == Suspicion::Weak && decrease < -T::of(1000.0) * resolution;
            trials.push(trial);
        }
        solver.take_back();
        // Parameters that depend on each other and fit a few data alone: an effect on the others is too far away to be found.
        let is_spike = challenges.iter().any(|challenge| {
            challenge.suspicion == Suspicion::Weak && solver.reach(challenge.parameter) < 0.5
        });
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

    /// loss/(loss here) − 1.
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

    /// Goes on from where a challenge has ended.
    fn adopt(&mut self, end: Evaluation<T>, x: &[T]) {
        self.adopted += 1;
        self.last = end;
        self.note_spans(x);
        self.restart();
    }
}

/// The least relative decrease of the loss that makes another point a better one.
fn significant<T: Scalar>(resolution: T) -> T {
    resolution.max(T::of(1e-9))
}

/// The least relative rise of the loss that is none by rounding.
fn clear<T: Scalar>(flat: T, trial: Trial<T>) -> T {
    T::of(100.0) * flat.max(T::of(10.0) * trial.resolution)
}

/// Whether the loss is flat to one side of a weak parameter and rises to the other.
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
