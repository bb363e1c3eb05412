//! The linear model in scaled variables, from the R of one factorisation.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, Result, Scalar, Svd, Workspace, is_well_conditioned};

use crate::scratch;

use super::damped::Damped;
use super::secular::{self, DampedModel, Undamped};

/// ‖R·y + c‖² over y ∈ ℝⁿ, where R is n×n and upper triangular.
#[derive(Clone, Debug)]
pub(super) struct Model<T> {
    /// Zero below the diagonal.
    r: Mat<T>,
    c: Vec<T>,
    /// The last computed minimiser. It is in the basis V if `deficient`.
    y: Vec<T>,
    /// The undamped minimiser y(0).
    undamped: Vec<T>,
    undamped_norm: T,
    /// The triangle of R and the last λ > 0.
    damped: Damped<T>,
    work: Vec<T>,
    /// R = U·diag(s)·Vᵀ and Uᵀ·c, if R is rank-deficient.
    svd: Svd<T>,
    image: Vec<T>,
    /// The matrix that the SVD overwrites.
    copy: Mat<T>,
    workspace: Workspace,
    deficient: bool,
    promised: T,
    complete: bool,
    lambda: T,
}

/// A factorisation of [B r], with the columns of B and r scaled to length 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factored<'a, T> {
    /// R in the upper triangle.
    pub(super) triangle: &'a Mat<T>,
    /// The original lengths of the columns of B.
    pub(super) column_norms: &'a [T],
    /// ‖r‖.
    pub(super) residual_norm: T,
}

impl<T: Scalar> Model<T> {
    pub(super) fn new() -> Self {
        Self {
            r: Mat::default(),
            c: Vec::new(),
            y: Vec::new(),
            undamped: Vec::new(),
            undamped_norm: T::zero(),
            damped: Damped::new(),
            work: Vec::new(),
            svd: Svd::default(),
            image: Vec::new(),
            copy: Mat::default(),
            workspace: Workspace::default(),
            deficient: false,
            promised: T::zero(),
            complete: true,
            lambda: T::zero(),
        }
    }

    /// Sets the model to B·D⁻¹ for D = diag(`scaling`), and computes y(0). The rank is that of B with columns
    /// of length 1. Its singular values at or below `rcond` times the largest are treated as zero.
    pub(super) fn start<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        factored: Factored<'_, T>,
        scaling: impl Iterator<Item = T>,
        rcond: T,
    ) -> Result<()> {
        self.take(factored);
        if self.c.is_empty() {
            (self.deficient, self.complete) = (false, true);
            (self.promised, self.undamped_norm) = (T::zero(), T::zero());
            return Ok(());
        }
        // The lengths of columns do not affect back substitution, and the rank must not depend on them.
        self.deficient = !is_well_conditioned(&self.r, rcond);
        self.promised = dot(&self.c, &self.c);
        let mut rank = self.c.len();
        if self.deficient {
            rank = self.decompose(backend, rcond)?;
            self.promised = dot(&self.image[..rank], &self.image[..rank]);
        }
        for (j, (&norm, d)) in factored.column_norms.iter().zip(scaling).enumerate() {
            let factor = norm / d;
            for entry in &mut self.r.col_mut(j)[..=j] {
                *entry *= factor;
            }
        }
        self.complete = true;
        if self.deficient {
            let kept = self.decompose(backend, rcond)?;
            self.complete = kept == rank;
            self.y.fill(T::zero());
            let terms = self.svd.s.iter().zip(&self.image).take(kept);
            for (yi, (&si, &ci)) in self.y.iter_mut().zip(terms) {
                *yi = -ci / si;
            }
        } else {
            self.solve_with_r();
        }
        self.undamped.copy_from_slice(&self.y);
        self.undamped_norm = euclidean(&self.y);
        Ok(())
    }

    /// ‖y(0)‖.
    pub(super) fn undamped_norm(&self) -> T {
        self.undamped_norm
    }

    /// Computes y(λ) with ‖y(λ)‖ ≤ `radius`, within 10 % if λ > 0, from a guess of λ. Returns λ.
    pub(super) fn solve_within(&mut self, radius: T, lambda: T) -> T {
        let limit = radius + T::of(secular::TOLERANCE) * radius;
        self.lambda = T::zero();
        self.y.copy_from_slice(&self.undamped);
        if self.undamped_norm > limit {
            let undamped = Undamped {
                norm: self.undamped_norm,
                slope: (!self.deficient).then(|| self.slope_of_r()),
                gradient: self.gradient_norm(),
            };
            if !self.deficient {
                self.damped.set(&self.r, &self.c);
            }
            secular::search(self, undamped, radius, lambda);
        }
        self.lambda
    }

    /// Writes the coordinates of the last computed y.
    pub(super) fn coordinates(&self, y: &mut [T]) {
        if !self.deficient {
            y.copy_from_slice(&self.y);
            return;
        }
        y.fill(T::zero());
        for (k, &yk) in self.y.iter().enumerate() {
            for (yi, &vi) in y.iter_mut().zip(self.svd.v.col(k)) {
                *yi += vi * yk;
            }
        }
    }

    /// R and c.
    pub(super) fn parts(&self) -> (&Mat<T>, &[T]) {
        (&self.r, &self.c)
    }

    /// −cᵀR·y and ‖c‖² − ‖R·y + c‖² for a y that is not a y(λ).
    pub(super) fn descent_and_reduction(&mut self, y: &[T]) -> (T, T) {
        self.work.fill(T::zero());
        for (j, &yj) in y.iter().enumerate() {
            for (w, &rij) in self.work.iter_mut().zip(&self.r.col(j)[..=j]) {
                *w += rij * yj;
            }
        }
        let descent = -dot(&self.c, &self.work);
        (descent, descent + descent - dot(&self.work, &self.work))
    }

    /// ‖c‖² − ‖R·y + c‖² for the last computed y, as ‖R·y‖² + 2λ·‖y‖², which does not cancel.
    pub(super) fn reduction(&mut self) -> T {
        if self.lambda == T::zero() && !self.deficient {
            return self.promised;
        }
        let damped = self.lambda * dot(&self.y, &self.y);
        self.work.fill(T::zero());
        if self.deficient {
            for ((w, &yi), &si) in self.work.iter_mut().zip(&self.y).zip(&self.svd.s) {
                *w = si * yi;
            }
        } else {
            for (j, &yj) in self.y.iter().enumerate() {
                let column = &self.r.col(j)[..=j];
                for (w, &rij) in self.work.iter_mut().zip(column) {
                    *w += rij * yj;
                }
            }
        }
        dot(&self.work, &self.work) + damped + damped
    }

    /// z ← (RᵀR + λI)⁻¹·z for the last λ. If R is rank-deficient and λ = 0, it uses the pseudoinverse. This
    /// is accurate enough for a correction.
    pub(super) fn solve_normal_equations(&mut self, z: &mut [T]) {
        if self.deficient {
            let largest = self.svd.s[0];
            for (w, (v, &s)) in self.work.iter_mut().zip((0..).zip(&self.svd.s)) {
                let product = dot(self.svd.v.col(v), z);
                let square = s * s + self.lambda;
                let vanishes = square <= (T::EPSILON * largest) * largest;
                *w = if vanishes {
                    T::zero()
                } else {
                    product / square
                };
            }
            z.fill(T::zero());
            for (v, &w) in self.work.iter().enumerate() {
                for (zi, &vi) in z.iter_mut().zip(self.svd.v.col(v)) {
                    *zi += vi * w;
                }
            }
        } else if self.lambda == T::zero() {
            for j in 0..z.len() {
                let column = self.r.col(j);
                z[j] = (z[j] - dot(&column[..j], &z[..j])) / column[j];
            }
            for j in (0..z.len()).rev() {
                let column = self.r.col(j);
                let zj = z[j] / column[j];
                z[j] = zj;
                for (zi, &rij) in z[..j].iter_mut().zip(column) {
                    *zi -= rij * zj;
                }
            }
        } else {
            self.damped.solve_normal_equations(z);
        }
    }

    /// ‖c‖² − min ‖R·y + c‖², the square of the part of c in the range of R. The lengths of the columns of R
    /// do not change it.
    pub(super) fn promised(&self) -> T {
        self.promised
    }

    /// Whether y(0) has as many directions as the rank of R.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// As [`TrustRegionStepSolver::weak_directions`](super::TrustRegionStepSolver::weak_directions), for
    /// columns of length 1.
    pub(super) fn weak_directions<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        tolerance: T,
    ) -> Result<Mat<T>> {
        let n = self.c.len();
        self.copy.reshape_for_overwrite(n, n);
        for j in 0..n {
            let norm = euclidean(self.r.col(j));
            let divisor = if norm > T::zero() { norm } else { T::one() };
            for (copy, &entry) in self.copy.col_mut(j).iter_mut().zip(self.r.col(j)) {
                *copy = entry / divisor;
            }
        }
        if n == 0 || is_well_conditioned(&self.copy, tolerance) {
            return Ok(Mat::zeros(n, 0));
        }
        let mut svd = Svd::default();
        backend.svd_overwriting(&mut self.copy, &mut svd, &mut self.workspace)?;
        let threshold = tolerance * svd.s[0];
        let strong = svd.s.iter().filter(|s| **s > threshold).count();
        Ok(Mat::from_fn(n, n - strong, |i, k| svd.v[(i, strong + k)]))
    }

    pub(super) fn is_rank_deficient(&self) -> bool {
        self.deficient
    }

    fn take(&mut self, factored: Factored<'_, T>) {
        let n = factored.column_norms.len();
        if self.c.len() != n {
            self.allocate(n);
        }
        let rows = factored.triangle.rows();
        let columns = factored.triangle.data().chunks_exact(rows);
        let copies = self.r.data_mut().chunks_exact_mut(n.max(1));
        for (j, (copy, column)) in copies.zip(columns).enumerate() {
            for (entry, &value) in copy[..=j].iter_mut().zip(column) {
                *entry = value;
            }
        }
        let image_of_residual = factored.triangle.col(n);
        for (c, &image) in self.c.iter_mut().zip(image_of_residual) {
            *c = image * factored.residual_norm;
        }
        self.lambda = T::zero();
    }

    fn allocate(&mut self, n: usize) {
        self.r.reshape_for_overwrite(n, n);
        self.r.data_mut().fill(T::zero());
        for v in [&mut self.c, &mut self.y, &mut self.work, &mut self.undamped] {
            scratch::refill(v, n, T::zero());
        }
    }

    /// ‖Rᵀ·c‖.
    fn gradient_norm(&mut self) -> T {
        for (j, w) in self.work.iter_mut().enumerate() {
            *w = dot(&self.r.col(j)[..=j], &self.c[..=j]);
        }
        euclidean(&self.work)
    }

    /// Computes the SVD, and returns the rank.
    fn decompose<B: Backend<T> + ?Sized>(&mut self, backend: &B, rcond: T) -> Result<usize> {
        self.copy
            .reshape_for_overwrite(self.r.rows(), self.r.cols());
        self.copy.data_mut().copy_from_slice(self.r.data());
        backend.svd_overwriting(&mut self.copy, &mut self.svd, &mut self.workspace)?;
        self.image.resize(self.c.len(), T::zero());
        for (k, image) in self.image.iter_mut().enumerate() {
            *image = dot(self.svd.u.col(k), &self.c);
        }
        let threshold = rcond * self.svd.s[0];
        Ok(self.svd.s.iter().filter(|s| **s > threshold).count())
    }

    /// y ← −R⁻¹·c.
    fn solve_with_r(&mut self) {
        for (yi, &ci) in self.y.iter_mut().zip(&self.c) {
            *yi = -ci;
        }
        let columns = self.r.data().chunks_exact(self.y.len()).enumerate();
        for (j, column) in columns.rev() {
            let (rest, solved) = self.y[..=j].split_at_mut(j);
            solved[0] /= column[j];
            for (yi, &rij) in rest.iter_mut().zip(column) {
                *yi -= rij * solved[0];
            }
        }
    }

    /// d‖y‖/dλ = −‖R⁻ᵀ·y‖²/‖y‖ at y(0): Moré (1978), eq. (5.8).
    fn slope_of_r(&mut self) -> T {
        let norm = self.undamped_norm;
        for j in 0..self.y.len() {
            let column = self.r.col(j);
            let known = dot(&column[..j], &self.work[..j]);
            self.work[j] = (self.y[j] / norm - known) / column[j];
        }
        -norm * dot(&self.work, &self.work)
    }
}

impl<T: Scalar> DampedModel<T> for Model<T> {
    fn solve(&mut self, lambda: T) -> T {
        self.lambda = lambda;
        if self.deficient {
            for ((yi, &si), &ci) in self.y.iter_mut().zip(&self.svd.s).zip(&self.image) {
                *yi = -(si * ci) / (si * si + lambda);
            }
        } else {
            self.damped.eliminate(lambda);
            self.damped.solve(&mut self.y);
        }
        euclidean(&self.y)
    }

    fn slope(&mut self) -> T {
        if !self.deficient {
            return self.damped.slope(&self.y, &mut self.work);
        }
        let terms = self.y.iter().zip(&self.svd.s);
        let sum: T = terms
            .map(|(&yi, &si)| yi * (yi / (si * si + self.lambda)))
            .sum();
        -sum / euclidean(&self.y)
    }
}
