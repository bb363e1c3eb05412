//! What a user may choose, and the run.

use leastwise_core::{Backend, Error, Result, Scalar};

use super::guarded::Guarded;
use super::{Fitted, ParameterState, Sigma, covariance};
use crate::levenberg_marquardt::{DenseQr, TrustRegion};
use crate::{Budget, LeastSquaresProblem, LevenbergMarquardt, Observer, Report, check, minimize};

/// Fits parameters to data: [`TrustRegion`] over [`DenseQr`], with checks before and statistics after.
///
/// One `Fit` runs any number of problems; a run that ends with an error leaves it as it was.
///
/// ```
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::TrustRegion;
/// use leastwise_optim::{Curve, FiniteDifferences, Fit, Sigma};
///
/// # fn main() -> leastwise_core::Result<()> {
/// let x = [1.0, 2.0, 3.0, 4.0];
/// let power = Curve::new(2, |x: f64, p: &[f64]| p[0] * x.powf(p[1]), &x, &[2.1, 7.8, 18.2, 31.9])?
///     .with_sigmas(&[0.1, 0.1, 0.2, 0.2])?;
///
/// let backend = Faer::default();
/// let fit = Fit::new(&backend)
///     .with_control(TrustRegion::new().with_ftol(1e-12)?.with_max_evaluations(200)?)
///     .with_sigma(Sigma::Absolute)
///     .with_names(&["scale", "exponent"]);
/// let fitted = fit.run(&FiniteDifferences::central(power), &[1.0, 1.0])?;
/// assert!(fitted.is_success());
/// assert!((fitted.parameters[1] - 2.0).abs() < 3.0 * fitted.standard_errors()[1]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Fit<'b, T, B: ?Sized> {
    backend: &'b B,
    control: TrustRegion<T>,
    budget: Budget<T>,
    sigma: Sigma,
    observations: Option<usize>,
    names: Option<Vec<String>>,
}

pub(super) const OPERATION: &str = "Fit";

/// Far starts take hundreds of steps; a run that needs more is not about to end.
const DEFAULT_STEPS: usize = 1000;

impl<T: Scalar, B: ?Sized> Clone for Fit<'_, T, B> {
    fn clone(&self) -> Self {
        Self {
            backend: self.backend,
            control: self.control.clone(),
            budget: self.budget,
            sigma: self.sigma,
            observations: self.observations,
            names: self.names.clone(),
        }
    }
}

impl<'b, T: Scalar, B: Backend<T> + ?Sized> Fit<'b, T, B> {
    /// The default tolerances of [`TrustRegion`], 1000 steps at most, [`Sigma::Relative`].
    #[must_use]
    pub fn new(backend: &'b B) -> Self {
        Self {
            backend,
            control: TrustRegion::new(),
            budget: Budget::steps(DEFAULT_STEPS),
            sigma: Sigma::default(),
            observations: None,
            names: None,
        }
    }

    /// Other tolerances, initial radius or number of evaluations.
    #[must_use]
    pub fn with_control(self, control: TrustRegion<T>) -> Self {
        Self { control, ..self }
    }

    /// Another number of steps, or a loss that is good enough.
    #[must_use]
    pub fn with_budget(self, budget: Budget<T>) -> Self {
        Self { budget, ..self }
    }

    /// What the residuals are measured in, on which the standard errors depend.
    #[must_use]
    pub fn with_sigma(self, sigma: Sigma) -> Self {
        Self { sigma, ..self }
    }

    /// The number of data that the residuals stand for, where it is not that of the residuals: after
    /// a [`Reduction`](crate::Reduction), or with residuals that are no data.
    #[must_use]
    pub fn with_observations(self, observations: usize) -> Self {
        Self {
            observations: Some(observations),
            ..self
        }
    }

    /// Names of the parameters for the summary; `p[0]`, `p[1]` and so on without.
    #[must_use]
    pub fn with_names(self, names: &[&str]) -> Self {
        Self {
            names: Some(names.iter().map(|&name| name.to_owned()).collect()),
            ..self
        }
    }

    /// Minimises ‖r(p)‖² from p = `start`.
    ///
    /// What a run ends with is data, [`Fitted::termination`]: look at [`Fitted::is_success`]. A residual that is
    /// not finite away from the start is data as well, answered by a shorter step. A panic of the
    /// problem is caught and returned as an error, after the panic hook has printed what it prints; where the
    /// process is built to abort on panics, nothing can be caught.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for fewer residuals than parameters; [`Error::Shape`] for as many entries of
    /// `start` or names as the problem has not; [`Error::NonFinite`] for a NaN or an infinity in `start`, and in the
    /// residual or the Jacobian there, with the entry; [`Error::Panic`] with the message; and what the problem
    /// or the backend reports.
    pub fn run<P>(&self, problem: &P, start: &[T]) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        self.run_observed(problem, start, &mut [])
    }

    /// As [`run`](Self::run), with observers, such as a [`History`](crate::History) or a
    /// [`Cancellation`](crate::Cancellation). A panic of an observer is not caught.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_observed<P>(
        &self,
        problem: &P,
        start: &[T],
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        let problem = Guarded::new(problem)?;
        self.check(&problem, start)?;
        let control = self.control.clone();
        let mut lm = LevenbergMarquardt::new(control, DenseQr::new(self.backend));
        let report = minimize(&mut lm, &problem, start, &self.budget, observers)?;
        let solver = lm.solver();
        if report.termination.is_divergence() {
            return Err(not_finite(solver));
        }
        self.fitted(&problem, report, solver)
    }

    fn check<P>(&self, problem: &Guarded<'_, T, P>, start: &[T]) -> Result<()>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        let (m, n) = (problem.residuals(), problem.parameters());
        if m < n {
            let detail = format!(
                "must have as many residuals as its {n} parameters or more, but it has {m}"
            );
            return Err(check::invalid(OPERATION, "problem", detail));
        }
        check::entries(OPERATION, "start", n, start.len())?;
        check::finite(OPERATION, "start", start)?;
        if let Some(names) = &self.names {
            check::entries(OPERATION, "names", n, names.len())?;
        }
        Ok(())
    }

    fn fitted<P>(
        &self,
        problem: &Guarded<'_, T, P>,
        report: Report<T>,
        solver: &DenseQr<'_, T, B>,
    ) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        let (m, n) = (problem.residuals(), problem.parameters());
        let states = vec![ParameterState::Free; n];
        let free: Vec<bool> = states.iter().map(|state| state.is_free()).collect();
        let rcond = rank_tolerance((m, n), problem.jacobian_error());
        let unscaled = covariance(self.backend, solver.jacobian().as_ref(), &free, Some(rcond))?;
        let observations = self.observations.unwrap_or(m);
        let degrees_of_freedom = observations.saturating_sub(unscaled.rank);
        let covariance = match self.sigma {
            Sigma::Absolute => unscaled,
            Sigma::Relative => {
                let deviation = super::fitted::deviation(report.loss, degrees_of_freedom);
                unscaled.scaled_by(deviation)
            }
        };
        let names = self.names.clone();
        let default_names = || (0..n).map(|j| format!("p[{j}]")).collect();
        Ok(Fitted {
            names: names.unwrap_or_else(default_names),
            parameters: report.parameters,
            states,
            loss: report.loss,
            gradient_norm: report.gradient_norm,
            residuals: solver.residual().to_vec(),
            jacobian: solver.jacobian().clone(),
            observations,
            degrees_of_freedom,
            sigma: self.sigma,
            covariance,
            steps: report.steps,
            counts: report.counts,
            elapsed: report.elapsed,
            termination: report.termination,
        })
    }
}

/// Below it a singular value of J, columns of length 1, may be an error of J alone: columns with errors
/// of η move it by √n·η, of which ten are taken, because η is an estimate.
fn rank_tolerance<T: Scalar>((m, n): (usize, usize), jacobian_error: T) -> T {
    let rounding = T::of(m as f64) * T::EPSILON;
    let errors = T::of(10.0 * (n as f64).sqrt()) * jacobian_error;
    // A J of which less is known has a rank as well.
    rounding.max(errors).min(T::of(0.1))
}

/// What is not finite in r and J, where the loss or its gradient is not.
fn not_finite<T: Scalar, B: Backend<T> + ?Sized>(solver: &DenseQr<'_, T, B>) -> Error {
    let first = |argument, rows: usize, values: &[T]| {
        let position = values.iter().position(|value| !value.is_finite())?;
        Some(Error::NonFinite {
            operation: OPERATION,
            argument,
            row: position % rows,
            col: position / rows,
            value: values[position].as_f64(),
        })
    };
    let residual = solver.residual();
    let rows = residual.len();
    first("residual at the start", rows, residual)
        .or_else(|| first("jacobian at the start", rows, solver.jacobian().data()))
        .unwrap_or_else(|| {
            let detail = format!(
                "must have a loss and a gradient within the range of {}, but they exceed it",
                T::NAME
            );
            check::invalid(OPERATION, "start", detail)
        })
}
