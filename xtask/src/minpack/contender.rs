//! Who runs: a row for each.

use std::time::Duration;

use leastwise_benches::peer;
use leastwise_core::{Backend, Result};
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{Budget, LeastSquaresProblem, LevenbergMarquardt, minimize};

/// Which tolerances a contender runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tolerances {
    /// Those of MINPACK's driver: ftol = xtol = √ε, gtol = 0.
    Minpack,
    /// The contender's own.
    Default,
}

impl Tolerances {
    pub(crate) const ALL: [Self; 2] = [Self::Minpack, Self::Default];
}

/// The end of a run.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) residuals: usize,
    pub(crate) jacobians: usize,
    pub(crate) loss: f64,
    pub(crate) parameters: Vec<f64>,
    /// Why it ended, in the contender's words.
    pub(crate) termination: String,
    pub(crate) claims_success: bool,
    pub(crate) elapsed: Duration,
}

pub(crate) enum Contender {
    /// The trust region of Leastwise.
    TrustRegion(Box<dyn Backend<f64>>),
    /// The crate `levenberg-marquardt`.
    LevenbergMarquardt,
}

impl Contender {
    pub(crate) fn all() -> Vec<Self> {
        let backends = leastwise_backends::all::<f64>(1).into_iter();
        let own = backends.map(Self::TrustRegion);
        own.chain([Self::LevenbergMarquardt]).collect()
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::TrustRegion(backend) => backend.info().name.to_owned(),
            Self::LevenbergMarquardt => "levenberg-marquardt".to_owned(),
        }
    }

    /// Whether the bars are for it.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::TrustRegion(_))
    }

    pub(crate) fn run(
        &self,
        problem: &dyn LeastSquaresProblem<f64>,
        start: &[f64],
        tolerances: Tolerances,
        evaluations: usize,
    ) -> Result<Outcome> {
        match self {
            Self::TrustRegion(backend) => {
                trust_region(&**backend, problem, start, tolerances, evaluations)
            }
            Self::LevenbergMarquardt => peer_run(problem, start, tolerances, evaluations),
        }
    }
}

fn trust_region(
    backend: &dyn Backend<f64>,
    problem: &dyn LeastSquaresProblem<f64>,
    start: &[f64],
    tolerances: Tolerances,
    evaluations: usize,
) -> Result<Outcome> {
    let mut control = TrustRegion::new().with_max_evaluations(evaluations)?;
    if tolerances == Tolerances::Minpack {
        let tolerance = f64::EPSILON.sqrt();
        control = control.with_ftol(tolerance)?.with_xtol(tolerance)?;
        control = control.with_gtol(0.0)?;
    }
    let mut lm = LevenbergMarquardt::new(control, DenseQr::new(backend));
    let report = minimize(
        &mut lm,
        problem,
        start,
        &Budget::steps(evaluations),
        &mut [],
    )?;
    Ok(Outcome {
        residuals: report.counts.residuals,
        jacobians: report.counts.jacobians,
        loss: report.loss,
        parameters: report.parameters,
        termination: report.termination.to_string(),
        claims_success: report.termination.is_success(),
        elapsed: report.elapsed,
    })
}

fn peer_run(
    problem: &dyn LeastSquaresProblem<f64>,
    start: &[f64],
    tolerances: Tolerances,
    evaluations: usize,
) -> Result<Outcome> {
    let run = match tolerances {
        Tolerances::Minpack => {
            let tolerance = f64::EPSILON.sqrt();
            peer::levenberg_marquardt::minimize_to(tolerance, problem, start, evaluations)?
        }
        Tolerances::Default => peer::levenberg_marquardt::minimize(problem, start, evaluations)?,
    };
    Ok(Outcome {
        residuals: run.evaluations,
        jacobians: run.jacobians,
        loss: run.loss,
        parameters: run.parameters,
        termination: run.termination,
        claims_success: run.is_success,
        elapsed: Duration::from_secs_f64(run.seconds),
    })
}
