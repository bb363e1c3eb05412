//! A step within limits. It consists of legs between limits, each computed in the remaining subspace.

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Mat, Result, Scalar};

use super::factor::Factor;
use super::model::Model;

/// The state of the step, and the storage that is kept between steps.
#[derive(Clone, Debug)]
pub(super) struct Bend<T> {
    factor: Factor<T>,
    model: Model<T>,
    /// The variables that can still move.
    remaining: Vec<usize>,
    norms: Vec<T>,
    /// The end of the last leg, within the limits.
    reached: Vec<T>,
    /// c + R·y for the variables y that can no longer move.
    residual: Vec<T>,
    solution: Vec<T>,
}

impl<T: Scalar> Bend<T> {
    pub(super) fn new() -> Self {
        Self {
            factor: Factor::default(),
            model: Model::new(),
            remaining: Vec::new(),
            norms: Vec::new(),
            reached: Vec::new(),
            residual: Vec::new(),
            solution: Vec::new(),
        }
    }

    /// Replaces `y`, a minimiser of ‖R·y + c‖ over ‖y‖ ≤ `radius`, by a step that also satisfies `lower` ≤
    /// y ≤ `upper`. Returns whether `y` changed. 0 is within the limits.
    ///
    /// Every leg goes from a point within the limits towards the minimiser over the variables that can still
    /// move, and ends at the first limit. The model is convex, and decreases on each leg.
    pub(super) fn apply<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        (r, c): (&Mat<T>, &[T]),
        (lower, upper): (&[T], &[T]),
        radius: T,
        y: &mut [T],
    ) -> Result<bool> {
        let n = y.len();
        let is_inside = |y: &[T]| (0..n).all(|k| lower[k] <= y[k] && y[k] <= upper[k]);
        if is_inside(y) {
            return Ok(false);
        }
        self.remaining.clear();
        self.remaining.extend(0..n);
        self.reached.clear();
        self.reached.resize(n, T::zero());
        while self.advance(y, (lower, upper)) && !self.remaining.is_empty() {
            self.solve(backend, r, c, radius, y)?;
        }
        y.copy_from_slice(&self.reached);
        Ok(true)
    }

    /// Goes from the end of the last leg towards `target`, as far as the limits allow. Returns whether a
    /// limit was met.
    fn advance(&mut self, target: &[T], (lower, upper): (&[T], &[T])) -> bool {
        let mut first: Option<(T, usize, T)> = None;
        for (place, &k) in self.remaining.iter().enumerate() {
            let limit = if target[k] > upper[k] {
                upper[k]
            } else if target[k] < lower[k] {
                lower[k]
            } else {
                continue;
            };
            let fraction = (limit - self.reached[k]) / (target[k] - self.reached[k]);
            if first.is_none_or(|(least, ..)| fraction < least) {
                first = Some((fraction, place, limit));
            }
        }
        let fraction = first.map_or(T::one(), |(fraction, ..)| fraction);
        for &k in &self.remaining {
            let moved = self.reached[k] + fraction * (target[k] - self.reached[k]);
            self.reached[k] = moved.max(lower[k]).min(upper[k]);
        }
        let Some((_, place, limit)) = first else {
            return false;
        };
        let k = self.remaining.remove(place);
        self.reached[k] = limit;
        true
    }

    /// Writes the minimiser over the variables that can still move to those entries of `y`.
    fn solve<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        r: &Mat<T>,
        c: &[T],
        radius: T,
        y: &mut [T],
    ) -> Result<()> {
        let n = c.len();
        let moves = |k: &usize| self.remaining.binary_search(k).is_ok();
        self.residual.clear();
        self.residual.extend(c);
        let (mut used, mut left) = (T::zero(), T::zero());
        for k in 0..n {
            let yk = self.reached[k];
            if moves(&k) {
                left += yk * yk;
                continue;
            }
            used += yk * yk;
            for (residual, &entry) in self.residual.iter_mut().zip(&r.col(k)[..=k]) {
                *residual += entry * yk;
            }
        }
        self.norms.clear();
        let norms = self.remaining.iter().map(|&k| euclidean(r.col(k)));
        self.norms.extend(norms);
        let columns = self.remaining.iter().map(|&k| r.col(k));
        let norms = self.norms.iter().copied();
        let factored = self
            .factor
            .triangularize(backend, columns, norms, &self.residual)?;
        let ones = std::iter::repeat_n(T::one(), self.remaining.len());
        let rcond = T::of(n as f64) * T::EPSILON;
        self.model.start(backend, factored, ones, rcond)?;
        // The end of the last leg stays allowed, so that the model decreases.
        let radius = (radius * radius - used).max(left).sqrt();
        self.model.solve_within(radius, T::zero());
        self.solution.resize(self.remaining.len(), T::zero());
        self.model.coordinates(&mut self.solution);
        for (&k, &solved) in self.remaining.iter().zip(&self.solution) {
            y[k] = solved;
        }
        Ok(())
    }
}
