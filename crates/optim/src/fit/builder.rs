//! The options of a fit, and its run.

use leastwise_core::{Backend, Error, Mat, Result, Scalar};

use super::covariance::Unscaled;
use super::fitted::MEstimator;
use super::guarded::Guarded;
use super::{Fitted, ParameterState, Parameters, Profile, Sigma};
use crate::caught::OPERATION;
use crate::levenberg_marquardt::{DenseQr, Quality, TrustRegion};
use crate::ranks::hash;
use crate::tall::{Part, Walk};
use crate::ties::Ties;
use crate::wrappers::Tied;
use crate::{
    Bounds, Budget, FixedParameters, LeastSquaresProblem, LevenbergMarquardt, Observer, Report,
    Robust, RobustLoss, RowFunction, check, minimize, power,
};

/// Fits parameters to data by [`TrustRegion`] over [`DenseQr`]. It checks the input before the run, and
/// computes statistics after it.
///
/// One `Fit` runs any number of problems. A run that ends with an error does not change it.
///
/// ```
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::TrustRegion;
/// use leastwise_optim::{Curve, FiniteDifferences, Fit, Parameters, Sigma};
///
/// # fn main() -> leastwise_core::Result<()> {
/// let x = [1.0, 2.0, 3.0, 4.0];
/// let power = Curve::new(2, |x: f64, p: &[f64]| p[0] * x.powf(p[1]), &x, &[2.1, 7.8, 18.2, 31.9])?
///     .with_sigmas(&[0.1, 0.1, 0.2, 0.2])?;
///
/// let backend = Faer::default();
/// let fit = Fit::new(&backend)
///     .with_control(TrustRegion::new().with_ftol(1e-12)?.with_max_evaluations(200)?)
///     .with_sigma_scale(Sigma::Absolute);
/// let start = Parameters::new().free("scale", 1.0).free("exponent", 1.0);
/// let fitted = fit.run(&FiniteDifferences::central(power), start)?;
/// assert!(fitted.is_success());
/// assert!((fitted.parameters[1] - 2.0).abs() < 3.0 * fitted.standard_errors()[1]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Fit<'b, T: Scalar> {
    backend: &'b dyn Backend<T>,
    control: TrustRegion<T>,
    budget: Budget<T>,
    loss: Option<RobustLoss<T>>,
    sigma: Sigma,
    observations: Option<usize>,
    keeps_jacobian: bool,
    pub(super) starts: usize,
    /// The probability of the profile-likelihood intervals that are computed.
    pub(super) profiles: Option<f64>,
    resume: Option<Resume<T>>,
}

/// The state of a run from which another one goes on; see [`Fit::with_resume`].
#[derive(Clone, Debug, PartialEq)]
pub struct Resume<T> {
    /// The free parameters, as in [`Record::parameters`](crate::Record::parameters).
    pub parameters: Vec<T>,
    /// The radius, as in [`Record::radius`](crate::Record::radius).
    pub radius: T,
    /// The number of steps so far.
    pub steps: usize,
}

/// What the statistics of a fit need to know about its end.
pub(super) struct Ending<T> {
    pub(super) residuals: Vec<T>,
    /// With a robust loss.
    pub(super) influences: Option<MEstimator<T>>,
    /// The rows whose rounding errors the columns have.
    pub(super) rows: usize,
    /// J, or a matrix with the same JᵀJ.
    pub(super) columns: Mat<T>,
    /// J, if it is to be kept.
    pub(super) jacobian: Option<Mat<T>>,
}

/// The end of a run, for its statistics.
pub(super) struct Outcome<T> {
    /// What was fitted.
    pub(super) given: Parameters<T>,
    pub(super) states: Vec<ParameterState>,
    /// What the deviation of an M-estimator needs, if there is a loss.
    pub(super) influences: Option<MEstimator<T>>,
    /// The number of residuals, on all ranks.
    pub(super) rows: usize,
    /// How many of them represent an observation.
    pub(super) observations: usize,
    pub(super) residuals: Vec<T>,
    /// J, if it is to be kept.
    pub(super) jacobian: Option<Mat<T>>,
    pub(super) report: Report<T>,
}

impl<T> Outcome<T> {
    /// Which parameters were free.
    pub(super) fn free(&self) -> Vec<bool> {
        self.states.iter().map(|state| state.is_free()).collect()
    }
}

/// Storage that the runs of one [`Fit`] share. No result depends on it.
pub(super) struct Work<'b, T: Scalar>(Option<Solver<'b, T>>);

type Solver<'b, T> = LevenbergMarquardt<TrustRegion<T>, DenseQr<'b, T, dyn Backend<T> + 'b>>;

/// A problem without its held parameters.
type Held<'p, T> = FixedParameters<T, &'p Guarded<'p, T>>;

impl<T: Scalar> Default for Work<'_, T> {
    fn default() -> Self {
        Self(None)
    }
}

/// Far starts take hundreds of steps. A run that needs more steps than this rarely converges.
const DEFAULT_STEPS: usize = 1000;

impl<'b, T: Scalar> Fit<'b, T> {
    /// A fit with the default tolerances of [`TrustRegion`], at most 1000 steps, and [`Sigma::Relative`].
    #[must_use]
    pub fn new(backend: &'b dyn Backend<T>) -> Self {
        Self {
            backend,
            control: TrustRegion::new(),
            budget: Budget::steps(DEFAULT_STEPS),
            loss: None,
            sigma: Sigma::default(),
            observations: None,
            keeps_jacobian: false,
            starts: 1,
            profiles: None,
            resume: None,
        }
    }

    /// Sets the control: its tolerances, initial radius and number of evaluations.
    #[must_use]
    pub fn with_control(self, control: TrustRegion<T>) -> Self {
        Self { control, ..self }
    }

    /// Sets the number of steps, and a target loss.
    #[must_use]
    pub fn with_budget(self, budget: Budget<T>) -> Self {
        Self { budget, ..self }
    }

    /// Minimises Σ s²·ρ((rᵢ/s)²) instead of Σ rᵢ², so that outliers have less influence or none.
    ///
    /// The standard errors are those of an M-estimator. They are valid for any distribution of the errors,
    /// for both kinds of [`Sigma`]. The covariance is (JᵀJ)⁻¹ times K²·Σψ(rᵢ)²/(m − rank)/(mean ψ′)², with
    /// the influence ψ(r) = ρ′((r/s)²)·r and K = 1 + rank/m·var(ψ′)/(mean ψ′)². It is NaN if the mean of ψ′
    /// is not positive. Residuals of weight 0 are omitted from the sum and the means. If a residual combines
    /// many data, outliers cannot be seen in it.
    ///
    /// Source: P. J. Huber, *Robust Statistics* (1981), eqs. (7.6.5) and (7.6.8).
    #[must_use]
    pub fn with_loss(self, loss: RobustLoss<T>) -> Self {
        Self {
            loss: Some(loss),
            ..self
        }
    }

    /// Sets the unit of the residuals, on which the standard errors depend.
    #[must_use]
    pub fn with_sigma_scale(self, sigma: Sigma) -> Self {
        Self { sigma, ..self }
    }

    /// Sets the number of data that the residuals represent. Use it after a reduction of data (the crate
    /// `leastwise-two-factor`), or if some residuals are not data.
    ///
    /// By default, it is the number of residuals with a weight above 0
    /// ([`is_observation`](LeastSquaresProblem::is_observation)).
    #[must_use]
    pub fn with_observations(self, observations: usize) -> Self {
        Self {
            observations: Some(observations),
            ..self
        }
    }

    /// Keeps the Jacobian at the end: [`Fitted::jacobian`]. It has m·n entries.
    #[must_use]
    pub fn with_jacobian(self) -> Self {
        Self {
            keeps_jacobian: true,
            ..self
        }
    }

    /// Goes on with an earlier run instead of the start. Its steps count for the [budget](Self::with_budget) and in
    /// [`Fitted::steps`]. The start still gives the values of parameters that are fixed. There is no run on a sample.
    ///
    /// An [observer](Observer) sees what is needed:
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::{Curve, FiniteDifferences, Fit, Record, Resume};
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// let (t, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [5.1, 3.0, 1.9, 1.1, 0.7]);
    /// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
    /// let problem = FiniteDifferences::central(Curve::new(2, decay, &t, &y)?);
    /// let backend = Faer::default();
    /// let mut state = None;
    /// let mut observer = |record: &Record<'_, f64>| {
    ///     state = Some(Resume {
    ///         parameters: record.parameters.to_vec(),
    ///         radius: record.radius,
    ///         steps: record.step,
    ///     });
    ///     if record.step == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// };
    /// Fit::new(&backend).run_observed(&problem, &[1.0, 1.0], &mut [&mut observer])?;
    ///
    /// let resume = state.expect("the observer was called");
    /// let fitted = Fit::new(&backend).with_resume(resume).run(&problem, &[1.0, 1.0])?;
    /// assert!(fitted.is_success() && fitted.steps > 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_resume(self, resume: Resume<T>) -> Self {
        Self {
            resume: Some(resume),
            ..self
        }
    }

    /// Computes the [profile](Self::profile) of each free parameter after a success: [`Fitted::profiles`]. Where a profile and
    /// ± standard error differ by more than a tenth, the summary states it.
    ///
    /// There are none with a robust loss, without degrees of freedom, and of parameters that are not determined.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless 0 < `level` < 1.
    pub fn with_profiles(self, level: f64) -> Result<Self> {
        let level = check::positive(OPERATION, "level", level)?;
        let level = check::fraction(OPERATION, "level", level)?;
        Ok(Self {
            profiles: Some(level),
            ..self
        })
    }

    /// The fit with its profiles, if they are wanted. `share` computes them.
    pub(super) fn with_its_profiles(
        &self,
        mut fitted: Fitted<T>,
        share: impl FnOnce(
            &[usize],
            &(dyn Fn(&dyn LeastSquaresProblem<T>, usize) -> Result<Profile<T>> + Sync),
        ) -> Vec<Result<Profile<T>>>,
    ) -> Fitted<T> {
        let Some(level) = self.profiles else {
            return fitted;
        };
        if !fitted.is_success() || fitted.robust_loss.is_some() {
            return fitted;
        }
        let has_error = |&j: &usize| {
            let error = fitted.standard_errors()[j];
            fitted.states[j].is_free() && error > T::zero() && error.is_finite()
        };
        let free: Vec<usize> = (0..fitted.parameters.len()).filter(has_error).collect();
        let of = |problem: &dyn LeastSquaresProblem<T>, j: usize| {
            self.profile_of(problem, &fitted, j, level)
        };
        let profiles = share(&free, &of);
        fitted.profiles = profiles
            .into_iter()
            .map(|profile| profile.map_err(|error| error.to_string()))
            .collect();
        fitted
    }

    /// Minimises ‖r(p)‖² from p = `start`: a slice of numbers, or [`Parameters`] with names, bounds, and which are held or
    /// tied.
    ///
    /// With ties, this is the fit of the untied parameters, and all bits are those of the same fit written by hand. If
    /// derivatives are exact, those of the ties follow from differences of them. Such a problem runs on one thread.
    ///
    /// **Fewer residuals than parameters.** The steps have minimum norm, in units of the columns of J. So parameters that the
    /// data do not determine stay near their start. [`Covariance::dependent`](crate::Covariance::dependent) and the summary
    /// name them, and their standard errors are infinite.
    ///
    /// **Tall problems.** The rows of a [`Curve`](crate::Curve) can be evaluated on their own. If J of such a problem has at
    /// least 2¹⁸ entries, and 64 rows for each column, it is not stored. [J r] is evaluated a block of rows at a time, and
    /// each block is reduced to a triangle. Beyond the data, this takes two vectors of m numbers and a few blocks.
    ///
    /// If there are at least eight times as many rows as in a sample, which has 4096 or more, the run begins on a sample.
    /// It goes on with all rows from the minimum of the sample, unless the sample does not determine a parameter, a second
    /// sample contradicts it, or the loss of all rows is lower at the start. If there are also eight times as many rows as
    /// 16 samples have, up to two steps on a sample of that size come in between. [Observers](Observer) see the steps on all
    /// rows only. [`Counts`](crate::Counts) are those of all rows, and samples count by their size.
    ///
    /// [`Fitted::termination`] states why the run ended; check [`Fitted::is_success`]. If a residual is not
    /// finite away from the start, the run continues with a shorter step. A panic of the problem is caught
    /// and returned as an error, after the panic hook has printed its message. If the process is built to
    /// abort on panics, a panic cannot be caught.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no residual with a weight above 0, if the start is outside the bounds, if a
    /// name occurs twice, if indices of held parameters are too large or occur twice, if a tied parameter is held, has bounds, or does not follow from those before it, and if no parameter is
    /// free. [`Error::Shape`] if the parameters do not have the number that the problem needs. [`Error::NonFinite`] for
    /// NaN or an infinity in the start, and in the residual or the Jacobian there, with the entry. [`Error::Panic`] with
    /// the message of a panic. Also the errors of the problem and the backend.
    pub fn run<P>(&self, problem: &P, start: impl Into<Parameters<T>>) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        self.run_observed(problem, start, &mut [])
    }

    /// Like [`run`](Self::run), with observers, such as a [`History`](crate::History) or a
    /// [`Cancellation`](crate::Cancellation). A panic of an observer is not caught.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_observed<P>(
        &self,
        problem: &P,
        start: impl Into<Parameters<T>>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        let parameters = start.into();
        // A program has one copy of the optimiser for all types of problems.
        let problem: &dyn LeastSquaresProblem<T> = &problem;
        let fitted = if self.starts > 1 {
            self.run_starts(problem, &parameters, observers, |starts, run| {
                starts.iter().map(|start| run(problem, start)).collect()
            })
        } else {
            let walk = Walk::Alone(problem);
            self.run_in(&mut Work::default(), walk, parameters, observers)
        };
        Ok(self.with_its_profiles(fitted?, |free, profile| {
            free.iter().map(|&j| profile(problem, j)).collect()
        }))
    }

    /// The same in a work space that is kept, with tall problems by `walk`.
    pub(super) fn run_in(
        &self,
        work: &mut Work<'b, T>,
        walk: Walk<'_, T>,
        parameters: Parameters<T>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>> {
        let all = Guarded::new(walk, parameters.bounds())?;
        check(&all, &parameters)?;
        if let Some((ties, untied)) = parameters.split() {
            let fitted = of_untied(walk.problem(), &ties, |problem| {
                self.run_in(work, Walk::Alone(problem), untied, observers)
            })?;
            return Ok(fitted.with_ties(&ties, parameters));
        }
        let parameters = self.resumed(parameters, all.bounds())?;
        let fixed = without_held(&all, &parameters)?;
        if self.is_tall(&all) {
            let free = free_indices(fixed.as_ref(), &parameters);
            let is_streamed = all.by_rows().is_some_and(RowFunction::is_streamed);
            let part = Part::whole(all.residuals(), is_streamed);
            let at = (&all, &free[..]);
            return self.run_tall(at, (walk, &part), parameters, observers);
        }
        let lm = work.0.get_or_insert_with(|| {
            LevenbergMarquardt::new(self.control(), DenseQr::new(self.backend))
        });
        let mut report = self.descend(lm, (&all, fixed.as_ref()), &parameters, observers)?;
        let solver = lm.solver();
        // If a run ended early, a draft of J is accurate enough. An update is not.
        let is_kept = match solver.quality() {
            Quality::Full => true,
            Quality::Kept => !self.keeps_jacobian,
            Quality::Draft => !report.termination.is_success(),
            Quality::Secant => false,
        };
        let (residuals, columns) = if fixed.is_none() && self.loss.is_none() && is_kept {
            let (mut r, mut j) = (solver.residual().to_vec(), solver.jacobian().clone());
            power::scale(&mut r, solver.exponent());
            power::scale(j.data_mut(), solver.exponent());
            without_padding(r, j, all.residuals())
        } else {
            evaluate(&all, &mut report)?
        };
        let influences = self
            .loss
            .as_ref()
            .map(|loss| MEstimator::new(loss, &residuals, |row| all.is_observation(row)));
        let ending = Ending {
            residuals,
            influences,
            rows: all.residuals(),
            jacobian: self.keeps_jacobian.then(|| columns.clone()),
            columns,
        };
        self.fitted(&all, parameters, report, ending)
    }

    /// A number that is equal for fits with the same options, of parameters with the same names, bounds, and held ones.
    pub(super) fn digest(&self, parameters: &Parameters<T>) -> u64 {
        let options = (&self.control, &self.budget, &self.loss);
        let others = (self.sigma, self.observations, self.keeps_jacobian);
        let parameters = parameters.started_at(&[]);
        hash(&format!("{options:?} {others:?} {parameters:?}"))
    }

    /// A run that does not store a tall J, without statistics.
    fn descend(
        &self,
        lm: &mut Solver<'b, T>,
        (all, fixed): (&Guarded<'_, T>, Option<&Held<'_, T>>),
        parameters: &Parameters<T>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Report<T>> {
        let start = parameters.start();
        let (free, free_start): (&dyn LeastSquaresProblem<T>, _) = match fixed {
            Some(fixed) => (fixed, fixed.free_start(start)?),
            None => (all, start.to_vec()),
        };
        let robust = self.loss.map(|loss| Robust::new(loss, free));
        let target: &dyn LeastSquaresProblem<T> = match &robust {
            Some(robust) => robust,
            None => free,
        };
        let mut report = minimize(lm, target, &free_start, &self.budget(), observers)?;
        if report.termination.is_divergence() {
            return Err(not_finite(lm.solver(), &free_indices(fixed, parameters)));
        }
        if let Some(fixed) = fixed {
            report.parameters = fixed.expand(&report.parameters)?;
        }
        Ok(report)
    }

    /// √loss and the parameters at the end of a run, and whether it is a success. There are no statistics, which a profile
    /// does not need.
    pub(super) fn end_of_run(
        &self,
        problem: &dyn LeastSquaresProblem<T>,
        parameters: Parameters<T>,
    ) -> Result<(T, Vec<T>, bool)> {
        // An earlier run has ended elsewhere.
        let fit = Self {
            resume: None,
            ..self.clone()
        };
        let walk = Walk::Alone(problem);
        let all = Guarded::new(walk, parameters.bounds())?;
        check(&all, &parameters)?;
        if fit.is_tall(&all) {
            let mut work = Work::default();
            let fitted = fit.run_in(&mut work, walk, parameters, &mut [])?;
            let is_success = fitted.is_success();
            return Ok((fitted.root_of_loss, fitted.parameters, is_success));
        }
        let fixed = without_held(&all, &parameters)?;
        let mut lm = LevenbergMarquardt::new(fit.control(), DenseQr::new(fit.backend));
        let report = fit.descend(&mut lm, (&all, fixed.as_ref()), &parameters, &mut [])?;
        let is_success = report.termination.is_success();
        Ok((report.root_of_loss, report.parameters, is_success))
    }

    pub(super) fn backend(&self) -> &'b dyn Backend<T> {
        self.backend
    }

    pub(super) fn control(&self) -> TrustRegion<T> {
        let control = self.control.clone();
        match &self.resume {
            Some(resume) => control.resumed(resume.radius),
            None => control,
        }
    }

    /// What is left of the budget.
    pub(super) fn budget(&self) -> Budget<T> {
        Budget {
            max_steps: self.budget.max_steps.saturating_sub(self.earlier_steps()),
            ..self.budget
        }
    }

    pub(super) fn is_resumed(&self) -> bool {
        self.resume.is_some()
    }

    fn earlier_steps(&self) -> usize {
        self.resume.as_ref().map_or(0, |resume| resume.steps)
    }

    /// The parameters, with the free ones at the end of an earlier run.
    pub(super) fn resumed(
        &self,
        parameters: Parameters<T>,
        bounds: Option<&Bounds<T>>,
    ) -> Result<Parameters<T>> {
        let Some(resume) = &self.resume else {
            return Ok(parameters);
        };
        let mut start = parameters.start().to_vec();
        let free = |j: &usize| !parameters.held_indices().contains(j);
        let free: Vec<usize> = (0..start.len()).filter(free).collect();
        let count = resume.parameters.len();
        check::entries(OPERATION, "resume", free.len(), count)?;
        for (j, &p) in free.into_iter().zip(&resume.parameters) {
            start[j] = p;
        }
        let parameters = parameters.started_at(&start);
        parameters.check(bounds)?;
        Ok(parameters)
    }

    /// Refuses options and ties for `kind` of fits.
    pub(super) fn refuse_several(&self, kind: &str, parameters: &Parameters<T>) -> Result<()> {
        let invalid = |argument, detail| Err(check::invalid(OPERATION, argument, detail));
        if parameters.has_ties() {
            let detail = format!("must have no ties in a fit {kind}");
            return invalid("parameters", detail);
        }
        if self.starts > 1 {
            let detail = format!(
                "must be one for a fit {kind}, but there are {}",
                self.starts
            );
            return invalid("starts", detail);
        }
        if self.profiles.is_some() {
            let detail = format!("must not be requested of a fit {kind}");
            return invalid("profiles", detail);
        }
        Ok(())
    }

    pub(super) fn loss(&self) -> Option<RobustLoss<T>> {
        self.loss
    }

    pub(super) fn keeps_jacobian(&self) -> bool {
        self.keeps_jacobian
    }

    pub(super) fn fitted(
        &self,
        problem: &Guarded<'_, T>,
        parameters: Parameters<T>,
        report: Report<T>,
        ending: Ending<T>,
    ) -> Result<Fitted<T>> {
        let states = states(problem.bounds(), &parameters, &report.parameters);
        let outcome = Outcome {
            given: parameters,
            states,
            influences: ending.influences,
            rows: problem.total(),
            observations: problem.observations(),
            residuals: ending.residuals,
            jacobian: ending.jacobian,
            report,
        };
        let size = (ending.rows, problem.parameters());
        let rcond = rank_tolerance(size, problem.jacobian_error());
        let columns = ending.columns.as_ref();
        let unscaled = Unscaled::new(self.backend, columns, &outcome.free(), Some(rcond))?;
        Ok(self.outcome(outcome, &unscaled))
    }

    /// The result, with its statistics.
    pub(super) fn outcome(&self, outcome: Outcome<T>, unscaled: &Unscaled<T>) -> Fitted<T> {
        let Outcome {
            mut given,
            states,
            influences,
            rows,
            observations,
            residuals,
            jacobian,
            report,
        } = outcome;
        let observations = self.observations.unwrap_or(observations);
        let mut fitted = Fitted {
            names: given.take_names(),
            parameters: report.parameters,
            states,
            loss: report.loss,
            root_of_loss: report.root_of_loss,
            robust_loss: self.loss,
            gradient_norm: report.gradient_norm,
            residuals,
            jacobian,
            influences,
            rows,
            observations,
            degrees_of_freedom: observations.saturating_sub(unscaled.rank()),
            sigma: self.sigma,
            covariance: unscaled.covariance(T::one()),
            steps: self.earlier_steps() + report.steps,
            counts: report.counts,
            elapsed: report.elapsed,
            termination: report.termination,
            given,
            untied: None,
            minima: None,
            profiles: Vec::new(),
        };
        if self.sigma == Sigma::Relative || self.loss.is_some() {
            let deviation = fitted.residual_standard_error();
            fitted.covariance = unscaled.covariance(deviation);
        }
        fitted
    }
}

/// Calls `call` with the problem as a function of its untied parameters.
pub(super) fn of_untied<T: Scalar, R>(
    problem: &dyn LeastSquaresProblem<T>,
    ties: &Ties<T>,
    call: impl FnOnce(&dyn LeastSquaresProblem<T>) -> R,
) -> R {
    match problem.tied(ties) {
        Some(derived) => call(&*derived),
        None => call(&Tied::new(problem, ties)),
    }
}

pub(super) fn without_held<T: Scalar, P: LeastSquaresProblem<T>>(
    problem: P,
    parameters: &Parameters<T>,
) -> Result<Option<FixedParameters<T, P>>> {
    let held = parameters.held_indices();
    if held.is_empty() {
        return Ok(None);
    }
    let start = parameters.start();
    // An index that is out of range has no value. `FixedParameters` refuses it.
    let value = |j: usize| start.get(j).copied().unwrap_or(T::zero());
    let held: Vec<(usize, T)> = held.iter().map(|&j| (j, value(j))).collect();
    FixedParameters::new(problem, &held).map(Some)
}

/// The indices of the parameters that are fitted.
pub(super) fn free_indices<T: Scalar>(
    fixed: Option<&Held<'_, T>>,
    parameters: &Parameters<T>,
) -> Vec<usize> {
    match fixed {
        Some(fixed) => fixed.free().to_vec(),
        None => (0..parameters.start().len()).collect(),
    }
}

pub(super) fn check<T: Scalar>(problem: &Guarded<'_, T>, parameters: &Parameters<T>) -> Result<()> {
    check::entries(
        OPERATION,
        "start",
        problem.parameters(),
        parameters.start().len(),
    )?;
    parameters.check(problem.bounds())?;
    if problem.observations() == 0 && problem.parameters() > 0 {
        let detail = "must have a residual with a weight above 0, but it has none".to_owned();
        return Err(check::invalid(OPERATION, "problem", detail));
    }
    Ok(())
}

pub(super) fn states<T: Scalar>(
    bounds: Option<&Bounds<T>>,
    given: &Parameters<T>,
    parameters: &[T],
) -> Vec<ParameterState> {
    let state = |(j, &p): (usize, &T)| {
        if given.held_indices().contains(&j) {
            return ParameterState::Fixed;
        }
        match bounds {
            Some(bounds) if p == bounds.lower()[j] => ParameterState::AtLowerBound,
            Some(bounds) if p == bounds.upper()[j] => ParameterState::AtUpperBound,
            _ => ParameterState::Free,
        }
    };
    parameters.iter().enumerate().map(state).collect()
}

/// The first m rows. The solver has at least as many as columns.
fn without_padding<T: Scalar>(mut r: Vec<T>, j: Mat<T>, m: usize) -> (Vec<T>, Mat<T>) {
    if r.len() == m {
        return (r, j);
    }
    r.truncate(m);
    let own = Mat::from_fn(m, j.cols(), |row, col| j[(row, col)]);
    (r, own)
}

/// Evaluates r and J at the last parameters, if the run evaluated others since.
fn evaluate<T: Scalar, P: LeastSquaresProblem<T>>(
    problem: &P,
    report: &mut Report<T>,
) -> Result<(Vec<T>, Mat<T>)> {
    let (m, n) = (problem.residuals(), problem.parameters());
    let mut residual = vec![T::nan(); m];
    let mut jacobian = Mat::from_fn(m, n, |_, _| T::nan());
    problem.residual(&report.parameters, &mut residual)?;
    problem.jacobian(&report.parameters, jacobian.as_mut())?;
    report.counts.residuals += 1;
    report.counts.jacobians += 1;
    Ok((residual, jacobian))
}

/// The relative size below which a singular value of J, with columns of length 1, may be an error of J.
/// Columns with errors of η change it by √n·η. The tolerance is ten times that, because η is an estimate.
pub(super) fn rank_tolerance<T: Scalar>((m, n): (usize, usize), jacobian_error: T) -> T {
    let rounding = T::of(m as f64) * T::EPSILON;
    let errors = T::of(10.0 * (n as f64).sqrt()) * jacobian_error;
    // A J with larger errors still has a rank.
    rounding.max(errors).min(T::of(0.1))
}

pub(super) const JACOBIAN: &str = "jacobian at the start";

/// The entry of r or J that is not finite, if the loss or its gradient is not finite.
fn not_finite<T: Scalar, B: Backend<T> + ?Sized>(
    solver: &DenseQr<'_, T, B>,
    free: &[usize],
) -> Error {
    let first = |argument, rows: usize, values: &[T]| {
        let position = values.iter().position(|value| !value.is_finite())?;
        Some(Error::NonFinite {
            operation: OPERATION,
            argument,
            row: position % rows,
            col: match argument {
                JACOBIAN => free[position / rows],
                _ => 0,
            },
            value: values[position].as_f64(),
        })
    };
    let residual = solver.residual();
    let rows = residual.len();
    first("residual at the start", rows, residual)
        .or_else(|| first(JACOBIAN, rows, solver.jacobian().data()))
        .unwrap_or_else(beyond_range::<T>)
}

pub(super) fn beyond_range<T: Scalar>() -> Error {
    let detail = format!(
        "must have a loss and a gradient within the range of {}, but they exceed it",
        T::NAME
    );
    check::invalid(OPERATION, "start", detail)
}
