//! Decides which parameters are challenged, and from which points.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Result, Scalar};

use super::super::super::{Limits, TrustRegionStepSolver};
use super::super::TrustRegion;
use super::super::stopping::weighted_norm;
use crate::{Counts, Termination};

/// Singular values of J, with columns of length 1, below this may belong to a direction without effect.
const WEAK: f64 = 1e-8;

/// The largest number of weak directions that are challenged.
const MOST_WEAK: usize = 4;

/// A relative change of r that shows an effect, and one that replaces r by other values.
const EFFECT: [f64; 2] = [1e-3, 1.0];

/// Multiples of ‖D·x‖ at which r is compared along a straight line.
const LINE: [f64; 3] = [1.0, 64.0, 4096.0];

/// The reason why a parameter is challenged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Suspicion {
    /// Its column is lost in the rounding of r, but it has an effect elsewhere, alone or together with others.
    Dead,
    /// Its column is lost in the rounding of r, and no effect was found. It may have one together with a
    /// parameter at a bound.
    Idle,
    /// Its column depends on others.
    Weak,
    /// As `Weak`, at a nearby point, where the loss may decrease although it rises far away.
    Saddle,
    /// No step has moved it.
    Unmoved,
}

#[derive(Clone, Debug)]
pub(super) struct Challenge<T> {
    /// The parameter that is held.
    pub(super) parameter: usize,
    /// The starting point of the challenge.
    pub(super) point: Vec<T>,
    pub(super) suspicion: Suspicion,
}

impl<T: Scalar> Challenge<T> {
    /// A challenge from x, with another value of one parameter.
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

impl<T: Scalar> TrustRegion<T> {
    /// All challenges at `x`, the last linearised point. A run that has stalled can only have ended on a
    /// plateau, so the other reasons are not considered then.
    pub(super) fn challenges<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        reason: Termination,
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
        let norms = solver.column_norms().to_vec();
        let free_cosine = self.largest_cosine(solver.gradient(), &norms, limits);
        self.room = room;
        let root = self.last.loss.sqrt();
        let terms = root + weighted_norm(&norms, x);
        let largest = terms.max(self.terms);
        let is_dead = |j: usize| norms[j] * self.span(j) <= T::of(4.0) * T::EPSILON * largest;
        // At a bound, a slope of exactly zero does not push against it.
        let dead: Vec<usize> = (0..n)
            .filter(|&j| norms[j] == T::zero() || (!blocked[j] && is_dead(j)))
            .collect();
        let mut challenges = Vec::new();
        if !dead.is_empty() {
            let bounds = self.bounds.as_ref();
            let is_bound_met = bounds.is_some_and(|bounds| bounds.meets(x));
            let parts = (problem, &mut *solver);
            self.suspect_dead(
                parts,
                x,
                (&dead, is_bound_met),
                terms,
                counts,
                &mut challenges,
            )?;
            // Below this cosine, errors of J and of the other slopes decide whether a bound blocks.
            let error = solver.jacobian_error(problem).max(free_cosine);
            let least = T::of(10.0 * (n as f64).sqrt()) * error;
            for j in 0..n {
                let cosine = solver.gradient()[j].abs() / (norms[j] + norms[j]) / root;
                if blocked[j] && cosine <= least {
                    let parts = (problem, &mut *solver);
                    self.suspect_beyond(parts, x, (j, &dead), terms, counts, &mut challenges)?;
                }
            }
        }
        if reason == Termination::Stalled {
            challenges.retain(|challenge| challenge.suspicion == Suspicion::Dead);
            return Ok(challenges);
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

    /// Searches for an effect of each parameter that has none at x, on both sides, and for an effect of some of
    /// them together.
    fn suspect_dead<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (dead, is_bound_met): (&[usize], bool),
        terms: T,
        counts: &mut Counts,
        challenges: &mut Vec<Challenge<T>>,
    ) -> Result<()> {
        let challenge = |(parameter, point), suspicion| Challenge {
            parameter,
            point,
            suspicion,
        };
        let mut idle = Vec::new();
        for &j in dead {
            let parts = (problem, &mut *solver);
            let (points, silent) = self.effects(parts, x, &[(j, T::one())], terms, counts)?;
            // There are more points than sides with an effect. So the start or 0 has shown an effect for the
            // other sides.
            let has_told = points.len() + silent.len() > 2;
            challenges.extend(
                points
                    .into_iter()
                    .map(|point| challenge((j, point), Suspicion::Dead)),
            );
            if !has_told {
                idle.extend(silent.into_iter().map(|side| {
                    let value = x[j] + side * self.span(j) * T::of(0.5);
                    Challenge::of(x, (j, value), Suspicion::Idle)
                }));
            }
        }
        // Factors of a product that are both zero show an effect only together.
        for directions in together(dead) {
            if !challenges.is_empty() {
                break;
            }
            let parts = (problem, &mut *solver);
            let (points, _) = self.effects(parts, x, &directions, terms, counts)?;
            challenges.extend(
                points
                    .into_iter()
                    .map(|point| challenge((directions[0].0, point), Suspicion::Dead)),
            );
        }
        if is_bound_met {
            challenges.append(&mut idle);
        }
        Ok(())
    }

    /// Moves a parameter off its bound together with the dead ones, if they have an effect there.
    fn suspect_beyond<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (at_bound, dead): (usize, &[usize]),
        terms: T,
        counts: &mut Counts,
        challenges: &mut Vec<Challenge<T>>,
    ) -> Result<()> {
        let mut t = T::of(0.1) * terms / solver.column_norms()[at_bound];
        if self.room.upper[at_bound] == T::zero() {
            t = -t;
        }
        let directions: Vec<_> = dead.iter().map(|&j| (j, T::one())).collect();
        let beyond = self.with_values(x, &[(at_bound, t)], |(j, t)| x[j] + t);
        let change = solver.change(problem, &beyond, counts)?;
        let start = self.start.as_deref().unwrap_or(x);
        for side in [0.0, 0.5, -0.5] {
            let point = self.with_values(&beyond, &directions, |(j, _)| {
                if side == 0.0 {
                    start[j]
                } else {
                    x[j] + T::of(side) * self.span(j)
                }
            });
            let difference = solver.change(problem, &point, counts)? - change;
            if difference.abs() > T::of(16.0) * T::EPSILON * terms {
                challenges.push(Challenge {
                    parameter: dead[0],
                    point,
                    suspicion: Suspicion::Dead,
                });
            }
        }
        Ok(())
    }

    /// Points at which these parameters show an effect, along their directions and against them, and the sides without an
    /// effect. If a side has none, the start and 0 are tried, once for both sides.
    fn effects<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        directions: &[(usize, T)],
        terms: T,
        counts: &mut Counts,
    ) -> Result<(Vec<Vec<T>>, Vec<T>)> {
        let (mut points, mut silent) = (Vec::new(), Vec::new());
        for side in [T::one(), -T::one()] {
            let parts = (problem, &mut *solver);
            match self.effect(parts, x, (directions, side), terms, counts)? {
                Some(point) => points.push(point),
                None => silent.push(side),
            }
        }
        if !silent.is_empty() {
            for value in [self.start.as_ref(), None] {
                let at = |(j, _): (usize, T)| value.map_or(T::zero(), |start| start[j]);
                let point = self.with_values(x, directions, at);
                let change = solver.change(problem, &point, counts)? / terms;
                if change >= T::of(EFFECT[0]) && change.is_finite() {
                    points.push(point);
                    break;
                }
            }
        }
        Ok((points, silent))
    }

    /// x with other values of these parameters, within the bounds.
    fn with_values(
        &self,
        x: &[T],
        directions: &[(usize, T)],
        value: impl Fn((usize, T)) -> T,
    ) -> Vec<T> {
        let mut point = x.to_vec();
        for &(j, direction) in directions {
            point[j] = value((j, direction));
        }
        if let Some(bounds) = &self.bounds {
            bounds.clip(&mut point);
        }
        point
    }

    /// A point on one side at which these parameters show an effect, within 2⁴⁴ times their span.
    fn effect<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        (directions, side): (&[(usize, T)], T),
        terms: T,
        counts: &mut Counts,
    ) -> Result<Option<Vec<T>>> {
        const DISTANCES: [f64; 6] = [0.25, 1.0, 8.0, 256.0, 65_536.0, 17_592_186_044_416.0];
        const BISECTIONS: usize = 6;
        let moved = |t: T| {
            let value = |(j, direction): (usize, T)| x[j] + side * t * direction * self.span(j);
            self.with_values(x, directions, value)
        };
        let seen = T::of(16.0) * T::EPSILON;
        let (mut short, mut any) = (T::zero(), None);
        let mut distances = DISTANCES.iter().map(|&t| T::of(t));
        let mut long = loop {
            let Some(t) = distances.next() else {
                return Ok(any);
            };
            let point = moved(t);
            let change = solver.change(problem, &point, counts)? / terms;
            if change >= T::of(EFFECT[0]) && change <= T::of(EFFECT[1]) {
                return Ok(Some(point));
            }
            // Written so that NaN counts as too long.
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
        // Searches between a distance without effect and one with too large an effect.
        for _ in 0..BISECTIONS {
            let t = if short > T::zero() {
                (short * long).sqrt()
            } else {
                long * T::of(1.0 / 64.0)
            };
            let point = moved(t);
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

    /// Challenges parameters whose columns depend on each other, unless r does not change along the dependent
    /// direction.
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
        // If all directions together predict a decrease that no single one predicts, they depend on each
        // other to some degree.
        let weak = if self.promised > T::of(1e-6) {
            1e-4
        } else {
            WEAK
        };
        let tolerance = T::of(weak).max(T::of(10.0 * (x.len() as f64).sqrt()) * error);
        let mut weak = solver.weak_directions(tolerance)?;
        if weak.cols() == 0 {
            return Ok(());
        }
        for k in 0..weak.cols() {
            for &j in dead {
                weak[(j, k)] = T::zero();
            }
        }
        let direction = combination(&weak, solver.column_norms());
        if self.scaled_norm(&direction) == T::zero() {
            return Ok(());
        }
        // If r does not change along a straight line, the parameters are redundant.
        if self.is_line(
            (problem, &mut *solver),
            x,
            &direction,
            (terms, error),
            counts,
        )? {
            return Ok(());
        }
        self.challenge_weak((problem, solver), x, &weak, terms, counts, challenges)
    }

    /// Whether r does not change along a direction, on one side of x.
    fn is_line<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        direction: &[T],
        (terms, error): (T, T),
        counts: &mut Counts,
    ) -> Result<bool> {
        // A direction from finite differences has their error. This error must not hide a change of r itself.
        let root = self.last.loss.sqrt();
        let inexact = (T::of(10.0) * error * terms).min(T::of(1e-6) * root);
        let unchanged = (T::of(100.0) * T::EPSILON * terms).max(inexact);
        let size = self.scaled_norm(x).max(T::of(0.1) * root);
        let length = self.scaled_norm(direction);
        for side in [T::one(), -T::one()] {
            let mut stays = true;
            for distance in LINE {
                let distance = T::of(distance);
                let t = side * distance * size / length;
                let along = x.iter().zip(direction);
                let point: Vec<T> = along.map(|(&xi, &d)| xi + t * d).collect();
                stays = self.contains(&point)
                    && solver.change(problem, &point, counts)? <= distance * unchanged;
                if !stays {
                    break;
                }
            }
            if stays {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Challenges a parameter of each weak direction: a saddle point close to x, and other values farther away.
    fn challenge_weak<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        weak: &Mat<T>,
        terms: T,
        counts: &mut Counts,
        challenges: &mut Vec<Challenge<T>>,
    ) -> Result<()> {
        let mut shorts: Vec<Vec<T>> = Vec::new();
        for (j, direction) in representatives(weak, solver.column_norms(), x) {
            // The points are along the direction, so that r changes as little as possible.
            let along = |change: T| -> Vec<T> {
                let mut step: Vec<T> = direction.iter().map(|&d| change * d).collect();
                step[j] = change;
                step
            };
            let (changes, short) = if x[j] == T::zero() {
                let t = T::of(0.2) * terms / solver.column_norms()[j];
                ([t, -t], T::of(0.1) * t)
            } else {
                let part = |part: f64| T::of(part) * x[j];
                ([part(0.5), part(-1.0 / 3.0)], part(1.0 / 32.0))
            };
            let challenge = |step: &[T], suspicion| Challenge {
                parameter: j,
                point: sum(x, step),
                suspicion,
            };
            let short = along(short);
            challenges.push(challenge(&short, Suspicion::Saddle));
            // The loss may decrease only if two directions are taken together.
            for other in &shorts {
                for side in [T::one(), -T::one()] {
                    let both = short.iter().zip(other).map(|(&s, &o)| s + side * o);
                    let both = challenge(&both.collect::<Vec<_>>(), Suspicion::Saddle);
                    if self.contains(&both.point)
                        && solver.loss(problem, &both.point, counts)? < self.last.loss
                    {
                        challenges.push(both);
                    }
                }
            }
            shorts.push(short);
            challenges.extend(changes.map(|change| challenge(&along(change), Suspicion::Weak)));
        }
        Ok(())
    }

    pub(super) fn contains(&self, x: &[T]) -> bool {
        self.bounds.as_ref().is_none_or(|bounds| bounds.contains(x))
    }

    /// The largest distance of a parameter from 0, and at least 1 if it started at 0.
    fn span(&self, j: usize) -> T {
        if self.from_zero[j] {
            self.spans[j].max(T::one())
        } else {
            self.spans[j]
        }
    }
}

/// Directions in which several parameters move together, up to their sign. All of them move, or some of the last three stay.
fn together<T: Scalar>(parameters: &[usize]) -> Vec<Vec<(usize, T)>> {
    const SIGNS: [f64; 3] = [1.0, -1.0, 0.0];
    let codes = 0..3_usize.pow(parameters.len().min(3).try_into().unwrap_or(3));
    let directions = codes.map(|mut code| {
        let mut directions = Vec::new();
        for &j in parameters.iter().rev() {
            if code % 3 < 2 {
                directions.push((j, T::of(SIGNS[code % 3])));
            }
            code /= 3;
        }
        directions.reverse();
        directions
    });
    directions
        .filter(|directions| directions.len() > 1 && directions[0].1 > T::zero())
        .collect()
}

fn sum<T: Scalar>(x: &[T], step: &[T]) -> Vec<T> {
    x.iter().zip(step).map(|(&xi, &s)| xi + s).collect()
}

/// A direction, in the units of the parameters, that combines all weak directions with different factors, so
/// that none cancels another.
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

/// Chooses one parameter per weak direction, up to [`MOST_WEAK`]. They are those that change most relative to
/// their values. With each comes the weak direction, in the units of the parameters, in which the parameter
/// changes by 1.
fn representatives<T: Scalar>(weak: &Mat<T>, column_norms: &[T], x: &[T]) -> Vec<(usize, Vec<T>)> {
    let (n, q) = (weak.rows(), weak.cols());
    let row = |from: &Mat<T>, j: usize| -> Vec<T> { (0..q).map(|k| from[(j, k)]).collect() };
    // δⱼ/|xⱼ| of the directions. For a parameter that is zero, the size is that of r.
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
            // Among lengths that are equal up to rounding, the first one is chosen.
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
