//! The result of a fit.

use std::time::Duration;

use leastwise_core::norm::euclidean;
use leastwise_core::{Mat, Result, Scalar};

use super::{Covariance, Minima, Parameters, Profile, student_t};
use crate::{Counts, RobustLoss, Termination, check};

/// The unit of the residuals.
///
/// Standard errors depend on it, but estimates do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Sigma {
    /// The standard deviations of the data are known up to a common factor s. The fit estimates it: s² =
    /// ‖r‖²/(m − rank), and the covariance is s²·(JᵀJ)⁻¹. R's `nls` and `lm` do the same, and SciPy's
    /// `curve_fit` without `absolute_sigma`. Use it if there are no weights.
    ///
    /// For m = rank, s cannot be estimated, and standard errors are NaN.
    #[default]
    Relative,
    /// Residuals are in units of known standard deviations. The covariance is (JᵀJ)⁻¹ for any residuals, and
    /// ‖r‖² is χ².
    Absolute,
}

/// Whether a parameter was free to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ParameterState {
    /// The parameter was free.
    Free,
    /// The parameter kept its value in the start.
    Fixed,
    /// The parameter ended at its lower bound. It is treated as known in the covariance.
    AtLowerBound,
    /// The parameter ended at its upper bound. It is treated as known in the covariance.
    AtUpperBound,
    /// The parameter follows from others. Its standard error is that of the delta method.
    Tied,
}

impl ParameterState {
    /// Whether the parameter was fitted, and did not end at a bound.
    #[must_use]
    pub fn is_free(self) -> bool {
        self == Self::Free
    }
}

/// Parameters that were fitted to data, and their statistics.
///
/// `Display` prints a table with names, estimates, standard errors and intervals, with warnings, and the
/// reason why the run ended.
///
/// Standard errors, correlations and intervals are those of the model, linearised at the parameters. They are
/// valid at a minimum, where [`is_success`](Self::is_success) is true. Residuals must be independent, have
/// the same variance, and be small compared with the curvature of the model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub struct Fitted<T> {
    /// The names of the parameters.
    pub names: Vec<String>,
    /// The n parameters p.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    pub parameters: Vec<T>,
    /// Whether each parameter was free.
    pub states: Vec<ParameterState>,
    /// ‖r(p)‖² plus the constant of the problem. It is R's deviance, and twice the cost of SciPy and Ceres.
    /// If residuals are in units of their standard deviations, it is χ².
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub loss: T,
    /// √loss. If the square of the residuals leaves the range of `T`, the loss is ∞ or 0, but this root is
    /// accurate.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub root_of_loss: T,
    /// The robust loss that was minimised instead of ‖r(p)‖², if there is one. Then `loss` is its value. The
    /// residuals and the Jacobian are those of the original problem.
    pub robust_loss: Option<RobustLoss<T>>,
    /// The norm of the gradient of the loss with respect to the free parameters.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub gradient_norm: T,
    /// The m residuals r(p): model minus data. In a fit [across ranks](crate::Fit::across), those of this rank. Empty if they
    /// [are not stored](crate::RowFunction::is_streamed).
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::list"))]
    pub residuals: Vec<T>,
    /// The Jacobian J(p), m×n, if it was requested by [`Fit::with_jacobian`](crate::Fit::with_jacobian).
    pub jacobian: Option<Mat<T>>,
    /// The number of data. It is the number of residuals with a weight above 0, unless
    /// [`Fit::with_observations`](crate::Fit::with_observations) sets another.
    pub observations: usize,
    /// The sums of the M-estimator, with a robust loss.
    pub(super) influences: Option<MEstimator<T>>,
    /// The number of residuals, on all ranks.
    pub(super) rows: usize,
    /// The number of data minus the rank of J.
    pub degrees_of_freedom: usize,
    /// The unit of the residuals.
    pub sigma: Sigma,
    /// The covariance, for the given [`sigma`](Self::sigma).
    pub covariance: Covariance<T>,
    /// The number of steps.
    pub steps: usize,
    /// The numbers of evaluations and of linear solves.
    pub counts: Counts,
    /// The wall time spent in the optimiser and the problem.
    pub elapsed: Duration,
    /// The reason why the run ended.
    pub termination: Termination,
    /// The minima that other starts have found, if there were [several](crate::Fit::with_starts).
    pub minima: Option<Minima<T>>,
    /// The profiles of the parameters with a standard error, by index, or the reason why one has none. They are empty unless
    /// [requested](crate::Fit::with_profiles).
    pub profiles: Vec<Result<Profile<T>, String>>,
    /// What was fitted, without names.
    pub(super) given: Parameters<T>,
    /// The fit of the untied parameters, if others are tied to them.
    pub(super) untied: Option<Box<Fitted<T>>>,
}

/// What the standard deviation of an M-estimator needs to know about the observations.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Scalar"))]
pub(super) struct MEstimator<T> {
    /// Their number.
    pub(super) count: usize,
    /// (Σψ(rᵢ)²)^½.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub(super) length: T,
    /// The mean and the variance of ψ′.
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub(super) mean: T,
    #[cfg_attr(feature = "serde", serde(with = "leastwise_core::numbers::one"))]
    pub(super) variance: T,
}

impl<T: Scalar> MEstimator<T> {
    pub(super) fn new(
        loss: &RobustLoss<T>,
        residuals: &[T],
        is_observation: impl Fn(usize) -> bool,
    ) -> Self {
        let observed = || {
            let rows = residuals.iter().enumerate();
            rows.filter_map(|(row, &r)| is_observation(row).then_some(r))
        };
        let count = observed().count();
        let of_count = T::of(count as f64);
        let influences: Vec<T> = observed().map(|r| loss.influence(r)).collect();
        let slopes = || observed().map(|r| loss.influence_derivative(r));
        let mean = slopes().sum::<T>() / of_count;
        Self {
            count,
            length: euclidean(&influences),
            mean,
            variance: slopes().map(|s| (s - mean) * (s - mean)).sum::<T>() / of_count,
        }
    }

    /// Source: P. J. Huber, *Robust Statistics* (1981), eqs. (7.6.5) and (7.6.8).
    fn deviation(&self, rank: usize, freedom: T) -> T {
        let mean = self.mean;
        if !(mean > T::zero()) {
            return T::nan();
        }
        let count = T::of(self.count as f64);
        let correction = T::one() + T::of(rank as f64) / count * self.variance / (mean * mean);
        correction * (self.length / freedom.sqrt()) / mean
    }
}

impl<T: Scalar> Fitted<T> {
    /// Whether the parameters passed a test for a minimum.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.termination.is_success()
    }

    /// s, where s² = ‖r‖²/(m − rank). It is NaN for m = rank. If residuals are in units of their standard
    /// deviations, s² is the reduced χ². With a robust loss, it is K·(Σψ(rᵢ)²/(m − rank))^½/(mean ψ′); see
    /// [`Fit::with_loss`](crate::Fit::with_loss).
    #[must_use]
    pub fn residual_standard_error(&self) -> T {
        if self.degrees_of_freedom == 0 {
            return T::nan();
        }
        let freedom = T::of(self.degrees_of_freedom as f64);
        match &self.influences {
            None => self.root_of_loss / freedom.sqrt(),
            Some(sums) => sums.deviation(self.rank(), freedom),
        }
    }

    /// The standard errors. They are infinite for a parameter that the data do not determine, zero for one
    /// that is not free, and NaN for m = rank with [`Sigma::Relative`].
    #[must_use]
    pub fn standard_errors(&self) -> &[T] {
        &self.covariance.standard_errors
    }

    /// The covariance matrix, n×n, as [`Covariance::matrix`].
    #[must_use]
    pub fn covariance_matrix(&self) -> Mat<T> {
        self.covariance.matrix()
    }

    /// The correlations, n×n.
    #[must_use]
    pub fn correlation(&self) -> &Mat<T> {
        &self.covariance.correlation
    }

    /// The rank of the free columns of J.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.covariance.rank
    }

    /// Whether the data determine all free parameters.
    #[must_use]
    pub fn is_full_rank(&self) -> bool {
        self.rank() == self.states.iter().filter(|state| state.is_free()).count()
    }

    /// The intervals p ± q·standard error with probability `level`, such as 0.95. For [`Sigma::Relative`] or
    /// a robust loss, q is the quantile of Student's t. For [`Sigma::Absolute`], it is that of the normal
    /// distribution. Its relative error is below 1e-10 for every level, and for 1 to 1e12 degrees of freedom.
    ///
    /// An interval is from −∞ to ∞ for a parameter that is not determined. It is NaN if the standard error is
    /// NaN, and a single point for a parameter that is not free.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless 0 < `level` < 1.
    pub fn confidence_intervals(&self, level: f64) -> Result<Vec<(T, T)>> {
        let level = check::positive("confidence_intervals", "level", level)?;
        let level = check::fraction("confidence_intervals", "level", level)?;
        let quantile = T::of(self.quantile(level));
        let pairs = self.parameters.iter().zip(self.standard_errors());
        Ok(pairs
            .map(|(&p, &error)| {
                let reach = reach(error, quantile);
                (p - reach, p + reach)
            })
            .collect())
    }

    /// The quantile q: a standardised estimate is between −q and q with probability `level`.
    pub(super) fn quantile(&self, level: f64) -> f64 {
        match self.sigma {
            Sigma::Absolute if self.robust_loss.is_none() => student_t::normal_quantile(level),
            // There is no distribution with 0 degrees of freedom.
            _ if self.degrees_of_freedom == 0 => f64::NAN,
            Sigma::Absolute | Sigma::Relative => {
                student_t::quantile(level, self.degrees_of_freedom as f64)
            }
        }
    }
}

/// The distance from an estimate to the ends of its interval. It is 0 for a known value, although the quantile may be
/// infinite.
pub(super) fn reach<T: Scalar>(error: T, quantile: T) -> T {
    if error == T::zero() {
        error
    } else {
        error * quantile
    }
}
