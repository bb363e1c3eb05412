//! The bars: all digits that rounding leaves, and no success elsewhere.

use super::row::{Cell, Row};
use crate::study::Record;
use crate::suite::Plan;

/// Whether all digits that can be asked for are right.
pub(super) fn is_complete(row: &Row, cell: &Cell) -> bool {
    cell.digits >= row.attainable
}

/// Whether the run ended as success elsewhere than at the certified minimum.
pub(super) fn is_false_success(cell: &Cell) -> bool {
    cell.outcome.claims_success && !cell.is_solved
}

/// A line for each run of the trust region that misses a bar.
pub(super) fn bars(record: &Record<Plan, Row>) -> Vec<String> {
    let mut faults = Vec::new();
    for row in &record.rows {
        for (contender, name) in record.header.plan.contestants.ours() {
            let cell = &row.cells[contender];
            let Row {
                label, attainable, ..
            } = row;
            if is_false_success(cell) {
                faults.push(format!("{label}: {name} claims success elsewhere"));
            } else if !is_complete(row, cell) {
                let digits = cell.digits;
                faults.push(format!(
                    "{label}: {name} has {digits:.1} digits of {attainable:.1}"
                ));
            }
        }
    }
    faults
}
