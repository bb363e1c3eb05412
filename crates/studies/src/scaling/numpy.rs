//! The dense step of numpy, run by an interpreter that the user names.

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::run::{Run, Started, Timing};
use super::size::{Size, Subject};
use crate::python::Python;

const SCRIPT: &str = include_str!("../../numpy/lm_step.py");

/// The output of the script.
#[derive(Deserialize)]
struct Printed {
    seconds: f64,
    steps: usize,
    departure: f64,
}

/// Starts a process that warms up with one step, and times the next ones.
fn time(python: &Python, size: Size) -> anyhow::Result<Timing> {
    let [outputs, hidden, inputs, samples] =
        [size.outputs, size.hidden, size.inputs, size.samples].map(|size| size.to_string());
    let flags = [
        ("--outputs", &*outputs),
        ("--hidden", &hidden),
        ("--inputs", &inputs),
        ("--samples", &samples),
    ];
    let printed: Printed = python.run(SCRIPT, &flags).context("the step of numpy")?;
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

pub(super) struct NumpyRun<'a> {
    python: &'a Python,
    size: Size,
}

impl NumpyRun<'_> {
    pub(super) fn start<'a>(
        subject: &'a Subject,
        python: &'a Python,
    ) -> anyhow::Result<Started<'a>> {
        let mut run = NumpyRun {
            python,
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
        time(self.python, self.size)
    }
}
