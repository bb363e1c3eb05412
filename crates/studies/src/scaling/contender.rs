//! The contenders.

use leastwise_core::{Backend, Method};
use leastwise_optim::LevenbergMarquardt;
use leastwise_optim::levenberg_marquardt::{
    AdaptiveDamping, DampedStepSolver, Dense, FixedStep, StepSolver,
};
use leastwise_peers as peer;
use leastwise_two_factor::Kronecker;
use leastwise_two_factor::TwoLayerNet;
use serde::{Deserialize, Serialize};

use super::matrix_free::MatrixFreeSteps;
use super::numpy::NumpyRun;
use super::run::{Decompositions, PeerRuns, Started, Steps};
use super::size::{Subject, Sweep};
use crate::python::Python;

/// A method that computes the step. It is timed, or other methods are only compared with it.
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// The step that the contender takes. Contenders with the same entry must find the same step.
    pub(super) step: Option<Step>,
    /// The number of dense solves that a call counts as, for the limits. It is zero for contenders that never
    /// hold the Jacobian.
    pub(super) dense_solves: f64,
    /// Whether the contender is timed. Otherwise, the others are only compared with it.
    pub(super) timed: bool,
    pub(super) sweeps: &'static [Sweep],
    /// The unit of its times.
    pub(super) unit: &'static str,
    /// Its colour and marker.
    pub(super) look: usize,
    pub(super) start: Start,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    /// The minimum-norm Gauss-Newton direction.
    Undamped,
    /// min ‖J·δ + r‖² + λ·‖δ‖².
    Damped,
}

/// The start of a contender.
pub(super) enum Start {
    /// The contender starts once for each backend.
    ByBackend(for<'a> fn(&'a Subject, &'a dyn Backend<f64>) -> anyhow::Result<Started<'a>>),
    Alone(for<'a> fn(&'a Subject) -> anyhow::Result<Started<'a>>),
    /// The contender starts if the user names an interpreter.
    ByNumpy(for<'a> fn(&'a Subject, &'a Python) -> anyhow::Result<Started<'a>>),
}

/// The limit of evaluations of a peer's run.
const PEER_EVALUATIONS: usize = 6;

pub(super) static ALL: [Contender; 8] = [
    Contender {
        name: "kronecker",
        step: Some(Step::Undamped),
        dense_solves: 0.0,
        timed: true,
        sweeps: &Sweep::ALL,
        unit: "step",
        look: 0,
        start: Start::ByBackend(|subject, backend| undamped(subject, Kronecker::new(backend))),
    },
    Contender {
        name: "kronecker damped",
        step: Some(Step::Damped),
        dense_solves: 0.0,
        timed: true,
        sweeps: &Sweep::ALL,
        unit: "solve",
        look: 2,
        start: Start::ByBackend(|subject, backend| damped(subject, Kronecker::new(backend))),
    },
    Contender {
        name: "matrix-free",
        step: Some(Step::Undamped),
        // As many iterations as the rank, each of some products of the layers.
        dense_solves: 0.1,
        timed: true,
        sweeps: &Sweep::ALL,
        unit: "step",
        look: 6,
        start: Start::ByBackend(|subject, backend| MatrixFreeSteps::start(subject, backend)),
    },
    Contender {
        name: "dense",
        step: Some(Step::Undamped),
        dense_solves: 1.0,
        timed: true,
        sweeps: &Sweep::ALL,
        unit: "step",
        look: 1,
        start: Start::ByBackend(|subject, backend| {
            undamped(subject, Dense::new(backend, Method::Svd))
        }),
    },
    Contender {
        name: "dense damped",
        step: Some(Step::Damped),
        // The others are compared with it at sizes where this costs almost nothing.
        dense_solves: 40.0,
        timed: false,
        sweeps: &Sweep::ALL,
        unit: "solve",
        look: 1,
        start: Start::ByBackend(|subject, backend| {
            damped(subject, Dense::new(backend, Method::Svd))
        }),
    },
    Contender {
        name: "svd",
        step: None,
        dense_solves: 0.0,
        timed: true,
        sweeps: &[Sweep::Width],
        unit: "decomposition",
        look: 5,
        start: Start::ByBackend(Decompositions::start),
    },
    Contender {
        name: "levenberg-marquardt",
        step: None,
        dense_solves: PEER_EVALUATIONS as f64,
        timed: true,
        sweeps: &Sweep::ALL,
        unit: "evaluation",
        look: 4,
        start: Start::Alone(|subject| {
            PeerRuns::start(subject, |subject| {
                peer::levenberg_marquardt::minimize(&peer::Task {
                    problem: &subject.net,
                    start: &subject.start,
                    max_evaluations: PEER_EVALUATIONS,
                    tolerance: None,
                })
            })
        }),
    },
    Contender {
        name: "numpy dense",
        step: None,
        dense_solves: 1.0,
        timed: true,
        sweeps: &Sweep::ALL,
        unit: "step",
        look: 3,
        start: Start::ByNumpy(NumpyRun::start),
    },
];

/// The published step, 0.2 of the Gauss-Newton direction.
fn undamped<'a, S>(subject: &'a Subject, solver: S) -> anyhow::Result<Started<'a>>
where
    S: StepSolver<f64, TwoLayerNet<f64>> + 'a,
{
    let control = FixedStep::new(0.2)?;
    Steps::start(subject, Box::new(LevenbergMarquardt::new(control, solver)))
}

fn damped<'a, S>(subject: &'a Subject, solver: S) -> anyhow::Result<Started<'a>>
where
    S: DampedStepSolver<f64, TwoLayerNet<f64>> + 'a,
{
    let control = AdaptiveDamping::new();
    Steps::start(subject, Box::new(LevenbergMarquardt::new(control, solver)))
}
