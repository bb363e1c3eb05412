//! A reference solution that is not computed from scratch. It uses verified factors of a library,
//! and refinement in double-double.
//!
//! 1. *Factors.* A ≈ U·diag(s)·Vᵀ of any library, in f64. ‖A − U·diag(s)·Vᵀ‖₂ and ‖QᵀQ − I‖₂ are
//!    bounded by products in double-double with random vectors. What a library reports about its
//!    own answer is not used.
//! 2. *Rank.* The singular values are right to the bounded error ε (Weyl). A rank is therefore
//!    certain if no singular value lies within ε of the limit that decides. Behind a gap, ‖A·N‖₂
//!    bounds them more closely, with N a basis of the null space that is free of the row space but
//!    for the square of its error.
//! 3. *Solution* of rank r. Refinement gives ρ and z in the span of V₁, with ρ + A·z = b and V₁ᵀAᵀρ
//!    = 0. The same refinement for Aᵀ then removes the part of z outside the row space. A·V₁ and
//!    Aᵀ·U₁ differ from the singular spaces only by an angle of ε/σᵣ·σᵣ₊₁/σᵣ. For full rank they do
//!    not differ.
//! 4. *Backward error*: the estimate of Karlson and Waldén from s, V and Aᵀr, the residual r in double-double.
//!
//! Every figure has bounds. If a limit lies between them, the verdict is open, and only
//! [`LeastSquaresTruth`](crate::LeastSquaresTruth) can decide. It takes O(n³) operations in
//! double-double about a hundred times, instead of O(m·n).
//!
//! Sources: [`Quality`]; G. W. Stewart, J. Sun, *Matrix Perturbation Theory* (1990), chapters IV and V.

mod factors;
mod long;
mod polish;
mod projection;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use leastwise_core::{Factorizations, Mat, MatRef};

use crate::bracket::Bracket;
use crate::least_squares::{Quality, exponent_of, scaled};
use crate::plain_sum::stable_backward_error;
use crate::verdict::{Figures, Truth};
use crate::wide::{Widen, nan_max};
use factors::Factors;
use long::{Long, times, transposed_times};
use projection::Subspace;

/// Bounds on the solution of min ‖A·X − B‖_F and on the figures of its answers, without an SVD in
/// extended precision.
///
/// ```
/// use leastwise_conformance::Certificate;
/// use leastwise_conformance::verdict::{self, Answer};
/// use leastwise_core::{LeastSquares, LstsqOptions, MatRef, Method};
/// let a = MatRef::from_col_major(&[1.0, 1.0, 1.0, 0.0, 1.0, 2.0], 3, 2)?;
/// let b = MatRef::from_column(&[1.0, 2.0, 4.0]);
/// let faer = leastwise_faer::Faer::default();
/// let certificate = Certificate::new(a, b, &[&faer]).expect("factors that are right");
/// let x = faer.lstsq(a, b, &LstsqOptions::new(Method::Qr))?.x;
/// let answer = Answer { x: &x, rank: Some(2), residual_norms: None, singular_values: None };
/// let verdict = verdict::judge(Method::Qr, &certificate, &answer);
/// assert!(verdict.fault().is_none() && verdict.open().is_none());
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub struct Certificate<T> {
    /// 2ᵖ·A with entries of at most 1.
    a: Mat<f64>,
    /// Columns of 2^q·B with entries of at most 1.
    b: Vec<Long>,
    /// p and q: 2^(q−p)·X solves the scaled problem.
    a_exponent: i32,
    b_exponent: i32,
    a_norm: f64,
    stable_backward_error: f64,
    factors: Factors,
    solutions: Mutex<BTreeMap<usize, Arc<Vec<Solution>>>>,
    scalar: PhantomData<T>,
}

/// Of the scaled problem, for one right-hand side.
struct Solution {
    /// `None` if refinement proves nothing.
    x: Option<Long>,
    x_error: f64,
    x_norm: Bracket,
    b_norm: f64,
    residual_norm: Bracket,
}

impl<T: Widen> Certificate<T> {
    /// The certificate of a problem. It uses the first of the `sources` whose SVD of A is right up
    /// to rounding errors, and is `None` if there is no such source.
    ///
    /// # Panics
    /// If A or B is empty, or their rows differ.
    #[must_use]
    pub fn new(
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        sources: &[&dyn Factorizations<f64>],
    ) -> Option<Self> {
        assert!(
            b.rows() == a.rows() && b.cols() > 0 && a.rows() > 0 && a.cols() > 0,
            "no least-squares problem: a {}x{}, b {}x{}",
            a.rows(),
            a.cols(),
            b.rows(),
            b.cols()
        );
        let stable_backward_error = stable_backward_error(a);
        let (a, a_exponent) = scaled_to_one(a);
        let (b, b_exponent) = scaled_to_one(b);
        Some(Self {
            factors: Factors::find(&a, sources)?,
            a_norm: leastwise_core::norm::euclidean(a.data()),
            b: (0..b.cols()).map(|j| Long::of(b.col(j))).collect(),
            a,
            a_exponent,
            b_exponent,
            stable_backward_error,
            solutions: Mutex::default(),
            scalar: PhantomData,
        })
    }

    /// The number of singular values above max(m, n)·ε·σ₁, the default of
    /// [`LstsqOptions`](leastwise_core::LstsqOptions), by their best estimates.
    #[must_use]
    pub fn numerical_rank(&self) -> usize {
        let rcond = self.larger_dimension() as f64 * T::EPSILON.as_f64();
        let s = &self.factors.s;
        s.iter().filter(|&&si| si > rcond * s[0]).count()
    }

    /// σ₁/σᵣ, by the best estimates.
    #[must_use]
    pub fn condition(&self, rank: usize) -> f64 {
        self.condition_bracket(rank).value
    }

    /// ‖x‖ of each column of the solution of that rank; NaN if it is not certain.
    #[must_use]
    pub fn solution_norms(&self, rank: usize) -> Vec<f64> {
        let solutions = self.solutions(rank);
        let norms = solutions.iter().map(|solution| solution.x_norm.value);
        norms
            .map(|norm| scaled(norm, self.a_exponent - self.b_exponent))
            .collect()
    }

    /// The solution of that rank, rounded to T; `None` if it is not certain.
    #[must_use]
    pub fn solution(&self, rank: usize) -> Option<Mat<T>> {
        let solutions = self.solutions(rank);
        let columns: Vec<&Long> = solutions
            .iter()
            .map(|s| s.x.as_ref())
            .collect::<Option<_>>()?;
        let exponent = self.a_exponent - self.b_exponent;
        Some(Mat::from_fn(self.a.cols(), columns.len(), |i, j| {
            T::of(scaled(columns[j].high[i], exponent))
        }))
    }

    fn condition_bracket(&self, rank: usize) -> Bracket {
        match rank.checked_sub(1) {
            Some(last) => self.sigma(0).over(self.sigma(last)),
            None => Bracket::exact(1.0),
        }
    }

    /// σᵢ of the scaled A.
    fn sigma(&self, i: usize) -> Bracket {
        self.factors.singular_value(i)
    }

    fn subspace(&self, rank: usize, transposed: bool) -> Subspace<'_> {
        Subspace {
            a: &self.a,
            factors: &self.factors,
            rank,
            transposed,
        }
    }

    /// The sine of the largest angle by which A·V₁ and Aᵀ·U₁ can differ from the singular spaces.
    fn turned(&self, rank: usize) -> f64 {
        if rank == 0 || rank == self.factors.s.len() {
            return 0.0;
        }
        let (kept, dropped) = (self.sigma(rank - 1).low, self.sigma(rank).high);
        let gap = kept - dropped;
        if gap <= 0.0 {
            return f64::INFINITY;
        }
        // Wedin's theorem for U₁ and V₁, and one step of subspace iteration.
        self.factors.deviation() / gap * (dropped / kept) * (kept / gap)
    }

    fn solutions(&self, rank: usize) -> Arc<Vec<Solution>> {
        let mut known = self
            .solutions
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let solve = || Arc::new(self.b.iter().map(|b| self.solve(rank, b)).collect());
        Arc::clone(known.entry(rank).or_insert_with(solve))
    }

    fn solve(&self, rank: usize, b: &Long) -> Solution {
        let certain = || {
            let solved = self.subspace(rank, false).solve(b)?;
            let (mut x, mut x_error) = (solved.z, solved.z_error);
            let residual = solved.rho.norm();
            let turned = self.turned(rank);
            if rank > 0 && rank < self.a.cols() {
                let outside = self.subspace(rank, true).solve(&x)?;
                x.subtract(&outside.rho);
                x_error += outside.rho_error;
            }
            if turned > 0.0 {
                let smallest = self.sigma(rank - 1).low;
                x_error += 2.0 * turned * (residual / smallest + x.norm());
            }
            let residual_error = solved.rho_error + 2.0 * turned * b.norm();
            Some(Solution {
                x_norm: Bracket::around(x.norm(), x_error),
                x: Some(x),
                x_error,
                b_norm: b.norm(),
                residual_norm: Bracket::around(residual, residual_error),
            })
        };
        certain().unwrap_or_else(|| Solution {
            x: None,
            x_error: f64::INFINITY,
            x_norm: Bracket::UNKNOWN,
            b_norm: b.norm(),
            residual_norm: Bracket {
                high: b.norm(),
                ..Bracket::UNKNOWN
            },
        })
    }

    /// ‖P·x‖, P the projection on the null space of A taken to have that rank.
    fn null_part(&self, rank: usize, x: &Long) -> Bracket {
        if rank == self.a.cols() {
            return Bracket::exact(0.0);
        }
        match self.subspace(rank, true).solve(x) {
            Some(solved) => {
                let error = solved.rho_error + 2.0 * self.turned(rank) * x.norm();
                Bracket::around(solved.rho.norm(), error)
            }
            None => Bracket::UNKNOWN,
        }
    }

    /// ‖(‖x‖²·AᵀA + ‖r‖²·I)^(−½)·Aᵀr‖
    ///
    /// With K = [‖x‖·A; ‖r‖·I] and wᵢ² = ‖x‖²sᵢ² + ‖r‖², K·V·diag(w)⁻¹ has orthonormal columns up to τ = ε·‖x‖/w for the
    /// smallest w, so that Σ(vᵢᵀg/wᵢ)² is right to (1 ± τ)², over the leading columns a lower bound. A part of g = Aᵀr
    /// outside the span of V adds at most its norm over ‖r‖. The whole is never more than ‖r‖/‖x‖.
    fn karlson_walden(&self, rank: usize, x_norm: f64, residual: &Long) -> Bracket {
        let r_norm = residual.norm();
        let mut gradient = transposed_times(&self.a, residual);
        if gradient.norm() == 0.0 {
            return Bracket::exact(0.0);
        }
        let components = transposed_times(&self.factors.v, &gradient);
        let weights = self.factors.s.iter().map(|s| (x_norm * s).hypot(r_norm));
        let terms: Vec<(f64, f64)> = components
            .high
            .iter()
            .zip(weights)
            .map(|(c, w)| (c / w, w))
            .collect();
        let sum = |terms: &[(f64, f64)]| {
            let values: Vec<f64> = terms.iter().map(|(term, _)| *term).collect();
            leastwise_core::norm::euclidean(&values)
        };
        // The error of the factors in a sum that ends where the weight is w.
        let tau = |terms: &[(f64, f64)]| match terms.last() {
            Some((_, w)) => 2.0 * self.factors.skew + self.factors.deviation() * x_norm / w,
            None => 0.0,
        };
        let value = sum(&terms);
        let low = [rank, terms.len()]
            .map(|count| sum(&terms[..count]) / (1.0 + tau(&terms[..count])))
            .into_iter()
            .fold(0.0, nan_max);
        gradient.subtract(&times(&self.factors.v, &components));
        let outside = if self.a.cols() > terms.len() {
            gradient.norm() / r_norm
        } else {
            0.0
        };
        let tau = tau(&terms);
        let by_factors = if tau < 0.5 {
            value / (1.0 - tau) + outside
        } else {
            f64::INFINITY
        };
        let simple = r_norm / x_norm * (1.0 + 1e-14);
        Bracket {
            low,
            value,
            high: if simple < by_factors {
                simple
            } else {
                by_factors
            },
        }
    }

    fn judge_column(&self, rank: usize, x: &[T], b: &Long, solution: &Solution) -> Column {
        let exponent = self.b_exponent - self.a_exponent;
        let x: Vec<f64> = x.iter().map(|xi| scaled(xi.as_f64(), exponent)).collect();
        let x = Long::of(&x);
        let x_norm = x.norm();
        let mut residual = b.clone();
        residual.subtract(&times(&self.a, &x));
        let unit = T::UNIT_ROUNDOFF.as_f64();
        let scale = Bracket::exact(self.a_norm * unit);
        let error = match &solution.x {
            Some(exact) => {
                let mut difference = x.clone();
                difference.subtract(exact);
                Bracket::around(difference.norm(), solution.x_error)
            }
            None if x_norm.is_nan() => Bracket::exact(f64::NAN),
            None => Bracket::UNKNOWN,
        };
        let relative = |figure: Bracket, size: Bracket| {
            if size.high == 0.0 {
                figure
            } else {
                figure.over(size)
            }
        };
        let larger_norm = Bracket::around(x_norm, 1e-14 * x_norm).max(solution.x_norm);
        Column {
            backward_error_u: self.karlson_walden(rank, x_norm, &residual).over(scale),
            forward_error: relative(error, solution.x_norm),
            forward_over_bound: error.over(self.forward_bound(rank, solution)),
            min_norm_excess: relative(self.null_part(rank, &x), larger_norm),
            residual_norm: scaled(residual.norm(), -self.b_exponent),
        }
    }

    /// See [`Quality::forward_over_bound`].
    fn forward_bound(&self, rank: usize, solution: &Solution) -> Bracket {
        let largest = self.sigma(0);
        if largest.value == 0.0 {
            return Bracket::exact(0.0);
        }
        let kappa = self.condition_bracket(rank);
        let b_part = Bracket::exact(solution.b_norm).over(largest);
        let x_part = solution.x_norm.map(|x| 2.0 * x);
        let r_part = kappa.times(solution.residual_norm).over(largest);
        let eta = self.stable_perturbation(rank);
        kappa
            .times(x_part.plus(b_part).plus(r_part))
            .map(|bound| eta * bound)
    }
}

/// The figures of one column of an answer.
#[derive(Clone, Copy)]
struct Column {
    backward_error_u: Bracket,
    forward_error: Bracket,
    forward_over_bound: Bracket,
    min_norm_excess: Bracket,
    residual_norm: f64,
}

impl Column {
    fn worst(self, other: Self) -> Self {
        Self {
            backward_error_u: self.backward_error_u.max(other.backward_error_u),
            forward_error: self.forward_error.max(other.forward_error),
            forward_over_bound: self.forward_over_bound.max(other.forward_over_bound),
            min_norm_excess: self.min_norm_excess.max(other.min_norm_excess),
            residual_norm: self.residual_norm.hypot(other.residual_norm),
        }
    }
}

impl<T: Widen> Truth<T> for Certificate<T> {
    fn larger_dimension(&self) -> usize {
        self.a.rows().max(self.a.cols())
    }

    fn solution_shape(&self) -> (usize, usize) {
        (self.a.cols(), self.b.len())
    }

    fn singular_values(&self) -> Vec<Bracket> {
        let values = (0..self.factors.s.len()).map(|i| self.sigma(i));
        values
            .map(|sigma| sigma.map(|s| scaled(s, -self.a_exponent)))
            .collect()
    }

    fn stable_backward_error(&self) -> f64 {
        self.stable_backward_error
    }

    fn figures(&self, rank: usize, x: &Mat<T>) -> Figures {
        let solutions = self.solutions(rank);
        let columns = self.b.iter().zip(solutions.iter()).enumerate();
        let zero = Bracket::exact(0.0);
        let none = Column {
            backward_error_u: zero,
            forward_error: zero,
            forward_over_bound: zero,
            min_norm_excess: zero,
            residual_norm: 0.0,
        };
        let worst = columns
            .map(|(j, (b, solution))| self.judge_column(rank, x.col(j), b, solution))
            .fold(none, Column::worst);
        let frobenius = |norms: &dyn Fn(&Solution) -> f64| {
            let norms: Vec<f64> = solutions.iter().map(norms).collect();
            leastwise_core::norm::euclidean(&norms)
        };
        let x_norm = Bracket {
            low: frobenius(&|s| s.x_norm.low),
            value: frobenius(&|s| s.x_norm.value),
            high: frobenius(&|s| s.x_norm.high),
        };
        let b_norm = Bracket::exact(frobenius(&|s| s.b_norm));
        let scale = self.sigma(0).times(x_norm).plus(b_norm);
        let relative_gap = if rank < self.factors.s.len() && self.factors.s[0] > 0.0 {
            self.sigma(rank).over(self.sigma(0))
        } else {
            zero
        };
        Figures {
            quality: Quality {
                backward_error_u: worst.backward_error_u.value,
                forward_error: worst.forward_error.value,
                forward_over_bound: worst.forward_over_bound.value,
                min_norm_excess: worst.min_norm_excess.value,
                residual_norm: worst.residual_norm,
            },
            backward_error_u: worst.backward_error_u,
            forward_over_bound: worst.forward_over_bound,
            min_norm_excess: worst.min_norm_excess,
            condition: self.condition_bracket(rank),
            relative_gap,
            residual_scale: scale.map(|size| scaled(size, -self.b_exponent)),
        }
    }
}

/// The matrix in f64, multiplied by a power of two so that its largest entry lies between ½ and 1,
/// and the exponent of this power.
fn scaled_to_one<T: Widen>(a: MatRef<'_, T>) -> (Mat<f64>, i32) {
    let exponent = -exponent_of(a);
    let entry = |i, j| scaled(a[(i, j)].as_f64(), exponent);
    (Mat::from_fn(a.rows(), a.cols(), entry), exponent)
}
