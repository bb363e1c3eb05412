//! The optimisers that `minpack`, `nist` and `far-starts` run.

use std::time::Duration;

use leastwise_core::{Backend, Result};
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{Budget, Fit, LeastSquaresProblem, LevenbergMarquardt, Parameters, minimize};
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
    /// The best of so many starts, by `Fit::with_starts`.
    Starts(Box<dyn Backend<f64>>, usize),
    /// The best of the same starts, each by the peer.
    PeerStarts(Peer, usize),
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

    /// The best of so many starts: by the trust region on the first backend, and by one peer of each kind.
    pub(crate) fn by_starts(starts: usize) -> Vec<Self> {
        let first = leastwise_backends::all::<f64>(1).into_iter().take(1);
        let own = first.map(|backend| Self::Starts(backend, starts));
        let peers = Self::selected().into_iter();
        let peers = peers.filter_map(|contender| match contender {
            Self::Peer(peer) => Some(Self::PeerStarts(peer, starts)),
            _ => None,
        });
        own.chain(peers).collect()
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
            Self::Starts(backend, starts) => format!("{}, {starts} starts", backend.info().name),
            Self::PeerStarts(peer, starts) => format!("{}, {starts} starts", peer.name()),
        }
    }

    fn is_ours(&self) -> bool {
        matches!(self, Self::TrustRegion(_) | Self::Starts(..))
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
            Self::Starts(backend, starts) => of_starts(&**backend, *starts, &task),
            Self::PeerStarts(peer, starts) => {
                let starts = Parameters::from(start).starts(*starts);
                let run = |start: &Vec<f64>| peer.run(&Task { start, ..task });
                let runs = starts.iter().map(run).collect::<Result<Vec<_>>>()?;
                let total = |of: fn(&PeerRun) -> usize| runs.iter().map(of).sum();
                let (residuals, jacobians) =
                    (total(|run| run.evaluations), total(|run| run.jacobians));
                // NaN is last.
                let best = runs
                    .into_iter()
                    .min_by(|a, b| a.loss.abs().total_cmp(&b.loss.abs()));
                let best = best.map_or_else(Outcome::none, Outcome::from);
                Ok(Outcome {
                    residuals,
                    jacobians,
                    ..best
                })
            }
        }
    }
}

impl Outcome {
    /// There was no run.
    fn none() -> Self {
        Self {
            residuals: 0,
            jacobians: 0,
            loss: f64::NAN,
            parameters: Vec::new(),
            termination: "no run".to_owned(),
            claims_success: false,
            elapsed: Duration::ZERO,
        }
    }
}

fn of_starts(backend: &dyn Backend<f64>, starts: usize, task: &Task<'_>) -> Result<Outcome> {
    let fit = Fit::new(backend)
        .with_control(TrustRegion::new().with_max_evaluations(task.max_evaluations)?)
        .with_budget(Budget::steps(task.max_evaluations))
        .with_starts(starts);
    let fitted = fit.run(task.problem, task.start)?;
    let counts = fitted
        .minima
        .as_ref()
        .map_or(fitted.counts, |minima| minima.counts);
    Ok(Outcome {
        residuals: counts.residuals,
        jacobians: counts.jacobians,
        loss: fitted.loss,
        claims_success: fitted.is_success(),
        termination: fitted.termination.to_string(),
        parameters: fitted.parameters,
        elapsed: fitted.elapsed,
    })
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
