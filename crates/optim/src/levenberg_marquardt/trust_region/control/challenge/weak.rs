//! Challenges parameters whose columns depend on each other: saddle points, valleys to infinity, and redundant parameters.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Result, Scalar};

use super::super::super::{Quality, TrustRegionStepSolver};
use super::super::TrustRegion;
use super::suspicion::{Challenge, Suspicion};
use crate::Counts;

/// Singular values of J, with columns of length 1, below this may belong to a direction without effect.
const WEAK: f64 = 1e-8;

/// The largest number of weak directions that are challenged.
const MOST_WEAK: usize = 4;

/// Multiples of ‖D·x‖ at which r is compared along a straight line.
const LINE: [f64; 3] = [1.0, 64.0, 4096.0];

/// What is left of the terms, relative to now, where r is compared towards their smallest size.
const NEAR_ZERO: [f64; 3] = [1e-3, 1e-6, 1e-9];

/// Terms of parameters that are so much larger than r cancel. If these parameters have grown by as much as the second
/// factor since the start, they may be on the way to infinity.
const CANCELLED: f64 = 1e5;
const GROWN: f64 = 1e3;

impl<T: Scalar> TrustRegion<T> {
    /// Challenges parameters whose columns depend on each other, unless r does not change along the dependent
    /// direction.
    pub(super) fn suspect_weak<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
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
        // Where terms cancel, their rounding must not hide it either, unless r is the rounding of a sum of them.
        let of_sum = T::of((x.len() + 1) as f64) * T::EPSILON * terms;
        let mut rounding = T::of(100.0) * T::EPSILON * terms;
        if root > of_sum {
            rounding = rounding.min(T::EPSILON.sqrt() * root);
        }
        let unchanged = rounding.max(inexact);
        let size = self.scaled_norm(x).max(T::of(0.1) * root);
        let length = self.scaled_norm(direction);
        let at = |t: T| -> Vec<T> {
            let along = x.iter().zip(direction);
            along.map(|(&xi, &d)| xi + t * d).collect()
        };
        for side in [T::one(), -T::one()] {
            let mut stays = true;
            for distance in LINE {
                let distance = T::of(distance);
                let point = at(side * distance * size / length);
                stays = self.contains(&point)
                    && solver.change(problem, &point, counts)? <= distance * unchanged;
                if !stays {
                    break;
                }
            }
            if stays {
                return self.stays_near_zero((problem, solver), at, direction, unchanged, counts);
            }
        }
        Ok(false)
    }

    /// Whether r does not change along a line towards the point with the smallest terms. A valley to infinity is a line, too,
    /// but only far away.
    fn stays_near_zero<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        (problem, solver): (&P, &mut S),
        at: impl Fn(T) -> Vec<T>,
        direction: &[T],
        unchanged: T,
        counts: &mut Counts,
    ) -> Result<bool> {
        let least = to_least(direction, solver.column_norms(), &at(T::zero()));
        for rest in NEAR_ZERO {
            let t = least * (T::one() - T::of(rest));
            let point = at(t);
            if self.contains(&point) && !(solver.change(problem, &point, counts)? <= unchanged) {
                return Ok(false);
            }
        }
        Ok(true)
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
        let cancels = self.cancels(weak, solver.column_norms(), x);
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
            let has_grown = |start: &Vec<T>| x[j].abs() >= T::of(GROWN) * start[j].abs();
            let runs_away = cancels && self.start.as_ref().is_none_or(has_grown);
            let suspicion = if runs_away {
                Suspicion::Runaway
            } else {
                Suspicion::Saddle
            };
            challenges.push(challenge(&short, suspicion));
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
            let t = to_least(&direction, solver.column_norms(), x);
            let spread: Vec<T> = x
                .iter()
                .zip(&direction)
                .map(|(&xi, &d)| xi + t * d)
                .collect();
            let flat = self.last.loss * (T::one() + T::of(1e-6));
            if weak.cols() > 1 && solver.loss(problem, &spread, counts)? <= flat {
                challenges.push(Challenge {
                    parameter: j,
                    point: spread,
                    suspicion: Suspicion::Spread,
                });
            }
        }
        Ok(())
    }

    /// Whether the terms of the parameters cancel along the weak directions. Then ‖Wᵀ·(‖J·eⱼ‖·xⱼ)ⱼ‖ is far larger than ‖r‖.
    fn cancels(&self, weak: &Mat<T>, column_norms: &[T], x: &[T]) -> bool {
        let along = |k: usize| -> T {
            let terms = column_norms.iter().zip(x).enumerate();
            terms
                .map(|(j, (&norm, &xj))| weak[(j, k)] * (norm * xj))
                .sum()
        };
        let carried: Vec<T> = (0..weak.cols()).map(along).collect();
        euclidean(&carried) >= T::of(CANCELLED) * self.last.loss.sqrt()
    }

    /// Where two parts of a model are equal, their amplitudes are redundant, and their other parameters are stationary. Only
    /// for some amplitudes does the loss fall if the parts separate. So this searches beside `x`, where the amplitudes are
    /// as small as possible, and moves `x` there. The linearisation is not that of the new `x`.
    pub(super) fn separate<P: ?Sized, S: TrustRegionStepSolver<T, P>>(
        &self,
        inner: &mut Self,
        (problem, solver): (&P, &mut S),
        x: &mut [T],
        counts: &mut Counts,
    ) -> Result<()> {
        solver.demand(Quality::Full);
        let evaluation = solver.linearize(problem, x, counts)?;
        inner.init_at(x, &evaluation);
        if !(evaluation.loss.is_finite() && evaluation.gradient_norm.is_finite()) {
            return Ok(());
        }
        inner.update_scaling(solver.column_norms(), x);
        solver.factorize(problem, &inner.scaling, None, counts)?;
        let weak = solver.weak_directions(T::of(WEAK))?;
        let mut best = (evaluation.loss, x.to_vec());
        for (j, direction) in representatives(&weak, solver.column_norms(), x) {
            for part in [1.0 / 32.0, -1.0 / 32.0] {
                let step: Vec<T> = direction.iter().map(|&d| T::of(part) * x[j] * d).collect();
                let point = sum(x, &step);
                let loss = solver.loss(problem, &point, counts)?;
                if self.contains(&point) && loss < best.0 {
                    best = (loss, point);
                }
            }
        }
        x.copy_from_slice(&best.1);
        Ok(())
    }
}

/// The t of the point x + t·direction with the smallest ‖(‖J·eⱼ‖·xⱼ)ⱼ‖.
fn to_least<T: Scalar>(direction: &[T], column_norms: &[T], x: &[T]) -> T {
    let weighted = |v: &[T]| -> Vec<T> {
        let terms = v.iter().zip(column_norms);
        terms.map(|(&v, &norm)| v * norm).collect()
    };
    let along = weighted(direction);
    -dot(&along, &weighted(x)) / dot(&along, &along)
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
