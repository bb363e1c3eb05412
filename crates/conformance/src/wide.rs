//! Arithmetic that is wide enough to judge a scalar type by.

use std::ops::{Add, Div, Mul, Neg, Sub};

use leastwise_core::Scalar;
use leastwise_problems::number::{DoubleDouble, Number};

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
    a.iter().zip(b).fold(zero(), |sum: W, (&x, &y)| sum + x * y)
}

pub(crate) fn axpy<W: Wide>(alpha: W, x: &[W], y: &mut [W]) {
    for (yi, &xi) in y.iter_mut().zip(x) {
        *yi = *yi + alpha * xi;
    }
}

/// ‖x‖₂ for entries whose squares are in range.
pub(crate) fn norm<W: Wide>(x: &[W]) -> W {
    dot(x, x).sqrt()
}

/// The larger, where NaN is the largest of all.
pub(crate) fn nan_max(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// max |xᵢ − yᵢ|; NaN if any is, and infinite if the lengths differ.
pub(crate) fn largest_difference<T: Scalar>(x: &[T], y: &[f64]) -> f64 {
    if x.len() != y.len() {
        return f64::INFINITY;
    }
    let pairs = x.iter().zip(y);
    let differences = pairs.map(|(xi, yi)| (xi.as_f64() - yi).abs());
    differences.fold(0.0, nan_max)
}

/// The smallest number of `T` above zero: no subnormal result is rounded by more.
pub(crate) fn subnormal<T: Scalar>() -> f64 {
    (T::min_positive_value() * T::EPSILON).as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nan_and_a_short_list_are_differences() {
        assert_eq!(largest_difference(&[1.0, 2.5], &[1.0, 2.0]), 0.5);
        assert!(largest_difference(&[f64::NAN, 2.0], &[1.0, 2.0]).is_nan());
        assert!(largest_difference(&[1.0, f32::NAN], &[1.0, 2.0]).is_nan());
        assert_eq!(largest_difference(&[1.0], &[1.0, 0.0]), f64::INFINITY);
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
            // (a + b)(a − b) = a² − b², with cancellation on the right alone.
            small((a + b) * (a - b) - (a * a - b * b), a * a + b * b);
        }
    }
}
