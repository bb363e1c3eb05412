//! The plan, and what is stored.

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::work::Work;
use crate::study;
use crate::study::number::Number;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) contenders: Vec<Contender>,
    pub(super) works: Vec<Work>,
    pub(super) seconds: f64,
    pub(super) rounds: u64,
}

/// A work, with an entry for each contender of the plan.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) work: Work,
    /// The error of a result, as a multiple of what is allowed. A contender that is left out has none.
    pub(super) errors: Vec<Option<Number>>,
    pub(super) samples_ns: Vec<Vec<f64>>,
}

pub(super) type Record = study::Record<Plan, Row>;
