//! The plan.

use serde::{Deserialize, Serialize};

use super::row::Row;
use crate::contestants::Contestants;
use crate::study;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) contestants: Contestants,
    /// The place of the trust region with MINPACK's initial radius.
    pub(super) with_minpacks_radius: Option<usize>,
    pub(super) draws: u64,
    /// The starts of the contenders that choose the best one.
    #[serde(default)]
    pub(super) starts: usize,
}

pub(super) type Record = study::Record<Plan, Row>;
