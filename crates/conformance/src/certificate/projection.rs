//! Least squares in a subspace, by refinement in double-double.

use leastwise_core::Mat;

use super::factors::Factors;
use super::long::{Long, ROUNDOFF, times, transposed_times};
use crate::wide::zero;

/// The refinement is tried only if σᵣ is at least this many times the error of the factors.
const SAFE: f64 = 16.0;
/// A limit on the steps. A refinement that contracts by a factor of 4 takes fewer.
const STEPS: usize = 60;
/// Corrections below this, relative to ‖b‖, do not change any figure.
const NEGLIGIBLE: f64 = 1e-26;

/// A or Aᵀ with its leading r singular vectors, approximately.
pub(super) struct Subspace<'a> {
    pub(super) a: &'a Mat<f64>,
    pub(super) factors: &'a Factors,
    pub(super) rank: usize,
    /// Aᵀ takes the place of A, and V that of U.
    pub(super) transposed: bool,
}

/// z and ρ with bounds of their errors.
pub(super) struct Solved {
    pub(super) z: Long,
    pub(super) rho: Long,
    pub(super) z_error: f64,
    pub(super) rho_error: f64,
}

impl Subspace<'_> {
    /// The z in the span of V₁ for which ρ = b − A·z is shortest: ρ + A·z = b, V₁ᵀAᵀρ = 0.
    ///
    /// Each step solves these equations for their residuals, with U₁·Σ₁·V₁ᵀ in place of A. The
    /// residuals are computed in double-double. A step contracts the error by a factor of at least
    /// 4, and the last correction bounds the remaining error. The result is `None` if σᵣ is too
    /// close to the error of the factors.
    ///
    /// Source: Å. Björck, *Iterative refinement of linear least squares solutions I*, BIT 7 (1967).
    pub(super) fn solve(&self, b: &Long) -> Option<Solved> {
        let f = self.factors;
        let (u, v) = if self.transposed {
            (&f.v, &f.u)
        } else {
            (&f.u, &f.v)
        };
        let mut solved = Solved {
            z: Long::zeros(v.rows()),
            rho: b.clone(),
            z_error: 0.0,
            rho_error: 0.0,
        };
        let Some(last) = self.rank.checked_sub(1) else {
            return Some(solved);
        };
        let smallest = f.s[last];
        if !(smallest > 0.0 && smallest >= SAFE * f.deviation()) {
            return None;
        }
        let size_of_b = b.norm();
        solved.rho = Long::zeros(b.len());
        // The residuals of the two equations.
        let (mut first, mut second) = (b.clone(), Long::zeros(v.rows()));
        let mut size_before = f64::INFINITY;
        for _ in 0..STEPS {
            let mut along = self.leading(u, &first.high);
            for (k, g) in self.leading(v, &second.high).into_iter().enumerate() {
                along[k] -= g / f.s[k];
            }
            let mut rho_step = first.high.clone();
            subtract_combination(u, &along, &mut rho_step);
            let mut z_step = vec![zero(); v.rows()];
            for (a, s) in along.iter_mut().zip(&f.s) {
                *a = -*a / s;
            }
            subtract_combination(v, &along, &mut z_step);
            solved.z.add(&z_step);
            solved.rho.add(&rho_step);
            let norms = [&rho_step, &z_step].map(|step| leastwise_core::norm::euclidean(step));
            let size = norms[0] + smallest * norms[1];
            let floor = self.rounding(&solved, size_of_b);
            solved.rho_error = 2.0 * (size + floor);
            solved.z_error = solved.rho_error / smallest;
            if !(size > NEGLIGIBLE * size_of_b && size < 0.5 * size_before) {
                break;
            }
            size_before = size;
            first = b.clone();
            first.subtract(&solved.rho);
            first.subtract(&self.forward(&solved.z));
            second = Long::zeros(v.rows());
            second.subtract(&self.backward(&solved.rho));
        }
        Some(solved)
    }

    /// The largest change of ρ by the rounding of the residuals.
    fn rounding(&self, solved: &Solved, size_of_b: f64) -> f64 {
        let (largest, smallest) = (self.factors.s[0], self.factors.s[self.rank - 1]);
        let terms = (self.a.rows() + self.a.cols()) as f64;
        let size = size_of_b + largest * solved.z.norm() + largest / smallest * solved.rho.norm();
        terms * ROUNDOFF * size
    }

    fn forward(&self, x: &Long) -> Long {
        if self.transposed {
            transposed_times(self.a, x)
        } else {
            times(self.a, x)
        }
    }

    fn backward(&self, y: &Long) -> Long {
        if self.transposed {
            times(self.a, y)
        } else {
            transposed_times(self.a, y)
        }
    }

    /// Q₁ᵀ·x
    fn leading(&self, q: &Mat<f64>, x: &[f64]) -> Vec<f64> {
        (0..self.rank).map(|k| dot(q.col(k), x)).collect()
    }
}

/// y ← y − Q·c
fn subtract_combination(q: &Mat<f64>, c: &[f64], y: &mut [f64]) {
    for (k, &ck) in c.iter().enumerate() {
        for (yi, &qi) in y.iter_mut().zip(q.col(k)) {
            *yi -= ck * qi;
        }
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (x_chunks, y_chunks) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest = x_chunks.remainder().iter().zip(y_chunks.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in x_chunks.zip(y_chunks) {
        for k in 0..LANES {
            sums[k] += a[k] * b[k];
        }
    }
    rest + sums.iter().sum::<f64>()
}
