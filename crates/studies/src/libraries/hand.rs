//! The parent's end of the process of a library.

use std::time::Duration;

use leastwise_harness::model::ScalarType;
use leastwise_harness::process::{CONTENDER_MEMORY, Lost, Process};

use super::desk::COMMAND;
use super::message::{Reply, Request, Solved, System, Task, Way, drawn};
use super::python::Interpreter;
use crate::python::Python;

/// The time limit of a request. A call that takes longer is of no use for these sizes.
const BUDGET: Duration = Duration::from_secs(3);

/// The process of a library. It is started at the first request, and again after it was lost.
pub(crate) struct Hand {
    library: String,
    /// The interpreter, if the library is a package of Python.
    python: Option<Python>,
    process: Option<Running>,
}

enum Running {
    Library(Process<Request, Reply>),
    Python(Interpreter),
}

impl Hand {
    pub(crate) fn new(library: &str) -> Self {
        Self {
            library: library.to_owned(),
            python: None,
            process: None,
        }
    }

    /// The hand of a package of Python.
    pub(crate) fn of_python(package: &str, python: &Python) -> Self {
        Self {
            python: Some(python.clone()),
            ..Self::new(package)
        }
    }

    /// Solves a system. A library that is lost has an answer, too.
    pub(crate) fn solve(&mut self, scalar: ScalarType, way: &Way, system: &System) -> Solved {
        let task = Task::Solve(system.clone());
        match self.ask(scalar, way, task) {
            Ok(Reply::Solved(mut solved)) => solved.pop().unwrap_or(Solved::Died),
            Ok(Reply::Time(_)) => Solved::Died,
            Err(lost) => lost_answer(&lost),
        }
    }

    /// Solves drawn systems. If the process is lost, each of them is solved alone.
    pub(crate) fn solve_draws(&mut self, way: &Way, from: u64, count: u64) -> Vec<Solved> {
        let task = Task::Draws { from, count };
        match self.ask(ScalarType::F64, way, task) {
            Ok(Reply::Solved(solved)) => solved,
            Err(lost) if count == 1 => vec![lost_answer(&lost)],
            _ if count == 1 => vec![Solved::Died],
            _ => {
                let half = count / 2;
                let mut solved = self.solve_draws(way, from, half);
                solved.extend(self.solve_draws(way, from + half, count - half));
                solved
            }
        }
    }

    /// The nanoseconds of a call, or `None` if the process is lost.
    pub(crate) fn time(&mut self, scalar: ScalarType, way: &Way, system: &System) -> Option<f64> {
        match self.ask(scalar, way, Task::Time(system.clone())) {
            Ok(Reply::Time(nanoseconds)) => Some(nanoseconds),
            _ => None,
        }
    }

    fn ask(&mut self, scalar: ScalarType, way: &Way, task: Task) -> Result<Reply, Lost> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.start()?,
        };
        let answered = match &mut process {
            Running::Library(process) => {
                let way = way.clone();
                process.ask(&Request { scalar, way, task }, BUDGET)
            }
            Running::Python(process) => {
                let answered = ask_python(process, &self.library, scalar, way, task);
                answered.map_err(|error| Lost::Died(error.to_string()))
            }
        };
        if answered.is_ok() {
            self.process = Some(process);
        }
        answered
    }

    fn start(&self) -> Result<Running, Lost> {
        if let Some(python) = &self.python {
            let started = Interpreter::start(python).map(Running::Python);
            return started.map_err(|error| Lost::Died(error.to_string()));
        }
        let arguments = [COMMAND.to_owned(), self.library.clone()];
        Process::start_within(&arguments, 1, CONTENDER_MEMORY).map(Running::Library)
    }
}

fn ask_python(
    process: &mut Interpreter,
    package: &str,
    scalar: ScalarType,
    way: &Way,
    task: Task,
) -> anyhow::Result<Reply> {
    let Way::Call(number) = way else {
        anyhow::bail!("{package} is no backend");
    };
    let call = (package, *number);
    Ok(match task {
        Task::Solve(system) => Reply::Solved(process.solve(call, scalar, &[system])?),
        Task::Draws { from, count } => {
            let system = |number| {
                let (a, b) = drawn(number);
                System::new(&a, &b)
            };
            let systems: Vec<System> = (from..from + count).map(system).collect();
            Reply::Solved(process.solve(call, scalar, &systems)?)
        }
        Task::Time(system) => Reply::Time(process.time(call, scalar, &system)?),
    })
}

fn lost_answer(lost: &Lost) -> Solved {
    match lost {
        Lost::TimedOut(_) => Solved::TimedOut,
        Lost::Died(_) | Lost::Failed(_) => Solved::Died,
    }
}
