//! One-sided Jacobi SVD (Golub, Van Loan, *Matrix Computations*, 4th ed., §8.6.3).

use leastwise_core::factor::QrFactors;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Error, Mat, Result, Scalar, Svd};

use crate::householder::Householder;

/// Convergence is quadratic. Matrices of hundreds of columns need about ten sweeps.
const SWEEPS: usize = 60;

/// Rotates pairs of columns of A until all are orthogonal: A·V = U·Σ.
pub(crate) fn svd<T: Scalar>(mut a: Mat<T>) -> Result<Svd<T>> {
    let n = a.cols();
    let mut v = Mat::identity(n);
    // Shorter columns are rounding errors. Rotating them would change A by no more than rounding
    // does.
    let negligible = T::EPSILON / T::of(n as f64) * a.frobenius_norm();
    if !(0..SWEEPS).any(|_| sweep(&mut a, &mut v, negligible) == 0) {
        return Err(Error::NoConvergence {
            operation: "svd",
            backend: "plain",
        });
    }
    let lengths: Vec<T> = (0..n).map(|j| euclidean(a.col(j))).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| {
        lengths[j]
            .partial_cmp(&lengths[i])
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let sorted = |a: &Mat<T>| Mat::from_fn(n, n, |i, j| a[(i, order[j])]);
    // Dividing by the lengths would leave no U if they vanish. Q is orthogonal for every rank.
    let qr = Householder::new(sorted(&a), |_, _| ());
    let sign = qr.r();
    let signs = Mat::from_fn(n, n, |i, j| {
        if i == j {
            sign[(i, i)].signum()
        } else {
            T::zero()
        }
    });
    let s = order.iter().map(|&j| lengths[j]).collect();
    Ok(Svd {
        u: qr.mul_q(signs)?,
        s,
        v: sorted(&v),
    })
}

/// Visits every pair of columns once and returns how many had to be rotated.
fn sweep<T: Scalar>(a: &mut Mat<T>, v: &mut Mat<T>, negligible: T) -> usize {
    let tolerance = T::of((a.rows() as f64).sqrt()) * T::EPSILON;
    let mut rotated = 0;
    for q in 1..a.cols() {
        for p in 0..q {
            let (x, y) = (a.col(p), a.col(q));
            let (alpha, beta, gamma) = (euclidean(x), euclidean(y), dot(x, y));
            if alpha.min(beta) <= negligible || gamma.abs() <= tolerance * alpha * beta {
                continue;
            }
            let zeta = (beta / alpha - alpha / beta) / (T::of(2.0) * (gamma / alpha / beta));
            let t = (zeta.abs() + zeta.hypot(T::one())).recip().copysign(zeta);
            let c = t.hypot(T::one()).recip();
            for matrix in [&mut *a, &mut *v] {
                rotate(matrix, p, q, c, c * t);
            }
            rotated += 1;
        }
    }
    rotated
}

/// (aₚ, a_q) ← (c·aₚ − s·a_q, s·aₚ + c·a_q).
fn rotate<T: Scalar>(a: &mut Mat<T>, p: usize, q: usize, c: T, s: T) {
    let n = a.rows();
    let (left, right) = a.data_mut().split_at_mut(q * n);
    for (x, y) in left[p * n..(p + 1) * n].iter_mut().zip(right) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}
