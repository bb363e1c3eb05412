//! One-sided Jacobi: rotations of pairs of columns that make them orthogonal.
//!
//! Sources: G. Golub, C. Van Loan, *Matrix Computations*, 4th ed., §8.6.3; J. Demmel, K. Veselić, *Jacobi's method is
//! more accurate than QR*, SIAM J. Matrix Anal. Appl. 13 (1992).

use crate::norm::dot;
use crate::{Mat, Scalar};

/// Visits every pair of columns of `images` = A·V once, and rotates the pairs whose cosine is above `tolerance` in both
/// matrices. Returns whether a pair was rotated.
///
/// Once no pair is rotated, the columns of `images` are U·Σ. Convergence is quadratic.
///
/// ```
/// use leastwise_core::{Mat, jacobi::orthogonalize, norm::{dot, euclidean}};
/// // A = [3 4; 0 5] has the singular values √45 and √5.
/// let mut images = Mat::from_col_major(vec![3.0, 0.0, 4.0, 5.0], 2, 2)?;
/// let mut v = Mat::identity(2);
/// while orthogonalize(&mut images, &mut v, f64::EPSILON) {}
/// assert!(dot(images.col(0), images.col(1)).abs() < 1e-14);
/// assert!((euclidean(images.col(0)) * euclidean(images.col(1)) - 15.0).abs() < 1e-13);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub fn orthogonalize<T: Scalar>(images: &mut Mat<T>, v: &mut Mat<T>, tolerance: T) -> bool {
    let mut has_rotated = false;
    for p in 0..v.cols() {
        for q in p + 1..v.cols() {
            let (a, b) = (images.col(p), images.col(q));
            let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
            // NaN ends the search, and so do products that underflow.
            let is_oblique = ab.abs() > tolerance * (aa * bb).sqrt();
            if !is_oblique || ab.abs() < T::min_positive_value() {
                continue;
            }
            let (cosine, sine) = rotation((bb - aa) / (ab + ab));
            rotate(images, (p, q), cosine, sine);
            rotate(v, (p, q), cosine, sine);
            has_rotated = true;
        }
    }
    has_rotated
}

/// Cosine and sine of the rotation that makes columns a and b orthogonal, for ζ = (‖b‖² − ‖a‖²)/(2·aᵀb). The columns
/// become c·a − s·b and s·a + c·b.
pub fn rotation<T: Scalar>(zeta: T) -> (T, T) {
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(T::one()));
    let cosine = tangent.hypot(T::one()).recip();
    (cosine, cosine * tangent)
}

fn rotate<T: Scalar>(a: &mut Mat<T>, (p, q): (usize, usize), cosine: T, sine: T) {
    let rows = a.rows();
    let (left, right) = a.data_mut().split_at_mut(q * rows);
    let pairs = left[p * rows..][..rows].iter_mut().zip(right);
    for (x, y) in pairs {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}
