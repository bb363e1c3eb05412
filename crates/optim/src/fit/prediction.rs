//! A fitted curve with its uncertainty, at any x.

use leastwise_core::{Mat, MatRef, Result, Scalar};

use super::builder::of_untied;
use super::fisher;
use super::fitted::reach;
use super::{Curve, Fitted, Sigma};
use crate::{FiniteDifferences, LeastSquaresProblem, check};

/// A fitted curve at one x, with its uncertainty.
///
/// The intervals are those of the model, linearised at the parameters, f ± q·√(gᵀCg) with g = ∂f/∂p. They do not
/// contain what a wrong model gets wrong, which grows away from the data.
///
/// Source: G. A. F. Seber, C. J. Wild, *Nonlinear Regression* (1989), section 5.1; H. Scheffé, *A method for judging
/// all contrasts in the analysis of variance*, Biometrika 40 (1953).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Prediction<T> {
    /// The curve f(x, p).
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub value: T,
    /// The standard error of the curve, √(gᵀCg).
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub standard_error: T,
    /// The confidence band. It contains the true curve at this x with the given probability.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::pair"))]
    pub confidence: (T, T),
    /// The simultaneous band of Scheffé. With the given probability, it contains the true curve at all x.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::pair"))]
    pub simultaneous: (T, T),
    /// The prediction band. It contains one new observation at this x with the given probability.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::pair"))]
    pub observation: (T, T),
}

type JacobianOf<'a, T> = dyn Fn(&dyn LeastSquaresProblem<T>) -> Result<Mat<T>> + 'a;

const OPERATION: &str = "predict";

impl<T: Scalar> Fitted<T> {
    /// The bands of a curve with these `values`, whose derivatives are the rows of `jacobian`. Both are at the fitted
    /// parameters. [`Curve::predict`] computes them from a model.
    ///
    /// A new observation has the standard deviation σ = `sigmas`, in the units of the data's sigmas, or 1 without
    /// sigmas. For [`Sigma::Relative`](super::Sigma::Relative), it is multiplied by
    /// [`residual_standard_error`](Self::residual_standard_error).
    ///
    /// Bands are infinite where the data do not determine the curve, and NaN if the standard errors are.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless there are a row and a sigma for each value, and a column
    /// for each parameter. [`Error::NonFinite`](leastwise_core::Error::NonFinite), and
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 < `level` < 1.
    pub fn bands(
        &self,
        values: &[T],
        jacobian: MatRef<'_, T>,
        sigmas: Option<&[T]>,
        level: f64,
    ) -> Result<Vec<Prediction<T>>> {
        let n = self.parameters.len();
        check::entries(OPERATION, "values", jacobian.rows(), values.len())?;
        check::entries(OPERATION, "columns of the jacobian", n, jacobian.cols())?;
        if let Some(sigmas) = sigmas {
            check::entries(OPERATION, "sigmas", values.len(), sigmas.len())?;
            check::finite(OPERATION, "sigmas", sigmas)?;
        }
        check::finite(OPERATION, "values", values)?;
        let level = check::positive(OPERATION, "level", level)?;
        let level = check::fraction(OPERATION, "level", level)?;
        let (one, all) = (T::of(self.quantile(level)), T::of(self.scheffe(level)));
        let deviation = self.covariance.deviation();
        let mut gradient = vec![T::zero(); n];
        let at = |(i, &value): (usize, &T)| {
            for (j, entry) in gradient.iter_mut().enumerate() {
                *entry = jacobian[(i, j)];
            }
            let error = self.covariance.standard_error_of(&gradient)?;
            let own = deviation * sigmas.map_or(T::one(), |sigmas| sigmas[i]);
            let around = |distance: T| (value - distance, value + distance);
            Ok(Prediction {
                value,
                standard_error: error,
                confidence: around(reach(error, one)),
                simultaneous: around(reach(error, all)),
                observation: around(reach(error.hypot(own), one)),
            })
        };
        values.iter().enumerate().map(at).collect()
    }

    /// √(k·F) for k determined parameters, where F is the quantile for k and ν degrees of freedom.
    fn scheffe(&self, level: f64) -> f64 {
        let rank = self.rank();
        if rank == 0 {
            return 0.0;
        }
        let freedom = match self.sigma {
            Sigma::Absolute if self.robust_loss.is_none() => fisher::INFINITE,
            _ if self.degrees_of_freedom == 0 => return f64::NAN,
            Sigma::Absolute | Sigma::Relative => self.degrees_of_freedom,
        };
        (rank as f64 * fisher::quantile(level, rank, freedom)).sqrt()
    }
}

impl<T, X, F> Curve<'_, T, X, F>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    /// The fitted curve with its bands at `x`, which need not be the x of the data. `level` is the probability of each
    /// interval, such as 0.95. The derivatives of the model are central differences.
    ///
    /// A new observation has the standard deviation of data with σ = 1. [`Fitted::bands`] takes other sigmas.
    ///
    /// ```
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::{Curve, fit};
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// let (t, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [5.1, 3.0, 1.9, 1.1, 0.7]);
    /// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
    /// let fitted = fit(&Faer::default(), decay, &t, &y, &[1.0, 1.0])?;
    /// let band = Curve::new(2, decay, &t, &y)?.predict(&fitted, &[2.5, 10.0], 0.95)?;
    /// assert!(band[0].confidence.0 < band[0].value && band[0].value < band[0].confidence.1);
    /// assert!(band[0].observation.1 > band[0].confidence.1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Fitted::bands`], and [`Error::NonFinite`](leastwise_core::Error::NonFinite) for a model value that is not
    /// finite.
    pub fn predict(&self, fitted: &Fitted<T>, x: &[X], level: f64) -> Result<Vec<Prediction<T>>> {
        self.predict_by(fitted, x, level, |there, jacobian| {
            jacobian(&FiniteDifferences::central(there))
        })
    }
}

impl<T, X, F, G> Curve<'_, T, X, F, G>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
    G: Fn(X, &[T], &mut [T]),
{
    /// As [`predict`](Curve::predict), with the derivatives of [`with_gradient`](Curve::with_gradient).
    ///
    /// # Errors
    /// As [`predict`](Curve::predict).
    pub fn predict(&self, fitted: &Fitted<T>, x: &[X], level: f64) -> Result<Vec<Prediction<T>>> {
        self.predict_by(fitted, x, level, |there, jacobian| {
            jacobian(&there.with_gradient(self.gradient()))
        })
    }
}

impl<T, X, F, G> Curve<'_, T, X, F, G>
where
    T: Scalar,
    X: Copy,
    F: Fn(X, &[T]) -> T,
{
    /// The bands. `derive` adds derivatives to the curve through its own values at `x`, and calls its other argument.
    fn predict_by<D>(
        &self,
        fitted: &Fitted<T>,
        x: &[X],
        level: f64,
        derive: D,
    ) -> Result<Vec<Prediction<T>>>
    where
        D: FnOnce(Curve<'_, T, X, &F>, &JacobianOf<'_, T>) -> Result<Mat<T>>,
    {
        let p = &fitted.parameters;
        check::entries(OPERATION, "parameters", self.parameter_count(), p.len())?;
        let values = self.values(p, x);
        check::finite(OPERATION, "values", &values)?;
        if x.is_empty() {
            return Ok(Vec::new());
        }
        let there = Curve::new(p.len(), self.model(), x, &values)?;
        let (fitted, jacobian) = match fitted.ties(OPERATION)? {
            Some((ties, untied)) => {
                let of = |there: &dyn LeastSquaresProblem<T>| {
                    of_untied(there, &ties, |there| jacobian(there, &untied.parameters))
                };
                (untied, derive(there, &of)?)
            }
            None => (fitted, derive(there, &|there| jacobian(there, p))?),
        };
        fitted.bands(&values, jacobian.as_ref(), None, level)
    }
}

fn jacobian<T, P>(problem: &P, p: &[T]) -> Result<Mat<T>>
where
    T: Scalar,
    P: LeastSquaresProblem<T> + ?Sized,
{
    let mut j = Mat::from_fn(problem.residuals(), p.len(), |_, _| T::nan());
    problem.jacobian(p, j.as_mut())?;
    Ok(j)
}
