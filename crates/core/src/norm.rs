//! Norms and the scan of an argument for what no library should be given.

use crate::scaling::{exponent_above, normal_power, power_of_two};
use crate::{Error, MatRef, Result, Scalar};

/// The Euclidean norm of `x`, free of overflow and underflow: ‖2ᵖ·x‖ is 2ᵖ·‖x‖ bit for bit.
///
/// The plain sum of squares is taken first, because it can be vectorised; only a sum outside the
/// range where no square was lost is computed again from scaled entries. NaN and ∞ give NaN or ∞.
///
/// ```
/// let norm: f64 = leastwise_core::norm::euclidean(&[3e200, 4e200]);
/// assert!((norm / 5e200 - 1.0).abs() <= 4.0 * f64::EPSILON);
/// ```
#[must_use]
pub fn euclidean<T: Scalar>(x: &[T]) -> T {
    let sum = lanes(x, |sum, xi| *sum += xi * xi);
    // Squares below `T::min_positive_value()` were rounded as subnormals; they matter only where
    // the whole sum is not much larger than n of them.
    let tiny = T::min_positive_value() / (T::EPSILON * T::EPSILON);
    if sum.is_finite() && sum > tiny {
        return sum.sqrt();
    }
    let Some(largest) = largest_finite(x) else {
        return if sum.is_nan() {
            T::nan()
        } else {
            T::infinity()
        };
    };
    // A power of two, so that the rounding errors are those of every other scale.
    let factor = power_of_two(normal_power::<T>(-exponent_above(largest)));
    let scaled = lanes(x, |sum, xi| *sum += (factor * xi) * (factor * xi));
    scaled.sqrt() / factor
}

/// Σᵢ aᵢ·bᵢ over the shorter of the two, in eight independent partial sums, so that it can be
/// vectorised.
#[must_use]
pub fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    const LANES: usize = 8;
    let shorter = a.len().min(b.len());
    let (a, b) = (&a[..shorter], &b[..shorter]);
    let mut partial = [T::zero(); LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: T = a_blocks
        .remainder()
        .iter()
        .zip(b_blocks.remainder())
        .map(|(&x, &y)| x * y)
        .sum();
    if shorter < LANES {
        return tail;
    }
    for (x, y) in a_blocks.zip(b_blocks) {
        for lane in 0..LANES {
            partial[lane] += x[lane] * y[lane];
        }
    }
    partial.into_iter().sum::<T>() + tail
}

fn lanes<T: Scalar>(x: &[T], accumulate: impl Fn(&mut T, T)) -> T {
    const LANES: usize = 8;
    let mut partial = [T::zero(); LANES];
    let blocks = x.chunks_exact(LANES);
    for (lane, &xi) in blocks.remainder().iter().enumerate() {
        accumulate(&mut partial[lane], xi);
    }
    for block in blocks {
        for lane in 0..LANES {
            accumulate(&mut partial[lane], block[lane]);
        }
    }
    partial.into_iter().sum()
}

/// max |aᵢⱼ|, after making sure that every entry is finite.
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
    let by_columns = if a.columns_are_contiguous() {
        a
    } else {
        a.transpose()
    };
    let mut scan = Scan::default();
    if by_columns.col_stride() == by_columns.rows() {
        scan.add(&by_columns.data()[..a.rows() * a.cols()]);
    } else {
        let columns = (0..by_columns.cols()).filter_map(|j| by_columns.try_col(j));
        columns.for_each(|column| scan.add(column));
    }
    scan.largest_if_finite()
        .ok_or_else(|| first_non_finite(operation, argument, a))
}

/// max |xᵢ| if every entry is finite.
pub(crate) fn largest_finite<T: Scalar>(x: &[T]) -> Option<T> {
    let mut scan = Scan::default();
    scan.add(x);
    scan.largest_if_finite()
}

/// Largest magnitudes and sums of magnitudes in eight lanes. A comparison passes over NaN, a sum does
/// not. No branch, so that a scan runs at the speed of memory.
struct Scan<T> {
    largest: [T; 8],
    sums: [T; 8],
}

impl<T: Scalar> Default for Scan<T> {
    fn default() -> Self {
        let zeros = [T::zero(); 8];
        Self {
            largest: zeros,
            sums: zeros,
        }
    }
}

impl<T: Scalar> Scan<T> {
    fn add(&mut self, x: &[T]) {
        // Copies in registers: the compiler cannot keep `*self` in them.
        let Self {
            mut largest,
            mut sums,
        } = *self;
        let (blocks, rest) = x.as_chunks::<8>();
        let mut see = |lane: usize, xi: T| {
            let magnitude = xi.abs();
            if magnitude > largest[lane] {
                largest[lane] = magnitude;
            }
            sums[lane] += magnitude;
        };
        for block in blocks {
            for (lane, &xi) in block.iter().enumerate() {
                see(lane, xi);
            }
        }
        for (lane, &xi) in rest.iter().enumerate() {
            see(lane, xi);
        }
        *self = Self { largest, sums };
    }

    fn largest_if_finite(self) -> Option<T> {
        let largest = self.largest.into_iter().fold(T::zero(), T::max);
        let any_nan = self.sums.into_iter().sum::<T>().is_nan();
        (largest.is_finite() && !any_nan).then_some(largest)
    }
}

#[cold]
pub(crate) fn first_non_finite<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Error {
    let mut places = (0..a.cols()).flat_map(|j| (0..a.rows()).map(move |i| (i, j)));
    let place = places.find(|&place| !a[place].is_finite());
    // A scan has found one.
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
