//! numpy and SciPy as libraries: their least squares, by the interpreter that the user names.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::Context;
use leastwise_core::Method;
use leastwise_harness::model::ScalarType;
use serde::{Deserialize, Serialize};

use super::message::{Solved, System};
use crate::python::Python;

const SCRIPT: &str = include_str!("../../numpy/lstsq.py");

/// A package with its calls, in the order of a table.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) calls: &'static [(&'static str, Method)],
}

/// The packages that are called.
pub(crate) const PACKAGES: [Package; 2] = [
    Package {
        name: "numpy",
        calls: &[("lstsq", Method::Svd)],
    },
    Package {
        name: "scipy",
        calls: &[
            ("lstsq gelsd", Method::Svd),
            ("lstsq gelsy", Method::CompleteOrthogonal),
        ],
    },
];

/// The parent's end of a process that runs the script. Messages are lines of JSON.
pub(super) struct Interpreter {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

#[derive(Serialize)]
struct Request<'a> {
    package: &'a str,
    call: usize,
    scalar: &'a str,
    is_timed: bool,
    systems: &'a [System],
}

/// A reply: the solutions, with `None` for a refusal or an entry that is not finite, or the time of one call.
#[derive(Deserialize)]
struct Reply {
    solved: Vec<Option<Vec<Option<f64>>>>,
    nanoseconds: Option<f64>,
}

impl Interpreter {
    pub(super) fn start(python: &Python) -> anyhow::Result<Self> {
        let mut child = python
            .command(SCRIPT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run Python")?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.context("the process of Python has no pipes")?;
        Ok(Self {
            child,
            input,
            output: BufReader::new(output),
        })
    }

    /// Solves the systems by the call with this number.
    pub(super) fn solve(
        &mut self,
        (package, call): (&str, usize),
        scalar: ScalarType,
        systems: &[System],
    ) -> anyhow::Result<Vec<Solved>> {
        let reply = self.ask((package, call), scalar, false, systems)?;
        let solved = |x: Option<Vec<Option<f64>>>| match x {
            Some(x) => {
                let entries = x.into_iter().map(|xi| xi.unwrap_or(f64::NAN));
                Solved::X(entries.collect(), None)
            }
            None => Solved::Refused,
        };
        Ok(reply.solved.into_iter().map(solved).collect())
    }

    /// The nanoseconds of one call.
    pub(super) fn time(
        &mut self,
        (package, call): (&str, usize),
        scalar: ScalarType,
        system: &System,
    ) -> anyhow::Result<f64> {
        let reply = self.ask((package, call), scalar, true, std::slice::from_ref(system))?;
        reply.nanoseconds.context("the script took no time")
    }

    fn ask(
        &mut self,
        (package, call): (&str, usize),
        scalar: ScalarType,
        is_timed: bool,
        systems: &[System],
    ) -> anyhow::Result<Reply> {
        let request = Request {
            package,
            call,
            scalar: scalar.name(),
            is_timed,
            systems,
        };
        serde_json::to_writer(&mut self.input, &request)?;
        self.input.write_all(b"\n")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).context("the script printed other text than JSON")
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        // The process may have ended already. Then the kill fails, and nothing remains to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
