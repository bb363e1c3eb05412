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
    let mut scan = MagnitudeScan::default();
    if by_columns.col_stride() == by_columns.rows() {
        scan.add_all(&by_columns.data()[..a.rows() * a.cols()]);
    } else {
        let columns = (0..by_columns.cols()).filter_map(|j| by_columns.try_col(j));
        columns.for_each(|column| scan.add_all(column));
    }
    scan.refuse_non_finite(operation, argument, a)?;
    Ok(scan.largest())
}

/// A copy of `source` in column-major order and max |aᵢⱼ|, each column scanned while it is in cache.
///
/// # Errors
/// [`Error::NonFinite`].
pub(crate) fn finite_copy<T: Scalar>(
    operation: &'static str,
    argument: &'static str,
    source: MatRef<'_, T>,
) -> Result<(Mat<T>, T)> {
    if !source.columns_are_contiguous() {
        let largest = max_abs_finite(operation, argument, source)?;
        return Ok((source.to_mat(), largest));
    }
    let mut data = Vec::with_capacity(source.rows() * source.cols());
    let mut scan = MagnitudeScan::default();
    let mut take = |entries: &[T]| {
        data.extend_from_slice(entries);
        scan.add_all(entries);
    };
    if source.col_stride() == source.rows() {
        let len = source.rows() * source.cols();
        source.data()[..len].chunks(SCAN_BLOCK).for_each(take);
    } else {
        let columns = (0..source.cols()).filter_map(|j| source.try_col(j));
        columns.for_each(&mut take);
    }
    scan.refuse_non_finite(operation, argument, source)?;
    let largest = scan.largest();
    let copy = Mat::from_col_major(data, source.rows(), source.cols())?;
    Ok((copy, largest))
}

const SCAN_LANES: usize = 8;

/// Entries that are copied before they are scanned: few enough to stay in the nearest cache.
const SCAN_BLOCK: usize = 1 << 11;

/// The largest magnitude, and the sum of all, which is finite only if every entry is. Branch-free, so
/// that it runs at the speed of memory.
#[derive(Clone, Copy)]
struct MagnitudeScan<T> {
    largest: [T; SCAN_LANES],
    sum: [T; SCAN_LANES],
}

impl<T: Scalar> Default for MagnitudeScan<T> {
    fn default() -> Self {
        Self {
            largest: [T::zero(); SCAN_LANES],
            sum: [T::zero(); SCAN_LANES],
        }
    }
}

impl<T: Scalar> MagnitudeScan<T> {
    fn add_all(&mut self, x: &[T]) {
        // A copy in registers: the compiler cannot keep `*self` in them.
        let mut scan = *self;
        let blocks = x.chunks_exact(SCAN_LANES);
        for (lane, &xi) in blocks.remainder().iter().enumerate() {
            scan.add(lane, xi);
        }
        for block in blocks {
            for (lane, &xi) in block.iter().enumerate() {
                scan.add(lane, xi);
            }
        }
        *self = scan;
    }

    #[inline]
    fn add(&mut self, lane: usize, xi: T) {
        let magnitude = xi.abs();
        // A plain comparison is one instruction; Float::max has to treat NaN.
        self.largest[lane] = if magnitude > self.largest[lane] {
            magnitude
        } else {
            self.largest[lane]
        };
        self.sum[lane] += magnitude;
    }

    /// Looks for the entry only where the sum says that there may be one.
    fn refuse_non_finite(
        &self,
        operation: &'static str,
        argument: &'static str,
        a: MatRef<'_, T>,
    ) -> Result<()> {
        if self.sum.iter().copied().sum::<T>().is_finite() {
            return Ok(());
        }
        first_non_finite(operation, argument, a).map_or(Ok(()), Err)
    }

    fn largest(&self) -> T {
        self.largest
            .iter()
            .fold(T::zero(), |largest, &x| largest.max(x))
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
        assert_eq!(finite_copy("test", "a", a), Ok((a.to_mat(), f64::MAX)));
    }

    #[test]
    fn the_largest_magnitude_is_found() {
        for place in 0..21 {
            let mut data = [0.5f32; 21];
            data[place] = -2.0;
            let a = MatRef::from_col_major(&data, 7, 3).unwrap();
            assert_eq!(max_abs_finite("test", "a", a), Ok(2.0));
            for view in [a, a.transpose()] {
                assert_eq!(finite_copy("test", "a", view), Ok((view.to_mat(), 2.0)));
            }
        }
    }
}
