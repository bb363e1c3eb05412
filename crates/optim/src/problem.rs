//! What is minimised.

use leastwise_core::{MatMut, Result, Scalar};

/// A differentiable function f: ℝⁿ → ℝ.
///
/// Outside its domain a function writes NaN or ∞, which stops a run as data
/// ([`Termination::NonFinite`](crate::Termination::NonFinite)); `Err` is for a failed backend.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_optim::Objective;
///
/// /// f(x) = Σ xᵢ², ∇f = 2x.
/// struct Sphere;
///
/// impl Objective<f64> for Sphere {
///     fn dimension(&self) -> usize {
///         3
///     }
///
///     fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
///         gradient.iter_mut().zip(x).for_each(|(g, xi)| *g = 2.0 * xi);
///         Ok(x.iter().map(|xi| xi * xi).sum())
///     }
/// }
///
/// let mut gradient = [0.0; 3];
/// let value = Sphere.value_and_gradient(&[1.0, -2.0, 0.5], &mut gradient)?;
/// assert_eq!((value, gradient), (5.25, [2.0, -4.0, 1.0]));
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub trait Objective<T: Scalar> {
    /// n, the number of parameters.
    fn dimension(&self) -> usize;

    /// Writes ∇f(x) to all n entries of `gradient` and returns f(x).
    ///
    /// One call gives both, because most of the work is shared. `gradient` holds NaN when an
    /// optimiser of this crate calls, so that an entry that is not written does not go unnoticed.
    ///
    /// # Errors
    /// What a backend reports.
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T>;
}

/// A residual r: ℝⁿ → ℝᵐ with its Jacobian J, Jᵢⱼ = ∂rᵢ/∂xⱼ.
///
/// **The loss is ‖r(x)‖², not half of it**, and its gradient is 2·Jᵀ·r. m < n is allowed.
///
/// Outside its domain a residual writes NaN or ∞, which stops a run as data
/// ([`Termination::NonFinite`](crate::Termination::NonFinite)); `Err` is for a failed backend.
///
/// ```
/// use leastwise_core::{Mat, MatMut, Result};
/// use leastwise_optim::LeastSquaresProblem;
///
/// /// Rosenbrock's function as a residual: r = (10·(x₂ − x₁²), 1 − x₁).
/// struct Rosenbrock;
///
/// impl LeastSquaresProblem<f64> for Rosenbrock {
///     fn residuals(&self) -> usize {
///         2
///     }
///
///     fn parameters(&self) -> usize {
///         2
///     }
///
///     fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
///         r[0] = 10.0 * (x[1] - x[0] * x[0]);
///         r[1] = 1.0 - x[0];
///         Ok(())
///     }
///
///     fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
///         (j[(0, 0)], j[(0, 1)]) = (-20.0 * x[0], 10.0);
///         (j[(1, 0)], j[(1, 1)]) = (-1.0, 0.0);
///         Ok(())
///     }
/// }
///
/// let mut j = Mat::zeros(2, 2);
/// Rosenbrock.jacobian(&[-1.2, 1.0], j.as_mut())?;
/// assert_eq!(j.data(), &[24.0, -1.0, 10.0, 0.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub trait LeastSquaresProblem<T: Scalar> {
    /// m, the number of residuals.
    fn residuals(&self) -> usize;

    /// n, the number of parameters.
    fn parameters(&self) -> usize;

    /// Writes r(x) to all m entries of `r`, which hold NaN when a step solver of this crate calls.
    ///
    /// # Errors
    /// What a backend reports.
    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()>;

    /// Writes J(x) to all m×n entries of `j`, zeros included: they hold NaN when a step solver of
    /// this crate calls. The solvers of this crate pass contiguous columns.
    ///
    /// # Errors
    /// What a backend reports.
    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()>;
}
