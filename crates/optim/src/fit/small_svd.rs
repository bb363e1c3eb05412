//! Singular values and right singular vectors of a triangle of a few columns.
//!
//! R = U·Σ·Vᵀ by rotations of pairs of columns of R until all of them are orthogonal: R·V = U·Σ (one-sided Jacobi).
//! For a few columns, a library's bidiagonalisation costs several times as much, most of it in calls.
//!
//! Source: J. Demmel, K. Veselić, *Jacobi's method is more accurate than QR*, SIAM J. Matrix Anal. Appl. 13 (1992).

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Scalar, Svd};

/// Up to so many columns it pays.
pub(super) const MOST_COLUMNS: usize = 8;

/// Five are usual; the last finds nothing to rotate.
const SWEEPS: usize = 40;

/// The singular values, largest first, and V of the upper triangle of the leading n×n block of `r`, whose columns have
/// lengths of about 1. U is not computed.
pub(super) fn right_svd<T: Scalar>(r: &Mat<T>) -> Svd<T> {
    let n = r.cols();
    let mut image = Mat::from_fn(n, n, |i, j| if i <= j { r[(i, j)] } else { T::zero() });
    let mut v = Mat::identity(n);
    for _ in 0..SWEEPS {
        let mut has_rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                if let Some(rotation) = rotation(image.col(p), image.col(q)) {
                    has_rotated = true;
                    rotate(&mut image, (p, q), rotation);
                    rotate(&mut v, (p, q), rotation);
                }
            }
        }
        if !has_rotated {
            break;
        }
    }
    let lengths: Vec<T> = (0..n).map(|j| euclidean(image.col(j))).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| lengths[b].as_f64().total_cmp(&lengths[a].as_f64()));
    Svd {
        u: Mat::default(),
        s: order.iter().map(|&j| lengths[j]).collect(),
        v: Mat::from_fn(n, n, |i, k| v[(i, order[k])]),
    }
}

/// Cosine and sine of the rotation that makes two columns orthogonal; none where they are, to working precision.
fn rotation<T: Scalar>(p: &[T], q: &[T]) -> Option<(T, T)> {
    let (pp, qq, pq) = (dot(p, p), dot(q, q), dot(p, q));
    // Written so that NaN ends the search.
    if !(pq.abs() > T::EPSILON * (pp * qq).sqrt()) || pq.abs() < T::min_positive_value() {
        return None;
    }
    let zeta = (qq - pp) / (pq + pq);
    let tangent = zeta.signum() / (zeta.abs() + (T::one() + zeta * zeta).sqrt());
    let cosine = (T::one() + tangent * tangent).sqrt().recip();
    Some((cosine, cosine * tangent))
}

fn rotate<T: Scalar>(a: &mut Mat<T>, (p, q): (usize, usize), (cosine, sine): (T, T)) {
    let rows = a.rows();
    let (before, after) = a.data_mut().split_at_mut(q * rows);
    let columns = before[p * rows..][..rows].iter_mut().zip(after);
    for (x, y) in columns {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}

#[cfg(test)]
mod tests {
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
