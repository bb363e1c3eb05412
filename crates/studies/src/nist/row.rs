//! A run from one start, by every contender.

use leastwise_core::Result;
use leastwise_testset::nist::{DataSet, data_sets};
use serde::{Deserialize, Serialize};

use crate::contender::{Contender, Tolerances};
use crate::study::Desk;
use crate::study::number::{self, Number};
use crate::suite::{self, Cell};

/// More than twice what the longest run to the minimum takes.
const EVALUATIONS: usize = 2000;

/// A data set from one of its starts, with a cell for each contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) label: String,
    /// How many digits are required: 10, or what rounding leaves.
    pub(super) attainable: f64,
    /// Of the worst parameter, by each contender.
    #[serde(with = "number::list")]
    pub(super) digits: Vec<f64>,
    pub(super) cells: Vec<Cell>,
}

/// A data set, and the number of its start: 1 or 2.
pub(super) type Run = (&'static DataSet, usize);

/// The runs of all rows.
pub(super) fn all() -> Vec<Run> {
    let sets = data_sets().into_iter();
    sets.flat_map(|set| [(set, 1), (set, 2)]).collect()
}

/// In a process: the runs by its contender.
pub(super) fn serve(
    desk: &mut Desk,
    contender: &Contender,
    &(set, start): &Run,
) -> anyhow::Result<()> {
    let from = set.starts[start - 1];
    suite::serve(
        desk,
        || contender.run(set, from, Tolerances::Default, EVALUATIONS),
        |outcome| {
            let digits = Number(set.correct_digits(&outcome.parameters)?);
            let cell = Cell {
                is_solved: set.is_minimum(outcome.loss)?,
                outcome,
                samples_ns: Vec::new(),
            };
            Ok((digits, cell))
        },
    )
}

pub(super) fn row(&(set, start): &Run, digits: &[Number], cells: Vec<Cell>) -> Result<Row> {
    Ok(Row {
        label: format!("{}, {start}", set.name),
        attainable: set.attainable_digits()?.min(10.0),
        digits: digits.iter().map(|digits| digits.0).collect(),
        cells,
    })
}
