//! The plan, and what is stored.

use serde::{Deserialize, Serialize};

use super::contender::{Contender, End};
use super::data::Problem;
use crate::study;
use crate::study::number::Number;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) contenders: Vec<Contender>,
    pub(super) problems: Vec<Problem>,
    pub(super) starts: u64,
    pub(super) rounds: u64,
}

/// A problem, with an entry for each contender.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) problem: Problem,
    /// The smallest loss that any contender has found.
    pub(super) best: Number,
    pub(super) scores: Vec<Score>,
    /// The time of all runs, in each round.
    pub(super) samples_ns: Vec<Vec<f64>>,
}

/// The runs of a contender.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Score {
    /// Runs that end with the smallest loss.
    pub(super) solved: usize,
    /// Runs that report success.
    pub(super) successes: usize,
    /// Runs that report success with a larger loss.
    pub(super) elsewhere: usize,
}

pub(super) type Record = study::Record<Plan, Row>;

impl Score {
    /// A run is solved if its loss is the smallest one, to 1e-6 of it.
    pub(super) fn of(ends: &[End], best: f64) -> Self {
        let is_solved = |end: &&End| end.loss.0 <= best * (1.0 + 1e-6);
        let solved = ends.iter().filter(is_solved).count();
        let successes = ends.iter().filter(|end| end.is_success);
        Self {
            solved,
            successes: successes.clone().count(),
            elsewhere: successes.filter(|end| !is_solved(end)).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_at_a_larger_loss_is_elsewhere_and_nan_is_not_solved() {
        let end = |loss, is_success| End {
            loss: Number(loss),
            is_success,
        };
        let ends = [
            end(1.0, true),
            end(1.0 + 1e-7, false),
            end(2.0, true),
            end(f64::NAN, false),
        ];
        let score = Score::of(&ends, 1.0);
        assert_eq!((score.solved, score.successes, score.elsewhere), (2, 2, 1));
    }
}
