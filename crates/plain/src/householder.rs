//! Householder QR (Golub, Van Loan, *Matrix Computations*, 4th ed., §5.1 and §5.2).

use leastwise_core::factor::QrFactors;
use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Mat, Result, Scalar};

/// A = Q·R for a tall A. R is stored on and above the diagonal and, below it, the vectors v of the
/// reflectors I − τ·v·vᵀ without their leading 1.
pub(crate) struct Householder<T> {
    packed: Mat<T>,
    tau: Vec<T>,
}

impl<T: Scalar> Householder<T> {
    /// Factorises, and calls `pivot(a, k)` before column k is reduced.
    pub(crate) fn new(mut a: Mat<T>, mut pivot: impl FnMut(&mut Mat<T>, usize)) -> Self {
        let m = a.rows();
        let mut tau = Vec::with_capacity(a.cols());
        for k in 0..a.cols() {
            pivot(&mut a, k);
            tau.push(make_reflector(&mut a.col_mut(k)[k..]));
            let (done, rest) = a.data_mut().split_at_mut((k + 1) * m);
            let v = &done[k * m + k + 1..];
            rest.chunks_exact_mut(m)
                .for_each(|column| reflect(tau[k], v, &mut column[k..]));
        }
        Self { packed: a, tau }
    }

    /// B ← QᵀB = Hₙ⋯H₁·B.
    pub(crate) fn apply_transposed(&self, b: &mut Mat<T>) {
        (0..self.tau.len()).for_each(|k| self.apply_reflector(k, b));
    }

    /// The remaining storage of A.
    pub(crate) fn into_storage(self) -> Vec<T> {
        self.packed.into_vec()
    }

    fn apply_reflector(&self, k: usize, b: &mut Mat<T>) {
        let v = &self.packed.col(k)[k + 1..];
        (0..b.cols()).for_each(|j| reflect(self.tau[k], v, &mut b.col_mut(j)[k..]));
    }
}

impl<T: Scalar> QrFactors<T> for Householder<T> {
    fn r(&self) -> Mat<T> {
        let n = self.packed.cols();
        Mat::from_fn(n, n, |i, j| {
            if i <= j {
                self.packed[(i, j)]
            } else {
                T::zero()
            }
        })
    }

    fn mul_q(&self, y: Mat<T>) -> Result<Mat<T>> {
        let fill = |i, j| if i < y.rows() { y[(i, j)] } else { T::zero() };
        let mut x = Mat::from_fn(self.packed.rows(), y.cols(), fill);
        (0..self.tau.len())
            .rev()
            .for_each(|k| self.apply_reflector(k, &mut x));
        Ok(x)
    }
}

/// Replaces x by (β, v₂, v₃, …) and returns τ such that (I − τ·v·vᵀ)·x = β·e₁.
fn make_reflector<T: Scalar>(x: &mut [T]) -> T {
    let norm = euclidean(x);
    if norm == T::zero() {
        return norm;
    }
    let (lead, beta) = (x[0], -norm.copysign(x[0]));
    x[1..].iter_mut().for_each(|xi| *xi /= lead - beta);
    x[0] = beta;
    (beta - lead) / beta
}

/// y ← (I − τ·v·vᵀ)·y.
fn reflect<T: Scalar>(tau: T, v: &[T], y: &mut [T]) {
    let scale = tau * (y[0] + dot(v, &y[1..]));
    y[0] -= scale;
    y[1..]
        .iter_mut()
        .zip(v)
        .for_each(|(yi, &vi)| *yi -= scale * vi);
}

/// The column from k on that is the longest below row k.
pub(crate) fn longest_column<T: Scalar>(a: &Mat<T>, k: usize) -> usize {
    let mut longest = (k, T::zero());
    for j in k..a.cols() {
        let length = euclidean(&a.col(j)[k..]);
        if length > longest.1 {
            longest = (j, length);
        }
    }
    longest.0
}

pub(crate) fn swap_columns<T: Scalar>(a: &mut Mat<T>, i: usize, j: usize) {
    (0..a.rows()).for_each(|row| {
        let (x, y) = (a[(row, i)], a[(row, j)]);
        (a[(row, i)], a[(row, j)]) = (y, x);
    });
}
