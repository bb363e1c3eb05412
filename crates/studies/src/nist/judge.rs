//! The requirements: all digits that rounding leaves, and success only at the certified minimum.

use super::row::Row;
use crate::study::Record;
use crate::suite::Plan;

/// Whether a contender has all digits that are required.
pub(super) fn is_complete(row: &Row, contender: usize) -> bool {
    row.digits[contender] >= row.attainable
}

/// A line for each requirement that a run of the trust region does not meet.
pub(super) fn bars(record: &Record<Plan, Row>) -> Vec<String> {
    let mut faults = Vec::new();
    for row in &record.rows {
        for (contender, name) in record.header.plan.contestants.ours() {
            let Row {
                label, attainable, ..
            } = row;
            if row.cells[contender].is_false_success() {
                faults.push(format!("{label}: {name} reports success at another point"));
            } else if !is_complete(row, contender) {
                let digits = row.digits[contender];
                faults.push(format!(
                    "{label}: {name} has {digits:.1} correct digits, but {attainable:.1} are required"
                ));
            }
        }
    }
    faults
}
