//! Powers of two, which scale numbers of any size to near 1 without rounding.

use leastwise_core::Scalar;

/// The p with 2ᵖ ≤ |x| < 2ᵖ⁺¹. It is 0 if x is zero or not finite.
pub(crate) fn exponent<T: Scalar>(x: T) -> i32 {
    if x == T::zero() || !x.is_finite() {
        return 0;
    }
    let (mantissa, exponent, _) = x.integer_decode();
    i32::from(exponent) + mantissa.ilog2().cast_signed()
}

/// Whether squares and products of numbers of these sizes, over the largest one, are well within the range.
/// Zeros do not count.
pub(crate) fn are_similar<T: Scalar>(sizes: &[T]) -> bool {
    let sizes = sizes.iter().filter(|&&size| size > T::zero());
    let range = sizes.fold((i32::MAX, i32::MIN), |(low, high), &size| {
        let power = exponent(size);
        (low.min(power), high.max(power))
    });
    range.0 > range.1 || range.1 - range.0 <= exponent(T::max_value()) / 10
}

/// 2ᵖ·x, which is exact unless the result is subnormal or overflows.
pub(crate) fn times<T: Scalar>(mut x: T, mut power: i32) -> T {
    // f32 can represent this power and its reciprocal.
    const STEP: i32 = 64;
    while power != 0 && x != T::zero() && x.is_finite() {
        let step = power.clamp(-STEP, STEP);
        x *= T::of(2.0).powi(step);
        power -= step;
    }
    x
}

/// v ← 2ᵖ·v.
pub(crate) fn scale<T: Scalar>(v: &mut [T], power: i32) {
    if power == 0 {
        return;
    }
    // One factor, where f32 has it as a normal number.
    if power.abs() < 100 {
        let factor = T::of(2.0).powi(power);
        for entry in v {
            *entry *= factor;
        }
        return;
    }
    for entry in v {
        *entry = times(*entry, power);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_are_brought_near_one_and_back() {
        for x in [5e-324, 1e-310, f64::MIN_POSITIVE, 0.3, -1.0, 7.0, f64::MAX] {
            let power = exponent(x);
            let near_one = times(x, -power);
            assert!((1.0..2.0).contains(&near_one.abs()), "{x:e}: {near_one}");
            assert_eq!(times(near_one, power), x);
        }
        for x in [1e-45f32, f32::MIN_POSITIVE, 0.3, f32::MAX] {
            let near_one = times(x, -exponent(x));
            assert!((1.0..2.0).contains(&near_one), "{x:e}: {near_one}");
        }
        for x in [0.0, f64::INFINITY] {
            assert_eq!((exponent(x), times(x, 5)), (0, x));
        }
        let mut v = [3.0, -0.25];
        scale(&mut v, -1000);
        scale(&mut v, 1003);
        assert_eq!(v, [24.0, -2.0]);
    }
}
