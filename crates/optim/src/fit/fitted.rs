//! What a fit returns.

use std::time::Duration;

use leastwise_core::norm::euclidean;
use leastwise_core::{Mat, Result, Scalar};

use super::{Covariance, student_t};
use crate::{Counts, RobustLoss, Termination, check};

/// What the residuals are measured in.
///
/// Estimates do not depend on it, standard errors do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sigma {
    /// The standard deviations of the data are known up to a common factor s, which is estimated:
    /// s² = ‖r‖²/(m − rank), covariance s²·(JᵀJ)⁻¹. As R's `nls` and `lm` do, and SciPy's `curve_fit` without
    /// `absolute_sigma`. Without weights this is the choice.
    ///
    /// For m = rank there is nothing to estimate s from: standard errors are NaN.
    #[default]
    Relative,
    /// Residuals are in units of known standard deviations: covariance (JᵀJ)⁻¹ whatever the residuals are, and
    /// ‖r‖² is χ².
    Absolute,
}

/// Whether a parameter was free to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterState {
    /// It was.
    Free,
    /// It kept the value of the start.
    Fixed,
    /// It ended at its lower bound, and counts as known in the covariance.
    AtLowerBound,
    /// It ended at its upper bound, and counts as known in the covariance.
    AtUpperBound,
}

impl ParameterState {
    /// Whether it has a standard error.
    #[must_use]
    pub fn is_free(self) -> bool {
        self == Self::Free
    }
}

/// Parameters that were fitted to data, and what is known of them.
///
/// `Display` prints it as a table, names, estimates, standard errors and intervals, with warnings and how the run
/// ended.
///
/// Standard errors, correlations and intervals are those of the model linearised at the parameters. They
/// mean something at a minimum, where [`is_success`](Self::is_success), and for residuals that are
/// independent and of one variance, small against the curvature of the model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fitted<T> {
    /// The names of the parameters.
    pub names: Vec<String>,
    /// The parameters p, n of them.
    pub parameters: Vec<T>,
    /// Which of them were free.
    pub states: Vec<ParameterState>,
    /// ‖r(p)‖², plus the problem's constant: R's deviance, twice the cost of SciPy and Ceres, and χ² where residuals
    /// are in units of their standard deviations.
    pub loss: T,
    /// √loss. Of residuals beyond about the root of the range of `T` the loss is ∞ or 0, and this is not.
    pub root_of_loss: T,
    /// The robust loss that was minimised instead of ‖r(p)‖², if there was one: `loss` is that, and the residuals and the
    /// Jacobian are what they were before.
    pub robust_loss: Option<RobustLoss<T>>,
    /// The norm of the gradient of the loss by the free parameters.
    pub gradient_norm: T,
    /// r(p), m of them: model minus data.
    pub residuals: Vec<T>,
    /// J(p), m×n.
    pub jacobian: Mat<T>,
    /// The number of data: that of the residuals with a weight above 0, unless
    /// [`Fit::with_observations`](crate::Fit::with_observations) says otherwise.
    pub observations: usize,
    /// Which residuals stand for an observation.
    pub(super) observed: Vec<bool>,
    /// The number of data minus the rank of J.
    pub degrees_of_freedom: usize,
    /// What the residuals are measured in.
    pub sigma: Sigma,
    /// The covariance, as [`sigma`](Self::sigma) asks.
    pub covariance: Covariance<T>,
    /// The number of steps.
    pub steps: usize,
    /// How often the problem was evaluated and a linear problem solved.
    pub counts: Counts,
    /// Wall time spent in the optimiser and the problem.
    pub elapsed: Duration,
    /// What stopped the run.
    pub termination: Termination,
}

impl<T: Scalar> Fitted<T> {
    /// Whether the parameters passed a test for a minimum.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.termination.is_success()
    }

    /// s, s² = ‖r‖²/(m − rank); NaN for m = rank. Its square is the reduced χ² where residuals are in
    /// units of their standard deviations. With a robust loss it is what stands in for it:
    /// K·(Σψ(rᵢ)²/(m − rank))^½/(mean ψ′), see [`Fit::with_loss`](crate::Fit::with_loss).
    #[must_use]
    pub fn residual_standard_error(&self) -> T {
        if self.degrees_of_freedom == 0 {
            return T::nan();
        }
        let freedom = T::of(self.degrees_of_freedom as f64);
        match &self.robust_loss {
            None => self.root_of_loss / freedom.sqrt(),
            Some(loss) => self.deviation_of_m_estimator(loss, freedom),
        }
    }

    /// P. J. Huber, *Robust Statistics* (1981), eqs. (7.6.5) and (7.6.8).
    fn deviation_of_m_estimator(&self, loss: &RobustLoss<T>, freedom: T) -> T {
        let observed = || {
            let rows = self.residuals.iter().zip(&self.observed);
            rows.filter_map(|(&r, &is_observed)| is_observed.then_some(r))
        };
        let count = T::of(observed().count() as f64);
        let influences: Vec<T> = observed().map(|r| loss.influence(r)).collect();
        let slopes = || observed().map(|r| loss.influence_derivative(r));
        let mean = slopes().sum::<T>() / count;
        if !(mean > T::zero()) {
            return T::nan();
        }
        let variance = slopes().map(|s| (s - mean) * (s - mean)).sum::<T>() / count;
        let correction = T::one() + T::of(self.rank() as f64) / count * variance / (mean * mean);
        correction * (euclidean(&influences) / freedom.sqrt()) / mean
    }

    /// The standard errors: infinite for a parameter that the data do not determine, zero for one that is not
    /// free, NaN for m = rank and [`Sigma::Relative`].
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

    /// The rank of J, of its free columns.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.covariance.rank
    }

    /// Whether the data determine all free parameters.
    #[must_use]
    pub fn is_full_rank(&self) -> bool {
        self.rank() == self.states.iter().filter(|state| state.is_free()).count()
    }

    /// p ± q·standard error with probability `level`, such as 0.95: q is the quantile of Student's t
    /// for [`Sigma::Relative`] or a robust loss, and of the normal distribution for [`Sigma::Absolute`]. It has a
    /// relative error below 1e-10 for every level, and for 1 to 1e12 degrees of freedom.
    ///
    /// An interval is ∓∞ for a parameter that is not determined, NaN where its standard error is, and a point for one
    /// that is not free.
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
                // Not ∞·0, where the quantile is infinite.
                let reach = if error == T::zero() {
                    error
                } else {
                    error * quantile
                };
                (p - reach, p + reach)
            })
            .collect())
    }

    /// q with a probability of `level` between −q and q.
    fn quantile(&self, level: f64) -> f64 {
        match self.sigma {
            Sigma::Absolute if self.robust_loss.is_none() => student_t::normal_quantile(level),
            // No distribution has 0 degrees of freedom.
            _ if self.degrees_of_freedom == 0 => f64::NAN,
            Sigma::Absolute | Sigma::Relative => {
                student_t::quantile(level, self.degrees_of_freedom as f64)
            }
        }
    }
}
