//! `reproduce.json`, and the check that the folder can be written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::experiment::{Outcome, Results, Run};
use crate::error::bad_input;

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

/// Makes the folder and a file in it, so that minutes of work are not lost at the end.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) with the folder and the reason.
pub(super) fn check_writable(folder: &Path) -> anyhow::Result<()> {
    let probe = folder.join(".reproduce.probe");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, []))
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|error| bad_input(format!("--out: cannot write {}: {error}", folder.display())))
}

/// Writes `reproduce.json` and returns its path.
///
/// # Errors
/// What the file system reports.
pub(super) fn write_json(folder: &Path, results: &Results) -> anyhow::Result<PathBuf> {
    let path = folder.join("reproduce.json");
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
    let mut text = serde_json::to_string(&document).context("cannot write JSON")?;
    text.push('\n');
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
