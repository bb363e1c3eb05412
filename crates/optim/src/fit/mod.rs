//! Fits: from data and a model to parameters with standard errors.
//!
//! [`fit`] does everything in one call. [`Curve`] makes a problem of data and a model, [`Fit`] has the
//! options, and [`Fitted`] is the result.

mod beta;
mod builder;
mod cancellation;
mod covariance;
mod curve;
mod fisher;
mod fitted;
mod guarded;
mod many;
mod minima;
mod parameters;
mod prediction;
mod profile;
mod profiling;
mod ranked;
mod separable;
mod small_svd;
mod start_length;
mod starts;
mod statistics;
mod student_t;
mod summary;
mod tall;
mod threaded;
mod tied;
mod together;

pub use builder::{Fit, Resume};
pub use cancellation::Cancellation;
pub use covariance::{Covariance, covariance};
pub use curve::Curve;
pub use fitted::{Fitted, ParameterState, Sigma};
pub use many::{FittedMany, Many, Starts};
pub use minima::{Minima, Minimum};
pub use parameters::Parameters;
pub use prediction::Prediction;
pub use profile::{Profile, ProfilePoint};
pub use ranked::RankedFit;
pub use separable::Separable;
pub use statistics::{FTest, f_test};
pub use threaded::ThreadedFit;

use leastwise_core::{Backend, Result, Scalar};

use crate::{FiniteDifferences, check};

/// Fits y ≈ model(x, p) to data, starting from p = `start`: a slice of numbers, or [`Parameters`] with names, bounds, and
/// which of them are held or tied.
///
/// The parameters minimise Σᵢ (model(xᵢ, p) − yᵢ)². Derivatives are [central
/// differences](FiniteDifferences::central). The residuals scale the standard errors ([`Sigma::Relative`]).
/// The result prints as a table. It runs on one thread, and does not store the Jacobian of many data; see
/// [`Fit::run`]. For other options, use [`Curve`] and [`Fit`]. This function is
/// `Fit::new(backend).run(&FiniteDifferences::central(Curve::new(start.len(), model, x, y)?), start)`.
///
/// ```
/// use leastwise_optim::fit;
///
/// # fn main() -> leastwise_core::Result<()> {
/// let t = [0.0, 1.0, 2.0, 3.0, 4.0];
/// let y = [5.1, 3.0, 1.9, 1.1, 0.7];
/// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
/// let fitted = fit(&leastwise_faer::Faer::default(), decay, &t, &y, &[1.0, 1.0])?;
/// println!("{fitted}");
/// assert!(fitted.is_success());
/// assert!((fitted.parameters[1] - 0.5).abs() < 3.0 * fitted.standard_errors()[1]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`Curve::new`] and [`Fit::run`]. [`Error::Shape`](leastwise_core::Error::Shape) if the start does not
/// have the length that the model needs, and the model panics for that reason. If the model does not read an
/// entry of the start, the fit runs. That parameter has no effect, and its standard error is infinite.
pub fn fit<T, X, F>(
    backend: &dyn Backend<T>,
    model: F,
    x: &[X],
    y: &[T],
    start: impl Into<Parameters<T>>,
) -> Result<Fitted<T>>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    fit_curve(backend, model, (x, y), None, start.into())
}

/// Like [`fit`], for data with standard deviations σ = `sigmas`. The parameters minimise Σᵢ ((model(xᵢ, p) −
/// yᵢ)/σᵢ)².
///
/// The sigmas are weights, known up to a common factor. The fit estimates this factor from the residuals
/// ([`Sigma::Relative`]), so sigmas that are all 10 times larger give the same standard errors. SciPy's
/// `curve_fit` and R's `nls` have the same default. If the sigmas are known absolutely, use
/// [`Fit::with_sigma_scale`] with [`Sigma::Absolute`], and [`Curve::with_sigmas`].
///
/// ```
/// use leastwise_optim::fit_with_sigmas;
///
/// # fn main() -> leastwise_core::Result<()> {
/// let t = [0.0, 1.0, 2.0, 3.0, 4.0];
/// let y = [5.1, 3.0, 1.9, 1.1, 0.7];
/// let sigmas = [0.2, 0.2, 0.1, 0.1, 0.05];
/// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
/// let backend = leastwise_faer::Faer::default();
/// let fitted = fit_with_sigmas(&backend, decay, &t, &y, &sigmas, &[1.0, 1.0])?;
/// assert!(fitted.is_success());
/// assert!((fitted.parameters[1] - 0.5).abs() < 3.0 * fitted.standard_errors()[1]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`fit`] and [`Curve::with_sigmas`].
pub fn fit_with_sigmas<T, X, F>(
    backend: &dyn Backend<T>,
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
{
    fit_curve(backend, model, (x, y), Some(sigmas), start.into())
}

fn fit_curve<T, X, F>(
    backend: &dyn Backend<T>,
    model: F,
    (x, y): (&[X], &[T]),
    sigmas: Option<&[T]>,
    parameters: Parameters<T>,
) -> Result<Fitted<T>>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    let start = parameters.start().to_vec();
    if start.is_empty() {
        let detail = "must have one entry per parameter and at least one, but it has 0";
        return Err(check::invalid("fit", "start", detail.to_owned()));
    }
    let mut curve = Curve::new(start.len(), &model, x, y)?;
    if let Some(sigmas) = sigmas {
        curve = curve.with_sigmas(sigmas)?;
    }
    let fitted = Fit::new(backend).run(&FiniteDifferences::central(curve), parameters);
    fitted.map_err(|error| start_length::explained(error, &model, x, &start))
}
