//! Differences of a residual, and the search for their steps.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_core::{Mat, MatMut, Result, Scalar};

use super::difference::Difference;
use super::reaction::{Reaction, Sizes};
use super::{ResidualFunction, are_finite, evaluate};
use crate::levenberg_marquardt::Quality;
use crate::scratch::{Evaluated, Scratch};
use crate::{Bounds, Steps, check};

/// Computes the Jacobian of a residual as [`FiniteDifferences`](crate::FiniteDifferences) documents it. A program has one
/// copy of it for all types of residuals.
#[derive(Debug)]
pub(super) struct Differences<T: Scalar> {
    pub(super) formula: Formula,
    /// η
    pub(super) noise: T,
    /// The residual that was last evaluated for a caller. It is usually the base point of the next Jacobian.
    last: Scratch<Evaluated<T>>,
    /// What was evaluated for the next Jacobian.
    ahead: Scratch<Vec<Evaluated<T>>>,
    work: Scratch<Work<T>>,
    evaluations: AtomicUsize,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Formula {
    #[default]
    Forward,
    Central,
}

/// The points and residuals from which a Jacobian is computed.
#[derive(Default)]
struct Work<T> {
    formula: Formula,
    point: Vec<T>,
    base: Vec<T>,
    above: Vec<T>,
    below: Vec<T>,
    /// Columns that are compared with those of other steps.
    column: Vec<T>,
    near: Vec<T>,
    /// hⱼ
    steps: Vec<T>,
    /// An estimate of hⱼ times the largest truncation error of each central column, and 0 if it is not known.
    truncations: Vec<T>,
    /// How each column was computed.
    differences: Vec<Difference<T>>,
    sizes: Sizes<T>,
    known: Known<T>,
}

/// Residuals that were evaluated ahead.
#[derive(Default)]
struct Known<T> {
    points: Vec<Evaluated<T>>,
    /// Whether evaluations are added. Otherwise, they are taken.
    is_ahead: bool,
}

/// The sides of x on which the residual is finite.
#[derive(Clone, Copy, PartialEq)]
enum Sides<T> {
    None,
    /// At x + h, and at x + 2h in the other vector, for h of either sign.
    One(T),
    Both(T),
}

pub(super) const OPERATION: &str = "FiniteDifferences";

/// A first step is accepted if its reaction, over the best one, is within these limits.
const TOLERATED: [f64; 2] = [0.01, 16.0];

/// The search for a step ends if the reaction is within these limits.
const FOUND: [f64; 2] = [0.25, 4.0];

/// A multiple of |xⱼ|. Steps beyond it are too far for a derivative, unless r is linear.
const FAR: f64 = 4_503_599_627_370_496.0;

/// A central step is shortened if its truncation error is above this multiple of the noise.
const TRUNCATED: f64 = 1e4;

/// Multiples of |xⱼ|. The errors of steps that are as long are compared.
const LONG: RangeInclusive<f64> = 0.02..=16.0;

/// A search from 1 over the range of f64 takes ten steps.
const PROBES: usize = 20;

impl<T: Scalar> Work<T> {
    /// Writes the column that was probed.
    fn write_column(&mut self, sides: Sides<T>, j: &mut MatMut<'_, T>, col: usize) {
        self.differences[col] = match (self.formula, sides) {
            (_, Sides::Both(h)) => Difference::Central(h),
            (Formula::Forward, Sides::One(h)) => Difference::OneSided(h),
            (Formula::Central, Sides::One(h)) => Difference::ThreePoints(h),
            (Formula::Forward, Sides::None) => Difference::OneSided(self.steps[col]),
            (Formula::Central, Sides::None) => Difference::Central(self.steps[col]),
        };
        let (base, above, below) = (&self.base, &self.above, &self.below);
        match (self.formula, sides) {
            (_, Sides::Both(h)) => {
                let x = self.point[col];
                let width = (x + h) - (x - h);
                set_column(j, col, |i| (above[i] - below[i]) / width);
            }
            (Formula::Forward, Sides::One(h)) => set_column(j, col, |i| (above[i] - base[i]) / h),
            (Formula::Central, Sides::One(h)) => {
                let (near, far) = if h > T::zero() {
                    (above, below)
                } else {
                    (below, above)
                };
                set_column(j, col, |i| three_points(base[i], near[i], far[i], h));
            }
            // Entries that could be evaluated keep their differences.
            (formula, Sides::None) => {
                let other = match formula {
                    Formula::Forward => base,
                    Formula::Central => below,
                };
                set_column(j, col, |i| (above[i] - other[i]) / self.steps[col]);
            }
        }
    }

    /// An estimate of h times the largest truncation error of the central difference that was probed, from the residual at x,
    /// which must be known.
    ///
    /// Let ε be half of the ratio of the second difference to the first one, of a row. Near a pole, and for an exponential, h
    /// times the error is about ε² times the first difference. Where that is small, ε shows nothing, so it is limited to 1.
    fn truncation(&self) -> T {
        let half = T::of(0.5);
        let outer = self.above.iter().zip(&self.below);
        let rows = self.base.iter().zip(outer);
        let error = |(&base, (&above, &below)): (&T, (&T, &T))| {
            let first = half * (above - below).abs();
            let bend = half * ((above - base) - (base - below)).abs();
            if bend < first {
                bend * (bend / first)
            } else {
                bend
            }
        };
        rows.map(error).fold(T::zero(), T::max)
    }

    /// How much the rows have reacted to what was probed.
    fn reaction(&self, sides: Sides<T>) -> Reaction<T> {
        let (base, above, below) = (&self.base, &self.above, &self.below);
        let change = |r: &[T], i: usize| (r[i] - base[i]).abs();
        match (self.formula, sides) {
            (_, Sides::None) => Reaction::NotFinite,
            (_, Sides::Both(_)) => self
                .sizes
                .reaction(|i| change(above, i).max(change(below, i))),
            (Formula::Central, Sides::One(h)) if h < T::zero() => {
                self.sizes.reaction(|i| change(below, i))
            }
            (_, Sides::One(_)) => self.sizes.reaction(|i| change(above, i)),
        }
    }
}

/// A clone starts with empty work spaces.
impl<T: Scalar> Clone for Differences<T> {
    fn clone(&self) -> Self {
        Self {
            evaluations: AtomicUsize::new(self.evaluations()),
            ..Self::new(self.formula, self.noise)
        }
    }
}

impl<T: Scalar> Differences<T> {
    pub(super) fn new(formula: Formula, noise: T) -> Self {
        Self {
            formula,
            noise,
            last: Scratch::default(),
            ahead: Scratch::default(),
            work: Scratch::default(),
            evaluations: AtomicUsize::new(0),
        }
    }

    /// How often a residual was evaluated for Jacobians.
    pub(super) fn evaluations(&self) -> usize {
        self.evaluations.load(Ordering::Relaxed)
    }

    /// Writes r(x) to `r`, and keeps it for the next Jacobian.
    pub(super) fn residual(
        &self,
        function: &dyn ResidualFunction<T>,
        x: &[T],
        r: &mut [T],
    ) -> Result<()> {
        function.residual(x, r)?;
        let mut last = self.last.take();
        last.keep(x, r);
        self.last.put_back(last);
        Ok(())
    }

    /// The steps of the same differences of another function.
    pub(super) fn steps_of(
        &self,
        function: &dyn ResidualFunction<T>,
        x: &[T],
        bounds: Option<&Bounds<T>>,
        is_draft: bool,
    ) -> Result<Steps<T>> {
        let formula = if is_draft {
            Formula::Forward
        } else {
            self.formula
        };
        let mut j = Mat::zeros(function.residuals(), x.len());
        let of_function = Self::new(formula, self.noise);
        // A known residual shows which central steps are too long.
        let is_base_needed = matches!(formula, Formula::Central);
        if is_base_needed {
            of_function.residual(function, x, &mut vec![T::nan(); j.rows()])?;
        }
        of_function.evaluate_jacobian(function, formula, x, bounds, j.as_mut())?;
        Ok(Steps {
            pilot_evaluations: of_function.evaluations() + usize::from(is_base_needed),
            differences: of_function.work.take().differences,
        })
    }

    pub(super) fn formula_of(&self, quality: Quality) -> Formula {
        match quality {
            Quality::Full | Quality::Kept => self.formula,
            Quality::Draft | Quality::Secant => Formula::Forward,
        }
    }

    /// η^½ or η^⅔: the error of a column that the noise causes with the best step.
    pub(super) fn error_of(&self, formula: Formula) -> T {
        self.noise / self.relative_step(formula)
    }

    fn relative_step(&self, formula: Formula) -> T {
        match formula {
            Formula::Forward => self.noise.sqrt(),
            Formula::Central => self.noise.cbrt(),
        }
    }

    /// The first step of a column.
    fn first_step(&self, formula: Formula, (col, xj): (usize, T), bounds: Option<&Bounds<T>>) -> T {
        let step = self.relative_step(formula) * super::magnitude(xj);
        limited(step, xj, col, bounds)
    }

    /// Writes r at `point` to `r`. Returns whether all of it is finite.
    fn evaluate(
        &self,
        function: &dyn ResidualFunction<T>,
        known: &mut Known<T>,
        point: &[T],
        r: &mut [T],
    ) -> Result<bool> {
        let is_here = |evaluated: &Evaluated<T>| !known.is_ahead && evaluated.is_at(point);
        if let Some(place) = known.points.iter().position(is_here) {
            r.copy_from_slice(&known.points.swap_remove(place).r);
            return Ok(are_finite(point, r));
        }
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        let is_finite = evaluate(function, point, r)?;
        if known.is_ahead {
            let (x, r) = (point.to_vec(), r.to_vec());
            known.points.push(Evaluated { x, r });
        }
        Ok(is_finite)
    }

    /// Writes r at x + h·e for column `col` to `r`. Returns whether that point is within the bounds and all
    /// of r is finite.
    fn try_evaluate(
        &self,
        function: &dyn ResidualFunction<T>,
        known: &mut Known<T>,
        (point, x, col): (&mut [T], T, usize),
        h: T,
        bounds: Option<&Bounds<T>>,
        r: &mut [T],
    ) -> Result<bool> {
        let moved = x + h;
        let is_outside = bounds
            .is_some_and(|bounds| !(bounds.lower()[col] <= moved && moved <= bounds.upper()[col]));
        if is_outside {
            r.fill(T::nan());
            return Ok(false);
        }
        point[col] = moved;
        let is_finite = self.evaluate(function, known, point, r);
        point[col] = x;
        is_finite
    }

    /// Evaluates the points of a column with the step h. `h` is rounded so that x + h is exact.
    fn probe(
        &self,
        function: &dyn ResidualFunction<T>,
        work: &mut Work<T>,
        col: usize,
        h: T,
        bounds: Option<&Bounds<T>>,
    ) -> Result<Sides<T>> {
        let x = work.point[col];
        let h = rounded(x, h);
        let (known, point) = (&mut work.known, &mut work.point);
        let (above, below) = (&mut work.above, &mut work.below);
        if matches!(work.formula, Formula::Forward) {
            for h in [h, (x - h) - x] {
                if self.try_evaluate(function, known, (point, x, col), h, bounds, above)? {
                    return Ok(Sides::One(h));
                }
            }
            return Ok(Sides::None);
        }
        let is_finite_above =
            self.try_evaluate(function, known, (point, x, col), h, bounds, above)?;
        let is_finite_below =
            self.try_evaluate(function, known, (point, x, col), -h, bounds, below)?;
        match (is_finite_above, is_finite_below) {
            (true, true) => Ok(Sides::Both(h)),
            (false, false) => Ok(Sides::None),
            (is_above, _) => {
                let (h, far) = if is_above { (h, below) } else { (-h, above) };
                self.try_evaluate(function, known, (point, x, col), h + h, bounds, far)?;
                Ok(Sides::One(h))
            }
        }
    }

    pub(super) fn evaluate_jacobian(
        &self,
        function: &dyn ResidualFunction<T>,
        formula: Formula,
        x: &[T],
        bounds: Option<&Bounds<T>>,
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let (m, n) = (function.residuals(), function.parameters());
        check::entries(OPERATION, "x", n, x.len())?;
        check::size(OPERATION, "j", (m, n), &j)?;
        let bounds = bounds.or(function.bounds());
        if let Some(bounds) = bounds {
            bounds.check_count(OPERATION, n)?;
        }
        let mut work = self.work.take();
        work.formula = formula;
        work.known.points = self.ahead.take();
        let result = self.differences(function, x, bounds, &mut work, &mut j);
        work.known = Known::default();
        self.work.put_back(work);
        result
    }

    fn differences(
        &self,
        function: &dyn ResidualFunction<T>,
        x: &[T],
        bounds: Option<&Bounds<T>>,
        work: &mut Work<T>,
        j: &mut MatMut<'_, T>,
    ) -> Result<()> {
        let (m, n) = (j.rows(), j.cols());
        work.point.clear();
        work.point.extend(x);
        for r in [&mut work.base, &mut work.above, &mut work.below] {
            r.resize(m, T::nan());
        }
        work.steps.clear();
        let formula = work.formula;
        let first = |(col, &xj): (usize, &T)| self.first_step(formula, (col, xj), bounds);
        work.steps.extend(x.iter().enumerate().map(first));
        work.truncations.clear();
        work.truncations.resize(n, T::zero());
        work.differences.clear();
        work.differences.resize(n, Difference::Zero);

        let mut is_base_known = self.take_last(x, &mut work.base);
        if !is_base_known && matches!(work.formula, Formula::Forward) {
            is_base_known = self.evaluate(function, &mut work.known, x, &mut work.base)?;
        }
        let mut are_all_finite = true;
        for col in 0..n {
            let sides = self.probe(function, work, col, work.steps[col], bounds)?;
            are_all_finite &= sides != Sides::None;
            if !is_base_known && matches!(sides, Sides::One(_)) {
                is_base_known = self.evaluate(function, &mut work.known, x, &mut work.base)?;
            } else if !is_base_known && col == 0 {
                // The mean has an error of ½h²·|∂²r|, which is negligible for the sizes below.
                let half = T::of(0.5);
                let both = work.above.iter().zip(&work.below);
                for (base, (&a, &b)) in work.base.iter_mut().zip(both) {
                    *base = half * a + half * b;
                }
            }
            if let Sides::Both(h) | Sides::One(h) = sides {
                work.steps[col] = h.abs();
            }
            if let (true, Formula::Central, Sides::Both(_)) = (is_base_known, formula, sides) {
                work.truncations[col] = work.truncation();
            }
            work.write_column(sides, j, col);
        }
        let is_value_known = function.data_sizes(work.sizes.start(m, self.noise));
        let exponent = match work.formula {
            Formula::Forward => T::of(0.5),
            Formula::Central => T::of(1.0 / 3.0),
        };
        if !is_base_known && !are_all_finite {
            is_base_known = self.evaluate(function, &mut work.known, x, &mut work.base)?;
        }
        work.sizes
            .measure(&work.base, x, j, is_value_known, exponent);
        for col in 0..n {
            let mut h = work.steps[col];
            let first = match j.as_ref().try_col(col) {
                Some(column) => work.sizes.reaction(|i| (column[i] * h).abs()),
                None => work.sizes.reaction(|i| (j[(i, col)] * h).abs()),
            };
            let is_tolerated = first.is_within(TOLERATED);
            // There, the sign of the column decides whether the parameter can move.
            let is_at_bound = bounds.is_some_and(|bounds| {
                bounds.lower()[col] < bounds.upper()[col]
                    && (x[col] == bounds.lower()[col] || x[col] == bounds.upper()[col])
            });
            if is_tolerated && !is_at_bound {
                self.straighten(function, work, col, bounds, j)?;
                continue;
            }
            if !is_base_known {
                is_base_known = self.evaluate(function, &mut work.known, x, &mut work.base)?;
            }
            if !is_base_known {
                continue;
            }
            let mut is_doubtful = is_at_bound;
            if !is_tolerated {
                (h, is_doubtful) = self.refine(function, work, bounds, j, (col, first))?;
                is_doubtful |= is_at_bound;
            }
            if is_doubtful {
                self.settle(function, work, (col, h), bounds, j)?;
            } else if LONG.contains(&(h / x[col].abs()).as_f64()) {
                self.shorten(function, work, (col, h), bounds, j)?;
            }
        }
        Ok(())
    }

    /// Searches, in the logarithm of h, for the step with the best reaction of r. Writes the column of the
    /// best step. Returns this step, and whether it may be too long for a derivative.
    fn refine(
        &self,
        function: &dyn ResidualFunction<T>,
        work: &mut Work<T>,
        bounds: Option<&Bounds<T>>,
        j: &mut MatMut<'_, T>,
        (col, first): (usize, Reaction<T>),
    ) -> Result<(T, bool)> {
        let x = work.point[col];
        let floor = (T::of(16.0) * T::EPSILON * x.abs()).max(T::min_positive_value());
        let ceiling = T::max_value() / T::of(4.0);
        let (mut too_short, mut too_long) = (None, None);
        let (mut h, mut reaction) = (work.steps[col], first);
        let (mut best, mut best_step) = (first, h);
        let mut was_two_sided = false;
        let mut leap = work.sizes.leap();
        for _ in 0..PROBES {
            if reaction.is_too_small(FOUND) {
                too_short = Some(h);
            } else {
                too_long = Some(h);
            }
            let next = if let (Some(short), Some(long)) = (too_short, too_long) {
                short * (long / short).sqrt()
            } else {
                let factor = reaction.factor().unwrap_or_else(|| {
                    let factor = leap;
                    leap = (leap * leap).min(T::max_value());
                    factor
                });
                let next = if reaction == Reaction::NotFinite {
                    h / factor
                } else {
                    h * factor
                };
                limited(next.max(floor).min(ceiling), x, col, bounds)
            };
            if (next - h).abs() <= T::of(0.01) * h {
                break;
            }
            h = next;
            let sides = self.probe(function, work, col, h, bounds)?;
            let is_two_sided = matches!(sides, Sides::Both(_));
            // A step across an edge of the domain is too long, although the residual on the other side is
            // finite.
            reaction = if was_two_sided && !is_two_sided {
                Reaction::NotFinite
            } else {
                work.reaction(sides)
            };
            was_two_sided |= is_two_sided;
            if reaction.is_better_than(best) {
                (best, best_step) = (reaction, h);
                work.write_column(sides, j, col);
            }
            if reaction.is_within(FOUND) {
                break;
            }
        }
        let is_far = best_step > T::of(FAR) * x.abs();
        if best.is_none() {
            set_column(j, col, |_| T::zero());
            work.differences[col] = Difference::Unseen(work.steps[col]);
            return Ok((best_step, false));
        }
        Ok((best_step, is_far || best.is_too_large(TOLERATED)))
    }

    /// Writes the column of half of the step h. Returns the largest entry of `column`, which is that of h, and the largest
    /// difference between both, unless an entry is not finite.
    fn compare_with_half(
        &self,
        function: &dyn ResidualFunction<T>,
        work: &mut Work<T>,
        (col, h): (usize, T),
        bounds: Option<&Bounds<T>>,
        j: &mut MatMut<'_, T>,
        column: &[T],
    ) -> Result<Option<(T, T)>> {
        let sides = self.probe(function, work, col, T::of(0.5) * h, bounds)?;
        work.write_column(sides, j, col);
        let (mut largest, mut off) = (T::zero(), T::zero());
        let mut is_finite = true;
        for (i, &entry) in column.iter().enumerate() {
            largest = largest.max(entry.abs());
            off = off.max((j[(i, col)] - entry).abs());
            is_finite &= entry.is_finite() && j[(i, col)].is_finite();
        }
        Ok(is_finite.then_some((largest, off)))
    }

    /// Sets column `col` to zero, unless half of the step h gives it to a tenth. The step may lead past a change of r that is
    /// no part of the derivative.
    fn settle(
        &self,
        function: &dyn ResidualFunction<T>,
        work: &mut Work<T>,
        (col, h): (usize, T),
        bounds: Option<&Bounds<T>>,
        j: &mut MatMut<'_, T>,
    ) -> Result<()> {
        let mut column = std::mem::take(&mut work.column);
        copy_column(&mut column, j, col);
        if column.iter().any(|entry| !entry.is_finite()) {
            work.column = column;
            return Ok(());
        }
        let difference = work.differences[col];
        let compared = self.compare_with_half(function, work, (col, h), bounds, j, &column)?;
        let is_settled = compared.is_some_and(|(largest, off)| off <= T::of(0.1) * largest);
        set_column(j, col, |i| if is_settled { column[i] } else { T::zero() });
        work.differences[col] = if is_settled {
            difference
        } else {
            Difference::Zero
        };
        work.column = column;
        Ok(())
    }

    /// Shortens a step that is long compared with xⱼ, if half of it shows that the curvature of r causes a larger error than
    /// rounding does. Where large terms cancel, r seems to react to long steps only.
    ///
    /// The difference between the columns of h and of h/2 is half of the error of a one-sided difference, and three quarters
    /// of that of a central one. The errors are balanced at h·(rounding/curvature)^e, with the exponent e of the formula.
    fn shorten(
        &self,
        function: &dyn ResidualFunction<T>,
        work: &mut Work<T>,
        (col, long): (usize, T),
        bounds: Option<&Bounds<T>>,
        j: &mut MatMut<'_, T>,
    ) -> Result<()> {
        let mut column = std::mem::take(&mut work.column);
        let mut near = std::mem::take(&mut work.near);
        copy_column(&mut column, j, col);
        let difference = work.differences[col];
        // Beyond x = 0, r may be another one.
        let h = long.min(T::of(0.125) * work.point[col].abs());
        if h < long {
            let sides = self.probe(function, work, col, h, bounds)?;
            work.write_column(sides, j, col);
        }
        copy_column(&mut near, j, col);
        let compared = self.compare_with_half(function, work, (col, h), bounds, j, &near)?;
        let rounding = self.noise * work.sizes.largest_term() / h;
        let (share, exponent) = match work.formula {
            Formula::Forward => (0.5, 0.5),
            Formula::Central => (0.75, 1.0 / 3.0),
        };
        let ratio = compared
            .filter(|(largest, off)| off < largest)
            .map(|(_, off)| rounding / (off / T::of(share)));
        if let Some(ratio) = ratio.filter(|&ratio| ratio < T::of(0.1)) {
            let shorter = h * ratio.powf(T::of(exponent)).max(T::of(1e-4));
            let sides = self.probe(function, work, col, shorter, bounds)?;
            work.write_column(sides, j, col);
        } else {
            set_column(j, col, |i| column[i]);
            work.differences[col] = difference;
        }
        (work.column, work.near) = (column, near);
        Ok(())
    }

    /// Shortens a central step over which some rows bend so much that the truncation error is far above rounding, although all
    /// rows together react as they should. Such rows are near a pole. The errors are balanced as in [`shorten`](Self::shorten).
    fn straighten(
        &self,
        function: &dyn ResidualFunction<T>,
        work: &mut Work<T>,
        col: usize,
        bounds: Option<&Bounds<T>>,
        j: &mut MatMut<'_, T>,
    ) -> Result<()> {
        let noise = self.noise * work.sizes.largest_term();
        let truncation = work.truncations[col];
        // Written so that NaN and ∞ change nothing.
        if !(truncation > T::of(TRUNCATED) * noise && truncation.is_finite()) {
            return Ok(());
        }
        let shrinkage = (noise / truncation).cbrt().max(T::of(1e-4));
        let sides = self.probe(function, work, col, shrinkage * work.steps[col], bounds)?;
        if matches!(sides, Sides::Both(_)) {
            work.write_column(sides, j, col);
        }
        Ok(())
    }

    /// Copies the last residual, if it was evaluated at `x`.
    fn take_last(&self, x: &[T], base: &mut [T]) -> bool {
        let last = self.last.take();
        let is_known = last.is_at(x) && last.r.iter().all(|r| r.is_finite());
        if is_known {
            base.copy_from_slice(&last.r);
        }
        self.last.put_back(last);
        is_known
    }

    /// Evaluates the points of the first step of column `col`, for the next Jacobian.
    pub(super) fn evaluate_ahead(
        &self,
        function: &dyn ResidualFunction<T>,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        col: usize,
    ) -> Result<()> {
        let (m, n) = (function.residuals(), function.parameters());
        check::entries(OPERATION, "x", n, x.len())?;
        let Some(&xj) = x.get(col) else {
            return Ok(());
        };
        let bounds = bounds.or(function.bounds());
        if let Some(bounds) = bounds {
            bounds.check_count(OPERATION, n)?;
        }
        let formula = self.formula_of(quality);
        let mut work = Work {
            formula,
            point: x.to_vec(),
            above: vec![T::nan(); m],
            below: vec![T::nan(); m],
            known: Known {
                is_ahead: true,
                ..Known::default()
            },
            ..Work::default()
        };
        let h = self.first_step(formula, (col, xj), bounds);
        self.probe(function, &mut work, col, h, bounds)?;
        self.ahead
            .change(|ahead| ahead.append(&mut work.known.points));
        Ok(())
    }
}

/// h, rounded so that x + h is exact. At the end of the range, it is x − h that is exact.
fn rounded<T: Scalar>(x: T, h: T) -> T {
    let above = (x + h) - x;
    if above.is_finite() {
        above
    } else {
        x - (x - h)
    }
}

/// `step`, at least the smallest normal number. It is limited so that two steps to one side, with the
/// rounding of x + 2h, stay within the bounds.
fn limited<T: Scalar>(step: T, x: T, col: usize, bounds: Option<&Bounds<T>>) -> T {
    // For a subnormal x, √ε·x would vanish.
    let step = step.max(T::min_positive_value());
    let Some(bounds) = bounds else { return step };
    let room = (bounds.upper()[col] - x).max(x - bounds.lower()[col]);
    step.min(room * T::of(0.4))
}

/// f′(x) + ⅓h²·f‴ from f at x, x + h and x + 2h, for h of either sign.
pub(super) fn three_points<T: Scalar>(base: T, near: T, far: T, h: T) -> T {
    (T::of(4.0) * (near - base) - (far - base)) / (h + h)
}

fn copy_column<T: Scalar>(column: &mut Vec<T>, j: &MatMut<'_, T>, col: usize) {
    column.clear();
    column.extend((0..j.rows()).map(|i| j[(i, col)]));
}

fn set_column<T: Scalar>(j: &mut MatMut<'_, T>, col: usize, entry: impl Fn(usize) -> T) {
    // An index into the view costs as much as a simple entry.
    if let Some(column) = j.try_col_mut(col) {
        for (i, target) in column.iter_mut().enumerate() {
            *target = entry(i);
        }
        return;
    }
    for i in 0..j.rows() {
        j[(i, col)] = entry(i);
    }
}
