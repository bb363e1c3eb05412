#![doc = include_str!("../README.md")]

/// The examples of the page are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/migration.md")]
struct Migration;

pub use leastwise_core as core;
pub use leastwise_core::{Backend, Error, Mat, MatMut, MatRef, Result, Scalar};
pub use leastwise_faer::Faer;
/// Models that find their own start, with the feature `models`.
///
/// ```
/// use leastwise::models::Model;
/// use leastwise::{Faer, Fit, Parameters};
///
/// // A peak on a background, without a start.
/// let x: Vec<f64> = (0..60).map(|i| 0.1 * f64::from(i)).collect();
/// let y: Vec<f64> = x.iter().map(|x| 3.0 * (-2.0 * (x - 2.5f64).powi(2)).exp() + 1.0).collect();
///
/// let gaussian = Model::gaussian();
/// let start = Parameters::from(&gaussian.guess(&x, &y)?)
///     .with_names(&gaussian.parameters())
///     .with_bounds(gaussian.bounds());
/// let fitted = Fit::new(&Faer::default()).run(&gaussian.curve(&x, &y)?, start)?;
///
/// assert!(fitted.is_success());
/// assert_eq!(fitted.names, ["a", "mu", "sigma", "c"]);
/// assert!((fitted.parameters[2] - 0.5).abs() < 1e-6);
/// # Ok::<(), leastwise::Error>(())
/// ```
#[cfg(feature = "models")]
pub use leastwise_models as models;
pub use leastwise_optim as optim;
pub use leastwise_optim::levenberg_marquardt::TrustRegion;
#[cfg(feature = "autodiff")]
pub use leastwise_optim::{AutoDiff, DifferentiableResidual, Number};
pub use leastwise_optim::{
    Bounds, Budget, Cancellation, ClosureResidual, Correlated, Counts, Covariance, Curve, FTest,
    FiniteDifferences, Fit, Fitted, FittedMany, FixedParameters, History, JacobianCheck,
    LeastSquaresProblem, Many, Minima, Minimum, Observer, ParameterState, Parameters, Prediction,
    Profile, ProfilePoint, Record, ResidualFunction, Robust, RobustLoss, Separable, Sigma, Starts,
    Termination, ThreadedFit, Weighted, check_jacobian, covariance, f_test, robust_scale,
};

/// Fits y ≈ model(x, p) to data, starting from p = `start`, with faer on one thread. The start is a
/// slice of numbers, or [`Parameters`] with names, bounds, and which are held or tied.
///
/// The parameters minimise Σᵢ (model(xᵢ, p) − yᵢ)². This is [`optim::fit`] with [`Faer::default`].
/// [`optim::fit`] takes any backend.
///
/// Numbers are f64 or f32. A closure in a variable needs types, as below. A closure that is written
/// as the argument does not: `fit(|x, p| p[0] + p[1] * x, &x, &y, &[0.0, 0.0])`.
///
/// ```
/// // A straight line: the estimates and standard errors are those of linear regression.
/// let x = [0.0, 1.0, 2.0, 3.0];
/// let y = [1.0, 3.0, 4.0, 8.0];
/// let line = |x: f64, p: &[f64]| p[0] + p[1] * x;
///
/// let fitted = leastwise::fit(line, &x, &y, &[0.0, 0.0])?;
///
/// assert!(fitted.is_success());
/// assert!((fitted.parameters[0] - 0.7).abs() < 1e-9);
/// assert!((fitted.parameters[1] - 2.2).abs() < 1e-9);
/// // ‖r‖² = 1.8 on 2 degrees of freedom, Σ(x − x̄)² = 5.
/// assert!((fitted.standard_errors()[1] - (0.9f64 / 5.0).sqrt()).abs() < 1e-9);
/// # Ok::<(), leastwise::Error>(())
/// ```
///
/// # Errors
/// As [`optim::fit`].
pub fn fit<T, X, F>(
    model: F,
    x: &[X],
    y: &[T],
    start: impl Into<Parameters<T>>,
) -> Result<Fitted<T>>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
    Faer: Backend<T>,
{
    optim::fit(&Faer::default(), model, x, y, start)
}

/// As [`fit`], for data with standard deviations σ = `sigmas`. The parameters minimise Σᵢ
/// ((model(xᵢ, p) − yᵢ)/σᵢ)².
///
/// The sigmas are weights, known up to a common factor. The fit estimates this factor from the
/// residuals ([`Sigma::Relative`]), so sigmas that are all 10 times larger give the same standard
/// errors. SciPy's `curve_fit` and R's `nls` have the same default. If the sigmas are known
/// absolutely, use [`Fit::with_sigma_scale`] with [`Sigma::Absolute`], and [`Curve::with_sigmas`].
///
/// ```
/// // The weighted mean of two measurements: Σ y/σ² over Σ 1/σ².
/// let mean = |(): (), p: &[f64]| p[0];
/// let fitted = leastwise::fit_with_sigmas(mean, &[(), ()], &[1.0, 2.0], &[0.1, 0.2], &[1.0])?;
///
/// assert!(fitted.is_success());
/// assert!((fitted.parameters[0] - (100.0 + 50.0) / (100.0 + 25.0)).abs() < 1e-9);
/// # Ok::<(), leastwise::Error>(())
/// ```
///
/// # Errors
/// As [`fit`] and [`Curve::with_sigmas`].
pub fn fit_with_sigmas<T, X, F>(
    model: F,
    x: &[X],
    y: &[T],
    sigmas: &[T],
    start: impl Into<Parameters<T>>,
) -> Result<Fitted<T>>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
    Faer: Backend<T>,
{
    optim::fit_with_sigmas(&Faer::default(), model, x, y, sigmas, start)
}
