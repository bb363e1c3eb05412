//! The bars: what MINPACK itself does.

use anyhow::bail;

use super::contender::Tolerances;
use super::results::{Results, Suite};

/// What MINPACK's `lmder1` solves and takes with tolerances of √ε, by its own printed output.
pub(super) const SOLVED: usize = 48;
pub(super) const RESIDUALS: usize = 2978;
pub(super) const JACOBIANS: usize = 2581;

/// Totals of one contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) solved: usize,
    pub(super) residuals: usize,
    pub(super) jacobians: usize,
    /// Runs that ended as success elsewhere than at a known minimum.
    pub(super) false_claims: usize,
}

impl Totals {
    pub(super) fn of(suite: &Suite, contender: usize) -> Self {
        let cells = || suite.rows.iter().map(|row| &row.cells[contender]);
        Self {
            solved: cells().filter(|cell| cell.is_solved).count(),
            residuals: cells().map(|cell| cell.outcome.residuals).sum(),
            jacobians: cells().map(|cell| cell.outcome.jacobians).sum(),
            false_claims: cells()
                .filter(|cell| cell.outcome.claims_success && !cell.is_solved)
                .count(),
        }
    }
}

/// Fails with a line for each backend on which the trust region falls behind MINPACK.
pub(super) fn bars(results: &Results) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for suite in &results.suites {
        for (contender, name) in results.names.iter().enumerate() {
            if !results.is_ours[contender] {
                continue;
            }
            let missed = suite
                .rows
                .iter()
                .filter(|row| !row.missed_by_minpack && !row.cells[contender].is_solved);
            faults.extend(missed.map(|row| format!("{name} misses {}", row.label)));
            let totals = Totals::of(suite, contender);
            let is_more = totals.residuals > RESIDUALS || totals.jacobians > JACOBIANS;
            if suite.tolerances == Tolerances::Minpack && is_more {
                faults.push(format!(
                    "{name} takes {} residuals and {} Jacobians, MINPACK {RESIDUALS} and {JACOBIANS}",
                    totals.residuals, totals.jacobians
                ));
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("behind MINPACK:\n{}", faults.join("\n"))
}
