//! Moré's trust region: steps no longer than the linear model has proved to be good for.

mod bend;
mod control;
mod dense_qr;
mod draft;
mod factor;
mod limits;
mod model;
mod secular;

pub use control::TrustRegion;
pub use dense_qr::DenseQr;
pub use draft::Quality;
pub use limits::Limits;

use leastwise_core::{Mat, Result, Scalar};

use super::StepSolver;
use crate::{Counts, Evaluation};

/// Solves min ‖J·δ + r‖ over ‖D·δ‖ ≤ Δ as well, D diagonal and positive, for as many Δ as a control
/// asks.
///
/// The solution is the minimiser of ‖J·δ + r‖² + λ·‖D·δ‖² for the λ ≥ 0 that makes it as long as
/// allowed, and the undamped step where that is short enough.
pub trait TrustRegionStepSolver<T: Scalar, P: ?Sized>: StepSolver<T, P> {
    /// The gradient 2·Jᵀ·r at the point last linearised.
    fn gradient(&self) -> &[T];

    /// ‖J·eⱼ‖₂ for each of the n columns at the point last linearised.
    fn column_norms(&self) -> &[T];

    /// Makes ready for steps from the point last linearised with D = diag(`scaling`), n positive
    /// entries, and says what the undamped step would do. Parameters that `limits`
    /// [block](Limits::blocks) stay where they are.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn factorize(
        &mut self,
        problem: &P,
        scaling: &[T],
        limits: Option<Limits<'_, T>>,
        counts: &mut Counts,
    ) -> Result<GaussNewton<T>>;

    /// Writes to `delta` the step with ‖D·δ‖ at most about Δ = `radius`, to 10 % of it; `lambda` is a
    /// guess of λ, or zero. `limits` are those of the last
    /// [`factorize`](TrustRegionStepSolver::factorize), and δ keeps to them.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) without
    /// [`factorize`](TrustRegionStepSolver::factorize) since the last linearisation, and what the
    /// backend reports.
    fn bounded_direction(
        &mut self,
        radius: T,
        lambda: T,
        limits: Option<Limits<'_, T>>,
        delta: &mut [T],
    ) -> Result<BoundedStep<T>>;

    /// Writes to `correction` the minimiser a of ‖J·a + r″‖² + λ·‖D·a‖², with r″ the second derivative of r
    /// along the step `delta` = δ last solved for and λ the one of that step: x + δ + ½a follows the geodesic
    /// to second order. `x` is the point last linearised. One residual is evaluated.
    ///
    /// r″ = 2·((r(x + hδ) − r(x))/h − J·δ)/h with h = 0.1; what is not finite there makes a NaN.
    ///
    /// Source: M. K. Transtrum, J. P. Sethna, *Improvements to the Levenberg-Marquardt algorithm for
    /// nonlinear least-squares minimization*, arXiv:1201.5885 (2012).
    ///
    /// # Errors
    /// What the problem reports.
    fn geodesic_correction(
        &mut self,
        problem: &P,
        x: &[T],
        delta: &[T],
        correction: &mut [T],
        counts: &mut Counts,
    ) -> Result<()>;

    /// ‖r(x) − r‖ for the r last linearised, in its unit, ∞ where r(x) is not finite. What was linearised stays.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn change(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T>;

    /// How far J is known: [`LeastSquaresProblem::jacobian_error`](crate::LeastSquaresProblem::jacobian_error), or
    /// [`draft_error`](crate::LeastSquaresProblem::draft_error) where it is not full.
    fn jacobian_error(&self, problem: &P) -> T;

    /// How the J last linearised was obtained.
    fn quality(&self) -> Quality {
        Quality::Full
    }

    /// Says how good the J of the next linearisation has to be: [`Quality::Full`] until this is called.
    fn demand(&mut self, least: Quality) {
        let _ = least;
    }

    /// Evaluates J anew at `x`, the point last linearised, to this quality.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn refine(
        &mut self,
        problem: &P,
        x: &[T],
        quality: Quality,
        counts: &mut Counts,
    ) -> Result<Evaluation<T>> {
        let _ = quality;
        self.linearize(problem, x, counts)
    }

    /// The part of the residuals, between 0 and 1, that parameter `j` reaches: entries of its column above 10⁻⁸ of the
    /// column's length.
    fn reach(&self, j: usize) -> f64;

    /// The directions in which the J last factorised, with columns of length 1, has singular values of at most
    /// `tolerance` times the largest: n×q, orthonormal, rows of zeros for parameters that were blocked.
    ///
    /// # Errors
    /// What the backend reports.
    fn weak_directions(&mut self, tolerance: T) -> Result<Mat<T>>;

    /// Keeps what was linearised for [`take_back`](Self::take_back), and is ready to linearise elsewhere.
    fn set_aside(&mut self);

    /// Goes back to the point of the last [`set_aside`](Self::set_aside), if there was one.
    fn take_back(&mut self);

    /// The loss at `x`. What was linearised stays.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T>;
}

/// The minimiser of ‖J·δ + r‖ of minimum ‖D·δ‖: the step of Gauss and Newton.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussNewton<T> {
    /// ‖D·δ‖.
    pub scaled_norm: T,
    /// ‖r‖² − ‖J·δ + r‖², all that the linear model promises: the square of the part of r in the
    /// range of J.
    pub reduction: T,
    /// Whether the step has all directions that J has to working precision, whatever the lengths of its
    /// columns: beside long ones, short ones get lost where J is rank-deficient.
    pub is_complete: bool,
}

/// A step within the trust region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundedStep<T> {
    /// λ; zero for the undamped step.
    pub lambda: T,
    /// ‖D·δ‖.
    pub scaled_norm: T,
    /// ‖r‖² − ‖J·δ + r‖².
    pub reduction: T,
    /// −rᵀJ·δ, half of the slope by which the loss decreases at first.
    pub descent: T,
    /// Whether limits have changed the step.
    pub is_bent: bool,
}
