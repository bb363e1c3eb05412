//! The optimisers that `minpack`, `nist` and `far-starts` run.

use std::time::Duration;

use leastwise_core::{Backend, Result};
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{Budget, LeastSquaresProblem, LevenbergMarquardt, minimize};
use leastwise_peers::argmin::{self, Step};
use leastwise_peers::basin::{self, Algebra, Factorization};
use leastwise_peers::{PeerRun, Task, levenberg_marquardt, rmpfit};
use serde::{Deserialize, Serialize};

use crate::contestants::Contestants;
use crate::study::number;

/// The tolerances of a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tolerances {
    /// The tolerances of MINPACK's driver: ftol = xtol = √ε, gtol = 0.
    Minpack,
    /// The contender's own defaults.
    Default,
}

impl Tolerances {
    pub(crate) const ALL: [Self; 2] = [Self::Minpack, Self::Default];

    fn tolerance(self) -> Option<f64> {
        match self {
            Self::Minpack => Some(f64::EPSILON.sqrt()),
            Self::Default => None,
        }
    }
}

/// The end of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) residuals: usize,
    pub(crate) jacobians: usize,
    #[serde(with = "number")]
    pub(crate) loss: f64,
    /// The final parameters. They are not stored, because the cells have what follows from them.
    #[serde(skip)]
    pub(crate) parameters: Vec<f64>,
    /// The reason for the end, as the contender reports it.
    pub(crate) termination: String,
    pub(crate) claims_success: bool,
    #[serde(skip)]
    pub(crate) elapsed: Duration,
}

impl Outcome {
    /// The numbers of evaluations of the residual and of the Jacobian, as text.
    pub(crate) fn evaluations(&self) -> String {
        format!("{} / {}", self.residuals, self.jacobians)
    }

    /// The reason for the end, in one or two words.
    pub(crate) fn reason(&self) -> String {
        self.termination
            .replace(" converged", "")
            .replace("evaluation ", "")
    }
}

pub(crate) enum Contender {
    /// The trust region of Leastwise.
    TrustRegion(Box<dyn Backend<f64>>),
    Peer(Peer),
    /// The trust region with geodesic acceleration. This option needs more residuals and fewer Jacobians.
    Accelerated(Box<dyn Backend<f64>>),
    /// The trust region with an initial radius of this many ‖D·x‖. The default is 1.
    WithRadius(Box<dyn Backend<f64>>, f64),
}

/// An optimiser of another crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    LevenbergMarquardt,
    Rmpfit,
    Basin(Factorization, Algebra),
    Argmin(Step),
}

impl Peer {
    /// The first peer is the one by whose times the others are divided.
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

    fn run(self, task: &Task<'_>) -> Result<PeerRun> {
        match self {
            Self::LevenbergMarquardt => levenberg_marquardt::minimize(task),
            Self::Rmpfit => rmpfit::minimize(task),
            Self::Basin(solver, algebra) => basin::minimize(algebra, solver, task),
            Self::Argmin(step) => argmin::minimize(step, task),
        }
    }
}

impl Contender {
    pub(crate) fn all() -> Vec<Self> {
        let backends = leastwise_backends::all::<f64>(1).into_iter();
        let own = backends.map(Self::TrustRegion);
        let peers = own.chain(Peer::ALL.map(Self::Peer));
        let accelerated = leastwise_backends::all::<f64>(1).into_iter().take(1);
        peers.chain(accelerated.map(Self::Accelerated)).collect()
    }

    /// One peer of each kind.
    pub(crate) fn selected() -> Vec<Self> {
        let is_selected = |contender: &Self| {
            !matches!(
                contender,
                Self::Peer(Peer::Basin(_, Algebra::Nalgebra | Algebra::Faer))
            )
        };
        Self::all().into_iter().filter(is_selected).collect()
    }

    /// The trust region on the first backend with its default initial radius and with each of `radii`, and one peer of
    /// each kind.
    pub(crate) fn by_radius(radii: &[f64]) -> Vec<Self> {
        let first = || leastwise_backends::all::<f64>(1).into_iter().take(1);
        let with_radius = |&radius| first().map(move |backend| Self::WithRadius(backend, radius));
        let own = first().map(Self::TrustRegion);
        let peers = Self::selected().into_iter();
        own.chain(radii.iter().flat_map(with_radius))
            .chain(peers.filter(|contender| matches!(contender, Self::Peer(_))))
            .collect()
    }

    pub(crate) fn contestants(contenders: &[Self]) -> Contestants {
        Contestants {
            names: contenders.iter().map(Self::name).collect(),
            is_ours: contenders.iter().map(Self::is_ours).collect(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::TrustRegion(backend) => backend.info().name.to_owned(),
            Self::Peer(peer) => peer.name(),
            Self::Accelerated(backend) => format!("{}, geodesic", backend.info().name),
            Self::WithRadius(backend, radius) => {
                format!("{}, radius {radius}", backend.info().name)
            }
        }
    }

    fn is_ours(&self) -> bool {
        matches!(self, Self::TrustRegion(_))
    }

    pub(crate) fn run(
        &self,
        problem: &dyn LeastSquaresProblem<f64>,
        start: &[f64],
        tolerances: Tolerances,
        evaluations: usize,
    ) -> Result<Outcome> {
        let task = Task {
            problem,
            start,
            max_evaluations: evaluations,
            tolerance: tolerances.tolerance(),
        };
        match self {
            Self::TrustRegion(backend) => trust_region(TrustRegion::new(), &**backend, &task),
            Self::Accelerated(backend) => {
                // The ratio that the authors of the method recommend.
                let control = TrustRegion::new().with_geodesic_acceleration(0.75)?;
                trust_region(control, &**backend, &task)
            }
            Self::WithRadius(backend, radius) => {
                let control = TrustRegion::new().with_initial_radius(*radius)?;
                trust_region(control, &**backend, &task)
            }
            Self::Peer(peer) => peer.run(&task).map(Outcome::from),
        }
    }
}

impl From<PeerRun> for Outcome {
    fn from(run: PeerRun) -> Self {
        Self {
            residuals: run.evaluations,
            jacobians: run.jacobians,
            loss: run.loss,
            parameters: run.parameters,
            termination: run.termination,
            claims_success: run.is_success,
            elapsed: Duration::from_secs_f64(run.seconds),
        }
    }
}

fn trust_region(
    control: TrustRegion<f64>,
    backend: &dyn Backend<f64>,
    task: &Task<'_>,
) -> Result<Outcome> {
    let mut control = control.with_max_evaluations(task.max_evaluations)?;
    if let Some(tolerance) = task.tolerance {
        control = control.with_ftol(tolerance)?.with_xtol(tolerance)?;
        control = control.with_gtol(0.0)?;
    }
    let mut lm = LevenbergMarquardt::new(control, DenseQr::new(backend));
    let budget = Budget::steps(task.max_evaluations);
    let report = minimize(&mut lm, task.problem, task.start, &budget, &mut [])?;
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
