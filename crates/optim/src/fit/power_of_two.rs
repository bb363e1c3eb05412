//! Powers of two, by which numbers of any size are brought near 1 without a rounding.

use leastwise_core::Scalar;
use leastwise_core::norm::dot;

/// p with 2ᵖ ≤ |x| < 2ᵖ⁺¹; 0 for 0 and for what is not finite.
pub(super) fn exponent<T: Scalar>(x: T) -> i32 {
    if x == T::zero() || !x.is_finite() {
        return 0;
    }
    let (mantissa, exponent, _) = x.integer_decode();
    i32::from(exponent) + mantissa.ilog2().cast_signed()
}

/// 2ᵖ·x, exact unless it is subnormal or overflows.
pub(super) fn scaled<T: Scalar>(mut x: T, mut power: i32) -> T {
    // f32 has this power and its reciprocal.
    const STEP: i32 = 64;
    while power != 0 && x != T::zero() && x.is_finite() {
        let step = power.clamp(-STEP, STEP);
        x *= T::of(2.0).powi(step);
        power -= step;
    }
    x
}

/// √(‖x‖²/ν), with the roundings of `(dot(x, x) / freedom).sqrt()` and no square that leaves the range of T.
pub(super) fn root_mean_square<T: Scalar>(x: &[T], freedom: T) -> T {
    let largest = x
        .iter()
        .fold(T::zero(), |largest, xi| largest.max(xi.abs()));
    let power = exponent(largest);
    let near_one: Vec<T> = x.iter().map(|&xi| scaled(xi, -power)).collect();
    scaled((dot(&near_one, &near_one) / freedom).sqrt(), power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_are_brought_near_one_and_back() {
        for x in [5e-324, 1e-310, f64::MIN_POSITIVE, 0.3, -1.0, 7.0, f64::MAX] {
            let power = exponent(x);
            let near_one = scaled(x, -power);
            assert!((1.0..2.0).contains(&near_one.abs()), "{x:e}: {near_one}");
            assert_eq!(scaled(near_one, power), x);
        }
        for x in [1e-45f32, f32::MIN_POSITIVE, 0.3, f32::MAX] {
            let near_one = scaled(x, -exponent(x));
            assert!((1.0..2.0).contains(&near_one), "{x:e}: {near_one}");
        }
        for x in [0.0, f64::INFINITY] {
            assert_eq!((exponent(x), scaled(x, 5)), (0, x));
        }
    }

    #[test]
    fn a_mean_of_squares_has_the_same_digits_at_every_scale() {
        let x: Vec<f64> = (1..30).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let expected = (dot(&x, &x) / 27.0).sqrt();
        for power in [-1000, -300, 0, 300, 1000] {
            let other: Vec<f64> = x.iter().map(|&xi| scaled(xi, power)).collect();
            assert_eq!(scaled(root_mean_square(&other, 27.0), -power), expected);
        }
        assert!(root_mean_square(&[1.0, f64::NAN], 1.0).is_nan());
        assert_eq!(root_mean_square(&[0.0, 0.0], 1.0), 0.0);
    }
}
