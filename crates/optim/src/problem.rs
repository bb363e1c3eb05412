//! The problems that are minimised.

use leastwise_core::{MatMut, Result, Scalar};

use crate::levenberg_marquardt::Quality;
use crate::ties::Ties;
use crate::{Bounds, RowProblem};

/// A differentiable function f: ℝⁿ → ℝ.
///
/// Outside its domain, a function writes NaN or ∞. The run then ends with
/// [`Termination::NonFinite`](crate::Termination::NonFinite), which is not an error. `Err` is for a failed
/// backend.
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
    /// The number of parameters, n.
    fn dimension(&self) -> usize;

    /// Writes ∇f(x) to all n entries of `gradient` and returns f(x).
    ///
    /// One call computes both, because they share most of the work. `gradient` is NaN when an optimiser of
    /// this crate calls, so that an entry that is not written is detected.
    ///
    /// # Errors
    /// The errors of a backend.
    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T>;
}

/// A residual r: ℝⁿ → ℝᵐ with its Jacobian J, Jᵢⱼ = ∂rᵢ/∂xⱼ.
///
/// **The loss is ‖r(x)‖² plus a constant, not half of it**, and its gradient is 2·Jᵀ·r. m < n is
/// allowed.
///
/// [`ClosureResidual`](crate::ClosureResidual) makes a problem of closures.
/// [`FiniteDifferences`](crate::FiniteDifferences) needs no Jacobian.
/// [`check_jacobian`](crate::check_jacobian) finds mistakes in a Jacobian.
///
/// Outside its domain, a residual writes NaN or ∞. The run then ends with
/// [`Termination::NonFinite`](crate::Termination::NonFinite), which is not an error. `Err` is for a failed
/// backend.
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
    /// The number of residuals, m.
    fn residuals(&self) -> usize;

    /// The number of parameters, n.
    fn parameters(&self) -> usize;

    /// The bounds of the parameters, if there are any. r and J are not evaluated outside.
    ///
    /// [`Bounded`](crate::Bounded) adds bounds to a problem. An optimiser that cannot keep bounds refuses a problem
    /// that has them.
    fn bounds(&self) -> Option<&Bounds<T>> {
        None
    }

    /// c ≥ 0, where the loss is ‖r(x)‖² + c². No parameter changes c, such as the constant of data that were
    /// reduced to fewer residuals.
    fn constant_norm(&self) -> T {
        T::zero()
    }

    /// If r is a difference of terms that are larger than r, such as data and a model that is not linear in x, their norm
    /// or less. r has rounding errors of ε times the terms. Terms of the size of J·x are known without this.
    fn term_norm(&self) -> T {
        T::zero()
    }

    /// The relative error of a column of J. It is ε for exact derivatives. If the effect of a parameter is
    /// smaller than this error, the parameter is not determined.
    fn jacobian_error(&self) -> T {
        T::EPSILON
    }

    /// Whether residual `row` represents an observation. A residual of weight 0 does not. It is not counted
    /// in the degrees of freedom of a [`Fit`](crate::Fit).
    fn is_observation(&self, row: usize) -> bool {
        let _ = row;
        true
    }

    /// Writes r(x) to all m entries of `r`, which are NaN when a step solver of this crate calls.
    ///
    /// # Errors
    /// The errors of a backend.
    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()>;

    /// Writes J(x) to all m×n entries of `j`, including zeros. The entries are NaN when a step solver of this
    /// crate calls. The solvers of this crate pass contiguous columns.
    ///
    /// # Errors
    /// The errors of a backend.
    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()>;

    /// Like [`jacobian`](Self::jacobian), with two options that only finite differences need.
    ///
    /// [`Quality::Draft`] takes fewer evaluations and has fewer digits. It is accurate enough for steps that are not
    /// the last. `bounds` replace those of the problem. They contain x, and are not wider than those of the problem.
    ///
    /// # Errors
    /// As [`jacobian`](Self::jacobian).
    fn jacobian_with(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        j: MatMut<'_, T>,
    ) -> Result<()> {
        let _ = (quality, bounds);
        self.jacobian(x, j)
    }

    /// Evaluates ahead what column `col` of [`jacobian_with`](Self::jacobian_with) needs first, and keeps it for the next
    /// call, which has the same arguments. Threads share the evaluations of finite differences in this way. The provided
    /// function does nothing.
    ///
    /// # Errors
    /// As [`jacobian`](Self::jacobian).
    fn evaluate_ahead(
        &self,
        x: &[T],
        quality: Quality,
        bounds: Option<&Bounds<T>>,
        col: usize,
    ) -> Result<()> {
        let _ = (x, quality, bounds, col);
        Ok(())
    }

    /// The relative error of a J of [`Quality::Draft`], as [`jacobian_error`](Self::jacobian_error), if the problem has
    /// drafts. It is `None` if J costs about as much as r.
    fn draft_error(&self) -> Option<T> {
        None
    }

    /// The same problem as a function of its untied parameters, with its own work space, if it can derive that better than
    /// by the chain rule. Only finite differences do.
    fn tied<'a>(&'a self, ties: &'a Ties<T>) -> Option<Box<dyn LeastSquaresProblem<T> + 'a>> {
        let _ = ties;
        None
    }

    /// The number of residuals that all Jacobians so far have evaluated. It is 0 if derivatives are exact.
    fn jacobian_evaluations(&self) -> usize {
        0
    }

    /// The same problem row by row, if its rows can be evaluated on their own. A [`Fit`](crate::Fit) of a tall problem then
    /// does not store J.
    fn by_rows(&self) -> Option<&dyn RowProblem<T>> {
        None
    }
}

/// A residual that provides the products of its Jacobian J with vectors, so that J is never formed.
///
/// ```
/// use leastwise_core::{MatMut, Result};
/// use leastwise_optim::{JacobianProducts, LeastSquaresProblem};
///
/// /// r = (x₁·x₂, x₁), J = [x₂ x₁; 1 0].
/// struct Product;
///
/// impl LeastSquaresProblem<f64> for Product {
///     fn residuals(&self) -> usize {
///         2
///     }
///     fn parameters(&self) -> usize {
///         2
///     }
///     fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
///         (r[0], r[1]) = (x[0] * x[1], x[0]);
///         Ok(())
///     }
///     fn jacobian(&self, x: &[f64], mut j: MatMut<'_, f64>) -> Result<()> {
///         (j[(0, 0)], j[(0, 1)], j[(1, 0)], j[(1, 1)]) = (x[1], x[0], 1.0, 0.0);
///         Ok(())
///     }
/// }
///
/// impl JacobianProducts<f64> for Product {
///     type Point = Vec<f64>;
///     fn linearize(&self, x: &[f64], r: &mut [f64], point: &mut Vec<f64>) -> Result<()> {
///         point.clear();
///         point.extend(x);
///         self.residual(x, r)
///     }
///     fn jacobian_times(&self, x: &mut Vec<f64>, v: &[f64], jv: &mut [f64]) -> Result<()> {
///         (jv[0], jv[1]) = (x[1] * v[0] + x[0] * v[1], v[0]);
///         Ok(())
///     }
///     fn transposed_jacobian_times(
///         &self,
///         x: &mut Vec<f64>,
///         u: &[f64],
///         jtu: &mut [f64],
///     ) -> Result<()> {
///         (jtu[0], jtu[1]) = (x[1] * u[0] + u[1], x[0] * u[0]);
///         Ok(())
///     }
/// }
///
/// let (mut r, mut point, mut jv) = ([0.0; 2], Vec::new(), [0.0; 2]);
/// Product.linearize(&[3.0, 2.0], &mut r, &mut point)?;
/// Product.jacobian_times(&mut point, &[1.0, 1.0], &mut jv)?;
/// assert_eq!((r, jv), ([6.0, 3.0], [5.0, 1.0]));
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub trait JacobianProducts<T: Scalar>: LeastSquaresProblem<T> {
    /// The values and the work space that the products at a point need. They are kept between calls, so that
    /// a loop does not allocate.
    type Point: Default;

    /// Writes r(x) to all m entries of `r`, and prepares `point` for products with J(x).
    ///
    /// # Errors
    /// The errors of a backend.
    fn linearize(&self, x: &[T], r: &mut [T], point: &mut Self::Point) -> Result<()>;

    /// Writes J·v (m entries) to `jv`, for v of n entries.
    ///
    /// # Errors
    /// The errors of a backend.
    fn jacobian_times(&self, point: &mut Self::Point, v: &[T], jv: &mut [T]) -> Result<()>;

    /// Writes Jᵀ·u (n entries) to `jtu`, for u of m entries.
    ///
    /// # Errors
    /// The errors of a backend.
    fn transposed_jacobian_times(
        &self,
        point: &mut Self::Point,
        u: &[T],
        jtu: &mut [T],
    ) -> Result<()>;
}
