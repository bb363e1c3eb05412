//! A run from one start, by every contender.

use leastwise_testset::nist::{DataSet, data_sets};
use serde::{Deserialize, Serialize};

use crate::study::number;
use crate::suite::Cell;

/// A data set from one of its starts, with a cell for each contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) label: String,
    /// The number of digits that are required: 10, or as many as rounding leaves.
    pub(super) attainable: f64,
    /// The digits of the worst parameter, by each contender.
    #[serde(with = "number::list")]
    pub(super) digits: Vec<f64>,
    pub(super) cells: Vec<Cell>,
}

/// A data set, and the number of its start: 1 or 2.
pub(super) type Run = (&'static DataSet, usize);

/// The runs of all rows.
pub(super) fn all() -> Vec<Run> {
    let sets = data_sets().iter();
    sets.flat_map(|set| [(set, 1), (set, 2)]).collect()
}
