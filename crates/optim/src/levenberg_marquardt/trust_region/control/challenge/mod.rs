//! Checks that a point is a minimum, if the first-order tests at that point cannot decide.
//!
//! The gradient also vanishes where a parameter has no effect, at a saddle point on a line of symmetry, and
//! in a valley that falls without end. These cases have signs that are cheap to find: a column of J is lost
//! in the rounding of r, columns depend on each other, no step has moved a parameter, or a parameter has grown until
//! its effect is small. Without such a sign, nothing is evaluated here.
//!
//! A *challenge* decides about a sign. The parameter is held at another value, and the other parameters are
//! fitted. If the loss is not larger, the parameter is released. If a challenge ends at a lower loss, the run
//! continues from there. Otherwise, the results distinguish redundant parameters, whose values change
//! nothing, from a plateau.

mod curvature;
mod suspicion;
mod trial;
mod weak;

use leastwise_core::{Result, Scalar};

use super::super::{Quality, TrustRegionStepSolver};
use super::TrustRegion;
use super::stopping::weighted_norm;
use crate::{Counts, Evaluation, Progress, Termination, power};
use curvature::Curvature;
use suspicion::{Challenge, Suspicion};
use trial::{MOST_HIDDEN, Trial, clear, significant};

/// The initial radii of further runs from the start, relative to that of the first run, and their numbers of steps.
const OTHER_RADII: [f64; 4] = [4.0, 0.03, 100.0, 1e-5];
const SECOND_STEPS: usize = 60;

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
        if !is_end || self.is_challenge {
            return Ok(self.stop(reason));
        }
        if reason == Termination::Stalled
            && self.moves_to_zero((problem, &mut *solver), x, counts)?
        {
            return Ok(self.last.into());
        }
        let verdict = if self.is_solved(T::EPSILON, solver.column_norms(), x) {
            if self.has_such_terms((problem, &mut *solver), x, counts)? {
                return Ok(self.stop(reason));
            }
            Verdict::Plateau
        } else {
            self.look_around(reason, (problem, &mut *solver), x, counts)?
        };
        let has_failed = match verdict {
            Verdict::Minimum => reason == Termination::Stalled,
            Verdict::Plateau => true,
            Verdict::Better | Verdict::OutOfEvaluations => false,
        };
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

    /// Whether r has terms as large as ‖(‖J·eⱼ‖·xⱼ)ⱼ‖. Finite differences that reach from a plateau to a distant peak state
    /// far larger terms.
    fn has_such_terms<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        counts: &mut Counts,
    ) -> Result<bool> {
        let part = T::EPSILON.powf(T::of(0.375));
        let term = |j: usize| solver.column_norms()[j] * x[j].abs();
        let Some(largest) =
            (0..x.len()).max_by(|&i, &j| term(i).as_f64().total_cmp(&term(j).as_f64()))
        else {
            return Ok(true);
        };
        let stated = part * term(largest);
        let mut beside = x.to_vec();
        beside[largest] += part * x[largest];
        if !self.contains(&beside) {
            beside[largest] = x[largest] - part * x[largest];
        }
        let change = solver.change(problem, &beside, counts)?;
        Ok(change >= T::of(0.1) * stated || stated == T::zero())
    }

    /// After a failure, runs again from the start, with other initial radii. Returns whether one of these runs
    /// ends at a lower loss.
    fn starts_again<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<bool> {
        let Some(start) = self.start.take() else {
            return Ok(false);
        };
        solver.set_aside();
        for factor in OTHER_RADII {
            let mut other = start.clone();
            solver.demand(Quality::Full);
            let evaluation = solver.linearize(problem, &other, counts)?;
            let mut inner = self.for_challenge();
            inner.bounds.clone_from(&self.bounds);
            inner.relative_radius = self.relative_radius * T::of(factor);
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
            if self.relative_rise(&inner.last) < T::of(-1e-6) {
                x.copy_from_slice(&other);
                self.adopt(inner.last, x);
                return Ok(true);
            }
        }
        solver.take_back();
        Ok(false)
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
        let rounding = self.rounding(solver.column_norms(), x);
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
            falls |= challenge.suspicion.is_far() && decrease < -T::of(1000.0) * resolution;
            trials.push(trial);
        }
        let mut is_dead = challenges
            .iter()
            .any(|challenge| challenge.suspicion == Suspicion::Dead);
        if is_dead {
            let parts = (problem, &mut *solver);
            match self.curvature(parts, x, (&challenges, resolution), counts)? {
                Curvature::Upward => is_dead = false,
                Curvature::Unknown => (),
                Curvature::Lower(point, evaluation) => {
                    x.copy_from_slice(&point);
                    self.adopt(evaluation, x);
                    return Ok(Verdict::Better);
                }
            }
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
        // Terms cancel so far that the loss cannot show how it falls, and the other parameters have not followed.
        let is_hidden = rounding > T::of(1e-6)
            && challenges.iter().zip(&trials).any(|(challenge, trial)| {
                challenge.suspicion == Suspicion::Weak && !trial.is_minimum
            });
        let runs_away = challenges.iter().zip(&trials).any(|(challenge, trial)| {
            let flat = T::of(10.0) * resolution.max(trial.resolution);
            // Where terms cancel, the others may need more steps to follow than a challenge has. Then it shows no minimum.
            let is_open = trial.rise > T::zero() && !trial.has_risen;
            challenge.suspicion == Suspicion::Runaway && (trial.rise.abs() <= flat || is_open)
        });
        if is_dead
            || is_spike
            || runs_away
            || is_hidden
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

/// Whether the loss is flat on one side of a parameter and rises on the other. If the parameter is faint, its flat side is
/// away from 0, because it is flat towards 0 wherever the parameter is nearly 0.
fn falls_for_ever<T: Scalar>(challenges: &[Challenge<T>], trials: &[Trial<T>], flat: T) -> bool {
    let far = || {
        let all = challenges.iter().zip(trials);
        all.filter(|(challenge, _)| challenge.suspicion.is_far())
    };
    let size = |challenge: &Challenge<T>| challenge.point[challenge.parameter].abs();
    let rises_beside = |one: &Challenge<T>| {
        far().any(|(other, trial)| {
            other.parameter == one.parameter
                && (one.suspicion != Suspicion::Faint || size(other) < size(one))
                && trial.has_risen
                && !trial.is_abrupt
                && trial.rise > clear(flat, *trial)
        })
    };
    let is_flat =
        |trial: &Trial<T>| trial.rise <= flat.max(trial.resolution.min(T::of(MOST_HIDDEN)));
    far().any(|(one, trial)| is_flat(trial) && rises_beside(one))
}
