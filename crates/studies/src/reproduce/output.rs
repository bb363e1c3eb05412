//! `reproduce.json`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::experiment::{Outcome, Results, Run};
use crate::publish;

#[derive(Serialize)]
struct Document<'a> {
    problem: Problem,
    backend: &'a str,
    /// Of the dense step.
    method: &'a str,
    step_solver: &'a str,
    scalar: &'a str,
    runs: Vec<RunEntry<'a>>,
}

#[derive(Serialize)]
struct Problem {
    xdim: usize,
    wdim: usize,
    ydim: usize,
    nsamples: usize,
    /// Units of each hidden layer, from the input on.
    hidden: Vec<usize>,
    /// Samples after the reduction.
    samples_used: usize,
    seed: u64,
    start_scale: f64,
    condition_number_measured: Option<f64>,
}

/// serde_json writes a number that is not finite as null.
#[derive(Serialize)]
struct RunEntry<'a> {
    name: String,
    optimizer: &'a str,
    /// Null for damping that adapts itself.
    step: Option<f64>,
    steps: usize,
    diverged: bool,
    termination: String,
    seconds: f64,
    losses: &'a [f64],
    gradient_norms: &'a [f64],
}

impl<'a> From<&'a Run> for RunEntry<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            name: run.name(),
            optimizer: run.family.key(),
            step: run.step.fixed(),
            steps: run.steps(),
            diverged: run.diverged(),
            termination: match &run.outcome {
                Outcome::Finished { termination, .. } => termination.clone(),
                Outcome::Failed(error) => format!("failed: {error}"),
            },
            seconds: run.seconds.last().copied().unwrap_or_default(),
            losses: &run.losses,
            gradient_norms: &run.gradient_norms,
        }
    }
}

/// Writes `reproduce.json` and returns its path.
///
/// # Errors
/// What the file system reports.
pub(super) fn write_json(folder: &Path, results: &Results) -> anyhow::Result<PathBuf> {
    let spec = results.spec;
    let document = Document {
        problem: Problem {
            xdim: spec.xdim,
            wdim: spec.wdim,
            ydim: spec.ydim,
            nsamples: spec.nsamples,
            hidden: results.hidden.clone(),
            samples_used: results.samples,
            seed: spec.seed,
            start_scale: spec.start_scale,
            condition_number_measured: results.condition.is_finite().then_some(results.condition),
        },
        backend: results.backend,
        method: results.method.name(),
        step_solver: results.step_solver.name(),
        scalar: results.scalar,
        runs: results.runs.iter().map(RunEntry::from).collect(),
    };
    publish::json(folder, "reproduce.json", &document)
}
