//! The linear model in scaled variables, from R of one factorisation.

use leastwise_core::norm::{dot, euclidean};
use leastwise_core::{Backend, Mat, Result, Scalar, Svd, Workspace, is_well_conditioned};

use super::secular::{DampedModel, Undamped};

/// ‖R·y + c‖² over y ∈ ℝⁿ, R n×n upper triangular.
#[derive(Clone, Debug)]
pub(super) struct Model<T> {
    r: Mat<T>,
    c: Vec<T>,
    /// The minimiser last solved for; in the basis V where `deficient`.
    y: Vec<T>,
    /// y(0)
    undamped: Vec<T>,
    /// Column k is row k of the triangle of [R; √λ·I].
    triangle: Mat<T>,
    work: Vec<T>,
    /// R = U·diag(s)·Vᵀ and Uᵀ·c, where R is rank-deficient.
    svd: Svd<T>,
    image: Vec<T>,
    workspace: Workspace,
    deficient: bool,
    promised: T,
    complete: bool,
    lambda: T,
}

impl<T: Scalar> Model<T> {
    pub(super) fn new() -> Self {
        Self {
            r: Mat::default(),
            c: Vec::new(),
            y: Vec::new(),
            undamped: Vec::new(),
            triangle: Mat::default(),
            work: Vec::new(),
            svd: Svd::default(),
            image: Vec::new(),
            workspace: Workspace::default(),
            deficient: false,
            promised: T::zero(),
            complete: true,
            lambda: T::zero(),
        }
    }

    /// Takes R·D⁻¹ and c, and goes to y(0). The rank is that of R with columns of length 1, whose
    /// singular values at or below `rcond` times the largest count as zero.
    pub(super) fn start<B: Backend<T> + ?Sized>(
        &mut self,
        backend: &B,
        r: Mat<T>,
        c: &[T],
        scaling: &[T],
        rcond: T,
    ) -> Result<Undamped<T>> {
        self.take(r, c);
        // Back substitution does not mind the lengths of columns, nor may the rank depend on them.
        for (j, norm) in self.work.iter_mut().enumerate() {
            *norm = euclidean(&self.r.col(j)[..=j]);
        }
        divide_columns(&mut self.r, self.work.iter().copied());
        self.deficient = !is_well_conditioned(&self.r, rcond);
        let mut rank = c.len();
        self.promised = dot(c, c);
        if self.deficient {
            rank = self.decompose(backend, rcond)?;
            self.promised = dot(&self.image[..rank], &self.image[..rank]);
        }
        let rescaling = self.work.iter().zip(scaling).map(|(&norm, &d)| d / norm);
        divide_columns(&mut self.r, rescaling);
        let gradient = self.gradient_norm();
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
            self.copy_triangle();
            self.y.copy_from_slice(&self.c);
            self.back_substitute();
        }
        self.undamped.clone_from(&self.y);
        let slope = (!self.deficient).then(|| self.slope_of_triangle());
        Ok(Undamped {
            norm: self.norm(),
            slope,
            gradient,
        })
    }

    /// Goes back to y(0).
    pub(super) fn solve_undamped(&mut self) {
        self.lambda = T::zero();
        self.y.copy_from_slice(&self.undamped);
    }

    /// ‖y‖ = ‖D·δ‖ for the y last solved for.
    pub(super) fn norm(&self) -> T {
        euclidean(&self.y)
    }

    /// ‖c‖² − ‖R·y + c‖² for the y last solved for: ‖R·y‖² + 2λ·‖y‖², which cancels nothing.
    pub(super) fn reduction(&mut self) -> T {
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

    /// Writes D⁻¹·y for the y last solved for.
    pub(super) fn unscaled(&self, scaling: &[T], delta: &mut [T]) {
        if self.deficient {
            delta.fill(T::zero());
            for (k, &yk) in self.y.iter().enumerate() {
                for (di, &vi) in delta.iter_mut().zip(self.svd.v.col(k)) {
                    *di += vi * yk;
                }
            }
        } else {
            delta.copy_from_slice(&self.y);
        }
        for (di, &scale) in delta.iter_mut().zip(scaling) {
            *di /= scale;
        }
    }

    /// ‖c‖² − min ‖R·y + c‖²: the square of the part of c in the range of R, which the lengths of its
    /// columns do not change.
    pub(super) fn promised(&self) -> T {
        self.promised
    }

    /// Whether y(0) has as many directions as R has rank.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn is_rank_deficient(&self) -> bool {
        self.deficient
    }

    fn take(&mut self, r: Mat<T>, c: &[T]) {
        let n = c.len();
        self.r = r;
        self.lambda = T::zero();
        self.c.clear();
        self.c.extend(c);
        self.y.resize(n, T::zero());
        self.work.resize(n, T::zero());
        self.image.resize(n, T::zero());
        self.triangle.reshape_for_overwrite(n, n);
    }

    fn gradient_norm(&mut self) -> T {
        for (j, w) in self.work.iter_mut().enumerate() {
            *w = dot(&self.r.col(j)[..=j], &self.c[..=j]);
        }
        euclidean(&self.work)
    }

    /// Returns the rank.
    fn decompose<B: Backend<T> + ?Sized>(&mut self, backend: &B, rcond: T) -> Result<usize> {
        let mut r = self.r.clone();
        backend.svd_overwriting(&mut r, &mut self.svd, &mut self.workspace)?;
        for (k, image) in self.image.iter_mut().enumerate() {
            *image = dot(self.svd.u.col(k), &self.c);
        }
        let threshold = rcond * self.svd.s[0];
        Ok(self.svd.s.iter().filter(|s| **s > threshold).count())
    }

    fn copy_triangle(&mut self) {
        for j in 0..self.c.len() {
            for (i, &entry) in self.r.col(j).iter().enumerate().take(j + 1) {
                self.triangle[(j, i)] = entry;
            }
        }
    }

    /// Givens rotations of [R; √λ·I] to a triangle and of [c; 0] with it: Moré (1978), section 3.
    fn eliminate(&mut self, lambda: T) {
        let n = self.c.len();
        self.y.copy_from_slice(&self.c);
        self.copy_triangle();
        for j in 0..n {
            self.work[j..].fill(T::zero());
            self.work[j] = lambda.sqrt();
            let mut below = T::zero();
            for k in j..n {
                let row = &mut self.triangle.col_mut(k)[k..];
                let Some((cosine, sine)) = rotation(row[0], self.work[k]) else {
                    continue;
                };
                for (upper, lower) in row.iter_mut().zip(&mut self.work[k..]) {
                    let rotated = cosine * *upper + sine * *lower;
                    *lower = cosine * *lower - sine * *upper;
                    *upper = rotated;
                }
                let rotated = cosine * self.y[k] + sine * below;
                below = cosine * below - sine * self.y[k];
                self.y[k] = rotated;
            }
        }
    }

    /// y ← −S⁻¹·y for the triangle S.
    fn back_substitute(&mut self) {
        for k in (0..self.y.len()).rev() {
            let (known, solved) = self.y.split_at_mut(k + 1);
            let row = &self.triangle.col(k)[k..];
            // What is solved has its sign already.
            known[k] = (-known[k] - dot(&row[1..], solved)) / row[0];
        }
    }

    /// d‖y‖/dλ = −‖S⁻ᵀ·y‖²/‖y‖ for the triangle S with SᵀS = RᵀR + λI: Moré (1978), eq. (5.8).
    fn slope_of_triangle(&mut self) -> T {
        let norm = euclidean(&self.y);
        for (w, &yi) in self.work.iter_mut().zip(&self.y) {
            *w = yi / norm;
        }
        for k in 0..self.work.len() {
            let row = &self.triangle.col(k)[k..];
            let (solved, rest) = self.work.split_at_mut(k + 1);
            solved[k] /= row[0];
            for (wi, &entry) in rest.iter_mut().zip(&row[1..]) {
                *wi -= entry * solved[k];
            }
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
            self.eliminate(lambda);
            self.back_substitute();
        }
        euclidean(&self.y)
    }

    fn slope(&mut self) -> T {
        if !self.deficient {
            return self.slope_of_triangle();
        }
        let terms = self.y.iter().zip(&self.svd.s);
        let sum: T = terms
            .map(|(&yi, &si)| yi * (yi / (si * si + self.lambda)))
            .sum();
        -sum / euclidean(&self.y)
    }
}

/// Columns of zeros stay.
fn divide_columns<T: Scalar>(r: &mut Mat<T>, divisors: impl Iterator<Item = T>) {
    for (j, divisor) in divisors.enumerate() {
        for entry in &mut r.col_mut(j)[..=j] {
            if *entry != T::zero() {
                *entry /= divisor;
            }
        }
    }
}

/// Cosine and sine of the rotation that brings (a, b) to (·, 0); none where b is zero already.
fn rotation<T: Scalar>(a: T, b: T) -> Option<(T, T)> {
    if b == T::zero() {
        return None;
    }
    let one = T::one();
    if a.abs() < b.abs() {
        let cotangent = a / b;
        let sine = (one + cotangent * cotangent).sqrt().recip();
        Some((sine * cotangent, sine))
    } else {
        let tangent = b / a;
        let cosine = (one + tangent * tangent).sqrt().recip();
        Some((cosine, cosine * tangent))
    }
}
