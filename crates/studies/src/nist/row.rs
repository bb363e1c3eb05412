//! A run from one start, by everybody.

use leastwise_core::Result;
use leastwise_testset::nist::DataSet;
use serde::{Deserialize, Serialize};

use crate::compare::statistics::median;
use crate::minpack::contender::{Contender, Outcome, Tolerances};
use crate::minpack::turns::take_turns;
use crate::study::number;

/// More than twice what the longest run to the minimum takes.
const EVALUATIONS: usize = 2000;

/// A run by one contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Cell {
    pub(super) outcome: Outcome,
    /// Of the worst parameter.
    #[serde(with = "number")]
    pub(super) digits: f64,
    /// Whether the loss is the certified one.
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

/// A data set from one of its starts, with a cell for each contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) label: String,
    /// How many digits are asked for: 10, or what rounding leaves.
    pub(super) attainable: f64,
    pub(super) cells: Vec<Cell>,
}

/// From Start 1 or Start 2.
pub(super) fn measure(
    contenders: &[Contender],
    set: &'static DataSet,
    start: usize,
    rounds: u64,
) -> anyhow::Result<Row> {
    let from = set.starts[start - 1];
    let timed = take_turns(contenders, rounds, |contender| {
        contender.run(set, from, Tolerances::Default, EVALUATIONS)
    })?;
    let cells = timed.into_iter().map(|(outcome, samples_ns)| {
        Ok(Cell {
            digits: set.correct_digits(&outcome.parameters)?,
            is_solved: set.is_minimum(outcome.loss)?,
            outcome,
            samples_ns,
        })
    });
    Ok(Row {
        label: format!("{}, {start}", set.name),
        attainable: set.attainable_digits()?.min(10.0),
        cells: cells.collect::<Result<_>>()?,
    })
}
