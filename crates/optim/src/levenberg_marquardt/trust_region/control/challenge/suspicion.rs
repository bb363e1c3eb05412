//! Decides which parameters are challenged, and from which points.

use leastwise_core::{Result, Scalar};

use super::super::super::{Limits, TrustRegionStepSolver};
use super::super::TrustRegion;
use super::super::stopping::weighted_norm;
use crate::{Counts, Termination};

/// A relative change of r that shows an effect, and one that replaces r by other values.
const EFFECT: [f64; 2] = [1e-3, 1.0];

/// The reason why a parameter is challenged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Suspicion {
    /// Its column is lost in the rounding of r, but it has an effect elsewhere, alone or together with others.
    Dead,
    /// Its column is lost in the rounding of r, and no effect was found. It may have one together with a
    /// parameter at a bound, or with one that is nearly 0.
    Idle,
    /// Its column depends on others.
    Weak,
    /// It has moved away from 0, and its effect is small compared with r.
    Faint,
    /// As `Weak`, at a nearby point, where the loss may decrease although it rises far away.
    Saddle,
    /// As `Saddle`, while terms of the parameters cancel and the parameters have grown. If the loss does not change, they
    /// are on the way to infinity.
    Runaway,
    /// Its column depends on others, and r is the same where its terms and those of the others are as small as possible.
    Spread,
    /// No step has moved it.
    Unmoved,
}

impl Suspicion {
    /// Whether the parameter is moved further and further, because a valley may lead to infinity.
    pub(super) fn is_far(self) -> bool {
        matches!(self, Self::Weak | Self::Faint)
    }
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
    pub(super) fn of(x: &[T], (parameter, value): (usize, T), suspicion: Suspicion) -> Self {
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
            let parts = (problem, &mut *solver);
            self.suspect_dead(parts, x, &dead, terms, counts, &mut challenges)?;
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
        let parts = (problem, &mut *solver);
        self.suspect_weak(parts, x, &dead, terms, counts, &mut challenges)?;
        let is_weak = |challenge: &Challenge<T>| challenge.suspicion == Suspicion::Weak;
        if !challenges.iter().any(is_weak) {
            let all = (0..n).filter(|&j| !blocked[j] && !dead.contains(&j));
            for j in all.filter(|&j| self.is_faint(j, norms[j], x[j])) {
                for ratio in [1.5, 2.0 / 3.0] {
                    let value = x[j] * T::of(ratio);
                    challenges.push(Challenge::of(x, (j, value), Suspicion::Faint));
                }
            }
        }
        if let Some(bounds) = &self.bounds {
            for challenge in &mut challenges {
                bounds.clip(&mut challenge.point);
            }
            challenges.retain(|challenge| challenge.point != x);
        }
        Ok(challenges)
    }

    /// Whether the parameter is farther from 0 than at the start, and its effect is small compared with r. Errors of finite
    /// differences may overstate the effect.
    fn is_faint(&self, j: usize, column_norm: T, xj: T) -> bool {
        let is_small = column_norm * xj.abs() <= T::of(1e-3) * self.last.loss.sqrt();
        let has_grown = |start: &Vec<T>| xj.abs() > start[j].abs();
        is_small && self.start.as_ref().is_none_or(has_grown)
    }

    /// Searches for an effect of each parameter that has none at x, on both sides, and for an effect of some of
    /// them together.
    fn suspect_dead<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &mut self,
        (problem, solver): (&P, &mut S),
        x: &[T],
        dead: &[usize],
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
        challenges.append(&mut idle);
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
