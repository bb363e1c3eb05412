//! Arithmetic that is wide enough to judge the results of a scalar type.

use std::ops::{Add, Div, Mul, Neg, Sub};

use leastwise_core::Scalar;
use leastwise_testset::number::{DoubleDouble, Number};

use crate::double::{Accumulator, Factor};

/// A number of the wider arithmetic.
pub trait Wide:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Send
    + Sync
    + 'static
{
    /// An upper bound of the relative error of one operation.
    const ROUNDOFF: f64;

    /// The same number, exactly.
    fn of(value: f64) -> Self;

    /// The nearest f64.
    fn to_nearest_f64(self) -> f64;

    /// √x for x ≥ 0.
    #[must_use]
    fn sqrt(self) -> Self;

    /// |x|
    #[must_use]
    fn abs(self) -> Self {
        if self < Self::of(0.0) { -self } else { self }
    }

    /// aᵀ·b for vectors of the same length.
    #[must_use]
    fn dot(a: &[Self], b: &[Self]) -> Self {
        let sum = |sum: Self, (&x, &y)| sum + x * y;
        a.iter().zip(b).fold(Self::of(0.0), sum)
    }

    /// y ← y + α·x
    fn axpy(alpha: Self, x: &[Self], y: &mut [Self]) {
        for (yi, &xi) in y.iter_mut().zip(x) {
            *yi = *yi + alpha * xi;
        }
    }

    /// (x, y) ← (c·x − s·y, s·x + c·y)
    fn rotate(c: Self, s: Self, x: &mut [Self], y: &mut [Self]) {
        for (x, y) in x.iter_mut().zip(y) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
}

impl Wide for f64 {
    const ROUNDOFF: f64 = f64::EPSILON / 2.0;

    fn of(value: f64) -> Self {
        value
    }

    fn to_nearest_f64(self) -> f64 {
        self
    }

    fn sqrt(self) -> Self {
        self.sqrt()
    }
}

impl Wide for DoubleDouble {
    // 2⁻¹⁰², 16u² for u = 2⁻⁵³: the proven bounds of double-word operations are 3u² to 15u² (M.
    // Joldes, J.-M. Muller, V. Popescu, *Tight and rigorous error bounds for basic building blocks
    // of double-word arithmetic*, ACM TOMS 44 (2017)).
    const ROUNDOFF: f64 = f64::EPSILON * f64::EPSILON * 4.0;

    fn of(value: f64) -> Self {
        Number::of(value)
    }

    fn to_nearest_f64(self) -> f64 {
        self.high()
    }

    fn sqrt(self) -> Self {
        Number::sqrt(self)
    }

    fn dot(a: &[Self], b: &[Self]) -> Self {
        debug_assert_eq!(a.len(), b.len());
        // Independent sums, because each waits for its own last addition.
        let mut sums = [Accumulator::ZERO; 4];
        let (a_chunks, b_chunks) = (a.chunks_exact(4), b.chunks_exact(4));
        let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
        for (x, y) in a_chunks.zip(b_chunks) {
            for k in 0..4 {
                sums[k].add_product(Factor::new(x[k]), Factor::new(y[k]));
            }
        }
        for (&x, &y) in rest {
            sums[0].add_product(Factor::new(x), Factor::new(y));
        }
        sums.iter().fold(zero(), |sum, part| sum + part.sum())
    }

    fn axpy(alpha: Self, x: &[Self], y: &mut [Self]) {
        let alpha = Factor::new(alpha);
        for (yi, &xi) in y.iter_mut().zip(x) {
            let mut sum = Accumulator::of(*yi);
            sum.add_product(alpha, Factor::new(xi));
            *yi = sum.sum();
        }
    }

    fn rotate(c: Self, s: Self, x: &mut [Self], y: &mut [Self]) {
        let (c, s, minus_s) = (Factor::new(c), Factor::new(s), Factor::new(-s));
        for (xi, yi) in x.iter_mut().zip(y) {
            let (x, y) = (Factor::new(*xi), Factor::new(*yi));
            let (mut first, mut second) = (Accumulator::ZERO, Accumulator::ZERO);
            first.add_product(c, x);
            first.add_product(minus_s, y);
            second.add_product(s, x);
            second.add_product(c, y);
            (*xi, *yi) = (first.sum(), second.sum());
        }
    }
}

/// A scalar type with an arithmetic about twice as precise.
pub trait Widen: Scalar {
    /// f64 for f32, double-double for f64.
    type Wide: Wide;
}

impl Widen for f32 {
    type Wide = f64;
}

impl Widen for f64 {
    type Wide = DoubleDouble;
}

pub(crate) fn widen<T: Widen>(value: T) -> T::Wide {
    T::Wide::of(value.as_f64())
}

pub(crate) fn zero<W: Wide>() -> W {
    W::of(0.0)
}

pub(crate) fn dot<W: Wide>(a: &[W], b: &[W]) -> W {
    W::dot(a, b)
}

pub(crate) fn axpy<W: Wide>(alpha: W, x: &[W], y: &mut [W]) {
    W::axpy(alpha, x, y);
}

/// ‖x‖₂ for entries whose squares are in range.
pub(crate) fn norm<W: Wide>(x: &[W]) -> W {
    dot(x, x).sqrt()
}

/// The larger of the two. NaN counts as the largest.
pub(crate) fn nan_max(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// The smallest number of `T` above zero: no subnormal result is rounded by more.
pub(crate) fn subnormal<T: Scalar>() -> f64 {
    (T::min_positive_value() * T::EPSILON).as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_numbers_are_those_of_the_format() {
        assert_eq!(subnormal::<f64>(), f64::from_bits(1));
        assert_eq!(subnormal::<f32>(), f64::from(f32::from_bits(1)));
    }

    #[test]
    fn every_operation_is_as_precise_as_claimed() {
        let dd = <DoubleDouble as Wide>::of;
        for i in 1..3000 {
            let a = dd(f64::from(i));
            let b = dd(1999.0) - dd(0.37) * a;
            let small = |error: DoubleDouble, size: DoubleDouble| {
                let relative = (error / size).to_nearest_f64().abs();
                assert!(
                    relative <= 2.0 * DoubleDouble::ROUNDOFF,
                    "{i}: {relative:e}"
                );
            };
            small(a / b * b - a, a);
            small(Wide::sqrt(a) * Wide::sqrt(a) - a, a);
            small((a + b) - b - a, if a > b.abs() { a } else { b });
            // (a + b)(a − b) = a² − b², with cancellation only on the right.
            small((a + b) * (a - b) - (a * a - b * b), a * a + b * b);
        }
    }

    #[test]
    fn loops_give_what_their_operations_give() {
        let entry = |i: usize, k: f64| {
            let x = <DoubleDouble as Wide>::of((i as f64 * k).sin());
            x / <DoubleDouble as Wide>::of(3.0)
        };
        for n in 0..40 {
            let (x, y): (Vec<_>, Vec<_>) = (0..n).map(|i| (entry(i, 1.3), entry(i, 0.7))).unzip();
            let products = x.iter().zip(&y).map(|(&x, &y)| x * y);
            let exact = products.fold(zero(), |sum: DoubleDouble, p| sum + p);
            let small = |found: DoubleDouble, exact: DoubleDouble, what: &str| {
                let error = (found - exact).abs().to_nearest_f64();
                let bound = 4.0 * (n + 1) as f64 * DoubleDouble::ROUNDOFF;
                assert!(error <= bound, "{what} of {n}: {error:e}");
            };
            small(dot(&x, &y), exact, "dot");
            let (c, s) = (entry(3, 1.0), entry(5, 1.1));
            let mut sum = y.clone();
            axpy(c, &x, &mut sum);
            let (mut left, mut right) = (x.clone(), y.clone());
            DoubleDouble::rotate(c, s, &mut left, &mut right);
            for i in 0..n {
                small(sum[i], y[i] + c * x[i], "axpy");
                small(left[i], c * x[i] - s * y[i], "rotate");
                small(right[i], s * x[i] + c * y[i], "rotate");
            }
            // Where the first terms cancel, the second ones remain.
            axpy(-<DoubleDouble as Wide>::of(1.0), &y, &mut sum);
            for i in 0..n {
                small(sum[i], c * x[i], "difference");
            }
        }
    }
}
