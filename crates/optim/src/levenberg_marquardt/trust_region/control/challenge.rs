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

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Result, Scalar};

use super::super::{Limits, TrustRegionStepSolver};
use super::TrustRegion;
use super::stopping::weighted_norm;
use crate::{Bounds, Counts, Evaluation, Progress, Termination, power};

/// Singular values of J, columns of length 1, that are smaller may belong to a direction without effect.
const WEAK: f64 = 1e-8;

/// As many weak directions are challenged.
const MOST_WEAK: usize = 4;

/// Powers of its first ratio, 3/2, by which a weak parameter goes on: to 5, 195 and 10⁷ times its value.
const FURTHER: [i32; 3] = [3, 9, 27];

/// Steps of the other parameters while one is held, and of all of them after.
const HELD_STEPS: i32 = 8;
const RELEASED_STEPS: usize = 30;

/// Steps from the start, once more.
const SECOND_STEPS: usize = 200;

/// A valley in which so many challenges in a row have led further down has no end.
const MOST_ADOPTED: usize = 12;

/// A relative change of r that shows an effect, and one that changes r altogether.
const EFFECT: [f64; 2] = [1e-3, 1.0];

/// Why a parameter is challenged.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Suspicion {
    /// Its column is lost in the rounding of r, and it has an effect elsewhere.
    Dead,
    /// As `Dead`, but for the effect: it may have one together with what a bound holds.
    Idle,
    /// Its column depends on others.
    Weak,
    /// No step has moved it.
    Unmoved,
}

#[derive(Clone, Debug)]
struct Challenge<T> {
    /// The parameter that is held.
    parameter: usize,
    /// Where it starts.
    point: Vec<T>,
    suspicion: Suspicion,
}

impl<T: Scalar> Challenge<T> {
    /// Of x with another value of one parameter.
    fn of(x: &[T], (parameter, value): (usize, T), suspicion: Suspicion) -> Self {
        let mut point = x.to_vec();
        point[parameter] = value;
        Self {
            parameter,
            point,
            suspicion,
        }
    }
}

/// The best fit of the other parameters while one was held.
#[derive(Clone, Copy, Debug)]
struct Trial<T> {
    /// Of the loss, relative to that at the point that is challenged.
    rise: T,
    /// The relative rise that may be rounding there.
    resolution: T,
    /// Whether the others have converged, away from bounds.
    is_minimum: bool,
}

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
        let mut challenges = self.challenges((problem, &mut *solver), x, counts)?;
        if reason == Termination::Stalled {
            // Something else is wrong, unless it is a plateau.
            challenges.retain(|challenge| challenge.suspicion == Suspicion::Dead);
        }
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
        let is_dead = challenges
            .iter()
            .any(|challenge| challenge.suspicion == Suspicion::Dead);
        if is_dead || falls || falls_for_ever(&challenges, &trials, T::of(10.0) * resolution) {
            return Ok(Verdict::Plateau);
        }
        Ok(Verdict::Minimum)
    }

    /// Holds a parameter at another value, fits the others, and releases it where that is no worse. A weak one is taken on,
    /// further and further, as long as the loss stays what it is.
    fn run<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        inner: &mut Self,
        (problem, solver): (&P, &mut S),
        challenge: &Challenge<T>,
        (x, resolution): (&mut [T], T),
        counts: &mut Counts,
    ) -> Result<Trial<T>> {
        let is_better = |inner: &Self| self.relative_rise(&inner.last) < -significant(resolution);
        let flat = T::of(10.0) * resolution;
        let k = challenge.parameter;
        let ratio = challenge.point[k] / x[k];
        x.copy_from_slice(&challenge.point);
        let mut trial = self.hold(inner, (problem, &mut *solver), k, (x, resolution), counts)?;
        if challenge.suspicion == Suspicion::Weak && ratio.is_finite() {
            for power in FURTHER {
                if trial.rise.abs() > flat || is_better(inner) {
                    break;
                }
                x[k] *= ratio.powi(power);
                let parts = (problem, &mut *solver);
                trial = self.hold(inner, parts, k, (x, resolution), counts)?;
            }
        }
        let is_tried = matches!(challenge.suspicion, Suspicion::Dead | Suspicion::Idle);
        let is_near = trial.rise <= flat || (!trial.is_minimum && trial.rise < T::of(0.01));
        if inner.last.loss.is_finite() && (is_near || is_tried) {
            inner.bounds.clone_from(&self.bounds);
            inner.restart();
            for _ in 0..RELEASED_STEPS {
                let stop = inner.step_of((problem, &mut *solver), x, counts)?.stop;
                if stop.is_some() || is_better(inner) {
                    break;
                }
            }
        }
        Ok(trial)
    }

    /// Fits the other parameters while one is held.
    fn hold<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        inner: &mut Self,
        (problem, solver): (&P, &mut S),
        parameter: usize,
        (x, resolution): (&mut [T], T),
        counts: &mut Counts,
    ) -> Result<Trial<T>> {
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
        for step in 0..HELD_STEPS {
            let stop = inner.step_of((problem, &mut *solver), x, counts)?.stop;
            is_minimum = stop.is_some_and(Termination::is_success);
            // What the linear model leaves is about the least that can be hoped for.
            let least = Evaluation {
                loss: inner.last.loss * (T::one() - inner.promised),
                ..inner.last
            };
            let is_hopeless =
                step >= 1 && self.relative_rise(&least) > T::of(0.5f64.powi(step - 1));
            let is_better = self.relative_rise(&inner.last) < -significant(resolution);
            if stop.is_some() || is_better || is_hopeless {
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

    /// Everything that may deserve a challenge at `x`, which was linearised last.
    fn challenges<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        counts: &mut Counts,
    ) -> Result<Vec<Challenge<T>>> {
        let n = x.len();
        self.measure_room(x);
        let room = std::mem::take(&mut self.room);
        let limits = self.bounds.is_some().then_some(Limits {
            lower: &room.lower,
            upper: &room.upper,
        });
        let blocked: Vec<bool> = (0..n)
            .map(|j| limits.is_some_and(|limits| limits.blocks(j, solver.gradient()[j])))
            .collect();
        self.room = room;
        let norms = solver.column_norms().to_vec();
        let terms = self.last.loss.sqrt() + weighted_norm(&norms, x);
        let is_dead = |j: usize| norms[j] * self.span(j) <= T::of(4.0) * T::EPSILON * terms;
        let dead: Vec<usize> = (0..n)
            .filter(|&j| !blocked[j] && (norms[j] == T::zero() || is_dead(j)))
            .collect();
        let mut challenges = Vec::new();
        if !dead.is_empty() {
            let any_blocked = blocked.iter().any(|&blocked| blocked);
            let parts = (problem, &mut *solver);
            self.suspect_dead(
                parts,
                x,
                (&dead, any_blocked),
                terms,
                counts,
                &mut challenges,
            )?;
        }
        for j in 0..n {
            if !blocked[j] && !self.moved[j] && !dead.contains(&j) {
                let t = T::of(0.1) * terms / norms[j];
                for value in [x[j] + t, x[j] - t] {
                    challenges.push(Challenge::of(x, (j, value), Suspicion::Unmoved));
                }
            }
        }
        self.suspect_weak((problem, solver), x, &dead, terms, counts, &mut challenges)?;
        if let Some(bounds) = &self.bounds {
            for challenge in &mut challenges {
                bounds.clip(&mut challenge.point);
            }
            challenges.retain(|challenge| challenge.point != x);
        }
        Ok(challenges)
    }

    /// Looks for an effect of each parameter without one, on both sides, and of all of them together.
    fn suspect_dead<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (dead, any_blocked): (&[usize], bool),
        terms: T,
        counts: &mut Counts,
        challenges: &mut Vec<Challenge<T>>,
    ) -> Result<()> {
        let sides = [T::one(), -T::one()];
        let before = challenges.len();
        for &j in dead {
            for side in sides {
                let parts = (problem, &mut *solver);
                if let Some(point) = self.effect(parts, x, (&[j], side), terms, counts)? {
                    challenges.push(Challenge {
                        parameter: j,
                        point,
                        suspicion: Suspicion::Dead,
                    });
                } else if any_blocked {
                    let value = x[j] + side * self.span(j) * T::of(0.5);
                    challenges.push(Challenge::of(x, (j, value), Suspicion::Idle));
                }
            }
        }
        // Factors of a product that are both zero show an effect together only.
        if challenges.len() == before && dead.len() > 1 {
            for side in sides {
                let parts = (problem, &mut *solver);
                if let Some(point) = self.effect(parts, x, (dead, side), terms, counts)? {
                    challenges.push(Challenge {
                        parameter: dead[0],
                        point,
                        suspicion: Suspicion::Dead,
                    });
                }
            }
        }
        Ok(())
    }

    /// A point at which these parameters show an effect, within 2⁴⁴ times their span on one side.
    fn effect<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (parameters, side): (&[usize], T),
        terms: T,
        counts: &mut Counts,
    ) -> Result<Option<Vec<T>>> {
        const DISTANCES: [f64; 6] = [0.25, 1.0, 8.0, 256.0, 65_536.0, 17_592_186_044_416.0];
        const BISECTIONS: usize = 6;
        let moved = |control: &Self, t: T| {
            let mut point = x.to_vec();
            for &j in parameters {
                point[j] = x[j] + side * t * control.span(j);
            }
            if let Some(bounds) = &control.bounds {
                bounds.clip(&mut point);
            }
            point
        };
        let seen = T::of(16.0) * T::EPSILON;
        let (mut short, mut any) = (T::zero(), None);
        let mut distances = DISTANCES.iter().map(|&t| T::of(t));
        let mut long = loop {
            let Some(t) = distances.next() else {
                return Ok(any);
            };
            let point = moved(self, t);
            let change = solver.change(problem, &point, counts)? / terms;
            if change >= T::of(EFFECT[0]) && change <= T::of(EFFECT[1]) {
                return Ok(Some(point));
            }
            // Written so that NaN is too long.
            if change < T::of(EFFECT[0]) {
                short = t;
                if change > seen {
                    any = Some(point);
                }
            } else {
                if change.is_finite() {
                    any = Some(point);
                }
                break t;
            }
        };
        // Between no effect and too much of it.
        for _ in 0..BISECTIONS {
            let t = if short > T::zero() {
                (short * long).sqrt()
            } else {
                long * T::of(1.0 / 64.0)
            };
            let point = moved(self, t);
            let change = solver.change(problem, &point, counts)? / terms;
            if change < T::of(EFFECT[0]) {
                short = t;
            } else {
                if change.is_finite() {
                    any = Some(point);
                    if change <= T::of(EFFECT[1]) {
                        break;
                    }
                }
                long = t;
            }
        }
        Ok(any)
    }

    /// Challenges parameters whose columns depend on each other, unless the direction in which they do changes nothing.
    fn suspect_weak<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        dead: &[usize],
        terms: T,
        counts: &mut Counts,
        challenges: &mut Vec<Challenge<T>>,
    ) -> Result<()> {
        let error = solver.jacobian_error(problem);
        // Where all directions together promise what none alone does, they depend on each other to some degree.
        let weak = if self.promised > T::of(1e-6) {
            1e-4
        } else {
            WEAK
        };
        let tolerance = T::of(weak).max(T::of(10.0 * (x.len() as f64).sqrt()) * error);
        let mut weak = solver.weak_directions(tolerance)?;
        for k in 0..weak.cols() {
            for &j in dead {
                weak[(j, k)] = T::zero();
            }
        }
        let direction = combination(&weak, solver.column_norms());
        let length = self.scaled_norm(&direction);
        if length == T::zero() {
            return Ok(());
        }
        // A direction from differences is wrong by their error; that must not hide what r itself shows.
        let root = self.last.loss.sqrt();
        let inexact = (T::of(10.0) * error * terms).min(T::of(1e-6) * root);
        let unchanged = (T::of(100.0) * T::EPSILON * terms).max(inexact);
        let size = self.scaled_norm(x).max(T::of(0.1) * self.last.loss.sqrt());
        for side in [T::one(), -T::one()] {
            let t = side * size / length;
            let point: Vec<T> = x
                .iter()
                .zip(&direction)
                .map(|(&xi, &d)| xi + t * d)
                .collect();
            let bounds = self.bounds.as_ref();
            if bounds.is_none_or(|bounds| bounds.contains(&point))
                && solver.change(problem, &point, counts)? <= unchanged
            {
                // A straight line on which r stays what it is: redundant parameters.
                return Ok(());
            }
        }
        for (j, direction) in representatives(&weak, solver.column_norms(), x) {
            let changes = if x[j] == T::zero() {
                let t = T::of(0.2) * terms / solver.column_norms()[j];
                [t, -t]
            } else {
                [T::of(0.5) * x[j], T::of(-1.0 / 3.0) * x[j]]
            };
            for change in changes {
                // Along the direction, so that r stays what it is as long as that goes.
                let along = x.iter().zip(&direction);
                let mut point: Vec<T> = along.map(|(&xi, &d)| xi + change * d).collect();
                point[j] = x[j] + change;
                challenges.push(Challenge {
                    parameter: j,
                    point,
                    suspicion: Suspicion::Weak,
                });
            }
        }
        Ok(())
    }

    /// How far a parameter has been from 0, and at least 1 for one that started there.
    fn span(&self, j: usize) -> T {
        if self.from_zero[j] {
            self.spans[j].max(T::one())
        } else {
            self.spans[j]
        }
    }
}

/// A direction in the units of the parameters in which every weak direction has a part, no two the same, so that none
/// cancels another.
fn combination<T: Scalar>(weak: &Mat<T>, column_norms: &[T]) -> Vec<T> {
    const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;
    let entry = |(j, &norm): (usize, &T)| {
        let parts = (0..weak.cols()).map(|k| {
            let part = 0.5 + ((k + 1) as f64 * GOLDEN_RATIO).fract();
            T::of(part) * weak[(j, k)]
        });
        let sum: T = parts.sum();
        if sum == T::zero() { sum } else { sum / norm }
    };
    column_norms.iter().enumerate().map(entry).collect()
}

/// As many parameters as there are weak directions, if they are not too many, that change most in relation to their
/// values, and for each the weak direction in the units of the parameters in which it changes by 1.
fn representatives<T: Scalar>(weak: &Mat<T>, column_norms: &[T], x: &[T]) -> Vec<(usize, Vec<T>)> {
    let (n, q) = (weak.rows(), weak.cols());
    let row = |from: &Mat<T>, j: usize| -> Vec<T> { (0..q).map(|k| from[(j, k)]).collect() };
    // δⱼ/|xⱼ| of the directions; a parameter that is zero counts as all of r.
    let relative = |j: usize| {
        let term = column_norms[j] * x[j].abs();
        if term > T::zero() {
            term.recip()
        } else {
            T::one()
        }
    };
    let mut rest = Mat::from_fn(n, q, |j, k| weak[(j, k)] * relative(j));
    let mut chosen = Vec::new();
    while chosen.len() < q.min(MOST_WEAK) {
        let mut longest = (T::zero(), None);
        for j in 0..n {
            let length = euclidean(&row(&rest, j));
            // The first of those that are equal but for rounding.
            if euclidean(&row(weak, j)) > T::of(0.01) && length > longest.0 * T::of(1.001) {
                longest = (length, Some(j));
            }
        }
        let (length, Some(pivot)) = longest else {
            break;
        };
        let unit: Vec<T> = row(&rest, pivot).iter().map(|&w| w / length).collect();
        for j in 0..n {
            let along = dot(&row(&rest, j), &unit);
            for (k, &u) in unit.iter().enumerate() {
                rest[(j, k)] -= along * u;
            }
        }
        let change = dot(&row(weak, pivot), &unit) / column_norms[pivot];
        let direction = (0..n).map(|j| {
            let along = dot(&row(weak, j), &unit);
            if along == T::zero() {
                along
            } else {
                along / column_norms[j] / change
            }
        });
        chosen.push((pivot, direction.collect()));
    }
    chosen
}

/// The least relative decrease of the loss that makes another point a better one.
fn significant<T: Scalar>(resolution: T) -> T {
    resolution.max(T::of(1e-9))
}

/// Whether the loss is flat to one side of a weak parameter and rises to the other.
fn falls_for_ever<T: Scalar>(challenges: &[Challenge<T>], trials: &[Trial<T>], flat: T) -> bool {
    let weak = || {
        let all = challenges.iter().zip(trials);
        all.filter(|(challenge, _)| challenge.suspicion == Suspicion::Weak)
    };
    let rises_beside = |parameter: usize| {
        weak().any(|(other, trial)| {
            let clear = T::of(100.0) * flat.max(T::of(10.0) * trial.resolution);
            other.parameter == parameter && trial.is_minimum && trial.rise > clear
        })
    };
    weak().any(|(one, trial)| trial.rise <= flat && rises_beside(one.parameter))
}
