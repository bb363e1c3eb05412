//! The data in the coordinates of the singular vectors of X.

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Mat, MatRef, Result, Scalar};

use crate::TwoFactorProblem;

/// Let X = Q·S·Vᵀ have rank q, with S = diag(s). Then ‖W₁W₂X − Y‖² = ‖W₁(W₂Q)S − YV‖² + c.
///
/// Singular values of X at or below max(n, s)·ε·s₁ count as zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs<T> {
    /// Q, n×q.
    pub(super) basis: Mat<T>,
    /// The diagonal of S: q positive numbers in descending order.
    pub(super) s: Vec<T>,
    /// −Y·V, m×q.
    pub(super) negative_target: Mat<T>,
    /// ‖Y − YVVᵀ‖² and the constant of the problem.
    pub(super) constant: T,
}

impl<T: Scalar> Inputs<T> {
    pub(super) fn new<P, B>(backend: &B, problem: &P) -> Result<Self>
    where
        P: TwoFactorProblem<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let (x, y) = (problem.x(), problem.y());
        let svd = backend.svd(x)?;
        let largest = svd.s.first().copied().unwrap_or_else(T::zero);
        let count = T::of(x.rows().max(x.cols()) as f64);
        let threshold = count * T::EPSILON * largest;
        let rank = svd.s.partition_point(|&s| s > threshold);
        let v = svd.v.columns(0, rank);
        let mut target = Mat::zeros(y.rows(), rank);
        backend.matmul(T::one(), y, v, T::zero(), target.as_mut())?;
        let mut constant = problem.constant_norm();
        // A square V spans the whole space, so nothing remains.
        if rank < x.cols() {
            constant = constant.hypot(remainder(backend, y, v, &target)?);
        }
        target.data_mut().iter_mut().for_each(|t| *t = -*t);
        Ok(Self {
            basis: svd.u.columns(0, rank).to_mat(),
            s: svd.s[..rank].to_vec(),
            negative_target: target,
            constant: constant * constant,
        })
    }
}

/// ‖Y − (YV)·Vᵀ‖_F, computed from the difference itself. A difference of squares would cancel.
fn remainder<T: Scalar, B: Backend<T> + ?Sized>(
    backend: &B,
    y: MatRef<'_, T>,
    v: MatRef<'_, T>,
    target: &Mat<T>,
) -> Result<T> {
    let mut rest = y.to_mat();
    let target = target.as_ref();
    backend.matmul(-T::one(), target, v.transpose(), T::one(), rest.as_mut())?;
    Ok(euclidean(rest.data()))
}
