//! The calls, and the outcomes that the pictures show.

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::libraries::Way;
use crate::python::Python;
use crate::study;

/// The number of draws in one step.
pub(super) const STEP: u64 = 20_000;

/// The libraries and their calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The libraries, with their versions.
    pub(super) libraries: Vec<String>,
    /// The names of their processes.
    pub(super) processes: Vec<String>,
    /// How many of them, the first ones, are behind a backend of Leastwise.
    pub(super) registered: usize,
    /// The interpreter of the last libraries, which are packages of Python.
    pub(super) python: Option<Python>,
    pub(super) calls: Vec<Call>,
    /// The number of small matrices of integers.
    pub(super) draws: u64,
}

/// A way to solve least squares: a row of the large picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    /// The name of the call in the library, or of the method in the backend.
    pub(super) label: String,
    /// An index into [`Plan::libraries`].
    pub(super) library: usize,
    /// Whether the call goes through the adapter. Otherwise, it is the library's own call.
    pub(super) ours: bool,
    pub(super) method: String,
    pub(super) way: Way,
}

/// What is measured in one step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Row {
    Panel(Panel),
    Speed(Speed),
    Rates(Rates),
}

/// One question and one scalar type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Panel {
    pub(super) scalar: String,
    pub(super) title: String,
    /// The problems.
    pub(super) columns: Vec<String>,
    /// For each call, one outcome for each column.
    pub(super) outcomes: Vec<Vec<Outcome>>,
}

/// The times of one shape and one scalar type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Speed {
    pub(super) scalar: String,
    pub(super) shape: (usize, usize),
    /// For each call, the nanoseconds.
    pub(super) nanoseconds: Vec<Option<f64>>,
}

/// The answers to some of the small matrices of integers, in f64.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rates {
    pub(super) from: u64,
    /// For each call, the counts.
    pub(super) counts: Vec<Counts>,
}

/// How many of the draws that a call has to solve had each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// The draws, with those that the call need not solve.
    pub(super) drawn: u64,
    pub(super) judged: u64,
    /// X differs from the solution by more than a millionth of its norm.
    pub(super) wrong: u64,
    /// Those of `wrong` that differ by more than a hundredth.
    pub(super) gross: u64,
    pub(super) refused: u64,
    pub(super) not_finite: u64,
    pub(super) panicked: u64,
    /// The process hung or ended.
    pub(super) lost: u64,
}

pub(super) type Record = study::Record<Plan, Row>;

impl Record {
    pub(super) fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().filter_map(|row| match row {
            Row::Panel(panel) => Some(panel),
            _ => None,
        })
    }

    /// The nanoseconds of a call on a system of this shape, if it solves it.
    pub(super) fn time(&self, call: usize, scalar: &str, shape: (usize, usize)) -> Option<f64> {
        self.rows.iter().find_map(|row| match row {
            Row::Speed(speed) if speed.scalar == scalar && speed.shape == shape => {
                speed.nanoseconds[call]
            }
            _ => None,
        })
    }

    /// The counts of a call over all draws.
    pub(super) fn counts(&self, call: usize) -> Counts {
        let mut sum = Counts::default();
        for row in &self.rows {
            if let Row::Rates(rates) = row {
                sum.add(&rates.counts[call]);
            }
        }
        sum
    }
}

impl Counts {
    /// The answers that are not a refusal and not right.
    pub(super) fn bad(&self) -> u64 {
        self.wrong + self.not_finite + self.panicked + self.lost
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.drawn += other.drawn;
        self.judged += other.judged;
        self.wrong += other.wrong;
        self.gross += other.gross;
        self.refused += other.refused;
        self.not_finite += other.not_finite;
        self.panicked += other.panicked;
        self.lost += other.lost;
    }
}
