//! Norms and the scan of an argument for what no library should be given.

use crate::{Error, Mat, MatRef, Result, Scalar};

/// The Euclidean norm of `x`, free of overflow and underflow.
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
    let sum = sum_of_squares(x);
    // Squares below `T::min_positive_value()` were rounded as subnormals; they matter only where
    // the whole sum is not much larger than n of them.
    let tiny = T::min_positive_value() / (T::EPSILON * T::EPSILON);
    if sum.is_finite() && sum > tiny {
        return sum.sqrt();
    }
    let largest = x
        .iter()
        .fold(T::zero(), |largest, &xi| largest.max(xi.abs()));
    if largest == T::zero() || !largest.is_finite() {
        // max() ignores NaN, the sum does not.
        return if sum.is_nan() { T::nan() } else { largest };
    }
    let scaled: T = x.iter().map(|&xi| (xi / largest) * (xi / largest)).sum();
    largest * scaled.sqrt()
}

fn sum_of_squares<T: Scalar>(x: &[T]) -> T {
    lanes(x, |sum, xi| *sum += xi * xi)
}

/// Σᵢ aᵢ·bᵢ over the shorter of the two, in eight independent partial sums, so that it can be
/// vectorised.
#[must_use]
pub fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    const LANES: usize = 8;
    let mut partial = [T::zero(); LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: T = a_blocks
        .remainder()
        .iter()
        .zip(b_blocks.remainder())
        .map(|(&x, &y)| x * y)
        .sum();
    if a.len().min(b.len()) < LANES {
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
    finite_sum(operation, argument, a)?;
    let magnitudes = a.iter().map(T::abs);
    Ok(magnitudes.fold(T::zero(), T::max))
}

/// Σ|aᵢⱼ|, after making sure that every entry is finite; ∞ if only the sum leaves the range of `T`.
///
/// # Errors
/// [`Error::NonFinite`].
pub(crate) fn finite_sum<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Result<T> {
    let by_columns = if a.columns_are_contiguous() {
        a
    } else {
        a.transpose()
    };
    let mut sums = Magnitudes::default();
    if by_columns.col_stride() == by_columns.rows() {
        sums.add(&by_columns.data()[..a.rows() * a.cols()]);
    } else {
        let columns = (0..by_columns.cols()).filter_map(|j| by_columns.try_col(j));
        columns.for_each(|column| sums.add(column));
    }
    sums.total_if_finite(operation, argument, a)
}

/// A copy of `source` in column-major order and what [`finite_sum`] says, each piece scanned while it
/// is in cache.
///
/// # Errors
/// [`Error::NonFinite`].
pub(crate) fn finite_copy<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    source: MatRef<'_, T>,
) -> Result<(Mat<T>, T)> {
    if !source.columns_are_contiguous() {
        let sum = finite_sum(operation, argument, source)?;
        return Ok((source.to_mat(), sum));
    }
    let mut data = Vec::with_capacity(source.rows() * source.cols());
    let mut sums = Magnitudes::default();
    let mut take = |entries: &[T]| {
        data.extend_from_slice(entries);
        sums.add(entries);
    };
    if source.col_stride() == source.rows() {
        let len = source.rows() * source.cols();
        source.data()[..len].chunks(SCAN_BLOCK).for_each(take);
    } else {
        let columns = (0..source.cols()).filter_map(|j| source.try_col(j));
        columns.for_each(&mut take);
    }
    let sum = sums.total_if_finite(operation, argument, source)?;
    let copy = Mat::from_col_major(data, source.rows(), source.cols())?;
    Ok((copy, sum))
}

/// Entries that are copied before they are scanned: few enough to stay in the nearest cache.
const SCAN_BLOCK: usize = 1 << 11;

/// Partial sums of magnitudes. The total is finite only if every entry is: nothing cancels. One
/// addition an entry and no branch, so that a scan runs at the speed of memory.
#[derive(Clone, Copy)]
struct Magnitudes<T>([T; 8]);

impl<T: Scalar> Default for Magnitudes<T> {
    fn default() -> Self {
        Self([T::zero(); 8])
    }
}

impl<T: Scalar> Magnitudes<T> {
    fn add(&mut self, x: &[T]) {
        // A copy in registers: the compiler cannot keep `*self` in them.
        let Self(mut sums) = *self;
        let (blocks, rest) = x.as_chunks::<8>();
        for (sum, xi) in sums.iter_mut().zip(rest) {
            *sum += xi.abs();
        }
        for block in blocks {
            for (sum, xi) in sums.iter_mut().zip(block) {
                *sum += xi.abs();
            }
        }
        *self = Self(sums);
    }

    /// Looks for the entry only where the total says that there may be one.
    fn total_if_finite(
        self,
        operation: &'static str,
        argument: &'static str,
        a: MatRef<'_, T>,
    ) -> Result<T> {
        let total = self.0.into_iter().sum::<T>();
        if total.is_finite() {
            return Ok(total);
        }
        first_non_finite(operation, argument, a).map_or(Ok(total), Err)
    }
}

/// `None` if the sum of the magnitudes has left the range of `T` and no entry is to blame.
#[cold]
fn first_non_finite<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    a: MatRef<'_, T>,
) -> Option<Error> {
    let mut places = (0..a.cols()).flat_map(|j| (0..a.rows()).map(move |i| (i, j)));
    let (row, col) = places.find(|&place| !a[place].is_finite())?;
    Some(Error::NonFinite {
        operation,
        argument,
        row,
        col,
        value: a[(row, col)].as_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
                    for error in [
                        max_abs_finite("test", "a", view).unwrap_err(),
                        finite_copy("test", "a", view).unwrap_err(),
                    ] {
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
    }

    #[test]
    fn finite_entries_whose_sum_overflows_are_accepted() {
        let data = [f64::MAX, -f64::MAX, f64::MAX, f64::MAX];
        let a = MatRef::from_col_major(&data, 2, 2).unwrap();
        assert_eq!(max_abs_finite("test", "a", a), Ok(f64::MAX));
        assert_eq!(finite_copy("test", "a", a), Ok((a.to_mat(), f64::INFINITY)));
    }

    #[test]
    fn the_largest_magnitude_and_the_sum_are_found() {
        for place in 0..21 {
            let mut data = [0.5f32; 21];
            data[place] = -2.0;
            let a = MatRef::from_col_major(&data, 7, 3).unwrap();
            assert_eq!(max_abs_finite("test", "a", a), Ok(2.0));
            for view in [a, a.transpose()] {
                assert_eq!(finite_copy("test", "a", view), Ok((view.to_mat(), 12.0)));
            }
        }
    }
}
