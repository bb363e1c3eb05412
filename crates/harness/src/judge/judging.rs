//! What all judges share.

use leastwise_core::Method;

use crate::model::{Outcome, Status};
use crate::record::CellRecord;

/// Judges the outcomes of one case by its reference solution.
pub(super) trait Judge: Send + Sync {
    fn judge(&self, method: Option<Method>, outcome: &Outcome, cell: &mut CellRecord);
    fn solution_norms(&self, _rank: usize) -> Option<Vec<f64>> {
        None
    }
}

pub(super) fn no_matrix(outcome: &Outcome, cell: &mut CellRecord) {
    match outcome {
        Outcome::Unsupported => cell.status = Status::Unsupported,
        Outcome::Failed(reason) | Outcome::Refused(reason) => cell.reject(reason.clone()),
        Outcome::Matrix { .. } | Outcome::Fit { .. } => cell.reject("an answer of another kind"),
    }
}

pub(super) fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}
