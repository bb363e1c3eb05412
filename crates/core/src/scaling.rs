//! One canonical scale for every problem: the largest magnitude between ½ and 1.
//!
//! Scaling by a power of two changes no bit of an answer, as long as no number on the way leaves the
//! range of `T`. Libraries square entries, and some compare with numbers of their own near ε, so that
//! their answers depend on the scale. Here every problem is brought to the same scale first, and the
//! answer to that of the problem: for 2ᵖ·A a library computes what it computes for A.

use crate::{Engine, Error, Mat, MatRef, Result, Scalar, norm};

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

/// The part of a power that is taken first, so that nothing is rounded twice: a factor below the
/// normal numbers leaves at least the digits of `T` to the last.
fn first_step<T: Scalar>(power: i32) -> i32 {
    let normal = normal_power::<T>(power);
    if power < normal {
        normal - exponent_above(T::EPSILON) + 2
    } else {
        normal
    }
}

/// x ← 2ᵖ·x, rounded at most once, where the result is subnormal.
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

/// A copy of A in canonical scale and the exponent p of A = 2ᵖ·copy; `None` if A is zero.
///
/// # Errors
/// [`Error::NonFinite`].
pub(crate) fn canonical_copy<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Result<(Mat<T>, Option<i32>)> {
    let largest = norm::max_abs_finite(operation, argument, a)?;
    let exponent = exponent_above(largest);
    if exponent == 0 || !a.columns_are_contiguous() {
        let mut copy = a.to_mat();
        by_power_of_two(copy.data_mut(), -exponent);
        return Ok((copy, nonzero(largest, exponent)));
    }
    let step = first_step::<T>(-exponent);
    let factor = power_of_two::<T>(step);
    let mut data = Vec::with_capacity(a.rows() * a.cols());
    for column in (0..a.cols()).filter_map(|j| a.try_col(j)) {
        data.extend(column.iter().map(|&x| x * factor));
    }
    by_power_of_two(&mut data, -exponent - step);
    let copy = Mat::from_col_major(data, a.rows(), a.cols())?;
    Ok((copy, nonzero(largest, exponent)))
}

/// Takes A to canonical scale in its own storage and returns the exponent p of the factor 2⁻ᵖ; `None`
/// if A is zero.
///
/// # Errors
/// [`Error::NonFinite`].
pub(crate) fn to_canonical<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: &mut Mat<T>,
) -> Result<Option<i32>> {
    let largest = norm::max_abs_finite(operation, argument, a.as_ref())?;
    let exponent = exponent_above(largest);
    by_power_of_two(a.data_mut(), -exponent);
    Ok(nonzero(largest, exponent))
}

fn nonzero<T: Scalar>(largest: T, exponent: i32) -> Option<i32> {
    (largest != T::zero()).then_some(exponent)
}

/// The exponents of the columns of a matrix that have been taken to canonical scale one by one. That
/// of the first has a place of its own, so that a single column costs no allocation.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnExponents {
    first: i32,
    others: Vec<i32>,
    pub(crate) all_zero: bool,
}

impl ColumnExponents {
    /// Takes each column of A to canonical scale in its own storage.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub(crate) fn of<T: Scalar>(
        operation: &'static str,
        argument: &'static str,
        a: &mut Mat<T>,
    ) -> Result<Self> {
        let mut exponents = Self::default();
        exponents.take(operation, argument, a)?;
        Ok(exponents)
    }

    /// The same, into this storage.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub(crate) fn take<T: Scalar>(
        &mut self,
        operation: &'static str,
        argument: &'static str,
        a: &mut Mat<T>,
    ) -> Result<()> {
        self.others.clear();
        self.all_zero = true;
        for j in 0..a.cols() {
            let Some(largest) = norm::largest_finite(a.col(j)) else {
                return Err(norm::first_non_finite(operation, argument, a.as_ref()));
            };
            let exponent = exponent_above(largest);
            by_power_of_two(a.col_mut(j), -exponent);
            self.all_zero &= largest == T::zero();
            match j {
                0 => self.first = exponent,
                _ => self.others.push(exponent),
            }
        }
        Ok(())
    }

    /// The p of column j, which was multiplied by 2⁻ᵖ.
    pub(crate) fn get(&self, j: usize) -> i32 {
        match j {
            0 => self.first,
            _ => self.others[j - 1],
        }
    }
}

/// A part of the answer to a problem in canonical scale.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) operation: &'static str,
    pub(crate) engine: &'static str,
}

impl Answer {
    pub(crate) fn of<B: Engine + ?Sized>(backend: &B, operation: &'static str) -> Self {
        let engine = backend.info().engine;
        Self { operation, engine }
    }

    /// x ← 2ᵖ·x for the part of this name.
    ///
    /// # Errors
    /// [`Error::WrongResult`] if an entry is not finite, [`Error::Overflow`] if one leaves the range.
    pub(crate) fn restore<T: Scalar>(self, name: &str, x: &mut [T], power: i32) -> Result<()> {
        let largest = self.finite(name, x)?;
        let exponent = exponent_above(largest) + power;
        if largest > T::zero() && exponent > exponent_above(T::max_value()) {
            let mut leading = [largest.as_f64()];
            by_power_of_two(&mut leading, 1 - exponent_above(largest));
            let (leading, power) = (leading[0], exponent - 1);
            return Err(Error::Overflow {
                operation: self.operation,
                scalar: T::NAME,
                result: format!("{name} with an entry of {leading:.2}·2^{power}"),
            });
        }
        by_power_of_two(x, power);
        Ok(())
    }

    /// The largest magnitude of a part, all of whose entries have to be finite.
    ///
    /// # Errors
    /// [`Error::WrongResult`].
    pub(crate) fn finite<T: Scalar>(self, name: &str, x: &[T]) -> Result<T> {
        norm::largest_finite(x).ok_or_else(|| Error::WrongResult {
            operation: self.operation,
            backend: self.engine,
            detail: format!("{name} has an entry that is not finite"),
        })
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

    #[test]
    fn the_canonical_copy_has_its_largest_entry_between_a_half_and_one() {
        for max in [
            f64::from_bits(1),
            1e-310,
            1e-300,
            1e-5,
            0.75,
            1.0,
            3e150,
            f64::MAX,
        ] {
            let data = [max, max / 4.0, -max, 0.0];
            let a = MatRef::from_col_major(&data, 2, 2).unwrap();
            for view in [a, a.transpose()] {
                let (mut copy, exponent) = canonical_copy("test", "a", view).unwrap();
                assert!((0.5..1.0).contains(&copy[(0, 0)]), "{max:e}: {copy:?}");
                let mut in_place = view.to_mat();
                assert_eq!(to_canonical("test", "a", &mut in_place), Ok(exponent));
                assert_eq!(in_place, copy);
                by_power_of_two(copy.data_mut(), exponent.unwrap());
                assert_eq!(copy, view.to_mat());
            }
        }
        let zero = Mat::<f32>::zeros(3, 2);
        let copy = canonical_copy("test", "a", zero.as_ref());
        assert_eq!(copy, Ok((zero, None)));
    }

    #[test]
    fn what_leaves_the_range_is_an_overflow_with_its_size() {
        let answer = Answer {
            operation: "test",
            engine: "none",
        };
        let mut x = [0.75, -1.0];
        assert_eq!(answer.restore("x", &mut x, 1023), Ok(()));
        assert_eq!(x[1], -2f64.powi(1023));
        let error = answer.restore("x", &mut x, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "test: x with an entry of 1.00·2^1024 exceeds the range of f64"
        );
        let mut x = [0.0f32; 2];
        assert_eq!(answer.restore("x", &mut x, 4000), Ok(()));
        let error = answer.restore("x", &mut [1.0, f32::NAN], 0).unwrap_err();
        assert!(matches!(error, Error::WrongResult { .. }), "{error}");
    }
}
