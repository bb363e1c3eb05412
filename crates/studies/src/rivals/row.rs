//! The row of a case. Its methods are tuned, and then compared on other draws.

use leastwise_core::{Backend, Result};
use serde::{Deserialize, Serialize};

use super::contender::{Contender, Rival};
use super::plan::{Plan, Rivals};
use super::problem::Problem;
use super::question::{Case, Question};
use super::run::{Limits, Run, run};
use super::tune::{CANDIDATES, Tuned, tune};
use crate::error::bad_input;
use crate::study::{self, Rows, turns};

/// The results of a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) question: Question,
    pub(super) label: String,
    pub(super) tuned: Vec<Tuned>,
    pub(super) entries: Vec<Entry>,
}

/// The runs of a method on a case, one for each draw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) contender: Contender,
    pub(super) runs: Vec<Run>,
}

pub(super) type Record = study::Record<Plan, Row>;

pub(super) struct Bench<'p> {
    flags: &'p Rivals,
    backend: Box<dyn Backend<f64>>,
}

impl<'p> Bench<'p> {
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for an unknown library.
    pub(super) fn new(flags: &'p Rivals) -> anyhow::Result<Self> {
        let backend = flags.net.find()?;
        Ok(Self { flags, backend })
    }

    /// Checks one draw of each case.
    ///
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for a case that cannot be drawn.
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        for (_, case) in self.cases() {
            Problem::draw(&case, self.flags.net.seed, &*self.backend)
                .map_err(|error| bad_input(error.to_string()))?;
        }
        let info = self.backend.info();
        Ok(Plan {
            flags: self.flags.clone(),
            engine: info.engine.to_owned(),
            version: info.version.to_owned(),
            threads: info.threads,
        })
    }

    fn cases(&self) -> impl Iterator<Item = (Question, Case)> {
        let cases = |&question: &Question| {
            let cases = question.cases(self.flags.net.spec()).into_iter();
            cases.map(move |case| (question, case))
        };
        self.flags.questions().iter().flat_map(cases)
    }

    pub(super) fn run_all(&self, rows: &mut Rows<Row>) -> anyhow::Result<()> {
        let weight = |question| runs(question, self.flags.seeds());
        let weights = self.cases().map(|(question, _)| weight(question));
        rows.expect(weights.sum());
        for (question, case) in self.cases() {
            rows.take_weighing(weight(question), || Ok(self.case(question, &case)?))?;
        }
        Ok(())
    }

    /// The seeds of the draws for the tuning follow those for the comparison.
    fn case(&self, question: Question, case: &Case) -> Result<Row> {
        let limits = Limits {
            seconds: self.flags.seconds(),
            steps: question.steps(),
            goal: question.goal(),
        };
        let tuning_limits = Limits {
            steps: 0,
            goal: Some(question.tuning_goal()),
            ..limits
        };
        let (first, seeds) = (self.flags.net.seed, self.flags.seeds());
        let judging = self.draws(case, first, seeds)?;
        let tuning = self.draws(case, first.wrapping_add(seeds), tuning_draws(question))?;
        let backend = &*self.backend;
        let tuned: Vec<Tuned> = tuned_rivals(question)
            .iter()
            .map(|&rival| tune(rival, &tuning, backend, tuning_limits))
            .collect();
        let contenders = tuned.iter().map(|tuned| tuned.contender);
        let entry = |contender| Entry {
            contender,
            runs: Vec::new(),
        };
        let mut entries: Vec<Entry> = contenders.chain(untuned(question)).map(entry).collect();
        // The methods take turns on each draw, so drift of the machine affects all of them alike.
        let count = entries.len();
        for (turn, place) in turns(count, seeds).enumerate() {
            let (seed, problem) = &judging[turn / count];
            let entry = &mut entries[place];
            entry
                .runs
                .push(run(entry.contender, problem, *seed, backend, limits));
        }
        Ok(Row {
            question,
            label: case.label.clone(),
            tuned,
            entries,
        })
    }

    fn draws(&self, case: &Case, first: u64, count: u64) -> Result<Vec<(u64, Problem)>> {
        (0..count)
            .map(|i| {
                let seed = first.wrapping_add(i);
                Ok((seed, Problem::draw(case, seed, &*self.backend)?))
            })
            .collect()
    }
}

fn tuned_rivals(question: Question) -> &'static [Rival] {
    match question {
        Question::Tuning => &Rival::ALL,
        Question::Scale | Question::Condition | Question::Noise => &Rival::FIRST_ORDER,
    }
}

fn untuned(question: Question) -> Vec<Contender> {
    match question {
        Question::Tuning => Vec::new(),
        Question::Scale | Question::Condition | Question::Noise => Contender::untuned().to_vec(),
    }
}

fn tuning_draws(question: Question) -> u64 {
    match question {
        Question::Tuning => 2,
        Question::Scale | Question::Condition | Question::Noise => 1,
    }
}

/// The number of runs of a case. All of them may take equally long.
fn runs(question: Question, seeds: u64) -> f64 {
    let tuned = tuned_rivals(question).len() as u64;
    let compared = tuned + untuned(question).len() as u64;
    (tuned * CANDIDATES * tuning_draws(question)).saturating_add(compared.saturating_mul(seeds))
        as f64
}
