//! One-sided Jacobi SVD (Golub, Van Loan, *Matrix Computations*, 4th ed., §8.6.3).

use leastwise_core::factor::QrFactors;
use leastwise_core::norm::euclidean;
use leastwise_core::{Error, Mat, Result, Svd, jacobi, verify};

use crate::columns::{dot, rotate};
use crate::householder::Householder;
use crate::simd::Real;

/// Convergence is quadratic. Matrices of hundreds of columns need about ten sweeps.
const SWEEPS: usize = 60;

/// Rotates pairs of columns of A until all are orthogonal: A·V = U·Σ. Errors name `engine`.
pub(crate) fn svd<R: Real>(engine: &'static str, mut a: Mat<R>) -> Result<Svd<R>> {
    let n = a.cols();
    let mut v = Mat::identity(n);
    // Shorter columns are rounding errors. Rotating them would change A by no more than rounding
    // does.
    let negligible = R::EPSILON / R::of(n as f64) * a.frobenius_norm();
    if !(0..SWEEPS).any(|_| sweep(&mut a, &mut v, negligible) == 0) {
        return Err(Error::NoConvergence {
            operation: "svd",
            backend: engine,
        });
    }
    let s = (0..n).map(|j| euclidean(a.col(j))).collect();
    let mut svd = Svd { u: a, s, v };
    verify::sort_descending(&mut svd);
    // Dividing by the lengths would leave no U if they vanish. Q is orthogonal for every rank.
    let qr = Householder::new(svd.u, |_, _| ());
    let r = qr.r();
    let signs = Mat::from_fn(n, n, |i, j| {
        if i == j {
            r[(i, i)].signum()
        } else {
            R::zero()
        }
    });
    svd.u = qr.mul_q(signs)?;
    Ok(svd)
}

/// Visits every pair of columns once and returns how many had to be rotated.
fn sweep<R: Real>(a: &mut Mat<R>, v: &mut Mat<R>, negligible: R) -> usize {
    let n = a.cols();
    let tolerance = R::of((a.rows() as f64).sqrt()) * R::EPSILON;
    let mut rotated = 0;
    let mut lengths: Vec<R> = (0..n).map(|j| euclidean(a.col(j))).collect();
    for q in 1..n {
        for p in 0..q {
            let (alpha, beta, gamma) = (lengths[p], lengths[q], dot(a.col(p), a.col(q)));
            if alpha.min(beta) <= negligible || gamma.abs() <= tolerance * alpha * beta {
                continue;
            }
            let zeta = (beta / alpha - alpha / beta) / (gamma / alpha / beta * R::of(2.0));
            let (cosine, sine) = jacobi::rotation(zeta);
            for matrix in [&mut *a, &mut *v] {
                let (left, right) = matrix.data_mut().split_at_mut(q * n);
                rotate(&mut left[p * n..(p + 1) * n], &mut right[..n], cosine, sine);
            }
            (lengths[p], lengths[q]) = (euclidean(a.col(p)), euclidean(a.col(q)));
            rotated += 1;
        }
    }
    rotated
}
