//! How the linear subproblem is solved: the contract.

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

    /// Evaluates r and J at `x` and returns ‖r‖² and ‖2·Jᵀ·r‖₂.
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
    fn direction(&mut self, delta: &mut [T], counts: &mut Counts) -> Result<()>;
}
