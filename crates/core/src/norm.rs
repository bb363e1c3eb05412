//! Norms, and the check that the entries of an argument are finite.

use crate::power::{exponent_above, normal_power, power_of_two};
use crate::{Error, MatRef, Result, Scalar};

/// The Euclidean norm of `x`, without overflow and underflow of squares: ‖2ᵖ·x‖ is 2ᵖ·‖x‖ bit for
/// bit.
///
/// The plain sum of squares comes first, because it can be vectorised. If the sum is outside the
/// range in which no square was lost, it is computed again from scaled entries. NaN and ∞ give NaN
/// or ∞.
///
/// ```
/// let norm: f64 = leastwise_core::norm::euclidean(&[3e200, 4e200]);
/// assert!((norm / 5e200 - 1.0).abs() <= 4.0 * f64::EPSILON);
/// ```
#[must_use]
#[inline]
pub fn euclidean<T: Scalar>(x: &[T]) -> T {
    let sum = squares(x);
    if has_lost_nothing(sum) {
        return sum.sqrt();
    }
    rescued_norm(sum, x)
}

#[cold]
fn rescued_norm<T: Scalar>(sum: T, x: &[T]) -> T {
    let (sum, shift) = rescued_squares(sum, std::iter::once(x));
    sum.sqrt() / power_of_two(shift)
}

/// Σ(2ˢ·xᵢ)² and s over all pieces. s is 0 wherever no square is lost for it; NaN or ∞ if an entry is.
pub(crate) fn scaled_squares<'x, T: Scalar>(
    pieces: impl Iterator<Item = &'x [T]> + Clone,
) -> (T, i32) {
    let mut sum = T::zero();
    for piece in pieces.clone() {
        sum += squares(piece);
    }
    if has_lost_nothing(sum) {
        return (sum, 0);
    }
    rescued_squares(sum, pieces)
}

fn squares<T: Scalar>(x: &[T]) -> T {
    lanes(x, |sum, xi| *sum += xi * xi)
}

/// Squares below `T::min_positive_value()` were rounded as subnormals; they matter only where the whole sum is not much
/// larger than n of them.
fn has_lost_nothing<T: Scalar>(sum_of_squares: T) -> bool {
    let tiny = T::min_positive_value() / (T::EPSILON * T::EPSILON);
    sum_of_squares.is_finite() && sum_of_squares > tiny
}

#[cold]
fn rescued_squares<'x, T: Scalar>(
    sum: T,
    pieces: impl Iterator<Item = &'x [T]> + Clone,
) -> (T, i32) {
    let entries = pieces.clone().flatten().map(|x| x.abs());
    // max() ignores NaN, the sum does not.
    let largest = entries.fold(T::zero(), T::max);
    if sum.is_nan() || largest == T::zero() || largest.is_infinite() {
        return (sum, 0);
    }
    // A power of two, so that the rounding errors are those of every other scale.
    let shift = normal_power::<T>(-exponent_above(largest));
    let factor = power_of_two::<T>(shift);
    let scaled = pieces.map(|piece| lanes(piece, |sum, xi| *sum += (factor * xi) * (factor * xi)));
    (scaled.fold(T::zero(), |sum, square| sum + square), shift)
}

/// Σᵢ aᵢ·bᵢ over the shorter of the two, in eight independent partial sums, so that it can be
/// vectorised.
#[must_use]
#[inline]
pub fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    let shorter = a.len().min(b.len());
    let (a, b) = (&a[..shorter], &b[..shorter]);
    if shorter < LANES {
        sum_of_products(a, b)
    } else {
        dot_in_lanes(a, b)
    }
}

/// The partial sums of a sum that is vectorised.
const LANES: usize = 8;

/// Short sums are inlined: a call costs as much as their terms.
#[inline]
fn sum_of_products<T: Scalar>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).map(|(&x, &y)| x * y).sum()
}

fn dot_in_lanes<T: Scalar>(a: &[T], b: &[T]) -> T {
    let mut partial = [T::zero(); LANES];
    let (a_blocks, a_tail) = a.as_chunks::<LANES>();
    let (b_blocks, b_tail) = b.as_chunks::<LANES>();
    let tail = sum_of_products(a_tail, b_tail);
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            partial[lane] += x[lane] * y[lane];
        }
    }
    partial.into_iter().sum::<T>() + tail
}

/// y ← α·x + y.
pub(crate) fn axpy<T: Scalar>(alpha: T, x: &[T], y: &mut [T]) {
    for (yi, &xi) in y.iter_mut().zip(x) {
        *yi += alpha * xi;
    }
}

/// target ← Σₗ cₗ·vₗ, a term (cₗ, vₗ) after another; zero for no terms.
///
/// ```
/// let mut target = [0.0; 2];
/// leastwise_core::norm::combine(&mut target, [(2.0, &[1.0, 0.0][..]), (3.0, &[1.0, 1.0])]);
/// assert_eq!(target, [5.0, 3.0]);
/// ```
pub fn combine<'a, T: Scalar>(target: &mut [T], terms: impl IntoIterator<Item = (T, &'a [T])>) {
    let mut terms = terms.into_iter();
    let Some((first, v)) = terms.next() else {
        return target.fill(T::zero());
    };
    for (t, &vi) in target.iter_mut().zip(v) {
        *t = first * vi;
    }
    for (c, v) in terms {
        for (t, &vi) in target.iter_mut().zip(v) {
            *t += c * vi;
        }
    }
}

/// ‖r‖², and zero only where r is zero: squares that underflow give the smallest positive normal number.
///
/// ```
/// use leastwise_core::norm::squared;
/// assert_eq!(squared(&[3.0, 4.0]), 25.0);
/// assert_eq!(squared(&[0.0, 0.0]), 0.0);
/// assert_eq!(squared(&[0.0, 1e-200]), f64::MIN_POSITIVE);
/// ```
#[must_use]
pub fn squared<T: Scalar>(r: &[T]) -> T {
    let squares = dot(r, r);
    if squares == T::zero() && r.iter().any(|ri| *ri != T::zero()) {
        return T::min_positive_value();
    }
    squares
}

#[inline]
fn lanes<T: Scalar>(x: &[T], accumulate: impl Fn(&mut T, T)) -> T {
    if x.len() >= LANES {
        return long_lanes(x, accumulate);
    }
    // The same sum without its zeros, which cost as much as the terms of a short one.
    let mut sum = T::zero();
    for &xi in x {
        accumulate(&mut sum, xi);
    }
    sum
}

fn long_lanes<T: Scalar>(x: &[T], accumulate: impl Fn(&mut T, T)) -> T {
    let mut partial = [T::zero(); LANES];
    let (blocks, tail) = x.as_chunks::<LANES>();
    for (lane, &xi) in partial.iter_mut().zip(tail) {
        accumulate(lane, xi);
    }
    for block in blocks {
        for lane in 0..LANES {
            accumulate(&mut partial[lane], block[lane]);
        }
    }
    partial.into_iter().sum()
}

/// Checks that every entry is finite, and returns max |aᵢⱼ|.
///
/// # Errors
/// [`Error::NonFinite`] with the place of the first NaN or ∞ in column-major order.
///
/// ```
/// use leastwise_core::{MatRef, norm::max_abs_finite};
/// let a = MatRef::from_col_major(&[1.0, -3.0, f64::NAN, 0.0], 2, 2)?;
/// let error = max_abs_finite("lstsq", "a", a).unwrap_err();
/// assert_eq!(error.to_string(), "lstsq: a must be finite, but entry (0, 1) is NaN");
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub fn max_abs_finite<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Result<T> {
    if !in_order(a).pieces().all(is_finite) {
        return Err(first_non_finite(operation, argument, a));
    }
    let magnitudes = a.iter().map(T::abs);
    Ok(magnitudes.fold(T::zero(), T::max))
}

/// A or Aᵀ, whichever has contiguous columns.
pub(crate) fn in_order<T>(a: MatRef<'_, T>) -> MatRef<'_, T> {
    if a.columns_are_contiguous() {
        a
    } else {
        a.transpose()
    }
}

/// Whether all entries are finite. Nothing cancels in the sum of their magnitudes, so the sum is
/// finite only if they are. This takes one addition per entry and no branch.
pub(crate) fn is_finite<T: Scalar>(x: &[T]) -> bool {
    lanes(x, |sum, xi| *sum += xi.abs()).is_finite() || x.iter().all(|xi| xi.is_finite())
}

#[cold]
pub(crate) fn first_non_finite<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Error {
    let mut places = (0..a.cols()).flat_map(|j| (0..a.rows()).map(move |i| (i, j)));
    let place = places.find(|&place| !a[place].is_finite());
    // The function is only called if there is such an entry.
    let (row, col) = place.unwrap_or_default();
    Error::NonFinite {
        operation,
        argument,
        row,
        col,
        value: a[(row, col)].as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_product_is_that_over_the_shorter() {
        let count = |n: u8| (1..=n).map(f64::from).collect::<Vec<_>>();
        for (m, n) in [
            (0, 3),
            (1, 1),
            (3, 9),
            (8, 9),
            (7, 16),
            (9, 30),
            (16, 17),
            (17, 17),
        ] {
            let (a, b) = (count(m), count(n));
            let exact: f64 = a.iter().map(|x| x * x).sum();
            assert_eq!(dot(&a, &b), exact, "{m} and {n}");
            assert_eq!(dot(&b, &a), exact, "{n} and {m}");
        }
        assert_eq!(
            dot(&[1.0; 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
            3.0
        );
    }

    #[test]
    fn a_power_of_two_scales_the_norm_exactly() {
        for n in 1..40 {
            let x: Vec<f64> = (0..n).map(|i| f64::from(i * 7 % 11 - 5) / 3.0).collect();
            let norm = euclidean(&x);
            // Every entry stays normal, and so does the norm.
            for power in [-1015, -700, -520, -480, 480, 500, 520, 1015] {
                let times = |x: f64| {
                    let half = power / 2;
                    x * 2f64.powi(half) * 2f64.powi(power - half)
                };
                let scaled: Vec<f64> = x.iter().map(|&xi| times(xi)).collect();
                assert_eq!(
                    euclidean(&scaled),
                    times(norm),
                    "{n} entries times 2^{power}"
                );
            }
        }
    }

    #[test]
    fn the_norm_survives_squares_outside_the_range() {
        let u = f64::UNIT_ROUNDOFF;
        for scale in [1e-310, 1e-200, 1e-160, 1.0, 1e160, 1e300] {
            let norm = euclidean(&[3.0 * scale, -4.0 * scale]);
            // Subnormal inputs carry an absolute error of half the smallest subnormal each.
            let bound = 8.0 * u * 5.0 * scale + 4.0 * f64::from_bits(1);
            assert!((norm - 5.0 * scale).abs() <= bound, "{scale:e}: {norm:e}");
        }
        assert_eq!(euclidean::<f64>(&[]), 0.0);
        assert!(euclidean(&[1.0, f64::NAN]).is_nan());
        assert_eq!(euclidean(&[1.0, f64::INFINITY]), f64::INFINITY);
    }

    #[test]
    fn a_non_finite_entry_is_found_wherever_it_hides() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for place in 0..21 {
                let mut data = [1.0; 21];
                data[place] = bad;
                let a = MatRef::from_col_major(&data, 7, 3).unwrap();
                let expected = (place % 7, place / 7);
                for view in [a, a.transpose()] {
                    let error = max_abs_finite("test", "a", view).unwrap_err();
                    let Error::NonFinite { row, col, .. } = error else {
                        panic!("{error}")
                    };
                    let found = if view.rows() == 7 {
                        (row, col)
                    } else {
                        (col, row)
                    };
                    assert_eq!(found, expected);
                }
            }
        }
    }

    #[test]
    fn finite_entries_whose_sum_overflows_are_accepted() {
        let data = [f64::MAX, -f64::MAX, f64::MAX, f64::MAX];
        let a = MatRef::from_col_major(&data, 2, 2).unwrap();
        assert_eq!(max_abs_finite("test", "a", a), Ok(f64::MAX));
    }

    #[test]
    fn the_largest_magnitude_is_found() {
        for place in 0..21 {
            let mut data = [0.5f32; 21];
            data[place] = -2.0;
            let a = MatRef::from_col_major(&data, 7, 3).unwrap();
            for view in [a, a.transpose()] {
                assert_eq!(max_abs_finite("test", "a", view), Ok(2.0));
            }
        }
    }
}
