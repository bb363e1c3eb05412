//! Orthonormal columns that span the functions of a model.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, Result, Scalar, is_well_conditioned};

use crate::power::{self, exponent};

/// The range of Φ (m×p), and the way from a projection to the coefficients.
#[derive(Clone, Debug)]
pub(super) struct Projection<T> {
    /// Q, m×r, orthonormal, where r is the rank of Φ.
    q: Mat<T>,
    inverse: Inverse<T>,
    /// Column k of Φ is 2^powers[k] times a column of length 1 to 2.
    powers: Vec<i32>,
}

/// How c follows from Qᵀ·y, for columns of length 1 to 2.
#[derive(Clone, Debug)]
enum Inverse<T> {
    /// R of full rank, p×p: R·c = Qᵀ·y.
    Triangle(Mat<T>),
    /// V and Σ of the significant singular values: c = V·Σ⁻¹·Qᵀ·y, the solution of minimum norm.
    Singular { v: Mat<T>, s: Vec<T> },
}

impl<T: Scalar> Projection<T> {
    /// The projection on the range of `phi`, which is finite and has at least as many rows as columns.
    pub(super) fn new(backend: &dyn Backend<T>, mut phi: Mat<T>) -> Result<Self> {
        let (m, p) = (phi.rows(), phi.cols());
        let powers: Vec<i32> = (0..p)
            .map(|k| {
                let power = exponent(euclidean(phi.col(k)));
                power::scale(phi.col_mut(k), -power);
                power
            })
            .collect();
        let threshold = T::of(m as f64) * T::EPSILON;
        let factors = backend.qr(phi.as_ref())?;
        let r = factors.r();
        if is_well_conditioned(&r, threshold) {
            return Ok(Self {
                q: factors.mul_q(Mat::identity(p))?,
                inverse: Inverse::Triangle(r),
                powers,
            });
        }
        let svd = backend.svd(phi.as_ref())?;
        let is_significant = |&&s: &&T| s > threshold * svd.s[0];
        let rank = svd.s.iter().take_while(is_significant).count();
        Ok(Self {
            q: Mat::from_fn(m, rank, |i, j| svd.u[(i, j)]),
            inverse: Inverse::Singular {
                v: Mat::from_fn(p, rank, |i, j| svd.v[(i, j)]),
                s: svd.s[..rank].to_vec(),
            },
            powers,
        })
    }

    /// r.
    pub(super) fn rank(&self) -> usize {
        self.q.cols()
    }

    /// y ← y − Q·Qᵀ·y. Returns Qᵀ·y in `parts`.
    pub(super) fn remove(&self, y: &mut [T], parts: &mut [T]) {
        for (part, k) in parts.iter_mut().zip(0..self.rank()) {
            *part = dot(self.q.col(k), y);
        }
        for (k, &part) in parts.iter().enumerate().take(self.rank()) {
            for (yi, &qi) in y.iter_mut().zip(self.q.col(k)) {
                *yi -= part * qi;
            }
        }
    }

    /// The coefficients from the r `parts` of y.
    pub(super) fn coefficients(&self, parts: &[T], c: &mut [T]) {
        match &self.inverse {
            Inverse::Triangle(r) => {
                c.copy_from_slice(parts);
                for k in (0..c.len()).rev() {
                    c[k] /= r[(k, k)];
                    let ck = c[k];
                    for (ci, &entry) in c[..k].iter_mut().zip(r.col(k)) {
                        *ci -= ck * entry;
                    }
                }
            }
            Inverse::Singular { v, s } => {
                c.fill(T::zero());
                for ((&part, &s), j) in parts.iter().zip(s).zip(0..) {
                    for (ci, &vi) in c.iter_mut().zip(v.col(j)) {
                        *ci += part / s * vi;
                    }
                }
            }
        }
        for (ck, &power) in c.iter_mut().zip(&self.powers) {
            *ck = power::times(*ck, -power);
        }
    }
}
