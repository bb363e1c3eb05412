//! The problem in α that remains if c follows from α.
//!
//! With Q·Qᵀ the projector on the range of Φ(α), the residual is r(α) = Φ·c − y = −(I − Q·Qᵀ)·y. Column j of the Jacobian
//! is (I − Q·Qᵀ)·(∂Φ/∂αⱼ)·c. It leaves out a term within the range of Φ, which changes neither the gradient nor the
//! step that minimises the linear model, because r is orthogonal to that range.
//!
//! Source: L. Kaufman, *A variable projection method for solving separable nonlinear least squares problems*, BIT 15
//! (1975); D. P. O'Leary, B. W. Rust, *Variable projection for nonlinear least squares problems*, Computational
//! Optimization and Applications 54 (2013).

use std::sync::atomic::{AtomicU64, Ordering};

use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, Error, Mat, MatMut, Result, Scalar};

use super::design::Design;
use super::projection::Projection;
use crate::levenberg_marquardt::Quality;
use crate::scratch::Scratch;
use crate::{Bounds, LeastSquaresProblem, check};

const OPERATION: &str = "Separable";

/// The residual as a function of α.
pub(super) struct Reduced<'s, T: Scalar> {
    design: &'s Design<'s, T>,
    /// Φ(α), m×p, column by column, with its derivatives.
    functions: &'s dyn LeastSquaresProblem<T>,
    backend: &'s dyn Backend<T>,
    bounds: Option<Bounds<T>>,
    /// y in units of its standard deviations.
    data: Vec<T>,
    /// Its norm.
    size: T,
    here: Scratch<Here<T>>,
    /// By how much the projection increased the relative error of a column of the last Jacobian, as the bits of a f64.
    growth: AtomicU64,
}

/// What is known about the last point.
#[derive(Default)]
pub(super) struct Here<T> {
    alpha: Vec<T>,
    /// Φ, m×p.
    pub(super) phi: Mat<T>,
    /// One for each block of sets. Empty if Φ is not finite.
    projections: Vec<Projection<T>>,
    /// C, p×s.
    pub(super) coefficients: Mat<T>,
    /// ∂Φ/∂α, (m·p)×q.
    pub(super) derivatives: Mat<T>,
    /// A column, and its parts in the range of Φ.
    column: Vec<T>,
    parts: Vec<T>,
}

impl<T: Scalar> Here<T> {
    /// Whether Φ is finite there.
    pub(super) fn is_finite(&self) -> bool {
        !self.projections.is_empty()
    }
}

/// The largest powers of two by which a parameter without effect is multiplied, after 1 to 64.
const FAR: [i32; 4] = [100, 240, 640, 1000];

/// A column of J is a difference of terms. Above this relative error it says nothing about the last digits of α.
const LARGEST_ERROR: f64 = 1e-6;

impl<'s, T: Scalar> Reduced<'s, T> {
    pub(super) fn new(
        design: &'s Design<'s, T>,
        functions: &'s dyn LeastSquaresProblem<T>,
        backend: &'s dyn Backend<T>,
        bounds: Option<Bounds<T>>,
    ) -> Self {
        let data = design.weighted_data();
        Self {
            design,
            functions,
            backend,
            bounds,
            size: euclidean(&data),
            data,
            here: Scratch::default(),
            growth: AtomicU64::new(1f64.to_bits()),
        }
    }

    pub(super) fn design(&self) -> &'s Design<'s, T> {
        self.design
    }

    /// Evaluates Φ, C, ∂Φ/∂α and r at `alpha`.
    pub(super) fn evaluated(&self, alpha: &[T], r: &mut [T]) -> Result<Here<T>> {
        let mut here = Here::default();
        self.project(alpha, &mut here, r)?;
        if here.is_finite() {
            self.differentiate(alpha, Quality::Full, None, &mut here)?;
        }
        Ok(here)
    }

    /// Whether the residual is rounding, compared with y.
    pub(super) fn is_solved(&self, root_of_loss: T) -> bool {
        let rounding = T::of(8.0 * (self.data.len() as f64).sqrt()) * T::EPSILON;
        root_of_loss <= rounding * self.size
    }

    /// Whether Φ does not react to a parameter here, but is another one far away. A parameter that no function reads is
    /// not on a plateau.
    pub(super) fn is_on_plateau(&self, alpha: &[T], here: &Here<T>) -> Result<bool> {
        let mut point = alpha.to_vec();
        let mut phi = vec![T::nan(); here.phi.data().len()];
        let is_silent = |&j: &usize| {
            here.derivatives
                .col(j)
                .iter()
                .all(|&entry| entry == T::zero())
        };
        let limits = |j: usize| {
            let bounds = self.bounds.as_ref();
            bounds.map(|bounds| (bounds.lower()[j], bounds.upper()[j]))
        };
        for j in (0..alpha.len()).filter(is_silent) {
            let powers = (1..64).chain(FAR);
            let far = powers.flat_map(|power| [power, -power]);
            for power in far {
                let factor = T::of(2.0).powi(power);
                let moved = if alpha[j] == T::zero() {
                    factor
                } else {
                    alpha[j] * factor
                };
                let is_inside = limits(j).is_none_or(|(low, high)| low <= moved && moved <= high);
                if !(is_inside && moved.is_finite()) {
                    continue;
                }
                point[j] = moved;
                self.functions.residual(&point, &mut phi)?;
                let mut pairs = phi.iter().zip(here.phi.data());
                if pairs.any(|(there, here)| there.is_finite() && there != here) {
                    return Ok(true);
                }
            }
            point[j] = alpha[j];
        }
        Ok(false)
    }

    /// A relative error of ∂Φ/∂α, increased by what the last projection cancelled.
    fn grown(&self, error: T) -> T {
        let growth = f64::from_bits(self.growth.load(Ordering::Relaxed));
        let grown = T::of(growth) * error;
        grown.min(error.max(T::of(LARGEST_ERROR)))
    }

    /// The numbers of the sets of a block.
    fn sets(&self, block: usize) -> std::ops::Range<usize> {
        let count = self.design.sets_per_block();
        block * count..(block + 1) * count
    }

    fn project(&self, alpha: &[T], here: &mut Here<T>, r: &mut [T]) -> Result<()> {
        let (m, p, sets) = (self.design.rows, self.design.linear, self.design.sets());
        check::entries(OPERATION, "r", m * sets, r.len())?;
        here.alpha.clear();
        here.projections.clear();
        here.phi.reshape_for_overwrite(m, p);
        here.coefficients.reshape_for_overwrite(p, sets);
        here.parts.resize(p, T::zero());
        self.functions.residual(alpha, here.phi.data_mut())?;
        for (ri, &y) in r.iter_mut().zip(&self.data) {
            *ri = -y;
        }
        for block in 0..sets / self.design.sets_per_block() {
            let mut phi = here.phi.clone();
            self.design.weigh(phi.data_mut(), block);
            if !phi.data().iter().all(|entry| entry.is_finite()) {
                here.projections.clear();
                r.fill(T::nan());
                break;
            }
            let projection = Projection::new(self.backend, phi)?;
            for set in self.sets(block) {
                let parts = &mut here.parts[..projection.rank()];
                projection.remove(&mut r[set * m..][..m], parts);
                for part in parts.iter_mut() {
                    *part = -*part;
                }
                projection.coefficients(parts, here.coefficients.col_mut(set));
            }
            here.projections.push(projection);
        }
        here.alpha.extend_from_slice(alpha);
        Ok(())
    }

    fn differentiate(
        &self,
        alpha: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        here: &mut Here<T>,
    ) -> Result<()> {
        let (m, p) = (self.design.rows, self.design.linear);
        here.derivatives.reshape_for_overwrite(m * p, alpha.len());
        here.derivatives.data_mut().fill(T::nan());
        let bounds = bounds.or(self.bounds.as_ref());
        let derivatives = here.derivatives.as_mut();
        self.functions
            .jacobian_with(alpha, quality, bounds, derivatives)
    }

    /// Writes column j of J from derivatives of this relative error. Returns by how much it has increased.
    fn write_column(&self, here: &mut Here<T>, j: usize, error: T, column: &mut [T]) -> T {
        let m = self.design.rows;
        column.fill(T::zero());
        let mut terms = T::zero();
        for (k, derivative) in here.derivatives.col(j).chunks_exact(m).enumerate() {
            if derivative.iter().all(|&entry| entry == T::zero()) {
                continue;
            }
            for (block, projection) in here.projections.iter().enumerate() {
                here.column.clear();
                here.column.extend_from_slice(derivative);
                self.design.weigh(&mut here.column, block);
                let length = euclidean(&here.column);
                projection.remove(&mut here.column, &mut here.parts);
                for set in self.sets(block) {
                    let factor = here.coefficients[(k, set)];
                    terms = terms.hypot(length * factor);
                    let target = &mut column[set * m..][..m];
                    for (entry, &d) in target.iter_mut().zip(&here.column) {
                        *entry += factor * d;
                    }
                }
            }
        }
        let length = euclidean(column);
        let n = (self.design.nonlinear + self.design.linear) as f64;
        // The column is within the range of Φ, as far as its error can tell.
        if length <= T::of(10.0 * n.sqrt()) * error * terms {
            column.fill(T::zero());
            return T::one();
        }
        (terms / length).max(T::one())
    }
}

impl<T: Scalar> LeastSquaresProblem<T> for Reduced<'_, T> {
    fn residuals(&self) -> usize {
        self.data.len()
    }

    fn parameters(&self) -> usize {
        self.design.nonlinear
    }

    fn bounds(&self) -> Option<&Bounds<T>> {
        self.bounds.as_ref()
    }

    fn term_norm(&self) -> T {
        self.size
    }

    /// That of differences, increased by what the projection cancels.
    fn jacobian_error(&self) -> T {
        self.grown(self.functions.jacobian_error())
    }

    fn draft_error(&self) -> Option<T> {
        self.functions.draft_error().map(|error| self.grown(error))
    }

    fn jacobian_evaluations(&self) -> usize {
        self.functions.jacobian_evaluations()
    }

    fn residual(&self, alpha: &[T], r: &mut [T]) -> Result<()> {
        let mut here = self.here.take();
        let outcome = self.project(alpha, &mut here, r);
        self.here.put_back(here);
        outcome
    }

    fn jacobian(&self, alpha: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.jacobian_with(alpha, Quality::Full, None, j)
    }

    fn jacobian_with(
        &self,
        alpha: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        mut j: MatMut<'_, T>,
    ) -> Result<()> {
        let size = (self.data.len(), self.design.nonlinear);
        check::size(OPERATION, "j", size, &j)?;
        let mut here = self.here.take();
        if here.alpha != alpha {
            self.project(alpha, &mut here, &mut vec![T::nan(); self.data.len()])?;
        }
        if !here.is_finite() {
            j.fill(T::nan());
            return Ok(());
        }
        self.differentiate(alpha, quality, bounds, &mut here)?;
        let error = match self.functions.draft_error() {
            Some(error) if !quality.is_full() => error,
            _ => self.functions.jacobian_error(),
        };
        let mut largest = T::one();
        for col in 0..size.1 {
            let Some(column) = j.try_col_mut(col) else {
                return Err(Error::Shape {
                    operation: OPERATION,
                    argument: "j",
                    detail: "must have contiguous columns".to_owned(),
                });
            };
            largest = largest.max(self.write_column(&mut here, col, error, column));
        }
        let growth = largest.as_f64().to_bits();
        self.growth.store(growth, Ordering::Relaxed);
        self.here.put_back(here);
        Ok(())
    }
}
