//! The dense step of numpy, run by an interpreter that the user names.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::run::{Run, Started, Timing};
use super::size::{Size, Subject};
use crate::error::bad_input;

const SCRIPT: &str = include_str!("../../../../benches/numpy/lm_step.py");

/// An interpreter that has numpy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Numpy {
    python: PathBuf,
    version: String,
}

/// The output of the script.
#[derive(Deserialize)]
struct Printed {
    seconds: f64,
    steps: usize,
    departure: f64,
}

impl Numpy {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) if `python` cannot be run or has no numpy.
    pub(super) fn find(python: &Path) -> anyhow::Result<Self> {
        let shown = python.display();
        let output = Command::new(python)
            .args(["-c", "import numpy; print(numpy.__version__)"])
            .output()
            .map_err(|error| bad_input(format!("--numpy: cannot run {shown}: {error}")))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || version.is_empty() {
            let last = complaint.lines().last().unwrap_or("it printed no version");
            return Err(bad_input(format!("--numpy: {shown} has no numpy: {last}")));
        }
        Ok(Self {
            python: python.to_owned(),
            version,
        })
    }

    /// Starts a process that warms up with one step, and times the next ones.
    fn time(&self, size: Size) -> anyhow::Result<Timing> {
        let mut command = Command::new(&self.python);
        command.args(["-c", SCRIPT]);
        for (flag, value) in [
            ("--outputs", size.outputs),
            ("--hidden", size.hidden),
            ("--inputs", size.inputs),
            ("--samples", size.samples),
        ] {
            command.arg(flag).arg(value.to_string());
        }
        for variable in ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"] {
            command.env(variable, "1");
        }
        let output = command.output().context("cannot run numpy")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().last().unwrap_or_default();
        ensure!(output.status.success(), "the step of numpy failed: {last}");
        let printed: Printed = serde_json::from_slice(&output.stdout)
            .context("the step of numpy printed other text than its times")?;
        // ‖Jᵀ(Jδ + r)‖ of a backward stable solution, with c = 30·√max(rows, cols) as for the benches.
        let longest = (size.outputs * size.samples).max(size.hidden * (size.outputs + size.inputs));
        let allowed = 30.0 * (longest as f64).sqrt() * f64::EPSILON / 2.0;
        let departure = printed.departure;
        let is_right = departure <= allowed;
        ensure!(
            is_right,
            "the step of numpy is wrong: its error is {departure:e}, but only {allowed:e} is allowed"
        );
        Ok(Timing {
            seconds: printed.seconds,
            count: printed.steps,
        })
    }
}

pub(super) struct NumpyRun<'a> {
    numpy: &'a Numpy,
    size: Size,
}

impl NumpyRun<'_> {
    pub(super) fn start<'a>(subject: &'a Subject, numpy: &'a Numpy) -> anyhow::Result<Started<'a>> {
        let mut run = NumpyRun {
            numpy,
            size: subject.size,
        };
        let Timing { seconds, count } = run.call()?;
        Ok(Started {
            run: Box::new(run),
            first_step: None,
            init_seconds: None,
            call_seconds: seconds / count.max(1) as f64,
        })
    }
}

impl Run for NumpyRun<'_> {
    fn call(&mut self) -> anyhow::Result<Timing> {
        self.numpy.time(self.size)
    }
}
