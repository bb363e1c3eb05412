//! Householder QR of a whole matrix, for an explicit Q and for pivoting (Golub, Van Loan, *Matrix
//! Computations*, 4th ed., §5.1, §5.2 and §5.4).

use leastwise_core::factor::QrFactors;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Result};

use crate::columns::apply_reflector;
use crate::simd::Real;

/// A = Q·R for a tall A. The reflectors are I − τ·v·vᵀ.
pub(crate) struct Householder<R> {
    r: Mat<R>,
    /// Column k is zero above row k, where it is 1.
    v: Mat<R>,
    tau: Vec<R>,
}

impl<R: Real> Householder<R> {
    /// Factorises, and calls `pivot(a, k)` before column k is reduced.
    pub(crate) fn new(mut a: Mat<R>, mut pivot: impl FnMut(&mut Mat<R>, usize)) -> Self {
        let (m, n) = (a.rows(), a.cols());
        let mut tau = Vec::with_capacity(n);
        let mut r = Mat::zeros(n, n);
        for k in 0..n {
            pivot(&mut a, k);
            let (beta, tau_k) = make_reflector(&mut a.col_mut(k)[k..]);
            tau.push(tau_k);
            let (done, rest) = a.data_mut().split_at_mut((k + 1) * m);
            apply_reflector(tau[k], &done[k * m + k..], rest, m, k);
            r[(k, k)] = beta;
        }
        for j in 0..n {
            let (above, _) = a.col_mut(j).split_at_mut(j);
            r.col_mut(j)[..j].copy_from_slice(above);
            above.fill(R::zero());
        }
        Self { r, v: a, tau }
    }

    /// B ← QᵀB = Hₙ⋯H₁·B.
    pub(crate) fn apply_transposed(&self, b: &mut Mat<R>) {
        (0..self.tau.len()).for_each(|k| self.apply(k, b));
    }

    fn apply(&self, k: usize, b: &mut Mat<R>) {
        let rows = b.rows();
        apply_reflector(self.tau[k], &self.v.col(k)[k..], b.data_mut(), rows, k);
    }
}

impl<R: Real> QrFactors<R> for Householder<R> {
    fn r(&self) -> Mat<R> {
        self.r.clone()
    }

    fn mul_q(&self, y: Mat<R>) -> Result<Mat<R>> {
        let mut x = Mat::zeros(self.v.rows(), y.cols());
        (0..y.cols()).for_each(|j| x.col_mut(j)[..y.rows()].copy_from_slice(y.col(j)));
        (0..self.tau.len())
            .rev()
            .for_each(|k| self.apply(k, &mut x));
        Ok(x)
    }
}

/// Replaces x by v with v₁ = 1, and returns β and τ such that (I − τ·v·vᵀ)·x = β·e₁.
fn make_reflector<R: Real>(x: &mut [R]) -> (R, R) {
    let length = euclidean(x);
    if length == R::zero() {
        x[0] = R::one();
        return (length, length);
    }
    // Quotients of subnormal numbers have lost their digits, and H would not be orthogonal. In a
    // matrix of equal rows, each reflector makes the rest smaller by about u.
    if length < R::min_positive_value() / R::EPSILON {
        let factor = R::min_positive_value().sqrt().recip();
        for xi in x.iter_mut() {
            *xi *= factor;
        }
        let (beta, tau) = reflector_of_length(x, euclidean(x));
        return (beta / factor, tau);
    }
    reflector_of_length(x, length)
}

fn reflector_of_length<R: Real>(x: &mut [R], length: R) -> (R, R) {
    let (lead, beta) = (x[0], -length.copysign(x[0]));
    x[1..].iter_mut().for_each(|xi| *xi /= lead - beta);
    x[0] = R::one();
    (beta, (beta - lead) / beta)
}

/// Overwrites the first `count` columns of A, which has at least as many rows, by R in the upper triangle, and multiplies the
/// others by Qᵀ. Blocks and vectors of the widest instructions do not pay for a small A.
pub(crate) fn triangularize<R: Real>(a: &mut Mat<R>, count: usize) {
    let m = a.rows();
    for k in 0..count {
        let (done, rest) = a.data_mut().split_at_mut((k + 1) * m);
        let v = &mut done[k * m + k..];
        let (beta, tau) = make_reflector(v);
        for column in rest.chunks_exact_mut(m) {
            let column = &mut column[k..];
            let w = tau * dot(v, column);
            for (entry, &vi) in column.iter_mut().zip(&*v) {
                *entry -= w * vi;
            }
        }
        v[0] = beta;
    }
}

/// The column from k on that is the longest from row k on.
pub(crate) fn longest_column<R: Real>(a: &Mat<R>, k: usize) -> usize {
    let mut longest = (k, R::zero());
    for j in k..a.cols() {
        let length = euclidean(&a.col(j)[k..]);
        if length > longest.1 {
            longest = (j, length);
        }
    }
    longest.0
}

pub(crate) fn swap_columns<R: Real>(a: &mut Mat<R>, i: usize, j: usize) {
    if i == j {
        return;
    }
    let rows = a.rows();
    let (left, right) = a.data_mut().split_at_mut(i.max(j) * rows);
    left[i.min(j) * rows..][..rows].swap_with_slice(&mut right[..rows]);
}
