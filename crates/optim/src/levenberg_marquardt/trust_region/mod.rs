//! Moré's trust region. Steps are no longer than the length for which the linear model has proved accurate.

mod bend;
mod control;
mod damped;
mod dense_qr;
mod draft;
mod factor;
mod limits;
mod model;
mod padded;
mod secular;
mod tall_qr;

pub use control::TrustRegion;
pub use dense_qr::DenseQr;
pub use draft::Quality;
pub use limits::Limits;
pub(crate) use tall_qr::TallQr;

use leastwise_core::{Mat, Result, Scalar};

use super::StepSolver;
use crate::{Counts, Evaluation};

/// Also solves min ‖J·δ + r‖ over ‖D·δ‖ ≤ Δ, where D is diagonal and positive, for any number of Δ.
///
/// The solution is the undamped step if it is short enough. Otherwise, it minimises ‖J·δ + r‖² + λ·‖D·δ‖²,
/// for the λ > 0 at which ‖D·δ‖ = Δ.
pub trait TrustRegionStepSolver<T: Scalar, P: ?Sized>: StepSolver<T, P> {
    /// The gradient 2·Jᵀ·r at the last linearised point.
    fn gradient(&self) -> &[T];

    /// ‖J·eⱼ‖₂ for each of the n columns at the last linearised point.
    fn column_norms(&self) -> &[T];

    /// Prepares for steps from the last linearised point with D = diag(`scaling`), n positive entries.
    /// Returns the predictions of the undamped step. Parameters that `limits` [block](Limits::blocks) do not
    /// move.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn factorize(
        &mut self,
        problem: &P,
        scaling: &[T],
        limits: Option<Limits<'_, T>>,
        counts: &mut Counts,
    ) -> Result<GaussNewton<T>>;

    /// Writes to `delta` the step with ‖D·δ‖ ≤ Δ = `radius`, to 10 %. `lambda` is a guess of λ, or zero.
    /// `limits` are those of the last [`factorize`](TrustRegionStepSolver::factorize), and δ respects them.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) if
    /// [`factorize`](TrustRegionStepSolver::factorize) was not called since the last linearisation, and the
    /// errors of the backend.
    fn bounded_direction(
        &mut self,
        radius: T,
        lambda: T,
        limits: Option<Limits<'_, T>>,
        delta: &mut [T],
    ) -> Result<BoundedStep<T>>;

    /// Writes to `correction` the minimiser a of ‖J·a + r″‖² + λ·‖D·a‖². Here r″ is the second derivative of
    /// r along `delta`, the last computed step δ, and λ is that of this step. x + δ + ½a follows the geodesic
    /// to second order. `x` is the last linearised point. One residual is evaluated.
    ///
    /// r″ = 2·((r(x + hδ) − r(x))/h − J·δ)/h with h = 0.1. If the residual there is not finite, the result is
    /// NaN.
    ///
    /// Source: M. K. Transtrum, J. P. Sethna, *Improvements to the Levenberg-Marquardt algorithm for
    /// nonlinear least-squares minimization*, arXiv:1201.5885 (2012).
    ///
    /// # Errors
    /// The errors of the problem.
    fn geodesic_correction(
        &mut self,
        problem: &P,
        x: &[T],
        delta: &[T],
        correction: &mut [T],
        counts: &mut Counts,
    ) -> Result<()>;

    /// ‖r(x) − r‖ for the last linearised r, in its unit. It is ∞ if r(x) is not finite. The linearisation is
    /// kept.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn change(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T>;

    /// The relative error of J:
    /// [`LeastSquaresProblem::jacobian_error`](crate::LeastSquaresProblem::jacobian_error), or
    /// [`draft_error`](crate::LeastSquaresProblem::draft_error) if J is not full.
    fn jacobian_error(&self, problem: &P) -> T;

    /// [`LeastSquaresProblem::term_norm`](crate::LeastSquaresProblem::term_norm), in the unit of r.
    fn term_norm(&self, problem: &P) -> T {
        let _ = problem;
        T::zero()
    }

    /// How the J last linearised was obtained.
    fn quality(&self) -> Quality {
        Quality::Full
    }

    /// Sets the least quality of J for the next linearisation. It is [`Quality::Full`] until this is called.
    fn demand(&mut self, least: Quality) {
        let _ = least;
    }

    /// Evaluates J anew at `x`, the point last linearised, to this quality.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
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

    /// Moves on to `x`, the point of the last [`loss`](Self::loss), with the J of the last linearised point. The step between
    /// them is negligible.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn advance(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>> {
        self.linearize(problem, x, counts)
    }

    /// The fraction of the residuals, between 0 and 1, that parameter `j` affects. These are the entries of
    /// its column above 10⁻⁸ of the column's length. `x` is the last linearised point.
    ///
    /// # Errors
    /// The errors of the problem.
    fn reach(&mut self, problem: &P, x: &[T], j: usize, counts: &mut Counts) -> Result<f64>;

    /// The directions in which the last factorised J, with columns of length 1, has singular values of at
    /// most `tolerance` times the largest. They are orthonormal, n×q, with rows of zeros for parameters that
    /// were blocked.
    ///
    /// # Errors
    /// The errors of the backend.
    fn weak_directions(&mut self, tolerance: T) -> Result<Mat<T>>;

    /// Stores the linearisation for [`take_back`](Self::take_back), so that another point can be linearised.
    fn set_aside(&mut self);

    /// Restores the linearisation of the last [`set_aside`](Self::set_aside), if there was one.
    fn take_back(&mut self);

    /// The loss at `x`. The linearisation is kept.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T>;
}

/// The Gauss-Newton step: the minimiser of ‖J·δ + r‖ of minimum ‖D·δ‖.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussNewton<T> {
    /// ‖D·δ‖.
    pub scaled_norm: T,
    /// ‖r‖² − ‖J·δ + r‖², the whole decrease that the linear model predicts. It is the square of the part of
    /// r in the range of J.
    pub reduction: T,
    /// Whether the step contains all directions that J has to working precision, whatever the lengths of its
    /// columns. If J is rank-deficient, short columns can be lost beside long ones.
    pub is_complete: bool,
}

/// A step within the trust region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundedStep<T> {
    /// The damping λ. It is zero for the undamped step.
    pub lambda: T,
    /// ‖D·δ‖.
    pub scaled_norm: T,
    /// ‖r‖² − ‖J·δ + r‖².
    pub reduction: T,
    /// −rᵀJ·δ, half of the initial slope by which the loss decreases.
    pub descent: T,
    /// Whether limits have changed the step.
    pub is_bent: bool,
}
