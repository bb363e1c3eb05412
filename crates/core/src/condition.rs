//! Decides whether a triangular factor is well-conditioned enough to divide by it.
//!
//! For a rank-deficient matrix, rounding leaves the diagonal of an unpivoted R small but not zero.
//! σ_min(R) can be far smaller than any diagonal entry (Kahan's matrix). A test of the diagonal is
//! therefore not enough, and the decision uses an estimate of σ_min(R)/σ_max(R).

use crate::norm::{axpy, dot, euclidean};
use crate::power::exponent_above;
use crate::scaling::canonical_copy;
use crate::{Mat, Scalar};

/// Steps of inverse and of power iteration. Each costs 2n² operations. The start has a large part
/// in the wanted direction, so a few steps give the order of magnitude.
const ITERATIONS: usize = 4;

/// Whether 1/κ₂ of an n×n upper triangular R is estimated to exceed `threshold`: whether dividing by
/// R is safe.
///
/// One triangular solve accepts almost every well-conditioned R. Otherwise a few steps of inverse
/// and power iteration give the order of magnitude of σ_min and σ_max. A test of the diagonal is
/// not enough, because σ_min can be far smaller than any diagonal entry. NaN and a zero diagonal
/// entry are never accepted.
///
/// Source: N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), chapters 8
/// and 15.
///
/// ```
/// use leastwise_core::{Mat, is_well_conditioned};
/// let r = Mat::from_col_major(vec![1.0, 0.0, 1.0, 1e-12], 2, 2)?;
/// assert!(is_well_conditioned(&r, 1e-13) && !is_well_conditioned(&r, 1e-11));
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub fn is_well_conditioned<T: Scalar>(r: &Mat<T>, threshold: T) -> bool {
    if r.rows() != r.cols() || r.cols() == 0 {
        return false;
    }
    // If reciprocals and squares of the entries leave the range, those of the canonical copy do
    // not.
    let first = exponent_above(r[(0, 0)]);
    let safe = first.abs() < exponent_above(T::max_value()) / 4;
    if safe && r[(0, 0)].is_finite() {
        return check(r, r.cols(), threshold).is_ok();
    }
    canonical_copy("is_well_conditioned", "r", r.as_ref())
        .is_ok_and(|(r, _)| check(&r, r.cols(), threshold).is_ok())
}

/// Compares 1/κ₂ of the leading k×k block of an upper triangular R with `threshold`.
///
/// Returns `Err(estimate)` when it is at or below the threshold.
///
/// 1. |r_jj| bounds σ_min from above, and the norm of a column σ_max from below: a small ratio
///    refuses at once.
/// 2. ‖R⁻¹‖_∞ ≤ ‖M(R)⁻¹e‖_∞, M(R) the comparison matrix (Higham, *Accuracy and Stability of
///    Numerical Algorithms*, 2nd ed., Theorem 8.12): one triangular solve that can only
///    overestimate κ. Almost every well-conditioned factor is accepted here.
/// 3. Otherwise σ_min by inverse iteration on RᵀR from the start of Cline, Moler, Stewart and
///    Wilkinson (Golub, Van Loan, §3.5.4), and σ_max, of which ‖R‖_F is a bound, by power iteration
///    where that bound does not decide. The first stops as soon as the
///    answer is clear.
pub(crate) fn check<T: Scalar>(r: &Mat<T>, k: usize, threshold: T) -> Result<(), T> {
    let columns = r.data().chunks_exact(r.rows().max(1)).enumerate().take(k);
    let (mut smallest, mut largest) = (T::infinity(), T::zero());
    for d in columns.map(|(j, column)| column[j].abs()) {
        // Plain comparisons are one instruction each; Float::min has to treat NaN.
        smallest = if d < smallest { d } else { smallest };
        largest = if d > largest { d } else { largest };
    }
    if smallest <= threshold * largest || largest == T::zero() {
        let ratio = if largest == T::zero() {
            T::zero()
        } else {
            smallest / largest
        };
        return Err(ratio);
    }
    let norm = frobenius_norm(r, k);
    if lower_bound(r, k, norm) > threshold {
        return Ok(());
    }
    let smallest = smallest_singular_value(r, k, T::of(CLEARLY) * threshold * norm);
    if smallest / norm > threshold {
        return Ok(());
    }
    let estimate = smallest / largest_singular_value(r, k);
    if estimate > threshold {
        Ok(())
    } else {
        Err(estimate.max(T::zero()))
    }
}

fn frobenius_norm<T: Scalar>(r: &Mat<T>, k: usize) -> T {
    if k == r.cols() {
        return euclidean(r.data());
    }
    let columns = (0..k).map(|j| euclidean(&r.col(j)[..=j]));
    columns.fold(T::zero(), T::hypot)
}

/// A lower bound of 1/κ₂: 1 / (‖R‖_F · √k · ‖M(R)⁻¹e‖_∞).
fn lower_bound<T: Scalar>(r: &Mat<T>, k: usize, norm: T) -> T {
    // A small R is asked about at every step of an optimiser, where an allocation is a tenth of the cost.
    let (mut few, mut many) = ([T::one(); 16], Vec::new());
    let inverse_row_sums = if k <= few.len() {
        &mut few[..k]
    } else {
        many.resize(k, T::one());
        &mut many[..]
    };
    let mut largest = T::zero();
    for j in (0..k).rev() {
        let (column, rjj) = (&r.col(j)[..j], r.col(j)[j]);
        let (above, below) = inverse_row_sums.split_at_mut(j);
        // The processor can compute the reciprocal before the sum; a quotient would have to wait
        // for it.
        let xj = below[0] * rjj.abs().recip();
        // With this comparison NaN is kept, and the bound proves nothing.
        largest = if xj <= largest { largest } else { xj };
        for (xi, rij) in above.iter_mut().zip(column) {
            *xi += rij.abs() * xj;
        }
    }
    (norm * T::of(k as f64).sqrt() * largest).recip()
}

/// An estimate of σ_max, from below, by power iteration on RᵀR from the column of largest norm.
pub(crate) fn largest_singular_value<T: Scalar>(r: &Mat<T>, k: usize) -> T {
    let column_norms: Vec<T> = (0..k).map(|j| euclidean(&r.col(j)[..=j])).collect();
    let mut x = column_norms.clone();
    let mut image = vec![T::zero(); k];
    let mut estimate = column_norms.into_iter().fold(T::zero(), T::max);
    for _ in 0..ITERATIONS {
        if !normalize(&mut x) {
            break;
        }
        image.fill(T::zero());
        for (j, &xj) in x.iter().enumerate() {
            axpy(xj, &r.col(j)[..=j], &mut image[..=j]);
        }
        estimate = estimate.max(euclidean(&image));
        for (j, xj) in x.iter_mut().enumerate() {
            *xj = dot(&r.col(j)[..=j], &image[..=j]);
        }
    }
    estimate
}

/// An estimate of σ_min this many times above the threshold is accepted at once. The start of Cline
/// et al. is seldom wrong by more than a factor of 10 (N. Higham, *A survey of condition number
/// estimation for triangular matrices*, SIAM Rev. 29 (1987)), and the iteration only improves on
/// it.
const CLEARLY: f64 = 1e3;

/// An estimate of σ_min from above, or zero if the iteration leaves the range of `T`. The iteration
/// stops once the estimate is above `clearly`.
fn smallest_singular_value<T: Scalar>(r: &Mat<T>, k: usize, clearly: T) -> T {
    // z = R⁻ᵀe with the signs of e chosen to make z grow.
    let mut z = vec![T::zero(); k];
    for j in 0..k {
        let column = &r.col(j)[..=j];
        let sum = dot(&column[..j], &z[..j]);
        let e = if sum > T::zero() { -T::one() } else { T::one() };
        z[j] = (e - sum) / column[j];
    }
    let mut estimate = T::infinity();
    for _ in 0..ITERATIONS {
        if !normalize(&mut z) {
            return T::zero();
        }
        // y = R⁻¹z, then z ← R⁻ᵀy; ‖z‖/‖R⁻¹z‖ ≥ σ_min.
        for j in (0..k).rev() {
            let column = &r.col(j)[..=j];
            z[j] /= column[j];
            let zj = z[j];
            axpy(-zj, &column[..j], &mut z[..j]);
        }
        let growth = euclidean(&z);
        if !growth.is_finite() {
            return T::zero();
        }
        estimate = estimate.min(growth.recip());
        if estimate > clearly {
            return estimate;
        }
        if !normalize(&mut z) {
            return T::zero();
        }
        for j in 0..k {
            let column = &r.col(j)[..=j];
            let sum = dot(&column[..j], &z[..j]);
            z[j] = (z[j] - sum) / column[j];
        }
    }
    estimate
}

/// Scales `x` to norm 1. Returns false if that is not possible.
fn normalize<T: Scalar>(x: &mut [T]) -> bool {
    let norm = euclidean(x);
    if norm == T::zero() || !norm.is_finite() {
        return false;
    }
    for xi in x {
        *xi /= norm;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kahan's matrix: diagonal sᵏ, −c·sᵏ right of it; its σ_min is far below its last diagonal
    /// entry (Golub, Van Loan, §5.4.3).
    fn kahan(n: usize, angle: f64) -> Mat<f64> {
        let (s, c) = angle.sin_cos();
        Mat::from_fn(n, n, |i, j| {
            let scale = s.powi(i32::try_from(i).unwrap());
            match i.cmp(&j) {
                std::cmp::Ordering::Equal => scale,
                std::cmp::Ordering::Less => -c * scale,
                std::cmp::Ordering::Greater => 0.0,
            }
        })
    }

    #[test]
    fn kahan_is_refused_although_its_diagonal_is_harmless() {
        let r = kahan(90, 1.2);
        assert!(r[(89, 89)] > 1e-3);
        // ‖R⁻¹‖ ≥ the entry (1, n) of R⁻¹, c(1 + c)^(n−2)/s^(n−1) in closed form.
        let (s, c) = 1.2f64.sin_cos();
        let inverse_norm = c * (1.0 + c).powi(88) / s.powi(89);
        let estimate = check(&r, 90, 1e-3).unwrap_err();
        assert!(
            estimate <= 1.0 / inverse_norm,
            "{estimate:e} against {:e}",
            1.0 / inverse_norm
        );
        assert!(check(&r, 90, 1e-16).is_ok());
    }

    #[test]
    fn a_power_of_two_does_not_change_the_condition() {
        let r = Mat::from_fn(3, 3, |i, j| f64::from(u8::from(i <= j)) * (1.0 + i as f64));
        for power in [-1022, -1000, -600, -300, 0, 300, 600, 1000, 1020] {
            let scaled = Mat::from_fn(3, 3, |i, j| r[(i, j)] * 2f64.powi(power));
            assert!(is_well_conditioned(&scaled, 0.05), "2^{power}");
            assert!(!is_well_conditioned(&scaled, 0.5), "2^{power}");
        }
    }

    #[test]
    fn the_identity_has_condition_one() {
        assert!(check(&Mat::<f32>::identity(7), 7, 0.99).is_ok());
        assert!(check(&Mat::<f32>::zeros(7, 7), 7, 1e-6).is_err());
    }

    #[test]
    fn a_zero_or_a_rounding_error_on_the_diagonal_is_refused() {
        for last in [0.0, 1e-17, -1e-17] {
            let mut r = Mat::from_fn(5, 5, |i, j| if i <= j { 1.0 } else { 0.0 });
            r[(4, 4)] = last;
            assert!(check(&r, 5, 5.0 * f64::EPSILON).is_err());
            assert!(check(&r, 4, 5.0 * f64::EPSILON).is_ok());
        }
    }
}
