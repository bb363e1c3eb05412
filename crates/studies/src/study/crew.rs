//! The processes of a study that measures time. Each contender, or each library, has its own process.

use std::marker::PhantomData;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use leastwise_harness::process::{Process, Requests};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Rows, Study};
use crate::error::bad_input;

/// A study whose rows are measured in processes of their own.
pub(crate) trait Timed: Study {
    /// The number of processes that the plan needs.
    fn processes(plan: &Self::Plan) -> usize;

    /// Does the work of the process with this number. For each [`Desk::row`], it [serves](Desk::serve) an answer and
    /// samples.
    ///
    /// # Errors
    /// The errors of the computation.
    fn work(plan: &Self::Plan, process: usize, desk: &mut Desk) -> anyhow::Result<()>;
}

/// The flags of a process that a study starts.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DeskArgs {
    /// The name of the study
    pub(crate) study: String,
    /// The number of the process
    process: usize,
}

/// The command that starts a process.
pub(crate) const COMMAND: &str = "study-worker";

/// The time limit of a reply. It is longer than any run of a study. A process that takes longer hangs, and is killed.
const BUDGET: Duration = Duration::from_hours(1);

/// Plans and answers are JSON, which every type that is stored can be written as.
#[derive(Serialize, Deserialize)]
enum Request {
    Plan(String),
    Row(usize),
    /// Requests the next sample of a contender of the process.
    Sample(usize),
}

#[derive(Serialize, Deserialize)]
enum Reply {
    Ready,
    Answer(String),
    Sample(f64),
    Failed(String),
}

/// The processes of a plan. They start when the first row is measured.
pub(crate) struct Crew<'p, S: Timed> {
    plan: &'p S::Plan,
    processes: Vec<Process<Request, Reply>>,
    study: PhantomData<fn(S)>,
}

impl<'p, S: Timed> Crew<'p, S> {
    pub(crate) fn new(plan: &'p S::Plan) -> Self {
        Self {
            plan,
            processes: Vec::new(),
            study: PhantomData,
        }
    }

    /// Returns the answer of each process to the row. The processes compute one after the other.
    ///
    /// # Errors
    /// The errors of a process.
    pub(crate) fn begin<A: DeserializeOwned>(&mut self, row: usize) -> anyhow::Result<Vec<A>> {
        for number in self.processes.len()..S::processes(self.plan) {
            self.processes.push(self.start(number)?);
        }
        let answers = self.processes.iter_mut().map(|process| {
            match process.ask(&Request::Row(row), BUDGET)? {
                Reply::Answer(answer) => Ok(serde_json::from_str(&answer)?),
                other => Err(unexpected(other)),
            }
        });
        answers.collect()
    }

    /// Measures a row for each item. `row` receives the item, the answer of each process, and its sample of each round.
    ///
    /// # Errors
    /// The errors of a process or of `row`.
    pub(crate) fn measure<I, A: DeserializeOwned>(
        plan: &'p S::Plan,
        (items, rounds): (&[I], u64),
        rows: &mut Rows<S::Row>,
        row: impl Fn(&I, Vec<A>, Vec<Vec<f64>>) -> anyhow::Result<S::Row>,
    ) -> anyhow::Result<()> {
        let mut crew = Self::new(plan);
        rows.expect(items.len() as f64);
        for (place, item) in items.iter().enumerate() {
            rows.take(|| {
                let answers = crew.begin(place)?;
                let mut samples = vec![Vec::new(); answers.len()];
                for process in turns(answers.len(), rounds) {
                    samples[process].push(crew.sample(process, 0)?);
                }
                row(item, answers, samples)
            })?;
        }
        Ok(())
    }

    /// Takes a sample, in nanoseconds, of a contender of a process.
    ///
    /// # Errors
    /// The errors of the process.
    pub(crate) fn sample(&mut self, process: usize, contender: usize) -> anyhow::Result<f64> {
        let process = self.processes.get_mut(process);
        let process = process.context("no such process")?;
        match process.ask(&Request::Sample(contender), BUDGET)? {
            Reply::Sample(nanoseconds) => Ok(nanoseconds),
            other => Err(unexpected(other)),
        }
    }

    fn start(&self, number: usize) -> anyhow::Result<Process<Request, Reply>> {
        let arguments = [COMMAND, S::NAME, &number.to_string()].map(str::to_owned);
        let mut process = Process::start(&arguments, 1)?;
        let plan = Request::Plan(serde_json::to_string(self.plan)?);
        match process.ask(&plan, BUDGET)? {
            Reply::Ready => Ok(process),
            other => Err(unexpected(other)),
        }
    }
}

/// The order of turns among `count` processes or contenders. Each has one turn in a round, and the first one changes
/// from round to round.
pub(crate) fn turns(count: usize, rounds: u64) -> impl Iterator<Item = usize> {
    let firsts = (0..rounds).zip((0..count).cycle());
    firsts.flat_map(move |(_, first)| (first..count).chain(0..first))
}

fn unexpected(reply: Reply) -> anyhow::Error {
    match reply {
        Reply::Failed(reason) => anyhow!(reason),
        _ => anyhow!("a process of the study replied to another request"),
    }
}

/// The process's own end. It receives rows, and serves answers and samples.
pub(crate) struct Desk {
    requests: Requests<Request, Reply>,
    next: Option<Request>,
}

impl Desk {
    /// The next requested row, or `None` at the end of the input.
    ///
    /// # Errors
    /// The errors of the pipes.
    pub(crate) fn row(&mut self) -> anyhow::Result<Option<usize>> {
        let request = match self.next.take() {
            None => self.requests.receive()?,
            request => request,
        };
        match request {
            None => Ok(None),
            Some(Request::Row(row)) => Ok(Some(row)),
            Some(_) => bail!("no row was requested"),
        }
    }

    /// Sends the answer to the row, and then samples of contenders on request. `sample` returns nanoseconds.
    ///
    /// # Errors
    /// The errors of `sample` or of the pipes.
    pub(crate) fn serve<A: Serialize>(
        &mut self,
        answer: &A,
        mut sample: impl FnMut(usize) -> anyhow::Result<f64>,
    ) -> anyhow::Result<()> {
        let answer = Reply::Answer(serde_json::to_string(answer)?);
        self.requests.reply(&answer)?;
        loop {
            match self.requests.receive()? {
                Some(Request::Sample(contender)) => {
                    self.requests.reply(&Reply::Sample(sample(contender)?))?;
                }
                next => {
                    self.next = next;
                    return Ok(());
                }
            }
        }
    }
}

/// Does the work of a process until its input ends.
///
/// # Errors
/// The errors of the pipes.
pub(crate) fn work<S: Timed>(args: &DeskArgs) -> anyhow::Result<()> {
    // Otherwise, the parts of faer that do not take the parallelism as an argument use all threads.
    faer::set_global_parallelism(faer::Par::Seq);
    let mut desk = Desk {
        requests: Requests::default(),
        next: None,
    };
    let Some(Request::Plan(plan)) = desk.requests.receive()? else {
        return Err(bad_input("only a study can start its processes"));
    };
    let plan: S::Plan = serde_json::from_str(&plan)?;
    desk.requests.reply(&Reply::Ready)?;
    if let Err(error) = S::work(&plan, args.process, &mut desk) {
        desk.requests.reply(&Reply::Failed(format!("{error:#}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::turns;

    #[test]
    fn each_begins_in_turn_and_runs_once_a_round() {
        assert_eq!(turns(2, 3).collect::<Vec<_>>(), [0, 1, 1, 0, 0, 1]);
        assert_eq!(turns(3, 2).collect::<Vec<_>>(), [0, 1, 2, 1, 2, 0]);
        assert_eq!(turns(0, 3).count() + turns(3, 0).count(), 0);
    }
}
