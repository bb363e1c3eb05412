//! Residuals from closures, and residuals without a Jacobian.

use std::fmt;

use leastwise_core::{MatMut, Result, Scalar};

use crate::forward::forward;
use crate::{Bounds, LeastSquaresProblem, RowFunction, check};

/// A residual r: ℝⁿ → ℝᵐ without a Jacobian, for use in [`FiniteDifferences`](crate::FiniteDifferences).
///
/// The loss is ‖r(x)‖² plus a constant. Outside its domain, a residual writes NaN or ∞.
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_optim::ResidualFunction;
///
/// /// r = (10·(x₂ − x₁²), 1 − x₁).
/// struct Rosenbrock;
///
/// impl ResidualFunction<f64> for Rosenbrock {
///     fn residuals(&self) -> usize {
///         2
///     }
///
///     fn parameters(&self) -> usize {
///         2
///     }
///
///     fn residual(&self, x: &[f64], r: &mut [f64]) -> Result<()> {
///         (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
///         Ok(())
///     }
/// }
///
/// let mut r = [f64::NAN; 2];
/// Rosenbrock.residual(&[0.0, 1.0], &mut r)?;
/// assert_eq!(r, [10.0, 1.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub trait ResidualFunction<T: Scalar> {
    /// The number of residuals, m.
    fn residuals(&self) -> usize;

    /// The number of parameters, n.
    fn parameters(&self) -> usize;

    /// As [`LeastSquaresProblem::bounds`].
    fn bounds(&self) -> Option<&Bounds<T>> {
        None
    }

    /// As [`LeastSquaresProblem::constant_norm`].
    fn constant_norm(&self) -> T {
        T::zero()
    }

    /// If r is the difference of a model and data yᵢ, writes the size of yᵢ, in units of rᵢ, to all m entries
    /// of `sizes`, and returns true. Model values of about this size are rounded, and a step is short if it
    /// changes them by a small fraction.
    fn data_sizes(&self, sizes: &mut [T]) -> bool {
        let _ = sizes;
        false
    }

    /// As [`LeastSquaresProblem::is_observation`].
    fn is_observation(&self, row: usize) -> bool {
        let _ = row;
        true
    }

    /// The same residual row by row, if its rows can be evaluated on their own.
    fn by_rows(&self) -> Option<&dyn RowFunction<T>> {
        None
    }

    /// Writes r(x) to all m entries of `r`, which are NaN when this crate calls.
    ///
    /// # Errors
    /// The errors of a backend.
    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()>;
}

/// A residual r: ℝⁿ → ℝᵐ from a closure, and its Jacobian from another.
///
/// With [`ClosureResidual::with_jacobian`], it is a [`LeastSquaresProblem`]. Without it, use it in
/// [`FiniteDifferences`](crate::FiniteDifferences). The closures cannot fail: outside the domain, they write
/// NaN or ∞. They take m, n and m×n entries, which are NaN when an optimiser calls, and write all of them.
/// Slices and matrices of other sizes are refused with [`Error::Shape`](leastwise_core::Error::Shape) before
/// a closure is called.
///
/// ```
/// use leastwise_core::{MatMut, Method, Result};
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Dense};
/// use leastwise_optim::{Budget, LevenbergMarquardt, ClosureResidual, minimize};
///
/// const T: [f64; 3] = [0.0, 1.0, 2.0];
/// const Y: [f64; 3] = [1.0, 2.0, 4.0];
///
/// # fn main() -> Result<()> {
/// // y = exp(x·t) through three points.
/// let growth = ClosureResidual::new(3, 1, |x: &[f64], r: &mut [f64]| {
///     for i in 0..3 {
///         r[i] = (x[0] * T[i]).exp() - Y[i];
///     }
/// })?
/// .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| {
///     for i in 0..3 {
///         j[(i, 0)] = T[i] * (x[0] * T[i]).exp();
///     }
/// });
///
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(AdaptiveDamping::new(), Dense::new(&backend, Method::Qr));
/// let report = minimize(&mut lm, &growth, &[1.0], &Budget::steps(50), &mut [])?;
/// assert!((report.parameters[0] - 2f64.ln()).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClosureResidual<F, G = ()> {
    residuals: usize,
    parameters: usize,
    function: F,
    jacobian: G,
}

const OPERATION: &str = "ClosureResidual";

impl<F> ClosureResidual<F> {
    /// A residual with m = `residuals` and n = `parameters`, where `function(x, r)` writes r(x) to `r`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless m ≥ 1 and n ≥ 1.
    pub fn new<T>(residuals: usize, parameters: usize, function: F) -> Result<Self>
    where
        T: Scalar,
        F: Fn(&[T], &mut [T]),
    {
        Ok(Self {
            residuals: check::at_least_one(OPERATION, "residuals", residuals)?,
            parameters: check::at_least_one(OPERATION, "parameters", parameters)?,
            function,
            jacobian: (),
        })
    }

    /// Adds the Jacobian: `jacobian(x, j)` writes J(x), Jᵢⱼ = ∂rᵢ/∂xⱼ, to all entries of the m×n matrix `j`,
    /// including zeros.
    ///
    /// [`check_jacobian`](crate::check_jacobian) finds common mistakes.
    pub fn with_jacobian<T, G>(self, jacobian: G) -> ClosureResidual<F, G>
    where
        T: Scalar,
        G: Fn(&[T], MatMut<'_, T>),
    {
        ClosureResidual {
            residuals: self.residuals,
            parameters: self.parameters,
            function: self.function,
            jacobian,
        }
    }
}

impl<F, G> fmt::Debug for ClosureResidual<F, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(OPERATION)
            .field("residuals", &self.residuals)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

impl<T, F, G> ResidualFunction<T> for ClosureResidual<F, G>
where
    T: Scalar,
    F: Fn(&[T], &mut [T]),
{
    fn residuals(&self) -> usize {
        self.residuals
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        check::entries(OPERATION, "x", self.parameters, x.len())?;
        check::entries(OPERATION, "r", self.residuals, r.len())?;
        (self.function)(x, r);
        Ok(())
    }
}

impl<T, F, G> LeastSquaresProblem<T> for ClosureResidual<F, G>
where
    T: Scalar,
    F: Fn(&[T], &mut [T]),
    G: Fn(&[T], MatMut<'_, T>),
{
    fn residuals(&self) -> usize {
        self.residuals
    }

    fn parameters(&self) -> usize {
        self.parameters
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        ResidualFunction::residual(self, x, r)
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        check::entries(OPERATION, "x", self.parameters, x.len())?;
        check::size(OPERATION, "j", (self.residuals, self.parameters), &j)?;
        (self.jacobian)(x, j);
        Ok(())
    }
}

/// The residual of a problem, without its Jacobian.
///
/// ```
/// use leastwise_core::{Mat, MatMut, Result};
/// use leastwise_optim::{FiniteDifferences, LeastSquaresProblem, ClosureResidual, WithoutJacobian};
///
/// # fn main() -> Result<()> {
/// let cube = ClosureResidual::new(1, 1, |x: &[f64], r: &mut [f64]| r[0] = x[0].powi(3))?
///     .with_jacobian(|x: &[f64], mut j: MatMut<'_, f64>| j[(0, 0)] = 3.0 * x[0] * x[0]);
/// let mut j = Mat::zeros(1, 1);
/// FiniteDifferences::central(WithoutJacobian(&cube)).jacobian(&[2.0], j.as_mut())?;
/// assert!((j[(0, 0)] - 12.0).abs() < 1e-8);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WithoutJacobian<'a, P: ?Sized>(
    /// The problem.
    pub &'a P,
);

impl<T, P> ResidualFunction<T> for WithoutJacobian<'_, P>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
{
    forward! { self => self.0; residuals, parameters, bounds, constant_norm, is_observation, residual }
}
