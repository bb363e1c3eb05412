//! What a verdict rests on.

use leastwise_core::Mat;

use crate::bracket::Bracket;
use crate::least_squares::{LeastSquaresTruth, Quality};
use crate::wide::Widen;

/// The basis of a verdict: all singular values, and the figures of an answer, each with bounds.
pub trait Truth<T: Widen> {
    /// The larger dimension of A.
    fn larger_dimension(&self) -> usize;

    /// Rows and columns of X.
    fn solution_shape(&self) -> (usize, usize);

    /// σ₁ ≥ σ₂ ≥ …, min(m, n) of them.
    fn singular_values(&self) -> Vec<Bracket>;

    /// The largest backward error of a stable method; see
    /// [`LeastSquaresTruth::stable_backward_error`].
    fn stable_backward_error(&self) -> f64;

    /// The figures of an answer of the right shape, for an A of that rank.
    fn figures(&self, rank: usize, x: &Mat<T>) -> Figures;

    /// η; see [`LeastSquaresTruth::stable_perturbation`].
    fn stable_perturbation(&self, rank: usize) -> f64 {
        let units = self.stable_backward_error() * (rank.max(1) as f64).sqrt();
        units * T::UNIT_ROUNDOFF.as_f64()
    }
}

/// The figures of an answer with their bounds, and the figures of the problem on which limits
/// depend.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The best estimates; NaN if there is none.
    pub quality: Quality,
    /// See [`Quality::backward_error_u`].
    pub backward_error_u: Bracket,
    /// See [`Quality::forward_over_bound`].
    pub forward_over_bound: Bracket,
    /// See [`Quality::min_norm_excess`].
    pub min_norm_excess: Bracket,
    /// σ₁/σᵣ
    pub condition: Bracket,
    /// σᵣ₊₁/σ₁, zero for full rank.
    pub relative_gap: Bracket,
    /// ‖A‖₂·‖X‖_F + ‖B‖_F
    pub residual_scale: Bracket,
}

impl<T: Widen> Truth<T> for LeastSquaresTruth<T> {
    fn larger_dimension(&self) -> usize {
        self.larger_dimension()
    }

    fn solution_shape(&self) -> (usize, usize) {
        self.solution_shape()
    }

    fn singular_values(&self) -> Vec<Bracket> {
        let values = self.singular_values().into_iter();
        values.map(Bracket::exact).collect()
    }

    fn stable_backward_error(&self) -> f64 {
        self.stable_backward_error()
    }

    fn figures(&self, rank: usize, x: &Mat<T>) -> Figures {
        let truth = self.with_rank(rank);
        let quality = truth.judge(x);
        Figures {
            quality,
            backward_error_u: Bracket::exact(quality.backward_error_u),
            forward_over_bound: Bracket::exact(quality.forward_over_bound),
            min_norm_excess: Bracket::exact(quality.min_norm_excess),
            condition: Bracket::exact(truth.condition()),
            relative_gap: Bracket::exact(truth.relative_gap()),
            residual_scale: Bracket::exact(truth.residual_scale()),
        }
    }
}
