//! The parent's end of the process of a library.

use std::time::Duration;

use leastwise_harness::model::ScalarType;
use leastwise_harness::process::{Lost, Process};

use super::desk::COMMAND;
use super::message::{Reply, Request, Solved, System, Task, Way};

/// The time limit of a request. A call that takes longer is of no use for these sizes.
const BUDGET: Duration = Duration::from_secs(3);

/// The memory of a process. Some SVDs compute all m×m entries of U.
const MEMORY: u64 = 4 << 30;

/// The process of a library. It is started at the first request, and again after it was lost.
pub(crate) struct Hand {
    library: String,
    process: Option<Process<Request, Reply>>,
}

impl Hand {
    pub(crate) fn new(library: &str) -> Self {
        Self {
            library: library.to_owned(),
            process: None,
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
            None => Process::start_within(&[COMMAND.to_owned(), self.library.clone()], 1, MEMORY)?,
        };
        let way = way.clone();
        let answered = process.ask(&Request { scalar, way, task }, BUDGET);
        if answered.is_ok() {
            self.process = Some(process);
        }
        answered
    }
}

fn lost_answer(lost: &Lost) -> Solved {
    match lost {
        Lost::TimedOut(_) => Solved::TimedOut,
        Lost::Died(_) | Lost::Failed(_) => Solved::Died,
    }
}
