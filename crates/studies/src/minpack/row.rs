//! A run by everybody.

use leastwise_core::Result;
use leastwise_testset::more_garbow_hillstrom::{LinearFullRank, MinpackRun};
use serde::{Deserialize, Serialize};

use super::contender::{Contender, Outcome, Tolerances};
use super::turns::take_turns;
use crate::compare::statistics::median;

/// Sizes at which a factorisation is what a run costs: residuals and parameters.
const SIZES: [(usize, usize); 4] = [(100, 10), (1000, 30), (1000, 100), (3000, 300)];

/// A run by one contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Cell {
    pub(super) outcome: Outcome,
    pub(super) is_solved: bool,
    /// Of each round.
    pub(super) samples_ns: Vec<f64>,
}

impl Cell {
    /// The median over the rounds.
    pub(super) fn nanoseconds(&self) -> f64 {
        median(&self.samples_ns)
    }
}

/// What a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part {
    /// The tests of MINPACK's driver.
    Suite(Tolerances),
    /// Linear problems of growing size, by default tolerances.
    Sizes,
}

/// A run with a cell for each contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) part: Part,
    pub(super) label: String,
    pub(super) missed_by_minpack: bool,
    pub(super) cells: Vec<Cell>,
}

/// The linear problems.
pub(super) fn large_runs() -> Result<Vec<MinpackRun<f64>>> {
    SIZES.iter().map(|&(m, n)| large_run(m, n)).collect()
}

fn large_run(residuals: usize, parameters: usize) -> Result<MinpackRun<f64>> {
    Ok(MinpackRun {
        problem: Box::new(LinearFullRank::new(residuals, parameters)?),
        factor: 1.0,
        missed_by_minpack: false,
    })
}

pub(super) fn measure(
    contenders: &[Contender],
    run: &MinpackRun<f64>,
    part: Part,
    rounds: u64,
) -> anyhow::Result<Row> {
    let tolerances = match part {
        Part::Suite(tolerances) => tolerances,
        Part::Sizes => Tolerances::Default,
    };
    let start = run.start();
    // That of MINPACK's driver.
    let evaluations = 100 * (start.len() + 1);
    let timed = take_turns(contenders, rounds, |contender| {
        contender.run(&*run.problem, &start, tolerances, evaluations)
    })?;
    let cells = timed.into_iter().map(|(outcome, samples_ns)| {
        Ok(Cell {
            is_solved: run.is_solved(outcome.loss)?,
            outcome,
            samples_ns,
        })
    });
    Ok(Row {
        part,
        label: run.to_string(),
        missed_by_minpack: run.missed_by_minpack,
        cells: cells.collect::<Result<_>>()?,
    })
}
