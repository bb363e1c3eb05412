//! LSMR with products with the Jacobian of the same net, on its reduced data.

use leastwise_core::{Backend, Result};
use leastwise_optim::levenberg_marquardt::{FixedStep, MatrixFree};
use leastwise_optim::{Counts, Evaluation, LevenbergMarquardt, Optimizer, Progress};
use leastwise_two_factor::reduce;
use leastwise_two_factor::{LinearNetPoint, TwoFactorNet, TwoLayerNet};

use super::run::{Started, Steps};
use super::size::Subject;

type Solver = MatrixFree<f64, LinearNetPoint<f64>>;

/// An optimiser that takes its steps on its own net. The backend computes the products with the Jacobian of that net,
/// because the published net does not offer them.
pub(super) struct MatrixFreeSteps<'a> {
    net: TwoFactorNet<'a, f64, dyn Backend<f64> + 'a>,
    optimizer: LevenbergMarquardt<FixedStep<f64>, Solver>,
}

impl<'a> MatrixFreeSteps<'a> {
    pub(super) fn start(
        subject: &'a Subject,
        backend: &'a dyn Backend<f64>,
    ) -> anyhow::Result<Started<'a>> {
        let reduced = reduce(backend, subject.net.x(), subject.net.y())?;
        let net = TwoFactorNet::on(backend, reduced.x, reduced.y, subject.size.hidden)?;
        let steps = Self {
            net: net.with_constant_norm(reduced.constant_norm)?,
            optimizer: LevenbergMarquardt::new(FixedStep::new(0.2)?, MatrixFree::new()),
        };
        Steps::start(subject, Box::new(steps))
    }
}

impl Optimizer<f64, TwoLayerNet<f64>> for MatrixFreeSteps<'_> {
    fn dimension(&self, _: &TwoLayerNet<f64>) -> usize {
        self.optimizer.dimension(&self.net)
    }

    fn init(
        &mut self,
        _: &TwoLayerNet<f64>,
        x: &[f64],
        counts: &mut Counts,
    ) -> Result<Evaluation<f64>> {
        self.optimizer.init(&self.net, x, counts)
    }

    fn step(
        &mut self,
        _: &TwoLayerNet<f64>,
        x: &mut [f64],
        counts: &mut Counts,
    ) -> Result<Progress<f64>> {
        self.optimizer.step(&self.net, x, counts)
    }
}
