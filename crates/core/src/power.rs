//! Powers of two. Multiplying by one is exact, unless the result is subnormal.

use crate::Scalar;

/// The e with 2^(e−1) ≤ |x| < 2ᵉ for a finite x; 0 for zero.
pub(crate) fn exponent_above<T: Scalar>(x: T) -> i32 {
    const SUBNORMAL: f64 = (1u64 << 54) as f64;
    fn of_normal(x: f64) -> i32 {
        let biased = (x.to_bits() >> 52 & 0x7FF) as u16;
        i32::from(biased) - 1022
    }
    let x = x.as_f64();
    if x == 0.0 {
        0
    } else if x.is_normal() {
        of_normal(x)
    } else {
        of_normal(x * SUBNORMAL) - 54
    }
}

/// 2ᵖ for a p of [`normal_power`].
pub(crate) fn power_of_two<T: Scalar>(power: i32) -> T {
    let biased = u64::from((power + 1023).unsigned_abs());
    T::of(f64::from_bits(biased << 52))
}

/// The power nearest to p for which 2ᵖ is a normal number of `T`.
pub(crate) fn normal_power<T: Scalar>(power: i32) -> i32 {
    let least = exponent_above(T::min_positive_value()) - 1;
    power.clamp(least, exponent_above(T::max_value()) - 1)
}

/// The part of a power that is applied first, so that nothing is rounded twice. A factor below the
/// normal numbers leaves at least the digits of `T` to the last factor.
pub(crate) fn first_step<T: Scalar>(power: i32) -> i32 {
    let normal = normal_power::<T>(power);
    if power < normal {
        normal - exponent_above(T::EPSILON) + 2
    } else {
        normal
    }
}

/// x ← 2ᵖ·x. It is rounded at most once, and only if the result is subnormal.
pub(crate) fn by_power_of_two<T: Scalar>(x: &mut [T], mut power: i32) {
    while power != 0 {
        let step = first_step::<T>(power);
        let factor = power_of_two::<T>(step);
        for xi in x.iter_mut() {
            *xi *= factor;
        }
        power -= step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_is_that_of_the_definition_over_the_whole_range() {
        for power in -1074..=1023 {
            let x = (f64::from(power) / 2.0).exp2() * (f64::from(power) / 2.0).exp2();
            let x = if power % 2 == 0 {
                x
            } else {
                f64::from(power).exp2()
            };
            assert_eq!(exponent_above(x), power + 1, "2^{power}");
            assert_eq!(
                exponent_above(-1.5 * x),
                power + 1 + i32::from(power == -1074)
            );
        }
        assert_eq!(exponent_above(f64::MAX), 1024);
        assert_eq!(exponent_above(f32::MAX), 128);
        assert_eq!(exponent_above(f32::from_bits(1)), -148);
        assert_eq!(exponent_above(0.0), 0);
    }

    #[test]
    fn scaling_there_and_back_is_exact_but_for_one_rounding_of_subnormal_results() {
        let x = 1.0 + f64::EPSILON;
        for power in -1022..=1023 {
            let mut there = [x];
            by_power_of_two(&mut there, power);
            assert_eq!(exponent_above(there[0]), power + 1);
            by_power_of_two(&mut there, -power);
            assert_eq!(there, [x], "2^{power}");
        }
        // To ½ + u of the smallest number, which is rounded up, and not in two steps to ½ and 0.
        let mut least = [x];
        by_power_of_two(&mut least, -1075);
        assert_eq!(least, [f64::from_bits(1)]);
        let mut least = [1.0 + f32::EPSILON];
        by_power_of_two(&mut least, -150);
        assert_eq!(least, [f32::from_bits(1)]);
        let mut tie = [1.0];
        by_power_of_two(&mut tie, -1075);
        assert_eq!(tie, [0.0]);
    }
}
