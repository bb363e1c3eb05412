//! What was run, and for how long.

use leastwise_core::Result;
use leastwise_testset::nist::{DataSet, data_sets};

use crate::minpack::contender::{Contender, Outcome, Tolerances};
use crate::minpack::turns::take_turns;

/// More than twice what the longest run to the minimum takes.
const EVALUATIONS: usize = 2000;

/// A run by one contender.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) outcome: Outcome,
    /// Of the worst parameter.
    pub(super) digits: f64,
    /// Whether the loss is the certified one.
    pub(super) is_solved: bool,
    /// The median over the rounds, in nanoseconds.
    pub(super) nanoseconds: f64,
}

/// A data set from one of its starts, with a cell for each contender.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) label: String,
    /// How many digits are asked for: 10, or what rounding leaves.
    pub(super) attainable: f64,
    pub(super) cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
pub(super) struct Results {
    /// The contenders, in the order of the cells.
    pub(super) names: Vec<String>,
    pub(super) is_ours: Vec<bool>,
    pub(super) rounds: usize,
    pub(super) rows: Vec<Row>,
}

impl Results {
    /// The contender that times are divided by.
    pub(super) fn peer(&self) -> Option<usize> {
        self.is_ours.iter().position(|ours| !ours)
    }

    /// Runs everything `rounds` times, contenders taking turns; `progress` gets the share that is done.
    pub(super) fn measure(rounds: usize, progress: &mut dyn FnMut(f64)) -> anyhow::Result<Self> {
        let contenders = Contender::selected();
        let sets = data_sets();
        let runs = sets.iter().flat_map(|set| [(set, 1), (set, 2)]);
        let mut rows = Vec::new();
        for (set, start) in runs {
            rows.push(measure(&contenders, set, start, rounds)?);
            progress(rows.len() as f64 / (2 * sets.len()) as f64);
        }
        Ok(Self {
            names: contenders.iter().map(Contender::name).collect(),
            is_ours: contenders.iter().map(Contender::is_ours).collect(),
            rounds,
            rows,
        })
    }
}

/// From Start 1 or Start 2.
fn measure(
    contenders: &[Contender],
    set: &'static DataSet,
    start: usize,
    rounds: usize,
) -> Result<Row> {
    let from = set.starts[start - 1];
    let timed = take_turns(contenders, rounds, |contender| {
        contender.run(set, from, Tolerances::Default, EVALUATIONS)
    })?;
    let cells = timed.into_iter().map(|(outcome, nanoseconds)| {
        Ok(Cell {
            digits: set.correct_digits(&outcome.parameters)?,
            is_solved: set.is_minimum(outcome.loss)?,
            outcome,
            nanoseconds,
        })
    });
    Ok(Row {
        label: format!("{}, {start}", set.name),
        attainable: set.attainable_digits()?.min(10.0),
        cells: cells.collect::<Result<_>>()?,
    })
}
