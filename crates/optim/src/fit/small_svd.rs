//! Singular values and right singular vectors of a triangle of a few columns, by one-sided Jacobi.
//!
//! A library computes them by a bidiagonalisation. For a few columns, that takes several times as long.

use leastwise_core::norm::euclidean;
use leastwise_core::{Mat, Scalar, Svd, jacobi, verify};

/// The largest number of columns for which this is faster than a library.
pub(super) const MOST_COLUMNS: usize = 8;

/// Most matrices need five sweeps. The last one only finds that the columns are orthogonal.
const SWEEPS: usize = 40;

/// The singular values, largest first, and V of the upper triangle of the leading n×n block of `r`. The columns have
/// lengths of about 1. U is not computed.
pub(super) fn right_svd<T: Scalar>(r: &Mat<T>) -> Svd<T> {
    let n = r.cols();
    let mut u = Mat::from_fn(n, n, |i, j| if i <= j { r[(i, j)] } else { T::zero() });
    let mut v = Mat::identity(n);
    let mut sweeps = 0..SWEEPS;
    while sweeps.next().is_some() && jacobi::orthogonalize(&mut u, &mut v, T::EPSILON) {}
    let s = (0..n).map(|j| euclidean(u.col(j))).collect();
    let mut svd = Svd { u, s, v };
    verify::sort_descending(&mut svd);
    svd.u = Mat::default();
    svd
}

#[cfg(test)]
mod tests {
    use leastwise_core::norm::dot;

    use super::*;

    /// Random triangles over shapes, ranks and scales of columns: R·V has orthogonal columns of lengths s, V is orthogonal.
    #[test]
    fn the_parts_are_those_of_the_definition() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f64::from((state >> 40) as u32) / f64::from(1 << 24) - 0.5
        };
        for case in 0..2000 {
            let n = 1 + case % MOST_COLUMNS;
            let rank = 1 + case / MOST_COLUMNS % n;
            let r = Mat::from_fn(n, n, |i, j| {
                let entry = draw();
                let is_zero = i > j || i >= rank;
                if is_zero {
                    0.0
                } else {
                    entry * 0.1f64.powf((case % 7 * j) as f64)
                }
            });
            let svd = right_svd(&r);
            let image = Mat::from_fn(n, n, |i, k| {
                (0..n).map(|j| r[(i, j)] * svd.v[(j, k)]).sum::<f64>()
            });
            // A product and some sweeps of n rotations round by n·u each.
            let bound = 40.0 * n as f64 * f64::EPSILON * svd.s[0];
            for k in 0..n {
                assert!(k == 0 || svd.s[k] <= svd.s[k - 1], "case {case}");
                assert!(
                    (euclidean(image.col(k)) - svd.s[k]).abs() <= bound,
                    "case {case}: {svd:?}"
                );
                for l in 0..n {
                    let expected = if k == l { 1.0 } else { 0.0 };
                    let product = dot(svd.v.col(k), svd.v.col(l));
                    assert!(
                        (product - expected).abs() <= 40.0 * n as f64 * f64::EPSILON,
                        "case {case}"
                    );
                    if k != l {
                        let product = dot(image.col(k), image.col(l));
                        assert!(product.abs() <= bound * svd.s[0], "case {case}: {svd:?}");
                    }
                }
            }
            let kept = svd.s.iter().filter(|&&s| s > bound).count();
            assert!(kept <= rank, "case {case}: {kept} of {rank}");
        }
    }
}
