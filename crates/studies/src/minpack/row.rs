//! The runs of a test by every contender.

use leastwise_core::Result;
use leastwise_testset::more_garbow_hillstrom::{LinearFullRank, MinpackRun, minpack_runs};
use serde::{Deserialize, Serialize};

use crate::contender::Tolerances;
use crate::suite::Cell;

/// Sizes at which factorisations take most of the time of a run: residuals and parameters.
const SIZES: [(usize, usize); 4] = [(100, 10), (1000, 30), (1000, 100), (3000, 300)];

/// The part of the study that a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    /// The tests of MINPACK's driver.
    Suite(Tolerances),
    /// Linear problems of growing size, with default tolerances.
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

/// A run of a row, and the part that it belongs to.
pub(super) type Run = (MinpackRun<f64>, Part);

/// The runs of all rows.
pub(super) fn all() -> Result<Vec<Run>> {
    let suite = |tolerances| {
        let runs = minpack_runs::<f64>().into_iter();
        runs.map(move |run| (run, Part::Suite(tolerances)))
    };
    let linear = SIZES.iter().map(|&(residuals, parameters)| {
        let run = MinpackRun {
            problem: Box::new(LinearFullRank::new(residuals, parameters)?),
            factor: 1.0,
            missed_by_minpack: false,
        };
        Ok((run, Part::Sizes))
    });
    let suites = Tolerances::ALL.into_iter().flat_map(suite).map(Ok);
    suites.chain(linear).collect()
}
