//! How the linear subproblem is solved: the contract.

use leastwise_core::norm::dot;
use leastwise_core::{Result, Scalar};

use crate::{Counts, Evaluation};

/// Solves min ‖J·δ + r‖² for problems of type `P`.
///
/// `P` is a parameter so that a solver can ask for more than
/// [`LeastSquaresProblem`](crate::LeastSquaresProblem): the structure of one problem, or products
/// with its Jacobian. A control that needs more than the undamped step asks for a trait of its own
/// on top of this one.
pub trait StepSolver<T: Scalar, P: ?Sized> {
    /// n, the number of parameters of `problem`.
    fn dimension(&self, problem: &P) -> usize;

    /// Checks the sizes of `problem` and makes room.
    ///
    /// # Errors
    /// Sizes or a method that the solver cannot take.
    fn init(&mut self, problem: &P) -> Result<()>;

    /// Evaluates r and J at `x` and returns the loss, ‖r‖² and the problem's constant, and
    /// ‖2·Jᵀ·r‖₂.
    ///
    /// A NaN or an infinity anywhere in r or J shows in what is returned.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn linearize(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<Evaluation<T>>;

    /// Writes to `delta` the δ of minimum norm that minimises ‖J·δ + r‖² at the point last
    /// linearised, where everything is finite. May be called once for each linearisation: a
    /// solver may use up its Jacobian.
    ///
    /// # Errors
    /// [`Error::Overflow`](leastwise_core::Error::Overflow) if δ exceeds the range of `T`, and
    /// what the backend reports.
    fn direction(&mut self, problem: &P, delta: &mut [T], counts: &mut Counts) -> Result<()>;
}

/// Solves min ‖J·δ + r‖² + λ·‖δ‖² as well, for any λ > 0 and as often as a control asks.
pub trait DampedStepSolver<T: Scalar, P: ?Sized>: StepSolver<T, P> {
    /// The gradient 2·Jᵀ·r at the point last linearised.
    fn gradient(&self) -> &[T];

    /// ‖J·g‖²/‖g‖² for the gradient g at the point last linearised: the curvature of ‖J·δ + r‖²
    /// along it, at most σ₁(J)². The scale of λ. Zero where g is zero.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn curvature(&mut self, problem: &P) -> Result<T>;

    /// Writes to `delta` the δ that minimises ‖J·δ + r‖² + λ·‖δ‖² at the point last linearised,
    /// which stays so.
    ///
    /// # Errors
    /// [`Error::Overflow`](leastwise_core::Error::Overflow) if δ exceeds the range of `T`, and
    /// what the problem or the backend reports.
    fn damped_direction(
        &mut self,
        problem: &P,
        lambda: T,
        delta: &mut [T],
        counts: &mut Counts,
    ) -> Result<()>;

    /// ‖r‖² − ‖J·δ + r‖² for the δ that [`damped_direction`](DampedStepSolver::damped_direction) wrote
    /// last: ‖J·δ‖² + 2λ·‖δ‖² = λ·‖δ‖² − ½·gᵀδ.
    ///
    /// Provided by the second form, which costs no product with J. The first cannot come out negative: where
    /// J is ill-conditioned, gᵀδ cancels.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn model_decrease(&mut self, _problem: &P, lambda: T, delta: &[T]) -> Result<T> {
        Ok(lambda * dot(delta, delta) - dot(self.gradient(), delta) / T::of(2.0))
    }

    /// The loss at `x`. What was linearised stays.
    ///
    /// # Errors
    /// What the problem or the backend reports.
    fn loss(&mut self, problem: &P, x: &[T], counts: &mut Counts) -> Result<T>;
}
