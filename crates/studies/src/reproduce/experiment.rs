//! The runs.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};
use leastwise_backends::AdapterScalar;
use leastwise_core::{Backend, Error, Method, Result};
use leastwise_optim::{Budget, History, Record};
use leastwise_two_factor::{TwoLayerNetInstance, TwoLayerNetSpec, draw_start};

use super::net::{Job, Net};
use super::plan::{Family, Plan, StepSize, StepSolverKind};
use crate::error::bad_input;

/// What became of a run.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Finished { termination: String, diverged: bool },
    Failed(Error),
}

/// One optimiser with one step size.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) family: Family,
    pub(super) step: StepSize,
    pub(super) outcome: Outcome,
    /// Entry i is after i steps.
    pub(super) losses: Vec<f64>,
    pub(super) gradient_norms: Vec<f64>,
    pub(super) seconds: Vec<f64>,
}

impl Run {
    pub(super) fn name(&self) -> String {
        run_name(self.family, self.step)
    }

    pub(super) fn steps(&self) -> usize {
        self.losses.len().saturating_sub(1)
    }

    pub(super) fn diverged(&self) -> bool {
        matches!(self.outcome, Outcome::Finished { diverged: true, .. })
    }

    pub(super) fn failure(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Failed(error) => Some(format!("{} failed: {error}", self.name())),
            Outcome::Finished { .. } => None,
        }
    }
}

/// `GD step=1e-4`, `LM adaptive`
fn run_name(family: Family, step: StepSize) -> String {
    let sign = if step == StepSize::Adaptive {
        ""
    } else {
        "step="
    };
    format!("{} {sign}{}", family.short_name(), step.name())
}

/// Everything that the outputs show.
#[derive(Clone, Debug)]
pub(super) struct Results {
    pub(super) spec: TwoLayerNetSpec,
    /// κ₂(A); ∞ if A is singular.
    pub(super) condition: f64,
    pub(super) backend: &'static str,
    pub(super) engine: &'static str,
    pub(super) version: &'static str,
    pub(super) threads: usize,
    pub(super) method: Method,
    pub(super) step_solver: StepSolverKind,
    /// Units of each hidden layer, from the input on.
    pub(super) hidden: Vec<usize>,
    /// Samples that the optimisers were given.
    pub(super) samples: usize,
    pub(super) scalar: &'static str,
    pub(super) runs: Vec<Run>,
}

impl Results {
    /// `faer/svd`, `faer/kronecker` or `faer/matrix-free`.
    pub(super) fn solver(&self) -> String {
        let solver = match self.step_solver {
            StepSolverKind::Dense => self.method.name(),
            other => other.name(),
        };
        format!("{}/{solver}", self.engine)
    }
}

/// A drawn problem and a backend that has the method.
pub(super) struct Experiment<'p, T> {
    plan: &'p Plan,
    backend: Box<dyn Backend<T>>,
    drawn: TwoLayerNetInstance<T>,
    start: Vec<T>,
}

impl<'p, T: AdapterScalar> Experiment<'p, T> {
    pub(super) fn prepare(plan: &'p Plan) -> anyhow::Result<Self> {
        let backend = leastwise_backends::find::<T>(&plan.backend, plan.threads)
            .map_err(|error| bad_input(format!("--backend: {error}")))?;
        let info = backend.info();
        if !info.has(plan.method) {
            let known: Vec<_> = info
                .methods
                .iter()
                .map(|(method, _)| method.name())
                .collect();
            return Err(bad_input(format!(
                "--method: {} has no {}; its methods are {}",
                info.name,
                plan.method,
                known.join(", ")
            )));
        }
        let steps = plan
            .gd_steps
            .iter()
            .chain(&plan.adam_steps)
            .chain(&plan.lm_steps);
        for step in steps.filter_map(|step| step.fixed()) {
            if !(T::of(step) > T::zero() && T::of(step).is_finite()) {
                let message = format!("the step size {step:e} is outside the range of {}", T::NAME);
                return Err(bad_input(message));
            }
        }
        let drawn = plan
            .spec
            .draw()
            .map_err(|error| bad_input(error.to_string()))?;
        let start = start(plan, &drawn).map_err(|error| bad_input(format!("--layers: {error}")))?;
        Ok(Self {
            plan,
            backend,
            drawn,
            start,
        })
    }

    /// Runs everything; a run that fails does not keep the others from running.
    pub(super) fn run_all(&self) -> Result<Results> {
        let info = self.backend.info();
        let condition = self.condition()?;
        let net = Net::new(self.plan, &*self.backend, &self.drawn)?;
        let progress = Progress::new(self.plan);
        let runs = Family::ALL
            .into_iter()
            .flat_map(|family| self.steps(family).iter().map(move |&step| (family, step)))
            .map(|(family, step)| self.run(&net, (family, step), &progress))
            .collect();
        progress.bar.finish_and_clear();
        Ok(Results {
            spec: self.plan.spec,
            condition,
            backend: info.name,
            engine: info.engine,
            version: info.version,
            threads: info.threads,
            method: self.plan.method,
            step_solver: self.plan.step_solver,
            hidden: self.plan.hidden.clone(),
            samples: net.samples(),
            scalar: T::NAME,
            runs,
        })
    }

    fn condition(&self) -> Result<f64> {
        let s = self.backend.svd(self.drawn.a.as_ref())?.s;
        Ok(match (s.first(), s.last()) {
            (Some(first), Some(last)) => first.as_f64() / last.as_f64(),
            _ => f64::NAN,
        })
    }

    fn steps(&self, family: Family) -> &'p [StepSize] {
        match family {
            Family::GradientDescent => &self.plan.gd_steps,
            Family::Adam => &self.plan.adam_steps,
            Family::LevenbergMarquardt => &self.plan.lm_steps,
        }
    }

    fn run(
        &self,
        net: &Net<'_, T>,
        (family, step): (Family, StepSize),
        progress: &Progress,
    ) -> Run {
        let mut history = History::new();
        progress.begin(family, step);
        let mut tick = |record: &Record<'_, T>| {
            if record.step > 0 {
                progress.bar.inc(progress.weight(family));
            }
            ControlFlow::Continue(())
        };
        let job = Job {
            family,
            step,
            start: &self.start,
            budget: Budget::steps(progress.iterations(family)),
        };
        let observers: &mut [&mut dyn leastwise_optim::Observer<T>] =
            &mut [&mut history, &mut tick];
        let outcome = match net.minimize(self.plan, &*self.backend, &job, observers) {
            Ok(report) => Outcome::Finished {
                termination: report.termination.to_string(),
                diverged: report.termination.is_divergence(),
            },
            Err(error) => Outcome::Failed(error),
        };
        progress.end(family, history.losses().len());
        let as_f64 = |values: &[T]| values.iter().map(|v| v.as_f64()).collect();
        Run {
            family,
            step,
            outcome,
            losses: as_f64(history.losses()),
            gradient_norms: as_f64(history.gradient_norms()),
            seconds: history.seconds().to_vec(),
        }
    }
}

/// That of the two layers as published, or one drawn likewise.
fn start<T: AdapterScalar>(plan: &Plan, drawn: &TwoLayerNetInstance<T>) -> Result<Vec<T>> {
    if plan.hidden.len() == 1 {
        return Ok(drawn.start.clone());
    }
    let (n, m) = (plan.spec.xdim, plan.spec.ydim);
    let sizes = [&[n], &plan.hidden[..], &[m]].concat();
    draw_start(&sizes, plan.spec.start_scale, plan.spec.seed)
}

/// A bar in units of work, so that its time left is not fooled by steps of different cost.
struct Progress {
    bar: ProgressBar,
    first_order_iterations: usize,
    lm_iterations: usize,
    lm_weight: u64,
}

impl Progress {
    fn new(plan: &Plan) -> Self {
        let TwoLayerNetSpec {
            xdim: n,
            wdim: k,
            ydim: m,
            ..
        } = plan.spec;
        // Operations for each sample: five small products against m rows of a QR factorisation
        // with mk + kn columns.
        let first_order = (4 * n * k).saturating_add(6 * m * k) as f64;
        let columns = (k * (m + n)) as f64;
        let lm = match plan.step_solver {
            StepSolverKind::Dense => first_order + 2.0 * m as f64 * columns * columns,
            // Two decompositions of matrices as large as the factors.
            StepSolverKind::Kronecker => first_order + 20.0 * (n + m + k) as f64 * k as f64,
            // At most as many products with J and its transpose as J has columns.
            StepSolverKind::MatrixFree => first_order * (1.0 + columns),
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a ratio above 1, saturating"
        )]
        let lm_weight = (lm / first_order) as u64;
        let first_order_runs = plan.gd_steps.len() + plan.adam_steps.len();
        let first_order =
            (first_order_runs as u64).saturating_mul(plan.first_order_iterations as u64);
        let lm = (plan.lm_steps.len() as u64)
            .saturating_mul(plan.lm_iterations as u64)
            .saturating_mul(lm_weight);
        // Hidden by indicatif itself where stderr is no terminal.
        let bar = ProgressBar::new(first_order.saturating_add(lm));
        let style = ProgressStyle::with_template("{msg:16} {bar:40} {percent:>3} %, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            bar,
            first_order_iterations: plan.first_order_iterations,
            lm_iterations: plan.lm_iterations,
            lm_weight,
        }
    }

    fn iterations(&self, family: Family) -> usize {
        match family {
            Family::GradientDescent | Family::Adam => self.first_order_iterations,
            Family::LevenbergMarquardt => self.lm_iterations,
        }
    }

    fn weight(&self, family: Family) -> u64 {
        match family {
            Family::GradientDescent | Family::Adam => 1,
            Family::LevenbergMarquardt => self.lm_weight,
        }
    }

    fn begin(&self, family: Family, step: StepSize) {
        self.bar.set_message(run_name(family, step));
    }

    /// Skips what a run that ended early has left.
    fn end(&self, family: Family, recorded: usize) {
        let left = self
            .iterations(family)
            .saturating_sub(recorded.saturating_sub(1));
        self.bar
            .inc((left as u64).saturating_mul(self.weight(family)));
    }
}
