//! The bars: all digits that rounding leaves, and no success elsewhere.

use anyhow::bail;

use super::results::{Cell, Results, Row};

/// Whether all digits that can be asked for are right.
pub(super) fn is_complete(row: &Row, cell: &Cell) -> bool {
    cell.digits >= row.attainable
}

/// Whether the run ended as success elsewhere than at the certified minimum.
pub(super) fn is_false_success(cell: &Cell) -> bool {
    cell.outcome.claims_success && !cell.is_solved
}

/// Fails with a line for each run of the trust region that misses a bar.
pub(super) fn bars(results: &Results) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for row in &results.rows {
        for (contender, name) in results.names.iter().enumerate() {
            let cell = &row.cells[contender];
            if !results.is_ours[contender] {
                continue;
            }
            if is_false_success(cell) {
                faults.push(format!("{}: {name} claims success elsewhere", row.label));
            } else if !is_complete(row, cell) {
                let Row {
                    label, attainable, ..
                } = row;
                let digits = cell.digits;
                faults.push(format!(
                    "{label}: {name} has {digits:.1} digits of {attainable:.1}"
                ));
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("digits are missing:\n{}", faults.join("\n"))
}
