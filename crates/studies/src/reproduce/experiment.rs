//! The runs.

use leastwise_backends::AdapterScalar;
use leastwise_core::{Backend, Result};
use leastwise_optim::{Budget, History};
use leastwise_two_factor::{TwoLayerNetInstance, draw_start};
use serde::{Deserialize, Serialize};

use super::net::{Job, Net};
use super::plan::{Family, Plan, Reproduce, StepSize, StepSolverKind};
use crate::error::bad_input;
use crate::study::{self, Rows, number};

/// The run of one optimiser with one step size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(super) family: Family,
    pub(super) step: StepSize,
    pub(super) termination: String,
    pub(super) is_diverged: bool,
    /// The reason why the run failed, if it failed.
    pub(super) failure: Option<String>,
    /// The loss after each number of steps; entry 0 is the start.
    #[serde(with = "number::list")]
    pub(super) losses: Vec<f64>,
    #[serde(with = "number::list")]
    pub(super) gradient_norms: Vec<f64>,
    pub(super) seconds: Vec<f64>,
}

pub(super) type Record = study::Record<Plan, Run>;

impl Run {
    /// `GD step=1e-4`, `LM adaptive`
    pub(super) fn name(&self) -> String {
        let sign = if self.step == StepSize::Adaptive {
            ""
        } else {
            "step="
        };
        format!("{} {sign}{}", self.family.short_name(), self.step.name())
    }

    pub(super) fn steps(&self) -> usize {
        self.losses.len().saturating_sub(1)
    }

    /// Whether every step has all values.
    pub(super) fn is_whole(&self) -> bool {
        let count = self.losses.len();
        self.gradient_norms.len() == count && self.seconds.len() == count
    }
}

/// A drawn problem, and a backend that offers the method.
pub(super) struct Experiment<'p, T> {
    flags: &'p Reproduce,
    backend: Box<dyn Backend<T>>,
    drawn: TwoLayerNetInstance<T>,
    start: Vec<T>,
}

impl<'p, T: AdapterScalar> Experiment<'p, T> {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for flags that this backend or this scalar type does not support.
    pub(super) fn prepare(flags: &'p Reproduce) -> anyhow::Result<Self> {
        let backend = flags.net.find::<T>()?;
        let info = backend.info();
        if !info.has(flags.method) {
            let known: Vec<_> = info
                .methods
                .iter()
                .map(|(method, _)| method.name())
                .collect();
            return Err(bad_input(format!(
                "--method: {} has no {}; its methods are {}",
                info.name,
                flags.method,
                known.join(", ")
            )));
        }
        for step in flags.runs().filter_map(|(_, step)| step.fixed()) {
            if !(T::of(step) > T::zero() && T::of(step).is_finite()) {
                let message = format!("the step size {step:e} is outside the range of {}", T::NAME);
                return Err(bad_input(message));
            }
        }
        let drawn = flags.spec().draw();
        let drawn = drawn.map_err(|error| bad_input(error.to_string()))?;
        let start = start(flags, &drawn);
        Ok(Self {
            flags,
            backend,
            start: start.map_err(|error| bad_input(format!("--layers: {error}")))?,
            drawn,
        })
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        let info = self.backend.info();
        let s = self.backend.svd(self.drawn.a.as_ref())?.s;
        Ok(Plan {
            flags: self.flags.clone(),
            engine: info.engine.to_owned(),
            version: info.version.to_owned(),
            threads: info.threads,
            condition: match (s.first(), s.last()) {
                (Some(first), Some(last)) => first.as_f64() / last.as_f64(),
                _ => f64::INFINITY,
            },
            samples: self.net()?.samples(),
        })
    }

    fn net(&self) -> Result<Net<'_, T>> {
        Net::new(self.flags, &*self.backend, &self.drawn)
    }

    /// Runs every optimiser. If a run fails, the others still run.
    pub(super) fn run_all(&self, rows: &mut Rows<Run>) -> anyhow::Result<()> {
        let net = self.net()?;
        let weight = |family| self.flags.iterations(family) as f64 * cost(self.flags, family);
        rows.expect(self.flags.runs().map(|(family, _)| weight(family)).sum());
        for (family, step) in self.flags.runs() {
            rows.take_weighing(weight(family), || Ok(self.run(&net, family, step)))?;
        }
        Ok(())
    }

    fn run(&self, net: &Net<'_, T>, family: Family, step: StepSize) -> Run {
        let mut history = History::new();
        let job = Job {
            family,
            step,
            start: &self.start,
            budget: Budget::steps(self.flags.iterations(family)),
        };
        let report = net.minimize(self.flags, &*self.backend, &job, &mut [&mut history]);
        let as_f64 = |values: &[T]| values.iter().map(|v| v.as_f64()).collect();
        Run {
            family,
            step,
            termination: match &report {
                Ok(report) => report.termination.to_string(),
                Err(_) => "failed, see below".to_owned(),
            },
            is_diverged: matches!(&report, Ok(report) if report.termination.is_divergence()),
            failure: report.err().map(|error| error.to_string()),
            losses: as_f64(history.losses()),
            gradient_norms: as_f64(history.gradient_norms()),
            seconds: history.seconds().to_vec(),
        }
    }
}

/// The published start of two layers, or one that is drawn in the same way.
fn start<T: AdapterScalar>(flags: &Reproduce, drawn: &TwoLayerNetInstance<T>) -> Result<Vec<T>> {
    let hidden = flags.hidden();
    if hidden.len() == 1 {
        return Ok(drawn.start.clone());
    }
    let sizes = [&[flags.net.xdim], &hidden[..], &[flags.net.ydim]].concat();
    draw_start(&sizes, flags.start_scale, flags.net.seed)
}

/// The cost of an iteration, relative to one of gradient descent.
fn cost(flags: &Reproduce, family: Family) -> f64 {
    if family != Family::LevenbergMarquardt {
        return 1.0;
    }
    // Operations for each sample: five small products, compared with m rows of a QR factorisation with mk + kn columns.
    let net = &flags.net;
    let [n, k, m] = [net.xdim, net.wdim, net.ydim].map(|size| size as f64);
    let first_order = 4.0 * n * k + 6.0 * m * k;
    let columns = k * (m + n);
    1.0 + match flags.step_solver {
        StepSolverKind::Dense => 2.0 * m * columns * columns / first_order,
        // Two decompositions of matrices as large as the factors.
        StepSolverKind::Kronecker => 20.0 * (n + m + k) * k / first_order,
        // At most as many products with J and its transpose as J has columns.
        StepSolverKind::MatrixFree => columns,
    }
}
