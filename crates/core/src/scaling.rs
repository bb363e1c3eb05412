//! Powers of two that keep the squares of entries in range, as LAPACK's drivers do before they
//! factorise.

use crate::{Mat, Scalar};

/// Scales `a`, whose magnitudes add up to `sum`, to entries below 1 if squares of its entries could
/// leave the range in which they are accurate; returns the exponent p of the factor 2ᵖ.
///
/// The range is that of LAPACK's xGELSD: the largest magnitude from √(smallest normal)/ε to the
/// reciprocal. It is between the mean and the sum, and is looked for only where these do not decide.
pub(crate) fn to_safe_range<T: Scalar>(a: &mut Mat<T>, sum: T) -> i32 {
    let low = T::min_positive_value().sqrt() / T::EPSILON;
    let high = low.recip();
    if sum >= low * T::of(a.data().len() as f64) && sum <= high {
        return 0;
    }
    let magnitudes = a.data().iter().map(|x| x.abs());
    let max = magnitudes.fold(T::zero(), T::max);
    if max == T::zero() || (low..=high).contains(&max) {
        return 0;
    }
    let (_, exponent, _) = max.integer_decode();
    let digits = i32::from(std::mem::size_of::<T>() == 8) * 29 + 24;
    let power = -(i32::from(exponent) + digits);
    by_power_of_two(a.data_mut(), power);
    power
}

/// x ← 2ᵖ·x in steps that each stay within the range of `T`, exact but for results that are
/// subnormal or overflow.
pub(crate) fn by_power_of_two<T: Scalar>(x: &mut [T], mut power: i32) {
    const STEP: i32 = 100;
    while power != 0 {
        let step = power.clamp(-STEP, STEP);
        let factor = T::of(2.0).powi(step);
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
    fn scaling_is_exact_and_brings_the_largest_entry_to_at_most_one() {
        for max in [1e-300, 3e-150, 1e150, f64::MAX] {
            let mut a = Mat::from_col_major(vec![max, max / 3.0], 2, 1).unwrap();
            let power = to_safe_range(&mut a, max + max / 3.0);
            assert!(
                (0.5..1.0).contains(&a[(0, 0)]),
                "{max:e} became {}",
                a[(0, 0)]
            );
            by_power_of_two(a.data_mut(), -power);
            assert_eq!(a.data(), &[max, max / 3.0]);
        }
        let mut a = Mat::from_col_major(vec![1e-30f32], 1, 1).unwrap();
        assert_ne!(to_safe_range(&mut a, 1e-30), 0);
        assert!((0.5..1.0).contains(&a[(0, 0)]));
    }

    #[test]
    fn entries_in_range_stay_whether_or_not_the_sum_is() {
        let high = f64::EPSILON / f64::MIN_POSITIVE.sqrt();
        for entries in [
            vec![7.0; 2],
            vec![high; 2],
            vec![1.0 / high, 0.0],
            vec![0.0; 2],
        ] {
            let mut a = Mat::from_col_major(entries.clone(), 2, 1).unwrap();
            assert_eq!(to_safe_range(&mut a, entries.iter().sum()), 0);
            assert_eq!(a.data(), entries);
        }
    }
}
