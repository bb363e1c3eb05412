//! The contract of solvers of the linear subproblem.

use leastwise_core::norm::dot;
use leastwise_core::{Result, Scalar};

use crate::{Bounds, Counts, Evaluation};

/// Solves min ‖J·δ + r‖² for problems of type `P`.
///
/// `P` is a type parameter, so that a solver can require more than
/// [`LeastSquaresProblem`](crate::LeastSquaresProblem), such as the structure of one problem, or products
/// with its Jacobian. If a control needs more than the undamped step, it requires another trait that extends
/// this one.
pub trait StepSolver<T: Scalar, P: ?Sized> {
    /// n, the number of parameters of `problem`.
    fn dimension(&self, problem: &P) -> usize;

    /// The bounds of `problem`, if there are any. A solver of problems that can have bounds returns them.
    fn bounds<'p>(&self, problem: &'p P) -> Option<&'p Bounds<T>> {
        let _ = problem;
        None
    }

    /// Checks the sizes of `problem`, and allocates.
    ///
    /// # Errors
    /// If the solver does not support the sizes or the method.
    fn init(&mut self, problem: &P) -> Result<()>;

    /// Evaluates r and J at `x`. Returns the loss, which is ‖r‖² plus the constant of the problem, and
    /// ‖2·Jᵀ·r‖₂.
    ///
    /// If r or J contains NaN or an infinity, the result is not finite.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>>;

    /// Writes to `delta` the δ of minimum norm that minimises ‖J·δ + r‖² at the last linearised point, where
    /// everything is finite. It may be called once per linearisation, because a solver may overwrite its
    /// Jacobian.
    ///
    /// # Errors
    /// [`Error::Overflow`](leastwise_core::Error::Overflow) if δ exceeds the range of `T`, and the errors of
    /// the backend.
    fn direction(&mut self, problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()>;
}

/// Also solves min ‖J·δ + r‖² + λ·‖δ‖², for any λ > 0 and any number of times.
pub trait DampedStepSolver<T: Scalar, P: ?Sized>: StepSolver<T, P> {
    /// The gradient 2·Jᵀ·r at the last linearised point.
    fn gradient(&self) -> &[T];

    /// ‖J·g‖²/‖g‖² for the gradient g at the last linearised point. It is the curvature of ‖J·δ + r‖² along
    /// g, at most σ₁(J)², and sets the scale of λ. It is zero if g is zero.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn curvature(&mut self, problem: &P) -> Result<T>;

    /// Writes to `delta` the δ that minimises ‖J·δ + r‖² + λ·‖δ‖² at the last linearised point. The
    /// linearisation is kept.
    ///
    /// # Errors
    /// [`Error::Overflow`](leastwise_core::Error::Overflow) if δ exceeds the range of `T`, and the errors of
    /// the problem or the backend.
    fn damped_direction(
        &mut self,
        problem: &P,
        lambda: T,
        delta: &mut [T],
        counts: &mut Counts,
    ) -> Result<()>;

    /// ‖r‖² − ‖J·δ + r‖² for the last δ of [`damped_direction`](DampedStepSolver::damped_direction), which is
    /// ‖J·δ‖² + 2λ·‖δ‖² = λ·‖δ‖² − ½·gᵀδ.
    ///
    /// The provided function computes the second form, which needs no product with J. The first form cannot
    /// be negative. In the second, gᵀδ cancels if J is ill-conditioned.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn model_decrease(&mut self, _problem: &P, lambda: T, delta: &[T]) -> Result<T> {
        Ok(lambda * dot(delta, delta) - dot(self.gradient(), delta) / T::of(2.0))
    }

    /// The loss at `x`. The linearisation is kept.
    ///
    /// # Errors
    /// The errors of the problem or the backend.
    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T>;
}
