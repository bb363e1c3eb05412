//! One run, with the points that are recorded on the way.

use std::ops::ControlFlow;

use leastwise_core::Backend;
use leastwise_optim::{Budget, Counts, Observer, Record};
use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::problem::Problem;
use super::question::STEPS;
use crate::study::number;

/// Losses above the optimum, relative to ‖Y‖²: the time to reach each is recorded.
pub(super) const LEVELS: [f64; 3] = [1e-4, 1e-10, 1e-20];

/// The limit of steps. A run always reaches its limit of seconds first.
const MAX_STEPS: usize = 100_000_000;

/// The limits of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) seconds: f64,
    /// After `seconds`, the run continues until it has taken this many steps, for the comparison by steps.
    pub(super) steps: usize,
    /// The excess at which the run ends.
    pub(super) goal: Option<f64>,
}

/// The state of the loss at some point of a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Point {
    pub(super) step: usize,
    pub(super) seconds: f64,
    /// The loss above the optimum, relative to ‖Y‖².
    #[serde(with = "number")]
    pub(super) excess: f64,
}

/// The state after some steps or seconds, or at the end of a run that ended before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) at: Point,
    /// For each singular triplet of A, the share that is still missing.
    #[serde(with = "number::list")]
    pub(super) missing: Vec<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) seed: u64,
    pub(super) termination: String,
    pub(super) diverged: bool,
    pub(super) evaluations: Evaluations,
    /// For each of [`LEVELS`], the first point at or below it within the time limit.
    pub(super) reached: [Option<Point>; 3],
    /// `None` if the run had diverged before.
    pub(super) after_steps: Option<State>,
    pub(super) after_seconds: Option<State>,
    /// Points at steps in geometric progression, and the last point.
    pub(super) trace: Vec<Point>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Evaluations {
    pub(super) residuals: usize,
    pub(super) gradients: usize,
    pub(super) jacobians: usize,
    pub(super) solves: usize,
}

impl Evaluations {
    /// The number of evaluations of the residual, the gradient or the Jacobian of the problem.
    pub(super) fn of_the_problem(self) -> usize {
        self.residuals + self.gradients + self.jacobians
    }
}

impl From<Counts> for Evaluations {
    fn from(counts: Counts) -> Self {
        Self {
            residuals: counts.residuals,
            gradients: counts.gradients,
            jacobians: counts.jacobians,
            solves: counts.solves,
        }
    }
}

/// Runs `contender` on `problem`. An error of the backend is an outcome.
pub(super) fn run(
    contender: Contender,
    problem: &Problem,
    seed: u64,
    backend: &dyn Backend<f64>,
    limits: Limits,
) -> Run {
    let mut watch = Watch::new(problem, limits);
    let mut budget = Budget::steps(MAX_STEPS);
    if let Some(goal) = limits.goal {
        budget = budget.with_target_loss(problem.optimum + goal * problem.scale);
    }
    let outcome = contender.minimize(problem, backend, &budget, &mut [&mut watch]);
    let (termination, diverged, evaluations) = match outcome {
        Ok(report) => (
            report.termination.to_string(),
            report.termination.is_divergence(),
            report.counts.into(),
        ),
        Err(error) => (format!("failed: {error}"), true, Evaluations::default()),
    };
    let mut trace = watch.trace;
    if let Some(last) = &watch.last
        && trace.last().is_some_and(|at| at.step < last.at.step)
    {
        trace.push(last.at);
    }
    // A run that ended early keeps its last state, unless it has diverged.
    let last = watch.last.filter(|_| !diverged);
    let state = |snapshot: Option<Snapshot>| {
        let Snapshot { at, parameters } = snapshot.or_else(|| last.clone())?;
        let missing = problem.missing(&parameters).ok()?;
        at.excess.is_finite().then_some(State { at, missing })
    };
    Run {
        seed,
        termination,
        diverged,
        evaluations,
        reached: watch.reached,
        after_steps: state(watch.after_steps),
        after_seconds: state(watch.after_seconds),
        trace,
    }
}

#[derive(Clone)]
struct Snapshot {
    at: Point,
    parameters: Vec<f64>,
}

struct Watch<'p> {
    problem: &'p Problem,
    limits: Limits,
    reached: [Option<Point>; 3],
    after_steps: Option<Snapshot>,
    after_seconds: Option<Snapshot>,
    last: Option<Snapshot>,
    trace: Vec<Point>,
}

impl<'p> Watch<'p> {
    fn new(problem: &'p Problem, limits: Limits) -> Self {
        Self {
            problem,
            limits,
            reached: [None; 3],
            after_steps: None,
            after_seconds: None,
            last: None,
            trace: Vec::new(),
        }
    }

    fn remember(&mut self, at: Point, parameters: &[f64]) {
        let last = self.last.get_or_insert_with(|| Snapshot {
            at,
            parameters: Vec::new(),
        });
        last.at = at;
        last.parameters.clear();
        last.parameters.extend_from_slice(parameters);
    }
}

impl Observer<f64> for Watch<'_> {
    fn observe(&mut self, record: &Record<'_, f64>) -> ControlFlow<()> {
        let point = Point {
            step: record.step,
            seconds: record.elapsed.as_secs_f64(),
            excess: self.problem.excess(record.loss),
        };
        let in_time = point.seconds <= self.limits.seconds;
        if !in_time && self.after_seconds.is_none() {
            self.after_seconds.clone_from(&self.last);
        }
        self.remember(point, record.parameters);
        if record.step == STEPS {
            self.after_steps.clone_from(&self.last);
        }
        for (reached, level) in self.reached.iter_mut().zip(LEVELS) {
            if in_time && reached.is_none() && point.excess <= level {
                *reached = Some(point);
            }
        }
        let is_next = self
            .trace
            .last()
            .is_none_or(|last| point.step as f64 >= 1.03 * last.step as f64);
        if is_next {
            self.trace.push(point);
        }
        if in_time || record.step < self.limits.steps {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(())
    }
}
