//! Who runs: a row for each.

use std::time::Duration;

use leastwise_benches::peer::argmin::{self, Step};
use leastwise_benches::peer::basin::{self, Algebra, Factorization};
use leastwise_benches::peer::{PeerRun, levenberg_marquardt, rmpfit};
use leastwise_core::{Backend, Result};
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{Budget, LeastSquaresProblem, LevenbergMarquardt, minimize};

/// Which tolerances a contender runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tolerances {
    /// Those of MINPACK's driver: ftol = xtol = √ε, gtol = 0.
    Minpack,
    /// The contender's own.
    Default,
}

impl Tolerances {
    pub(super) const ALL: [Self; 2] = [Self::Minpack, Self::Default];
}

/// The end of a run.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) residuals: usize,
    pub(super) jacobians: usize,
    pub(super) loss: f64,
    /// Why it ended, in the contender's words.
    pub(super) termination: String,
    pub(super) claims_success: bool,
    pub(super) elapsed: Duration,
}

pub(super) enum Contender {
    /// The trust region of Leastwise.
    TrustRegion(Box<dyn Backend<f64>>),
    Peer(Peer),
}

/// An optimiser of another crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    LevenbergMarquardt,
    Rmpfit,
    Basin(Factorization, Algebra),
    Argmin(Step),
}

impl Peer {
    /// The one that times are divided by comes first.
    const ALL: [Self; 10] = [
        Self::LevenbergMarquardt,
        Self::Rmpfit,
        Self::Basin(Factorization::Cholesky, Algebra::Own),
        Self::Basin(Factorization::Cholesky, Algebra::Nalgebra),
        Self::Basin(Factorization::Cholesky, Algebra::Faer),
        Self::Basin(Factorization::PivotedQr, Algebra::Own),
        Self::Basin(Factorization::PivotedQr, Algebra::Nalgebra),
        Self::Basin(Factorization::PivotedQr, Algebra::Faer),
        Self::Argmin(Step::Full),
        Self::Argmin(Step::LineSearch),
    ];

    fn name(self) -> String {
        match self {
            Self::LevenbergMarquardt => "levenberg-marquardt".to_owned(),
            Self::Rmpfit => "rmpfit".to_owned(),
            Self::Basin(factorization, algebra) => {
                let factorization = match factorization {
                    Factorization::Cholesky => "Cholesky",
                    Factorization::PivotedQr => "QR",
                };
                let algebra = match algebra {
                    Algebra::Own => "Vec",
                    Algebra::Nalgebra => "nalgebra",
                    Algebra::Faer => "faer",
                };
                format!("basin {factorization}, {algebra}")
            }
            Self::Argmin(Step::Full) => "argmin Gauss-Newton".to_owned(),
            Self::Argmin(Step::LineSearch) => "argmin, line search".to_owned(),
        }
    }

    fn run(
        self,
        problem: &dyn LeastSquaresProblem<f64>,
        start: &[f64],
        tolerances: Tolerances,
        evaluations: usize,
    ) -> Result<PeerRun> {
        let n = evaluations;
        match (tolerances, self) {
            (Tolerances::Minpack, Self::LevenbergMarquardt) => {
                levenberg_marquardt::minimize_to(driver_tolerance(), problem, start, n)
            }
            (Tolerances::Default, Self::LevenbergMarquardt) => {
                levenberg_marquardt::minimize(problem, start, n)
            }
            (Tolerances::Minpack, Self::Rmpfit) => {
                rmpfit::minimize_to(driver_tolerance(), problem, start, n)
            }
            (Tolerances::Default, Self::Rmpfit) => rmpfit::minimize(problem, start, n),
            (Tolerances::Minpack, Self::Basin(solver, algebra)) => {
                basin::minimize_to(algebra, solver, driver_tolerance(), problem, start, n)
            }
            (Tolerances::Default, Self::Basin(solver, algebra)) => {
                basin::minimize(algebra, solver, problem, start, n)
            }
            (Tolerances::Minpack, Self::Argmin(step)) => {
                argmin::minimize_to(step, driver_tolerance(), problem, start, n)
            }
            (Tolerances::Default, Self::Argmin(step)) => argmin::minimize(step, problem, start, n),
        }
    }
}

/// ftol = xtol = √ε.
fn driver_tolerance() -> f64 {
    f64::EPSILON.sqrt()
}

impl Contender {
    pub(super) fn all() -> Vec<Self> {
        let backends = leastwise_backends::all::<f64>(1).into_iter();
        let own = backends.map(Self::TrustRegion);
        own.chain(Peer::ALL.map(Self::Peer)).collect()
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::TrustRegion(backend) => backend.info().name.to_owned(),
            Self::Peer(peer) => peer.name(),
        }
    }

    /// Whether the bars are for it.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::TrustRegion(_))
    }

    pub(super) fn run(
        &self,
        problem: &dyn LeastSquaresProblem<f64>,
        start: &[f64],
        tolerances: Tolerances,
    ) -> Result<Outcome> {
        // That of MINPACK's driver.
        let evaluations = 100 * (start.len() + 1);
        match self {
            Self::TrustRegion(backend) => {
                trust_region(&**backend, problem, start, tolerances, evaluations)
            }
            Self::Peer(peer) => {
                let run = peer.run(problem, start, tolerances, evaluations);
                run.map(Outcome::from)
            }
        }
    }
}

impl From<PeerRun> for Outcome {
    fn from(run: PeerRun) -> Self {
        Self {
            residuals: run.evaluations,
            jacobians: run.jacobians,
            loss: run.loss,
            termination: run.termination,
            claims_success: run.is_success,
            elapsed: Duration::from_secs_f64(run.seconds),
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
        let tolerance = driver_tolerance();
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
        termination: report.termination.to_string(),
        claims_success: report.termination.is_success(),
        elapsed: report.elapsed,
    })
}
